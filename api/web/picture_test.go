package web_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"vitrine.dev/api/web"
)

// titleOf reads an SVG strictly and returns its title. It fails the test if the
// picture could do or fetch anything, or is too large to be inlined.
func titleOf(t *testing.T, svg []byte) string {
	t.Helper()
	if len(svg) > 4096 {
		t.Errorf("picture has %d bytes, want at most 4096", len(svg))
	}
	title, inTitle := "", false
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return title
		}
		if err != nil {
			t.Fatalf("picture is no XML: %v\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inTitle = token.Name.Local == "title"
			switch token.Name.Local {
			case "svg", "title", "g", "path", "circle", "ellipse", "rect":
			default:
				t.Errorf("picture has an element %q", token.Name.Local)
			}
			for _, a := range token.Attr {
				name := strings.ToLower(a.Name.Local)
				if strings.HasPrefix(name, "on") || name == "href" || name == "style" || strings.Contains(a.Value, "url(") {
					t.Errorf("picture has an attribute %s=%q", a.Name.Local, a.Value)
				}
			}
		case xml.EndElement:
			inTitle = false
		case xml.CharData:
			if inTitle {
				title += string(token)
			} else if strings.TrimSpace(string(token)) != "" {
				t.Errorf("picture has text %q", token)
			}
		}
	}
}

// drawing is a picture without its title.
func drawing(svg []byte) string {
	before, rest, _ := strings.Cut(string(svg), "<title>")
	_, after, _ := strings.Cut(rest, "</title>")
	return before + after
}

func TestPicturesAreHarmlessXMLAndNameTheProduct(t *testing.T) {
	for _, title := range []string{
		"天青釉盖碗 90ml", "Celadon gaiwan", "", `<script>alert("1")</script> & "x" 'y' ]]>`, "line\nbreak\tand tab",
	} {
		if got := titleOf(t, web.Picture("shop:1", title, "home/tea")); got != title {
			t.Errorf("picture of %q is named %q", title, got)
		}
		if got := titleOf(t, web.Avatar("ali", title)); got != title {
			t.Errorf("face of %q is named %q", title, got)
		}
	}
	for _, title := range []string{"a\x00b\x1bc", "half \xe5\xa4 a letter", strings.Repeat("壶", 5000)} {
		if got := titleOf(t, web.Picture("shop:1", title, "x")); !utf8.ValidString(got) || utf8.RuneCountInString(got) > 120 {
			t.Errorf("picture of %.20q is named %q", title, got)
		}
	}
}

func FuzzPicture(f *testing.F) {
	f.Add("shop:1", "盖碗 & <gaiwan>", "home/tea")
	f.Add("", "\xff\x00", "//--/")
	f.Fuzz(func(t *testing.T, key, title, topic string) {
		titleOf(t, web.Picture(key, title, topic))
		titleOf(t, web.Avatar(key, title))
	})
}

func TestPictureFollowsFromItsArguments(t *testing.T) {
	draw := func(key string) []byte { return web.Picture(key, "Stoneware teapot", "home/tea") }
	if !bytes.Equal(draw("a:1"), draw("a:1")) {
		t.Error("the same product was drawn in two ways")
	}
	if !bytes.Equal(web.Avatar("ali", "阿梨"), web.Avatar("ali", "阿梨")) {
		t.Error("the same expert was drawn in two ways")
	}
	if got, want := drawing(web.Avatar("ali", "new name")), drawing(web.Avatar("ali", "阿梨")); got != want {
		t.Error("a new name changed the face")
	}
}

func TestPictureShowsWhatTheTitleNamesInEitherLanguage(t *testing.T) {
	pairs := [][2]string{
		{"紫砂石瓢壶", "purple clay teapot"},
		{"天青釉盖碗", "celadon gaiwan"},
		{"生铁煎锅", "cast iron skillet"},
		{"粗陶砂锅", "casserole"},
		{"三德刀", "santoku"},
		{"双臂台灯", "desk lamp"},
		{"电脑椅", "desk chair"},
		{"荞麦枕", "buckwheat pillow"},
		{"四件套", "duvet set"},
		{"龟背竹 加仑盆", "Monstera, nursery pot"},
		{"长嘴浇水壶", "watering can"},
		{"细口手冲壶", "pouring kettle"},
		{"手摇磨豆机", "hand grinder"},
		{"手工挂面", "hand-hung wheat noodles"},
		{"油辣子", "chilli crisp"},
		{"海盐黄油曲奇", "cookies"},
		{"高筋面包粉", "bread flour"},
		{"圆顶帐篷", "dome tent"},
		{"睡袋", "sleeping bag"},
		{"徒步背包", "rucksack"},
		{"登山杖", "trekking poles"},
		{"三层冲锋衣", "3-layer shell"},
		{"公路头盔", "road helmet"},
		{"后挂包", "pannier"},
		{"防晒啫喱", "gel sunscreen"},
		{"神经酰胺面霜", "ceramide cream"},
		{"口红", "lipstick"},
		{"眼影盘", "eye palette"},
		{"吹风机", "hair dryer"},
		{"洗发水", "shampoo"},
		{"头戴耳机 蓝牙 奶白", "headphones, Bluetooth, cream"},
		{"入耳耳机", "in-ear earbuds"},
		{"桌面音箱", "desktop speaker"},
		{"机械键盘", "keyboard"},
		{"竖握鼠标", "vertical mouse"},
		{"三脚架 球形云台", "tripod, ball head"},
		{"拍立得 奶油", "instant camera, cream"},
		{"绘本《外婆的雨靴》 平装", "Grandma's Rain Boots, picture book, paperback"},
		{"《零下的图书馆》 精装", "The Subzero Library, hardback, Lens Library"},
		{"桌游《邮差与猫》", "The Postman and the Cat, board game"},
		{"拼图", "jigsaw"},
		{"猫砂", "litter"},
		{"猫爬架", "cat tree"},
		{"跑鞋", "running shoes"},
		{"德比鞋", "derbies"},
		{"托特包", "tote"},
		{"毛衣", "jumper"},
		{"徒步袜", "hiking socks"},
		{"水彩", "watercolours"},
		{"钢笔", "fountain pen"},
		{"点阵线装本", "dotted sewn notebook"},
	}
	seen := map[string]string{}
	for _, pair := range pairs {
		// Colours are part of the drawing and may follow from the title, so only
		// the shapes are compared.
		zh, en := shapes(web.Picture("a:1", pair[0], "")), shapes(web.Picture("a:1", pair[1], ""))
		if zh != en {
			t.Errorf("%q and %q are drawn as different things", pair[0], pair[1])
		}
		if other, ok := seen[en]; ok {
			t.Errorf("%q is drawn like %q", pair[1], other)
		}
		seen[en] = pair[1]
	}
}

// shapes are the paths of the product itself, the last group, without colours.
func shapes(svg []byte) string {
	s := drawing(svg)
	if i := strings.LastIndex(s, `<g transform="translate(`); strings.Contains(s[i:], "scale(") {
		s = s[i:]
	}
	if i := strings.Index(s, `opacity=".16"/>`); i >= 0 {
		s = s[i:]
	}
	return regexp.MustCompile(`"#[0-9a-f]{6}"|translate\([^)]*\) scale\([^)]*\)`).ReplaceAllString(s, "")
}

func TestTopicStandsInForATitleThatSaysNothing(t *testing.T) {
	plain := shapes(web.Picture("a:1", "Item 7", ""))
	for _, topic := range []string{"pets/cats", "pets/cats/kittens", "books", "household-appliances", "food-drink"} {
		if shapes(web.Picture("a:1", "Item 7", topic)) == plain {
			t.Errorf("topic %s is drawn like no topic at all", topic)
		}
	}
}

func TestTitleGivesTheColour(t *testing.T) {
	for title, want := range map[string]string{
		"navy jumper": "#34466b", "墨绿 毛衣": "#3f7a57", "oxblood derbies": "#a93f62", "true red lipstick": "#d9432f",
	} {
		for i := range 20 {
			if svg := web.Picture(fmt.Sprint("a:", i), title, ""); !bytes.Contains(svg, []byte(want)) {
				t.Errorf("picture %d of %q has no %s", i, title, want)
			}
		}
	}
}

func TestFortyCardsLookLikeAShop(t *testing.T) {
	drawings, walls, faces := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range 40 {
		key := fmt.Sprintf("shop:%04d", i)
		svg := drawing(web.Picture(key, "Stoneware teapot", "home/tea"))
		drawings[svg] = true
		walls[regexp.MustCompile(`fill="(#[0-9a-f]{6})" d="M0 0`).FindStringSubmatch(svg)[1]] = true
		faces[drawing(web.Avatar(key, ""))] = true
	}
	if len(drawings) < 40 || len(walls) < 12 || len(faces) < 40 {
		t.Errorf("of 40 teapots %d differ, on %d walls; %d of 40 faces differ; want 40, 12 and 40", len(drawings), len(walls), len(faces))
	}
}
