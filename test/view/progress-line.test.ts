import {expect, test} from 'vitest';
import {progressLine} from '../../source/view/progress-line.ts';
import {scenes} from './scenes.ts';

test('a line has the numbers of the view in its words', () => {
	expect(Object.fromEntries(Object.entries(scenes).map(([name, snapshot]) => [name, progressLine(snapshot)]))).toEqual({
		opening: '32 streams  0:00  opening connections',
		prefill: '32 streams  0:04  0 tok/s  TTFT p50 - p99 - ms  gap p99 - ms  ok 0 failed 0  open 32/32',
		full: '32 streams  1:19  1,512 tok/s  TTFT p50 142 p99 388 ms  gap p99 38.4 ms  ok 118 failed 0  open 32/32',
		failing: '32 streams  1:19  312 tok/s  TTFT p50 142 p99 388 ms  gap p99 38.4 ms  ok 21 failed 97  open 11/32',
		thousand:
			'burst of 1,024  1:19  ~12,480 tok/s  TTFT p50 4,120 p99 9,830 ms  gap p99 141 ms  ok 204 failed 0  open 820/1,024  client suspect',
		sweep:
			'level 3/5  32 streams  1:19  1,512 tok/s  TTFT p50 142 p99 388 ms  gap p99 38.4 ms  ok 118 failed 0  open 32/32',
		done: '5:12  done',
	});
});

test('an open loop says what was dropped and how many requests are open', () => {
	const {level} = scenes.full;
	if (level === undefined) throw new Error('the scene has a level');
	const {concurrency: _, ...open} = level;
	expect(
		progressLine({
			...scenes.full,
			phase: 'draining',
			plan: {mode: 'open', levels: [2.5], repeat: 1},
			level: {...open, mode: 'open', rate: 2.5, inFlight: 7, requests: {...level.requests, dropped: 3}},
		}),
	).toBe(
		'2.50 requests/s  1:19  1,512 tok/s  TTFT p50 142 p99 388 ms  gap p99 38.4 ms  ok 118 failed 0 dropped 3  open 7  draining',
	);
});
