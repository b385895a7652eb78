/** Runs levels in real load threads, and knows what must be true of every level, whatever happened in it. */

import {expect} from 'vitest';
import {Load} from '../../source/engine/load/load.ts';
import type {Work} from '../../source/engine/load/plan.ts';
import type {EndedText, EventInstants, LevelOrder, SessionSetup} from '../../source/engine/load/protocol.ts';
import {unpackRows} from '../../source/engine/load/stream-rows.ts';
import {streamDetail} from '../../source/engine/load/stream-watch.ts';
import {LevelAccumulator} from '../../source/metrics/level-accumulator.ts';
import type {LevelTick} from '../../source/metrics/level-tick.ts';
import type {LevelSummary, RequestRecord, StreamDetail, StreamRow} from '../../source/snapshot.ts';
import {localEndpoint} from './transports.ts';

export const someWork: Work = {
	name: 'test',
	prompts: ['Count.'],
	maxTokens: 4,
	exactLength: true,
	stream: true,
	cache: 'cold',
	seed: 1,
	body: {},
};

/** A session with vLLM's chat API on this port. */
export function setupOf(port: number, changes: Partial<SessionSetup> & {readonly work?: Work} = {}): SessionSetup {
	return {
		endpoint: localEndpoint(port),
		transport: 'net',
		engine: 'vllm',
		api: 'chat',
		model: 'scripted',
		basePath: '',
		headers: [],
		work: someWork,
		idleTimeoutMs: 60_000,
		retry: 0,
		keepText: false,
		keepInstants: false,
		sendRows: false,
		requestIdPrefix: 'test',
		...changes,
	};
}

/** A closed loop of one stream and one request, unless changed. */
export function orderOf(changes: Partial<LevelOrder> = {}): LevelOrder {
	const streams = changes.streams ?? 1;
	const mode = changes.mode ?? 'closed';
	return {
		level: 1,
		kind: 'measured',
		mode,
		streams,
		maxOpen: 1_000,
		...(mode === 'burst' ? {requests: streams} : {}),
		rampMs: 0,
		...changes,
	};
}

/** A level while it runs and when it has ended. */
export interface LevelRun {
	readonly ticks: LevelTick[];
	readonly texts: {readonly record: RequestRecord; readonly text: string}[];
	readonly instants: EventInstants[];
	/** Rows of the stream table, one list a tick. */
	readonly rows: (readonly StreamRow[])[];
	/** What was told of the stream that is looked at, one for each tick of its thread. */
	readonly details: StreamDetail[];
	/** Resolves when it has ended, with what it came to. Everything that must always hold has been checked. */
	readonly ended: Promise<FinishedLevel>;
}

export interface FinishedLevel extends Omit<LevelRun, 'ended'> {
	readonly summary: LevelSummary;
	/** In the order of the plan. */
	readonly records: readonly RequestRecord[];
}

/** Prepares a level and starts it. */
export async function startLevel(load: Load, order: LevelOrder): Promise<LevelRun> {
	const connectMs = await load.prepare(order);
	const ticks: LevelTick[] = [];
	const texts: LevelRun['texts'] = [];
	const instants: EventInstants[] = [];
	const rows: (readonly StreamRow[])[] = [];
	const details: StreamDetail[] = [];
	const take = (tick: LevelTick, kept: readonly EndedText[]): void => {
		ticks.push(tick);
		for (const {record: place, text} of kept) {
			const record = tick.records[place];
			if (record === undefined) throw new Error(`a text for record ${place} of ${tick.records.length}`);
			texts.push({record, text});
		}
	};
	const running = load.run({
		started: () => undefined,
		tick: (message) => {
			take(message.tick, message.texts ?? []);
			instants.push(...(message.instants ?? []));
			if (message.watched !== undefined) details.push(streamDetail(message.watched));
			if (message.rows !== undefined) rows.push(unpackRows(message.rows, new Map()));
		},
	});
	const finish = async (): Promise<FinishedLevel> => {
		await running;
		const level = finished(order, ticks, {workers: load.workers, connectMs});
		expectSound(level, ticks);
		return {ticks, texts, instants, rows, details, ...level};
	};
	return {ticks, texts, instants, rows, details, ended: finish()};
}

export async function runLevel(load: Load, order: LevelOrder): Promise<FinishedLevel> {
	return (await startLevel(load, order)).ended;
}

/** A load of so many threads on a session, for as long as `use` takes. */
export async function withLoad<Result>(
	workers: number,
	setup: SessionSetup,
	use: (load: Load) => Promise<Result>,
): Promise<Result> {
	const load = new Load(workers);
	try {
		await load.setUp(setup);
		return await use(load);
	} finally {
		await load.close();
	}
}

function finished(
	order: LevelOrder,
	ticks: readonly LevelTick[],
	{workers, connectMs}: {workers: number; connectMs: number},
): {summary: LevelSummary; records: readonly RequestRecord[]} {
	const accumulator = new LevelAccumulator({
		mode: order.mode,
		...(order.mode === 'open' ? {rate: order.rate ?? 1} : {concurrency: order.streams}),
		repeat: 1,
		startedAtMs: 0,
		...(order.requests === undefined ? {} : {requestsAsked: order.requests}),
		...(order.durationMs === undefined ? {} : {durationMs: order.durationMs}),
		workers,
		exactLength: true,
		uniquePrompts: true,
		connectMs,
		slo: {},
	});
	for (const tick of ticks) accumulator.add(tick);
	const {summary, records} = accumulator.finish({partial: false, concurrencyChanges: []});
	return {summary, records: [...records]};
}

const order = [
	'scheduledAt',
	'dispatchedAt',
	'sentAt',
	'headersAt',
	'firstTokenAt',
	'firstVisibleAt',
	'lastTokenAt',
	'endedAt',
] as const;

/** Checks what holds for every level: sums, order of instants, nothing in flight at its end, no number that is none. */
export function expectSound(
	{summary, records}: {readonly summary: LevelSummary; readonly records: readonly RequestRecord[]},
	ticks?: readonly LevelTick[],
): void {
	const {requests, tokens} = summary;
	const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
	expect(requests.total).toBe(records.length + requests.dropped);
	expect(requests.ok + requests.failed + requests.incomplete).toBe(records.length);
	expect(sum(Object.values(requests.byOutcome))).toBe(records.length);
	expect(new Set(records.map(({index}) => index)).size).toBe(records.length);
	const output = sum(records.map(({outputTokens}) => outputTokens ?? 0));
	expect(tokens.output).toBe(output);
	expect(sum(summary.series.map((point) => point.tokens))).toBeCloseTo(output, 6);
	for (const record of records) expectInOrder(record);
	expectFinite({...summary, records});
	if (ticks !== undefined) expectWholeLedgers(ticks, output);
}

/** Each instant of a record is at or after the one before it, and its durations are their differences. */
function expectInOrder(record: RequestRecord): void {
	const known = order.flatMap((name) => {
		const at = record[name];
		return at === undefined ? [] : [{name, at}];
	});
	for (const [place, {name, at}] of known.entries()) {
		const before = known[place - 1];
		if (before === undefined || before.at <= at) continue;
		throw new Error(`${before.name} ${before.at} is after ${name} ${at}: ${JSON.stringify(record)}`);
	}
	const {sentAt, firstTokenAt, lastTokenAt} = record;
	if (sentAt === undefined) return;
	if (firstTokenAt !== undefined) expect(record.ttftMs).toBeCloseTo(firstTokenAt - sentAt, 6);
	if (lastTokenAt !== undefined) expect(record.e2eMs).toBeCloseTo(lastTokenAt - sentAt, 6);
}

/** No NaN and no infinity anywhere. */
export function expectFinite(value: unknown, place = ''): void {
	if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${place} is ${value}`);
	if (typeof value !== 'object' || value === null) return;
	for (const [name, member] of Object.entries(value)) expectFinite(member, `${place}.${name}`);
}

function expectWholeLedgers(ticks: readonly LevelTick[], output: number): void {
	const lasts = new Map<number, {readonly inFlight: number; readonly tokens: number}>();
	for (const {worker, ledger} of ticks)
		lasts.set(worker, {inFlight: ledger.at(-2) ?? Number.NaN, tokens: ledger.at(-1) ?? Number.NaN});
	let tokens = 0;
	for (const last of lasts.values()) {
		expect(last.inFlight).toBe(0);
		tokens += last.tokens;
	}
	expect(tokens).toBe(output);
	expectFinite(ticks);
}
