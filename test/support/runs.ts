/** Whole sessions against a server, as `llmtop` runs them, without a terminal and without files. */

import {expect} from 'vitest';
import type {Config, LimitsConfig, LoadConfig, WorkConfig} from '../../source/config.ts';
import {Load} from '../../source/engine/load/load.ts';
import {loadWork} from '../../source/engine/load/workload.ts';
import {Run, type RunOptions} from '../../source/engine/run.ts';
import type {Box} from '../../source/engine/ssh/box.ts';
import {Surroundings} from '../../source/engine/surroundings.ts';
import {resolveTarget} from '../../source/engine/target.ts';
import {LevelAccumulator} from '../../source/metrics/level-accumulator.ts';
import type {LevelEnd, LevelStart, LevelTick} from '../../source/metrics/level-tick.ts';
import type {LevelSummary, Mark, Session} from '../../source/snapshot.ts';
import {expectFinite, expectSound} from './levels.ts';

export interface ConfigChanges {
	readonly load: LoadConfig;
	readonly limits?: Partial<LimitsConfig>;
	readonly work?: Partial<WorkConfig>;
	readonly goals?: Partial<Config['goals']>;
	readonly target?: Partial<Config['target']>;
}

/** What the command line makes of few flags: a prompt of one's own, 4 tokens an answer, no warm-up. */
export function configOf(url: string, changes: ConfigChanges): Config {
	return {
		target: {url, engine: 'auto', headers: [], insecure: false, ...changes.target},
		load: changes.load,
		limits: {
			warmup: 0,
			rampMs: 0,
			repeat: 1,
			stream: true,
			workers: 1,
			transport: 'net',
			idleTimeoutMs: 60_000,
			retry: 0,
			...changes.limits,
		},
		work: {
			workload: 'custom',
			prompt: 'Count.',
			maxTokens: 4,
			seed: 1,
			cache: 'cold',
			tokens: 'auto',
			body: {},
			...changes.work,
		},
		goals: {slo: {}, strict: false, ...changes.goals},
		output: {
			json: false,
			headless: true,
			ascii: false,
			color: false,
			mouse: false,
			screenReader: false,
			quiet: true,
			labels: {test: 'yes'},
		},
	};
}

/** All that a session's listener heard, in order. */
export type Heard =
	| {readonly what: 'started'; readonly level: number; readonly start: LevelStart}
	| {readonly what: 'ticked'; readonly level: number; readonly tick: LevelTick}
	| {readonly what: 'ended'; readonly level: number; readonly end: LevelEnd; readonly summary: LevelSummary}
	| {readonly what: 'noted'; readonly text: string}
	| {readonly what: 'marked'; readonly mark: Mark};

export interface StartedRun {
	readonly run: Run;
	readonly heard: readonly Heard[];
	/** Ticks of a level so far. */
	ticksOf(level: number): readonly LevelTick[];
	readonly session: Promise<Session>;
	/** What was saved by hand, in order. */
	readonly saved: readonly Session[];
}

export async function startRun(
	url: string,
	changes: ConfigChanges,
	options: Partial<Pick<RunOptions, 'untilStopped' | 'publicConfig' | 'save' | 'own'>> & {
		/** Where the API key may be. */
		readonly environment?: NodeJS.ProcessEnv;
		/** The server's machine, where that is reached over SSH. */
		readonly box?: Box;
	} = {},
): Promise<StartedRun> {
	const config = configOf(url, changes);
	const work = await loadWork(config.work, config.limits);
	const target = await resolveTarget(config.target, options.environment ?? {}, options.box);
	const load = new Load(config.limits.workers ?? 1);
	const {firstTokenTimeoutMs, idleTimeoutMs, totalTimeoutMs, retry, transport} = config.limits;
	await load
		.setUp({
			endpoint: target.endpoint,
			transport,
			engine: target.adapter.name,
			api: target.api,
			model: target.model,
			basePath: target.basePath,
			headers: target.headers,
			work,
			...(firstTokenTimeoutMs === undefined ? {} : {firstTokenTimeoutMs}),
			idleTimeoutMs,
			...(totalTimeoutMs === undefined ? {} : {totalTimeoutMs}),
			retry,
			keepText: config.work.tokens !== 'auto',
			keepInstants: false,
			sendRows: true,
			requestIdPrefix: 'run',
		})
		.catch(async (error: unknown) => {
			await load.close();
			throw error;
		});
	const {box} = options;
	const surroundings = new Surroundings({environment: {}, gpus: false, ...(box === undefined ? {} : {box})});
	surroundings.observe(target);
	const heard: Heard[] = [];
	const saved: Session[] = [];
	const run = new Run({
		config,
		target,
		work,
		load,
		surroundings,
		listener: {
			levelStarted: (level, start) => heard.push({what: 'started', level, start}),
			ticked: (level, tick) => heard.push({what: 'ticked', level, tick}),
			levelEnded: (level, end, summary) => heard.push({what: 'ended', level, end, summary}),
			noted: (text) => heard.push({what: 'noted', text}),
			marked: (mark) => heard.push({what: 'marked', mark}),
		},
		startedAt: '2026-11-24T10:00:00.000Z',
		untilStopped: options.untilStopped ?? false,
		publicConfig: options.publicConfig ?? config,
		sessionFile: undefined,
		notes: ['first'],
		...(options.own === undefined ? {} : {own: options.own}),
		save: options.save ?? (async (session) => `${saved.push(session)}.json`),
	});
	return {
		run,
		heard,
		saved,
		ticksOf: (level) => heard.flatMap((one) => (one.what === 'ticked' && one.level === level ? [one.tick] : [])),
		session: run.session().finally(() => Promise.all([target.close(), surroundings.close()])),
	};
}

/** The session, after all that holds for any session has been checked. */
export async function endedRun({session, heard, ticksOf}: StartedRun): Promise<Session> {
	const result = await session;
	for (const [number, level] of result.levels.entries()) {
		expectSound({summary: level, records: [...level.records]}, ticksOf(number));
		// What was told to the journal makes the very same level.
		const start = heard.find((one) => one.what === 'started' && one.level === number);
		const end = heard.find((one) => one.what === 'ended' && one.level === number);
		if (start?.what !== 'started' || end?.what !== 'ended') throw new Error(`level ${number} was not told`);
		const again = new LevelAccumulator(start.start);
		for (const tick of ticksOf(number)) again.add(tick);
		const {summary, records} = again.finish(end.end);
		expect({...summary, records}).toEqual(level);
	}
	expect(heard.flatMap((one) => (one.what === 'marked' ? [one.mark] : []))).toEqual(result.marks);
	expectFinite(result);
	return result;
}
