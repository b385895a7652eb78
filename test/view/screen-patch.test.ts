import {Terminal} from '@xterm/headless';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {fitLine, type Line, type Style, span} from '../../source/view/line.ts';
import {screenLines} from '../../source/view/screen.ts';
import {patch} from '../../source/view/screen-patch.ts';
import {symbolsOf} from '../../source/view/symbols.ts';
import {themeNames, themeOf} from '../../source/view/theme.ts';
import {initialUi} from '../../source/view/ui-state.ts';
import {scenes} from './scenes.ts';

const theme = themeOf('dark', {colors: '256', symbols: symbolsOf('braille')});

/** Every cell of a terminal of this size after these writes: sign, colours, weight. */
async function cellsAfter(size: {columns: number; rows: number}, writes: readonly string[]): Promise<string[]> {
	const terminal = new Terminal({cols: size.columns, rows: size.rows, allowProposedApi: true});
	for (const text of writes) await new Promise<void>((resolve) => terminal.write(text, resolve));
	const cells: string[] = [];
	for (let row = 0; row < size.rows; row++) {
		const line = terminal.buffer.active.getLine(row);
		for (let column = 0; column < size.columns; column++) {
			const cell = line?.getCell(column);
			const looks = [cell?.getFgColor(), cell?.getBgColor(), cell?.isBold(), cell?.isInverse(), cell?.isUnderline()];
			// A cell that was never written and one with a blank in it look the same.
			cells.push(`${cell?.getChars() || ' '} ${looks.join(',')}`);
		}
	}
	terminal.dispose();
	return cells;
}

const style = fc.constantFrom<Style | undefined>(undefined, 'strong', 'good', 'bad', 'accent', 'selected', 'chip-warn');
const text = fc.oneof(
	fc.string({maxLength: 8, unit: fc.constantFrom(...'abc 012▁▅█⡠─·')}),
	fc.constantFrom('模型', '🙂', 'é'),
);
const size = {columns: 40, rows: 4};
const line = fc
	.array(
		fc.tuple(text, style).map(([text, style]) => span(text, style)),
		{maxLength: 8},
	)
	.map((spans) => fitLine(spans, size.columns));
const lines = fc.array(line, {minLength: size.rows, maxLength: size.rows});

describe('A patch of the screen', () => {
	test('leaves the terminal as if the second picture had been drawn alone', async () => {
		await fc.assert(
			fc.asyncProperty(lines, lines, async (before, after) => {
				const patched = await cellsAfter(size, [patch([], before, theme), patch(before, after, theme)]);
				expect(patched).toEqual(await cellsAfter(size, [patch([], after, theme)]));
			}),
			{numRuns: 60},
		);
	});

	test('is empty when nothing has changed', () => {
		fc.assert(
			fc.property(lines, (same) => {
				expect(patch(same, structuredClone(same), theme)).toBe('');
			}),
		);
	});

	test('of one figure is a few bytes', () => {
		const at = (figure: string): Line[] => [fitLine([span(' tok/s '), span(figure, 'strong'), span(' now')], 80)];
		expect(patch(at('1,511'), at('1,512'), theme)).toBe('\u001b[?2026h\u001b[1;12H\u001b[1m2\u001b[22m\u001b[?2026l');
	});

	test('leads from each scene to each other one, in every theme', async () => {
		const screen = {columns: 80, rows: 24};
		const drawn = Object.values(scenes).map((scene) =>
			screenLines(scene, {size: screen, ui: initialUi, symbols: theme.symbols}),
		);
		for (const name of themeNames) {
			const look = themeOf(name, {colors: 'sixteen', symbols: theme.symbols});
			const writes = drawn.map((lines, place) => patch(place === 0 ? [] : (drawn[place - 1] ?? []), lines, look));
			const last = drawn.at(-1) ?? [];
			expect(await cellsAfter(screen, writes)).toEqual(await cellsAfter(screen, [patch([], last, look)]));
		}
	});
});
