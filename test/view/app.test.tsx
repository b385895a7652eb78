import {render} from 'ink-testing-library';
import {expect, test} from 'vitest';
import {App} from '../../source/view/app.tsx';
import {symbolsOf} from '../../source/view/symbols.ts';
import {themeOf} from '../../source/view/theme.ts';
import {initialUi} from '../../source/view/ui-state.ts';
import {scenes} from './scenes.ts';

const theme = themeOf('dark', {colors: 'sixteen', symbols: symbolsOf('braille')});
const withoutColour = themeOf('dark', {colors: 'none', symbols: symbolsOf('braille')});
const size = {columns: 100, rows: 24};

test('the app draws one line of text for each line of the screen', () => {
	const view = render(<App snapshot={scenes.full} size={size} ui={initialUi} theme={theme} />);
	const lines = view.lastFrame()?.split('\n') ?? [];
	expect(lines).toHaveLength(24);
	expect(lines[0]).toContain('Qwen3-30B-A3B-Instruct-2507-FP8');
	expect(lines.at(-1)).toContain('Quit');
	view.unmount();
});

test('verdicts, states and failures have a colour and a word: without colour every word is still there', () => {
	const coloured = render(<App snapshot={scenes.failing} size={size} ui={initialUi} theme={theme} />);
	const plain = render(<App snapshot={scenes.failing} size={size} ui={initialUi} theme={withoutColour} />);
	const bare = (frame: string | undefined) => frame?.replace(/\u001b\[[\d;]*m/g, '').replace(/ +$/gm, '');
	expect(coloured.lastFrame()).toContain('\u001b[33mnot honoured');
	expect(plain.lastFrame()).not.toMatch(/\u001b\[(?:3|4|9|10)\d/);
	expect(bare(coloured.lastFrame())).toBe(bare(plain.lastFrame()));
	coloured.unmount();
	plain.unmount();
});

test('a snapshot that cannot be read is one line, not a crash', () => {
	const broken = {
		...scenes.full,
		get finished(): never {
			throw new Error('no levels here');
		},
	};
	const view = render(<App snapshot={broken} size={size} ui={initialUi} theme={theme} />);
	expect(view.lastFrame()).toContain('failed (no levels here); the run goes on');
	view.unmount();
});
