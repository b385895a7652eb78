/** What a fake engine is asked to be. Plain data: it lies in a file beside the executables. */

import {appendFileSync, readFileSync} from 'node:fs';
import type {StartStage} from '../../../source/snapshot.ts';

export interface Behaviour {
	/** What `--version` says and what decides which flags it takes; absent: the recorded one. */
	readonly version?: string;
	/** Seconds that a recorded second takes; 0 (default): all at once. */
	readonly pace?: number;
	/** Another recorded start: `gpu` for vLLM. */
	readonly log?: string;
	/** A name in the engine's failures.json. */
	readonly failure?: string;
	/** Prints its log up to the first line of this stage and no further. */
	readonly hangAt?: StartStage;
	/** Takes no notice of them, and its children neither. */
	readonly ignores?: readonly NodeJS.Signals[];
	/** Starts a child: in its own process group, or `apart` in another. */
	readonly child?: 'group' | 'apart';
	/** Ends by itself so long after it was ready, ms, with exit code 1. */
	readonly diesAfterMs?: number;
	/** Ollama: the one model of its library. Default `tiny`. */
	readonly model?: string;
	/** Ollama: the model must be pulled first. */
	readonly missing?: true;
	/** Ollama: the model's architecture takes one request at a time. */
	readonly serial?: true;
	/** Ollama: share of the model that is on the GPU, 0 to 1; default 1. */
	readonly onGpu?: number;
}

/** Environment variable: folder of behaviour.json and calls.jsonl. */
export const folderVariable = 'FAKE_ENGINE_FOLDER';

/** Environment variable: a behaviour as JSON, laid over the file's. */
export const behaviourVariable = 'FAKE_ENGINE';

/** One start of a fake engine's executable. */
export interface Call {
	readonly engine: string;
	readonly argv: readonly string[];
	readonly pid: number;
	/** Process ids of children that it started. */
	readonly children: readonly number[];
	/** Those variables of its environment that engines read. */
	readonly environment: Readonly<Record<string, string>>;
}

export function readBehaviour(environment: NodeJS.ProcessEnv): Behaviour {
	const folder = environment[folderVariable] ?? '';
	const stored: Behaviour = JSON.parse(readFileSync(`${folder}/behaviour.json`, 'utf8'));
	const over: Behaviour = JSON.parse(environment[behaviourVariable] ?? '{}');
	return {...stored, ...over};
}

/** Writes down that the executable was started; one write, so that two at once do not mix. */
export function writeCall(call: Omit<Call, 'environment'>, environment: NodeJS.ProcessEnv): void {
	const engines = /^(?:OLLAMA|VLLM|LLAMA|SGLANG|HF|CUDA)_/;
	const known = Object.entries(environment).flatMap(([name, value = '']) =>
		engines.test(name) ? [[name, value]] : [],
	);
	const line = JSON.stringify({...call, environment: Object.fromEntries(known)} satisfies Call);
	appendFileSync(`${environment[folderVariable]}/calls.jsonl`, `${line}\n`);
}
