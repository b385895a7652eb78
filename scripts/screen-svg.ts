/**
 * The screen of a terminal as an SVG picture: every cell at its place on an exact grid. Lines, bars and braille dots are
 * drawn as shapes, since fonts disagree about their size; everything else is text in whatever monospace font is there.
 */

export interface CellStyle {
	/** One of the 256 colours of xterm; absent: the default. */
	readonly foreground?: number;
	readonly background?: number;
	readonly bold: boolean;
	readonly dim: boolean;
	readonly reverse: boolean;
}

export interface Cell {
	/** '' in the second column of a wide character. */
	readonly sign: string;
	readonly style: CellStyle;
}

const cell = {width: 8.43, height: 18, baseline: 13.2} as const;
const padding = 14;
const fontSize = 14;
const page = {background: '#0d1117', foreground: '#d5dce4', border: '#30363d'} as const;
/** Sixteen colours, each with a contrast of at least 6 : 1 against the background (but black, which is for reverse). */
const palette = [
	...[page.background, '#ff7b72', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', page.foreground],
	...['#8b949e', '#ffa198', '#7ee787', '#f2cc60', '#a5d6ff', '#e2c5ff', '#8ae6ee', '#ffffff'],
] as const;
/** xterm's own: a cube of six steps a colour from 16 on, then 24 greys. The first sixteen are ours. */
function colorOf(index: number): string {
	if (index < 16) return palette[index] ?? page.foreground;
	const step = (value: number) => (value === 0 ? 0 : 55 + 40 * value);
	const cube = index - 16;
	const parts =
		index < 232
			? [step(Math.floor(cube / 36)), step(Math.floor(cube / 6) % 6), step(cube % 6)]
			: Array.from({length: 3}, () => 8 + 10 * (index - 232));
	return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** How much of the colour is left of dim text: 5.9 : 1 against the background. */
const dimOpacity = 0.64;

/** Cells beside each other that look the same. */
interface Run {
	readonly column: number;
	readonly cells: readonly Cell[];
	readonly style: CellStyle;
}

/** The picture as one SVG document. `title` says in words what is to be seen. */
export function screenSvg(rows: readonly (readonly Cell[])[], {title}: {readonly title: string}): string {
	const columns = Math.max(0, ...rows.map((row) => row.length));
	const width = round(columns * cell.width + 2 * padding);
	const height = rows.length * cell.height + 2 * padding;
	const runs = rows.map(runsOf);
	const shapes = runs.flatMap((row, place) => row.flatMap((run) => [...fills(run, place), ...shapesOf(run, place)]));
	const texts = runs.flatMap((row, place) => textLine(row, place));
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
		`<title>${escaped(title)}</title>`,
		`<rect x="0.5" y="0.5" width="${round(width - 1)}" height="${height - 1}" rx="8" fill="${page.background}" stroke="${page.border}"/>`,
		`<g transform="translate(${padding} ${padding})">`,
		...shapes,
		`<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace" font-size="${fontSize}" fill="${page.foreground}">`,
		...texts,
		'</g>',
		'</g>',
		'</svg>',
		'',
	].join('\n');
}

function runsOf(row: readonly Cell[]): Run[] {
	const runs: {column: number; cells: Cell[]; style: CellStyle}[] = [];
	for (const [column, next] of row.entries()) {
		const last = runs.at(-1);
		if (last !== undefined && sameStyle(last.style, next.style)) last.cells.push(next);
		else runs.push({column, cells: [next], style: next.style});
	}
	return runs;
}

function sameStyle(one: CellStyle, other: CellStyle): boolean {
	return (
		one.foreground === other.foreground &&
		one.background === other.background &&
		one.bold === other.bold &&
		one.dim === other.dim &&
		one.reverse === other.reverse
	);
}

function inkOf({foreground, background, reverse}: CellStyle): string {
	return reverse ? colorOf(background ?? 0) : colorOf(foreground ?? 7);
}

/** The background of a run, where it has one. */
function fills({column, cells, style}: Run, row: number): string[] {
	if (!style.reverse && style.background === undefined) return [];
	const color = style.reverse ? colorOf(style.foreground ?? 7) : colorOf(style.background ?? 0);
	return [
		`<rect x="${round(column * cell.width)}" y="${row * cell.height}" width="${round(cells.length * cell.width)}" height="${cell.height}" fill="${color}"/>`,
	];
}

/** One line of text: a `tspan` for each word group of each run, at its own column and of its own exact width. */
function textLine(runs: readonly Run[], row: number): string[] {
	const spans = runs.flatMap(({column, cells, style}) => {
		const text = cells.map(({sign}) => (isShape(sign) ? ' ' : sign)).join('');
		const attributes = `${inkOf(style) === page.foreground ? '' : ` fill="${inkOf(style)}"`}${style.bold ? ' font-weight="bold"' : ''}${style.dim ? ` fill-opacity="${dimOpacity}"` : ''}`;
		return [...text.matchAll(/\S+(?: \S+)*/g)].map(([words], index, all) => {
			const start = columnOf(cells, all[index]?.index ?? 0);
			const end = columnOf(cells, (all[index]?.index ?? 0) + words.length);
			return `<tspan x="${round((column + start) * cell.width)}" textLength="${round((end - start) * cell.width)}" lengthAdjust="spacingAndGlyphs"${attributes}>${escaped(words)}</tspan>`;
		});
	});
	return spans.length === 0 ? [] : [`<text y="${round(row * cell.height + cell.baseline)}">${spans.join('')}</text>`];
}

/** The column at which the character at `offset` of the cells' joined text begins. */
function columnOf(cells: readonly Cell[], offset: number): number {
	let seen = 0;
	for (const [column, {sign}] of cells.entries()) {
		if (seen >= offset && sign !== '') return column;
		seen += isShape(sign) ? 1 : sign.length;
	}
	return cells.length;
}

/** What is drawn, not written: box lines, blocks, braille. */
function isShape(sign: string): boolean {
	return /^[─│┊└┤┬▁-▏⠀-⣿]$/u.test(sign);
}

function shapesOf({column, cells, style}: Run, row: number): string[] {
	let lines = '';
	let blocks = '';
	let dots = '';
	const isBar = cells.some(({sign}) => /^[▉-▏·]$/u.test(sign));
	for (const [place, {sign}] of cells.entries()) {
		if (!isShape(sign)) continue;
		const x = (column + place) * cell.width;
		const y = row * cell.height;
		const code = sign.codePointAt(0) ?? 0;
		if (code >= 0x2800) dots += brailleDots(code, x, y);
		else if (code > 0x2588 || (isBar && code >= 0x2580)) blocks += barPart(code, x, y);
		else if (code >= 0x2580) blocks += columnPart(code, x, y);
		else lines += boxLines(sign, x, y);
	}
	const ink = inkOf(style);
	const opacity = style.dim ? ` opacity="${dimOpacity}"` : '';
	return [
		...(lines === '' ? [] : [`<path d="${lines}" stroke="${ink}" stroke-width="1.2" fill="none"${opacity}/>`]),
		...(blocks === '' ? [] : [`<path d="${blocks}" fill="${ink}" shape-rendering="crispEdges"${opacity}/>`]),
		...(dots === '' ? [] : [`<path d="${dots}" stroke="${ink}" stroke-width="2.8" stroke-linecap="round"${opacity}/>`]),
	];
}

/** Unicode numbers the dots of braille by column first, the lowest line last. */
const dotPlaces = [
	[0, 0],
	[0, 1],
	[0, 2],
	[1, 0],
	[1, 1],
	[1, 2],
	[0, 3],
	[1, 3],
] as const;

function brailleDots(code: number, x: number, y: number): string {
	return dotPlaces
		.filter((_, bit) => ((code - 0x2800) & (1 << bit)) !== 0)
		.map(([dx, dy]) => `M${round(x + (dx + 0.5) * (cell.width / 2))} ${round(y + (dy + 0.5) * (cell.height / 4))}h0`)
		.join('');
}

/** U+2581 to U+2588 grow from the foot in eighths: a chart, whose cells touch those above and below. */
function columnPart(code: number, x: number, y: number): string {
	const height = (cell.height * (code - 0x2580)) / 8;
	return rectangle(x, y + cell.height - height, cell.width, height);
}

/** U+2588 to U+258F shrink towards the left in eighths: a bar that lies in its line, with air above and below. */
function barPart(code: number, x: number, y: number): string {
	return rectangle(x, y + 4, (cell.width * (0x2590 - code)) / 8, cell.height - 8);
}

function rectangle(x: number, y: number, width: number, height: number): string {
	return `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${-round(width)}z`;
}

const arms: Readonly<Record<string, string>> = {'─': 'we', '│': 'ns', '└': 'ne', '┤': 'nsw', '┬': 'wes'};

function boxLines(sign: string, x: number, y: number): string {
	if (sign === '┊') return dashes(x + cell.width / 2, y);
	const middle = `M${round(x + cell.width / 2)} ${round(y + cell.height / 2)}`;
	const ends: Readonly<Record<string, string>> = {
		n: `v${-cell.height / 2}`,
		s: `v${cell.height / 2}`,
		w: `h${-round(cell.width / 2)}`,
		e: `h${round(cell.width / 2)}`,
	};
	return [...(arms[sign] ?? '')].map((arm) => `${middle}${ends[arm]}`).join('');
}

/** Four dashes from the top of a cell to its foot. */
function dashes(x: number, y: number): string {
	const step = cell.height / 4;
	return [0, 1, 2, 3].map((place) => `M${round(x)} ${round(y + (place + 0.25) * step)}v${round(step / 2)}`).join('');
}

function round(value: number): number {
	return Math.round(value * 100) / 100;
}

function escaped(text: string): string {
	return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
