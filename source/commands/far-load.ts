/**
 * A load that another llmtop has started on this machine, from its own: orders come on standard input, and all that is to
 * be shown, with the session at the end, goes to standard output (engine/there/messages.ts).
 */

import {randomInt} from 'node:crypto';
import {createReadStream, existsSync} from 'node:fs';
import {rmdir} from 'node:fs/promises';
import {dirname} from 'node:path';
import {createInterface, type Interface} from 'node:readline';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {createGzip} from 'node:zlib';
import {hostFacts} from '../engine/host/host-facts.ts';
import {logFolders} from '../engine/launch/log-file.ts';
import {workloadNames} from '../engine/load/workload-presets.ts';
import {version} from '../engine/role.ts';
import {servers} from '../engine/servers/index.ts';
import {
	type Failure,
	journalDocument,
	mostUnderWay,
	type Order,
	orderOf,
	partBytes,
	sessionDocument,
	type Told,
	toldLine,
} from '../engine/there/messages.ts';
import {SnapshotWriter} from '../engine/there/snapshot-frames.ts';
import {type ExitCode, ExpectedError, exitCode, usageError} from '../errors.ts';
import {parseCommandLine} from '../options/parse.ts';
import {sessionChunks} from '../session/document.ts';
import type {Session} from '../snapshot.ts';
import type {Controls} from '../view/controls.ts';
import type {Audience} from './audience.ts';
import {isTaken} from './console.ts';
import {runLoad} from './load.ts';
import type {Shown} from './show.ts';

/** Runs until the load has ended. */
export async function runFarLoad(environment: NodeJS.ProcessEnv): Promise<ExitCode> {
	const line = new FarLine();
	const missing = logFolders(environment).map(missingFolders);
	await line.tell({tells: 'hello', version, host: hostFacts()});
	let code: ExitCode;
	let failure: Failure | undefined;
	try {
		const begin = await line.begun;
		const command = parseCommandLine(begin.argv, {
			engines: servers.map(({name}) => name),
			workloads: workloadNames,
			environment,
			freshSeed: randomInt(2 ** 32),
		});
		if (command.command !== 'load') throw usageError('Only a load runs on another machine.');
		line.listen(begin);
		({code} = await runLoad({config: command.config, environment, notes: [], audience: line}));
	} catch (error) {
		failure = failureOf(error);
		code = error instanceof ExpectedError ? error.exitCode : exitCode.failed;
	}
	await Promise.all(missing.map(removeEmpty));
	await line.tell({tells: 'end', code, ...(failure === undefined ? {} : {failure})});
	line.close();
	return code;
}

/** Those of a folder and the ones above it that are not there yet, the innermost first. */
function missingFolders(folder: string): readonly string[] {
	return existsSync(folder) ? [] : [folder, ...missingFolders(dirname(folder))];
}

/** The log of a server that did not start stays. */
async function removeEmpty(folders: readonly string[]): Promise<void> {
	try {
		for (const folder of folders) if (existsSync(folder)) await rmdir(folder);
	} catch {
		// Something is in it.
	}
}

type Begin = Order & {readonly order: 'begin'};

class FarLine implements Audience {
	isFollowed = false;
	/** Rejects when nobody is there to say with what. */
	readonly begun: Promise<Begin>;
	readonly #input: Interface = createInterface({input: process.stdin});
	readonly #begin = Promise.withResolvers<Begin>();
	readonly #snapshots = new SnapshotWriter();
	#everyMs = 0;
	#underWay = 0;
	#run: Shown | undefined;
	#controls: Controls | undefined;
	/** Documents one after the other. */
	#sending: Promise<void> = Promise.resolve();

	constructor() {
		this.begun = this.#begin.promise;
		this.#input.on('line', (line) => {
			const order = orderOf(line);
			if (order !== undefined) this.#do(order);
		});
		this.#input.on('close', () => this.#begin.reject(new Error('nobody said what to load')));
	}

	listen({isFollowed, everyMs}: Begin): void {
		this.isFollowed = isFollowed;
		this.#everyMs = everyMs;
	}

	watch(run: Shown, controls: Controls | undefined): () => void {
		this.#run = run;
		this.#controls = controls;
		const tell = () => this.#look(run);
		tell();
		const timer = setInterval(tell, this.#everyMs);
		return () => {
			clearInterval(timer);
			// The last figures, whether or not those before have arrived.
			this.#underWay = 0;
			tell();
		};
	}

	take(session: Session): Promise<void> {
		return this.#document(sessionDocument, Readable.from(sessionChunks(session)));
	}

	takeJournal(file: string): Promise<void> {
		return this.#document(journalDocument, createReadStream(file));
	}

	async tell(told: Told): Promise<void> {
		await isTaken(`${toldLine(told)}\n`);
	}

	close(): void {
		this.#input.close();
		process.stdin.destroy();
	}

	/** Not more than what arrives: a slow way, or one that is interrupted, gets fewer. */
	#look(run: Shown): void {
		if (this.#underWay >= mostUnderWay) return;
		this.#underWay++;
		// Where nothing can be written any more, nobody would ever see what is measured.
		this.tell({tells: 'snapshot', frame: this.#snapshots.write(run.snapshot())}).catch(() => run.stop());
	}

	#do(order: Order): void {
		const controls = this.#controls;
		switch (order.order) {
			case 'begin':
				this.#begin.resolve(order);
				break;
			case 'seen':
				this.#underWay = Math.max(0, this.#underWay - 1);
				break;
			case 'stop':
				// Before there is anything to end, the program ends, as with Ctrl-C.
				if (this.#run === undefined) process.kill(process.pid, 'SIGINT');
				else this.#run.stop();
				break;
			case 'stopLoad':
				controls?.stopLoad();
				break;
			case 'startLoad':
				controls?.startLoad();
				break;
			case 'nextLevel':
				controls?.nextLevel();
				break;
			case 'stopServer':
				controls?.stopServer?.();
				break;
			case 'setConcurrency':
				controls?.setConcurrency(order.streams);
				break;
			case 'watchStream':
				controls?.watchStream(order.stream);
				break;
			case 'save':
				void this.#save(order.document);
				break;
			default:
				order satisfies never;
		}
	}

	async #save(document: number): Promise<void> {
		try {
			if (this.#controls === undefined)
				throw new ExpectedError('Nothing was measured yet.', {exitCode: exitCode.failed});
			const file = await this.#controls.save();
			await this.#document(document, createReadStream(file));
		} catch (error) {
			await this.tell({tells: 'notSaved', document, failure: failureOf(error)});
		}
	}

	/** Packed, in parts, after those before. */
	#document(document: number, content: Readable): Promise<void> {
		const sent = this.#sending.then(async () => {
			await this.tell({tells: 'document', document});
			await pipeline(content, createGzip(), async (packed: AsyncIterable<Buffer>) => {
				for await (const bytes of packed) {
					for (let at = 0; at < bytes.length; at += partBytes) {
						await this.tell({tells: 'part', bytes: bytes.subarray(at, at + partBytes)});
					}
				}
			});
			await this.tell({tells: 'documentEnd'});
		});
		this.#sending = sent.catch(() => undefined);
		return sent;
	}
}

function failureOf(error: unknown): Failure {
	if (error instanceof ExpectedError) {
		const {message, advice, exitCode: code} = error;
		return {message, exitCode: code, isBug: false, ...(advice === undefined ? {} : {advice})};
	}
	const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
	return {message, exitCode: exitCode.failed, isBug: true};
}
