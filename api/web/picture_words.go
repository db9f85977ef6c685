package web

// pictureWord names a glyph and the words of a title that call for it.
type pictureWord struct{ glyph, words string }

// pictureWords is read from the top: what stands first wins, so narrow words
// come before wide ones ("watering can" before "can"). A _ is a space.
func pictureWords() []pictureWord {
	return []pictureWord{
		{"openbook", "绘本 童书 picture_book"},
		{"boardgame", "桌游 棋 骰子 board_game dice chess"},
		{"puzzle", "拼图 jigsaw puzzle"},
		{"book", "平装 精装 纸板书 插图本 小说 paperback hardback board_book illustrated novel"},
		{"sack", "面粉 面包粉 蛋糕粉 全麦粉 黑麦粉 大米 flour rice_sack"},
		{"plant", "龟背竹 虎尾兰 文竹 琴叶榕 薄荷 吊兰 盆栽 绿植 monstera snake_plant asparagus_fern fiddle-leaf mint spider_plant houseplant succulent"},
		{"wateringcan", "浇水壶 洒水壶 watering_can"},
		{"kettle", "手冲壶 电水壶 热水壶 pouring_kettle kettle"},
		{"teapot", "茶壶 石瓢 西施 侧把 teapot"},
		{"gaiwan", "盖碗 gaiwan"},
		{"fountain", "饮水机 pet_fountain water_fountain"},
		{"pen", "钢笔 毛笔 圆珠笔 中性笔 fountain_pen ballpoint pen"},
		{"beans", "咖啡豆 light_roast dark_roast medium_roast coffee_beans"},
		{"grinder", "磨豆机 研磨机 grinder"},
		{"lamp", "台灯 落地灯 desk_lamp lamp"},
		{"lantern", "马灯 营地灯 头灯 灯串 lantern string_lights head_torch flashlight torch candle"},
		{"chair", "电脑椅 椅 凳 沙发 chair stool sofa armchair"},
		{"pillow", "枕 靠垫 pillow cushion"},
		{"bedding", "四件套 被套 床单 被子 毯 duvet bedding sheets blanket"},
		{"pan", "煎锅 炒锅 平底锅 skillet frying_pan wok"},
		{"casserole", "砂锅 汤锅 炖锅 casserole saucepan stockpot cooking_pot"},
		{"knife", "三德刀 片刀 厨刀 水果小刀 面包刀 菜刀 santoku cleaver paring_knife bread_knife knife cutlery"},
		{"cake", "蛋糕盘 圆模 咕咕霍夫 蛋糕模 bundt loose-base muffin cake"},
		{"loaf", "吐司盒 法棍 烤盘 loaf baguette tray toaster bread_tin"},
		{"noodles", "挂面 荞麦面 米线 刀削面 面条 noodles noodle ramen pasta"},
		{"jar", "辣椒酱 油辣子 果酱 蜂蜜 酱 chilli_paste chilli_crisp jam honey sauce"},
		{"biscuit", "曲奇 薄脆 蛋卷 饼干 巧克力 cookies cookie thins egg_rolls biscuit chocolate"},
		{"nuts", "碧根果 开心果 花生 夏威夷果 瓜子 南瓜子 坚果 pecan pistachio peanut macadamia pumpkin_seed nuts"},
		{"tin", "白牡丹 岩茶 凤凰单丛 熟普 绿茶 红茶 乌龙 茶叶 white_peony oolong dan_cong pu'er jasmine black_tea green_tea"},
		{"sleepingbag", "睡袋 sleeping_bag"},
		{"pannier", "后挂包 车把包 座管包 驮包 pannier handlebar_bag saddle_bag"},
		{"tent", "帐篷 天幕 tent tarp"},
		{"poles", "登山杖 trekking_poles trekking_pole ski"},
		{"helmet", "头盔 helmet"},
		{"jacket", "冲锋衣 雨衣 外套 夹克 shell jacket coat raincoat"},
		{"runner", "跑鞋 运动鞋 球鞋 running_shoes trainers sneakers"},
		{"boot", "切尔西靴 靴 boot boots"},
		{"maryjane", "玛丽珍 mary_jane mary_janes ballet_flats"},
		{"shoe", "乐福鞋 德比鞋 皮鞋 鞋 loafer derbies derby shoe"},
		{"tote", "托特包 手提包 帆布袋 tote handbag"},
		{"backpack", "背包 双肩包 书包 rucksack backpack daypack"},
		{"hoop", "刺绣 embroidery"},
		{"scarf", "围巾编织 围巾 披肩 scarf-knitting scarf shawl"},
		{"yarn", "材料包 毛线 钩针 羊毛毡 yarn crochet needle-felting knitting card_case"},
		{"sweater", "毛衣 针织衫 开衫 卫衣 jumper sweater cardigan pullover hoodie"},
		{"socks", "中筒袜 短袜 徒步袜 袜 socks sock"},
		{"sun", "防晒 sunscreen sun_cream"},
		{"tube", "洁面 洗面奶 牙膏 cleanser toothpaste"},
		{"cream", "面霜 乳霜 眼霜 face_cream hand_cream eye_cream ceramide_cream squalane_cream oat_cream moisturiser moisturizer"},
		{"lipstick", "口红 唇釉 唇膏 lipstick lip_gloss"},
		{"palette", "眼影 腮红 粉饼 eye_palette eyeshadow blusher make-up"},
		{"dryer", "吹风机 hair_dryer hairdryer"},
		{"pump", "洗发水 沐浴露 护发素 shampoo conditioner shower_gel"},
		{"bottle", "香水 精华 精油 爽肤水 perfume serum toner lotion essential_oil"},
		{"earhook", "挂耳耳机 耳夹耳机 ear-hook clip-on"},
		{"headphones", "头戴耳机 headphones headphone headset"},
		{"earbuds", "耳机 earbuds earphones"},
		{"radio", "收音机 retro_radio radio"},
		{"speaker", "音箱 音响 speaker soundbar"},
		{"keyboard", "键盘 keyboard"},
		{"mouse", "鼠标 mouse trackball"},
		{"instant", "拍立得 instant_camera"},
		{"tripod", "三脚架 tripod"},
		{"camera", "相机 镜头 camera lens"},
		{"phone", "手机 平板 phone smartphone tablet"},
		{"laptop", "笔记本电脑 电脑 laptop computer monitor"},
		{"notebook", "点阵 横线 笔记本 手帐 notebook diary planner"},
		{"paints", "水彩 颜料 彩铅 watercolour watercolor gouache paints coloured_pencils"},
		{"scratcher", "瓦楞窝 抓柱 抓板 猫爬架 corrugated_lounge scratching_post corner_guard cat_tree"},
		{"litter", "猫砂 litter"},
		{"harness", "胸背 牵引 harness leash"},
		{"disc", "飞盘 flying_disc"},
		{"bone", "磨牙骨 chew_bone chew"},
		{"dog", "嗅闻垫 snuffle_mat"},
		{"ball", "漏食球 绳结球 treat_ball rope_ball ball"},
		{"cup", "马克杯 茶杯 咖啡杯 保温杯 杯 mug cup thermos"},
		{"cat", "猫 cat kitten"},
		{"dog", "狗 犬 dog puppy"},
	}
}

// topicGlyphs lists what stands for a topic when the title says nothing.
func topicGlyphs(topic string) string {
	switch topic {
	case "home/kitchen", "household-appliances", "kitchen":
		return "pan casserole knife kettle"
	case "home/tea", "tea":
		return "teapot gaiwan tin"
	case "home/desk", "office":
		return "lamp chair notebook"
	case "home/bedroom":
		return "pillow bedding"
	case "home/plants", "garden", "house-garden":
		return "plant wateringcan"
	case "home", "house":
		return "lamp chair teapot plant pillow"
	case "food/coffee", "coffee":
		return "beans cup kettle grinder"
	case "food/snacks":
		return "biscuit nuts"
	case "food/pantry":
		return "jar noodles sack"
	case "food/baking":
		return "loaf cake sack"
	case "food", "food-drink", "drink", "ciao-cafe":
		return "jar noodles biscuit cup"
	case "outdoor/camping":
		return "tent lantern sleepingbag"
	case "outdoor/hiking":
		return "backpack poles jacket"
	case "outdoor/cycling", "cycling":
		return "helmet pannier"
	case "outdoor", "outdoors", "travel", "sports", "sports-outdoors":
		return "tent poles backpack runner"
	case "beauty/skincare":
		return "cream tube bottle sun"
	case "beauty/makeup":
		return "lipstick palette"
	case "beauty/hair":
		return "dryer pump"
	case "beauty", "health", "health-beauty":
		return "cream lipstick bottle pump"
	case "digital/audio", "audio":
		return "headphones speaker earbuds"
	case "digital/keyboards":
		return "keyboard mouse"
	case "digital/photo", "cameras", "photo", "photography":
		return "camera tripod instant"
	case "digital", "electronics", "computers", "computer", "software", "internet":
		return "laptop keyboard headphones mouse"
	case "telecommunications", "phones", "mobile":
		return "phone earbuds"
	case "books/picture-books", "kids", "family", "children":
		return "openbook puzzle ball"
	case "books", "education", "education-careers":
		return "book openbook"
	case "pets/cats", "cats":
		return "cat scratcher litter"
	case "pets/dogs", "dogs":
		return "dog ball harness bone"
	case "pets":
		return "cat dog fountain"
	case "wear/shoes", "shoes":
		return "runner shoe boot"
	case "wear/bags", "bags":
		return "tote backpack"
	case "wear/knit":
		return "sweater socks scarf"
	case "wear", "fashion", "clothes", "clothing", "shopping":
		return "sweater jacket shoe tote"
	case "play/boardgames", "games", "toys", "video-games":
		return "boardgame puzzle"
	case "play/puzzles":
		return "puzzle"
	case "play/craft":
		return "yarn paints hoop"
	case "play/paper", "stationery":
		return "pen notebook"
	case "play", "hobbies":
		return "paints puzzle yarn boardgame"
	case "music", "dvds", "movies", "entertainment", "musical-instruments-equipment":
		return "disc2 radio speaker"
	default:
		return ""
	}
}
