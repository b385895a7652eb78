/**
 * What the session says was asked for. A session document may be older or newer than this program, so its `config`
 * is read member by member: what is not there, or not of the right kind, is absent.
 */

import type {Session} from '../snapshot.ts';

/** Whose columns a session prints besides our own; the sources are listed in the README under "Published results". */
export type PublishedColumns = 'l40s' | 'a100' | 'vllama' | 'red-hat';

/** A request is good when it meets every one of these, ms. */
export interface Goals {
	readonly ttftMs: number | undefined;
	readonly tpotMs: number | undefined;
	readonly e2eMs: number | undefined;
}

export interface Asked {
	readonly workload: string | undefined;
	/** Where the method comes from. */
	readonly source: string | undefined;
	readonly columns: PublishedColumns | undefined;
	readonly seed: number | undefined;
	readonly cache: string | undefined;
	readonly maxTokens: number | undefined;
	readonly temperature: number | undefined;
	readonly api: string | undefined;
	readonly arrival: string | undefined;
	/** False: whole responses, `--no-stream`. */
	readonly stream: boolean | undefined;
	readonly requests: number | undefined;
	readonly durationMs: number | undefined;
	readonly warmup: number | undefined;
	readonly repeat: number | undefined;
	readonly goals: Goals;
}

/** The member at a path, whatever the value is. */
function at(value: unknown, ...path: readonly string[]): unknown {
	let place = value;
	for (const name of path) {
		if (typeof place !== 'object' || place === null) return undefined;
		place = Object.getOwnPropertyDescriptor(place, name)?.value;
	}
	return place;
}

function text(value: unknown): string | undefined {
	return typeof value === 'string' && value !== '' ? value : undefined;
}

function number(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function columnsOf(value: unknown): PublishedColumns | undefined {
	return value === 'l40s' || value === 'a100' || value === 'vllama' || value === 'red-hat' ? value : undefined;
}

export function askedOf(session: Session): Asked {
	const {config} = session;
	const stream = at(config, 'work', 'stream') ?? at(config, 'limits', 'stream');
	return {
		workload: text(at(config, 'work', 'workload')) ?? text(at(config, 'work', 'name')),
		source: text(at(config, 'work', 'source')),
		columns: columnsOf(at(config, 'work', 'columns')),
		seed: number(at(config, 'work', 'seed')),
		cache: text(at(config, 'work', 'cache')),
		maxTokens: number(at(config, 'work', 'maxTokens')),
		temperature: number(at(config, 'work', 'temperature')),
		api: text(at(config, 'target', 'api')),
		arrival: text(at(config, 'load', 'arrival')),
		stream: typeof stream === 'boolean' ? stream : undefined,
		requests: number(at(config, 'limits', 'requests')),
		durationMs: number(at(config, 'limits', 'durationMs')),
		warmup: number(at(config, 'limits', 'warmup')),
		repeat: number(at(config, 'limits', 'repeat')),
		goals: {
			ttftMs: number(at(config, 'goals', 'slo', 'ttftMs')),
			tpotMs: number(at(config, 'goals', 'slo', 'tpotMs')),
			e2eMs: number(at(config, 'goals', 'slo', 'e2eMs')),
		},
	};
}

/** `TTFT ≤ 500 ms and TPOT ≤ 50 ms`; '' without goals. */
export function goalsText(goals: Goals): string {
	const parts: string[] = [];
	if (goals.ttftMs !== undefined) parts.push(`TTFT ≤ ${goals.ttftMs} ms`);
	if (goals.tpotMs !== undefined) parts.push(`TPOT ≤ ${goals.tpotMs} ms`);
	if (goals.e2eMs !== undefined) parts.push(`E2E ≤ ${goals.e2eMs} ms`);
	return parts.join(' and ');
}
