/** Which Ollama a run uses: the one that is there, when it fits, else one of our own beside it. */

import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {addressOf, isPortOpen, listeners} from '../port.ts';
import type {LaunchCommand} from '../preset.ts';
import {OllamaClient} from './client.ts';
import {chooseDaemon, type RunningDaemon} from './daemon-choice.ts';

export type OllamaPlan =
	/** Nothing is started, and nothing of it may be stopped. */
	| {readonly kind: 'use'; readonly url: string; readonly version: string; readonly notes: readonly string[]}
	/** Start this; `changes` say why, where it is not what the preset says. */
	| {readonly kind: 'start'; readonly command: LaunchCommand};

/** Answers to these come at once; a daemon that does not answer so soon is no daemon to use. */
const answerMs = 5_000;
/** Ports after the preset's that are tried for an own daemon. */
const furtherPorts = 100;

/** Added to the preset's time until it is ready, which is the daemon's alone. */
const modelMs = {load: 30 * 60_000, pull: 24 * 60 * 60_000} as const;

export interface PlanOptions {
	readonly command: LaunchCommand;
	/** The model may have to be pulled when the daemon is started. */
	readonly pull: boolean;
	readonly headers?: Readonly<Record<string, string>>;
	readonly signal: AbortSignal;
}

/**
 * Looks at what answers on the preset's address. Something that is no Ollama stays the launcher's business: it refuses
 * a port that is taken.
 */
export async function planOllama({command, pull, headers = {}, signal}: PlanOptions): Promise<OllamaPlan> {
	const start = (own: LaunchCommand): OllamaPlan => ({
		kind: 'start',
		command: withModelTime(own, pull),
	});
	const running = await runningDaemon(command.url, headers, signal);
	if (running === undefined) return start(command);
	const {environment, model} = command;
	const choice = chooseDaemon({environment, ...(model === undefined ? {} : {model})}, running);
	if (choice.fits)
		return {kind: 'use', url: running.url, version: running.version, notes: [choice.why, ...choice.notes]};
	const {host, port} = addressOf(command.url);
	const other = await portAfter(host, port);
	// Nowhere to go: the launcher says what is there.
	if (other === undefined) return start(command);
	return start(besideRunning(command, other, choice.why, running));
}

/** The Ollama at a URL; absent when there is none. */
async function runningDaemon(
	url: string,
	headers: Readonly<Record<string, string>>,
	signal: AbortSignal,
): Promise<RunningDaemon | undefined> {
	const address = addressOf(url);
	if (!(await isPortOpen(address))) return undefined;
	const client = new OllamaClient({url, headers});
	const soon = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
	try {
		const [version, loaded] = await Promise.all([client.version(soon), client.loaded(soon)]);
		if (version === '') return undefined;
		const environment = await environmentOn(address.port);
		return {url, version, loaded, ...(environment === undefined ? {} : {environment})};
	} catch {
		signal.throwIfAborted();
		return undefined;
	} finally {
		await client.close();
	}
}

/** The environment of the process that listens on a port: on Linux, when it is ours. */
async function environmentOn(port: number): Promise<Readonly<Record<string, string>> | undefined> {
	for (const {pid} of await listeners(port)) {
		const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
		if (text !== '') return readEnviron(text);
	}
	return undefined;
}

/** Reads `NAME=VALUE` between NULs, as /proc/PID/environ has it (proc(5)). */
export function readEnviron(text: string): Readonly<Record<string, string>> {
	const pairs = text.split('\0').flatMap((entry) => {
		const sign = entry.indexOf('=');
		return sign > 0 ? [[entry.slice(0, sign), entry.slice(sign + 1)] as const] : [];
	});
	return Object.fromEntries(pairs);
}

async function portAfter(host: string, port: number): Promise<number | undefined> {
	for (let other = port + 1; other <= Math.min(65_535, port + furtherPorts); other++) {
		if (await canListen(host, other)) return other;
	}
	return undefined;
}

/** Whether a server may have this port: nobody listens there, and no connection goes out from it. */
async function canListen(host: string, port: number): Promise<boolean> {
	const server = createServer();
	try {
		await once(server.listen(port, host), 'listening');
		return true;
	} catch {
		return false;
	} finally {
		server.close();
	}
}

/** The same command on another port, with the running one's models where we may know them. */
function besideRunning(command: LaunchCommand, port: number, why: string, running: RunningDaemon): LaunchCommand {
	const url = new URL(command.url);
	url.port = String(port);
	const listens = command.environment.OLLAMA_HOST?.replace(/:\d+$/, '') || url.hostname;
	const models = command.environment.OLLAMA_MODELS === undefined ? running.environment?.OLLAMA_MODELS : undefined;
	return {
		...command,
		url: url.origin,
		environment: {
			...command.environment,
			OLLAMA_HOST: `${listens}:${port}`,
			...(models === undefined ? {} : {OLLAMA_MODELS: models}),
		},
		changes: [
			...command.changes,
			`Port ${port} instead of ${addressOf(command.url).port}: ${why}`,
			...(models === undefined ? [] : [`OLLAMA_MODELS=${models} is added: the models of the running Ollama.`]),
		],
	};
}

function withModelTime(command: LaunchCommand, pull: boolean): LaunchCommand {
	const {preset} = command;
	const timeoutMs = preset.ready.timeoutMs + modelMs.load + (pull ? modelMs.pull : 0);
	return {...command, preset: {...preset, ready: {...preset.ready, timeoutMs}}};
}
