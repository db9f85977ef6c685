package web

// outdoorGlyph draws what goes up hills and along roads.
func outdoorGlyph(name string) string {
	switch name {
	case "tent":
		return `<path fill="D" d="M100 44 188 172H100z"/><path fill="A" d="M100 44 12 172h120z"/><path fill="K" opacity=".6" d="M88 92 60 172h56z"/><path fill="C" d="m88 92-28 80h18z"/><path fill="L" d="m88 92 14 50 14 30h-6z"/>` +
			`<path fill="none" stroke="K" stroke-width="4" stroke-linecap="round" d="m100 44-6-12m6 12 8-12M12 172l-8 4m184-4 8 4"/>`
	case "sleepingbag":
		return `<g transform="rotate(-16 100 110)"><path fill="A" d="M30 78h140c18 0 26 14 26 34s-8 34-26 34H30z"/><path fill="none" stroke="D" stroke-width="4" d="M70 80v64m32-64v64m32-64v64"/><circle fill="D" cx="34" cy="112" r="34"/><circle fill="L" cx="34" cy="112" r="25"/>` +
			`<path fill="none" stroke="C" stroke-width="6" stroke-linecap="round" d="M34 112c0-8 12-6 12 2s-12 14-20 6-4-24 10-24"/><rect fill="C" x="112" y="76" width="10" height="72"/><rect fill="C" x="150" y="76" width="10" height="72"/></g>`
	case "lantern":
		return `<path fill="none" stroke="D" stroke-width="7" d="M66 66c-6-56 74-56 68 0"/><path fill="D" d="M72 56h56l8 18H64zM62 152h76l6 20H56z"/><path fill="L" opacity=".85" d="M68 74h64c8 26 8 52 0 78H68c-8-26-8-52 0-78z"/>` +
			`<path fill="C" d="M100 86c22 26 20 48 0 54-20-6-22-28 0-54z"/><path fill="L" d="M100 112c9 10 8 20 0 24-8-4-9-14 0-24z"/><path fill="none" stroke="A" stroke-width="6" d="M68 74c-8 26-8 52 0 78m64-78c8 26 8 52 0 78"/><rect fill="A" x="86" y="40" width="28" height="18" rx="5"/>`
	case "backpack":
		return `<path fill="none" stroke="D" stroke-width="9" d="M82 46c0-28 36-28 36 0"/><path fill="D" d="M36 104h20v50H44c-6 0-8-4-8-8zm108 0h20v42c0 4-2 8-8 8h-12z"/>` +
			`<path fill="A" d="M50 84c0-30 18-46 50-46s50 16 50 46v74c0 8-6 14-14 14H64c-8 0-14-6-14-14z"/><path fill="D" d="M50 84c0-30 18-46 50-46s50 16 50 46c-10 12-26 16-50 16s-40-4-50-16z"/>` +
			`<rect fill="C" x="66" y="116" width="68" height="42" rx="8"/><path fill="L" d="M92 92h16v22H92z"/><path stroke="L" stroke-width="4" d="M76 128h48"/>`
	case "poles":
		return `<path fill="A" d="m18 172 56-96 30 46 18-26 60 76z"/><path fill="L" d="m74 76 20 32-12 8-10-10-12 8-4-6z"/><path fill="D" d="m74 76 30 46-16 50H62z" opacity=".5"/>` +
			`<g stroke-linecap="round"><path stroke="C" stroke-width="6" d="m120 172 22-130m16 130L180 50"/><path stroke="K" stroke-width="11" d="m141 48 4-20m34 28 4-20"/></g><path fill="none" stroke="K" stroke-width="4" d="M112 162h18m20 0h18"/>`
	case "jacket":
		return `<path fill="D" d="m58 62-36 76 26 14 22-46zm84 0 36 76-26 14-22-46z"/><path fill="A" d="M58 58c14-8 70-8 84 0 6 34 6 80 4 114H54c-2-34-2-80 4-114z"/>` +
			`<path fill="D" d="M68 58c-4-30 14-42 32-42s36 12 32 42c-16 16-48 16-64 0z"/><path fill="K" opacity=".5" d="M80 54c-2-18 8-26 20-26s22 8 20 26c-10 8-30 8-40 0z"/><path stroke="L" stroke-width="5" d="M100 66v106"/><path fill="none" stroke="C" stroke-width="6" stroke-linecap="round" d="m68 124 14 20m50-20-14 20"/>`
	case "helmet":
		return `<path fill="A" d="M18 124c0-54 38-80 86-80 46 0 78 30 78 76-30 16-124 20-164 4z"/><path fill="D" d="M18 124c40 16 134 12 164-4 2 10 0 16-4 20-40 14-110 16-156 4-4-4-5-12-4-20z"/>` +
			`<g fill="K" opacity=".5"><path d="M52 104c4-24 18-36 36-40-10 12-14 24-14 42zM96 106c0-22 6-34 16-44 6 12 8 26 4 44zM138 102c4-14 2-26-4-36 16 8 26 20 26 30z"/></g>` +
			`<path fill="none" stroke="K" stroke-width="6" d="M58 146c8 22 26 26 44 26m38-28c-8 20-22 28-38 28"/><rect fill="C" x="92" y="164" width="22" height="12" rx="5"/>`
	case "pannier":
		return `<circle fill="none" stroke="K" stroke-width="7" cx="100" cy="132" r="46" opacity=".75"/><g stroke="K" stroke-width="2.5" opacity=".5"><path d="M100 86v92m-46-46h92M67 99l66 66m0-66-66 66"/></g><path stroke="K" stroke-width="8" stroke-linecap="round" d="M36 72h128"/>` +
			`<path fill="A" d="M52 84h96l8 66c0 8-4 12-10 12H54c-6 0-10-4-10-12z"/><path fill="D" d="M50 60h100l2 38c-30 12-74 12-104 0z"/><path fill="C" d="M66 70h11v46H66zm57 0h11v46h-11z"/><path fill="L" d="M64 136h72v8H64z"/>`
	default:
		return ""
	}
}

// wearGlyph draws what is worn and what carries.
func wearGlyph(name string) string {
	switch name {
	case "runner":
		return `<path fill="A" d="M22 92c0-16 10-28 20-30 10 12 26 12 38-2l50 40c16 10 44 8 52 32v14H22z"/><path fill="D" d="M22 92c0-16 10-28 20-30 8 10 18 12 28 6 4 16-4 36-24 40-10 2-20-6-24-16z"/>` +
			`<path fill="L" d="M16 140h172c2 16-4 26-18 26H40c-16 0-24-10-24-26z"/><path fill="C" d="M16 152h172c-1 8-6 14-18 14H40c-14 0-22-4-24-14z"/><path fill="none" stroke="L" stroke-width="6" stroke-linecap="round" d="m82 88 12-10m4 22 12-10m6 20 12-8"/><path fill="C" d="M52 132c24 0 50-8 66-24l12 8c-16 12-40 20-78 16z"/>`
	case "shoe":
		return `<path fill="A" d="M24 72c12 10 42 8 56-4 14 26 34 38 64 44 22 4 36 14 38 38H24z"/><path fill="D" d="M24 72c12 10 42 8 56-4 4 8 8 14 12 18-20 20-50 22-68 10z"/><path fill="C" d="M74 96c18-4 34-4 46 6l-6 20c-16-2-32-8-40-26z"/>` +
			`<path fill="K" d="M20 148h164v10c0 6-4 8-8 8H84l-6 6H28c-6 0-8-4-8-8z"/><path fill="L" opacity=".4" d="M146 120c14 4 22 10 26 18-14-2-24-8-26-18z"/>`
	case "boot":
		return `<path fill="A" d="M54 26h66v72c22 12 58 10 62 50H46c4-44 12-80 8-122z"/><path fill="D" d="M88 26h20l-4 72c-4 4-10 4-14 0z"/><path fill="C" d="M50 20h72v12H50zM40 36c0-8 10-8 12-2v24c-6 2-10-2-12-6z"/>` +
			`<path fill="K" d="M42 146h142v12c0 4-2 8-8 8h-66l-4 8H48c-4 0-6-4-6-8z"/><path fill="L" opacity=".4" d="M146 112c16 4 24 12 26 22-16-2-26-10-26-22z"/>`
	case "maryjane":
		return `<path fill="A" d="M20 96c8-18 24-20 40-8 6 22 30 32 52 20 10-6 18-8 28-4 24 8 42 22 44 46H20z"/><path fill="none" stroke="D" stroke-width="10" d="M64 92c10-14 32-14 44 14"/><circle fill="C" cx="104" cy="102" r="9"/>` +
			`<path fill="K" d="M16 148h170v8c0 6-4 8-8 8H72l-4 8H22c-4 0-6-4-6-8z"/><path fill="L" opacity=".4" d="M146 114c14 4 20 10 24 18-14-2-22-8-24-18z"/>`
	case "tote":
		return `<path fill="none" stroke="D" stroke-width="9" d="M70 84c-4-76 64-76 60 0"/><path fill="A" d="M38 80h124l10 84c0 6-4 8-8 8H36c-4 0-8-2-8-8z"/><path fill="K" opacity=".1" d="M136 80h26l10 84c0 6-4 8-8 8h-26z"/>` +
			`<circle fill="C" cx="98" cy="124" r="24"/><path fill="L" d="M80 130c6-18 30-18 36 0-10 8-26 8-36 0z"/><path stroke="L" stroke-width="4" stroke-dasharray="7 6" d="M40 92h120"/>`
	case "sweater":
		return `<path fill="D" d="m56 50-38 92 28 14 28-62zm88 0 38 92-28 14-28-62z"/><path fill="A" d="M56 48c14 8 74 8 88 0l4 116H52z"/><path fill="D" d="M74 42c8 22 44 22 52 0l12 4c-8 38-68 38-76 0z"/>` +
			`<g fill="none" stroke="L" stroke-width="6"><path d="m54 104 12-12 11 12 12-12 11 12 11-12 12 12 11-12 12 12"/><path stroke="C" d="m54 122 12-12 11 12 12-12 11 12 11-12 12 12 11-12 12 12"/></g><path fill="D" d="M52 158h96v14H52z"/><path fill="C" d="m17 140 30 14-5 12-30-14zm166 0-30 14 5 12 30-14z"/>`
	case "socks":
		return `<g transform="translate(14 0)"><path fill="D" d="M84 26h50v82l36 34c12 14 2 32-16 30-14-2-70-20-70-44z"/><path fill="L" d="M84 26h50v16H84z"/></g>` +
			`<path fill="A" d="M36 26h50v82l38 34c12 14 2 32-16 30-16-2-72-20-72-44z"/><path fill="L" d="M36 26h50v16H36z"/><path fill="C" d="M36 56h50v10H36zm0 22h50v10H36z"/><path fill="C" d="M36 112c18 0 26 12 20 34-12-6-20-12-20-22zm88 30c12 14 2 32-16 30-6 0-10-2-14-4 2-14 10-24 24-32z"/>`
	case "scarf":
		return `<path fill="A" d="M48 36c30-14 74-14 104 0 8 20-4 38-20 44H68c-16-6-28-24-20-44z"/><path fill="D" d="M60 60c24 14 56 14 80 0 4 16-6 28-22 32H82c-16-4-26-16-22-32z"/><path fill="A" d="M98 82h40l10 80h-44z"/><path fill="C" d="M101 104h40l2 14h-41zm3 30h41l2 14h-42z"/><path stroke="D" stroke-width="5" d="M108 162v14m12-14v14m12-14v14m12-14v14"/>`
	default:
		return ""
	}
}

// petGlyph draws pets and what they own.
func petGlyph(name string) string {
	switch name {
	case "cat":
		return `<path fill="none" stroke="A" stroke-width="16" stroke-linecap="round" d="M138 160c50 6 48-48 26-56"/><path fill="A" d="M58 172c-8-50 14-78 44-78s50 34 44 78z"/>` +
			`<path fill="A" d="m56 34 24 16c12-4 28-4 40 0l24-16 2 44c0 24-20 38-46 38s-46-14-46-38z"/><path fill="C" d="m62 46 12 8-11 10zm76 0-12 8 11 10z"/><path fill="L" d="M84 172c-6-30 0-48 18-48s24 18 18 48z"/>` +
			`<g fill="K"><ellipse cx="82" cy="78" rx="5" ry="7"/><ellipse cx="118" cy="78" rx="5" ry="7"/><path d="M95 90h10l-5 6z"/></g><path fill="none" stroke="K" stroke-width="3" stroke-linecap="round" d="M92 100c4 4 8 2 8-3 0 5 4 7 8 3M48 86l20 2m-18 12 20-4m82-10-20 2m18 12-20-4"/><path fill="D" d="M94 48h12l-6 16zm-16 5 9 2 1 11zm44 0-9 2-1 11z"/>`
	case "scratcher":
		return `<rect fill="D" x="40" y="156" width="120" height="16" rx="6"/><rect fill="C" x="84" y="62" width="32" height="96"/><path stroke="L" stroke-width="3" opacity=".7" d="m84 78 32-8m-32 20 32-8m-32 20 32-8m-32 20 32-8m-32 20 32-8m-32 20 32-8m-32 20 32-8"/>` +
			`<rect fill="A" x="48" y="50" width="104" height="18" rx="9"/><path fill="A" d="m76 22 12 8c8-2 16-2 24 0l12-8 2 26c-6 8-46 8-52 0z"/><g fill="L"><circle cx="91" cy="40" r="3"/><circle cx="109" cy="40" r="3"/></g><path stroke="K" stroke-width="2" d="M148 68v26"/><circle fill="D" cx="148" cy="102" r="10"/>`
	case "litter":
		return `<path fill="A" d="M50 48h100l8 114c0 6-4 10-10 10H52c-6 0-10-4-10-10z"/><path fill="D" d="M50 30h100v24H50z"/><circle fill="L" cx="100" cy="114" r="38"/>` +
			`<g fill="C"><ellipse cx="100" cy="124" rx="17" ry="14"/><circle cx="80" cy="108" r="7"/><circle cx="93" cy="97" r="7"/><circle cx="108" cy="97" r="7"/><circle cx="121" cy="108" r="7"/></g><path fill="K" opacity=".1" d="M132 54h18l8 108c0 6-4 10-10 10h-12z"/>`
	case "fountain":
		return `<path fill="D" d="M30 128h140c0 28-14 44-36 44H66c-22 0-36-16-36-44z"/><ellipse fill="A" cx="100" cy="128" rx="72" ry="20"/><ellipse fill="L" cx="100" cy="128" rx="56" ry="13"/><path fill="A" d="M88 126V92h24v34c-8 4-16 4-24 0z"/><path fill="C" d="M76 92c0-10 48-10 48 0s-48 10-48 0z"/>` +
			`<path fill="none" stroke="L" stroke-width="8" stroke-linecap="round" d="M100 84c0-28-34-28-36 10v26m36-36c0-28 34-28 36 10v26"/><path fill="C" d="M100 26c12 16 10 28 0 28s-12-12 0-28z"/>`
	case "dog":
		return `<path fill="none" stroke="A" stroke-width="14" stroke-linecap="round" d="M148 130c24-6 32-22 28-38"/><path fill="A" d="M62 172c-6-44 10-66 40-66s54 24 48 66z"/><path fill="A" d="M56 58c4-26 22-36 44-36s40 10 44 36c4 34-12 62-44 62S52 92 56 58z"/>` +
			`<path fill="D" d="M60 36C36 34 28 62 40 92c14 0 22-24 24-46zm80 0c24-2 32 26 20 56-14 0-22-24-24-46z"/><path fill="L" d="M76 96c2-18 12-24 24-24s22 6 24 24-10 26-24 26-26-8-24-26z"/>` +
			`<g fill="K"><circle cx="80" cy="66" r="6"/><circle cx="120" cy="66" r="6"/><path d="M88 84c4-6 20-6 24 0 0 8-8 12-12 12s-12-4-12-12z"/></g><path fill="none" stroke="K" stroke-width="3" stroke-linecap="round" d="M88 106c6 6 12 2 12-8 0 10 6 14 12 8"/><path fill="C" d="M68 122c18 14 46 14 64 0l4 12c-20 16-52 16-72 0z"/><circle fill="L" cx="100" cy="142" r="8"/>`
	case "harness":
		return `<path fill="none" stroke="A" stroke-width="18" d="M58 62c0-32 84-32 84 0s-84 32-84 0z"/><path fill="A" d="M86 80h28l4 70H82z"/><path fill="none" stroke="D" stroke-width="16" d="M54 128c-14 60 106 60 92 0"/><path fill="none" stroke="D" stroke-width="12" d="m60 66-6 64m86-64 6 64"/><rect fill="C" x="82" y="100" width="36" height="26" rx="6"/><circle fill="none" stroke="L" stroke-width="6" cx="100" cy="90" r="9"/><path stroke="L" stroke-width="4" stroke-dasharray="6 5" d="M66 150c20 18 48 18 68 0" fill="none"/>`
	case "ball":
		return `<path fill="none" stroke="D" stroke-width="11" stroke-linecap="round" d="M134 84c20-12 14-32 34-44"/><path stroke="D" stroke-width="5" stroke-linecap="round" d="m168 40 12-14m-12 14 18-4"/><circle fill="A" cx="92" cy="116" r="56"/>` +
			`<path fill="C" d="M48 82c22 10 34 44 20 84-16-8-28-24-31-42 0-16 3-30 11-42zm88-2c-22 12-32 46-16 84 18-10 28-28 28-48 0-14-4-26-12-36z"/><path fill="L" opacity=".5" d="M76 72c10-6 22-8 32-4-8 4-18 8-26 18-6-2-8-8-6-14z"/>`
	case "bone":
		return `<g transform="rotate(-28 100 112)"><path fill="A" d="M52 92c-8-26-40-16-36 8-20 10-12 38 10 36 8 14 28 8 28-8h92c0 16 20 22 28 8 22 2 30-26 10-36 4-24-28-34-36-8z"/><path fill="D" opacity=".5" d="M54 116h92v12H54z"/><path fill="L" d="M60 98h60v6H60z" opacity=".6"/></g><path fill="none" stroke="C" stroke-width="6" stroke-linecap="round" d="M40 44c6 6 6 12 0 18m20-24c10 10 10 18 0 30"/>`
	case "disc":
		return `<g transform="rotate(-14 100 110)"><ellipse fill="D" cx="100" cy="120" rx="82" ry="34"/><ellipse fill="A" cx="100" cy="108" rx="82" ry="34"/><ellipse fill="C" cx="100" cy="106" rx="54" ry="20"/><ellipse fill="L" cx="100" cy="104" rx="30" ry="10"/></g><path fill="none" stroke="L" stroke-width="6" stroke-linecap="round" d="M20 164c20-4 34-6 50-4m-34-14c12-2 20-2 30 0"/>`
	default:
		return ""
	}
}
