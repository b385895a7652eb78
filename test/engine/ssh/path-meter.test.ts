import {fileURLToPath} from 'node:url';
import {describe, expect, onTestFinished, test} from 'vitest';
import {now} from '../../../source/clock.ts';
import {startSimulator} from '../../../source/engine/simulator/start.ts';
import {Box} from '../../../source/engine/ssh/box.ts';
import {PathMeter} from '../../../source/engine/ssh/path-meter.ts';
import {pathFindings} from '../../../source/metrics/path-findings.ts';
import {present} from '../../../source/metrics/present.ts';
import {parseDestination} from '../../../source/options/destination.ts';
import type {Level} from '../../../source/snapshot.ts';
import {until} from '../../support/program.ts';
import {endedRun, startRun} from '../../support/runs.ts';
import {connectTo} from '../../support/ssh-connection.ts';
import {hasSshd, startSshd, type TestSshd} from '../../support/sshd.ts';

const slowLine = fileURLToPath(new URL('../../support/slow-line.ts', import.meta.url));

/** A client's line for its ssh configuration. */
function over({bytesPerSecond, delayMs}: {readonly bytesPerSecond: number; readonly delayMs: number}): string {
	return `ProxyCommand ${process.execPath} ${slowLine} %p ${bytesPerSecond} ${delayMs}`;
}

async function openBox(sshd: TestSshd): Promise<Box> {
	const box = await Box.open({
		destination: parseDestination(sshd.name),
		environment: process.env,
		signal: new AbortController().signal,
		sshArguments: sshd.sshArguments,
		way: 'tunnel',
		interactive: false,
	});
	onTestFinished(() => box.close());
	return box;
}

/** A server that gives each stream 50 tokens a second. */
async function startServer(): Promise<string> {
	const server = await startSimulator({mode: 'timetable', firstMs: 50, gapMs: 20});
	onTestFinished(() => server.stop());
	return server.url;
}

const tunnelWaits = /a round trip through the tunnel took [\d,]+ ms at the median, 1\d ms without load/i;

function onlyLevel(levels: readonly Level[]): Level {
	const [level] = levels;
	if (level === undefined || levels.length > 1) throw new Error(`${levels.length} levels`);
	return level;
}

const load = (streams: number) => ({mode: 'closed', levels: [streams]}) as const;

describe.runIf(hasSshd)('a load over SSH', () => {
	test('through a quick tunnel measures the server: the round trip stands beside its TTFT', async () => {
		const url = await startServer();
		const box = await openBox(await startSshd());
		const run = await startRun(url, {load: load(16), limits: {durationMs: 3_000}, work: {maxTokens: 40}}, {box});
		const {target, levels} = await endedRun(run);
		expect(target).toMatchObject({url, box: {name: box.name, way: 'tunnel'}});
		const {path, verdicts, tokens, ttftMs, gapUs} = onlyLevel(levels);
		if (path === undefined) throw new Error('no way was measured');
		expect(path).toEqual({
			way: 'tunnel',
			idleRoundTripMs: expect.any(Number),
			roundTripMs: expect.objectContaining({p50: expect.any(Number), max: expect.any(Number)}),
			receivedBytesPerSecond: expect.any(Number),
			...(process.platform === 'linux' ? {sshCpuRatio: expect.any(Number)} : {}),
		});
		expect(path.receivedBytesPerSecond).toBeGreaterThan(tokens.output);
		// On a machine that is busy with other things a round trip waits here too, and that is said.
		const waits = pathFindings(present({...path, ttftMs: ttftMs.p50, gapMs: gapUs.mean && gapUs.mean / 1000}));
		expect(waits.filter(({text}) => text.includes('lost'))).toEqual([]);
		const {idleRoundTripMs: idle = 0, roundTripMs} = path;
		if ((roundTripMs.max ?? 0) - idle < 10) expect(waits).toEqual([]);
		if (waits.length === 0) expect(verdicts.client.reason).not.toMatch(/a round trip .* took|connection/i);
	});

	test('through a tunnel that is too narrow measures the tunnel, and is called so, at once and in the end', async () => {
		const url = await startServer();
		const sshd = await startSshd({client: [over({bytesPerSecond: 100_000, delayMs: 5})]});
		const box = await openBox(sshd);
		const run = await startRun(url, {load: load(64), limits: {durationMs: 4_000}, work: {maxTokens: 40}}, {box});
		const client = () => run.run.snapshot().level?.verdicts.client;
		await until(
			() => client()?.value === 'client-limited' && tunnelWaits.test(client()?.reason ?? ''),
			() => JSON.stringify(client()),
		);
		const {path, verdicts} = onlyLevel((await endedRun(run)).levels);
		expect(verdicts.client).toEqual({value: 'client-limited', reason: expect.stringMatching(tunnelWaits)});
		expect(path?.idleRoundTripMs).toBeGreaterThanOrEqual(10);
		expect(path?.roundTripMs.max).toBeGreaterThan(1_000);
		expect(path?.receivedBytesPerSecond).toBeLessThan(100_000);
	});

	test('that is lost in the middle says so, and goes on when it is back', async () => {
		const url = await startServer();
		const sshd = await startSshd();
		const box = await openBox(sshd);
		const run = await startRun(url, {load: load(4), limits: {requests: 60, retry: 1}, work: {maxTokens: 20}}, {box});
		await until(
			() => (run.run.snapshot().level?.requests.ok ?? 0) >= 4,
			() => 'Nothing has ended.',
		);
		await sshd.cut();
		const {path, verdicts, requests} = onlyLevel((await endedRun(run)).levels);
		expect(path?.lost).toEqual({times: 1, ms: expect.any(Number)});
		expect(verdicts.client.value).toBe('client-limited');
		expect(verdicts.client.reason).toContain('he SSH connection was lost once, for ');
		expect(requests.failed).toBeGreaterThan(0);
		expect(Object.keys(requests.byOutcome).toSorted()).toEqual(expect.arrayContaining(['ok']));
	});

	test('with HTTP of its own tells of the round trips and not of the tunnel', async () => {
		const connection = await connectTo(await startSshd());
		const meter = new PathMeter(connection, 'direct');
		onTestFinished(() => meter.close());
		await meter.begin();
		const fromMs = now();
		const {count} = connection.roundTrips;
		await until(
			() => connection.roundTrips.count > count + 3,
			() => 'Round trips are not measured.',
		);
		const toMs = now();
		expect(meter.soFar(fromMs)).toMatchObject({way: 'direct', roundTripMs: {max: expect.any(Number)}});
		const path = await meter.end({fromMs, toMs});
		expect(path).toEqual({
			way: 'direct',
			idleRoundTripMs: expect.any(Number),
			roundTripMs: {...connection.roundTrips.summary(fromMs, toMs), count: expect.any(Number)},
		});
		expect(path.roundTripMs.count).toBeGreaterThanOrEqual(3);
	});

	test('that stands still at the end of a level counts with the time that was waited for it', async () => {
		const sshd = await startSshd();
		const connection = await connectTo(sshd);
		const meter = new PathMeter(connection, 'tunnel');
		onTestFinished(() => meter.close());
		await meter.begin();
		const fromMs = now();
		const master = connection.masterPid ?? 0;
		process.kill(master, 'SIGSTOP');
		onTestFinished(() => void process.kill(master, 'SIGCONT'));
		await until(
			() => now() - (connection.roundTrips.sentAt ?? now()) > 400,
			() => 'All round trips come back.',
		);
		const path = await meter.end({fromMs, toMs: now()});
		expect(path.roundTripMs.max).toBeGreaterThan(4_900);
	});
});
