/** What a load through the tunnel measures is what the server did, and what it says of the way is true. */

import {describe, expect, onTestFinished, test} from 'vitest';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import type {Level} from '../../source/snapshot.ts';
import {type Box, reach, startBox} from '../support/box.ts';
import {hasNetem, startNetwork} from '../support/network.ts';
import {onlySession, startProgram} from '../support/program.ts';
import {hasSshd} from '../support/sshd.ts';

/** The only level of such a load on the box; nothing is left of it. */
async function levelThrough(box: Box, args: readonly string[]): Promise<Level> {
	const client = reach(box);
	const program = startProgram(['--ssh', box.name, '--warmup', '0', '--headless', ...args], client);
	const {code, stderr} = await program.ended;
	expect({code, stderr}).toEqual({code: 0, stderr: expect.any(String)});
	const {target, levels} = await onlySession(program.place);
	expect(target.box).toEqual({name: box.name, way: 'tunnel'});
	const [level] = levels;
	if (level === undefined || levels.length > 1) throw new Error(`one level, not ${levels.length}`);
	await client.nothingLeft();
	return level;
}

describe.skipIf(!hasSshd)('A load through the tunnel', () => {
	test('of 256 streams has exactly the tokens of the server’s own counters', async () => {
		const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
		onTestFinished(() => server.stop());
		const load = ['--url', server.url, '-c', '256', '--requests', '512', '--max-tokens', '32'];
		const level = await levelThrough(await startBox(), load);
		expect(level.requests).toMatchObject({total: 512, ok: 512});
		expect(level.tokens.output).toBe(512 * 32);
		expect(level.counters).toMatchObject({generationTokens: 512 * 32, requests: 512});
		expect(level.path).toMatchObject({way: 'tunnel', idleRoundTripMs: expect.any(Number)});
		expect(level.path?.roundTripMs.count).toBeGreaterThan(0);
		expect(level.path?.lost).toBeUndefined();
		const page = await (await fetch(`${server.url}/metrics`)).text();
		expect(page).toMatch(new RegExp(`^vllm:generation_tokens_total\\S* ${512 * 32}(\\.0)?$`, 'm'));
	});

	const line = {delayMs: 50, lossPercent: 1};

	test.skipIf(!hasNetem)('over a line of 100 ms on which one packet in a hundred is lost (tc netem)', async () => {
		const network = await startNetwork();
		const box = await startBox({network});
		network.worsen(box.sshd.port, line);
		await overBadLine(box, await network.simulate({mode: 'model', profile: 'vllm-l40s'}));
	});

	test('over what TCP makes of such a line', async () => {
		const server = await startSimulator({mode: 'model', profile: 'vllm-l40s'});
		onTestFinished(() => server.stop());
		await overBadLine(await startBox({line}), Number(new URL(server.url).port));
	});
});

/** No request fails, no token is missing, the way is told, and the client is not called ok. */
async function overBadLine(box: Box, port: number): Promise<void> {
	const load = ['--url', `http://127.0.0.1:${port}`, '-c', '8', '--requests', '32', '--max-tokens', '64'];
	const level = await levelThrough(box, load);
	expect(level.requests).toMatchObject({total: 32, ok: 32});
	expect(level.tokens.output).toBe(32 * 64);
	expect(level.counters).toMatchObject({generationTokens: 32 * 64});
	// A timer may fire a little early by the finer clock.
	expect(level.path?.idleRoundTripMs).toBeGreaterThan(95);
	expect(level.path?.roundTripMs.p50).toBeGreaterThan(95);
	expect(level.verdicts.client.value).not.toBe('ok');
}
