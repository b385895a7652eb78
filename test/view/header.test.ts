import {describe, expect, test} from 'vitest';
import type {Snapshot, StreamRow} from '../../source/snapshot.ts';
import {headerLines} from '../../source/view/header.ts';
import {scenes} from './scenes.ts';

/** The word of the state chip. */
function chip(snapshot: Snapshot, paused = false): string | undefined {
	const [line = []] = headerLines(snapshot, {width: 120, height: 2}, {paused, withFigures: false});
	return line.find(({style}) => style?.startsWith('chip-') === true)?.text.trim();
}

const failed =
	(detail: string) =>
	(row: StreamRow): StreamRow => ({...row, state: 'failed', detail});
const refused = failed('connect: cannot connect to 127.0.0.1:8000 (ECONNREFUSED)');

describe('The state in the header', () => {
	test('is LIVE while requests run, and PAUSED while the screen stands still', () => {
		expect(chip(scenes.full)).toBe('LIVE');
		expect(chip(scenes.full, true)).toBe('PAUSED');
	});

	test('is DOWN when no stream reaches the server any more', () => {
		expect(chip({...scenes.full, streams: scenes.full.streams.map(refused)})).toBe('DOWN');
	});

	test('is LIVE as long as one stream does, or the server answers with errors', () => {
		const [first, ...others] = scenes.full.streams;
		expect(first === undefined ? '' : chip({...scenes.full, streams: [first, ...others.map(refused)]})).toBe('LIVE');
		const errors = scenes.full.streams.map(failed('http-5xx: 503 the model is loading'));
		expect(chip({...scenes.full, streams: errors})).toBe('LIVE');
	});

	test('of a server that starts is its stage and how far that has come, where its log tells', () => {
		const {startFirst, startLoading, startLate} = scenes;
		expect([startFirst, startLoading, startLate].map((scene) => chip(scene))).toEqual([
			'STARTING',
			'LOADING 43%',
			'CAPTURING 91%',
		]);
		expect(chip(startLoading, true)).toBe('PAUSED');
	});

	test('of a server that starts to be watched has no load beside it', () => {
		const {level: _, ...starting} = scenes.startLoading;
		const snapshot: Snapshot = {...starting, workload: '', plan: {mode: 'closed', levels: [], repeat: 1}};
		const [, second = []] = headerLines(snapshot, {width: 80, height: 2}, {paused: false, withFigures: false});
		expect(
			second
				.map(({text}) => text)
				.join('')
				.trim(),
		).toBe('no load, only watched');
	});

	test('of a client that was the limit is said once', () => {
		const {level} = scenes.full;
		if (level === undefined) throw new Error('no level runs in the scene');
		const client = {value: 'client-limited', reason: 'A load thread used 99 % of a core.'} as const;
		const snapshot: Snapshot = {...scenes.full, level: {...level, verdicts: {...level.verdicts, client}}};
		const [, second = []] = headerLines(snapshot, {width: 120, height: 2}, {paused: false, withFigures: false});
		const text = second.map((piece) => piece.text).join('');
		expect(text).toMatch(/ {2}client-limited {2}cache cold {2}length honoured$/);
	});

	test('of a load that was stopped is STOPPED, whatever became of its streams', () => {
		expect(chip({...scenes.full, phase: 'stopped', streams: scenes.full.streams.map(refused)})).toBe('STOPPED');
	});
});
