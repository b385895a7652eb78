import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {StreamRow} from '../../source/snapshot.ts';
import type {UiCommand} from '../../source/view/commands.ts';
import {lineWidth} from '../../source/view/line.ts';
import {promptLine} from '../../source/view/prompt-line.ts';
import {streamRows} from '../../source/view/stream-order.ts';
import {type Ground, reduce} from '../../source/view/ui-commands.ts';
import {pasted, typed} from '../../source/view/ui-prompt.ts';
import {initialUi, type UiState} from '../../source/view/ui-state.ts';

/** Twenty streams, each third of which has failed; later ones are faster. */
const streams: readonly StreamRow[] = Array.from({length: 20}, (_, stream) => ({
	stream,
	state: stream % 3 === 2 ? 'failed' : 'decode',
	estimated: false,
	tokensPerSecond: stream,
}));

/** A table of five visible rows; help of 40 lines and a log of 30, ten of which are visible. */
const groundOf = (ui: UiState): Ground => ({
	rows: streamRows({streams}, ui),
	visible: 5,
	places: [],
	shown: -1,
	lines: ui.help ? {total: 40, visible: 10} : {total: 30, visible: 10},
});

function pressing(commands: readonly UiCommand[], from: Partial<UiState> = {}): UiState {
	return commands.reduce((ui, command) => reduce(ui, command, groundOf), {...initialUi, ...from});
}

/** The state after these keys while something is typed. */
function typing(keys: readonly string[], from: UiState): UiState {
	return keys.reduce((ui, key) => typed(ui, key, groundOf) ?? ui, from);
}

const place = ({top, selected}: UiState) => ({top, selected});

describe('moving in the table of streams', () => {
	test('the first press of an arrow shows the selection, the next ones move it, and the table follows', () => {
		expect(place(pressing(['down']))).toEqual({top: 0, selected: 0});
		expect(place(pressing(['down', 'down']))).toEqual({top: 0, selected: 1});
		expect(place(pressing(Array.from({length: 6}, () => 'down' as const)))).toEqual({top: 1, selected: 5});
		expect(place(pressing(['up']))).toEqual({top: 0, selected: 0});
	});

	test('pages move the table and the selection together, Home and End go to the ends', () => {
		expect(place(pressing(['down', 'page-down']))).toEqual({top: 4, selected: 4});
		expect(place(pressing(['down', 'down', 'page-down', 'page-down', 'page-up']))).toEqual({top: 4, selected: 5});
		expect(place(pressing(['bottom']))).toEqual({top: 15, selected: 19});
		expect(place(pressing(['bottom', 'page-down', 'down']))).toEqual({top: 15, selected: 19});
		expect(place(pressing(['bottom', 'top']))).toEqual({top: 0, selected: 0});
	});

	test('the wheel moves the table and not the selection', () => {
		expect(place(pressing(['down', 'scroll-down', 'scroll-down']))).toEqual({top: 6, selected: 0});
		expect(place(pressing(['down', 'scroll-down', 'scroll-up', 'scroll-up']))).toEqual({top: 0, selected: 0});
	});

	test('the selection follows its stream when the order changes, and stays in sight', () => {
		const selected = pressing(['down', 'down']);
		expect(place(reduce(selected, 'sort-rate', groundOf))).toEqual({top: 14, selected: 1});
		expect(place(pressing(['down', 'down', 'sort-rate', 'sort-invert']))).toEqual({top: 1, selected: 1});
	});

	test('whatever is pressed, the table is not scrolled past its ends and a move ends in sight', () => {
		const moves = ['up', 'down', 'page-up', 'page-down', 'top', 'bottom'] as const;
		const others = ['scroll-up', 'scroll-down', 'sort-next', 'sort-invert', 'detail', 'zoom', 'next-screen'] as const;
		fc.assert(
			fc.property(fc.array(fc.constantFrom<UiCommand>(...moves, ...others), {maxLength: 30}), (commands) => {
				const ui = pressing([...commands, 'down']);
				expect(ui.top).toBeGreaterThanOrEqual(0);
				expect(ui.top).toBeLessThanOrEqual(15);
				const row = groundOf(ui).rows.findIndex(({stream}) => stream === ui.selected);
				expect(row).toBeGreaterThanOrEqual(ui.top);
				expect(row).toBeLessThan(ui.top + 5);
			}),
		);
	});

	test('Enter opens the first row that is shown when none is selected', () => {
		expect(pressing(['scroll-down', 'detail'])).toMatchObject({detail: true, selected: 3});
		expect(pressing(['scroll-down', 'detail', 'detail'])).toMatchObject({detail: false, selected: 3});
	});
});

describe('choosing what is shown', () => {
	test('the sort goes from column to column and round, letters choose one', () => {
		expect(pressing(['sort-next']).sort).toEqual({column: 'state', inverted: false});
		expect(pressing(['sort-previous']).sort).toEqual({column: 'age', inverted: false});
		expect(pressing(['sort-ttft', 'sort-invert']).sort).toEqual({column: 'ttft', inverted: true});
		expect(
			(['sort-rate', 'sort-tokens', 'sort-age'] as const).map((command) => pressing([command]).sort.column),
		).toEqual(['rate', 'tokens', 'age']);
	});

	test('Tab goes through the screens and round', () => {
		expect(pressing(['next-screen']).screen).toBe('streams');
		expect(pressing(['previous-screen']).screen).toBe('sweep');
		expect(pressing(['gpu', 'previous-screen']).screen).toBe('streams');
	});

	test('Esc closes one thing after the other: prompt, help, detail, log, search and filter, zoom', () => {
		let ui: UiState = {
			...initialUi,
			prompt: {kind: 'search', text: 'x'},
			help: true,
			detail: true,
			log: true,
			search: 'a',
			filter: 'b',
			zoomed: true,
		};
		const open: string[] = [];
		for (let press = 0; press < 7; press++) {
			const names = ['prompt', 'help', 'detail', 'log', 'search', 'filter', 'zoomed'] as const;
			open.push(names.filter((name) => ui[name] !== undefined && ui[name] !== false).join(' '));
			ui = typed(ui, 'escape', groundOf) ?? reduce(ui, 'close', groundOf);
		}
		expect(open).toEqual([
			'prompt help detail log search filter zoomed',
			'help detail log search filter zoomed',
			'detail log search filter zoomed',
			'log search filter zoomed',
			'search filter zoomed',
			'zoomed',
			'',
		]);
	});

	test('keys of moving scroll the help from its start, and the log from its newest line back', () => {
		expect(pressing(['help', 'down', 'page-down']).scrolled).toBe(10);
		expect(pressing(['help', 'bottom']).scrolled).toBe(30);
		expect(pressing(['help', 'bottom', 'close']).scrolled).toBe(0);
		expect(pressing(['log', 'up', 'page-up']).scrolled).toBe(10);
		expect(pressing(['log', 'top']).scrolled).toBe(29);
		expect(pressing(['log', 'top', 'bottom']).scrolled).toBe(0);
	});

	test('symbols and themes go round', () => {
		expect([pressing(['symbols']).symbols, pressing(['symbols', 'symbols', 'symbols']).symbols]).toEqual([
			'block',
			'braille',
		]);
		expect(pressing(['theme', 'theme', 'theme', 'theme']).theme).toBe(initialUi.theme);
	});
});

describe('typing into a prompt', () => {
	test('Enter looks for the next stream that matches, and n and N go on, round the ends', () => {
		const found = typing([...'failed', 'enter'], pressing(['search']));
		expect(found).toMatchObject({search: 'failed', prompt: undefined, selected: 2});
		expect(pressing(['next-match'], found)).toMatchObject({selected: 5, top: 1});
		expect(pressing(['previous-match'], found)).toMatchObject({selected: 17, top: 13});
	});

	test('a search without a match says so and leaves the selection', () => {
		expect(typing([...'nothing', 'enter'], pressing(['down', 'search']))).toMatchObject({
			selected: 0,
			message: 'no stream matches nothing',
		});
	});

	test('a filter is kept with Enter, changed later, and emptied to show all', () => {
		const filtered = typing([...'failed', 'enter'], pressing(['bottom', 'filter']));
		expect(filtered).toMatchObject({filter: 'failed', top: 1});
		const again = pressing(['filter'], filtered);
		expect(again.prompt).toEqual({kind: 'filter', text: 'failed'});
		expect(typing(['ctrl-u', 'enter'], again).filter).toBeUndefined();
	});

	test('Esc leaves all as it was before', () => {
		const before = pressing(['down', 'down']);
		expect(typing([...'failed', 'escape'], pressing(['search'], before))).toEqual(before);
	});

	test('Backspace takes one character, Ctrl-U all; keys that move are not typed', () => {
		const prompt = pressing(['search']);
		expect(typing([...'ab模', 'backspace', 'c'], prompt).prompt?.text).toBe('abc');
		expect(typing([...'ab', 'ctrl-u', 'q'], prompt).prompt?.text).toBe('q');
		expect(typed(prompt, 'down', groundOf)).toBeUndefined();
		expect(typed(initialUi, 'a', groundOf)).toBeUndefined();
	});

	test('what is pasted loses its control characters and what is longer than 80 characters', () => {
		const prompt = pressing(['filter']);
		expect(pasted(prompt, 'state:\u001b[31mfailed\u0007\n').prompt?.text).toBe('state:failed');
		expect(pasted(initialUi, 'quit')).toEqual(initialUi);
		fc.assert(
			fc.property(fc.string({unit: 'binary', maxLength: 300}), (text) => {
				const written = pasted(prompt, text).prompt?.text ?? '';
				expect([...written].length).toBeLessThanOrEqual(80);
				expect(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/.test(written)).toBe(false);
			}),
		);
	});

	test('the line of the prompt is as wide as the screen and shows the end of a long text', () => {
		const long = `${'模'.repeat(60)}the end`;
		for (const kind of ['search', 'filter'] as const) {
			for (let width = 20; width <= 200; width++) {
				const line = promptLine({kind, text: long}, width);
				expect(lineWidth(line)).toBe(width);
				expect(line.map(({text}) => text).join('')).toContain('the end_');
			}
		}
	});
});
