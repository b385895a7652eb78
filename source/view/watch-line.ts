/** The text mode of watching: a line for each server, with the view's numbers in the view's words. */

import {clockTime, missing} from '../format.ts';
import type {
	HostReading,
	LinkReading,
	Quantiles,
	ServerPart,
	ServerReading,
	Snapshot,
	WatchedServer,
} from '../snapshot.ts';
import {hasBoxes} from './boxes.ts';
import {figure} from './figures.ts';
import {gpuNotes} from './gpu-notes.ts';
import {gpuSummaryLine} from './gpu-small.ts';
import {hostWords, isHostStale} from './host-pane.ts';
import {downText, linkChanges, whyText} from './link-words.ts';
import {notesOf as notesOfBoxes} from './notes-pane.ts';
import {ageText} from './pane.ts';
import {countersOf, isServerStale, isTold} from './server-figures.ts';
import {outside} from './text.ts';

/** Wide enough for all that is said of the GPUs. */
const gpuWidth = 160;

/** What is new to know, each once, then a line for each server and one for all GPUs. */
export function watchLines(previous: Snapshot | undefined, next: Snapshot): string[] {
	const time = clockTime(next.atMs);
	const before = previous === undefined ? [] : notesOf(previous);
	const fresh = [...linkChanges(previous, next), ...notesOf(next).filter((note) => !before.includes(note))];
	return [
		...fresh.map((note) => `note: ${outside(note)}`),
		...machinesOf(next).flatMap((machine) => machineLines(machine).map((line) => `${time} ${line}`)),
	];
}

interface Machine extends Pick<Snapshot, 'gpu' | 'host'> {
	/** Absent: this one. */
	readonly link?: LinkReading;
	readonly servers: readonly WatchedServer[];
	/** Stands before each line; empty for a single machine. */
	readonly name: string;
}

/** One, or each of those that are watched at the same time. */
function machinesOf(snapshot: Snapshot): readonly Machine[] {
	const {boxes = []} = snapshot;
	if (hasBoxes(snapshot)) {
		return boxes.map(({watched, ...box}) => ({...box, servers: watched, name: `${outside(box.link.name)} `}));
	}
	return [{...snapshot, servers: serversOf(snapshot), name: ''}];
}

/** A machine that is not reached has one line: what it told last is old. */
function machineLines({link, servers, gpu, host, name}: Machine): string[] {
	if (link?.down !== undefined && link.way !== 'direct') {
		return [`${outside(link.name)}: ${downText(link)}, ${whyText(link)}`];
	}
	const isBare = servers.length === 0 && link !== undefined;
	const lines = [
		...servers.flatMap((server) => serverLines(server)),
		...gpuLines(gpu),
		...(host === undefined ? [] : [`HOST${name === '' ? ` ${outside(host.name)}` : ''}: ${figuresOf(host)}`]),
	];
	return [...(isBare ? [`${outside(link.name)}: no server found yet`] : []), ...lines.map((line) => `${name}${line}`)];
}

function figuresOf(host: HostReading): string {
	const age = isHostStale(host) ? [ageText(host.ageMs)] : [];
	return [...age, ...hostWords(host)].join(', ');
}

/** All that are watched; none before the first is there. */
function serversOf({watched, target, server}: Snapshot): readonly WatchedServer[] {
	if (watched !== undefined) return watched;
	if (target.url === '') return [];
	return [server === undefined ? {target} : {target, reading: server}];
}

/** Those of the session, and what the figures of the servers and of the GPUs need to be understood. */
function notesOf(snapshot: Snapshot): readonly string[] {
	const ofMachines = machinesOf(snapshot).flatMap(({servers, gpu, name}) => {
		const several = servers.length > 1;
		const ofServers = servers.flatMap(({target, reading}) =>
			(reading?.notes ?? []).map((note) => (several ? `${target.url}: ${note}` : note)),
		);
		const ofGpus = gpu === undefined ? [] : [...gpuNotes(gpu.gpus), ...(gpu.note === undefined ? [] : [gpu.note])];
		return [...ofServers, ...ofGpus].map((note) => (name === '' ? note : `${name.trimEnd()}: ${note}`));
	});
	return [...notesOfBoxes(snapshot), ...ofMachines];
}

/** `vllm http://127.0.0.1:8000 Qwen3-30B: KV cache 61%, running 32, …`, and one for each of its parts. */
function serverLines({target, reading}: WatchedServer): string[] {
	const name = [target.engine, target.url, target.model ?? ''].map(outside).filter((text) => text !== '');
	if (reading === undefined) return [`${name.join(' ')}: no answer yet`];
	if (reading.down !== undefined) return [`${name.join(' ')}: DOWN, ${outside(reading.down)}`];
	const counters = counterWords(reading);
	const facts = reading.facts.map((fact) => outside(`${fact.name} ${fact.value}`));
	const known = counters.length > 0 ? counters : facts.length > 0 ? facts : ['up, tells nothing of itself'];
	const words = [...(isServerStale(reading) && counters.length > 0 ? [ageText(reading.ageMs)] : []), ...known];
	return [
		`${name.join(' ')}: ${words.join(', ')}`,
		...(reading.parts ?? []).map((part) => `${name[1]} ${partWords(part)}`),
	];
}

function counterWords(reading: ServerReading): string[] {
	return [
		...countersOf(reading)
			.filter(({value}) => value !== missing)
			.map(({name, value, sign, unit}) => `${name} ${value}${sign}${unit === '' ? '' : ` ${unit}`}`),
		...quantileWords('TTFT', reading.ttftMs),
		...quantileWords('gap', reading.gapMs),
		...quantileWords('queue', reading.queueMs),
	];
}

function quantileWords(name: string, quantiles: Quantiles | undefined): string[] {
	return isTold(quantiles) ? [`${name} ms p50 ${figure(quantiles?.p50)} p99 ${figure(quantiles?.p99)}`] : [];
}

function partWords({name, ...figures}: ServerPart): string {
	return `${outside(name)}: ${counterWords({...figures, ageMs: 0, facts: [], series: []}).join(', ')}`;
}

function gpuLines(gpu: Snapshot['gpu']): string[] {
	if (gpu === undefined || gpu.gpus.length === 0) return [];
	const [name = '', ...figures] = gpuSummaryLine(gpu, gpuWidth)
		.map((piece) => piece.text)
		.join('')
		.trim()
		.split(/ {2,}/);
	return [`${name}: ${figures.join(', ')}`];
}
