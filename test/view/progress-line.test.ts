import {expect, test} from 'vitest';
import {progressLine, progressLines} from '../../source/view/progress-line.ts';
import {watchLines} from '../../source/view/watch-line.ts';
import {links} from './scenes/boxes.ts';
import {scenes} from './scenes.ts';

test('a line has the numbers of the view in its words', () => {
	const {opening, prefill, full, failing, thousand, sweep, done} = scenes;
	const typical = {opening, prefill, full, failing, thousand, sweep, done};
	expect(Object.fromEntries(Object.entries(typical).map(([name, snapshot]) => [name, progressLine(snapshot)]))).toEqual(
		{
			opening: '32 streams, 0:00, opening connections',
			prefill:
				'32 streams, 1:55 left, tok/s 0 now - mean, TTFT ms p50 - p99 -, gap ms p99 -, ok 0 failed 0, open 32/32, client ok',
			full: '32 streams, 0:41 left, tok/s 1,512 now 1,498 mean, TTFT ms p50 142 p99 388, gap ms p99 38.4, ok 118 failed 0, open 32/32, client ok',
			failing:
				'32 streams, 0:41 left, tok/s 523 now 1,074 mean, TTFT ms p50 156 p99 8,940, gap ms p99 60.2, ok 21 failed 97, open 20/32, client ok',
			thousand:
				'burst of 1,024, 1:19, tok/s ~10,260 now ~9,870 mean, TTFT ms p50 4,120 p99 9,830, gap ms p99 151, ok 204 of 1,024 failed 0, open 820/1,024, client suspect',
			sweep:
				'level 3 of 5, 32 streams, 0:41 left, tok/s 1,512 now 1,498 mean, TTFT ms p50 142 p99 388, gap ms p99 38.4, ok 118 failed 0, open 32/32, client ok',
			done: '5:12, done',
		},
	);
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
			level: {...open, mode: 'open', rate: 2.5, inFlight: 7, requests: {...level.requests, dropped: 3, incomplete: 2}},
		}),
	).toBe(
		'2.50 requests/s, 0:41 left, tok/s 1,512 now 1,498 mean, TTFT ms p50 142 p99 388, gap ms p99 38.4, ok 118 failed 0 dropped 3 cut off 2, open 7, client ok, draining',
	);
});

test('a note appears once, before the line of its time', () => {
	const before = {...scenes.full, notes: ['one']};
	const now = {...scenes.full, notes: ['one', 'two\u001b[2J']};
	const line = progressLine(scenes.full);
	expect([
		progressLines(undefined, before),
		progressLines(before, before),
		progressLines(before, now),
		progressLines(now, now),
	]).toEqual([['note: one', line], [line], ['note: two', line], [line]]);
});

test('a server that starts or stops is told of with its stage and its time', () => {
	const {startFirst, startLoading, startLate, stopping} = scenes;
	expect([startFirst, startLoading, startLate, stopping].map((snapshot) => progressLines(undefined, snapshot))).toEqual(
		[
			['starting vllm-qwen3-30b: starting, 0:01 of about 2:30'],
			['starting vllm-qwen3-30b: loading weights 43%, 0:43 of about 2:30'],
			['starting vllm-qwen3-30b: capturing graphs 91%, 2:41, longer than the 2:30 expected'],
			['stopping vllm-qwen3-30b'],
		],
	);
});

test('while servers are watched, they are told as by llmtop alone', () => {
	expect(progressLines(undefined, scenes.watchedThree)).toEqual(watchLines(undefined, scenes.watchedThree));
	expect(progressLines(scenes.looking, scenes.watchedOne)).toEqual(watchLines(scenes.looking, scenes.watchedOne));
});

test('a note that comes back after another has gone is told again', () => {
	const notes = (...notes: string[]) => ({...scenes.full, notes});
	expect(progressLines(notes('one', 'two'), notes('two', 'three'))[0]).toBe('note: three');
});

test('a connection that is lost stands in the line as long as it is', () => {
	const {tunnelLoad, thereLost} = scenes;
	const lost = {...tunnelLoad, link: links.down};
	// That it is lost, and back, is a note of the session, which has it from who measures.
	expect(progressLines(tunnelLoad, lost)).toEqual([
		`${progressLine(tunnelLoad)}, no connection to me@gpu-box for 12 s`,
	]);
	expect(progressLine({...lost, phase: 'done'})).not.toContain('connection');
	expect(progressLines(undefined, thereLost)).toEqual([
		'note: no connection to me@gpu-box, the load goes on there: ssh: connect to host gpu-box port 22: Connection timed out',
		expect.stringMatching(/, client ok, no connection to me@gpu-box for 31 s$/),
	]);
	expect(progressLines(thereLost, {...thereLost, link: links.there})[0]).toBe(
		'note: connected to me@gpu-box again, after 31 s',
	);
});
