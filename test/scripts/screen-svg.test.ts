import {describe, expect, test} from 'vitest';
import {type Cell, type CellStyle, screenSvg} from '../../scripts/screen-svg.ts';

const plain: CellStyle = {bold: false, dim: false, reverse: false};

function cells(text: string, style: Partial<CellStyle> = {}): Cell[] {
	return [...text].map((sign) => ({sign, style: {...plain, ...style}}));
}

/** The document's inside, without its head and its foot. */
function inside(...rows: Cell[][]): string[] {
	return screenSvg(rows, {title: 'a screen'})
		.split('\n')
		.filter((line) => /^<(?:text|path|rect x="\d+(?:\.\d+)?" y="\d+" )/.test(line) && !line.includes('rx='));
}

describe('a screen as SVG', () => {
	test('has the size of its cells and a title', () => {
		const [head = '', title] = screenSvg([cells('ab'), cells('cd')], {title: 'a < b & c'}).split('\n');
		expect(head).toContain('viewBox="0 0 44.86 64" width="44.86" height="64"');
		expect(title).toBe('<title>a &lt; b &amp; c</title>');
	});

	test('puts each group of words at its own column, as wide as its cells', () => {
		expect(inside(cells('no word   <end>'))).toEqual([
			'<text y="13.2">' +
				'<tspan x="0" textLength="59.01" lengthAdjust="spacingAndGlyphs">no word</tspan>' +
				'<tspan x="84.3" textLength="42.15" lengthAdjust="spacingAndGlyphs">&lt;end&gt;</tspan>' +
				'</text>',
		]);
	});

	test('shows colour, weight and dimness of each run', () => {
		expect(inside([...cells('ok', {foreground: 2, bold: true}), ...cells('no', {dim: true})])).toEqual([
			'<text y="13.2">' +
				'<tspan x="0" textLength="16.86" lengthAdjust="spacingAndGlyphs" fill="#56d364" font-weight="bold">ok</tspan>' +
				'<tspan x="16.86" textLength="16.86" lengthAdjust="spacingAndGlyphs" fill-opacity="0.64">no</tspan>' +
				'</text>',
		]);
	});

	test.each([
		[16, '#000000'],
		[34, '#00af00'],
		[172, '#d78700'],
		[231, '#ffffff'],
		[232, '#080808'],
		[245, '#8a8a8a'],
		[255, '#eeeeee'],
	])("draws colour %d as xterm's %s", (foreground, color) => {
		expect(inside(cells('x', {foreground})).join('')).toContain(`fill="${color}"`);
	});

	test('swaps colours where the terminal does', () => {
		expect(inside(cells('A', {foreground: 3, reverse: true}))).toEqual([
			'<rect x="0" y="0" width="8.43" height="18" fill="#e3b341"/>',
			'<text y="13.2"><tspan x="0" textLength="8.43" lengthAdjust="spacingAndGlyphs" fill="#0d1117">A</tspan></text>',
		]);
	});

	test('draws lines, charts, bars and braille as shapes, and no text for them', () => {
		expect(inside(cells('─└'), cells('▄█'), cells('█▌'), cells('⠁⢀'))).toEqual([
			'<path d="M4.22 9h-4.22M4.22 9h4.22M12.65 9v-9M12.65 9h4.22" stroke="#d5dce4" stroke-width="1.2" fill="none"/>',
			'<path d="M0 27h8.43v9h-8.43zM8.43 18h8.43v18h-8.43z" fill="#d5dce4" shape-rendering="crispEdges"/>',
			'<path d="M0 40h8.43v10h-8.43zM8.43 40h4.22v10h-4.22z" fill="#d5dce4" shape-rendering="crispEdges"/>',
			'<path d="M2.11 56.25h0M14.75 69.75h0" stroke="#d5dce4" stroke-width="2.8" stroke-linecap="round"/>',
		]);
	});

	test('draws a mark as a dashed line', () => {
		expect(inside(cells('┊'))).toEqual([
			'<path d="M4.22 1.13v2.25M4.22 5.63v2.25M4.22 10.13v2.25M4.22 14.63v2.25" stroke="#d5dce4" stroke-width="1.2" fill="none"/>',
		]);
	});

	test('gives a wide character the two columns that it takes', () => {
		const wide: Cell[] = [...cells('名'), {sign: '', style: plain}, ...cells('x')];
		expect(inside(wide)).toEqual([
			'<text y="13.2"><tspan x="0" textLength="25.29" lengthAdjust="spacingAndGlyphs">名x</tspan></text>',
		]);
	});
});
