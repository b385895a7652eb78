import {describe, expect, test} from 'vitest';
import {levelSentence} from '../../source/report/summary.ts';
import type {Level, Session} from '../../source/snapshot.ts';
import {makeLevel, sampleSessions} from '../support/sessions.ts';

const sentences = (session: Session): string[] => session.levels.map((level: Level) => levelSentence(level));

describe('the sentence about a finished level', () => {
	test('says load, rate with its window, first token, and the requests', () => {
		expect(sentences(sampleSessions.closed())).toEqual([
			'32 streams: 1,354 tokens/s (steady 130.5 s), TTFT p50 141 ms p99 196 ms, 118 ok, 0 failed',
		]);
	});

	test('gives the largest value instead of a p99 of fewer than 100 requests', () => {
		expect(sentences(sampleSessions.burst())).toEqual([
			'burst of 32: 1,223 tokens/s (whole 33.9 s), TTFT p50 343 ms max 490 ms, 32 ok, 0 failed',
		]);
	});

	test('names what was dropped and cut off in an open loop', () => {
		expect(sentences(sampleSessions.open()).at(1)).toBe(
			'12.5 requests/s: 1,398 tokens/s (whole 60.0 s), TTFT p50 412 ms p99 573 ms, 688 ok, 0 failed, 12 cut off by the end, 40 dropped',
		);
	});

	test('gives the end-to-end time of responses that were not streamed', () => {
		expect(sentences(sampleSessions.a100()).at(2)).toBe(
			'4 streams: 778 tokens/s (whole 78.9 s), E2E p50 1,266 ms p99 1,604 ms, 240 ok, 0 failed',
		);
	});

	test('leaves out what nobody knows when every request failed', () => {
		expect(sentences(sampleSessions.failed())).toEqual(['4 streams: 0 ok, 6 failed']);
	});

	test('says when the client, not the server, set the number, and when a level was ended early', () => {
		expect(sentences(sampleSessions.sweep()).at(4)).toMatch(/, client-limited: this machine set the number$/);
		expect(sentences(sampleSessions.partial()).at(1)).toMatch(/, ended early$/);
	});

	test('names the run of a level that is run several times', () => {
		const level = makeLevel({mode: 'closed', load: 1, requests: 2, tokens: 9, ttftMs: 5, tpotMs: 2, repeat: 2});
		expect(levelSentence(level)).toMatch(/^1 stream \(run 2\): /);
	});
});
