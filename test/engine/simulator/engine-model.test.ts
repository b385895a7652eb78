import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {decodeStepMs, EngineModel} from '../../../source/engine/simulator/engine-model.ts';
import type {Profile} from '../../../source/engine/simulator/profile.ts';
import {blockTokens} from '../../../source/engine/simulator/prompt.ts';

const profile: Profile = {
	engine: 'vllm',
	source: 'round figures for tests',
	model: 'test',
	contextTokens: 4096,
	slots: 2,
	kvTokens: 1000,
	prefillTokensPerSecond: 1000,
	prefillFixedMs: 5,
	stepTokens: 100,
	decodeStepMs: [
		[1, 10],
		[2, 14],
	],
	jitter: 0,
	naturalTokens: {median: 100, sigma: 0, min: 1, max: 1000},
	tellsCachedTokens: true,
	loadMs: 0,
};

/** A model whose story is written down as `what id at count`. */
function told(of: Profile = profile): {model: EngineModel; story: string[]} {
	const story: string[] = [];
	const model = new EngineModel(of, {
		admitted: (id, at, cached) => story.push(`admitted ${id} ${at} ${cached}`),
		token: (id, at, tokens) => story.push(`token ${id} ${at} ${tokens}`),
	});
	return {model, story};
}

function request(id: number, promptTokens: number, outputTokens: number, blocks: readonly number[] = []) {
	return {id, prompt: {tokens: promptTokens, blocks, seed: id}, outputTokens};
}

describe('The simulated engine', () => {
	test('computes the prompt first, then a token a step, and is idle when all is done', () => {
		const {model, story} = told();
		model.submit(request(1, 20, 3), 100);
		model.advance(1000);
		expect(story).toEqual(['admitted 1 100 0', 'token 1 125 1', 'token 1 135 2', 'token 1 145 3']);
		expect(model.nextAt).toBeUndefined();
	});

	test('decodes requests together, a step taking longer the more there are', () => {
		const {model, story} = told();
		model.submit(request(1, 15, 3), 0);
		model.submit(request(2, 15, 2), 0);
		model.advance(1000);
		// Request 2 came when the first step had begun: its prompt is computed beside the first one's second token.
		expect(story).toEqual([
			'admitted 1 0 0',
			'token 1 20 1',
			'admitted 2 20 0',
			'token 1 50 2',
			'token 2 50 1',
			'token 1 64 3',
			'token 2 64 2',
		]);
	});

	test('computes a long prompt in pieces, with others going on beside it', () => {
		const {model, story} = told();
		model.submit(request(1, 15, 4), 0);
		model.submit(request(2, 150, 1), 0);
		model.advance(1000);
		expect(story.filter((line) => line.startsWith('token'))).toEqual([
			'token 1 20 1',
			// 99 prompt tokens fit beside one decoding request, then 51 are left.
			'token 1 134 2',
			'token 1 200 3',
			'token 2 200 1',
			'token 1 210 4',
		]);
	});

	test('lets requests wait for a slot in order of arrival', () => {
		const {model, story} = told();
		for (let id = 1; id <= 4; id++) model.submit(request(id, 10, 5), 0);
		expect([model.running, model.waiting]).toEqual([1, 3]);
		model.advance(10_000);
		expect(story.filter((line) => line.startsWith('admitted')).map((line) => line.split(' ')[1])).toEqual([
			'1',
			'2',
			'3',
			'4',
		]);
	});

	test('lets requests wait while the KV cache has no room for prompt and answer', () => {
		const {model, story} = told();
		model.submit(request(1, 400, 200), 0);
		model.submit(request(2, 400, 200), 0);
		model.advance(2000);
		expect([model.running, model.waiting, model.kvUsage > 0.4]).toEqual([1, 1, true]);
		model.advance(1e6);
		const last = story.findIndex((line) => line.startsWith('token 1') && line.endsWith(' 200'));
		expect(story.findIndex((line) => line.startsWith('admitted 2'))).toBe(last + 1);
	});

	test('has the memory of requests that are done for those that come after', () => {
		const {model} = told();
		const running: number[] = [];
		for (let at = 0; at < 100_000; at += 20_000) {
			model.advance(at);
			model.submit(request(at + 1, 300, 150), at);
			model.submit(request(at + 2, 300, 150), at);
			model.advance(at + 1000);
			running.push(model.running);
		}
		expect(running).toEqual([2, 2, 2, 2, 2]);
	});

	test('does not compute again what it has of a prompt, but at least one token of it', () => {
		const {model, story} = told();
		model.submit(request(1, 40, 1, [11, 12]), 0);
		model.advance(100);
		model.submit(request(2, 40, 1, [11, 12]), 100);
		model.advance(200);
		model.submit(request(3, 2 * blockTokens, 1, [11, 12]), 200);
		model.advance(300);
		model.submit(request(4, 40, 1, [11, 99]), 300);
		model.advance(400);
		expect(story).toEqual([
			'admitted 1 0 0',
			'token 1 45 1',
			'admitted 2 100 32',
			'token 2 113 1',
			'admitted 3 200 16',
			'token 3 221 1',
			'admitted 4 300 16',
			'token 4 329 1',
		]);
	});

	test('begins nothing while its model is loaded', () => {
		const {model, story} = told();
		model.holdUntil(1000);
		model.submit(request(1, 20, 1), 0);
		model.submit(request(2, 20, 1), 500);
		model.advance(2000);
		expect(story).toEqual(['admitted 1 1000 0', 'admitted 2 1000 0', 'token 1 1045 1', 'token 2 1045 1']);
	});

	test('gives the slot of a cancelled request to the next in the queue', () => {
		const {model, story} = told({...profile, slots: 1});
		model.submit(request(1, 20, 500), 0);
		model.submit(request(2, 20, 1), 0);
		model.submit(request(3, 20, 1), 0);
		model.advance(50);
		model.cancel(1);
		model.cancel(2);
		model.advance(1000);
		expect(story.slice(-2)).toEqual(['admitted 3 55 0', 'token 3 80 1']);
		expect([model.running, model.waiting, model.kvUsage]).toEqual([0, 0, 0]);
	});

	test('takes the time of a step from straight lines between the points of its profile', () => {
		const points: Profile = {
			...profile,
			decodeStepMs: [
				[1, 10],
				[3, 20],
				[4, 22],
			],
		};
		expect([1, 2, 3, 4, 10].map((requests) => decodeStepMs(points, requests))).toEqual([10, 15, 20, 22, 34]);
		expect(decodeStepMs({...profile, decodeStepMs: [[1, 7]]}, 5)).toBe(7);
	});

	test('loses no token, never runs more than its slots hold, and admits in order, whatever arrives and leaves', () => {
		const arrival = fc.record({
			afterMs: fc.nat(200),
			prompt: fc.integer({min: 1, max: 300}),
			output: fc.integer({min: 1, max: 30}),
			leaves: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.array(arrival, {maxLength: 20}), fc.integer({min: 1, max: 5}), (arrivals, slots) => {
				const tokens = new Map<number, number>();
				const admitted: number[] = [];
				let latest = 0;
				let most = 0;
				const model = new EngineModel(
					{...profile, slots, jitter: 0.1},
					{
						admitted: (id, at) => {
							admitted.push(id);
							expect(at).toBeGreaterThanOrEqual(latest);
							latest = at;
						},
						token: (id, at, count) => {
							expect(count).toBe((tokens.get(id) ?? 0) + 1);
							expect(at).toBeGreaterThanOrEqual(latest);
							latest = at;
							tokens.set(id, count);
						},
					},
				);
				let at = 0;
				arrivals.forEach(({afterMs, prompt, output, leaves}, id) => {
					at += afterMs;
					model.advance(at);
					most = Math.max(most, model.running);
					model.submit(request(id, prompt, output), at);
					most = Math.max(most, model.running);
					if (leaves && id > 0) model.cancel(id - 1);
				});
				model.advance(1e9);
				expect(most).toBeLessThanOrEqual(slots);
				expect(admitted).toEqual([...admitted].sort((one, other) => one - other));
				arrivals.forEach(({output}, id) => {
					const left = arrivals[id + 1]?.leaves === true;
					if (!left) expect(tokens.get(id)).toBe(output);
				});
				expect([model.running, model.waiting, model.kvUsage, model.nextAt]).toEqual([0, 0, 0, undefined]);
			}),
			{numRuns: 300},
		);
	});
});
