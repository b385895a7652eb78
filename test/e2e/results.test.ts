import {mkdir, readFile, stat, writeFile} from 'node:fs/promises';
import {Ajv} from 'ajv';
import {describe, expect, onTestFinished, test} from 'vitest';
import schema from '../../schema/session-1.json' with {type: 'json'};
import {startSimulator} from '../../source/engine/simulator/start.ts';
import {readSession} from '../../source/session/read.ts';
import type {Session} from '../../source/snapshot.ts';
import {createPlace, onlySession, type Place, runProgram} from '../support/program.ts';
import {startTokenServer} from '../support/token-server.ts';

async function engine(profile: 'demo' | 'vllm-l40s' = 'demo'): Promise<string> {
	const server = await startSimulator({mode: 'model', profile, timeScale: 20});
	onTestFinished(() => server.stop());
	return server.url;
}

async function timetable(): Promise<string> {
	const server = await startSimulator({mode: 'timetable', firstMs: 10, gapMs: 2});
	onTestFinished(() => server.stop());
	return server.url;
}

/** The rows of a CSV file without quoted cells, by column. */
function rowsOf(csv: string): readonly Readonly<Record<string, string>>[] {
	const [head = '', ...lines] = csv.trimEnd().split('\n');
	const names = head.split(',');
	return lines.map((line) => Object.fromEntries(line.split(',').map((cell, place) => [names[place] ?? '', cell])));
}

/** Places at which two lists differ by more than what the rounding in files accounts for. */
function differences(given: readonly number[], expected: readonly (number | undefined)[]): readonly number[] {
	return given.flatMap((value, place) => (Math.abs(value - (expected[place] ?? Number.NaN)) < 0.0015 ? [] : [place]));
}

const validate = new Ajv({strict: true, allErrors: true}).compile(schema);

function expectValid(document: unknown): void {
	validate(document);
	expect(validate.errors ?? []).toEqual([]);
}

/** A session that was saved. */
async function saved(place: Place, name: string): Promise<Session> {
	expectValid(JSON.parse(await readFile(place.file(name), 'utf8')));
	return await readSession(place.file(name));
}

describe('A sweep', () => {
	test('writes a session and a CSV file that agree, and prints the same levels', async () => {
		const place = createPlace();
		const args = ['--url', await engine(), '--sweep', '1,4', '--requests', '8', '--max-tokens', '12', '--headless'];
		const output = ['--save', 'run.json', '--csv', 'run.csv', '--label', 'gpu=none'];
		const {code, stdout, stderr} = await runProgram([...args, ...output], {place});
		expect(code).toBe(0);
		const session = await saved(place, 'run.json');
		expect(session).toMatchObject({partial: false, recovered: false, labels: {gpu: 'none'}});
		expect(session.levels.map(({concurrency, requests, tokens}) => [concurrency, requests.ok, tokens.output])).toEqual([
			[1, 8, 96],
			[4, 8, 96],
		]);
		const rows = rowsOf(await readFile(place.file('run.csv'), 'utf8'));
		expect(rows.map(({concurrency, requests}) => [concurrency, requests])).toEqual([
			['1', '8'],
			['4', '8'],
		]);
		for (const [place, {e2eMs, ttftMs, throughput}] of session.levels.entries()) {
			const row = rows[place] ?? {};
			const given = [row.latency_p50_ms, row.ttft_p50_ms, row.output_tokens_per_second].map(Number);
			expect(differences(given, [e2eMs.p50, ttftMs.p50, throughput.whole.outputTokensPerSecond])).toEqual([]);
		}
		expect(stdout).toMatch(/\n +1[ !]* 8 +0 [^\n]+\n +4[ !]* 8 +0 /);
		expect(stderr).toMatch(/\n1 stream: .+, 8 ok, 0 failed.*\n4 streams: .+, 8 ok, 0 failed.*\nSession: run\.json\n$/);
		expect(place.kept()).toEqual([]);
		expect([await modeOf(place.file('run.json')), await modeOf(place.file('run.csv'))]).toEqual(['600', '600']);
	});
});

async function modeOf(file: string): Promise<string> {
	return ((await stat(file)).mode & 0o777).toString(8);
}

describe('--json', () => {
	test('prints one document that keeps to the schema, the same that is saved, and nothing else', async () => {
		const place = createPlace();
		const args = ['--url', await engine(), '--requests', '10', '--concurrency', '5', '--max-tokens', '10', '--json'];
		const {code, stdout} = await runProgram(args, {place});
		expect(code).toBe(0);
		const document: unknown = JSON.parse(stdout);
		expectValid(document);
		expect(document).toMatchObject({
			formatVersion: 1,
			target: {engine: 'vllm', model: 'demo'},
			levels: [{mode: 'closed', concurrency: 5, requests: {total: 10, ok: 10}, tokens: {output: 100, source: 'usage'}}],
		});
		const [name = ''] = place.kept();
		expect(await readFile(place.keptFile(name), 'utf8')).toBe(stdout);
	});

	test('into a reader that leaves after one line ends quietly, and the session is kept', async () => {
		const place = createPlace();
		const args = ['--url', await engine(), '--requests', '200', '--concurrency', '8', '--max-tokens', '2', '--json'];
		const {code, stdout, stderr} = await runProgram(args, {place, shell: '{ "$@"; echo $? >code; } | head -1'});
		expect({code, stdout}).toEqual({code: 0, stdout: '{\n'});
		expect(await readFile(place.file('code'), 'utf8')).toBe('0\n');
		expect(stderr).not.toMatch(/EPIPE|bug|llmtop:/);
		expect((await onlySession(place)).levels[0]?.requests.ok).toBe(200);
	});
});

describe('Standard streams that are closed', () => {
	test.each([
		['standard output', '"$@" >&-', 0],
		['standard error', '"$@" 2>&-', 0],
		['both', '"$@" >&- 2>&-', 0],
	])('%s: the run goes on and its session is kept', async (_, shell, exit) => {
		const place = createPlace();
		const args = ['--url', await timetable(), '--requests', '4', '--max-tokens', '3', '--headless'];
		const {code} = await runProgram(args, {place, shell});
		expect((await onlySession(place)).levels[0]?.requests.ok).toBe(4);
		expect(code).toBe(exit);
	});

	test('a reader of progress that leaves early does not end the run', async () => {
		const place = createPlace();
		const args = ['--url', await timetable(), '--sweep', '1,2,3', '--requests', '4', '--max-tokens', '3', '--headless'];
		await runProgram(args, {place, shell: '{ "$@" 2>&1 >report.txt; echo $? >code; } | head -1'});
		expect((await onlySession(place)).levels.length).toBe(3);
		expect(await readFile(place.file('code'), 'utf8')).toBe('0\n');
		expect(await readFile(place.file('report.txt'), 'utf8')).toContain('Results, times in ms');
	});
});

describe('Other kinds of load', () => {
	test('--rate keeps to its schedule and says the latency from it', async () => {
		const place = createPlace();
		const args = ['--url', await timetable(), '--rate', '20', '--arrival', 'constant', '--duration', '2s'];
		const {code, stdout} = await runProgram([...args, '--max-tokens', '5', '--headless'], {place});
		const {levels} = await onlySession(place);
		expect(code).toBe(0);
		expect(levels).toMatchObject([{mode: 'open', rate: 20, requests: {failed: 0, dropped: 0}}]);
		const [level] = levels;
		// 20 a second for two seconds; the last may fall on the end.
		expect(level?.requests.total).toBeGreaterThanOrEqual(39);
		expect(level?.requests.total).toBeLessThanOrEqual(41);
		const due = Array.from(level?.records ?? [], ({scheduledAt = 0}) => scheduledAt);
		const gaps = due.map((at, place) => at - (due[place - 1] ?? 0));
		expect(new Set(gaps.slice(1).map((gap) => Math.round(gap)))).toEqual(new Set([50]));
		expect(level?.ttftFromScheduleMs?.count).toBe(level?.requests.ok);
		expect(stdout).toContain('open loop');
	});

	test('--burst prints a line for each stream, as the published script does', async () => {
		const place = createPlace();
		const args = ['--url', await engine('vllm-l40s'), '--burst', '8', '--workload', 'long-text', '--max-tokens', '60'];
		const {code, stdout} = await runProgram([...args, '--headless'], {place});
		const {levels} = await onlySession(place);
		expect(code).toBe(0);
		expect(levels).toMatchObject([{mode: 'burst', concurrency: 8, requests: {total: 8, ok: 8}, tokens: {output: 480}}]);
		expect(stdout).toContain('L40S comparison');
		expect(stdout.match(/^.*\b60\b.*$/gm)?.length).toBeGreaterThanOrEqual(8);
		expect(levels[0]?.client.sendSpreadMs).toBeGreaterThanOrEqual(0);
	});

	test('--repeat gives every level several runs, and intervals', async () => {
		const place = createPlace();
		const args = ['--url', await timetable(), '--concurrency', '2', '--repeat', '3', '--requests', '4'];
		expect(await runProgram([...args, '--max-tokens', '4', '--headless'], {place})).toMatchObject({code: 0});
		const session = await onlySession(place);
		expect(session.levels.map(({repeat, requests}) => [repeat, requests.ok])).toEqual([
			[1, 4],
			[2, 4],
			[3, 4],
		]);
		expect(session.repeated).toMatchObject([{concurrency: 2, runs: 3}]);
	});

	test('the same seed sends the same bytes', async () => {
		const sent: string[][] = [];
		for (const seed of ['7', '7', '8']) {
			const server = await startTokenServer((call) => call.answer());
			onTestFinished(() => server.close());
			const args = ['--url', server.url, '--seed', seed, '--concurrency', '2', '--requests', '6', '--max-tokens', '2'];
			expect(await runProgram([...args, '--headless', '--quiet'])).toMatchObject({code: 0, stderr: ''});
			sent.push(server.calls.map(({body}) => body).sort());
		}
		expect(sent[1]).toEqual(sent[0]);
		expect(sent[2]).not.toEqual(sent[0]);
	});

	test('undici as the transport gives the same counts', async () => {
		const url = await engine();
		const counts = [];
		for (const transport of ['net', 'undici']) {
			const place = createPlace();
			const args = ['--url', url, '--transport', transport, '--requests', '6', '--max-tokens', '7', '--headless'];
			expect(await runProgram(args, {place})).toMatchObject({code: 0});
			counts.push((await onlySession(place)).levels.map(({requests, tokens}) => [requests.byOutcome, tokens.output]));
		}
		expect(counts).toEqual([[[{ok: 6}, 42]], [[{ok: 6}, 42]]]);
	});
});

describe('llmtop report', () => {
	test('prints a saved session again: as text, Markdown, CSV and JSON', async () => {
		const place = createPlace();
		const args = ['--url', await timetable(), '--sweep', '1,2', '--requests', '3', '--max-tokens', '4', '--headless'];
		const run = await runProgram([...args, '--save', 'run.json', '--csv', 'run.csv'], {place});
		expect(run.code).toBe(0);
		const shown = async (format: string) => {
			const {code, stdout, stderr} = await runProgram(['report', 'run.json', '--format', format], {place});
			expect({code, stderr}).toEqual({code: 0, stderr: ''});
			return stdout;
		};
		// Numbers are rounded in the file, which the last digit of a few may show.
		const words = (text: string) => text.replaceAll(/[\d.,]+/g, '#').replaceAll(/ +/g, ' ');
		expect(words(await shown('text'))).toBe(words(run.stdout));
		const [again, before] = [await shown('csv'), await readFile(place.file('run.csv'), 'utf8')];
		expect(words(again)).toBe(words(before));
		const numbers = (text: string) =>
			text
				.split(/[,\n]/)
				.filter((cell) => /^\d+(\.\d+)?$/.test(cell))
				.map(Number);
		expect(differences(numbers(again), numbers(before))).toEqual([]);
		expect(await shown('json')).toBe(await readFile(place.file('run.json'), 'utf8'));
		expect(await shown('md')).toMatch(/^# llmtop[\s\S]+\n\|[\s\S]+\n\| *-/);
	});

	test('of a file that is no session: exit 2, in one sentence', async () => {
		const place = createPlace();
		await writeFile(place.file('other.json'), '{"hello": 1}');
		const {code, stdout, stderr} = await runProgram(['report', 'other.json'], {place});
		expect({code, stdout}).toEqual({code: 2, stdout: ''});
		expect(stderr).toMatch(/^llmtop: other\.json .+\n(.+\n)?$/);
	});
});

describe('A place that cannot be written', () => {
	test.each([
		['a folder', 'folder', 'folder cannot be written: it is a folder.'],
		['in no folder', 'missing/run.out', 'missing/run.out cannot be written: the folder missing does not exist.'],
		['in a file', 'file/run.out', 'file/run.out cannot be written: a part of the path is a file'],
	])('%s is said before anything is opened: exit 5', async (_, path, message) => {
		const place = createPlace();
		await mkdir(place.file('folder'));
		await writeFile(place.file('file'), '');
		for (const flag of ['--save', '--csv']) {
			const args = ['--url', 'http://127.0.0.1:9', '--requests', '1', '--headless'];
			const {code, stdout, stderr} = await runProgram([...args, flag, path], {place});
			expect(stderr).toContain(`llmtop: ${message}`);
			expect({code, stdout, kept: place.kept()}).toEqual({code: 5, stdout: '', kept: []});
		}
	});

	test('--save on a full disk: the report is printed, the session is elsewhere and named: exit 5', async () => {
		const place = createPlace();
		const args = ['--url', await timetable(), '--requests', '3', '--max-tokens', '4', '--headless'];
		const {code, stdout, stderr} = await runProgram([...args, '--save', '/dev/full'], {place});
		expect(code).toBe(5);
		expect(stdout).toContain('Result, times in ms');
		const [name = '', ...others] = place.kept();
		expect(others).toEqual([]);
		expect(stderr).toContain(
			`llmtop: /dev/full cannot be written: no room is left on the disk. The session is in ${place.keptFile(name)} instead.`,
		);
		expect((await onlySession(place)).levels[0]?.requests.ok).toBe(3);
	});

	test('--csv on a full disk: the report is printed and the session saved: exit 5', async () => {
		const place = createPlace();
		const args = ['--url', await timetable(), '--requests', '3', '--max-tokens', '4', '--headless'];
		const {code, stdout, stderr} = await runProgram([...args, '--csv', '/dev/full'], {place});
		expect(code).toBe(5);
		expect(stdout).toContain('Result, times in ms');
		expect(stderr).toContain('llmtop: /dev/full cannot be written: no room is left on the disk.');
		expect((await onlySession(place)).levels[0]?.requests.ok).toBe(3);
	});

	test('standard output on a full disk: the session is saved all the same: exit 5', async () => {
		const place = createPlace();
		const args = ['--url', await timetable(), '--requests', '3', '--max-tokens', '4', '--headless'];
		const {code, stderr} = await runProgram(args, {place, shell: '"$@" >/dev/full'});
		expect(stderr).toContain('llmtop: Standard output cannot be written: no room is left on the disk.');
		expect((await onlySession(place)).levels[0]?.requests.ok).toBe(3);
		expect(code).toBe(5);
	});

	test('the default folder: another one is taken', async () => {
		const place = createPlace();
		const args = ['--url', await timetable(), '--requests', '3', '--max-tokens', '4', '--headless'];
		await writeFile(place.file('state'), '');
		const environment = {XDG_STATE_HOME: place.file('state')};
		const {code, stderr} = await runProgram(args, {place, environment});
		const path = /^Session: (.+)$/m.exec(stderr)?.[1] ?? '';
		expect(path.startsWith(place.environment.TMPDIR ?? '?')).toBe(true);
		expect((await readSession(path)).levels[0]?.requests.ok).toBe(3);
		expect(code).toBe(0);
	});
});

describe('With --strict', () => {
	/** The exit code with it; that of a session that measured the client instead is 6 in any case. */
	async function strictExit(url: string, more: readonly string[], exit: number): Promise<void> {
		const place = createPlace();
		const args = ['--url', url, '--concurrency', '3', '--requests', '6', '--max-tokens', '10', '--headless', ...more];
		const {code} = await runProgram([...args, '--strict'], {place});
		const [level] = (await onlySession(place)).levels;
		expect(code).toBe(level?.verdicts.client.value === 'client-limited' ? 6 : exit);
		// Without it these are results, not errors.
		expect(await runProgram(args)).toMatchObject({code: 0});
	}

	test('a goal that was missed gives exit 1, and one that was kept 0', async () => {
		const server = await startSimulator({mode: 'timetable', firstMs: 150, gapMs: 10});
		onTestFinished(() => server.stop());
		await strictExit(server.url, ['--slo', 'ttft=20'], 1);
		await strictExit(server.url, ['--slo', 'e2e=60s'], 0);
	});

	test('a request that failed gives exit 1', async () => {
		const server = await startSimulator({mode: 'model', timeScale: 1, faults: {kind: '500', everyNth: 3}});
		onTestFinished(() => server.stop());
		await strictExit(server.url, [], 1);
	});

	test('a client that was the limit gives exit 6', async () => {
		const server = await startSimulator({mode: 'timetable', firstMs: 20, gapMs: 1});
		onTestFinished(() => server.stop());
		const args = ['--url', server.url, '--rate', '20000', '--duration', '300ms', '--max-tokens', '2', '--headless'];
		const place = createPlace();
		const {code} = await runProgram([...args, '--strict'], {place});
		expect((await onlySession(place)).levels[0]?.verdicts.client.value).toBe('client-limited');
		expect(code).toBe(6);
	});
});
