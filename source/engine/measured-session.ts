/** A run's findings as a session: the value that is saved and reported. */

import type {Config} from '../config.ts';
import {repeated} from '../metrics/repeat.ts';
import type {Level, Mark, Session, StartedServer} from '../snapshot.ts';
import {hostFacts} from './host/host-facts.ts';
import type {Work} from './load/plan.ts';
import {version} from './role.ts';
import type {ResolvedTarget} from './target.ts';

export interface Findings {
	readonly config: Config;
	/** What is saved of the configuration: no secrets. */
	readonly publicConfig: unknown;
	readonly work: Work;
	readonly target: ResolvedTarget;
	/** Wall-clock start, ISO 8601. */
	readonly startedAt: string;
	readonly partial: boolean;
	readonly levels: readonly Level[];
	readonly notes: readonly string[];
	readonly marks: readonly Mark[];
	/** Each start of a server of our own; empty when it was there before us. */
	readonly started: readonly StartedServer[];
	readonly gpus: Session['gpus'];
}

export function measuredSession(findings: Findings): Session {
	const {config, publicConfig, work, target, startedAt, partial, levels, notes, marks, started, gpus} = findings;
	return {
		formatVersion: 1,
		llmtop: {version},
		startedAt,
		host: hostFacts(),
		config: shownConfig(publicConfig, work),
		labels: config.output.labels,
		target: target.target,
		partial,
		recovered: false,
		levels,
		repeated: repeated(levels),
		notes,
		marks,
		...(started.length === 0 ? {} : {started}),
		...(gpus === undefined ? {} : {gpus}),
	};
}

/** What is saved of the configuration, with what the workload made of it. */
function shownConfig(config: unknown, work: Work): Record<string, unknown> {
	const shown: Record<string, unknown> = {...membersOf(config)};
	return {...shown, work: {...membersOf(shown.work), ...publicWork(work)}};
}

function membersOf(value: unknown): object {
	return typeof value === 'object' && value !== null ? value : {};
}

/** The parts of the workload that a reader of the session needs; prompts and the dataset's rows stay out. */
function publicWork(work: Work): Record<string, unknown> {
	const {name, source, columns, maxTokens, exactLength, temperature, stream, cache} = work;
	return {workload: name, source, columns, maxTokens, exactLength, temperature, stream, cache};
}
