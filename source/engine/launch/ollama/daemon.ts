/** Which Ollama a run uses: the one that is there, when it fits, else one of our own beside it. */

import type {LaunchPlace} from '../place.ts';
import {addressOf} from '../port.ts';
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
	/** Where it is to run. */
	readonly place: Pick<LaunchPlace, 'ports' | 'way' | 'where'>;
	/** The model may have to be pulled when the daemon is started. */
	readonly pull: boolean;
	readonly headers?: Readonly<Record<string, string>>;
	readonly signal: AbortSignal;
}

/**
 * Looks at what answers on the preset's address. Something that is no Ollama stays the launcher's business: it refuses
 * a port that is taken.
 */
export async function planOllama({command, place, pull, headers = {}, signal}: PlanOptions): Promise<OllamaPlan> {
	const start = (own: LaunchCommand): OllamaPlan => ({
		kind: 'start',
		command: withModelTime(own, pull),
	});
	const running = await runningDaemon(command.url, {place, headers, signal});
	if (running === undefined) return start(command);
	const {environment, model} = command;
	const choice = chooseDaemon({environment, ...(model === undefined ? {} : {model})}, running);
	if (choice.fits)
		return {kind: 'use', url: running.url, version: running.version, notes: [choice.why, ...choice.notes]};
	const other = await place.ports.freeAfter(addressOf(command.url), furtherPorts);
	// Nowhere to go: the launcher says what is there.
	if (other === undefined) return start(command);
	return start(besideRunning(command, other, choice.why, running));
}

/** The Ollama at a URL; absent when there is none. */
async function runningDaemon(
	url: string,
	{
		place,
		headers,
		signal,
	}: Pick<PlanOptions, 'place' | 'signal'> & {readonly headers: Readonly<Record<string, string>>},
): Promise<RunningDaemon | undefined> {
	const {ports, way, where} = place;
	const address = addressOf(url);
	if (!(await ports.isOpen(address))) return undefined;
	const client = new OllamaClient({url, headers, ...(way === undefined ? {} : {way})});
	const soon = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
	try {
		const [version, loaded] = await Promise.all([client.version(soon), client.loaded(soon)]);
		if (version === '') return undefined;
		const environment = await ports.environmentOn(address.port);
		return {url, where, version, loaded, ...(environment === undefined ? {} : {environment})};
	} catch {
		signal.throwIfAborted();
		return undefined;
	} finally {
		await client.close();
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
