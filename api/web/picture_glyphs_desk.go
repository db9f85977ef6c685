package web

// digitalGlyph draws what has a plug or a battery.
func digitalGlyph(name string) string {
	switch name {
	case "headphones":
		return `<path fill="none" stroke="D" stroke-width="15" stroke-linecap="round" d="M40 126C28 4 172 4 160 126"/><path fill="none" stroke="A" stroke-width="7" stroke-linecap="round" d="M46 84C62 22 138 22 154 84"/>` +
			`<rect fill="A" x="26" y="96" width="38" height="72" rx="19"/><rect fill="A" x="136" y="96" width="38" height="72" rx="19"/><rect fill="C" x="54" y="100" width="18" height="64" rx="9"/><rect fill="C" x="128" y="100" width="18" height="64" rx="9"/><path fill="L" opacity=".45" d="M34 116c0-6 8-6 8 0v26c0 6-8 6-8 0z"/>`
	case "earbuds":
		return `<rect fill="A" x="36" y="100" width="128" height="72" rx="34"/><path fill="D" d="M36 130h128v6H36z"/><circle fill="C" cx="100" cy="152" r="5"/><path fill="L" opacity=".35" d="M52 118c4-8 10-10 20-10v8c-8 0-12 2-14 8z"/>` +
			`<g fill="L"><path d="M48 40c0-14 12-22 24-18s16 18 8 28l-6 6v36H60V60c-8-4-12-12-12-20z"/><path d="M152 40c0-14-12-22-24-18s-16 18-8 28l6 6v36h14V60c8-4 12-12 12-20z"/></g><g fill="D"><ellipse cx="52" cy="40" rx="7" ry="11"/><ellipse cx="148" cy="40" rx="7" ry="11"/></g>`
	case "earhook":
		return `<path fill="none" stroke="D" stroke-width="12" stroke-linecap="round" d="M48 150C20 90 34 40 70 40c24 0 32 16 28 30"/><path fill="A" d="M70 76c20-12 46 0 46 26 0 30-20 64-44 60-18-4-12-24-10-40 2-18-8-34 8-46z"/><circle fill="C" cx="88" cy="104" r="13"/><path fill="none" stroke="D" stroke-width="10" stroke-linecap="round" d="M178 150c10-50 2-90-24-92-16 0-22 10-20 20" opacity=".7"/><path fill="A" opacity=".8" d="M152 84c-14-8-30 0-30 20 0 26 14 50 32 46 14-4 8-20 8-32 0-14 4-26-10-34z"/>`
	case "speaker":
		return `<rect fill="A" x="46" y="28" width="108" height="144" rx="14"/><path fill="K" opacity=".1" d="M128 28h12c8 0 14 6 14 14v116c0 8-6 14-14 14h-12z"/><circle fill="D" cx="100" cy="118" r="38"/><circle fill="K" opacity=".6" cx="100" cy="118" r="27"/><circle fill="C" cx="100" cy="118" r="12"/><circle fill="D" cx="100" cy="56" r="16"/><circle fill="L" cx="100" cy="56" r="7"/><path fill="K" d="M58 172h16v6H58zm68 0h16v6h-16z"/>`
	case "radio":
		return `<path stroke="D" stroke-width="6" stroke-linecap="round" d="m140 70 28-52"/><path fill="none" stroke="D" stroke-width="9" d="M56 72c0-32 68-32 68 0"/><rect fill="A" x="18" y="70" width="164" height="102" rx="16"/><circle fill="L" cx="68" cy="121" r="36"/><g fill="D"><circle cx="68" cy="121" r="4"/><circle cx="52" cy="121" r="4"/><circle cx="84" cy="121" r="4"/><circle cx="60" cy="107" r="4"/><circle cx="76" cy="107" r="4"/><circle cx="60" cy="135" r="4"/><circle cx="76" cy="135" r="4"/></g>` +
			`<rect fill="L" x="116" y="88" width="52" height="20" rx="5"/><path stroke="C" stroke-width="4" d="M138 88v20"/><circle fill="C" cx="142" cy="138" r="19"/><path stroke="L" stroke-width="4" stroke-linecap="round" d="m142 138 9-11"/>`
	case "keyboard":
		return `<g transform="rotate(-8 100 112)"><rect fill="D" x="8" y="78" width="184" height="82" rx="12"/><rect fill="A" x="8" y="70" width="184" height="82" rx="12"/>` +
			`<g fill="L"><path d="M20 80h18v16H20zm22 0h18v16H42zm22 0h18v16H64zm22 0h18v16H86zm22 0h18v16h-18zm22 0h18v16h-18z"/><path d="M20 102h26v16H20zm30 0h18v16H50zm22 0h18v16H72zm22 0h18v16H94zm22 0h18v16h-18zm22 0h18v16h-18z"/><path d="M20 124h18v16H20zm26 0h90v16H46z"/></g><g fill="C"><path d="M156 80h24v16h-24zm6 22h18v38h-18zm-18 22h12v16h-12z"/></g></g>`
	case "mouse":
		return `<path fill="none" stroke="D" stroke-width="6" d="M100 62c0-40 56-6 58-44"/><path fill="A" d="M100 52c34 0 48 24 48 58s-16 62-48 62-48-28-48-62 14-58 48-58z"/><path fill="D" d="M100 52c34 0 48 24 48 50H52c0-26 14-50 48-50z"/><path stroke="L" stroke-width="3" d="M100 52v50"/><rect fill="C" x="92" y="66" width="16" height="30" rx="8"/><path fill="L" opacity=".35" d="M62 112c0 22 4 34 12 44-4-14-4-28-2-44z"/>`
	case "camera":
		return `<path fill="D" d="M66 54 78 36h44l12 18z"/><rect fill="A" x="20" y="54" width="160" height="112" rx="16"/><path fill="L" d="M20 84h160v16H20z" opacity=".85"/><circle fill="D" cx="100" cy="114" r="42"/><circle fill="K" cx="100" cy="114" r="30"/><circle fill="C" opacity=".8" cx="100" cy="114" r="17"/><circle fill="L" cx="90" cy="104" r="6"/><rect fill="C" x="140" y="62" width="26" height="14" rx="4"/><rect fill="D" x="32" y="46" width="24" height="8" rx="3"/>`
	case "instant":
		return `<g transform="rotate(7 132 168)"><path fill="L" d="M64 148h84v48H64z"/><path fill="C" d="M72 148h68v34H72z"/></g><path fill="A" d="M28 60c0-16 10-26 24-26h96c14 0 24 10 24 26l8 74c1 10-5 18-16 18H36c-11 0-17-8-16-18z"/><path fill="D" d="M21 128h158l1 8c0 10-5 16-16 16H36c-11 0-16-6-16-16z"/>` +
			`<circle fill="L" cx="96" cy="94" r="33"/><circle fill="K" cx="96" cy="94" r="22"/><circle fill="C" opacity=".8" cx="96" cy="94" r="10"/><rect fill="L" x="132" y="46" width="28" height="22" rx="5"/><circle fill="C" cx="46" cy="58" r="9"/><path fill="K" d="M34 144h124v5H34z"/>`
	case "tripod":
		return `<g stroke-linecap="round"><path stroke="D" stroke-width="9" d="m96 84-44 86m52-86 44 86"/><path stroke="A" stroke-width="9" d="M100 84v88"/></g><path fill="K" d="M86 68h28v22H86z"/><rect fill="D" x="74" y="60" width="52" height="11" rx="4"/><rect fill="A" x="56" y="18" width="88" height="46" rx="8"/><path fill="C" d="M80 18V8h36v10z"/><circle fill="L" cx="100" cy="41" r="17"/><circle fill="K" cx="100" cy="41" r="10"/><circle fill="C" cx="132" cy="30" r="4"/>`
	case "phone":
		return `<rect fill="D" x="58" y="20" width="88" height="152" rx="16"/><rect fill="A" x="54" y="20" width="86" height="152" rx="16"/><rect fill="L" x="62" y="34" width="70" height="122" rx="6"/><path fill="C" d="m62 122 22-30 18 20 14-14 16 22v30c0 3-2 6-6 6H68c-4 0-6-3-6-6z"/><circle fill="A" cx="112" cy="62" r="11"/>`
	case "laptop":
		return `<rect fill="D" x="36" y="44" width="128" height="92" rx="8"/><rect fill="L" x="44" y="52" width="112" height="76" rx="3"/><path fill="C" d="m44 118 34-34 22 20 20-18 36 34v5c0 2-1 3-3 3H47c-2 0-3-1-3-3z"/><path fill="A" d="M20 136h160l10 22c2 8-2 14-10 14H20c-8 0-12-6-10-14z"/><path fill="D" d="M80 142h40l4 10H76z"/>`
	default:
		return ""
	}
}

// beautyGlyph draws what stands in a bathroom.
func beautyGlyph(name string) string {
	switch name {
	case "tube":
		return `<path fill="A" d="M60 28h80l-10 116H70z"/><path fill="D" d="M58 18h84v16H58z"/><path fill="C" d="M72 144h56v28H72z"/><rect fill="L" x="76" y="58" width="48" height="52" rx="24"/><path fill="C" d="M100 68c14 16 12 28 0 30-12-2-14-14 0-30z"/><path fill="K" opacity=".1" d="M120 34h20l-10 110h-16z"/>`
	case "sun":
		return `<circle fill="C" cx="66" cy="74" r="26"/><path stroke="C" stroke-width="7" stroke-linecap="round" d="M66 34V22m0 104v-12M26 74H14m26-28-8-8m60 8 8-8M40 102l-8 8"/><path fill="A" d="M84 66h76l-8 84H92z"/><path fill="D" d="M82 54h80v16H82z"/><path fill="L" d="M94 150h56v22H94z"/><path fill="L" d="M98 92h48l-2 22h-44z"/><path fill="none" stroke="D" stroke-width="5" stroke-linecap="round" d="M108 103h28"/>`
	case "cream":
		return `<rect fill="A" x="26" y="104" width="148" height="68" rx="18"/><path fill="D" d="M30 82h140c4 0 6 3 6 7v21H24V89c0-4 2-7 6-7z"/><path fill="L" d="M44 82c8-32 30-12 44-30 10-14 18-18 28-18-4 12-2 18 14 22 18 4 24 14 26 26z"/><rect fill="L" x="58" y="128" width="84" height="26" rx="13"/><path stroke="C" stroke-width="5" stroke-linecap="round" d="M76 141h48"/>`
	case "pump":
		return `<path fill="K" d="M92 40h16v24H92zM58 30h56c8 0 12 6 12 12H78c-12 0-18-4-20-12z"/><path fill="D" d="M78 60h44v18H78z"/><path fill="A" d="M62 78h76c8 0 14 6 14 14v66c0 8-6 14-14 14H62c-8 0-14-6-14-14V92c0-8 6-14 14-14z"/><rect fill="L" x="64" y="98" width="72" height="52" rx="6"/><path fill="C" d="M100 104c24 12 22 34 0 42-22-8-24-30 0-42z"/><path stroke="L" stroke-width="3" d="M100 112v30"/>`
	case "bottle":
		return `<path fill="C" d="M84 20h32v30H84z"/><path fill="D" d="M78 46h44v16H78z"/><path fill="A" d="M74 60h52c14 8 20 18 20 32v68c0 8-4 12-10 12H64c-6 0-10-4-10-12V92c0-14 6-24 20-32z"/><rect fill="L" x="54" y="100" width="92" height="48"/><path fill="none" stroke="C" stroke-width="6" stroke-linecap="round" d="M72 124c10-14 20 14 28 0s18 14 28 0"/><path fill="L" opacity=".4" d="M64 92c0-8 4-14 10-18v22H64z"/>`
	case "lipstick":
		return `<path fill="K" d="M70 112h60v60H70z"/><path fill="L" d="M78 84h44v30H78z"/><path fill="D" opacity=".5" d="M108 84h14v30h-14z"/><path fill="A" d="M82 84V44c0-6 4-10 8-14l28-14v68z"/><path fill="D" d="M106 24l12-6v66h-12z"/><path fill="C" d="M66 108h68v10H66z"/><path fill="none" stroke="A" stroke-width="11" stroke-linecap="round" d="M150 156c10-12 22 8 34-6" opacity=".9"/><path fill="L" opacity=".25" d="M78 118h9v54h-9z"/>`
	case "palette":
		return `<path fill="D" d="m40 84 12-66c1-5 4-8 9-8h78c5 0 8 3 9 8l12 66z"/><path fill="L" opacity=".75" d="m54 76 10-54h72l10 54z"/><path fill="L" d="m70 70 22-44h14L84 70z"/><path fill="K" d="M38 84h124v8H38z"/><path fill="A" d="M34 92h132l16 66c2 8-2 14-10 14H28c-8 0-12-6-10-14z"/>` +
			`<path fill="C" d="M46 102h32l-3 24H40zm76 0h32l6 24h-35z"/><path fill="D" d="M84 102h32l3 24H81zM38 132h37l-3 24H32zm87 0h37l6 24h-40z"/><path fill="L" d="M81 132h38l3 24H78z"/>`
	case "dryer":
		return `<path fill="D" d="M88 104h38l10 58c1 6-2 10-8 10h-22c-5 0-8-3-9-8z"/><path fill="A" d="M44 48h74c34 0 54 14 54 36s-20 36-54 36H44z"/><path fill="K" d="M20 54h26v60H20c-4 0-6-3-6-7V61c0-4 2-7 6-7z"/><circle fill="L" cx="128" cy="84" r="22"/><g fill="D"><circle cx="128" cy="84" r="5"/><circle cx="116" cy="84" r="3"/><circle cx="140" cy="84" r="3"/><circle cx="128" cy="72" r="3"/><circle cx="128" cy="96" r="3"/></g><path fill="C" d="M98 126h16v9H98z"/><path fill="none" stroke="C" stroke-width="5" stroke-linecap="round" d="M10 34c-10 10 6 14-4 24m0 80c10 10-6 14 4 24" opacity=".8"/>`
	default:
		return ""
	}
}

// hobbyGlyph draws books, games and what hands are busy with.
func hobbyGlyph(name string) string {
	switch name {
	case "book":
		return `<path fill="D" d="M52 24h96c6 0 10 4 10 10v138H60c-12 0-18-8-18-18V38c0-8 4-14 10-14z"/><path fill="L" d="M58 150h96v14H60c-10 0-10-14-2-14z"/><path fill="A" d="M56 24h92c6 0 10 4 10 10v116H56c-6 0-10 2-14 6V38c0-8 6-14 14-14z"/><path fill="K" opacity=".15" d="M42 38c0-8 6-14 14-14h6v126h-6c-6 0-10 2-14 6z"/>`
	case "openbook":
		return `<path fill="D" d="M10 62h180v98H10z"/><path fill="L" d="M18 54c30-10 62-8 82 8v100c-20-16-52-18-82-8z"/><path fill="L" d="M182 54c-30-10-62-8-82 8v100c20-16 52-18 82-8z"/><path fill="K" opacity=".08" d="M86 54c6 2 10 4 14 8v100c-4-4-8-6-14-8zm28 0c-6 2-10 4-14 8v100c4-4 8-6 14-8z"/>` +
			`<path fill="A" d="M28 132c10-24 22-24 30-8 6-14 16-12 28 10v14c-18-8-38-8-58-2z"/><circle fill="C" cx="66" cy="84" r="13"/><g stroke="D" stroke-width="4" stroke-linecap="round" opacity=".6"><path d="M118 82c18-6 34-6 52-4m-52 20c18-6 34-6 52-4m-52 20c18-6 34-6 52-4m-52 20c14-5 24-6 36-5"/></g>`
	case "boardgame":
		return `<path fill="D" d="m100 80 88 42v10l-88 44-88-44v-10z"/><path fill="A" d="m100 78 88 44-88 44-88-44z"/><path fill="L" d="m56 100 44-22 44 22-44 22zm44 22 44-22 44 22-44 22zm-44 22 44-22 44 22-44 22z" opacity=".5"/>` +
			`<path fill="C" d="M66 40c8 0 12 6 12 12 0 4-2 6-4 8l22 10v10H80l6 32H46l6-32H36V70l22-10c-2-2-4-4-4-8 0-6 4-12 12-12z"/><g transform="rotate(12 142 90)"><rect fill="L" x="120" y="68" width="44" height="44" rx="8"/><g fill="K"><circle cx="132" cy="80" r="4.5"/><circle cx="142" cy="90" r="4.5"/><circle cx="152" cy="100" r="4.5"/></g></g>`
	case "puzzle":
		return `<g transform="rotate(-10 100 100)"><path fill="A" d="M34 66h38c-8-26 36-26 28 0h38v36c26-8 26 36 0 28v38h-36c8-26-36-26-28 0H34v-38c26 8 26-36 0-28z"/></g>` +
			`<g transform="translate(112 18) rotate(18 40 40) scale(.52)"><path fill="C" d="M34 66h38c-8-26 36-26 28 0h38v36c26-8 26 36 0 28v38h-36c8-26-36-26-28 0H34v-38c26 8 26-36 0-28z"/></g><path fill="L" opacity=".35" d="m42 82 22-4-4-4-18 2zM40 88l8-2 14 74-8 2z"/>`
	case "yarn":
		return `<path stroke="C" stroke-width="7" stroke-linecap="round" d="m30 30 96 112M176 26 84 142"/><g fill="C"><circle cx="29" cy="28" r="9"/><circle cx="177" cy="25" r="9"/></g><circle fill="A" cx="98" cy="116" r="56"/><g fill="none" stroke="D" stroke-width="5" stroke-linecap="round"><path d="M52 92c30-20 66-14 88 14M46 112c30-22 72-12 92 24M54 144c12-34 40-64 78-70M76 164c0-40 24-72 62-82"/></g><path fill="none" stroke="L" stroke-width="4" stroke-linecap="round" d="M62 84c14-12 32-16 50-14"/><path fill="none" stroke="A" stroke-width="6" stroke-linecap="round" d="M140 158c16 14 34-8 48 10"/>`
	case "hoop":
		return `<circle fill="L" cx="100" cy="104" r="66"/><circle fill="none" stroke="C" stroke-width="11" cx="100" cy="104" r="66"/><path fill="D" d="M90 26h20v16H90z"/><path fill="none" stroke="D" stroke-width="5" stroke-linecap="round" d="M100 152c0-30-4-44 2-64m-2 44c-12-2-22-10-26-22m27 4c10-2 20-10 24-22"/><g fill="A"><circle cx="102" cy="78" r="15"/><path d="M76 112c-14-2-20-10-18-18 12 0 18 8 18 18zm48-22c2-14 10-20 18-18 0 12-8 18-18 18z"/></g><circle fill="C" cx="102" cy="78" r="6"/>`
	case "paints":
		return `<path stroke="C" stroke-width="8" stroke-linecap="round" d="m176 20-46 62"/><path fill="K" d="m134 70 10 8-20 24c-6 4-10 0-8-6z"/><path fill="D" d="M16 92h168v64c0 10-6 16-14 16H30c-8 0-14-6-14-16z"/><rect fill="L" x="24" y="98" width="152" height="64" rx="8"/><g><rect fill="A" x="34" y="106" width="26" height="22" rx="4"/><rect fill="C" x="68" y="106" width="26" height="22" rx="4"/><rect fill="D" x="102" y="106" width="26" height="22" rx="4"/><rect fill="K" x="136" y="106" width="26" height="22" rx="4"/><rect fill="C" opacity=".5" x="34" y="134" width="26" height="22" rx="4"/><rect fill="A" opacity=".5" x="68" y="134" width="26" height="22" rx="4"/></g><path fill="A" opacity=".8" d="M104 148c6-14 22-4 30-12 10 2 22 2 28 12-6 10-50 12-58 0z"/>`
	case "pen":
		return `<path fill="L" d="M24 138c40-10 96-10 152 0v34H24z"/><path fill="none" stroke="C" stroke-width="5" stroke-linecap="round" d="M42 158c12-14 20 8 32-4s18 6 28-2 14 2 20-2"/><g transform="rotate(38 100 90)"><path fill="A" d="M86 2h28v78H86z"/><path fill="D" d="M84 76h32l-4 34H88zM86 2h28v10H86z"/><path fill="C" d="M86 70h28v8H86z"/><path fill="L" stroke="K" stroke-width="2" d="M90 110h20l-10 34z"/><path stroke="K" stroke-width="2.5" d="M100 118v20"/><path fill="K" d="M110 14h7v44h-7z" opacity=".5"/></g>`
	case "notebook":
		return `<g transform="rotate(-6 100 100)"><path fill="L" d="M52 30h104v142H52z"/><rect fill="A" x="44" y="24" width="104" height="144" rx="6"/><path fill="D" d="M44 30c0-4 2-6 6-6h12v144H50c-4 0-6-2-6-6z"/><rect fill="C" x="126" y="24" width="9" height="144"/><rect fill="L" x="76" y="52" width="40" height="30" rx="4"/><path stroke="D" stroke-width="4" stroke-linecap="round" d="M84 62h24m-24 10h16"/><path fill="C" d="M90 168h10v20l-5-6-5 6z"/></g>`
	case "disc2":
		return `<rect fill="A" x="24" y="32" width="132" height="140" rx="6"/><circle fill="K" cx="132" cy="104" r="58"/><circle fill="none" stroke="L" stroke-width="2" opacity=".4" cx="132" cy="104" r="46"/><circle fill="none" stroke="L" stroke-width="2" opacity=".4" cx="132" cy="104" r="36"/><circle fill="C" cx="132" cy="104" r="20"/><circle fill="L" cx="132" cy="104" r="5"/><path fill="D" d="M24 38c0-4 2-6 6-6h50v140H30c-4 0-6-2-6-6z"/>`
	case "parcel":
		return `<path fill="D" d="m24 74 76-30 76 30-76 32z"/><path fill="A" d="m24 74 76 32v70l-76-30z"/><path fill="D" opacity=".85" d="m176 74-76 32v70l76-30z"/><path fill="C" d="m52 63 76 31v22l-14 6v-22L38 68zm28 69-20-8v22l20 8z"/><path fill="L" opacity=".7" d="m36 118 14 6v20l-14-6z"/>`
	default:
		return ""
	}
}
