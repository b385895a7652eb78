/** The session of a load that ran on another machine, as one of this program here. */

import type {Config} from '../config.ts';
import {publicConfig} from '../session/redact.ts';
import type {HostFacts, Session, Snapshot} from '../snapshot.ts';

export interface Home {
	/** What was asked for, here. */
	readonly config: Config;
	/** The machine, as the person named it. */
	readonly box: string;
	/** What a reader must know besides, in order. */
	readonly notes: readonly string[];
}

/** The machine that it names as the one that measured is the other one, and so it was. */
export function sessionAtHome(session: Session, {config, box, notes}: Home): Session {
	const {ssh, output, start, work, target} = config;
	const {datasetFile, tokens} = work;
	const {caCertFile} = target;
	const asked = isObject(session.config) ? session.config : {};
	return {
		...session,
		config: publicConfig({
			...asked,
			ssh,
			output,
			// Files as they were named here; there they had other names.
			...(start === undefined ? {} : {start}),
			work: {...memberOf(asked, 'work'), tokens, ...(datasetFile === undefined ? {} : {datasetFile})},
			target: {...memberOf(asked, 'target'), ...(caCertFile === undefined ? {} : {caCertFile})},
		}),
		target: {...session.target, box: {name: box, way: 'there'}},
		notes: [...session.notes, ...notes],
	};
}

export interface Rescue extends Home {
	/** Wall-clock start, ISO 8601. */
	readonly startedAt: string;
	/** Version of the program. */
	readonly version: string;
	/** The machine that measured. */
	readonly host: HostFacts;
}

/**
 * What was told of a load whose end was not: the levels that had ended, without their requests. Absent when none had.
 */
export function rescuedSession(
	told: Snapshot,
	{config, box, notes, startedAt, version, host}: Rescue,
): Session | undefined {
	const {target, finished, marks} = told;
	if (finished.length === 0) return undefined;
	return {
		formatVersion: 1,
		llmtop: {version},
		startedAt,
		host,
		config: publicConfig(config),
		labels: config.output.labels,
		target: {...target, box: {name: box, way: 'there'}},
		partial: true,
		recovered: false,
		levels: finished.map((level) => ({...level, records: []})),
		repeated: [],
		notes: [...told.notes, ...notes],
		...(marks === undefined ? {} : {marks}),
	};
}

function memberOf(value: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
	const member = value[name];
	return isObject(member) ? member : {};
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
