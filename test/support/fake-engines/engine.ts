/** What all fake engines do: play a recorded start, serve the simulated engine, end as the real one does. */

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {connect} from 'node:net';
import {type HttpHandler, type HttpServer, serveHttp} from '../../../source/engine/simulator/http-server.ts';
import type {Profile} from '../../../source/engine/simulator/profile.ts';
import {demo} from '../../../source/engine/simulator/profiles/demo.ts';
import type {StartStage} from '../../../source/snapshot.ts';
import {type Behaviour, writeCall} from './behaviour.ts';
import {type Failure, failuresOf} from './fixtures.ts';
import {type LogLine, playLog, printLines} from './start-log.ts';

/** A test that is killed leaves nothing for longer than this. */
const longestLifeMs = 300_000;

export interface FakeEngine {
	readonly name: string;
	readonly argv: readonly string[];
	readonly port: number;
	readonly log: readonly LogLine[];
	/** The first line of each stage that it has. */
	readonly stages: Readonly<Partial<Record<StartStage, RegExp>>>;
	/** The line with which its port opens; from then on `handler` answers. */
	readonly opensAt: RegExp;
	/** Answers requests; `ready` says whether its whole start was printed. */
	handler(ready: () => boolean): HttpHandler;
	/** What it says and ends with when its port is taken. */
	readonly portTaken: {readonly lines: readonly string[]; readonly exitCode: number};
	/** What it says when it is asked to end. */
	readonly farewell: readonly string[];
}

/** The simulated hardware under a fake engine: quick, so that tests are. */
export function profileOf(
	own: Pick<Profile, 'engine' | 'model'> & Partial<Pick<Profile, 'slots' | 'contextTokens'>>,
): Profile {
	return {
		...demo,
		source: 'a fake engine for tests',
		prefillFixedMs: 2,
		decodeStepMs: [[1, 2]],
		jitter: 0,
		...own,
	};
}

/** Ends the program as an engine that refuses to start does. */
export function refuse(lines: readonly string[], code: number): never {
	printLines(lines);
	process.exit(code);
}

async function isTaken(port: number): Promise<boolean> {
	const socket = connect({port, host: '127.0.0.1'});
	try {
		await once(socket, 'connect');
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}

/** Starts `sleep`, which takes no notice of the signals that its parent ignores. */
function startChild(behaviour: Behaviour): readonly number[] {
	if (behaviour.child === undefined) return [];
	const ignored = (behaviour.ignores ?? []).map((signal) => signal.slice('SIG'.length)).join(' ');
	const script = `${ignored === '' ? '' : `trap '' ${ignored}; `}exec sleep ${longestLifeMs / 1000}`;
	const child = spawn('/bin/sh', ['-c', script], {stdio: 'ignore', detached: behaviour.child === 'apart'});
	return child.pid === undefined ? [] : [child.pid];
}

/** The lines up to and including the first one of a stage; all when no stage is asked for. */
function upTo(engine: FakeEngine, stage: string | undefined): readonly LogLine[] {
	if (stage === undefined) return engine.log;
	const entry = Object.entries(engine.stages).find(([name]) => name === stage);
	if (entry === undefined) throw new Error(`${engine.name} has no stage ${stage}`);
	const place = engine.log.findIndex((line) => entry[1].test(line.text));
	if (place < 0) throw new Error(`this start of ${engine.name} has no stage ${stage}`);
	return engine.log.slice(0, place + 1);
}

export async function runEngine(engine: FakeEngine, behaviour: Behaviour): Promise<void> {
	setTimeout(() => process.exit(9), longestLifeMs);
	writeCall({engine: engine.name, argv: engine.argv, pid: process.pid, children: startChild(behaviour)}, process.env);
	let server: HttpServer | undefined;
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.on(signal, () => {
			if (behaviour.ignores?.includes(signal) === true) {
				printLines([`takes no notice of ${signal}`]);
				return;
			}
			printLines(engine.farewell);
			process.exit(0);
		});
	}
	if (await isTaken(engine.port)) refuse(engine.portTaken.lines, engine.portTaken.exitCode);
	const failure: Failure | undefined = failuresOf(engine.name)[behaviour.failure ?? ''];
	if (behaviour.failure !== undefined && failure === undefined) throw new Error(`no failure ${behaviour.failure}`);
	const failsToStart = failure !== undefined && failure.onLoad !== true;
	if (failsToStart && failure.after === undefined) refuse(failure.lines, failure.exitCode ?? 1);
	const lines = upTo(engine, failsToStart ? failure.after : behaviour.hangAt);
	let ready = false;
	const opens = lines.findIndex((line) => engine.opensAt.test(line.text));
	const pace = behaviour.pace ?? 0;
	await playLog(opens < 0 ? lines : lines.slice(0, opens), pace);
	if (opens >= 0) {
		server = await serveHttp(
			engine.port,
			engine.handler(() => ready),
		).catch(() => refuse(engine.portTaken.lines, engine.portTaken.exitCode));
		await playLog(lines.slice(opens), pace);
	}
	if (failsToStart) refuse(failure.lines, failure.exitCode ?? 1);
	// Without a port it would have nothing to stay for.
	if (behaviour.hangAt !== undefined || server === undefined) return;
	ready = true;
	if (behaviour.diesAfterMs !== undefined) setTimeout(() => process.exit(1), behaviour.diesAfterMs);
}
