package recommend

// takeAll reports whether every member of the object b, which is valid JSON,
// would be decoded into a field: true for nearly all that comes, and known
// without decoding b a second time. False may also mean that it cannot tell,
// for names with escapes or outside of ASCII.
func (n names) takeAll(b []byte) bool {
	i := blank(b, 0)
	if i == len(b) || b[i] != '{' {
		return false
	}
	for i = blank(b, i+1); i < len(b) && b[i] == '"'; {
		end := i + 1
		for ; b[end] != '"'; end++ {
			if b[end] == '\\' || b[end] >= 0x80 {
				return false
			}
		}
		if name := b[i+1 : end]; !n[string(name)] && !n.take(string(name)) {
			return false
		}
		i = pastValue(b, end+1)
		if b[i] == '}' {
			return true
		}
		i = blank(b, i+1)
	}
	return i < len(b) && b[i] == '}'
}

// pastValue is the place of the comma or brace that ends the member whose
// colon and value follow i.
func pastValue(b []byte, i int) int {
	for depth := 0; ; i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
}

// blank is the place of the first byte of b from i on that is no white space.
func blank(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}
