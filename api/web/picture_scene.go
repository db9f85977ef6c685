package web

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// A wall is what a product stands before: wall, shape on it, floor.
type wall struct {
	wall, shape, floor string
	hue                int // -1 for grey
}

// An ink is what a product is drawn in.
type ink struct {
	name                      string
	main, deep, accent, light string
	hue                       int
}

// A scheme joins a wall and an ink that stand out from each other.
type scheme struct {
	wall
	ink
}

func pictureWalls() []wall {
	return []wall{
		{"#f7eddc", "#efdabd", "#dfc49f", 38},
		{"#f8dfd8", "#f0c5ba", "#dca596", 12},
		{"#dfe8d7", "#c5d5b9", "#a7bb99", 100},
		{"#deeaee", "#c1d8e0", "#9fbdc9", 198},
		{"#e8e1f0", "#d3c8e2", "#b5a6cc", 268},
		{"#ece2cf", "#ddceb2", "#c4af8b", 40},
		{"#d8eee4", "#b8dccd", "#90bfab", 160},
		{"#fbedbf", "#f4dd95", "#dfc06a", 47},
		{"#fce0c2", "#f6c999", "#e2aa70", 28},
		{"#e7e7e5", "#d3d4d2", "#b6b8b6", -1},
		{"#d2e5f4", "#aecee8", "#86aece", 208},
		{"#e6edc9", "#d2dea2", "#b2c177", 72},
		{"#f6d9e2", "#ecbccb", "#d494a9", 340},
		{"#f3f1ec", "#e4dfd3", "#cbc3b2", -1},
		{"#2f5d62", "#3f747a", "#244b4f", 185},
		{"#2f4060", "#3f557a", "#24324d", 215},
		{"#38533f", "#4a6951", "#2b4132", 138},
		{"#573a52", "#6f4d69", "#442c40", 312},
		{"#a8553f", "#bd6d57", "#8a4230", 12},
		{"#c98f38", "#daa757", "#a9752a", 38},
	}
}

func pictureInks() []ink {
	return []ink{
		{"red", "#d9432f", "#a92f20", "#f2b441", "#fff3e2", 8},
		{"terracotta", "#c8694a", "#9c4b31", "#3e6b6b", "#fbebdd", 15},
		{"yellow", "#e3a92c", "#b57f16", "#3f5e7b", "#fff6dd", 42},
		{"olive", "#7e8b3c", "#5b6628", "#e08e45", "#f6f3dc", 68},
		{"green", "#3f7a57", "#2a563c", "#edb458", "#f0f5e6", 145},
		{"teal", "#2d8a8a", "#1d6163", "#f09a6a", "#e8f6f3", 180},
		{"blue", "#3a6ea5", "#274e79", "#f2c14e", "#edf4fb", 210},
		{"navy", "#34466b", "#222f4a", "#e27d60", "#eef1f8", 222},
		{"violet", "#7a5c99", "#573f70", "#f3c667", "#f4eef9", 272},
		{"berry", "#a93f62", "#7c2945", "#8cc0a8", "#fcebf0", 340},
		{"pink", "#e58a9b", "#bf6377", "#4e7d6b", "#fff1f2", 350},
		{"grey", "#69737d", "#474f58", "#e8a33d", "#f1f3f4", -1},
		{"cream", "#f3e4c8", "#d5bc93", "#c8553d", "#fffdf8", 41},
		{"white", "#fbf8f1", "#d9d3c5", "#d9432f", "#ffffff", -1},
		{"brown", "#8a5a3c", "#633d27", "#e5b567", "#f8ede0", 24},
		{"black", "#3d3a3f", "#252328", "#d9432f", "#f3efea", -1},
		{"orange", "#e8762d", "#b9561a", "#2f6f73", "#fff0e0", 25},
	}
}

// inkWords are the colours that titles speak of.
func inkWords() []pictureWord {
	return []pictureWord{
		{"green", "墨绿 松绿 苔绿 天青 dark_green pine moss celadon green"},
		{"navy", "藏青 海军蓝 navy"},
		{"blue", "雾蓝 青花 青灰 蓝 mist_blue blue-and-white blue-grey blue"},
		{"pink", "樱粉 灰粉 蜜桃 豆沙 cherry_pink dusty_pink peach rosewood pink"},
		{"berry", "莓红 梅子 酒红 berry plum oxblood"},
		{"violet", "雾紫 紫砂 紫陶 mist_violet purple_clay violet"},
		{"orange", "柿色 橙 persimmon orange"},
		{"red", "正红 朱泥 true_red red_clay"},
		{"terracotta", "砖红 赭红 红陶 terracotta brick ochre_red maple 枫叶"},
		{"yellow", "芥末 mustard"},
		{"black", "墨黑 生铁 炭黑 碳纤维 black cast_iron charcoal carbon"},
		{"grey", "石墨 雾灰 炭灰 岩灰 graphite fog slate"},
		{"cream", "奶白 燕麦 奶油 本白 沙色 奶茶 oat cream natural sand milk_tea"},
		{"white", "甜白 陶瓷白 白瓷 ceramic_white white"},
		{"brown", "胡桃木 深棕 曲木 walnut dark_brown bentwood"},
	}
}

// chooseScheme draws colours until product and wall differ, in the colour that
// the title names if it names one. Plants are green whatever their pot is.
func chooseScheme(d *brush, title, glyph string) scheme {
	inks := pictureInks()
	if glyph == "plant" {
		title = one(d, []string{"green", "green", "moss"})
	}
	if named := namedInk(title, inks); named != nil {
		inks = named
	}
	var s scheme
	for range 40 {
		s = scheme{one(d, pictureWalls()), one(d, inks)}
		if s.clear() {
			return s
		}
	}
	return s
}

func namedInk(title string, inks []ink) []ink {
	lower := strings.ToLower(title)
	for _, k := range inkWords() {
		for word := range strings.SplitSeq(k.words, " ") {
			if !names(lower, word) {
				continue
			}
			for _, i := range inks {
				if i.name == k.glyph {
					return []ink{i}
				}
			}
		}
	}
	return nil
}

// clear reports whether the main colour stands out from wall and shape by
// brightness, and by hue unless one of them is grey.
func (s scheme) clear() bool {
	bright := brightness(s.main)
	for _, c := range []string{s.wall.wall, s.shape, s.floor} {
		if diff(bright, brightness(c)) < 38 {
			return false
		}
	}
	if s.wall.hue < 0 || s.ink.hue < 0 {
		return true
	}
	turn := (s.wall.hue - s.ink.hue + 360) % 360
	return min(turn, 360-turn) >= 24
}

// brightness is the luma of #rrggbb, 0 to 255.
func brightness(color string) int {
	n, _ := strconv.ParseUint(color[1:], 16, 32)
	return int(n>>16&255)*30/100 + int(n>>8&255)*59/100 + int(n&255)*11/100
}

// paint puts colours for the letters of a glyph.
func (s scheme) paint(glyph string) string {
	return strings.NewReplacer(`"A"`, `"`+s.main+`"`, `"D"`, `"`+s.deep+`"`, `"C"`, `"`+s.accent+`"`,
		`"L"`, `"`+s.light+`"`, `"K"`, `"#2b2932"`).Replace(glyph)
}

// backdrop fills the picture and returns the height the product stands at.
func (s scheme) backdrop(b *bytes.Buffer, d *brush, topic string) int {
	fmt.Fprintf(b, `<path fill=%q d="M0 0h600v750H0z"/>`, s.wall.wall)
	floor := 560 + d.below(70)
	shape := fmt.Sprintf(`fill=%q`, s.shape)
	ground := fmt.Sprintf(`<path fill=%q d="M0 %dh600v%dH0z"/>`, s.floor, floor, 750-floor)
	switch one(d, scenesOf(topic)) {
	case "circle":
		fmt.Fprintf(b, `<circle %s cx="%d" cy="%d" r="%d"/>`, shape, 280+d.below(40), 370+d.below(30), 225+d.below(45))
		return 585
	case "arch":
		w := 180 + d.below(40)
		fmt.Fprintf(b, `<path %s d="M%d %dV%da%d %d 0 0 1 %d 0v%dz"/>%s`, shape, 300-w, floor, 150+w, w, w, 2*w, floor-150-w, ground)
	case "window":
		x := 60 + d.below(240)
		fmt.Fprintf(b, `<g %s opacity=".8"><path d="M%d 70h110v150H%dzm126 0h110v150H%dzM%d 236h110v150H%dzm126 0h110v150H%dz"/></g>%s`,
			shape, x, x, x+126, x, x, x+126, ground)
	case "blob":
		fmt.Fprintf(b, `<path %s transform="rotate(%d 300 390)" d="M300 130c130-10 240 60 250 190s-40 300-230 310S50 520 56 370s110-230 244-240z"/>`, shape, d.below(360))
		return 595
	case "plinth":
		fmt.Fprintf(b, `<circle %s cx="300" cy="330" r="%d"/><path fill=%q d="M90 600h420v150H90z"/><ellipse fill=%q cx="300" cy="600" rx="210" ry="34"/>`, shape, 200+d.below(40), s.shape, s.floor)
		return 602
	case "stripes":
		w := 30 + d.below(40)
		for x := d.below(w); x < 600; x += 2 * w {
			fmt.Fprintf(b, `<path %s opacity=".7" d="M%d 0h%dv%dh-%dz"/>`, shape, x, w, floor, w)
		}
		b.WriteString(ground)
	case "steps":
		fmt.Fprintf(b, `<path %s d="M0 %dh%dV750H0z"/>%s`, shape, 260+d.below(160), 200+d.below(200), ground)
	case "shelf":
		fmt.Fprintf(b, `<rect %s x="%d" y="80" width="150" height="190" rx="4"/><rect fill=%q x="0" y="%d" width="600" height="26"/><rect fill="#1d1a24" opacity=".12" y="%d" width="600" height="12"/>`,
			shape, 50+d.below(340), s.floor, floor+14, floor+40)
		return floor + 18
	case "hills":
		fmt.Fprintf(b, `<circle fill=%q opacity=".85" cx="%d" cy="%d" r="62"/><path %s d="M0 430c110-90 210-80 320-10s190 40 280-30v360H0z"/>%s`,
			s.light, 90+d.below(420), 120+d.below(90), shape, fmt.Sprintf(`<path fill=%q d="M0 %dc200-60 400-40 600 0v250H0z"/>`, s.floor, floor-10))
	case "peaks":
		fmt.Fprintf(b, `<path %s d="m0 470 %d-230 90 120 110-170 %d 290v250H0z"/>%s`, shape, 130+d.below(60), 240-d.below(30), ground)
	default:
		b.WriteString(ground)
	}
	return floor + 45
}

// scenesOf lists the backdrops that suit a topic, the likely ones repeated.
func scenesOf(topic string) []string {
	switch root, _, _ := strings.Cut(topic, "/"); root {
	case "outdoor", "travel", "sports-outdoors":
		return []string{"hills", "peaks", "table", "hills", "circle"}
	case "home":
		return []string{"table", "circle", "arch", "window", "blob", "plinth", "stripes", "steps", "shelf", "shelf", "window"}
	case "beauty":
		return []string{"table", "circle", "arch", "window", "blob", "plinth", "stripes", "steps", "plinth", "arch"}
	default:
		return []string{"table", "circle", "arch", "window", "blob", "plinth", "stripes", "steps"}
	}
}

// prop puts a small thing beside the product, or none.
func (s scheme) prop(b *bytes.Buffer, d *brush, base int) {
	side := one(d, []int{76, 524})
	switch d.below(7) {
	case 0: // a twig in a vase
		fmt.Fprintf(b, `<g transform="translate(%d %d)"><path fill="none" stroke=%q stroke-width="4" d="M0-70c4-60-10-90-6-150m4 90c20-20 26-40 30-60m-32 30c-20-16-28-34-30-54"/><path fill=%q d="M-20-74h40l8 50c0 16-8 24-28 24s-28-8-28-24z"/><g fill=%q><circle cx="-6" cy="-224" r="10"/><circle cx="29" cy="-194" r="9"/><circle cx="-34" cy="-188" r="9"/></g></g>`,
			side, base-4, s.floor, s.shape, s.accent)
	case 1: // stones
		fmt.Fprintf(b, `<g transform="translate(%d %d)"><ellipse fill=%q rx="44" ry="20" cy="-14"/><ellipse fill=%q cx="6" cy="-42" rx="30" ry="15"/></g>`, side, base, s.floor, s.light)
	case 2: // a ball
		fmt.Fprintf(b, `<circle fill=%q cx="%d" cy="%d" r="30"/>`, s.accent, side, base-28)
	case 3: // a leaf from the edge
		x, turn := 0, 1
		if side > 300 {
			x, turn = 600, -1
		}
		fmt.Fprintf(b, `<g transform="translate(%d 40) scale(%d 1)" fill=%q><path d="M-20 30C60 0 130 40 160 130 80 130 10 100-20 30z"/><path d="M-20 90c60 0 100 40 110 120-60-20-100-60-110-120z" opacity=".7"/></g>`, x, turn, s.floor)
	default:
	}
}
