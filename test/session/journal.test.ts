import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {appendFile, readdir, readFile, rm, stat, truncate, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Ajv} from 'ajv';
import {describe, expect, test} from 'vitest';
import schema from '../../schema/session-1.json' with {type: 'json'};
import {LevelAccumulator} from '../../source/metrics/level-accumulator.ts';
import {present} from '../../source/metrics/present.ts';
import {sessionChunks} from '../../source/session/document.ts';
import {writeSession} from '../../source/session/file.ts';
import {Journal} from '../../source/session/journal.ts';
import {readSession} from '../../source/session/read.ts';
import {recoverSession} from '../../source/session/recover.ts';
import type {Level} from '../../source/snapshot.ts';
import {countedSessions} from '../report/counted-sessions.ts';
import {sampleSessions} from '../support/sessions.ts';
import {temporaryFolder} from './folder.ts';
import {journalHead, levelStart, recordOf, tickOf, ticksPerLevel} from './journal-lines.ts';

/** The level that `count` ticks make when nothing goes wrong. */
function levelOf(level: number, count: number, partial: boolean): Level {
	const accumulator = new LevelAccumulator(levelStart(level));
	for (let number = 0; number < count; number++) accumulator.add(tickOf(level * ticksPerLevel + number));
	const {summary, records} = accumulator.finish({partial, concurrencyChanges: []});
	return {...summary, records};
}

const noWarning = (text: string): never => {
	throw new Error(`unexpected warning: ${text}`);
};

/** A journal of two levels: the first has ended, the second has not. */
async function journalOf(sessionPath: string, ticks: readonly [number, number]): Promise<Journal> {
	const journal = await Journal.open(sessionPath, journalHead, noWarning);
	journal.levelStart(0, levelStart(0));
	for (let number = 0; number < ticks[0]; number++) journal.tick(0, tickOf(number));
	await journal.levelEnd(0, {partial: false, concurrencyChanges: []});
	journal.note('The server was slow to answer.');
	journal.mark({atMs: 9_500.25, text: 'level skipped'});
	journal.levelStart(1, levelStart(1));
	for (let number = 0; number < ticks[1]; number++) journal.tick(1, tickOf(ticksPerLevel + number));
	return journal;
}

describe('a journal', () => {
	test('is beside the session file, for its owner only, and holds no secret', async () => {
		const folder = await temporaryFolder();
		const journal = await journalOf(join(folder, 'run.json'), [2, 0]);
		await journal.end(false);
		expect(await readdir(folder)).toEqual(['run.journal']);
		expect((await stat(join(folder, 'run.journal'))).mode & 0o777).toBe(0o600);
		const lines = (await readFile(join(folder, 'run.journal'), 'utf8')).split('\n');
		expect(lines.map((line) => (line === '' ? '' : JSON.parse(line).type))).toEqual([
			...['session', 'level-start', 'tick', 'tick', 'level-end', 'note', 'mark', 'level-start', 'end', ''],
		]);
		expect(lines.join('')).not.toContain('s3cret');
	});

	test('is gone when the session has been saved', async () => {
		const folder = await temporaryFolder();
		const journal = await journalOf(join(folder, 'run.json'), [2, 1]);
		await journal.end(false);
		await journal.remove();
		expect(await readdir(folder)).toEqual([]);
	});

	test('is written while the session runs, without being asked', async () => {
		const folder = await temporaryFolder();
		const journal = await journalOf(join(folder, 'run.json'), [1, 5]);
		await expect
			.poll(async () => (await readFile(join(folder, 'run.journal'), 'utf8')).split('\n').length, {timeout: 10_000})
			.toBe(13);
		await journal.remove();
	});

	test('never takes the place of one that another session has left, and says so', async () => {
		const folder = await temporaryFolder();
		const left = join(folder, 'run.journal');
		await writeFile(left, 'left');
		const warnings: string[] = [];
		const journal = await Journal.open(join(folder, 'run.json'), journalHead, (text) => warnings.push(text));
		await journal.end(false);
		expect(await readFile(left, 'utf8')).toBe('left');
		expect(journal.path).toBe(join(folder, 'run-2.journal'));
		expect(warnings).toEqual([
			`${left} is there already: the journal of a session that was not saved. Rebuild that one with: llmtop recover ${left}. This session's journal is ${join(folder, 'run-2.journal')}.`,
		]);
	});

	test('that cannot be written is one warning, and measuring goes on', async () => {
		const warnings: string[] = [];
		const path = join(await temporaryFolder(), 'none', 'run.json');
		const journal = await Journal.open(path, journalHead, (text) => warnings.push(text));
		journal.levelStart(0, levelStart(0));
		journal.tick(0, tickOf(0));
		await journal.levelEnd(0, {partial: false, concurrencyChanges: []});
		await journal.end(false);
		await journal.remove();
		expect(warnings).toEqual([
			expect.stringMatching(
				/^The journal .*run\.journal cannot be written: the folder .*none does not exist\. Measuring/,
			),
		]);
	});

	test('that meets a full disk later is one warning, and measuring goes on', async () => {
		const script = fileURLToPath(new URL('journal-limited.ts', import.meta.url));
		const path = join(await temporaryFolder(), 'run.json');
		// A limit on the size of files is the full disk that every machine has; Node ignores the signal that comes with it.
		const child = spawn('sh', ['-c', 'ulimit -f 16; exec "$0" "$@"', process.execPath, script, path]);
		let output = '';
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			output += text;
		});
		const [code] = await once(child, 'close');
		expect({code, output}).toEqual({
			code: 0,
			output: expect.stringMatching(
				/^The journal .*run\.journal cannot be written any more: the system says EFBIG\. Measuring goes on; .*\nmeasured 1000 ticks\n$/,
			),
		});
		const session = await recoverSession(path);
		const kept = session.levels[0]?.records.length ?? 0;
		expect(kept).toBeGreaterThan(0);
		expect(session.levels[0]?.records).toEqual(levelOf(0, kept, true).records);
	});
});

describe('a session recovered from its journal', () => {
	test('has the numbers that it would have had, and says what is missing', async () => {
		const folder = await temporaryFolder();
		const journal = await journalOf(join(folder, 'run.json'), [20, 7]);
		await journal.end(true);
		const lines = (await readFile(join(folder, 'run.journal'), 'utf8')).split('\n').slice(0, -2);
		await writeFile(join(folder, 'killed.journal'), `${lines.join('\n')}\n`);
		const {formatVersion, llmtop, startedAt, host, labels, target} = journalHead;
		const session = await recoverSession(join(folder, 'killed.journal'));
		expect(session).toEqual({
			formatVersion,
			llmtop,
			startedAt,
			host,
			labels,
			target,
			config: {target: {headers: [['Authorization', '•••']]}, work: {maxTokens: 100}},
			partial: true,
			recovered: true,
			levels: [levelOf(0, 20, false), levelOf(1, 7, true)],
			repeated: [],
			notes: [
				'The server was slow to answer.',
				'Recovered from the journal killed.journal: requests that were open at its end count as cut off, with the tokens that had come until then.',
				'The last level was still running when the journal ended.',
			],
			marks: [{atMs: 9_500.25, text: 'level skipped'}],
		});
		const validate = new Ajv({strict: true}).compile(schema);
		validate(JSON.parse([...sessionChunks(session)].join('')));
		expect(validate.errors ?? []).toEqual([]);
	});

	test('has how its server was started for each setting, its counters and the GPUs', async () => {
		const folder = await temporaryFolder();
		const {levels, started = [], gpus} = countedSessions.tuned();
		if (gpus === undefined) throw new Error('the sample has GPUs');
		const journal = await Journal.open(join(folder, 'run.json'), journalHead, noWarning);
		journal.gpus(gpus);
		for (const [place, server] of started.entries()) {
			const {setting, counters, gpu} = levels[place] ?? {};
			journal.started(server);
			journal.levelStart(place, present({...levelStart(place), setting}));
			for (const number of [0, 1, 2]) journal.tick(place, tickOf(place * ticksPerLevel + number));
			await journal.levelEnd(place, present({partial: false, concurrencyChanges: [], counters, gpu}));
		}
		await journal.end(false);
		const session = await recoverSession(join(folder, 'run.journal'));
		expect({started: session.started, gpus: session.gpus}).toEqual({started, gpus});
		expect(session.levels).toEqual(
			started.map(({setting}, place) => {
				const {counters, gpu} = levels[place] ?? {};
				return present({...levelOf(place, 3, false), setting, counters, gpu});
			}),
		);
		await writeSession(join(folder, 'run.json'), session);
		expect(await readSession(join(folder, 'run.json'))).toMatchObject({started, gpus});
	});

	test('has the way to the server’s machine, and says of which level nobody knows it', async () => {
		const folder = await temporaryFolder();
		const {levels, target} = countedSessions.tunnelled();
		const journal = await Journal.open(join(folder, 'run.json'), {...journalHead, target}, noWarning);
		for (const [place, {path}] of levels.entries()) {
			journal.levelStart(place, levelStart(place));
			journal.tick(place, {...tickOf(place * ticksPerLevel), receivedBytes: 5_000});
			if (path === undefined) throw new Error('the sample has a way');
			const {receivedBytesPerSecond: _, ...measured} = path;
			await journal.levelEnd(place, {partial: false, concurrencyChanges: [], path: measured});
		}
		journal.levelStart(2, levelStart(2));
		await journal.end(true);
		const session = await recoverSession(join(folder, 'run.journal'));
		expect(session.target).toEqual(target);
		expect(session.levels.map(({path}) => path)).toEqual([
			...levels.map(({path}) => ({...path, receivedBytesPerSecond: (5_000 * 1000) / 99.5})),
			undefined,
		]);
		expect(session.levels.map(({verdicts}) => verdicts.client.value)).toEqual(['ok', 'client-limited', 'ok']);
		expect(session.notes).toContain('Whether the way to its machine was the limit of that level is not known.');
		await writeSession(join(folder, 'run.json'), session);
		const read = await readSession(join(folder, 'run.json'));
		expect(read.target).toEqual(target);
		expect(read.levels[1]?.path).toMatchObject({lost: {times: 2, ms: 6_420}, roundTripMs: {count: 994, p50: 1_040}});
	});

	test('is found by the path of the session file too, also when that file is there', async () => {
		const folder = await temporaryFolder();
		const journal = await journalOf(join(folder, 'run.json'), [3, 1]);
		await journal.end(false);
		const session = await recoverSession(join(folder, 'run.journal'));
		expect(await recoverSession(join(folder, 'run.json'))).toEqual(session);
		await writeSession(join(folder, 'run.json'), sampleSessions.closed());
		expect(await recoverSession(join(folder, 'run.json'))).toEqual(session);
	});

	test('is not partial when it had come to its end and only could not be saved', async () => {
		const folder = await temporaryFolder();
		const journal = await Journal.open(join(folder, 'run.json'), journalHead, noWarning);
		journal.levelStart(0, levelStart(0));
		journal.tick(0, tickOf(0));
		await journal.levelEnd(0, {partial: false, concurrencyChanges: []});
		await journal.end(false);
		expect(await recoverSession(join(folder, 'run.journal'))).toMatchObject({
			partial: false,
			recovered: true,
			levels: [levelOf(0, 1, false)],
		});
	});

	test('is the same up to the byte at which the journal was cut', async () => {
		const folder = await temporaryFolder();
		const path = join(folder, 'run.journal');
		await (await journalOf(join(folder, 'run.json'), [4, 2])).end(false);
		const whole = await readFile(path);
		const first = whole.indexOf('\n') + 1;
		for (let length = whole.length - 1; length >= first; length -= 37) {
			await writeFile(path, whole.subarray(0, length));
			const {levels, notes} = await recoverSession(path);
			const lines = whole.subarray(0, length).toString('utf8').split('\n');
			const ticks = lines.slice(0, -1).filter((line) => line.startsWith('{"type":"tick"')).length;
			expect(levels.flatMap((level) => [...level.records])).toEqual(
				[0, 1, 2, 3, 60, 61].slice(0, ticks).map((number) => recordOf(number)),
			);
			expect(notes.some((note) => note.includes('was cut off'))).toBe(lines.at(-1) !== '');
		}
	});

	test('leaves out lines that are damaged, and says how many', async () => {
		const folder = await temporaryFolder();
		const path = join(folder, 'run.journal');
		await (await journalOf(join(folder, 'run.json'), [3, 0])).end(false);
		const lines = (await readFile(path, 'utf8')).split('\n');
		lines.splice(
			3,
			0,
			'\0\0\0\0',
			'{"type":"tick","level":0}',
			'{"type":"future"}',
			'[]',
			lines[1] ?? '',
			lines[0] ?? '',
		);
		lines.splice(3, 0, JSON.stringify({type: 'tick', level: 7, tick: tickOf(0)}));
		lines.splice(3, 0, JSON.stringify({type: 'tick', level: 0, tick: {...tickOf(0), gapUs: 'bm90IG9uZQ=='}}));
		await writeFile(path, lines.join('\n'));
		const session = await recoverSession(path);
		expect(session.levels[0]).toEqual(levelOf(0, 3, false));
		expect(session.notes.at(-1)).toBe('Lines of the journal that could not be read and are not in the session: 8.');
	});

	test('cannot be had from something else, and that is said', async () => {
		const folder = await temporaryFolder();
		const path = join(folder, 'given.json');
		await writeSession(path, sampleSessions.closed());
		await expect(recoverSession(path)).rejects.toMatchObject({
			name: 'ExpectedError',
			exitCode: 2,
			message: `${path} is not the journal of a session that this llmtop can read.`,
			advice: `If it is a session already, show it with: llmtop report ${path}`,
		});
		await truncate(path);
		await expect(recoverSession(path)).rejects.toMatchObject({
			exitCode: 2,
			message: `${path} is empty: nothing can be recovered from it.`,
		});
		await appendFile(path, 'hello\n');
		await expect(recoverSession(path)).rejects.toMatchObject({exitCode: 2, advice: undefined});
		await rm(path);
		await expect(recoverSession(path)).rejects.toMatchObject({
			exitCode: 2,
			message: `${path} cannot be read: there is no such file.`,
		});
		await expect(recoverSession(folder)).rejects.toMatchObject({
			exitCode: 2,
			message: `${folder} cannot be read: it is a folder.`,
		});
	});

	// Killed at once, soon, and after more than the second for which a loss is allowed.
	for (const ticks of [1, 40, 75, 130, 450]) {
		test(`has all but the last second when the program was killed after ${ticks} ticks`, async () => {
			const path = join(await temporaryFolder(), 'run.json');
			const script = fileURLToPath(new URL('journal-writer.ts', import.meta.url));
			const child = spawn(process.execPath, [script, path], {stdio: ['ignore', 'pipe', 'inherit']});
			const said: {number: number; at: number}[] = [];
			let rest = '';
			for await (const text of child.stdout.setEncoding('utf8')) {
				const lines = `${rest}${text}`.split('\n');
				rest = lines.pop() ?? '';
				for (const line of lines) said.push({number: Number(line), at: performance.now()});
				if (said.length >= ticks) break;
			}
			const killedAt = performance.now();
			child.kill('SIGKILL');
			await once(child, 'exit');

			const session = await recoverSession(path);
			const count = session.levels.reduce((sum, level) => sum + level.records.length, 0);
			const safe = said.filter(({at}) => at < killedAt - 1000).length;
			expect(count).toBeGreaterThanOrEqual(safe);
			expect(session.partial).toBe(true);
			const full = Math.floor(count / ticksPerLevel);
			const left = count % ticksPerLevel;
			const last = session.levels.length - 1;
			for (const [index, level] of session.levels.entries()) {
				// With no tick of the last level there, its end may have been written, or not yet.
				const partial = left === 0 ? level.partial : index === last;
				expect(level).toEqual(levelOf(index, index < full ? ticksPerLevel : left, partial));
			}
		});
	}
});
