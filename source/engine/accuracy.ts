/**
 * How exact this client is: a load on a timetable server of our own, which stamps every event right before its write,
 * and each of our instants held against its stamp. Both clocks are the machine's monotonic one.
 */

import {LevelAccumulator} from '../metrics/level-accumulator.ts';
import type {LevelTick} from '../metrics/level-tick.ts';
import type {Verdicts} from '../snapshot.ts';
import {requireDescriptors} from './limits.ts';
import {Load} from './load/load.ts';
import type {EventInstants, LevelOrder} from './load/protocol.ts';
import {stepBack} from './priority.ts';
import type {StampedRequest} from './simulator/stamps.ts';
import {readLateness, readStamps, resetTimetable} from './simulator/timetable-client.ts';

export interface AccuracyOptions {
	/** Base URL of a timetable server. */
	readonly url: string;
	readonly streams: number;
	readonly tokens: number;
	/** The server's timetable; only what the level is expected to take. */
	readonly transport: 'net' | 'undici';
	readonly workers: number;
}

/** Mean, p99, largest and standard deviation of a set of numbers. */
interface Spread {
	readonly mean: number;
	readonly p50: number;
	readonly p99: number;
	readonly max: number;
	readonly stddev: number;
}

/** All in ms unless named otherwise. */
export interface Accuracy {
	readonly streams: number;
	/** Streams that were open at once. */
	readonly held: number;
	readonly events: number;
	readonly eventsPerSecond: number;
	/** TTFT reported − TTFT really served (received to first write), over requests. */
	readonly ttftError: Spread;
	/** The part of it that passed before the server read the request: the way there, and the server's own backlog. */
	readonly unread: Spread;
	/** The part of it that is ours: from the stamp of the first event to our instant. */
	readonly firstLag: Spread;
	/** Gaps as the client saw them, and as the server wrote them. */
	readonly gaps: Spread;
	readonly serverGaps: Spread;
	/** From the server's stamp to our instant, over events. */
	readonly lag: Spread;
	/** CPU time of the load threads ÷ events; absent where the platform cannot say. */
	readonly cpuUsPerToken?: number;
	/** Actual − planned instant of the server's writes. */
	readonly serverLatenessP99?: number;
	/** Requests that did not end well. */
	readonly failed: number;
	readonly verdicts: Verdicts;
}

/** Runs one burst and compares. The server must be idle. */
export async function measureAccuracy(options: AccuracyOptions): Promise<Accuracy> {
	const {url, streams, tokens, transport, workers} = options;
	await requireDescriptors(streams);
	await resetTimetable(url);
	const {hostname, port} = new URL(url);
	const load = new Load(workers);
	stepBack();
	try {
		await load.setUp({
			endpoint: {protocol: 'http:', hostname, port: Number(port), insecure: false},
			transport,
			engine: 'vllm',
			api: 'chat',
			model: 'timetable',
			basePath: '',
			headers: [],
			work: {
				name: 'timetable',
				prompts: ['Count.'],
				maxTokens: tokens,
				exactLength: true,
				stream: true,
				cache: 'cold',
				seed: 1,
				body: {},
			},
			idleTimeoutMs: 60_000,
			retry: 0,
			keepText: false,
			keepInstants: true,
			sendRows: false,
			requestIdPrefix: 'accuracy',
		});
		const order: LevelOrder = {
			level: 1,
			kind: 'measured',
			mode: 'burst',
			streams,
			maxOpen: streams,
			requests: streams,
			rampMs: 0,
		};
		const connectMs = await load.prepare(order);
		const instants: EventInstants[] = [];
		const ticks: LevelTick[] = [];
		await load.run({
			started: () => undefined,
			tick: (message) => {
				ticks.push(message.tick);
				instants.push(...(message.instants ?? []));
			},
		});
		const accumulator = new LevelAccumulator({
			mode: 'burst',
			concurrency: streams,
			repeat: 1,
			startedAtMs: 0,
			requestsAsked: streams,
			workers: load.workers,
			exactLength: true,
			uniquePrompts: true,
			connectMs,
			slo: {},
		});
		for (const tick of ticks) accumulator.add(tick);
		const {summary} = accumulator.finish({partial: false, concurrencyChanges: [], rssBytes: process.memoryUsage.rss()});
		const [{requests}, lateness] = [await readStamps(url), await readLateness(url)];
		const seconds = (summary.throughput.whole.windowMs ?? 0) / 1000;
		return {
			streams,
			held: Math.max(0, ...heldOver(ticks)),
			events: summary.tokens.output,
			eventsPerSecond: seconds > 0 ? summary.tokens.output / seconds : 0,
			...compare(instants, requests),
			...(summary.client.cpuUsPerToken === undefined ? {} : {cpuUsPerToken: summary.client.cpuUsPerToken}),
			...(lateness.p99Ms === undefined ? {} : {serverLatenessP99: lateness.p99Ms}),
			failed: summary.requests.failed,
			verdicts: summary.verdicts,
		};
	} finally {
		await load.close();
	}
}

/** Requests in flight of all threads together, at the rows of each tick. */
function heldOver(ticks: readonly LevelTick[]): number[] {
	const now = new Map<number, number>();
	const held: number[] = [];
	for (const {worker, ledger} of ticks) {
		for (let at = 1; at < ledger.length; at += 3) {
			now.set(worker, ledger[at] ?? 0);
			held.push([...now.values()].reduce((sum, value) => sum + value, 0));
		}
	}
	return held;
}

/** A client's instants against the server's stamps; requests that only one of them knows are left out. */
export function compare(
	instants: readonly EventInstants[],
	stamped: readonly StampedRequest[],
): Pick<Accuracy, 'ttftError' | 'unread' | 'firstLag' | 'gaps' | 'serverGaps' | 'lag'> {
	const served = new Map(stamped.map((request) => [request.requestId, request]));
	const ttftErrors: number[] = [];
	const unread: number[] = [];
	const firstLags: number[] = [];
	const gaps: number[] = [];
	const serverGaps: number[] = [];
	const lags: number[] = [];
	for (const {requestId, sentAt, events} of instants) {
		const truth = served.get(requestId);
		const firstUs = truth?.eventsUs[0];
		const [first] = events;
		if (truth === undefined || firstUs === undefined || first === undefined) continue;
		ttftErrors.push(first - sentAt - firstUs / 1000);
		unread.push(truth.receivedAt - sentAt);
		firstLags.push(first - truth.receivedAt - firstUs / 1000);
		for (const [place, at] of events.entries()) {
			const us = truth.eventsUs[place];
			if (us === undefined) break;
			lags.push(at - (truth.receivedAt + us / 1000));
			const [before, beforeUs] = [events[place - 1], truth.eventsUs[place - 1]];
			if (before === undefined || beforeUs === undefined) continue;
			gaps.push(at - before);
			serverGaps.push((us - beforeUs) / 1000);
		}
	}
	return {
		ttftError: spread(ttftErrors),
		unread: spread(unread),
		firstLag: spread(firstLags),
		gaps: spread(gaps),
		serverGaps: spread(serverGaps),
		lag: spread(lags),
	};
}

function spread(values: readonly number[]): Spread {
	const sorted = Float64Array.from(values).sort();
	const at = (share: number) =>
		sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? 0;
	const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
	const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length);
	return {mean, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0, stddev: Math.sqrt(variance)};
}
