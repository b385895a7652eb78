/** The published schema: schema/session-1.json. */

import {Ajv} from 'ajv';
import {describe, expect, test} from 'vitest';
import schema from '../../schema/session-1.json' with {type: 'json'};
import type {LevelEnd, LevelStart, LevelTick} from '../../source/metrics/level-tick.ts';
import {sessionChunks} from '../../source/session/document.ts';
import type {lineSchemas} from '../../source/session/journal-line.ts';
import {
	type ClientHealth,
	type Distribution,
	type Goodput,
	type HostFacts,
	type Interval,
	type Level,
	type LevelCounters,
	type LevelGpu,
	type LevelGpuFigures,
	type LevelPath,
	type Mark,
	outcomes,
	type Repeated,
	type RequestCounts,
	type RequestRecord,
	type RoundTrips,
	type SeriesPoint,
	type ServerDistribution,
	type ServerTimings,
	type Session,
	type StartedServer,
	type Target,
	type Throughput,
	tokenSources,
	type Verdicts,
} from '../../source/snapshot.ts';
import {countedSessions} from '../report/counted-sessions.ts';
import {sampleSessions} from '../support/sessions.ts';

/** `true` when two unions of names are the same; the compiler refuses the line otherwise. */
type Same<Left, Right> = [Left] extends [Right] ? ([Right] extends [Left] ? true : never) : never;
type Definitions = typeof schema.definitions;
type Members<Name extends keyof Definitions> = Definitions[Name] extends {properties: infer Properties}
	? keyof Properties
	: never;
type LineMembers<Name extends keyof typeof lineSchemas> = (typeof lineSchemas)[Name] extends {
	properties: infer Properties;
}
	? keyof Properties
	: never;
type LevelMembers = Definitions['level']['properties'];

/** Checked by the compiler: a member that is in a type and not in the schema would silently not be saved. */
const agreed: readonly true[] = [
	true satisfies Same<keyof Session, keyof typeof schema.properties>,
	true satisfies Same<keyof HostFacts, Members<'host'>>,
	true satisfies Same<keyof Target, Members<'target'>>,
	true satisfies Same<keyof Level, Members<'level'>>,
	true satisfies Same<keyof RequestCounts, keyof LevelMembers['requests']['properties']>,
	true satisfies Same<keyof Level['tokens'], keyof LevelMembers['tokens']['properties']>,
	true satisfies Same<keyof Level['throughput'], keyof LevelMembers['throughput']['properties']>,
	true satisfies Same<keyof Level['perStream'], keyof LevelMembers['perStream']['properties']>,
	true satisfies Same<keyof Level['observedConcurrency'], keyof LevelMembers['observedConcurrency']['properties']>,
	true satisfies Same<keyof Verdicts, keyof LevelMembers['verdicts']['properties']>,
	true satisfies Same<keyof ClientHealth, keyof LevelMembers['client']['properties']>,
	true satisfies Same<keyof RequestRecord, Members<'record'>>,
	true satisfies Same<keyof ServerTimings, Members<'serverTimings'>>,
	true satisfies Same<keyof Distribution, Members<'distribution'>>,
	true satisfies Same<keyof Throughput, Members<'throughput'>>,
	true satisfies Same<keyof Goodput, Members<'goodput'>>,
	true satisfies Same<keyof SeriesPoint, Members<'seriesPoint'>>,
	true satisfies Same<keyof Repeated, Members<'repeated'>>,
	true satisfies Same<keyof Interval, Members<'interval'>>,
	true satisfies Same<keyof Mark, Members<'mark'>>,
	true satisfies Same<keyof LevelCounters, Members<'levelCounters'>>,
	true satisfies Same<keyof ServerDistribution, Members<'serverDistribution'>>,
	true satisfies Same<keyof LevelGpu, Members<'levelGpu'>>,
	true satisfies Same<keyof LevelGpuFigures, Members<'levelGpuFigures'>>,
	true satisfies Same<keyof LevelPath, Members<'levelPath'>>,
	true satisfies Same<keyof RoundTrips, Members<'roundTrips'>>,
	true satisfies Same<keyof NonNullable<Target['box']>, Members<'box'>>,
	true satisfies Same<keyof StartedServer, Members<'startedServer'>>,
	true satisfies Same<keyof NonNullable<Session['gpus']>, Members<'gpus'>>,
	true satisfies Same<keyof LevelStart, LineMembers<'start'>>,
	true satisfies Same<keyof LevelTick, LineMembers<'tick'>>,
	true satisfies Same<keyof LevelEnd, LineMembers<'end'>>,
];

/** The names that issue 3 fixes, on which others may rely. */
const fixedNames = [
	...['formatVersion', 'llmtop.version', 'startedAt', 'host', 'config', 'levels'],
	...['target.url', 'target.engine', 'target.engineVersion', 'target.model'],
	...['mode', 'concurrency', 'records', 'series'].map((name) => `level.${name}`),
	...['total', 'ok', 'failed', 'incomplete', 'dropped', 'byOutcome'].map((name) => `level.requests.${name}`),
	...['output', 'input', 'source'].map((name) => `level.tokens.${name}`),
	...['headline', 'steady', 'whole'].map((name) => `level.throughput.${name}`),
	...['steady', 'whole'].flatMap((which) =>
		['outputTokensPerSecond', 'requestsPerSecond', 'windowMs'].map((name) => `level.throughput.${which}.${name}`),
	),
	...['ttftMs', 'tpotMs', 'gapUs', 'itlMs', 'e2eMs'].flatMap((which) =>
		['count', 'mean', 'stddev', 'min', 'max', 'p50', 'p90', 'p95', 'p99', 'p999', 'histogram'].map(
			(name) => `level.${which}.${name}`,
		),
	),
	...['mean', 'min', 'p5'].map((name) => `level.observedConcurrency.${name}`),
	...['cpuMs', 'cpuUsPerToken'].map((name) => `level.client.${name}`),
	...['client', 'cache', 'length'].map((name) => `level.verdicts.${name}`),
];

function document(session: Session): unknown {
	return JSON.parse([...sessionChunks(session)].join(''));
}

/** What is at a dotted path of a document; `level` is its first level. */
function at(root: unknown, path: string): unknown {
	let value = root;
	for (const name of path.split('.')) {
		if (name === 'level') value = Object(value).levels[0];
		else value = Object.hasOwn(Object(value), name) ? Object(value)[name] : undefined;
	}
	return value;
}

const validate = new Ajv({strict: true, allErrors: true}).compile(schema);

describe('the session schema', () => {
	test('has exactly the members of the types that a session is made of', () => {
		expect(agreed).not.toContain(false);
	});

	test('knows the outcomes and token sources of the program', () => {
		expect(schema.definitions.outcome.enum).toEqual([...outcomes]);
		expect(schema.definitions.tokenSource.enum).toEqual([...tokenSources]);
	});

	test('describes every member', () => {
		const silent: string[] = [];
		const visit = (value: unknown, path: string) => {
			for (const [name, part] of Object.entries(Object(value).properties ?? {})) {
				const {description} = Object(part);
				if (typeof description !== 'string' || description.length < 4) silent.push(`${path}.${name}`);
				visit(part, `${path}.${name}`);
			}
		};
		visit(schema, '');
		for (const [name, definition] of Object.entries(schema.definitions)) visit(definition, name);
		expect(silent).toEqual([]);
	});

	for (const [name, make] of Object.entries({...sampleSessions, ...countedSessions})) {
		test(`holds for the document of a session that was: ${name}`, () => {
			validate(document(make()));
			expect(validate.errors ?? []).toEqual([]);
		});
	}

	test('refuses a document with a wrong member', () => {
		const wrong = Object(document(sampleSessions.closed()));
		wrong.levels[0].ttftMs.p50 = '142 ms';
		delete wrong.levels[0].records[3].outcome;
		validate(wrong);
		expect(validate.errors?.map(({instancePath, keyword}) => `${instancePath} ${keyword}`)).toEqual([
			'/levels/0/ttftMs/p50 type',
			'/levels/0/records/3 required',
		]);
	});

	test('makes every name that others rely on part of every document', () => {
		const full = document(sampleSessions.closed());
		expect(fixedNames.filter((name) => at(full, name) === undefined)).toEqual([]);
	});

	test('writes what is not known as null, in a session where nothing succeeded', () => {
		const failed = document(sampleSessions.failed());
		expect(at(failed, 'level.ttftMs.p50')).toBe(null);
		expect(at(failed, 'level.throughput.steady')).toBe(null);
		expect(at(failed, 'level.tokens.source')).toBe(null);
		expect(Object.keys(Object(at(failed, 'level.records'))[0])).toEqual(
			Object.keys(schema.definitions.record.properties),
		);
	});
});
