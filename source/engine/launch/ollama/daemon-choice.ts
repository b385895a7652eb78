/**
 * Whether an Ollama that already runs is the one that a preset asks for. Its settings are those of its environment, and
 * no answer of its API tells them but the context of a loaded model: what cannot be read is unknown, and unknown is not
 * the same as fitting. Pure.
 */

import {isSameModel, type LoadedModel} from './client.ts';

export interface RunningDaemon {
	readonly url: string;
	/** As in `LaunchPlace`. */
	readonly where: string;
	readonly version: string;
	/** Of its process; absent when it belongs to somebody else, or the system does not tell. */
	readonly environment?: Readonly<Record<string, string>>;
	readonly loaded: readonly LoadedModel[];
}

export interface WantedDaemon {
	/** Variables that the preset sets. */
	readonly environment: Readonly<Record<string, string>>;
	readonly model?: string;
}

export interface DaemonChoice {
	/** Everything that the preset sets is so there. */
	readonly fits: boolean;
	/** Why, a sentence. */
	readonly why: string;
	/** What a person should know when it is used. */
	readonly notes: readonly string[];
}

/** Where it listens, and what we add ourselves: no matter of how it works. */
const indifferent: ReadonlySet<string> = new Set(['OLLAMA_HOST', 'LLAMA_ARG_ENDPOINT_METRICS']);

/** What a variable that is not set means, by version (envconfig of each release); absent: it depends on the machine. */
const unset: Readonly<Record<string, (version: string) => string | undefined>> = {
	OLLAMA_NUM_PARALLEL: (version) => (isBefore(version, [0, 11, 5]) ? undefined : '1'),
	OLLAMA_CONTEXT_LENGTH: (version) => (isBefore(version, [0, 15, 5]) ? '4096' : undefined),
	OLLAMA_FLASH_ATTENTION: (version) => (isBefore(version, [0, 12, 4]) ? 'false' : undefined),
	OLLAMA_KV_CACHE_TYPE: () => 'f16',
	OLLAMA_KEEP_ALIVE: () => '5m',
	OLLAMA_LOAD_TIMEOUT: () => '5m',
	OLLAMA_MAX_QUEUE: () => '512',
	OLLAMA_SCHED_SPREAD: () => 'false',
};

export function chooseDaemon(wanted: WantedDaemon, running: RunningDaemon): DaemonChoice {
	const names = Object.keys(wanted.environment).filter((name) => !indifferent.has(name));
	const differences: string[] = [];
	const unknown: string[] = [];
	for (const name of names) {
		const asked = wanted.environment[name] ?? '';
		const has = settingOf(name, wanted.model, running);
		if (has === undefined) unknown.push(name);
		else if (canonical(has) !== canonical(asked)) differences.push(`${name} is ${has} there, not ${asked}`);
	}
	const who = `The Ollama ${running.version} that runs at ${running.url}${running.where}`;
	if (differences.length > 0) return {fits: false, why: `${who} does not fit: ${differences.join(', ')}.`, notes: []};
	if (unknown.length > 0) {
		const why =
			running.environment === undefined
				? 'its process belongs to somebody else, and its API does not tell'
				: 'it is not set there, and then depends on the machine';
		return {fits: false, why: `${who} may not fit: ${unknown.join(' and ')} cannot be known (${why}).`, notes: []};
	}
	const so = names.map((name) => `${name}=${wanted.environment[name]}`).join(' ');
	return {
		fits: true,
		why: names.length === 0 ? `${who} is used.` : `${who} is used: it has ${so}, as asked.`,
		notes: settingOf('OLLAMA_NUM_PARALLEL', undefined, running) === undefined ? [parallelUnknown] : [],
	};
}

const parallelUnknown =
	'How many requests this Ollama runs at once (OLLAMA_NUM_PARALLEL) is unknown: its API does not tell, nor does what may be read of its environment.';

function settingOf(name: string, model: string | undefined, running: RunningDaemon): string | undefined {
	const {environment, loaded, version} = running;
	if (environment !== undefined) return environment[name] || unset[name]?.(version);
	if (name !== 'OLLAMA_CONTEXT_LENGTH' || model === undefined) return undefined;
	return loaded.find((other) => isSameModel(other.name, model))?.contextLength?.toString();
}

/** `1`, `t` and `True` are the same to Ollama where it asks for yes or no; 1 is also a number, so only words change. */
function canonical(value: string): string {
	const plain = value.trim().toLowerCase();
	if (['true', 't'].includes(plain)) return '1';
	if (['false', 'f'].includes(plain)) return '0';
	return plain;
}

function isBefore(version: string, than: readonly number[]): boolean {
	const numbers = version.split(/[.-]/).map(Number);
	for (const [place, other] of than.entries()) {
		const mine = numbers[place] ?? 0;
		if (mine !== other) return mine < other;
	}
	return false;
}
