import {describe, expect, test} from 'vitest';
import {
	judgeBox,
	judgeBoxEngines,
	judgeBoxWay,
	judgeForwarding,
	judgeSshOptions,
} from '../../../../source/engine/host/doctor/box.ts';
import type {BoxFacts} from '../../../../source/engine/ssh/remote-machine.ts';
import type {HostReading, RoundTrips} from '../../../../source/snapshot.ts';

const gib = 1024 ** 3;
const good: BoxFacts = {
	name: 'me@gpu-box',
	system: 'Linux 6.1.0 x86_64',
	hostname: 'gpu-box',
	path: '/usr/bin:/bin',
	loginShell: '/usr/bin/fish',
	writableHome: true,
	writableTmp: true,
	openFiles: {soft: 65_536},
	programs: [
		{name: 'vllm', path: '/usr/bin/vllm', isOnPath: true, version: '0.11.0'},
		{name: 'ollama', path: '/usr/bin/ollama', isOnPath: true},
		{name: 'node', path: '/usr/bin/node', isOnPath: true, version: '22.19.0'},
	],
	nvidiaDriver: true,
	clock: {aheadMs: 12, withinMs: 20},
	bytesPerSecond: 50e6,
	isLate: false,
};
const trips: RoundTrips = {count: 5, mean: 41, p50: 40.25, max: 44.04};
const host: HostReading = {
	name: 'me@gpu-box',
	cores: 32,
	memoryUsedBytes: 12 * gib,
	memoryTotalBytes: 256 * gib,
	load1: 1.25,
	ageMs: 900,
};

/** State and text of each, by its id. */
function all(
	facts: BoxFacts,
	seen: {readonly trips: RoundTrips; readonly host?: HostReading} = {trips, host},
): Readonly<Record<string, readonly [string, string]>> {
	const checks = [...judgeBoxWay(facts, seen.trips), ...judgeBox(facts, seen.host), ...judgeBoxEngines(facts)];
	return Object.fromEntries(checks.map(({id, state, text}) => [id, [state, text]]));
}

describe('what the doctor says of a box', () => {
	test('is that all is well where it is', () => {
		expect(all(good)).toEqual({
			'box-round-trip': [
				'ok',
				'Round trip 40.3 ms (the longest of 5: 44.0 ms): through the tunnel it is part of each TTFT.',
			],
			'box-bandwidth': ['ok', '50.0 MB/s from there through the connection: about 200,000 tokens a second as events.'],
			'box-clock': ['ok', 'Its clock is as ours (± 20 ms).'],
			'box-system': ['ok', 'gpu-box: Linux 6.1.0 x86_64, login shell /usr/bin/fish.'],
			'box-host': ['ok', 'It has 32 cores, 12 GiB of 256 GiB of memory used, load 1.3.'],
			'box-descriptors': ['ok', '65,536 open files for a process.'],
			'box-node': ['ok', 'Node 22.19.0: /usr/bin/node.'],
			'box-engine-vllm': ['ok', 'vllm 0.11.0: /usr/bin/vllm.'],
			'box-engine-ollama': ['ok', 'ollama: /usr/bin/ollama.'],
		});
	});

	test('is what it lacks, with what that is needed for', () => {
		const poor: BoxFacts = {
			...good,
			writableHome: false,
			writableTmp: false,
			openFiles: {soft: 1_024},
			programs: [{name: 'vllm', path: '/home/me/.local/bin/vllm', isOnPath: false}],
			clock: {aheadMs: -90_000, withinMs: 500},
			bytesPerSecond: 1e6,
			isLate: true,
		};
		expect(all(poor, {trips: {count: 0}})).toEqual({
			'box-round-trip': ['note', 'The round trip could not be measured.'],
			'box-bandwidth': ['note', '1.0 MB/s from there through the connection: about 4,000 tokens a second as events.'],
			'box-clock': ['note', 'Its clock is 90.0 s behind ours (± 500 ms).'],
			'box-system': ['ok', 'gpu-box: Linux 6.1.0 x86_64, login shell /usr/bin/fish.'],
			'box-late': ['note', 'It did not tell all in time.'],
			'box-descriptors': ['note', '1,024 open files for a process.'],
			'box-folders': ['note', 'Neither its home folder nor its folder for temporary files can be written to.'],
			'box-node': ['note', 'No Node on its PATH, nor where it is usually installed.'],
			'box-engine-vllm': [
				'note',
				'vllm is at /home/me/.local/bin/vllm, which is not on the PATH of a command over SSH.',
			],
		});
	});

	test('is little of one that told nothing in time', () => {
		const silent: BoxFacts = {
			name: 'me@gpu-box',
			writableHome: false,
			writableTmp: false,
			programs: [],
			nvidiaDriver: false,
			isLate: true,
		};
		expect(all(silent, {trips: {count: 0}})).toEqual({
			'box-round-trip': ['note', 'The round trip could not be measured.'],
			'box-late': ['note', 'It did not tell all in time.'],
			'box-engines': ['note', 'No engine on its PATH.'],
		});
	});

	test.each([
		['22.18.9', 'note'],
		['22.19.0', 'ok'],
		['24.0.0', 'ok'],
	])('takes Node %s as %s', (version, state) => {
		const programs = [{name: 'node', path: '/usr/bin/node', isOnPath: true, version}];
		expect(all({...good, programs})['box-node']?.[0]).toBe(state);
	});

	test('is to fix where its sshd lets no HTTP through, and says what does without', () => {
		expect(judgeForwarding(undefined).state).toBe('ok');
		expect(judgeForwarding('connect failed: Connection refused').state).toBe('ok');
		expect(judgeForwarding('administratively prohibited: open failed')).toEqual({
			id: 'box-forwarding',
			state: 'fix',
			text: 'Its sshd lets no HTTP through: administratively prohibited: open failed.',
			advice: 'AllowTcpForwarding yes in its sshd_config; or --direct, or --load-there, which need no forwarding.',
		});
	});
});

describe('the options of ssh that are in force', () => {
	test('are named, but for the places where ssh looks by itself', () => {
		const options = [
			{name: 'hostname', value: '10.0.0.7'},
			{name: 'proxyjump', value: 'gate'},
			{name: 'identityfile', value: '~/.ssh/id_rsa, ~/.ssh/id_ecdsa, ~/.ssh/id_ed25519_sk'},
			{name: 'userknownhostsfile', value: '/home/me/.ssh/known_hosts /home/me/.ssh/known_hosts2'},
		];
		expect(judgeSshOptions(options)).toEqual([
			{id: 'box-options', state: 'ok', text: 'In force: hostname 10.0.0.7, proxyjump gate.'},
		]);
		expect(judgeSshOptions(options.slice(2))).toEqual([]);
	});

	test('have the key and the known hosts that somebody has chosen', () => {
		const options = [
			{name: 'identityfile', value: '~/.ssh/id_work'},
			{name: 'userknownhostsfile', value: '/dev/null'},
		];
		expect(judgeSshOptions(options)[0]?.text).toBe(
			'In force: identityfile ~/.ssh/id_work, userknownhostsfile /dev/null.',
		);
	});
});
