import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Snapshot} from '../../source/snapshot.ts';
import {readerLines} from '../../source/view/reader-lines.ts';
import {links} from './scenes/boxes.ts';
import {gpus} from './scenes/gpus.ts';
import {servers} from './scenes/server.ts';
import {starts} from './scenes/starting.ts';
import {scenes} from './scenes.ts';

const all: readonly Snapshot[] = Object.values(scenes);

describe('sentences for a screen reader', () => {
	test('tell everything the first time', () => {
		expect(readerLines(undefined, scenes.sweep)).toEqual([
			'Server: vllm 0.11.0, model Qwen/Qwen3-30B-A3B-Instruct-2507-FP8, http://127.0.0.1:8000.',
			'Load: 32 streams, closed loop, workload long-text, level 3 of 5.',
			'State: running.',
			'Tokens per second: 1,512 now, 1,498 mean, 47.6 each.',
			'TTFT in milliseconds: p50 142, p99 388, max 501.',
			'Gap in milliseconds: p50 21.1, p99 38.4, worst 112.',
			'Requests: 118 ok, 0 failed, 32 of 32 open.',
			'Streams: 2 prefill, 29 decode, 1 done.',
			'Verdict on the client: ok.',
			'Verdict on the cache: cold.',
			'Verdict on the length: honoured.',
			'41 seconds left.',
		]);
	});

	test('tell only the values that have changed after that', () => {
		const {full} = scenes;
		if (full.level === undefined) throw new Error('the scene has a level');
		const next: Snapshot = {
			...full,
			level: {
				...full.level,
				remainingMs: 36_000,
				outputTokensPerSecond: 1530.2,
				meanOutputTokensPerSecond: 1498.3,
				ttftMs: {...full.level.ttftMs, p99: 391},
				requests: {...full.level.requests, ok: 121},
			},
		};
		expect(readerLines(full, next)).toEqual([
			'Tokens per second: 1,530 now.',
			'TTFT in milliseconds: p99 391.',
			'Requests: 121 ok.',
			'36 seconds left.',
		]);
	});

	test('say nothing when nothing has changed but the time', () => {
		for (const snapshot of all) expect(readerLines(snapshot, {...snapshot, atMs: snapshot.atMs + 5000})).toEqual([]);
	});

	test('do not tell what is not known', () => {
		const text = readerLines(undefined, scenes.prefill).join('\n');
		expect(text).toContain('Tokens per second: 0 now.');
		expect(text).not.toMatch(/TTFT|Gap|mean|undefined|NaN| -[ ,.]/);
	});

	test('tell notes, marks and failures once, of many failures the first and how many', () => {
		const {failing} = scenes;
		const quiet: Snapshot = {...failing, notes: [], streams: failing.streams.map((row) => ({...row, state: 'decode'}))};
		const marked: Snapshot = {...failing, marks: [{atMs: 1, text: 'streams 32 → 64'}]};
		expect(readerLines(quiet, marked)).toEqual([
			'Note: the server did not honour ignore_eos: lengths differ.',
			'Note: 97 of 118 requests failed: 61 reset, 24 http-5xx, 12 api-error.',
			'Mark: streams 32 to 64.',
			'Stream 2 failed: http-5xx: 503 the model is loading.',
			'Stream 3 failed: reset: the server closed the connection after 812 tokens.',
			'Stream 6 failed: api-error: CUDA out of memory. Tried to allocate 2.00 GiB, in an answer that had begun as 200 OK.',
			'10 more streams have failed.',
			'Streams: 8 prefill, 11 decode, 13 failed.',
			'41 seconds left.',
		]);
		expect(readerLines(marked, marked)).toEqual([]);
	});

	test('give the reason of a verdict that spoils the numbers', () => {
		expect(readerLines(scenes.full, scenes.failing)).toEqual(
			expect.arrayContaining([
				'Verdict on the cache: warm, cached tokens were 40 % of the prompts.',
				'Verdict on the length: not honoured, 9 of 21 requests ended before max_tokens.',
			]),
		);
	});

	test('say that counts are estimates, and how long it has been going on where the end is open', () => {
		expect(readerLines(undefined, scenes.thousand)).toEqual(
			expect.arrayContaining([
				'Load: burst of 1,024, workload long-text.',
				'Tokens per second: about 10,260 now, about 9,870 mean, about 13.1 each.',
				'Requests: 204 of 1,024 ok, 0 failed, 820 of 1,024 open.',
				'1 minute 19 seconds have passed.',
			]),
		);
	});

	test('say when there is no stream left in a state', () => {
		const streams = scenes.full.streams.filter(({state}) => state !== 'prefill');
		expect(readerLines(scenes.full, {...scenes.full, streams})).toEqual(['Streams: 0 prefill.', '41 seconds left.']);
	});

	test('end with what is done', () => {
		expect(readerLines({...scenes.done, phase: 'between'}, scenes.done)).toEqual(['State: done.']);
	});

	test('have no drawing signs and nothing that a terminal obeys, one end each', () => {
		const watched = [...Object.values(gpus), ...Object.values(servers)].map(
			(reading): Snapshot => ('gpus' in reading ? {...scenes.full, gpu: reading} : {...scenes.full, server: reading}),
		);
		const outside: Snapshot = {
			...scenes.full,
			target: {...scenes.full.target, model: '模型→x\u001b[31m ▁▂▃ ⣿ │'},
			notes: ['see https://example.com/x !'],
		};
		const any = fc.constantFrom(undefined, ...all, ...watched, outside);
		fc.assert(
			fc.property(any, fc.constantFrom(...all, ...watched, outside), (previous, next) => {
				for (const line of readerLines(previous, next)) {
					expect(line).toMatch(/^\S.*[.!?]$/);
					expect(line).not.toMatch(/\p{Control}|[\u2190-\u21ff\u2500-\u28ff·×…]|NaN|undefined/u);
				}
			}),
		);
	});
});

describe('GPUs and the counters of the server', () => {
	test('are told with the numbers of their panes', () => {
		expect(readerLines(scenes.full, scenes.watched)).toEqual([
			'Mark: streams 24 to 32.',
			'GPU 0: 95% busy, 58 degrees.',
			'GPU 1: 93% busy, 61 degrees.',
			'GPUs: 88.4 GiB in use, 530 watts, 2.90 tokens per joule.',
			'Inside the server: 32 running, 0 waiting, KV cache 61%, prefix hits 0%, 0 preempted.',
			'41 seconds left.',
		]);
	});

	test('of many GPUs the least and the most, and which are held back', () => {
		expect(readerLines(scenes.sweep, scenes.eightGpus)).toContain(
			'GPUs: 4% to 99% busy, 56 to 71 degrees, clocks of GPU 3 held by SW thermal slowdown, SW power cap, 558.9 GiB in use, 4,389 watts, 1.31 tokens per joule.',
		);
	});

	test('a GPU that gives no reading', () => {
		const lost = readerLines(scenes.watched, {...scenes.watched, gpu: gpus.lost});
		expect(lost.find((line) => line.startsWith('GPUs: '))).toContain('no reading from GPU 2');
	});

	test('when they are old: that they are, and no figure', () => {
		const {gpu, server} = scenes.watched;
		if (gpu === undefined || server === undefined) throw new Error('the scene is watched');
		const old = {...scenes.watched, gpu: {...gpu, ageMs: 60_000}, server: {...server, ageMs: 60_000}};
		expect(readerLines(scenes.watched, old)).toEqual([
			'GPUs: no new sample.',
			'Inside the server: no new counters.',
			'41 seconds left.',
		]);
	});
});

test('a server that starts is told of stage by stage, its progress in tenths', () => {
	const {startLoading} = scenes;
	const {gpu: _, ...alone} = startLoading;
	const at = (progress: number): Snapshot => ({...alone, start: {...starts.loading, progress}});
	expect(readerLines(undefined, at(0.43)).slice(2)).toEqual([
		'State: starting the server.',
		'Start of the server: preset vllm-qwen3-30b, loading weights 40%.',
		'43 seconds have passed.',
	]);
	expect(readerLines(at(0.43), at(0.49))).toEqual([]);
	expect(readerLines(at(0.43), at(0.51))[0]).toBe('Start of the server: loading weights 50%.');
	expect(readerLines(alone, scenes.startLate)[0]).toBe(
		'Start of the server: capturing graphs 90%, 2:41, longer than the 2:30 expected.',
	);
});

test('of servers that are watched each is told of by its host', () => {
	const {gpu: _, ...three} = scenes.watchedThree;
	expect(readerLines(undefined, three)).toEqual([
		'State: watching without a load, 3 servers, 1 DOWN.',
		'127.0.0.1:8000: vllm 0.11.0, model Qwen/Qwen3-30B-A3B-Instruct-2507-FP8, up, 1,512 tokens per second, 32 running, 0 waiting, KV cache 61%, prefix hits 0%, 0 preempted, TTFT p50 131 milliseconds.',
		'127.0.0.1:11434: ollama 0.12.6, model llama3.1:8b, up, 91.4 tokens per second, 3 running, 1 waiting.',
		'gpu-2.example:30000: sglang, model meta-llama/Llama-3.1-8B-Instruct, DOWN, connection refused.',
		'1 minute 24 seconds have passed.',
	]);
	expect(readerLines(undefined, scenes.looking)[0]).toBe('State: looking for inference servers on this machine.');
});

describe('a server on another machine', () => {
	const {boxWatched, boxDown} = scenes;
	const {gpu: _, server: __, ...quiet} = boxWatched;

	test('is told of with the way and about how far away it is', () => {
		const machine = (roundTripMs: number) =>
			readerLines(undefined, {...quiet, link: {...links.up, roundTripMs}}).find((line) => line.startsWith('Machine'));
		expect([0.4, 0.8, 1.2, 11.3, 16, 80, 1204].map(machine)).toEqual([
			'Machine me@gpu-box: through SSH, round trip under a millisecond.',
			'Machine me@gpu-box: through SSH, round trip about 1 millisecond.',
			'Machine me@gpu-box: through SSH, round trip about 1 millisecond.',
			'Machine me@gpu-box: through SSH, round trip about 10 milliseconds.',
			'Machine me@gpu-box: through SSH, round trip about 20 milliseconds.',
			'Machine me@gpu-box: through SSH, round trip about 100 milliseconds.',
			'Machine me@gpu-box: through SSH, round trip about 1,000 milliseconds.',
		]);
		expect(readerLines(undefined, scenes.thereLost)).toContain('Machine me@gpu-box: the load runs there.');
		expect(readerLines(undefined, {...quiet, link: links.direct})[1]).toBe(
			'Machine me@gpu-box: SSH, and HTTP directly, round trip about 10 milliseconds.',
		);
	});

	test('is not told of again for every round trip', () => {
		expect(readerLines(quiet, {...quiet, link: {...links.up, roundTripMs: 12.9}})).toEqual([]);
	});

	test('is told of when its connection is lost, and when that is back', () => {
		expect(readerLines(boxWatched, boxDown)).toEqual([
			'No connection to me@gpu-box, trying again: ssh: connect to host gpu-box port 22: Connection timed out.',
			'127.0.0.1:8000: DOWN, no connection to me@gpu-box (ssh: connect to host gpu-box port 22: Connection timed out).',
			'GPUs: no new sample.',
			'Host: no new figures.',
			'1 minute 24 seconds have passed.',
		]);
		expect(readerLines(boxDown, boxWatched)).toContain('Connected to me@gpu-box again, after 12 s.');
	});

	test('of several machines is told of by their names', () => {
		const lines = readerLines(undefined, scenes.boxesThree);
		expect(lines[0]).toBe('State: watching without a load, 3 machines.');
		expect(lines.filter((line) => line.includes('me@gpu-b'))).toEqual([
			'Machine me@gpu-b: through SSH, round trip under a millisecond.',
			'me@gpu-b 127.0.0.1:11434: ollama 0.12.6, model llama3.1:8b, up, 91.4 tokens per second, 3 running, 1 waiting.',
			'me@gpu-b 127.0.0.1:30000: sglang, model meta-llama/Llama-3.1-8B-Instruct, DOWN, nothing listens there (connection refused).',
			'me@gpu-b GPU 0: 40% busy, 43 degrees.',
			'me@gpu-b GPU 1: 38% busy, 46 degrees.',
			'me@gpu-b GPUs: 46.3 GiB in use, 323 watts.',
			'me@gpu-b Host: CPU under 5%, 61.2 GiB of 251.6 GiB in use.',
		]);
	});
});
