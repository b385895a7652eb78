import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {rescuedSession, sessionAtHome} from '../../source/commands/there-session.ts';
import type {Config, SshConfig} from '../../source/config.ts';
import {hostFacts} from '../../source/engine/host/host-facts.ts';
import {SnapshotReader, SnapshotWriter} from '../../source/engine/there/snapshot-frames.ts';
import {writeSession} from '../../source/session/file.ts';
import {readSession} from '../../source/session/read.ts';
import type {Session, Snapshot} from '../../source/snapshot.ts';
import {makeConfig, makeLevel, makeSession} from '../support/sessions.ts';

const ssh: SshConfig = {
	boxes: [{host: 'gpu-box', text: 'me@gpu-box', user: 'me'}],
	way: 'there',
	keepProgram: false,
	orphanTimeoutMs: 60_000,
	compare: false,
};
const load = {mode: 'closed', levels: [4, 8]} as const;
const asked: Config = makeConfig(load);
const config: Config = {
	...asked,
	ssh,
	target: {...asked.target, caCertFile: '../ca.pem'},
	work: {...asked.work, datasetFile: '/home/me/prompts.jsonl'},
};
const sketch = {mode: 'closed', load: 4, requests: 6, tokens: 20, ttftMs: 30, tpotMs: 10} as const;

/** As it is after it was saved and read again. */
async function saved(session: Session): Promise<Session> {
	const folder = mkdtempSync(join(tmpdir(), 'llmtop-home-'));
	onTestFinished(() => rmSync(folder, {recursive: true}));
	await writeSession(join(folder, 'run.json'), session);
	return await readSession(join(folder, 'run.json'));
}

describe('the session of a load on another machine', () => {
	const there = makeSession([makeLevel(sketch)], {
		config: {
			load,
			target: {engine: 'auto', caCertFile: '1-ca.pem'},
			work: {workload: 'dataset', datasetFile: '0-prompts.jsonl', columns: 1},
			output: {saveFile: 'session.json'},
		},
	});
	const home = sessionAtHome(there, {config, box: 'me@gpu-box', notes: ['The connection was lost.']});

	test('is that of the machine that measured, and says how it was reached', () => {
		expect(home.host).toEqual(there.host);
		expect(home.levels).toBe(there.levels);
		expect(home.target).toEqual({...there.target, box: {name: 'me@gpu-box', way: 'there'}});
		expect(home.notes).toEqual([...there.notes, 'The connection was lost.']);
	});

	test('says what was asked for here, with files as they were named here', () => {
		expect(home.config).toMatchObject({
			load,
			ssh: {way: 'there', boxes: [{text: 'me@gpu-box'}]},
			target: {engine: 'auto', caCertFile: '../ca.pem'},
			work: {workload: 'dataset', datasetFile: '/home/me/prompts.jsonl', columns: 1},
			output: config.output,
		});
	});

	test('is a session that can be saved and read', async () => {
		expect((await saved(home)).target.box).toEqual({name: 'me@gpu-box', way: 'there'});
	});
});

describe('what is left of a load whose end is not known', () => {
	const {records: _, ...summary} = makeLevel(sketch);
	const told: Snapshot = {
		atMs: 9_000,
		phase: 'running',
		target: {url: 'http://127.0.0.1:8000', engine: 'vllm', model: 'qwen'},
		workload: 'long-text',
		plan: {...load, repeat: 1},
		levelIndex: 1,
		finished: [summary],
		streams: [],
		marks: [{atMs: 5_000, text: 'streams 4 → 5'}],
		notes: ['one'],
	};
	const rescue = {
		config,
		box: 'me@gpu-box',
		notes: ['two'],
		startedAt: '2026-11-22T12:00:00.000Z',
		version: '1.2.3',
		host: hostFacts(),
	};

	test('is its finished levels, without their requests, as a session that ended early', async () => {
		// As they came over the line.
		const arrived = new SnapshotReader().read(new SnapshotWriter().write(told));
		const session = rescuedSession(arrived, rescue);
		if (session === undefined) throw new Error('there is a level');
		const read = await saved(session);
		expect(read).toMatchObject({partial: true, recovered: false, notes: ['one', 'two'], marks: told.marks});
		expect(read.levels).toHaveLength(1);
		expect(read.levels[0]).toMatchObject({
			concurrency: 4,
			records: [],
			requests: summary.requests,
			tokens: summary.tokens,
		});
		expect(read.levels[0]?.ttftMs.histogram).toBe(summary.ttftMs.histogram);
	});

	test('is nothing when no level had ended', () => {
		expect(rescuedSession({...told, finished: []}, rescue)).toBeUndefined();
	});
});
