/** Hand-made comparisons for tests of what is made from them. */

import type {Compared} from '../../source/report/compare.ts';
import type {Level, Session} from '../../source/snapshot.ts';
import {makeLevel, makeSession, repeatedSession} from '../support/sessions.ts';

function level(load: number, tpotMs: number, changes: Partial<Level> = {}): Level {
	return makeLevel(
		{mode: 'closed', load, requests: Math.max(12, load * 4), tokens: 400, ttftMs: 60 + load, tpotMs},
		changes,
	);
}

function on(name: string, session: Session, gpus: readonly string[]): Compared {
	const box = {name, way: 'tunnel'} as const;
	return {name, session: {...session, target: {...session.target, box}, gpus: {driver: '590.48.01', names: gpus}}};
}

const idle = {way: 'tunnel', idleRoundTripMs: 11.2, roundTripMs: {count: 8, p50: 11.4, max: 14}} as const;
const near = {way: 'tunnel', idleRoundTripMs: 0.9, roundTripMs: {count: 6, p50: 1.1, max: 2}} as const;
const suspect = {
	client: {value: 'suspect', reason: 'the round trip under load was 80 ms more than idle'},
	cache: {value: 'cold', reason: 'every prompt is unique'},
	length: {value: 'honoured', reason: 'all requests had the length that was asked for'},
} as const;
const limited = {...suspect, client: {value: 'client-limited', reason: 'our ssh took 97 % of a core'}} as const;

/** By name. */
export const comparisons = {
	two: (): readonly Compared[] => [
		on('me@l40s', makeSession([level(1, 18, {path: idle}), level(8, 24), level(32, 41)]), [
			'NVIDIA L40S',
			'NVIDIA L40S',
		]),
		on('me@h200', makeSession([level(1, 7, {path: near}), level(8, 9), level(32, 14)]), ['NVIDIA H200']),
	],
	/** One in doubt, one with another engine that was ended early, one that was not reached. */
	uneven: (): readonly Compared[] => [
		on('gate:2222', makeSession([level(8, 24, {verdicts: suspect}), level(32, 41)]), ['NVIDIA L40S']),
		on(
			'me@ollama',
			makeSession(
				[
					makeLevel(
						{
							mode: 'closed',
							load: 8,
							requests: 60,
							tokens: 400,
							ttftMs: 220,
							tpotMs: 31,
							failures: [{outcome: 'reset', error: 'reset after 0 tokens: the server closed \u001b[31mthe connection'}],
						},
						{partial: true, verdicts: limited, tokens: {output: 22_000, source: 'engine'}},
					),
				],
				{partial: true, target: {url: 'http://127.0.0.1:11434', engine: 'ollama', engineVersion: '0.32.15'}},
			),
			[],
		),
		{name: 'me@gone', trouble: 'No connection to me@gone: ssh: connect to host gone port 22: Connection refused'},
	],
	/** At 8 streams the second is faster by more than its runs differ, at 32 by less. */
	repeats: (): readonly Compared[] => [
		on(
			'a',
			repeatedSession(() => 13.9),
			['NVIDIA L40S'],
		),
		on(
			'b',
			repeatedSession((load) => (load === 8 ? 13.3 : 13.85)),
			['NVIDIA L40S'],
		),
	],
	none: (): readonly Compared[] => [
		{name: 'a', trouble: 'No connection to a: ssh says\nHost key verification failed.'},
		{name: 'b', session: makeSession([], {partial: true})},
	],
};
