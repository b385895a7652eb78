/** The Ollama that a session uses: one that runs already, when its settings fit, or one of our own, with its model. */

import {ExpectedError, exitCode} from '../../../errors.ts';
import type {LaunchPlace} from '../place.ts';
import type {LaunchCommand} from '../preset.ts';
import {ollamaLogNotes} from './child-log.ts';
import {planOllama} from './daemon.ts';
import {prepareModel} from './model.ts';
import {type OllamaPreparation, ollamaPreparation} from './preparation.ts';

export interface OllamaOptions {
	/** As the preset has it. */
	readonly command: LaunchCommand;
	readonly place: LaunchPlace;
	/** Fetch the model when it is not there. */
	readonly pull: boolean;
	/** What `--sweep-server` changes: then nobody else's will do. */
	readonly swept: string | undefined;
	readonly headers: Readonly<Record<string, string>>;
	readonly signal: AbortSignal;
	/** Starts one of our own; resolves with its log when it is ready. */
	readonly run: (
		command: LaunchCommand,
		prepare: OllamaPreparation['prepare'] | undefined,
	) => Promise<readonly string[]>;
	/** Hears what a person should know. */
	readonly onNotes: (notes: readonly string[]) => void;
	/** Hears what is done while there is no start to tell it. */
	readonly onDoing: (doing: string) => void;
}

/** One that was there before us, and stays. */
export interface OllamaInUse {
	readonly url: string;
	readonly model: string | undefined;
	/** Takes out of memory what was brought there. */
	readonly release?: () => Promise<void>;
}

/**
 * Resolves when it can be used; with nothing when it is our own. Rejects with an `ExpectedError`, exit 4, when the model
 * cannot be made ready or somebody else's is in the way of a sweep, as `run` does, and with the signal's reason.
 */
export async function beginOllama(options: OllamaOptions): Promise<OllamaInUse | undefined> {
	const {command, place, pull, swept, headers, signal, run, onNotes, onDoing} = options;
	const plan = await planOllama({command, place, pull, headers, signal});
	const {model} = command;
	const context = Number(command.environment.OLLAMA_CONTEXT_LENGTH);
	const wanted = {headers, place, pull, ...(context > 0 ? {contextLength: context} : {})};
	if (plan.kind === 'start') {
		const preparation = model === undefined ? undefined : ollamaPreparation({...wanted, model});
		const log = await run(plan.command, preparation?.prepare);
		onNotes([...(preparation?.prepared?.notes ?? []), ...ollamaLogNotes(log)]);
		return undefined;
	}
	const {url} = plan;
	if (swept !== undefined) throw inTheWay(`${url}${place.where}`, swept);
	onNotes(plan.notes);
	if (model === undefined) return {url, model};
	const prepared = await prepareModel({
		...wanted,
		url,
		model,
		signal,
		onProgress: ({stage}) => onDoing(`${stage === 'downloading' ? 'Downloading' : 'Loading'} ${model}`),
	});
	onNotes(prepared.notes);
	return {url, model, release: () => prepared.release()};
}

/** The servers of a sweep are our own, one like the other but for the setting. */
function inTheWay(place: string, key: string): ExpectedError {
	return new ExpectedError(
		`The Ollama that runs at ${place} fits one of the settings, and would stand among servers of our own in the sweep over ${key}.`,
		{
			exitCode: exitCode.notStarted,
			advice: 'Stop it for the time of the sweep, or keep out of its way with --set port=11500.',
		},
	);
}
