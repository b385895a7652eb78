import {describe, expect, test} from 'vitest';
import type {Snapshot} from '../../source/snapshot.ts';
import {lineWidth} from '../../source/view/line.ts';
import {groundOf, screenLines} from '../../source/view/screen.ts';
import {symbolsOf} from '../../source/view/symbols.ts';
import {paint} from '../../source/view/theme.ts';
import {withSelectionShown} from '../../source/view/ui-commands.ts';
import {initialUi, type ScreenName, screenNames, type UiState} from '../../source/view/ui-state.ts';
import {expectPicture} from './golden.ts';
import {scenes} from './scenes.ts';

const sizes = [
	{columns: 60, rows: 15},
	{columns: 80, rows: 24},
	{columns: 120, rows: 40},
	{columns: 160, rows: 45},
];

function frame(snapshot: Snapshot | undefined, size: (typeof sizes)[number], chosen: Partial<UiState> = {}): string {
	const symbols = symbolsOf(chosen.symbols ?? initialUi.symbols);
	const options = {
		size,
		ui: {...initialUi, ...chosen},
		symbols,
		hasControls: snapshot?.phase !== 'watching',
		canStopServer: true,
	};
	const ui = withSelectionShown(options.ui, groundOf(snapshot, options));
	const lines = screenLines(snapshot, {...options, ui});
	expect(lines.map(lineWidth)).toEqual(Array.from({length: size.rows}, () => size.columns));
	const plain = lines.map((line) => line.map(({text}) => ({text})));
	return plain.map((line) => `${paint(line, {color: false, symbols}).trimEnd()}\n`).join('');
}

type SceneName = keyof typeof scenes;

/** Which moments show something of their own on which screen. */
const shown: Readonly<Record<ScreenName, readonly SceneName[]>> = {
	overview: [
		...['opening', 'prefill', 'full', 'watched', 'eightGpus', 'failing', 'thousand', 'sweep', 'done'],
		...[
			'startFirst',
			'startLoading',
			'startLate',
			'startNext',
			'tuned',
			'stopping',
			'looking',
			'watchedOne',
			'watchedThree',
		],
		...['boxWatched', 'boxDown', 'boxLooking', 'boxesTwo', 'boxesThree', 'boxesFive', 'tunnelLoad', 'thereLost'],
	] as SceneName[],
	streams: ['opening', 'prefill', 'full', 'failing', 'thousand', 'done', 'startLoading', 'watchedThree', 'boxesFive'],
	gpu: ['opening', 'full', 'watched', 'eightGpus', 'boxDown', 'boxLooking'],
	server: ['opening', 'full', 'watched', 'eightGpus', 'failing', 'startLoading', 'watchedThree', 'boxDown'],
	sweep: ['opening', 'prefill', 'full', 'sweep', 'thousand', 'done', 'tuned', 'tunnelLoad'],
};

/** What a person has opened or typed, on the screen where that is done. */
const opened: Readonly<Record<string, {readonly scene: SceneName; readonly ui: Partial<UiState>}>> = {
	help: {scene: 'full', ui: {help: true}},
	detail: {scene: 'watched', ui: {screen: 'streams', detail: true, selected: 6}},
	'detail-overview': {scene: 'watched', ui: {detail: true, selected: 6}},
	log: {scene: 'watched', ui: {log: true}},
	'no-match': {scene: 'thousand', ui: {filter: 'no such stream'}},
	'no-match-streams': {scene: 'thousand', ui: {screen: 'streams', filter: 'no such stream'}},
	searching: {scene: 'failing', ui: {screen: 'streams', prompt: {kind: 'search', text: 'failed'}, selected: 2}},
	filtering: {scene: 'failing', ui: {screen: 'streams', prompt: {kind: 'filter', text: 'state:decode'}}},
	'zoom-load': {scene: 'watched', ui: {zoomed: true}},
	'zoom-streams': {scene: 'thousand', ui: {screen: 'streams', zoomed: true, sort: {column: 'rate', inverted: false}}},
	'stop-question': {scene: 'startLoading', ui: {question: 'stop-server'}},
	'watched-other': {scene: 'watchedThree', ui: {server: 'http://127.0.0.1:11434'}},
	'watched-down': {scene: 'watchedThree', ui: {server: 'http://gpu-2.example:30000'}},
	'watched-down-server': {scene: 'watchedThree', ui: {screen: 'server', server: 'http://gpu-2.example:30000'}},
	'boxes-other': {scene: 'boxesThree', ui: {box: 'root@10.0.0.7'}},
	'boxes-zoomed': {scene: 'boxesThree', ui: {box: 'me@gpu-b', zoomed: true}},
	'boxes-server': {scene: 'boxesThree', ui: {box: 'root@10.0.0.7', screen: 'server'}},
	saved: {scene: 'full', ui: {message: 'saved in ~/.local/state/llmtop/sessions/2026-11-22T02-28-00-vllm.json'}},
};

describe('the screen is drawn as in its picture', () => {
	for (const size of sizes) {
		const name = `${size.columns}x${size.rows}`;
		for (const screen of screenNames) {
			for (const scene of shown[screen]) {
				const title = `${screen}-${scene}-${name}`;
				test(title, () => expectPicture(title, frame(scenes[scene], size, {screen})));
			}
		}
		for (const [what, {scene, ui}] of Object.entries(opened)) {
			const title = `${what}-${name}`;
			test(title, () => expectPicture(title, frame(scenes[scene], size, ui)));
		}
	}

	test('paused and scrolled to the end', () =>
		expectPicture('paused-80x24', frame(scenes.thousand, {columns: 80, rows: 24}, {paused: true, top: 5000})));

	test.each(['overview', 'streams', 'gpu', 'server', 'sweep'] as const)('in ASCII: %s', (screen) => {
		const drawn = frame(scenes.eightGpus, {columns: 120, rows: 40}, {screen, symbols: 'ascii'});
		expect(drawn).toMatch(/^[\n -~]*$/);
		expectPicture(`ascii-${screen}-120x40`, drawn);
	});

	test.each(['startLate', 'watchedThree', 'stopping', 'boxesTwo', 'boxDown'] as const)('in ASCII: %s', (scene) => {
		const drawn = frame(scenes[scene], {columns: 80, rows: 24}, {symbols: 'ascii'});
		expect(drawn).toMatch(/^[\n -~]*$/);
		expectPicture(`ascii-${scene}-80x24`, drawn);
	});

	test('in blocks', () =>
		expectPicture('block-120x40', frame(scenes.sweep, {columns: 120, rows: 40}, {symbols: 'block'})));
});

test('a terminal that is too small is told the size that is needed', () => {
	const lines = frame(scenes.full, {columns: 59, rows: 15}).split('\n');
	expect(lines[0]).toBe('llmtop needs 60×15, this is 59×15   q quits');
});

test('before the first snapshot the screen says that the program starts', () => {
	expect(frame(undefined, {columns: 80, rows: 24}).trim()).toBe('llmtop  starting');
});
