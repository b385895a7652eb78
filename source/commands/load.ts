/** `llmtop --concurrency …` and its kind: finds the server, loads it, shows it, saves and reports what it did. */

import type {Config} from '../config.ts';
import {hostFacts} from '../engine/host/host-facts.ts';
import {Load} from '../engine/load/load.ts';
import type {Work} from '../engine/load/plan.ts';
import type {EventInstants, SessionSetup} from '../engine/load/protocol.ts';
import {usefulWorkers} from '../engine/load/useful-workers.ts';
import {loadWork, withinContext} from '../engine/load/workload.ts';
import {version} from '../engine/role.ts';
import {Run} from '../engine/run.ts';
import {type ResolvedTarget, resolveTarget} from '../engine/target.ts';
import {type ExitCode, exitCode} from '../errors.ts';
import {rehearseFolding} from '../metrics/rehearsal.ts';
import {levelSentence} from '../report/summary.ts';
import {checkWritable, saveSession} from '../session/file.ts';
import {Journal} from '../session/journal.ts';
import {defaultSessionPath, journalledPath, sessionFolders} from '../session/place.ts';
import {hidden, publicConfig} from '../session/redact.ts';
import {Console} from './console.ts';
import {deliver} from './deliver.ts';
import {isFollowed, whileShown} from './show.ts';
import {Signals} from './signals.ts';

export interface LoadCommand {
	readonly config: Config;
	readonly environment: NodeJS.ProcessEnv;
	/** Said before anything else, e.g. that the target is the embedded server. */
	readonly notes: readonly string[];
	/** Absent but in the benchmark. */
	readonly observer?: LoadObserver;
}

/** Hears what only the benchmark needs. */
interface LoadObserver {
	/** A level's clock starts. */
	levelStarted(): void;
	/** The instants of every event of requests that ended; absent: none are kept. */
	readonly instants?: (instants: readonly EventInstants[]) => void;
}

export async function runLoad({config, environment, notes, observer}: LoadCommand): Promise<ExitCode> {
	const startedAt = new Date().toISOString();
	const console = new Console(config.output);
	const signals = new Signals();
	let load: Load | undefined;
	let target: ResolvedTarget | undefined;
	try {
		for (const file of [config.output.saveFile, config.output.csvFile])
			if (file !== undefined) await checkWritable(file);
		const asked = await loadWork(config.work, config.limits);
		// The threads load their code while the server is looked for.
		load = new Load(usefulWorkers(config));
		target = await resolveTarget(config.target, environment);
		for (const note of [...notes, ...target.notes]) console.say(note);
		const work = fitted(asked, {config, target, console});
		const live = isFollowed(config.output, environment);
		const keepInstants = observer?.instants !== undefined;
		const ready = load.setUp(sessionSetup({config, target, work, startedAt, sendRows: live, keepInstants}));
		// Awaited when the first frame stands; until then a failure waits there too.
		ready.catch(() => undefined);
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
		const run = new Run({
			config,
			target,
			work,
			load,
			startedAt,
			untilStopped: live && config.load.levels.length === 1 && config.limits.repeat === 1,
			publicConfig: shown,
			sessionFile: saveFile,
			notes: remarks,
			// What is no file (a pipe, a device) gets the session once, at its end: until then, a file beside the journal does.
			save: async (session) => (await saveSession(session, {path: besideJournal, fallbackFolders: place.folders})).path,
			...(observer?.instants === undefined ? {} : {onInstants: observer.instants}),
			listener: {
				levelStarted(level, start) {
					observer?.levelStarted();
					journal.levelStart(level, start);
				},
				ticked: (level, tick) => journal.tick(level, tick),
				levelEnded(level, end, summary) {
					void journal.levelEnd(level, end);
					console.say(levelSentence(summary));
				},
				noted: (text) => journal.note(text),
				marked: (mark) => journal.mark(mark),
			},
		});
		signals.onStop(() => run.stop());
		signals.onLeave(() => {
			if (run.hasMeasured && journal.path !== undefined)
				console.warn(`What was measured until now: llmtop recover ${journal.path}`);
		});
		try {
			const ended = await whileShown({run, output: config.output, environment, console, signals}, async () => {
				rehearseFolding();
				await ready;
				return await run.session();
			});
			// A level without an end of its own is complete whenever q is pressed, but not when a signal ends it.
			const session = {...ended, partial: ended.partial || signals.exitCode !== undefined};
			await journal.end(session.partial);
			const code = await deliver({session, config, console, journal, saveFile, fallbackFolders: place.folders});
			return signals.exitCode ?? (code === exitCode.ok ? (run.failure?.exitCode ?? code) : code);
		} catch (error) {
			await journal.end(true);
			if (!run.hasMeasured) await journal.remove();
			else if (journal.path !== undefined) console.warn(`What was measured until then: llmtop recover ${journal.path}`);
			throw error;
		}
	} finally {
		signals.close();
		await load?.close();
		await target?.close();
	}
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
