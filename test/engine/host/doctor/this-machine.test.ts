import {describe, expect, test} from 'vitest';
import {clockFacts, judgeClock} from '../../../../source/engine/host/doctor/clock.ts';
import {judgeLimits, limitFacts} from '../../../../source/engine/host/doctor/limits.ts';
import {judgeMachine, type MachineFacts, machineFacts} from '../../../../source/engine/host/doctor/machine.ts';

const gib = 1024 ** 3;
const good: MachineFacts = {
	nodeVersion: '22.19.0',
	cores: 8,
	cpuModel: 'AMD EPYC',
	memoryBytes: 32 * gib,
	availableBytes: 20.5 * gib,
	load: 1.2,
};

describe('the machine', () => {
	test('that is large, idle and new enough is ok', () => {
		expect(judgeMachine(good)).toEqual([
			{id: 'node', state: 'ok', text: 'Node 22.19.0; 22.19 or later is needed.'},
			{id: 'cores', state: 'ok', text: '8 cores (AMD EPYC).'},
			{id: 'memory', state: 'ok', text: '32 GiB of memory, 20.5 GiB of it free.'},
		]);
	});

	test('with one busy core and little memory is told what that means', () => {
		expect(
			judgeMachine({nodeVersion: '24.0.1', cores: 1, memoryBytes: gib / 2, availableBytes: gib / 4, load: 3.25}),
		).toEqual([
			{id: 'node', state: 'ok', text: 'Node 24.0.1; 22.19 or later is needed.'},
			{
				id: 'cores',
				state: 'note',
				text: 'One core: load, view and whatever else runs here share it.',
				advice: '`llmtop selftest` tells up to how many streams it can be believed.',
			},
			{
				id: 'busy',
				state: 'note',
				text: 'Busy: 3.3 processes wanted the only core in the last minute.',
				advice: 'What is measured now may come late; a run says so itself when it did.',
			},
			{
				id: 'memory',
				state: 'note',
				text: '512 MiB of memory, 256 MiB of it free.',
				advice: 'A long run with 1,024 streams takes up to 286 MiB: end something else first.',
			},
		]);
	});

	test.each(['22.18.9', '20.19.0', '18.0.0'])('with Node %s cannot run', (nodeVersion) => {
		expect(judgeMachine({...good, nodeVersion})[0]).toEqual({
			id: 'node',
			state: 'fix',
			text: `Node ${nodeVersion}, and 22.19 or later is needed.`,
			advice: 'Newer ones are at https://nodejs.org.',
		});
	});

	test('here has cores, memory and a Node', () => {
		const facts = machineFacts();
		expect(facts.nodeVersion).toBe(process.versions.node);
		expect(facts.cores).toBeGreaterThan(0);
		expect(facts.memoryBytes).toBeGreaterThan(facts.availableBytes / 2);
	});
});

describe('limits', () => {
	test('that allow 1,024 streams are ok', () => {
		expect(judgeLimits({streams: 1_024, ports: 1_088})).toEqual([
			{id: 'descriptors', state: 'ok', text: 'File descriptors for 1,024 streams.'},
			{id: 'ports', state: 'ok', text: '1,088 local ports.'},
		]);
	});

	test('below that are to fix', () => {
		expect(judgeLimits({streams: 1_023, ports: 1_087})).toEqual([
			{
				id: 'descriptors',
				state: 'fix',
				text: 'File descriptors for 1,023 streams only.',
				advice: 'For 1,024: ulimit -Hn 1088 && ulimit -n 1088 (as root, or in limits.conf).',
			},
			{
				id: 'ports',
				state: 'fix',
				text: '1,087 local ports only: each stream needs one.',
				advice: "As root: sysctl -w net.ipv4.ip_local_port_range='32768 60999'.",
			},
		]);
	});

	test('that cannot be read are said to be so', () => {
		expect(judgeLimits({streams: Number.POSITIVE_INFINITY}).map(({state}) => state)).toEqual(['note', 'note']);
	});

	test.runIf(process.platform === 'linux')('are read here', async () => {
		const {streams, ports} = await limitFacts();
		expect(Number.isFinite(streams)).toBe(true);
		expect(ports).toBeGreaterThan(1);
	});
});

describe('the clock', () => {
	const dateMs = Date.UTC(2026, 10, 22, 8, 30);

	test('in fine steps is ok, and so is a date in which this program exists', () => {
		expect(judgeClock({stepNs: 40, readingNs: 61.5, source: 'tsc', dateMs})).toEqual([
			{id: 'clock', state: 'ok', text: 'Monotonic clock (tsc): steps of 0.04 µs, 0.06 µs a reading.'},
			{id: 'date', state: 'ok', text: 'System date 2026-11-22 08:30:00 UTC: names sessions, times nothing.'},
		]);
	});

	test('that is coarse, slow to read or far in the past is noted', () => {
		const notes = [
			{stepNs: 15_600_000, readingNs: 30, dateMs},
			{stepNs: 70, readingNs: 3_400, source: 'hpet', dateMs},
			{stepNs: 70, readingNs: 3_400, dateMs},
			{stepNs: 40, readingNs: 60, dateMs: 0},
		].map((facts) => judgeClock(facts).filter(({state}) => state === 'note'));
		expect(notes.map((checks) => checks.map(({advice}) => advice))).toEqual([
			['Too coarse for gaps between tokens: measure from another machine.'],
			["Slow to read: hpet is a fallback; `dmesg` says why the kernel gave up the processor's own counter."],
			['Slow to read, and it is read for every piece of an answer: at many streams that costs.'],
			['It is in the past: set it, or sessions sort wrongly and TLS fails.'],
		]);
	});

	test('here moves', async () => {
		const {stepNs, readingNs} = await clockFacts();
		expect(stepNs).toBeGreaterThan(0);
		expect(Number.isFinite(stepNs)).toBe(true);
		expect(readingNs).toBeGreaterThan(0);
	});
});
