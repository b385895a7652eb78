/** What a screen reader is told of a run: topics with the numbers of the panes, in their words. */

import {bytes, compact, integer, percent} from '../format.ts';
import type {
	GpuReading,
	GpuSample,
	LiveLevel,
	Quantiles,
	ServerReading,
	ServerStart,
	Snapshot,
	StreamRow,
	StreamState,
} from '../snapshot.ts';
import {withBox} from './boxes.ts';
import {figure, figuresOf, openRequests} from './figures.ts';
import {heldText, isHeldByFault, isStale, silentText, sumOf} from './gpu-figures.ts';
import {gpuNotes} from './gpu-notes.ts';
import {modeName} from './level-words.ts';
import {loadWords, phaseWords, placeWords} from './progress-line.ts';
import {hostTopic, linkTopics} from './reader-machines.ts';
import {known, type Topic} from './reader-topic.ts';
import {isServerStale} from './server-figures.ts';
import {serverCount} from './servers-pane.ts';
import {isLate, stageWords, startName, startTime} from './start-words.ts';
import {outside} from './text.ts';
import {hostOf, isLooking, watchedServers} from './watched.ts';

/** What runs, against what, and how far it is. */
export function runTopics(snapshot: Snapshot): Topic[] {
	const {target, plan, workload, phase} = snapshot;
	if (phase === 'watching') {
		return [{subject: 'State', values: {phase: watchingWords(snapshot)}}, ...linkTopics(snapshot)];
	}
	return [
		{
			subject: 'Server',
			values: {
				engine: outside(`${target.engine} ${target.engineVersion ?? ''}`),
				model: target.model === undefined ? '' : `model ${outside(target.model)}`,
				url: outside(target.url),
			},
		},
		...linkTopics(snapshot),
		{
			subject: 'Load',
			values: {
				load: loadWords(snapshot),
				mode: plan.mode === 'burst' ? '' : modeName(plan.mode),
				workload: `workload ${outside(workload)}`,
				place: phase === 'done' ? '' : placeWords(snapshot),
			},
		},
		{subject: 'State', values: {phase: phaseWords(snapshot)}},
		...(snapshot.start === undefined || phase !== 'starting' ? [] : [startTopic(snapshot.start)]),
	];
}

function watchingWords(snapshot: Snapshot): string {
	const {boxes = []} = snapshot;
	if (boxes.length > 1) return `watching without a load, ${integer(boxes.length)} machines`;
	if (isLooking(snapshot)) {
		const where = snapshot.link === undefined ? 'this machine' : outside(snapshot.link.name);
		return `looking for inference servers on ${where}`;
	}
	return `watching without a load, ${serverCount(snapshot) || 'one server'}`;
}

/** How far its weights are is told in steps of a tenth. */
function startTopic(start: ServerStart): Topic {
	const {stage, progress} = start;
	const isKnown = progress !== undefined;
	return {
		subject: 'Start of the server',
		values: {
			preset: `preset ${startName(start)}`,
			stage: stageWords({...start, ...(isKnown ? {progress: Math.floor(progress * 10) / 10} : {}), stage}),
			late: isLate(start) ? startTime(start) : '',
		},
	};
}

/** Each server that is watched, by its host. */
function watchedTopics(snapshot: Snapshot, box = ''): Topic[] {
	return watchedServers(snapshot).map(({target, reading}) => {
		const subject = `${box}${hostOf(target.url)}`;
		const name = {
			engine: outside(`${target.engine} ${target.engineVersion ?? ''}`),
			model: target.model === undefined ? '' : `model ${outside(target.model)}`,
		};
		if (reading === undefined) return {subject, values: {...name, state: 'no answer yet'}};
		if (reading.down !== undefined) return {subject, values: {...name, state: `DOWN, ${outside(reading.down)}`}};
		const rate = known(reading.generationTokensPerSecond, (tokens) => `${figure(tokens)} tokens per second`);
		const ttft = known(reading.ttftMs?.p50, (ms) => `TTFT p50 ${figure(ms)} milliseconds`);
		return {subject, values: {...name, state: 'up', rate, ...serverTopic(reading).values, ttft}};
	});
}

/** The numbers of the panes. */
export function figureTopics(snapshot: Snapshot): Topic[] {
	const {level} = snapshot;
	if (snapshot.phase === 'watching') {
		const {boxes = []} = snapshot;
		if (boxes.length < 2) return [...watchedTopics(snapshot), ...machineTopics(snapshot)];
		return boxes.flatMap((box) => {
			const name = `${outside(box.link.name)} `;
			const topics = machineTopics(box).map((topic) => ({...topic, subject: `${name}${topic.subject}`}));
			return [...watchedTopics(withBox(snapshot, box), name), ...topics];
		});
	}
	return [
		...(level === undefined ? [] : levelTopics(snapshot, level)),
		...(snapshot.streams.length === 0 ? [] : [{subject: 'Streams', values: stateCounts(snapshot.streams)}]),
		...machineTopics(snapshot),
		...(snapshot.server === undefined ? [] : [serverTopic(snapshot.server)]),
	];
}

/** The GPUs, and the machine where that is another one. */
function machineTopics({gpu, host}: Pick<Snapshot, 'gpu' | 'host'>): Topic[] {
	return [...(gpu === undefined ? [] : gpuTopics(gpu)), ...(host === undefined ? [] : [hostTopic(host)])];
}

function levelTopics(snapshot: Snapshot, level: LiveLevel): Topic[] {
	const figures = figuresOf(snapshot);
	if (figures === undefined) return [];
	const {requests} = level;
	const rate = (value: number | undefined, word: string) =>
		known(value, (known) => `${figures.estimated ? 'about ' : ''}${figure(known)} ${word}`);
	const counted = (count: number, word: string) => (count > 0 ? `${integer(count)} ${word}` : '');
	return [
		{
			subject: 'Tokens per second',
			values: {
				now: rate(figures.tokensPerSecond, 'now'),
				mean: rate(figures.meanTokensPerSecond, 'mean'),
				each: rate(figures.eachTokensPerSecond, 'each'),
			},
		},
		{subject: 'TTFT in milliseconds', values: quantiles(level.ttftMs, 'max')},
		{subject: 'Gap in milliseconds', values: quantiles(level.gapMs, 'worst')},
		{
			subject: 'Requests',
			values: {
				ok: `${integer(requests.ok)}${known(level.requestsAsked, (asked) => ` of ${integer(asked)}`)} ok`,
				failed: `${integer(requests.failed)} failed`,
				dropped: counted(requests.dropped, 'dropped'),
				incomplete: counted(requests.incomplete, 'cut off'),
				open: `${openRequests(figures)?.replace('/', ' of ') ?? ''} open`,
			},
		},
	];
}

function quantiles({p50, p99, max}: Quantiles, most: 'max' | 'worst'): Record<string, string> {
	const named = (name: string, value: number | undefined) => known(value, (known) => `${name} ${figure(known)}`);
	return {p50: named('p50', p50), p99: named('p99', p99), max: named(most, max)};
}

/** Those that work also when there are none any more. */
function stateCounts(rows: readonly StreamRow[]): Record<string, string> {
	const counts = new Map<StreamState, number>([
		['prefill', 0],
		['decode', 0],
	]);
	for (const {state} of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
	return Object.fromEntries([...counts].map(([state, count]) => [state, `${integer(count)} ${state}`]));
}

/** More GPUs than these are told together, from the least to the most. */
const mostGpus = 2;

/** A figure that is old is not told as if it were of now. */
function gpuTopics(reading: GpuReading): Topic[] {
	const {gpus, powerW, tokensPerJoule} = reading;
	if (isStale(reading)) return [{subject: 'GPUs', values: {stale: 'no new sample', why: outside(reading.note ?? '')}}];
	const all = {
		silent: silentText(gpus),
		held: gpus
			.filter(isHeldByFault)
			.map((gpu) => `clocks of GPU ${gpu.index} held by ${heldText(gpu)}`)
			.join(', '),
		memory: known(sumOf(gpus.map((gpu) => gpu.memoryUsedBytes)), (used) => `${bytes(used)} in use`),
		power: known(powerW, (watts) => `${integer(watts)} watts`),
		efficiency: known(tokensPerJoule, (tokens) => `${compact(tokens)} tokens per joule`),
		notes: gpuNotes(gpus).join(', '),
	};
	if (gpus.length > mostGpus) return [{subject: 'GPUs', values: {...gpuValues(gpus), ...all}}];
	return [
		...gpus.map((gpu) => ({subject: `GPU ${gpu.index}`, values: gpuValues([gpu])})),
		{subject: 'GPUs', values: all},
	];
}

function gpuValues(gpus: readonly GpuSample[]): Record<string, string> {
	return {
		busy: range(
			gpus.map((gpu) => gpu.utilization),
			percent,
			'busy',
		),
		warm: range(
			gpus.map((gpu) => gpu.temperatureC),
			integer,
			'degrees',
		),
	};
}

/** `95% busy`, `4% to 99% busy`; empty when none is known. */
function range(values: readonly (number | undefined)[], text: (value: number) => string, word: string): string {
	const told = values.filter((value) => value !== undefined);
	if (told.length === 0) return '';
	const [least, most] = [text(Math.min(...told)), text(Math.max(...told))];
	return `${least === most ? least : `${least} to ${most}`} ${word}`;
}

function serverTopic(server: ServerReading): Topic {
	const subject = 'Inside the server';
	if (server.down !== undefined) return {subject, values: {down: `DOWN, ${outside(server.down)}`}};
	if (isServerStale(server)) return {subject, values: {stale: 'no new counters'}};
	return {
		subject,
		values: {
			running: known(server.running, (count) => `${integer(count)} running`),
			waiting: known(server.waiting, (count) => `${integer(count)} waiting`),
			cache: known(server.kvCacheUsage, (share) => `KV cache ${percent(share)}`),
			prefix: known(server.prefixCacheHitRatio, (share) => `prefix hits ${percent(share)}`),
			drafts: known(server.draftAcceptance, (share) => `draft acceptance ${percent(share)}`),
			preempted: known(server.preemptions, (count) => `${integer(count)} preempted`),
		},
	};
}
