/** The text mode of watching: a line for each server, with the view's numbers in the view's words. */

import {clockTime, missing} from '../format.ts';
import type {Quantiles, ServerPart, ServerReading, Snapshot, WatchedServer} from '../snapshot.ts';
import {figure} from './figures.ts';
import {gpuNotes} from './gpu-notes.ts';
import {gpuSummaryLine} from './gpu-small.ts';
import {ageText} from './pane.ts';
import {countersOf, isServerStale, isTold} from './server-figures.ts';
import {outside} from './text.ts';

/** Wide enough for all that is said of the GPUs. */
const gpuWidth = 160;

/** What is new to know, each once, then a line for each server and one for all GPUs. */
export function watchLines(previous: Snapshot | undefined, next: Snapshot): string[] {
	const time = clockTime(next.atMs);
	const fresh = notesOf(next).filter((note) => previous === undefined || !notesOf(previous).includes(note));
	return [
		...fresh.map((note) => `note: ${outside(note)}`),
		...serversOf(next).flatMap((server) => serverLines(server)),
		...gpuLines(next),
	].map((line) => (line.startsWith('note: ') ? line : `${time} ${line}`));
}

/** All that are watched; none before the first is there. */
function serversOf({watched, target, server}: Snapshot): readonly WatchedServer[] {
	if (watched !== undefined) return watched;
	if (target.url === '') return [];
	return [server === undefined ? {target} : {target, reading: server}];
}

/** Those of the session, and what the figures of the servers and of the GPUs need to be understood. */
function notesOf(snapshot: Snapshot): readonly string[] {
	const several = serversOf(snapshot).length > 1;
	const ofServers = serversOf(snapshot).flatMap(({target, reading}) =>
		(reading?.notes ?? []).map((note) => (several ? `${target.url}: ${note}` : note)),
	);
	const {gpu} = snapshot;
	const ofGpus = gpu === undefined ? [] : [...gpuNotes(gpu.gpus), ...(gpu.note === undefined ? [] : [gpu.note])];
	return [...snapshot.notes, ...ofServers, ...ofGpus];
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

function gpuLines({gpu}: Snapshot): string[] {
	if (gpu === undefined || gpu.gpus.length === 0) return [];
	const [name = '', ...figures] = gpuSummaryLine(gpu, gpuWidth)
		.map((piece) => piece.text)
		.join('')
		.trim()
		.split(/ {2,}/);
	return [`${name}: ${figures.join(', ')}`];
}
