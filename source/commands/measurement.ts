/** Everything that a load needs once its server is there: the server found, the threads set up, the journal open. */

import type {Config} from '../config.ts';
import {hostFacts} from '../engine/host/host-facts.ts';
import type {Load} from '../engine/load/load.ts';
import type {Work} from '../engine/load/plan.ts';
import type {EventInstants, SessionSetup} from '../engine/load/protocol.ts';
import {withinContext} from '../engine/load/workload.ts';
import type {OwnServer} from '../engine/own-server.ts';
import {stepBack} from '../engine/priority.ts';
import {version} from '../engine/role.ts';
import {Run} from '../engine/run.ts';
import type {Box} from '../engine/ssh/box.ts';
import {StartAborted} from '../engine/start-aborted.ts';
import type {Surroundings} from '../engine/surroundings.ts';
import {type ResolvedTarget, resolveTarget} from '../engine/target.ts';
import {levelSentence} from '../report/summary.ts';
import {saveSession} from '../session/file.ts';
import {Journal} from '../session/journal.ts';
import {defaultSessionPath, journalledPath, sessionFolders} from '../session/place.ts';
import {hidden, publicConfig} from '../session/redact.ts';
import type {Console} from './console.ts';
import {LinkLosses} from './link-losses.ts';

/** Hears what only the benchmark needs. */
export interface LoadObserver {
	/** A level's clock starts. */
	levelStarted(): void;
	/** The instants of every event of requests that ended; absent: none are kept. */
	readonly instants?: (instants: readonly EventInstants[]) => void;
}

export interface MeasurementOptions {
	/** With the address of the server, when we started it. */
	readonly config: Config;
	readonly environment: NodeJS.ProcessEnv;
	/** Wall-clock start, ISO 8601. */
	readonly startedAt: string;
	readonly console: Console;
	readonly load: Load;
	readonly work: Work;
	readonly surroundings: Surroundings;
	readonly own: OwnServer | undefined;
	/** The server's machine; absent where that is not reached over SSH. */
	readonly box: Box | undefined;
	/** Said before anything else. */
	readonly notes: readonly string[];
	/** Nobody wants it any more. */
	readonly unwanted: () => boolean;
	/** Somebody sits there who can say when it is enough. */
	readonly isFollowed: boolean;
	readonly observer: LoadObserver | undefined;
}

export interface Measurement {
	readonly run: Run;
	/** Rejects when the threads cannot be set up. */
	readonly ready: Promise<void>;
	readonly journal: Journal;
	readonly saveFile: string;
	/** Other folders for the session, when its file cannot be written. */
	readonly fallbackFolders: readonly string[];
	/** Reads the server's counters, from now on or anew after it was started again. */
	observe(): void;
	/** Something that a reader of the session must know, that is not the run's to say. */
	note(text: string): void;
	close(): Promise<void>;
}

/** Rejects with an `ExpectedError` when the server cannot be used, with a `StartAborted` when nobody wants it any more. */
export async function openMeasurement(options: MeasurementOptions): Promise<Measurement> {
	const {config, environment, startedAt, console, load, surroundings, own, box, notes, isFollowed, observer} = options;
	const resolve = () => resolveTarget(config.target, environment, box);
	const target = await surroundings.whileReached(resolve, options.unwanted);
	if (target === undefined) throw new StartAborted();
	try {
		// A server that is started again would inherit it, and be slower than the first.
		if (own === undefined || own.settings.length === 0) stepBack();
		for (const note of [...notes, ...target.notes]) console.say(note);
		const work = fitted(options.work, {config, target, console});
		const keepInstants = observer?.instants !== undefined;
		const ready = load.setUp(sessionSetup({config, target, work, startedAt, sendRows: isFollowed, keepInstants}));
		// Awaited when the first frame stands; until then a failure waits there too.
		ready.catch(() => undefined);
		const observe = () => surroundings.observe(target, own === undefined ? undefined : () => own.childUrl);
		observe();
		const place = {folders: sessionFolders(environment), startedAt, engine: target.target.engine};
		const saveFile = config.output.saveFile ?? (await defaultSessionPath(place));
		const shown = shownConfig(config);
		const besideJournal = await journalledPath(saveFile, place);
		const journal = await Journal.open(
			besideJournal,
			{
				formatVersion: 1,
				llmtop: {version},
				startedAt,
				host: hostFacts(),
				config: shown,
				labels: config.output.labels,
				target: target.target,
			},
			(text) => console.warn(text),
		);
		const remarks = config.target.insecure ? ["The server's certificate was not verified (--insecure)."] : [];
		for (const remark of remarks) journal.note(remark);
		for (const server of own?.started ?? []) journal.started(server);
		let gpusTold = false;
		// Once they have answered, which may be after the first level has begun.
		const tellGpus = () => {
			const gpus = gpusTold ? undefined : surroundings.gpuFacts();
			if (gpus !== undefined) journal.gpus(gpus);
			gpusTold ||= gpus !== undefined;
		};
		const run = new Run({
			config,
			target,
			work,
			load,
			surroundings,
			...(own === undefined ? {} : {own}),
			startedAt,
			untilStopped: isFollowed && config.load.levels.length === 1 && config.limits.repeat === 1,
			publicConfig: shown,
			sessionFile: saveFile,
			notes: remarks,
			// What is no file (a pipe, a device) gets the session once, at its end: until then, a file beside the journal does.
			save: async (session) => (await saveSession(session, {path: besideJournal, fallbackFolders: place.folders})).path,
			...(observer?.instants === undefined ? {} : {onInstants: observer.instants}),
			listener: {
				levelStarted(level, start) {
					observer?.levelStarted();
					tellGpus();
					journal.levelStart(level, start);
				},
				ticked: (level, tick) => journal.tick(level, tick),
				levelEnded(level, end, summary) {
					tellGpus();
					void journal.levelEnd(level, end);
					console.say(levelSentence(summary));
				},
				noted: (text) => journal.note(text),
				marked: (mark) => journal.mark(mark),
			},
		});
		if (box !== undefined) tellLosses(box, run);
		return {
			run,
			ready,
			journal,
			saveFile,
			fallbackFolders: place.folders,
			observe,
			note: (text) => run.note(text),
			close: () => target.close(),
		};
	} catch (error) {
		await target.close();
		throw error;
	}
}

/** From now on the session tells of the connection's losses. */
function tellLosses(box: Box, run: Run): void {
	const losses = new LinkLosses({
		link: () => box.link(),
		mark: (text, agoMs) => run.mark(text, agoMs),
		note: (text) => run.note(text),
		atMs: () => run.elapsedMs,
	});
	box.onChange(() => losses.look());
	losses.look();
}

/** The work with an output length that the server takes, where the person named none. */
function fitted(work: Work, context: {config: Config; target: ResolvedTarget; console: Console}): Work {
	if (context.config.work.maxTokens !== undefined) return work;
	const {contextLength} = context.target.target;
	const fitting = withinContext(work, contextLength);
	if (fitting.maxTokens < work.maxTokens) {
		context.console.say(`At most ${fitting.maxTokens} tokens an answer: the server's context holds ${contextLength}.`);
	}
	return fitting;
}

/** What the load threads must know for the whole session. */
function sessionSetup(options: {
	readonly config: Config;
	readonly target: ResolvedTarget;
	readonly work: Work;
	readonly startedAt: string;
	readonly sendRows: boolean;
	readonly keepInstants: boolean;
}): SessionSetup {
	const {config, target, work, startedAt, sendRows, keepInstants} = options;
	const {firstTokenTimeoutMs, totalTimeoutMs} = config.limits;
	return {
		endpoint: target.endpoint,
		transport: config.limits.transport,
		engine: target.adapter.name,
		api: target.api,
		model: target.model,
		basePath: target.basePath,
		headers: target.headers,
		work,
		...(firstTokenTimeoutMs === undefined ? {} : {firstTokenTimeoutMs}),
		idleTimeoutMs: config.limits.idleTimeoutMs,
		...(totalTimeoutMs === undefined ? {} : {totalTimeoutMs}),
		retry: config.limits.retry,
		keepText: config.work.tokens !== 'auto',
		keepInstants,
		sendRows,
		requestIdPrefix: `llmtop-${Date.parse(startedAt).toString(36)}`,
	};
}

/** What is saved of the configuration. A header's value may come from the environment: none is written down. */
function shownConfig(config: Config): unknown {
	const headers = config.target.headers.map(([name]) => [name, hidden]);
	return publicConfig({...config, target: {...config.target, headers}});
}
