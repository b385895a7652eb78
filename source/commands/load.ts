/** `llmtop --concurrency …` and its kind: finds the server, loads it, shows it, saves and reports what it did. */

import type {Config} from '../config.ts';
import {Load} from '../engine/load/load.ts';
import {loadWork} from '../engine/load/workload.ts';
import {version} from '../engine/role.ts';
import {hostFacts, Run, usefulWorkers} from '../engine/run.ts';
import {resolveTarget} from '../engine/target.ts';
import type {ExitCode} from '../errors.ts';
import {levelSentence} from '../report/summary.ts';
import {checkWritable} from '../session/file.ts';
import {Journal} from '../session/journal.ts';
import {defaultSessionPath, journalledPath, sessionFolders} from '../session/place.ts';
import {publicConfig} from '../session/redact.ts';
import {Console} from './console.ts';
import {deliver} from './deliver.ts';
import {hasScreen, withProgress, withView} from './show.ts';
import {Signals} from './signals.ts';

export interface LoadCommand {
	readonly config: Config;
	readonly environment: NodeJS.ProcessEnv;
	/** Said of the target before anything else, e.g. that it is the embedded server. */
	readonly notes: readonly string[];
}

export async function runLoad(command: LoadCommand): Promise<ExitCode> {
	const {config, environment} = command;
	const startedAt = new Date().toISOString();
	const console = new Console(config.output);
	const signals = new Signals();
	for (const file of [config.output.saveFile, config.output.csvFile]) if (file !== undefined) await checkWritable(file);
	const work = await loadWork(config.work, config.limits);
	const load = new Load(usefulWorkers(config));
	let close = () => load.close();
	try {
		const target = await resolveTarget(config.target, environment);
		close = async () => {
			await load.close();
			await target.close();
		};
		for (const note of [...command.notes, ...target.notes]) console.say(note);
		const live = hasScreen(config.output, environment);
		const folders = sessionFolders(environment);
		const place = {folders, startedAt, engine: target.target.engine};
		const saveFile = config.output.saveFile ?? (await defaultSessionPath(place));
		const shown = publicConfig(config);
		const journal = await Journal.open(
			await journalledPath(saveFile, place),
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
		await load.setUp({
			endpoint: target.endpoint,
			transport: config.limits.transport,
			engine: target.adapter.name,
			api: target.api,
			model: target.model,
			basePath: target.basePath,
			headers: target.headers,
			work,
			...(config.limits.firstTokenTimeoutMs === undefined
				? {}
				: {firstTokenTimeoutMs: config.limits.firstTokenTimeoutMs}),
			idleTimeoutMs: config.limits.idleTimeoutMs,
			...(config.limits.totalTimeoutMs === undefined ? {} : {totalTimeoutMs: config.limits.totalTimeoutMs}),
			retry: config.limits.retry,
			keepText: config.work.tokens !== 'auto',
			keepInstants: false,
			sendRows: live,
			requestIdPrefix: `llmtop-${Date.parse(startedAt).toString(36)}`,
		});
		const run = new Run({
			config,
			target,
			work,
			load,
			startedAt,
			untilStopped: live,
			publicConfig: shown,
			sessionFile: saveFile,
			notes: [],
			listener: {
				levelStarted: (level, start) => journal.levelStart(level, start),
				ticked: (level, tick) => journal.tick(level, tick),
				levelEnded(level, end, summary) {
					void journal.levelEnd(level, end);
					console.say(levelSentence(summary));
				},
				noted: (text) => journal.note(text),
			},
		});
		signals.onStop(() => run.stop());
		const show = live ? withView : withProgress;
		const session = await show({run, output: config.output, environment, console, signals}, () => run.session());
		await journal.end(session.partial);
		const code = await deliver({session, config, console, journal, saveFile, fallbackFolders: folders});
		return signals.exitCode ?? code;
	} finally {
		signals.close();
		await close();
	}
}
