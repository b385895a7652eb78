/** What is on a box that is reached over SSH, and how good the way to it is: what watching and loading it will find. */

import type {HostReading, RoundTrips} from '../../../snapshot.ts';
import type {BoxFacts} from '../../ssh/remote-machine.ts';
import type {SshOption} from '../../ssh/ssh-options.ts';
import {isEnough, leastNode} from '../node-version.ts';
import {type Check, count, memory} from './check.ts';

/** What one event of a stream weighs on the wire, bytes: vLLM's chat completions as recorded, 222 to 248. */
const eventBytes = 250;
/** Tokens a second that one GPU under load makes, and more. */
const manyTokens = 10_000;
/** Streams that a server should be able to hold. */
const streams = 1_024;
/** Its own files, libraries and workers. */
const spareFiles = 256;
/** A clock that is further off gives the lines of its log other times than ours. */
const offMs = 1_000;

/** What ssh makes of a destination's name, its configuration and ours; its own defaults are not told. */
export function judgeSshOptions(options: readonly SshOption[]): readonly Check[] {
	const told = options.filter(({name, value}) => !isDefault(name, value));
	if (told.length === 0) return [];
	return [
		{
			id: 'box-options',
			state: 'ok',
			text: `In force: ${told.map(({name, value}) => `${name} ${value}`).join(', ')}.`,
		},
	];
}

/** Where ssh looks for keys and hosts when nobody says where (ssh_config(5)). */
function isDefault(name: string, value: string): boolean {
	if (name === 'userknownhostsfile') return /^\S*\/\.ssh\/known_hosts \S*\/\.ssh\/known_hosts2$/.test(value);
	return name === 'identityfile' && /^~\/\.ssh\/id_\w+(?:, ~\/\.ssh\/id_\w+)+$/.test(value);
}

/** Round trip, bandwidth, clock. `trips`: some, without a load. */
export function judgeBoxWay(facts: BoxFacts, trips: RoundTrips): readonly Check[] {
	return [judgeRoundTrip(trips), ...judgeBandwidth(facts), ...judgeBoxClock(facts)];
}

function judgeRoundTrip({p50, max, count: trips}: RoundTrips): Check {
	const id = 'box-round-trip';
	if (p50 === undefined) return {id, state: 'note', text: 'The round trip could not be measured.'};
	const worst = max === undefined || trips < 2 ? '' : ` (the longest of ${trips}: ${max.toFixed(1)} ms)`;
	return {
		id,
		state: 'ok',
		text: `Round trip ${p50.toFixed(1)} ms${worst}: through the tunnel it is part of each TTFT.`,
	};
}

function judgeBandwidth({bytesPerSecond}: BoxFacts): readonly Check[] {
	if (bytesPerSecond === undefined) return [];
	const tokens = bytesPerSecond / eventBytes;
	const rate = (bytesPerSecond / 1e6).toFixed(1);
	const text = `${rate} MB/s from there through the connection: about ${count(Number(tokens.toPrecision(2)))} tokens a second as events.`;
	if (tokens >= manyTokens) return [{id: 'box-bandwidth', state: 'ok', text}];
	const advice = 'A server that makes more is measured from the box itself (--load-there), not through the tunnel.';
	return [{id: 'box-bandwidth', state: 'note', text, advice}];
}

function judgeBoxClock({clock}: BoxFacts): readonly Check[] {
	if (clock === undefined) return [];
	const off = Math.abs(clock.aheadMs);
	const doubt = `± ${seconds(clock.withinMs)}`;
	if (off <= clock.withinMs) return [{id: 'box-clock', state: 'ok', text: `Its clock is as ours (${doubt}).`}];
	const text = `Its clock is ${seconds(off)} ${clock.aheadMs > 0 ? 'ahead of' : 'behind'} ours (${doubt}).`;
	if (off - clock.withinMs <= offMs) return [{id: 'box-clock', state: 'ok', text}];
	return [{id: 'box-clock', state: 'note', text, advice: 'Nothing is timed by it, but its log tells other times.'}];
}

function seconds(ms: number): string {
	return ms < 1_000 ? `${Math.ceil(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** sshd's words when it does not open connections for forwards. */
const isForbidden = /prohibited|disabled/;

/** `refusal`: sshd's word when it was last asked for a connection to a port; absent: it had none, and opened it. */
export function judgeForwarding(refusal: string | undefined): Check {
	const id = 'box-forwarding';
	if (refusal === undefined || !isForbidden.test(refusal)) {
		return {id, state: 'ok', text: 'HTTP goes through the connection to its own ports.'};
	}
	return {
		id,
		state: 'fix',
		text: `Its sshd lets no HTTP through: ${refusal}.`,
		advice: 'AllowTcpForwarding yes in its sshd_config; or --direct, or --load-there, which need no forwarding.',
	};
}

/** System, what it has and how busy it is, limits, folders, Node. */
export function judgeBox(facts: BoxFacts, host: HostReading | undefined): readonly Check[] {
	const {system, hostname, loginShell, isLate} = facts;
	const shell = loginShell === undefined ? '' : `, login shell ${loginShell}`;
	const known: Check[] =
		system === undefined
			? []
			: [{id: 'box-system', state: 'ok', text: `${hostname ?? facts.name}: ${system}${shell}.`}];
	if (isLate) known.push({id: 'box-late', state: 'note', text: 'It did not tell all in time.'});
	if (system === undefined) return known;
	return [...known, ...judgeHost(host), ...judgeFiles(facts), ...judgeBoxFolders(facts), judgeNode(facts)];
}

function judgeHost({cores, memoryUsedBytes, memoryTotalBytes, load1}: Partial<HostReading> = {}): readonly Check[] {
	const parts = [
		...(cores === undefined ? [] : [cores === 1 ? 'one core' : `${count(cores)} cores`]),
		...(memoryTotalBytes === undefined ? [] : [memoryText(memoryUsedBytes, memoryTotalBytes)]),
		...(load1 === undefined ? [] : [`load ${load1.toFixed(1)}`]),
	];
	return parts.length === 0 ? [] : [{id: 'box-host', state: 'ok', text: `It has ${parts.join(', ')}.`}];
}

function memoryText(usedBytes: number | undefined, totalBytes: number): string {
	const total = `${memory(totalBytes)} of memory`;
	return usedBytes === undefined ? total : `${memory(usedBytes)} of ${total} used`;
}

function judgeFiles({openFiles: {soft} = {}}: BoxFacts): readonly Check[] {
	if (soft === undefined) return [];
	const id = 'box-descriptors';
	const text = Number.isFinite(soft) ? `${count(soft)} open files for a process.` : 'No limit of open files.';
	if (soft >= streams + spareFiles) return [{id, state: 'ok', text}];
	return [
		{
			id,
			state: 'note',
			text,
			advice: `A server has one for each stream: \`ulimit -n 65536\` before it is started, or LimitNOFILE= in its unit.`,
		},
	];
}

function judgeBoxFolders({writableHome, writableTmp}: BoxFacts): readonly Check[] {
	if (writableHome || writableTmp) return [];
	const text = 'Neither its home folder nor its folder for temporary files can be written to.';
	return [{id: 'box-folders', state: 'note', text, advice: 'Needed to start a server or run a load there.'}];
}

function judgeNode({programs}: BoxFacts): Check {
	const id = 'box-node';
	const advice = `Needed only for --load-there: Node ${leastNode} or later.`;
	const {path, version} = programs.find(({name}) => name === 'node') ?? {};
	if (path === undefined)
		return {id, state: 'note', text: 'No Node on its PATH, nor where it is usually installed.', advice};
	if (version === undefined) return {id, state: 'note', text: `Node at ${path} does not tell its version.`, advice};
	const text = `Node ${version}: ${path}.`;
	return isEnough(version) ? {id, state: 'ok', text} : {id, state: 'note', text, advice};
}

/** Engines' programs. */
export function judgeBoxEngines({programs, path}: BoxFacts): readonly Check[] {
	const engines = programs.filter(({name}) => name !== 'node');
	if (engines.length === 0) {
		const where = path === undefined ? 'its PATH' : `its PATH, ${path}, nor where they are usually installed`;
		return [
			{id: 'box-engines', state: 'note', text: `No engine on ${where}.`, advice: 'Needed only to start one there.'},
		];
	}
	return engines.map(({name, version, path: file, isOnPath}) => {
		const id = `box-engine-${name}`;
		const title = version === undefined ? name : `${name} ${version}`;
		if (isOnPath) return {id, state: 'ok', text: `${title}: ${file}.`};
		return {
			id,
			state: 'note',
			text: `${title} is at ${file}, which is not on the PATH of a command over SSH.`,
			advice: 'llmtop finds it there; a link in /usr/local/bin helps others.',
		};
	});
}
