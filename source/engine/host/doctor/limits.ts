/** Whether this machine lets one process hold 1,024 streams open. */

import {readFile} from 'node:fs/promises';
import {mostStreams} from '../../limits.ts';
import {type Check, count} from './check.ts';

/** What a machine should be able to hold. */
const streams = 1_024;
/** Ports beside those of the streams: others on this machine need some to the same server. */
const sparePorts = 64;

export interface LimitFacts {
	/** Streams that the file descriptors allow; Infinity where the limit cannot be read. */
	readonly streams: number;
	/** Ports for outgoing connections; absent where they cannot be read (not Linux). */
	readonly ports?: number;
}

export async function limitFacts(): Promise<LimitFacts> {
	const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '');
	const [, first, last] = /^\s*(\d+)\s+(\d+)/.exec(range) ?? [];
	return {
		streams: await mostStreams(),
		...(first === undefined || last === undefined ? {} : {ports: Number(last) - Number(first) + 1}),
	};
}

export function judgeLimits(facts: LimitFacts): readonly Check[] {
	return [judgeDescriptors(facts.streams), judgePorts(facts.ports)];
}

function judgeDescriptors(allowed: number): Check {
	const id = 'descriptors';
	if (!Number.isFinite(allowed)) {
		return {id, state: 'note', text: 'The limit of open files cannot be read on this system.'};
	}
	if (allowed >= streams) return {id, state: 'ok', text: `File descriptors for ${count(allowed)} streams.`};
	const needed = streams + 64;
	return {
		id,
		state: 'fix',
		text: `File descriptors for ${count(allowed)} streams only.`,
		advice: `For ${count(streams)}: ulimit -Hn ${needed} && ulimit -n ${needed} (as root, or in limits.conf).`,
	};
}

/** Each connection to one server has a port of its own. */
function judgePorts(ports: number | undefined): Check {
	const id = 'ports';
	if (ports === undefined) return {id, state: 'note', text: 'The range of local ports cannot be read on this system.'};
	if (ports >= streams + sparePorts) return {id, state: 'ok', text: `${count(ports)} local ports.`};
	return {
		id,
		state: 'fix',
		text: `${count(ports)} local ports only: each stream needs one.`,
		advice: "As root: sysctl -w net.ipv4.ip_local_port_range='32768 60999'.",
	};
}
