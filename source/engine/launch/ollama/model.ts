/** A model made ready for measuring: there, in memory, as it should be, and gone again afterwards if we brought it. */

import {ExpectedError, exitCode} from '../../../errors.ts';
import {seconds} from '../failure.ts';
import {patiently} from '../patience.ts';
import type {LaunchPlace} from '../place.ts';
import {isSameModel, type LoadedModel, OllamaClient, type OllamaClientOptions, OllamaError} from './client.ts';
import {type PullProgress, PullTally} from './pull-progress.ts';

/** What is being done. */
export type ModelProgress = ({readonly stage: 'downloading'} & PullProgress) | {readonly stage: 'loading'};

export interface PrepareOptions {
	readonly url: string;
	readonly headers?: Readonly<Record<string, string>>;
	/** Absent: it runs on this machine. */
	readonly place?: Pick<LaunchPlace, 'way' | 'where'>;
	readonly model: string;
	/** Fetch it when it is not there. */
	readonly pull: boolean;
	/** Context that each request should have, tokens. */
	readonly contextLength?: number;
	/** Longest load, ms; default 30 min. */
	readonly loadTimeoutMs?: number;
	readonly signal: AbortSignal;
	readonly onProgress?: (progress: ModelProgress) => void;
}

export interface PreparedModel {
	/** It was not in memory before. */
	readonly loadedByUs: boolean;
	/** What a person should know of how it is loaded, a sentence each. */
	readonly notes: readonly string[];
	/** Takes it out of memory if we brought it there. Never rejects: a server that is gone has nothing loaded. */
	release(): Promise<void>;
}

/** The model is there, but does not get into memory. */
export class LoadError extends ExpectedError {}

/** Longer than any pause between levels; a killed llmtop leaves it in memory no longer than that. */
const keepAlive = '30m';
const defaultLoadTimeoutMs = 30 * 60_000;
const unloadMs = 30_000;

/**
 * Resolves when the model is in memory. Throws `ExpectedError` (exit 4) when it is not there and may not be pulled, when
 * the pull or the load fails, and the signal's reason when that aborts.
 */
export async function prepareModel(options: PrepareOptions): Promise<PreparedModel> {
	const {
		url,
		headers = {},
		model,
		signal,
		loadTimeoutMs = defaultLoadTimeoutMs,
		onProgress = () => undefined,
	} = options;
	const {way, where = ''} = options.place ?? {};
	const server = {url, headers, ...(way === undefined ? {} : {way})};
	const client = new OllamaClient(server);
	const isAnswer = (error: unknown) => error instanceof OllamaError || error instanceof ExpectedError;
	let wasLoaded: boolean | undefined;
	const attempt = async () => {
		if (!(await client.has(model, signal))) {
			if (!options.pull) throw missing(`${url}${where}`, model);
			await pull(client, model, signal, onProgress);
		}
		// As it was before us: an attempt that broke may have brought it there.
		wasLoaded ??= find(await client.loaded(signal), model) !== undefined;
		onProgress({stage: 'loading'});
		await load(client, model, loadTimeoutMs, signal);
		return notesOn(find(await client.loaded(signal), model), options.contextLength);
	};
	try {
		const notes = await patiently({way, signal, isAnswer}, attempt);
		const loadedByUs = wasLoaded !== true;
		return {
			loadedByUs,
			notes,
			release: async () => {
				if (loadedByUs) await unload(server, model);
			},
		};
	} catch (error) {
		throw explained(error, `${url}${where}`, model, signal);
	} finally {
		await client.close();
	}
}

function find(loaded: readonly LoadedModel[], model: string): LoadedModel | undefined {
	return loaded.find(({name}) => isSameModel(name, model));
}

async function pull(
	client: OllamaClient,
	model: string,
	signal: AbortSignal,
	onProgress: (progress: ModelProgress) => void,
): Promise<void> {
	const tally = new PullTally();
	try {
		for await (const line of client.pull(model, signal)) onProgress({stage: 'downloading', ...tally.add(line)});
	} catch (error) {
		if (!(error instanceof OllamaError)) throw error;
		throw new ExpectedError(`Ollama could not pull the model ${model}: ${error.message}.`, {
			exitCode: exitCode.notStarted,
			advice: error.message.includes('file does not exist')
				? 'Its library has no model of that name: check the name after --model.'
				: `What it says is all that is known; try it by itself: ollama pull ${model}`,
			cause: error,
		});
	}
}

async function load(client: OllamaClient, model: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
	const late = AbortSignal.timeout(timeoutMs);
	try {
		await client.load(model, keepAlive, AbortSignal.any([signal, late]));
	} catch (error) {
		if (!late.aborted || signal.aborted) throw error;
		throw new LoadError(`Ollama did not load the model ${model} within ${seconds(timeoutMs)}.`, {
			exitCode: exitCode.notStarted,
			advice: 'Its log says what it waits for; most often memory is short.',
		});
	}
}

async function unload(server: OllamaClientOptions, model: string): Promise<void> {
	const client = new OllamaClient(server);
	try {
		await client.unload(model, AbortSignal.timeout(unloadMs));
	} catch {
		// It is gone, or it does not listen to us: there is nothing more to be done.
	} finally {
		await client.close();
	}
}

/** How it is loaded, where that is not as it should be. */
function notesOn(loaded: LoadedModel | undefined, wantedContext: number | undefined): readonly string[] {
	if (loaded === undefined) return ['Ollama does not list the model as loaded, though it said that it loaded it.'];
	const {size, sizeOnGpu, contextLength} = loaded;
	const notes: string[] = [];
	if (size !== undefined && sizeOnGpu !== undefined && sizeOnGpu < size) {
		const onCpu = 100 * (1 - sizeOnGpu / size);
		notes.push(
			sizeOnGpu === 0
				? 'The model runs on the CPU: nothing of it is on a GPU.'
				: `${onCpu < 1 ? 'Less than 1' : Math.round(onCpu)} % of the model is on the CPU: the GPUs had no room for it.`,
		);
	}
	if (wantedContext !== undefined && contextLength !== undefined && contextLength !== wantedContext) {
		notes.push(
			`Each request has a context of ${contextLength} tokens, not the ${wantedContext} asked for: the model says so itself.`,
		);
	}
	return notes;
}

function missing(place: string, model: string): ExpectedError {
	return new ExpectedError(`The Ollama at ${place} does not have the model ${model}.`, {
		exitCode: exitCode.notStarted,
		advice: `Let llmtop fetch it with --pull, or fetch it yourself: ollama pull ${model}`,
	});
}

function explained(error: unknown, place: string, model: string, signal: AbortSignal): unknown {
	if (signal.aborted || error instanceof ExpectedError) return signal.aborted ? signal.reason : error;
	if (error instanceof OllamaError) {
		return new LoadError(`Ollama could not load the model ${model}: ${error.message}.`, {
			exitCode: exitCode.notStarted,
			cause: error,
		});
	}
	const reason = error instanceof Error ? error.message : String(error);
	return new LoadError(`The Ollama at ${place} went away while the model ${model} was made ready: ${reason}.`, {
		exitCode: exitCode.notStarted,
		cause: error,
	});
}
