package ranking

// Hash is a 64-bit hash of s that is the same on every machine and in every
// version: FNV-1a, its bits spread by the finaliser of SplitMix64. It withstands
// chance, not somebody who looks for collisions.
func Hash(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		h ^= uint64(s[i])
		h *= 0x100000001b3
	}
	return spread(h)
}

// Jitter is a number that looks random and is the same for the same seed and
// key: a tie-break, or the luck of a candidate in exploration (see [Unit]).
func Jitter(seed, key uint64) uint64 {
	return spread(key + spread(seed+0x9e3779b97f4a7c15))
}

// Unit maps a jitter to [0, 1), evenly.
func Unit(jitter uint64) float64 { return float64(jitter>>11) / (1 << 53) }

// spread is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014), a
// bijection in which every bit depends on every other.
func spread(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
