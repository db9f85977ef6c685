package web

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// Picture draws a product that has no photograph, as SVG of 600 by 750 and at
// most 4 KB: what kind of thing it is, seen from its title or else its topic, in
// colours that follow from its key. The same arguments give the same bytes. The
// title is in the picture as its accessible name; nothing in it must be read.
func Picture(key, title, topic string) []byte {
	d := newBrush("picture", key)
	glyph := glyphOf(title, topic, d)
	s := chooseScheme(d, title, glyph)
	var b bytes.Buffer
	openSVG(&b, 600, 750, title)
	base := s.backdrop(&b, d, topic)
	scale := 222 + d.below(38) // in hundredths
	s.prop(&b, d, base)
	fmt.Fprintf(&b, `<ellipse cx="300" cy="%d" rx="%d" ry="15" fill="#1d1a24" opacity=".16"/>`, base, scale*82/100)
	// A box of 200 stands on its y = 172, at the middle of the picture.
	x, flip := 300-scale, fmt.Sprintf("scale(%d.%02d)", scale/100, scale%100)
	if d.chance(45) && !oneHanded(glyph) {
		x, flip = 300+scale, fmt.Sprintf("scale(-%d.%02d %d.%02d)", scale/100, scale%100, scale/100, scale%100)
	}
	fmt.Fprintf(&b, `<g transform="translate(%d %d) %s">%s%s</g></svg>`,
		x, base-scale*172/100, flip, s.paint(glyphSource(glyph)), s.paint(coverArt(glyph, d)))
	return b.Bytes()
}

// oneHanded tells the glyphs that look wrong in a mirror.
func oneHanded(glyph string) bool { return glyph == "book" || glyph == "openbook" }

// openSVG writes the root element and the title, cut to what fits a picture.
func openSVG(b *bytes.Buffer, width, height int, title string) {
	const longest = 120
	if r := []rune(title); len(r) > longest {
		title = string(r[:longest-1]) + "…"
	}
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img"><title>`, width, height, width, height)
	_ = xml.EscapeText(b, []byte(title)) // a bytes.Buffer does not fail
	b.WriteString(`</title>`)
}

// glyphSource returns the drawing of a glyph in letters for colours.
func glyphSource(name string) string {
	for _, draw := range []func(string) string{homeGlyph, foodGlyph, outdoorGlyph, wearGlyph, petGlyph, digitalGlyph, beautyGlyph, hobbyGlyph} {
		if s := draw(name); s != "" {
			return s
		}
	}
	return hobbyGlyph("parcel")
}

// coverArt decorates the glyphs that are all alike but for their cover.
func coverArt(glyph string, d *brush) string {
	if glyph != "book" {
		return ""
	}
	return one(d, []string{
		`<circle fill="C" cx="106" cy="72" r="27"/><path fill="L" d="M62 120c22-16 44 8 86-10v32H62z"/>`,
		`<path fill="C" d="m62 138 30-48 18 24 12-14 26 38z"/><circle fill="L" cx="126" cy="60" r="15"/>`,
		`<path fill="L" d="M70 46h72v10H70zm0 18h48v6H70z"/><path fill="C" d="M106 86c26 14 24 40 0 50-24-10-26-36 0-50z"/>`,
		`<path fill="C" d="M62 40h86v18H62zm0 36h86v18H62zm0 36h86v18H62z"/><circle fill="L" cx="105" cy="85" r="24"/>`,
		`<path fill="none" stroke="L" stroke-width="5" d="M66 126c20-30 24-70 76-84M66 98c16-12 24-34 44-54m-14 96c10-20 28-40 48-48"/><circle fill="C" cx="92" cy="72" r="9"/><circle fill="C" cx="128" cy="108" r="13"/>`,
		`<rect fill="L" x="72" y="44" width="66" height="86" rx="3"/><path fill="C" d="M84 118V92l21-20 21 20v26z"/><path fill="D" d="M98 118v-16h14v16z"/>`,
		`<circle fill="L" cx="106" cy="86" r="38"/><circle fill="A" cx="120" cy="78" r="33"/><g fill="C"><circle cx="70" cy="46" r="4"/><circle cx="138" cy="128" r="4"/><circle cx="136" cy="72" r="3"/><circle cx="116" cy="92" r="3"/></g>`,
		`<path fill="L" d="M66 112c10-12 18-12 26 0 10 12 18 12 26 0 8-12 16-12 26 0v10c-10-12-18-12-26 0-8 12-16 12-26 0-8-12-16-12-26 0z"/><path fill="C" d="M78 98h56l-10 16H90zm26-50v44H80zm6 8 20 36h-20z"/>`,
	})
}

// glyphOf chooses the glyph that the title names, else one that suits the topic.
func glyphOf(title, topic string, d *brush) string {
	lower := strings.ToLower(title)
	for _, k := range pictureWords() {
		for word := range strings.SplitSeq(k.words, " ") {
			if names(lower, word) {
				return k.glyph
			}
		}
	}
	for topic != "" {
		if list := strings.Fields(topicGlyphs(topic)); len(list) > 0 {
			return one(d, list)
		}
		i := strings.LastIndexAny(topic, "/-")
		topic = topic[:max(i, 0)]
	}
	return one(d, []string{"parcel", "tote", "tin", "cup", "plant"})
}

// names reports whether title speaks of word: Chinese anywhere, Latin letters
// only as a whole word or its plural, so that a pannier is no pan. A _ in word
// stands for a space.
func names(title, word string) bool {
	word = strings.ReplaceAll(word, "_", " ")
	for from := 0; ; {
		i := strings.Index(title[from:], word)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(word)
		if word[0] >= 0x80 || !latin(title, i-1) && (!latin(title, end) || title[end] == 's' && !latin(title, end+1)) {
			return true
		}
		from = end
	}
}

func latin(s string, i int) bool { return i >= 0 && i < len(s) && s[i] >= 'a' && s[i] <= 'z' }

// A brush is a stream of decisions that follow from what is drawn.
type brush struct{ state uint64 }

func newBrush(labels ...string) *brush {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	h := uint64(offset)
	for _, l := range labels {
		for i := range len(l) {
			h = (h ^ uint64(l[i])) * prime
		}
		h *= prime
	}
	return &brush{state: h}
}

func (d *brush) below(n int) int {
	d.state += 0x9e3779b97f4a7c15 // splitmix64
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) >> 33 % uint64(n)) //nolint:gosec // 31 bits fit an int
}

func (d *brush) chance(percent int) bool { return d.below(100) < percent }

func one[T any](d *brush, list []T) T { return list[d.below(len(list))] }
