/**
 * One session of llmtop with everything on, composed as commands/load.ts does: load threads, recorder, ticks, level
 * accumulator, a snapshot every 250 ms, journal, session file and report; with the view or without.
 */

import {Console} from '../source/commands/console.ts';
import {deliver} from '../source/commands/deliver.ts';
import {withProgress, withView} from '../source/commands/show.ts';
import {Signals} from '../source/commands/signals.ts';
import type {Config} from '../source/config.ts';
import {Load} from '../source/engine/load/load.ts';
import type {EventInstants} from '../source/engine/load/protocol.ts';
import {loadWork} from '../source/engine/load/workload.ts';
import {workloadNames} from '../source/engine/load/workload-presets.ts';
import {version} from '../source/engine/role.ts';
import {hostFacts, Run, usefulWorkers} from '../source/engine/run.ts';
import {servers} from '../source/engine/servers/index.ts';
import {resolveTarget} from '../source/engine/target.ts';
import {parseCommandLine} from '../source/options/parse.ts';
import {levelSentence} from '../source/report/summary.ts';
import {Journal} from '../source/session/journal.ts';
import {publicConfig} from '../source/session/redact.ts';
import {createStore} from '../source/store.ts';
import {type ClientOrder, CpuWindow, peakBytes, readOrder, writeResult} from './bench-exchange.ts';

/** As often as the view gets a snapshot (commands/show.ts), ms. */
const snapshotMs = 250;

const order = readOrder();
await session(configOf(order), order);

function configOf({flags}: ClientOrder): Config {
	const command = parseCommandLine(flags, {
		engines: servers.map(({name}) => name),
		workloads: workloadNames,
		environment: process.env,
		freshSeed: 1,
	});
	if (command.command !== 'load') throw new Error('The flags of the order are not those of a load.');
	return command.config;
}

async function session(config: Config, order: ClientOrder): Promise<void> {
	const {env: environment} = process;
	const {saveFile} = config.output;
	if (saveFile === undefined) throw new Error('The order names no session file.');
	const startedAt = new Date().toISOString();
	const console = new Console(config.output);
	const signals = new Signals();
	const load = new Load(usefulWorkers(config));
	const work = await loadWork(config.work, config.limits);
	const target = await resolveTarget(config.target, environment);
	const shown = publicConfig(config);
	const journal = await Journal.open(
		saveFile,
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
		idleTimeoutMs: config.limits.idleTimeoutMs,
		retry: config.limits.retry,
		keepText: false,
		keepInstants: order.keepInstants,
		sendRows: true,
		requestIdPrefix: 'bench',
	});
	const cpu = new CpuWindow();
	const instants: EventInstants[] = [];
	const run = new Run({
		config,
		target,
		work,
		load,
		startedAt,
		untilStopped: false,
		publicConfig: shown,
		sessionFile: saveFile,
		notes: [],
		onInstants: (kept) => instants.push(...kept),
		listener: {
			levelStarted(level, start) {
				cpu.start(order);
				journal.levelStart(level, start);
			},
			ticked: (level, tick) => journal.tick(level, tick),
			levelEnded(level, end, summary) {
				void journal.levelEnd(level, end);
				console.say(levelSentence(summary));
			},
			noted: (text) => journal.note(text),
		},
	});
	signals.onStop(() => run.stop());
	// With the view, commands/show.ts makes the snapshots.
	const store = createStore();
	const snapshots = order.view ? undefined : setInterval(() => store.set(run.snapshot()), snapshotMs);
	const show = order.view ? withView : withProgress;
	const measured = await show({run, output: config.output, environment, console, signals}, () => run.session());
	clearInterval(snapshots);
	await journal.end(measured.partial);
	await deliver({session: measured, config, console, journal, saveFile, fallbackFolders: []});
	await writeResult(order, {cpu: cpu.used, peakBytes: peakBytes(), instants});
	signals.close();
	await target.close();
}
