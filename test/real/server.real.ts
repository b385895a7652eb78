import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Api, LoadConfig} from '../../source/config.ts';
import {type ResolvedTarget, resolveTarget} from '../../source/engine/target.ts';
import type {Level, Session} from '../../source/snapshot.ts';
import {expectFinite, expectSound} from '../support/levels.ts';
import {configOf, startRun} from '../support/runs.ts';

const url = (process.env.LLMTOP_TEST_URL ?? '').replace(/\/+$/, '').replace(/\/v1$/, '');
const model = process.env.LLMTOP_TEST_MODEL;
const engine = process.env.LLMTOP_TEST_ENGINE;
const maxTokens = 64;
const streams = [1, 8, 32] as const;
const warmupTokens = 16;

const lines: string[] = [];
let target: ResolvedTarget;

beforeAll(async () => {
	const named = model === undefined ? {} : {model};
	target = await resolveTarget(configOf(url, {load: {mode: 'burst', levels: [1]}, target: named}).target, process.env);
	await target.close();
});
afterAll(() => {
	console.log(lines.join('\n'));
});

async function load(options: {
	readonly load: LoadConfig;
	readonly api: Api;
	readonly requests?: number;
	readonly stream?: boolean;
	readonly warmup?: number;
}): Promise<Session> {
	const {session} = await startRun(
		url,
		{
			load: options.load,
			limits: {
				warmup: options.warmup ?? 0,
				stream: options.stream ?? true,
				...(options.requests === undefined ? {} : {requests: options.requests}),
			},
			work: {prompt: 'Write a long text about AI.', maxTokens, seed: Math.floor(Math.random() * 2 ** 31)},
			target: {api: options.api, ...(model === undefined ? {} : {model})},
		},
		{environment: process.env},
	);
	return session;
}

/** What must be true of a level on any healthy server. */
function expectHealthy(level: Level | undefined, requests: number): void {
	if (level === undefined) throw new Error('the level is missing');
	const records = [...level.records];
	expectSound({summary: level, records});
	expectFinite(level);
	const failures = records.flatMap(({outcome, error}) => (outcome === 'ok' ? [] : [`${outcome}: ${error}`]));
	expect(failures).toEqual([]);
	expect(level.requests).toMatchObject({total: requests, ok: requests});
	expect(level.tokens.source === 'usage' || level.tokens.source === 'engine').toBe(true);
	expect(level.tokens.input).toBeGreaterThan(0);
	expect(level.verdicts.cache.value).not.toBe('warm');
	if (!target.adapter.exactLength.possible) return;
	expect(records.map(({outputTokens}) => outputTokens)).toEqual(records.map(() => maxTokens));
	expect(level.verdicts.length.value).toBe('honoured');
}

const milliseconds = (value: number | undefined): string => (value === undefined ? '-' : `${value.toFixed(1)} ms`);

test('The engine is recognised', () => {
	const {engine: name, engineVersion, model: served, evidence} = target.target;
	lines.push(`${name} ${engineVersion ?? ''}, model ${served}: ${evidence}`);
	expect(evidence).not.toBe('');
	if (engine !== undefined) expect(name).toBe(engine);
});

describe('Every API of the server', () => {
	test.each(streams)('answers a burst of %i with exact counts', async (count) => {
		for (const api of Object.keys(target.adapter.apis) as Api[]) {
			const {levels} = await load({load: {mode: 'burst', levels: [count]}, api});
			const [level] = levels;
			expectHealthy(level, count);
			expect(level?.ttftMs.count).toBe(count);
			expect(level?.tpotMs.count).toBe(count);
			lines.push(
				`${api}, ${count} at once: ${level?.tokens.output} tokens, ${level?.throughput.whole.outputTokensPerSecond?.toFixed(0)} tokens/s, TTFT ${milliseconds(level?.ttftMs.mean)}, TPOT ${milliseconds(level?.tpotMs.mean)}`,
			);
		}
	});

	test('is held at its streams in a closed loop', async () => {
		for (const api of Object.keys(target.adapter.apis) as Api[]) {
			const {levels} = await load({load: {mode: 'closed', levels: [8]}, requests: 24, api});
			expectHealthy(levels[0], 24);
		}
	});

	test('answers without streaming, too', async () => {
		for (const api of Object.keys(target.adapter.apis) as Api[]) {
			const {levels} = await load({load: {mode: 'burst', levels: [8]}, stream: false, api});
			expectHealthy(levels[0], 8);
			expect(levels[0]?.e2eMs.count).toBe(8);
			expect(levels[0]?.ttftMs.count).toBe(0);
		}
	});
});

/** The sum over all label sets of a counter of `GET /metrics`. */
async function counter(name: string): Promise<number> {
	const text = await (await fetch(`${url}/metrics`)).text();
	return [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].reduce(
		(sum, match) => sum + Number(match[1]),
		0,
	);
}

const counters = {
	generated: 'vllm:generation_tokens_total',
	prompts: 'vllm:prompt_tokens_total',
	ttftSum: 'vllm:time_to_first_token_seconds_sum',
	ttftCount: 'vllm:time_to_first_token_seconds_count',
} as const;

async function allCounters(): Promise<Record<keyof typeof counters, number>> {
	const [generated, prompts, ttftSum, ttftCount] = await Promise.all([
		counter(counters.generated),
		counter(counters.prompts),
		counter(counters.ttftSum),
		counter(counters.ttftCount),
	]);
	return {generated, prompts, ttftSum, ttftCount};
}

describe('vLLM’s own counters', () => {
	test.for(streams)('agree with ours at %i streams', async (count, {skip}) => {
		if (target.adapter.name !== 'vllm') skip('the server is no vLLM');
		const before = await allCounters();
		const {levels} = await load({load: {mode: 'closed', levels: [count]}, requests: 2 * count, api: 'chat'});
		const [level] = levels;
		expectHealthy(level, 2 * count);
		await expect
			.poll(() => counter(counters.generated).then((now) => now - before.generated), {timeout: 10_000})
			.toBe(level?.tokens.output);
		const after = await allCounters();
		expect(after.prompts - before.prompts).toBe(level?.tokens.input);
		expect(after.ttftCount - before.ttftCount).toBe(2 * count);
		expect(level?.verdicts.cache.value).toBe('cold');
		const served = ((after.ttftSum - before.ttftSum) * 1000) / (after.ttftCount - before.ttftCount);
		lines.push(
			`TTFT at ${count} streams: ${milliseconds(level?.ttftMs.mean)} here, ${milliseconds(served)} in the server (means of ${2 * count})`,
		);
	});

	test('count the warm-up, which our level does not', async ({skip}) => {
		if (target.adapter.name !== 'vllm') skip('the server is no vLLM');
		const before = await counter(counters.generated);
		const {levels} = await load({load: {mode: 'closed', levels: [8]}, requests: 8, warmup: 3, api: 'chat'});
		expectHealthy(levels[0], 8);
		await expect
			.poll(() => counter(counters.generated).then((now) => now - before), {timeout: 10_000})
			.toBe((levels[0]?.tokens.output ?? 0) + 3 * warmupTokens);
	});
});
