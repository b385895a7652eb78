/** The machine that measures: Node, cores, memory, and what else they do. */

import {loadavg} from 'node:os';
import type {HostFacts} from '../../../snapshot.ts';
import {hostFacts} from '../host-facts.ts';
import {isEnough, leastNode} from '../node-version.ts';
import {type Check, count, memory} from './check.ts';

export interface MachineFacts extends Pick<HostFacts, 'nodeVersion' | 'cores' | 'cpuModel' | 'memoryBytes'> {
	/** Memory that this process may still have, limits of its container included. */
	readonly availableBytes: number;
	/** Processes that wanted a core, mean of the last minute; absent on Windows, which has no such figure. */
	readonly load?: number;
}

export function machineFacts(): MachineFacts {
	const {nodeVersion, cores, cpuModel, memoryBytes} = hostFacts();
	const constrained = process.constrainedMemory();
	const [load] = loadavg();
	return {
		nodeVersion,
		cores,
		...(cpuModel === undefined ? {} : {cpuModel}),
		memoryBytes: constrained > 0 ? Math.min(memoryBytes, constrained) : memoryBytes,
		availableBytes: process.availableMemory(),
		...(process.platform === 'win32' || load === undefined ? {} : {load}),
	};
}

/** A run with 1,024 streams and the view took 215 MB, one of many levels 295 (source/README.md). */
const comfortableBytes = 512 * 1024 ** 2;

export function judgeMachine(facts: MachineFacts): readonly Check[] {
	return [judgeNode(facts.nodeVersion), judgeCores(facts), judgeLoad(facts), judgeMemory(facts)].filter(
		(check) => check !== undefined,
	);
}

function judgeNode(version: string): Check {
	const needed = `${leastNode} or later is needed`;
	if (isEnough(version)) return {id: 'node', state: 'ok', text: `Node ${version}; ${needed}.`};
	return {
		id: 'node',
		state: 'fix',
		text: `Node ${version}, and ${needed}.`,
		advice: 'Newer ones are at https://nodejs.org.',
	};
}

function judgeCores({cores, cpuModel}: MachineFacts): Check {
	const model = cpuModel === undefined ? '' : ` (${cpuModel})`;
	if (cores > 1) return {id: 'cores', state: 'ok', text: `${count(cores)} cores${model}.`};
	return {
		id: 'cores',
		state: 'note',
		text: `One core${model}: load, view and whatever else runs here share it.`,
		advice: '`llmtop selftest` tells up to how many streams it can be believed.',
	};
}

function judgeLoad({load, cores}: MachineFacts): Check | undefined {
	if (load === undefined || load < cores) return undefined;
	return {
		id: 'busy',
		state: 'note',
		text: `Busy: ${load.toFixed(1)} processes wanted the ${cores === 1 ? 'only core' : `${count(cores)} cores`} in the last minute.`,
		advice: 'What is measured now may come late; a run says so itself when it did.',
	};
}

function judgeMemory({memoryBytes, availableBytes}: MachineFacts): Check {
	const text = `${memory(memoryBytes)} of memory, ${memory(availableBytes)} of it free.`;
	if (availableBytes >= comfortableBytes) return {id: 'memory', state: 'ok', text};
	return {
		id: 'memory',
		state: 'note',
		text,
		advice: `A long run with 1,024 streams takes up to ${memory(300e6)}: end something else first.`,
	};
}
