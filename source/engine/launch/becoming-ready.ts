/** From a process that was just started to a server that has generated a token, unless something ends the wait. */

import type {Api} from '../../config.ts';
import type {StartStage} from '../../snapshot.ts';
import {createProbe} from '../control/probe.ts';
import type {ServerAdapter} from '../servers/server.ts';
import type {LaunchPlace, ServerProcess} from './place.ts';
import {addressOf} from './port.ts';
import type {LaunchCommand} from './preset.ts';
import {answers, generatesToken, modelToAsk, UnusableError} from './readiness.ts';

export interface BecomingReadyOptions {
	readonly command: LaunchCommand;
	readonly adapter: ServerAdapter;
	readonly headers: readonly (readonly [name: string, value: string])[];
	/** Absent: the engine's default. */
	readonly api?: Api;
	readonly place: LaunchPlace;
	readonly process: ServerProcess;
	readonly signal: AbortSignal;
	/** What must be done between its first answer and its first token. */
	readonly prepare?: (context: PrepareContext) => Promise<void>;
	readonly tell: PrepareContext['tell'];
}

export interface PrepareContext {
	readonly url: string;
	/** Aborted when the start is over. */
	readonly signal: AbortSignal;
	/** Shows what is being done; `progress` is 0 to 1. */
	readonly tell: (stage: StartStage, progress?: number) => void;
}

/** The preset's time is over. */
export class TooLateError extends Error {}
/** The server's first process has ended. */
export class DiedError extends Error {}

/**
 * Resolves with the model that generated a token. Rejects with a `TooLateError`, a `DiedError`, an `UnusableError`, what
 * `prepare` throws, or the signal's reason, at once.
 */
export async function becomeReady(options: BecomingReadyOptions): Promise<string> {
	const {command, process, signal} = options;
	const over = new AbortController();
	const {promise: isOver, reject} = Promise.withResolvers<never>();
	over.signal.addEventListener('abort', () => reject(over.signal.reason));
	const abort = () => over.abort(signal.reason);
	signal.addEventListener('abort', abort);
	if (signal.aborted) abort();
	const late = setTimeout(() => over.abort(new TooLateError()), command.preset.ready.timeoutMs);
	void process.ended.then(() => over.abort(new DiedError()));
	try {
		return await Promise.race([steps(options, over.signal), isOver]);
	} finally {
		clearTimeout(late);
		signal.removeEventListener('abort', abort);
		// What still waits for the server need not.
		over.abort(new Error('the start is over'));
	}
}

async function steps(options: BecomingReadyOptions, signal: AbortSignal): Promise<string> {
	const {command, adapter, headers, api, place, prepare, tell} = options;
	const {url} = command;
	const server = {url, headers, ...(place.way === undefined ? {} : {way: place.way})};
	await answers({...server, path: command.preset.ready.path, signal});
	await requireOurs(options);
	await prepare?.({url, signal, tell});
	const probe = createProbe({...server, insecure: false});
	try {
		const isUnheard = () => place.way !== undefined && !probe.last().some(({kind}) => kind === 'answer');
		let model = await modelToAsk(adapter, probe.get, command.model);
		// A lost connection is no server without models.
		while (command.model === undefined && isUnheard()) {
			await answers({...server, path: command.preset.ready.path, signal});
			model = await modelToAsk(adapter, probe.get, command.model);
		}
		await generatesToken({...server, adapter, model, signal, ...(api === undefined ? {} : {api})});
		return model;
	} finally {
		await probe.close();
	}
}

/** Throws `UnusableError` when what answers there is somebody else's: they were quicker to take the port. */
async function requireOurs({command: {url}, place, process}: BecomingReadyOptions): Promise<void> {
	const holders = await place.ports.listeners(addressOf(url).port);
	const ours = new Set(await process.pids());
	const [other] = holders;
	// Who listens cannot always be seen; only somebody who is seen counts.
	if (other === undefined || holders.some(({pid}) => ours.has(pid))) return;
	throw new UnusableError(
		`Another program has taken ${url}${place.where} in the meantime: process ${other.pid}, ${other.command.slice(0, 120)}`,
	);
}
