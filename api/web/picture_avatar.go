package web

import (
	"bytes"
	"fmt"
)

// Avatar draws the face of somebody who has no photograph, as SVG of 200 by 200
// and at most 4 KB. The face follows from the id alone; the name is its
// accessible name. It shows nobody.
func Avatar(id, name string) []byte {
	d := newBrush("avatar", id)
	hairs := []string{"#2a2529", "#2a2529", "#3b2b28", "#54382b", "#7a4a2c", "#a8672f", "#8d8a88", "#d8d3cc", "#3d4668", "#9c4a3c"}
	f := face{
		skin:  one(d, []string{"#f8d9c0", "#f3c9a8", "#e8b48c", "#d99e73", "#c08057", "#9a623f", "#74472e", "#fae3d0"}),
		cloth: one(d, []string{"#d9432f", "#3a6ea5", "#3f7a57", "#e3a92c", "#7a5c99", "#2d8a8a", "#e58a9b", "#69737d", "#f3e4c8", "#34466b", "#c8694a", "#7e8b3c"}),
	}
	wall := one(d, []string{"#f6dcc9", "#cfe3f3", "#dfe8d7", "#fbedbf", "#e8e1f0", "#d8eee4", "#f6d9e2", "#e4dfd3", "#f4c9a0", "#b8dccd", "#bccbe6", "#f2c3b8"})
	for f.hair == "" || diff(brightness(f.hair), brightness(f.skin)) < 34 {
		f.hair = one(d, hairs)
	}
	cut := d.below(10)
	f.beard = (cut == 0 || cut == 3 || cut == 6 || cut == 7) && d.chance(28)
	var b bytes.Buffer
	openSVG(&b, 200, 200, name)
	fmt.Fprintf(&b, `<path fill=%q d="M0 0h200v200H0z"/>`, wall)
	if d.chance(40) {
		fmt.Fprintf(&b, `<circle fill="#fff" opacity=".35" cx="%d" cy="%d" r="74"/>`, 50+d.below(100), 60+d.below(60))
	}
	b.WriteString(f.hairBehind(cut))
	b.WriteString(f.clothes(d.below(6)))
	b.WriteString(f.head(d))
	b.WriteString(f.hairBefore(cut))
	b.WriteString(f.wears(d))
	b.WriteString(`</svg>`)
	return b.Bytes()
}

type face struct {
	skin, hair, cloth string
	beard             bool
}

// head draws neck, ears, face and its features: eyes, brows, nose, mouth.
func (f face) head(d *brush) string {
	shape := one(d, []string{
		`<path d="M58 84c0-32 18-46 42-46s42 14 42 46c0 36-18 58-42 58s-42-22-42-58z"/>`,
		`<path d="M56 88c0-34 20-50 44-50s44 16 44 50c0 32-20 52-44 52s-44-20-44-52z"/>`,
		`<path d="M60 82c0-30 18-44 40-44s40 14 40 44c0 24-4 40-14 52-8 8-16 10-26 10s-18-2-26-10c-10-12-14-28-14-52z"/>`,
	})
	eyes := one(d, []string{
		`<circle cx="82" cy="92" r="4.6"/><circle cx="118" cy="92" r="4.6"/>`,
		`<ellipse cx="82" cy="92" rx="4" ry="5.6"/><ellipse cx="118" cy="92" rx="4" ry="5.6"/>`,
		`<path fill="none" stroke="#2b2932" stroke-width="4" stroke-linecap="round" d="M75 93c4-6 10-6 14 0m22 0c4-6 10-6 14 0"/>`,
		`<path fill="none" stroke="#2b2932" stroke-width="4" stroke-linecap="round" d="M76 91c4 5 9 5 13 0m22 0c4 5 9 5 13 0"/>`,
	})
	brows := one(d, []string{
		`M74 80c5-4 11-4 15-1m22 0c5-3 11-3 15 1`, `M74 78c5-2 11-1 15 2m22 0c5-3 11-4 15-2`, `M75 79h14m22 0h14`,
	})
	nose := one(d, []string{`M100 94c4 8 5 12-1 13`, `M99 96c-4 8-4 12 3 12`, `M96 107c3 3 6 3 9 0`})
	mouth := one(d, []string{
		`<path fill="none" stroke="#a8433a" stroke-width="4" stroke-linecap="round" d="M88 120c7 8 17 8 24 0"/>`,
		`<path fill="#a8433a" d="M87 118c8 3 18 3 26 0-1 9-6 14-13 14s-12-5-13-14z"/><path fill="#fff" d="M90 119c7 2 13 2 20 0l-1 4c-6 2-12 2-18 0z"/>`,
		`<path fill="none" stroke="#a8433a" stroke-width="4" stroke-linecap="round" d="M91 122c6 4 12 4 19-2"/>`,
		`<path fill="none" stroke="#a8433a" stroke-width="4" stroke-linecap="round" d="M90 121c6 3 14 3 20 0"/>`,
	})
	blush := ""
	if d.chance(55) {
		blush = `<g fill="#e2553f" opacity=".22"><ellipse cx="71" cy="108" rx="9" ry="6"/><ellipse cx="129" cy="108" rx="9" ry="6"/></g>`
	}
	if f.beard {
		blush = fmt.Sprintf(`<path fill=%q d="M60 96c-2 34 16 52 40 52s42-18 40-52c-4 12-8 16-14 18-8-6-16-7-26-7s-18 1-26 7c-6-2-10-6-14-18z"/>`, f.hair)
	} else if d.chance(12) {
		blush += `<g fill="#8a5a3c" opacity=".5"><circle cx="74" cy="104" r="1.5"/><circle cx="80" cy="107" r="1.5"/><circle cx="121" cy="106" r="1.5"/><circle cx="127" cy="104" r="1.5"/></g>`
	}
	return fmt.Sprintf(`<g fill=%q><path d="M84 126h32v28c0 16-32 16-32 0z"/><circle cx="58" cy="94" r="9"/><circle cx="142" cy="94" r="9"/></g><path fill="#1d1a24" opacity=".12" d="M84 138c10 6 22 6 32 0v8c-10 8-22 8-32 0z"/><g fill=%q>%s</g>%s<g fill="#2b2932">%s</g><g fill="none" stroke-linecap="round"><path stroke=%q stroke-width="4" d=%q/><path stroke="#1d1a24" opacity=".3" stroke-width="3" d=%q/></g>%s`,
		f.skin, f.skin, shape, blush, eyes, f.hair, brows, nose, mouth)
}

// diff is how far two numbers lie apart.
func diff(a, b int) int { return max(a-b, b-a) }

// clothes draws shoulders in one of six cuts.
func (f face) clothes(cut int) string {
	collar := [...]string{
		`<path fill="#fff" opacity=".9" d="m78 144 22 26 22-26 8 8-22 32-8-12-8 12-22-32z"/>`,
		`<path fill="#1d1a24" opacity=".18" d="M74 146c12 18 40 18 52 0l6 6c-14 26-50 26-64 0z"/>`,
		`<path fill="#1d1a24" opacity=".2" d="M80 140h40v16c-10 8-30 8-40 0z"/>`,
		`<path fill="none" stroke="#fff" stroke-width="6" opacity=".7" d="M36 176c40 14 88 14 128 0m-134 18c44 12 96 12 140 0"/>`,
		`<path fill="#fff" opacity=".85" d="M60 158 76 146l6 54H58zm80 0-16-12-6 54h24z"/>`,
		``,
	}
	return fmt.Sprintf(`<path fill=%q d="M18 200c0-34 26-50 62-54 8 12 32 12 40 0 36 4 62 20 62 54z"/>`, f.cloth) + collar[cut]
}

// hairBehind draws the hair that falls behind the head.
func (f face) hairBehind(cut int) string {
	shapes := [...]string{
		1: `<path d="M46 92c-6-44 20-68 54-68s60 24 54 68c4 30 8 56 14 76H32c6-20 10-46 14-76z"/>`,
		2: `<path d="M48 92c-4-42 20-64 52-64s56 22 52 64v44c0 10-10 14-20 14H68c-10 0-20-4-20-14z"/>`,
		4: `<circle cx="100" cy="26" r="21"/>`,
		5: `<path d="M40 88c-14-18 0-38 14-42 4-20 30-28 46-22 18-6 42 4 46 22 16 4 26 26 14 42 12 14 6 34-8 40H48c-14-6-20-26-8-40z"/>`,
		8: `<path d="M130 46c36-6 44 30 34 60-2 14 4 24 10 30-22 2-34-14-32-34z"/>`,
		9: `<path d="M44 96c-22 10-22 46-16 66 10 4 22 0 26-10 4-14 0-32 2-50zm112 0c22 10 22 46 16 66-10 4-22 0-26-10-4-14 0-32-2-50z"/>`,
	}
	if shapes[cut] == "" {
		return ""
	}
	return fmt.Sprintf(`<g fill=%q>%s</g>`, f.hair, shapes[cut])
}

// hairBefore draws the hair over the forehead, one form for each cut.
func (f face) hairBefore(cut int) string {
	shapes := [...]string{
		`<path d="M54 88c-6-36 16-58 46-58s52 20 46 58c-4-12-8-22-16-28-16 8-40 8-58 2-8 6-14 14-18 26z"/>`,
		`<path d="M52 96c-4-42 18-64 48-64s52 22 48 64c-6-14-10-26-14-34-22 6-50 4-64-6-8 10-14 24-18 40z"/>`,
		`<path d="M52 92c-4-40 18-60 48-60s52 20 48 60l-8-14H60z"/>`,
		`<path d="M54 84c-2-34 18-52 46-52 34 0 50 20 46 52-4-10-8-16-12-20-20 2-34-4-44-14-10 14-26 18-36 34z"/>`,
		`<path d="M54 86c-2-34 18-52 46-52s48 18 46 52c-8-20-24-30-46-30s-38 10-46 30z"/>`,
		`<path d="M56 80c-10-8-4-22 6-24 0-12 14-20 24-16 8-8 24-8 30 0 12-4 24 4 24 16 12 2 14 18 4 24-8 2-14-2-16-8-8 4-16 2-20-4-8 6-18 6-24 0-4 6-12 8-18 4-2 6-6 8-10 8z"/>`,
		`<path d="M58 80c0-30 18-44 42-44s42 14 42 44c-4-14-12-24-20-28-14 4-30 4-44 0-8 4-16 14-20 28z" opacity=".92"/>`,
		`<path d="M58 94c-3-10-4-20 0-28 2 6 4 10 6 14zm84 0c3-10 4-20 0-28-2 6-4 10-6 14z"/>`,
		`<path d="M54 86c-4-36 20-56 48-54 32 2 48 24 44 54-14-8-30-22-38-36-10 18-34 22-54 36z"/>`,
		`<path d="M54 96c-6-42 18-64 46-64s52 22 46 64c-10-10-34-24-46-56-12 32-36 46-46 56z"/>`,
	}
	return fmt.Sprintf(`<g fill=%q>%s</g>`, f.hair, shapes[cut])
}

// wears adds what some people wear: glasses, a cap, earrings.
func (f face) wears(d *brush) string {
	s := ""
	switch d.below(10) {
	case 0, 1:
		s = `<g fill="#fff" fill-opacity=".25" stroke="#2b2932" stroke-width="3.5"><circle cx="82" cy="92" r="14"/><circle cx="118" cy="92" r="14"/><path fill="none" d="M96 90c3-3 5-3 8 0M68 90l-9-3m73 3 9-3"/></g>`
	case 2:
		s = `<g fill="none" stroke="#8a3f2c" stroke-width="3.5"><rect x="67" y="82" width="29" height="21" rx="7"/><rect x="104" y="82" width="29" height="21" rx="7"/><path d="M96 90h8M67 89l-8-2m74 2 8-2"/></g>`
	case 3:
		s = `<g fill="#e3a92c"><circle cx="57" cy="108" r="5"/><circle cx="143" cy="108" r="5"/></g>`
	case 4:
		s = fmt.Sprintf(`<path fill=%q d="M52 72c-4-34 20-50 48-50s52 16 48 50c-30-10-66-10-96 0z"/><path fill="#fff" opacity=".3" d="M50 62c32-10 68-10 100 0l-2 12c-30-10-66-10-96 0z"/>`, f.cloth)
	default:
	}
	return s
}
