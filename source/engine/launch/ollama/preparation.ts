/** What an Ollama that we start needs between its first answer and its first token: its model. */

import {UnusableError} from '../readiness.ts';
import type {LaunchOptions} from '../server-launch.ts';
import {LoadError, type PreparedModel, type PrepareOptions, prepareModel} from './model.ts';

export interface OllamaPreparation {
	/** For the launch. */
	readonly prepare: NonNullable<LaunchOptions['prepare']>;
	/** Absent until the model is in memory. */
	readonly prepared: PreparedModel | undefined;
}

/** Where and until when: the launch says. */
export function ollamaPreparation(options: Omit<PrepareOptions, 'url' | 'signal' | 'onProgress'>): OllamaPreparation {
	let prepared: PreparedModel | undefined;
	return {
		get prepared() {
			return prepared;
		},
		async prepare({url, signal, tell}) {
			try {
				prepared = await prepareModel({
					...options,
					url,
					signal,
					onProgress: (told) => tell(told.stage, told.stage === 'downloading' ? told.progress : undefined),
				});
			} catch (error) {
				// The log of the server says more than its answer: the launch adds it.
				throw error instanceof LoadError ? new UnusableError(error.message, {cause: error}) : error;
			}
		},
	};
}
