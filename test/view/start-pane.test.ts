import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {ServerStart, Snapshot, StartStage} from '../../source/snapshot.ts';
import {startHeight, startLines} from '../../source/view/start-pane.ts';
import {startStages} from '../../source/view/start-words.ts';
import {unicodeSymbols} from '../../source/view/symbols.ts';
import {initialUi} from '../../source/view/ui-state.ts';
import {expectFilled} from './golden.ts';
import {drawn} from './pane-pictures.ts';
import {starts} from './scenes/starting.ts';
import {scenes} from './scenes.ts';

const options = {ui: initialUi, symbols: unicodeSymbols};
const said = (snapshot: Snapshot, size = {width: 80, height: 12}) => drawn(startLines(snapshot, size, options));

describe('a server that starts', () => {
	test('whose log tells no times has its past stages as done', () => {
		const {passed: _, progress: __, ...start} = starts.capturing;
		const text = said({...scenes.startLate, start});
		expect(text.match(/ done /g)).toHaveLength(4);
		expect(text).toMatch(/ ▸ capturing graphs +\|/);
	});

	test('shows the stage it is in, and the time, where there is no room for all', () => {
		const text = said(scenes.startLoading, {width: 60, height: 3});
		expect(text).toContain('▸ loading weights    43%');
		expect(text).toContain('0:43 of about 2:30');
	});

	test('is told by its last line where the log is not on the screen', () => {
		const {log: _, ...silent} = scenes.startLoading;
		expect(said(silent)).toContain('Loading safetensors checkpoint shards: 43% Completed');
	});

	test('says what is varied', () => {
		const start = {...starts.loading, setting: 'max-num-seqs=64'};
		expect(said({...scenes.startLoading, start})).toContain('STARTING vllm-qwen3-30b with max-num-seqs=64');
	});
});

test('before anything is known of it there is one calm line', () => {
	const {start: _, ...starting} = scenes.startFirst;
	expect(said(starting)).toContain('The server is about to be started.');
	expect(said({...starting, phase: 'stopping'})).toContain('The server is being stopped.');
	expect(startHeight(starting, 80)).toBe(2);
});

const text = fc.oneof(fc.string({unit: 'binary'}), fc.string({unit: 'grapheme'}));
const stage: fc.Arbitrary<StartStage> = fc.constantFrom(...startStages, 'stopping');
const start: fc.Arbitrary<ServerStart> = fc.record(
	{
		preset: text,
		setting: text,
		command: text,
		stage,
		passed: fc.array(fc.record({stage, ms: fc.nat()})),
		progress: fc.double({min: 0, max: 1, noNaN: true}),
		elapsedMs: fc.nat(),
		expectedMs: fc.nat(),
		lastLine: text,
	},
	{requiredKeys: ['preset', 'command', 'stage', 'elapsedMs']},
);
const area = fc.record({width: fc.integer({min: 20, max: 200}), height: fc.integer({min: 1, max: 40})});

test('whatever is told of it, the pane has exactly the lines and columns asked for', () => {
	fc.assert(
		fc.property(start, area, (start, size) => {
			const snapshot: Snapshot = {...scenes.startLoading, start};
			expectFilled(startLines(snapshot, size, options), size);
			expect(startHeight(snapshot, size.width)).toBeGreaterThanOrEqual(2);
		}),
	);
});
