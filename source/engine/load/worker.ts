/**
 * A load thread: opens connections, sends its share of each level's requests, reads the answers and tells the
 * conductor every 250 ms. Nothing here draws, saves or counts text.
 */

import {parentPort, workerData} from 'node:worker_threads';
import {now} from '../../clock.ts';
import {createHistogram, quantiles, recordUs, reset} from '../../metrics/histogram.ts';
import type {RequestRecord} from '../../snapshot.ts';
import {findServer} from '../servers/index.ts';
import type {Dialect} from '../servers/server.ts';
import {InstantKeeper} from './instant-keeper.ts';
import {later} from './later.ts';
import {LevelRunner} from './level-runner.ts';
import {createNetTransport} from './net-transport.ts';
import type {
	EndedText,
	EventInstants,
	FromWorker,
	LevelOrder,
	SessionSetup,
	ToWorker,
	WorkerSetup,
} from './protocol.ts';
import {Recorder} from './recorder.ts';
import {rehearse} from './rehearsal.ts';
import {createRequestMaker, type RequestMaker} from './request-maker.ts';
import {ResponseReader} from './response-reader.ts';
import {Slot} from './slot.ts';
import {packRow, rowWidth} from './stream-rows.ts';
import type {Transport} from './transport.ts';
import {WatchedSlot} from './watched-slot.ts';

const tickMs = 250;
/** How often timeouts are looked at, and the loop's delay is measured. */
const watchMs = 50;

if (parentPort === null) throw new Error('A load thread must be started by load.ts.');
const port = parentPort;
const {worker, workers, nextRequest} = workerData as WorkerSetup;
const counter = new Int32Array(nextRequest);

interface Equipment {
	readonly setup: SessionSetup;
	readonly dialect: Dialect;
	readonly transport: Transport;
	readonly maker: RequestMaker;
}

let equipment: Equipment | undefined;
let runner: LevelRunner | undefined;
let levelStart = 0;
let texts: EndedText[] = [];
let instants: EventInstants[] = [];
let cpuAtStart = threadCpu();
/** Bytes read before the level. */
let receivedBefore = 0;
const recorder = new Recorder(worker);
const watched = new WatchedSlot();
const loopDelayUs = createHistogram();
let ticking: NodeJS.Timeout | undefined;
let watching: NodeJS.Timeout | undefined;

function tell(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
	port.postMessage(message, [...transfer]);
}

/** CPU time of this thread, µs; absent before Node 23.9, which cannot say. */
function threadCpu(): {user: number; system: number} | undefined {
	return typeof process.threadCpuUsage === 'function' ? process.threadCpuUsage() : undefined;
}

async function equip(setup: SessionSetup): Promise<void> {
	const dialect = findServer(setup.engine)?.apis[setup.api];
	if (dialect === undefined) throw new Error(`${setup.engine} has no ${setup.api} API`);
	// undici is large: a thread that does not use it does not load it.
	const create =
		setup.transport === 'net' ? createNetTransport : (await import('./undici-transport.ts')).createUndiciTransport;
	const transport = create(setup.endpoint);
	equipment = {setup, dialect, transport, maker: createRequestMaker(setup, dialect, transport)};
	await rehearse({create, dialect, streamed: setup.work.stream});
	tell({type: 'ready'});
}

async function prepare(order: LevelOrder): Promise<void> {
	if (equipment === undefined) throw new Error('prepare before setup');
	const {setup, maker, transport} = equipment;
	runner = new LevelRunner({
		order,
		worker,
		workers,
		takeIndex: () => Atomics.add(counter, 0, 1),
		taken: () => Atomics.load(counter, 0),
		make: (index) => maker.make(order, index),
		createSlot: (stream, ended) => createSlot(stream, ended),
		recorder,
		seed: setup.work.seed,
		finished: finish,
	});
	try {
		await transport.open(runner.prepare());
		receivedBefore = transport.receivedBytes();
		tell({type: 'prepared'});
	} catch (failure) {
		const known = failure as {outcome?: unknown; message?: unknown};
		if (typeof known.outcome !== 'string') throw failure;
		tell({type: 'not-prepared', failure: {outcome: 'connect', message: String(known.message)}});
	}
}

function createSlot(stream: number, ended: (slot: Slot, record: RequestRecord) => void): Slot {
	if (equipment === undefined) throw new Error('a slot before setup');
	const {setup, dialect, transport} = equipment;
	const keeper = setup.keepInstants ? new InstantKeeper(recorder) : undefined;
	const reader = new ResponseReader({
		dialect,
		streamed: setup.work.stream,
		keepText: setup.keepText,
		sink: keeper ?? recorder,
	});
	let requestId = '';
	const slot: Slot = new Slot({
		stream,
		transport,
		reader,
		recorder,
		firstTokenTimeoutMs: setup.firstTokenTimeoutMs,
		idleTimeoutMs: setup.idleTimeoutMs,
		totalTimeoutMs: setup.totalTimeoutMs,
		retry: setup.retry,
		dispatched: (id) => {
			requestId = id;
			keeper?.begin();
		},
		later,
		ended: (self, record) => {
			if (setup.keepText) texts.push({record: recorder.endedSinceTick - 1, text: reader.reasoning() + reader.text()});
			if (keeper !== undefined) {
				instants.push({requestId, sentAt: levelStart + (record.sentAt ?? Number.NaN), events: keeper.taken()});
			}
			ended(self, record);
		},
	});
	watched.added(slot);
	return slot;
}

function start(at: number): void {
	levelStart = at;
	recorder.begin(at);
	texts = [];
	instants = [];
	reset(loopDelayUs);
	cpuAtStart = threadCpu();
	ticking = setInterval(() => tick(), tickMs);
	let due = now() + watchMs;
	watching = setInterval(() => {
		const at = now();
		recordUs(loopDelayUs, Math.max(0, Math.round((at - due) * 1000)));
		due = at + watchMs;
		runner?.checkTimeouts(at);
	}, watchMs);
	runner?.start(at);
}

/** `isLast`: of its level. */
function tick(isLast = false): void {
	const at = now();
	const cpu = threadCpu();
	const delay = quantiles(loopDelayUs, 'ms');
	const delayMs = delay.p99 ?? delay.max;
	const slots = runner?.slots ?? [];
	for (const slot of slots) slot.tellFirstToken();
	const message = recorder.tick(at, {
		openExact: slots.every((slot) => !slot.busy || !slot.reader.estimated),
		...(cpu === undefined || cpuAtStart === undefined
			? {}
			: {cpuUserMs: (cpu.user - cpuAtStart.user) / 1000, cpuSystemMs: (cpu.system - cpuAtStart.system) / 1000}),
		...(delayMs === undefined ? {} : {loopDelayP99Ms: delayMs}),
		// Each connection is asked: once a level, and not while requests are open.
		...(isLast && equipment !== undefined ? {receivedBytes: equipment.transport.receivedBytes() - receivedBefore} : {}),
	});
	const rows = equipment?.setup.sendRows === true ? new Float64Array(slots.length * rowWidth) : undefined;
	if (rows !== undefined) for (const [place, slot] of slots.entries()) packRow(rows, place, slot.row(at));
	const look = watched.told();
	const numbers = [rows, look?.events, message.ledger, message.firstTokens].filter((array) => array !== undefined);
	tell(
		{
			type: 'tick',
			tick: message,
			...(rows === undefined ? {} : {rows}),
			...(look === undefined ? {} : {watched: look}),
			...(texts.length === 0 ? {} : {texts}),
			...(instants.length === 0 ? {} : {instants}),
		},
		numbers.map(({buffer}) => buffer),
	);
	texts = [];
	instants = [];
}

function finish(): void {
	clearInterval(ticking);
	clearInterval(watching);
	tick(true);
	tell({type: 'finished'});
}

port.on('message', (message: ToWorker) => {
	switch (message.type) {
		case 'setup':
			return equip(message.setup);
		case 'prepare':
			return prepare(message.order);
		case 'start':
			return start(message.at);
		case 'concurrency':
			return runner?.setConcurrency(message.streams);
		case 'watch':
			return watched.look(message.stream, runner?.slots ?? []);
		case 'stop':
			return runner?.stop(message.drainMs);
		case 'close':
			runner?.stop(0);
			clearInterval(ticking);
			clearInterval(watching);
			equipment?.transport.close();
			equipment?.maker.close();
			return port.close();
		default:
			return message satisfies never;
	}
});
