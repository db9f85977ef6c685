package web

// The glyphs are drawn in a box of 200 by 200, stand on y = 172 and are about
// 150 wide. Their colours are letters that paint fills in: A is the main colour
// and D a darker one of the same hue, C an accent, L light and K nearly black.

// homeGlyph draws what stands in a home or lies on a table; "" when it has no
// such glyph.
func homeGlyph(name string) string {
	switch name {
	case "teapot":
		return `<path fill="none" stroke="D" stroke-width="11" d="M146 92c36-10 42 48-6 52"/>` +
			`<path fill="A" d="M62 108 28 80q-10-4-14 3 24 16 40 62z"/>` +
			`<path fill="A" d="M48 116c0-32 22-46 52-46s54 14 54 46c0 36-20 54-54 54s-52-18-52-54z"/>` +
			`<path fill="D" d="M64 80c4-18 18-25 36-25s32 7 37 25c-22-8-51-8-73 0z"/><circle fill="C" cx="100" cy="48" r="9"/>` +
			`<path fill="L" opacity=".45" d="M60 112c1-15 8-22 17-27-5 12-7 26-4 42-9-1-13-8-13-15z"/>`
	case "gaiwan":
		return `<ellipse fill="C" cx="100" cy="163" rx="68" ry="10"/>` +
			`<path fill="A" d="M40 96h120c0 40-22 62-44 66H84c-22-4-44-26-44-66z"/><ellipse fill="D" cx="100" cy="97" rx="60" ry="9"/>` +
			`<path fill="L" d="M54 94c5-26 24-36 46-36s41 10 46 36c-28 7-64 7-92 0z"/><path fill="C" d="M87 59c-2-9 3-16 13-16s15 7 13 16z"/>` +
			`<path fill="none" stroke="C" stroke-width="4" stroke-linecap="round" d="M68 136c16-18 34 8 62-12"/><g fill="C"><circle cx="86" cy="122" r="5"/><circle cx="116" cy="138" r="4"/><circle cx="132" cy="120" r="5"/></g>`
	case "tin":
		return `<rect fill="A" x="56" y="66" width="88" height="106" rx="6"/><rect fill="D" x="50" y="48" width="100" height="26" rx="6"/>` +
			`<rect fill="L" x="56" y="96" width="88" height="48"/><path fill="C" d="M100 102c20 6 22 24 0 36-22-12-20-30 0-36z"/><path stroke="L" stroke-width="3" d="M100 106v36"/>` +
			`<path fill="L" opacity=".25" d="M62 74h14v98H62z"/>`
	case "pan":
		return `<rect fill="D" x="138" y="100" width="58" height="14" rx="7" transform="rotate(-24 138 107)"/>` +
			`<ellipse fill="D" cx="84" cy="130" rx="72" ry="42"/><ellipse fill="A" cx="84" cy="122" rx="72" ry="42"/><ellipse fill="K" opacity=".55" cx="84" cy="122" rx="58" ry="31"/>` +
			`<path fill="L" d="M52 120c4-18 34-24 52-13s16 30-6 33-24-4-34-1-14-10-12-19z"/><circle fill="C" cx="82" cy="120" r="11"/>`
	case "knife":
		return `<rect fill="C" x="18" y="142" width="164" height="28" rx="8"/><path fill="D" opacity=".35" d="M30 150h90v4H30zM60 160h104v4H60z"/>` +
			`<g transform="rotate(-32 100 90)"><path fill="L" d="M72 76h104c8 0 10 6 6 14-8 16-26 22-50 22H72z"/><path fill="K" opacity=".12" d="M72 98h104c-10 11-25 14-44 14H72z"/><rect fill="A" x="10" y="76" width="66" height="20" rx="9"/><circle fill="L" cx="26" cy="86" r="3"/><circle fill="L" cx="52" cy="86" r="3"/></g>`
	case "casserole":
		return `<path fill="D" d="M18 104h30v16H28c-8 0-12-8-10-16zm164 0h-30v16h20c8 0 12-8 10-16z"/>` +
			`<path fill="A" d="M32 98h136v26c0 30-22 46-46 46H78c-24 0-46-16-46-46z"/><path fill="D" d="M28 90h144v12H28z"/>` +
			`<path fill="L" d="M40 90c6-26 30-34 60-34s54 8 60 34z"/><rect fill="C" x="84" y="42" width="32" height="15" rx="7"/>` +
			`<path fill="none" stroke="L" stroke-width="5" stroke-linecap="round" opacity=".8" d="M76 32c-8-8 8-12 0-22m48 22c-8-8 8-12 0-22"/>`
	case "lamp":
		return `<ellipse fill="C" opacity=".4" cx="62" cy="160" rx="60" ry="13"/><path fill="L" opacity=".4" d="m52 76-50 84h124l-36-72z"/>` +
			`<path fill="none" stroke="D" stroke-width="9" stroke-linecap="round" stroke-linejoin="round" d="m142 160 24-66-66-48"/><circle fill="C" cx="166" cy="94" r="9"/>` +
			`<path fill="A" d="m74 22 48 34c-4 20-18 32-32 34L44 62c2-16 14-34 30-40z"/><path fill="L" d="m44 62 46 28c-12 8-42-8-46-28z"/><rect fill="D" x="112" y="156" width="64" height="16" rx="8"/>`
	case "chair":
		return `<path fill="A" d="M62 26h76c8 0 12 6 11 13l-9 66H60l-9-66c-1-7 3-13 11-13z"/><path fill="D" opacity=".5" d="M68 40h64l-2 12H70zm3 22h58l-2 12H73zm3 22h52l-1 10H75z"/>` +
			`<path fill="D" d="M38 82h12v36H38zm112 0h12v36h-12z"/><rect fill="A" x="46" y="110" width="108" height="18" rx="9"/><rect fill="K" x="94" y="128" width="12" height="26"/>` +
			`<path fill="none" stroke="K" stroke-width="8" stroke-linecap="round" d="M56 166c14-14 74-14 88 0m-44-14v14"/><g fill="C"><circle cx="56" cy="168" r="7"/><circle cx="100" cy="170" r="7"/><circle cx="144" cy="168" r="7"/></g>`
	case "pillow":
		return `<path fill="D" d="M24 128c-6-16 2-22 18-18 40-8 76-8 116 0 16-4 24 2 18 18 4 14 4 24 0 34 6 14-4 18-18 14-40 6-76 6-116 0-14 4-24 0-18-14-4-10-4-20 0-34z"/>` +
			`<path fill="A" d="M26 74c-8-18 2-26 20-20 36-8 72-8 108 0 18-6 28 2 20 20 5 16 5 32 0 46 8 18-2 24-20 19-36 8-72 8-108 0-18 5-28-1-20-19-5-14-5-30 0-46z"/>` +
			`<path fill="none" stroke="L" stroke-width="5" stroke-linecap="round" opacity=".7" d="M48 76c14 8 22 6 30-2m50 44c-8-8-16-8-26 0m-30 2c8-10 20-14 34-10"/><path fill="C" d="m150 48 18-10-6 22z"/>`
	case "bedding":
		return `<path fill="D" d="M30 60c0-14 8-20 20-20h100c12 0 20 6 20 20v60H30z"/><rect fill="L" x="42" y="66" width="52" height="30" rx="12"/><rect fill="L" x="106" y="66" width="52" height="30" rx="12"/>` +
			`<path fill="A" d="M20 108c30-16 130-16 160 0v46H20z"/><path fill="L" opacity=".5" d="M20 108c30-16 130-16 160 0v13c-30-15-130-15-160 0z"/>` +
			`<path fill="none" stroke="C" stroke-width="5" d="M48 120v34m26-38v38m26-39v39m26-38v38m26-34v34"/><path fill="K" opacity=".65" d="M22 154h16v18H22zm140 0h16v18h-16z"/>`
	case "plant":
		return `<g fill="A"><path d="M98 120C60 118 34 92 36 56c36 2 62 28 62 64z"/><path d="M102 112c-8-36 8-68 42-84 14 36-2 68-42 84z"/><path d="M104 124c12-30 38-42 70-34-10 30-36 44-70 34z"/></g>` +
			`<path fill="D" d="M98 112C78 100 54 80 36 56c28 12 50 30 62 56zm4-4c8-28 22-54 42-80-10 36-22 60-42 80zm2 14c20-14 42-24 70-32-20 18-44 30-70 32z"/>` +
			`<path fill="none" stroke="D" stroke-width="5" d="M100 128v-24"/><path fill="C" d="M60 126h80l-10 46H70z"/><path fill="K" opacity=".14" d="M108 126h32l-10 46h-22z"/><rect fill="C" x="54" y="116" width="92" height="16" rx="4"/>`
	case "wateringcan":
		return `<path fill="none" stroke="D" stroke-width="10" d="M132 84c52-22 60 60 8 66"/><path fill="none" stroke="A" stroke-width="13" d="M66 146C46 140 42 104 22 74"/><path fill="D" d="m6 78 28-20 6 12-22 18z"/>` +
			`<path fill="A" d="M58 82h84l8 90H50z"/><path fill="D" d="M58 82h84l2 16H56z"/><path fill="none" stroke="D" stroke-width="9" d="M74 82c0-40 52-40 52 0"/><path fill="L" opacity=".35" d="M64 104h14l-4 68H58z"/>` +
			`<g fill="C"><path d="M12 100c8 10 8 18 0 18s-8-8 0-18zM28 120c8 10 8 18 0 18s-8-8 0-18z"/></g>`
	case "cup":
		return `<path fill="none" stroke="D" stroke-width="11" d="M140 92c38-10 40 44-4 46"/><path fill="A" d="M44 76h100v44c0 30-20 46-50 46s-50-16-50-46z"/>` +
			`<ellipse fill="D" cx="94" cy="76" rx="50" ry="11"/><ellipse fill="K" opacity=".6" cx="94" cy="77" rx="41" ry="7"/><ellipse fill="C" cx="94" cy="168" rx="66" ry="7"/>` +
			`<path fill="none" stroke="L" stroke-width="6" stroke-linecap="round" d="M78 54c-9-9 9-14 0-26m32 26c-9-9 9-14 0-26"/><path fill="L" opacity=".4" d="M54 92h10v34c0 8 2 14 6 20-12-6-16-14-16-26z"/>`
	default:
		return ""
	}
}

// foodGlyph draws what is eaten and drunk.
func foodGlyph(name string) string {
	switch name {
	case "beans":
		return `<path fill="A" d="M52 52h96l8 108c0 8-4 12-10 12H54c-6 0-10-4-10-12z"/><path fill="D" d="M52 34h96v22H52z"/><path fill="K" opacity=".12" d="M130 56h18l8 104c0 8-4 12-10 12h-12z"/>` +
			`<rect fill="L" x="66" y="76" width="68" height="68" rx="6"/><g fill="C"><ellipse cx="90" cy="112" rx="13" ry="19" transform="rotate(-24 90 112)"/><ellipse cx="116" cy="108" rx="12" ry="18" transform="rotate(28 116 108)"/></g>` +
			`<path fill="none" stroke="L" stroke-width="3.5" d="M84 97c8 10-2 18 12 31m26-36c-8 8 2 18-12 32"/>`
	case "grinder":
		return `<path fill="none" stroke="D" stroke-width="9" stroke-linecap="round" d="M100 50V30h58"/><circle fill="C" cx="162" cy="28" r="12"/>` +
			`<path fill="L" opacity=".75" d="M66 62h68l-6 44H72z"/><path fill="K" opacity=".55" d="m70 84 60-4-3 26H73z"/><path fill="D" d="M60 48h80v16H60z"/><path fill="A" d="M68 106h64v58c0 6-4 8-8 8H76c-4 0-8-2-8-8z"/><rect fill="C" x="68" y="122" width="64" height="9"/><path fill="L" opacity=".3" d="M76 132h10v40H76z"/>`
	case "kettle":
		return `<path fill="none" stroke="A" stroke-width="9" stroke-linecap="round" d="M66 150C34 150 48 92 32 78c-8-8-16-2-20 4"/><path fill="none" stroke="K" stroke-width="11" stroke-linecap="round" d="M134 74c50-6 46 30 44 60"/>` +
			`<path fill="A" d="M72 72h56l18 92c1 5-2 8-6 8H60c-4 0-7-3-6-8z"/><path fill="D" d="M70 72c2-12 14-16 30-16s28 4 30 16z"/><circle fill="C" cx="100" cy="48" r="9"/>` +
			`<path fill="L" opacity=".45" d="M78 84h12l-8 80H66z"/><rect fill="D" x="52" y="164" width="96" height="8" rx="4"/>`
	case "nuts":
		return `<path fill="A" d="M24 112h152c0 38-28 60-76 60s-76-22-76-60z"/><path fill="D" d="M20 104h160v14H20z"/>` +
			`<g fill="C"><path d="M46 104c-2-22 12-34 24-34s24 14 20 34zm66 0c-4-22 10-32 22-32s24 12 20 32z"/><path d="M82 100c-6-22 4-40 18-42 16 2 22 20 18 42z"/></g>` +
			`<path fill="none" stroke="L" stroke-width="4" stroke-linecap="round" d="M68 76c-4 8-4 16-2 24m34-36c-6 12-6 22-2 34m36-20c-4 8-6 14-4 22"/><g fill="L"><circle cx="62" cy="140" r="6"/><circle cx="100" cy="146" r="6"/><circle cx="138" cy="140" r="6"/></g>`
	case "biscuit":
		return `<ellipse fill="L" cx="100" cy="158" rx="84" ry="14"/><circle fill="D" cx="72" cy="118" r="42"/><circle fill="A" cx="68" cy="114" r="42"/><circle fill="D" cx="128" cy="106" r="46"/>` +
			`<path fill="A" d="M124 56a46 46 0 1 0 42 60c-10 4-18-2-18-10-12 2-18-8-14-18-10-4-14-18-10-32z"/>` +
			`<g fill="K" opacity=".65"><circle cx="104" cy="84" r="7"/><circle cx="98" cy="118" r="6"/><circle cx="128" cy="128" r="7"/><circle cx="50" cy="108" r="6"/><circle cx="64" cy="134" r="6"/></g><g fill="C"><circle cx="158" cy="76" r="5"/><circle cx="148" cy="58" r="4"/></g>`
	case "jar":
		return `<path fill="A" d="M54 74c0-6 4-10 8-12h76c4 2 8 6 8 12v88c0 6-4 10-10 10H64c-6 0-10-4-10-10z"/><rect fill="D" x="58" y="36" width="84" height="26" rx="5"/>` +
			`<rect fill="L" x="54" y="90" width="92" height="58"/><path fill="C" d="M74 128c22 8 40-2 50-30 8 24-8 46-32 44-8 0-16-6-18-14z"/><path fill="none" stroke="K" stroke-width="4" stroke-linecap="round" d="M124 98c0-6 4-8 8-8"/><path fill="L" opacity=".4" d="M62 70h10v18H62z"/>`
	case "noodles":
		return `<path fill="none" stroke="C" stroke-width="7" stroke-linecap="round" d="m40 26 88 74M72 14l64 84"/>` +
			`<path fill="none" stroke="L" stroke-width="8" stroke-linecap="round" d="M44 98c8-20 24-20 32 0s22 20 30 0 22-20 30 0 18 12 22 0M56 94c10-28 30-28 40 0s30 26 44-2"/>` +
			`<path fill="A" d="M20 98h160c0 42-26 66-52 70H72c-26-4-52-28-52-70z"/><path fill="D" d="M66 164h68v8H66z"/><path fill="none" stroke="L" stroke-width="5" d="m30 124 12-10 12 10 12-10 12 10 12-10 12 10 12-10 12 10 12-10 12 10 12-10 12 10" opacity=".7"/>`
	case "sack":
		return `<path fill="A" d="M56 66c-16 30-20 70-10 106h108c10-36 6-76-10-106z"/><path fill="D" d="M58 38c-4-10 8-14 14-6 6-10 18-10 24-2 8-8 20-8 24 2 8-6 22-4 20 8l-8 24H66z"/><rect fill="C" x="58" y="60" width="84" height="11" rx="5"/>` +
			`<path fill="none" stroke="L" stroke-width="5" stroke-linecap="round" d="M100 154V98"/><g fill="L"><path d="M98 108c-16-2-20-10-20-18 14 0 20 8 20 18zm4 0c16-2 20-10 20-18-14 0-20 8-20 18zm-4 22c-16-2-20-10-20-18 14 0 20 8 20 18zm4 0c16-2 20-10 20-18-14 0-20 8-20 18z"/><path d="M100 94c-8-8-8-16 0-22 8 6 8 14 0 22z"/></g>`
	case "loaf":
		return `<path fill="C" d="M28 96c-14-22 6-46 32-40 12-16 34-18 46-4 14-10 36-4 40 10 24-2 36 20 24 38z"/><path fill="K" opacity=".13" d="M60 62c-6 10-4 22 2 34h16c-8-12-12-24-18-34zm46-6c-6 12-4 26 2 40h16c-8-14-12-26-18-40z"/>` +
			`<path fill="A" d="M22 94h156l-12 68c-1 6-4 10-10 10H44c-6 0-9-4-10-10z"/><path fill="D" d="M16 88h168v14H16z"/><path fill="L" opacity=".3" d="M36 106h14l10 66H46z"/>`
	case "cake":
		return `<path fill="C" d="M30 164h140v8H30z"/><path fill="A" d="M40 104h120v60H40z"/><path fill="L" d="M40 104c0-20 24-28 60-28s60 8 60 28v14c-8 12-20 12-24 0-6 16-20 16-26 0-6 16-20 16-26 0-6 14-18 12-22 0-4 8-16 10-22 0z"/><rect fill="D" x="95" y="46" width="10" height="32"/><path fill="C" d="M100 22c12 14 8 24 0 24s-12-10 0-24z"/>`
	default:
		return ""
	}
}
