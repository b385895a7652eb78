import {readdir, readFile} from 'node:fs/promises';
import {describe, expect, onTestFinished, test} from 'vitest';
import type {FaultKind} from '../../source/engine/simulator/options.ts';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import {readSession} from '../../source/session/read.ts';
import type {Level, Outcome} from '../../source/snapshot.ts';
import {hostileAnswers} from '../support/hostile-server.ts';
import {createPlace, isAlive, onlySession, runProgram, startProgram, until} from '../support/program.ts';
import {type Call, startTokenServer, type TokenServer} from '../support/token-server.ts';

/** A server that answers the warm-up, and whatever else it does with the requests after it. */
async function serverThat(treats: (call: Call) => void): Promise<TokenServer> {
	const server = await startTokenServer((call, index) => (index === 0 ? call.answer() : treats(call)));
	onTestFinished(() => server.close());
	return server;
}

/** Six requests in a closed loop of two. */
const six = ['--concurrency', '2', '--requests', '6', '--max-tokens', '4', '--headless'];

async function levelAgainst(
	treats: (call: Call) => void,
	more: readonly string[] = [],
): Promise<Level & {exit: number | null}> {
	const {url} = await serverThat(treats);
	const place = createPlace();
	const {code, stdout} = await runProgram(['--url', url, ...six, ...more], {place});
	const session = await onlySession(place);
	const [level] = session.levels;
	if (level === undefined || session.levels.length > 1) throw new Error(`one level, not ${session.levels.length}`);
	// Whatever happened is in the report too.
	for (const outcome of Object.keys(level.requests.byOutcome)) if (outcome !== 'ok') expect(stdout).toContain(outcome);
	return {...level, exit: code};
}

const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

describe('A server that fails every request', () => {
	test.each<readonly [what: string, outcome: Outcome, treats: (call: Call) => void]>([
		['resets the connection in mid-answer', 'reset', ({socket}) => hostileAnswers['resets-in-a-chunk'](socket)],
		['closes the connection in mid-answer', 'truncated', ({socket}) => hostileAnswers['cuts-between-chunks'](socket)],
		[
			'closes the connection without an answer',
			'truncated',
			({socket}) => hostileAnswers['closes-without-answer'](socket),
		],
		['sends garbage', 'protocol', ({socket}) => hostileAnswers['answers-garbage'](socket)],
		['sends a wrong chunk size', 'protocol', ({socket}) => hostileAnswers['overflows-a-chunk-size'](socket)],
		[
			'says inside a 200 that its engine is dead',
			'api-error',
			(call) => {
				call.begin(2);
				call.socket.write(`${chunk('data: {"error":{"message":"EngineCore died","code":500}}\n\n')}`);
				call.socket.write(`${chunk('data: [DONE]\n\n')}0\r\n\r\n`);
			},
		],
		[
			'ends in good order, without a finish reason and without [DONE]',
			'truncated',
			(call) => {
				call.begin(2);
				call.socket.write('0\r\n\r\n');
			},
		],
		['is too busy', 'http-429', (call) => call.reply('429 Too Many Requests', '{"error":"slow down"}')],
		['has an error of its own', 'http-5xx', (call) => call.reply('500 Internal Server Error', 'oh no')],
		['does not like the request', 'http-4xx', (call) => call.reply('400 Bad Request', '{"message":"too long"}')],
	])('that %s gives six times %s and exit 1', async (_, outcome, treats) => {
		const {requests, tokens, ttftMs, exit, ...level} = await levelAgainst(treats);
		const records = [...level.records];
		expect(requests).toEqual({total: 6, ok: 0, failed: 6, incomplete: 0, dropped: 0, byOutcome: {[outcome]: 6}});
		expect(records.map((record) => record.outcome)).toEqual(Array.from({length: 6}, () => outcome));
		expect(records.filter(({error}) => error === undefined)).toEqual([]);
		// Tokens that came did come; no latency is measured from a request that failed.
		const output = records.reduce((sum, record) => sum + (record.outputTokens ?? 0), 0);
		expect({tokens: tokens.output, ttft: ttftMs.count, exit}).toEqual({tokens: output, ttft: 0, exit: 1});
	});

	test('that falls silent in mid-answer gives timeout-idle once --timeout-idle is over', async () => {
		const level = await levelAgainst((call) => call.begin(2), ['--timeout-idle', '300ms']);
		expect(level.requests).toMatchObject({failed: 6, byOutcome: {'timeout-idle': 6}});
		const silent = Array.from(level.records, ({events, lastTokenAt = 0, endedAt = 0}) => [
			events,
			endedAt - lastTokenAt >= 300,
		]);
		expect(silent).toEqual(Array.from({length: 6}, () => [2, true]));
	});

	test('that never sends a first token gives timeout-first-token where that was asked for', async () => {
		const level = await levelAgainst(() => undefined, ['--timeout-first-token', '300ms']);
		expect(level.requests).toMatchObject({failed: 6, byOutcome: {'timeout-first-token': 6}});
	});

	test('that drips on for ever gives timeout-total where that was asked for', async () => {
		const level = await levelAgainst(
			(call) => {
				let said = 1;
				const timer = setInterval(() => {
					if (call.over) clearInterval(timer);
					else call.begin(Math.min(3, said++));
				}, 50);
			},
			['--timeout-total', '400ms'],
		);
		expect(level.requests).toMatchObject({failed: 6, byOutcome: {'timeout-total': 6}});
	});
});

describe('A server that fails some requests', () => {
	test.each<readonly [kind: FaultKind, outcome: Outcome]>([
		['reset', 'reset'],
		['error-in-stream', 'api-error'],
		['abort', 'server-abort'],
		['500', 'http-5xx'],
	])('with %s has exactly those counted as %s, and the others measured', async (kind, outcome) => {
		const server = await startSimulator({mode: 'model', timeScale: 20, faults: {kind, everyNth: 3}});
		onTestFinished(() => server.stop());
		const place = createPlace();
		const args = ['--url', server.url, '--warmup', '0', '--concurrency', '3', '--requests', '12', '--max-tokens', '8'];
		const {code} = await runProgram([...args, '--headless'], {place});
		const {levels} = await onlySession(place);
		expect(levels.map(({requests, ttftMs}) => [requests.byOutcome, ttftMs.count])).toEqual([
			[{ok: 8, [outcome]: 4}, 8],
		]);
		const records = [...(levels[0]?.records ?? [])];
		const counts = records.filter((record) => record.outcome === 'ok').map((record) => record.outputTokens);
		expect(counts).toEqual(Array.from({length: 8}, () => 8));
		expect(code).toBe(0);
	});

	test('and then recovers is loaded all the time', async () => {
		let calls = 0;
		const level = await levelAgainst((call) => {
			calls += 1;
			if (calls % 2 === 0) call.answer();
			else hostileAnswers['cuts-between-chunks'](call.socket);
		});
		expect(level.requests).toMatchObject({ok: 3, failed: 3, byOutcome: {ok: 3, truncated: 3}});
	});
});

describe('A server that is killed', () => {
	test('in a level: what it had answered is measured, the rest is counted by cause', async () => {
		const server = await startSimulator({mode: 'timetable', firstMs: 5, gapMs: 2});
		onTestFinished(() => server.stop());
		const args = ['--url', server.url, '--concurrency', '2', '--duration', '3s', '--max-tokens', '20', '--headless'];
		const program = startProgram(args);
		await program.measures(3);
		process.kill(server.pid, 'SIGKILL');
		const {code, stdout} = await program.ended;
		const {levels, partial} = await onlySession(program.place);
		const {ok = 0, ...failed} = levels[0]?.requests.byOutcome ?? {};
		expect(ok).toBeGreaterThan(0);
		expect(Object.keys(failed).filter((outcome) => !['connect', 'reset', 'truncated'].includes(outcome))).toEqual([]);
		expect(failed.connect).toBeGreaterThan(0);
		const records = [...(levels[0]?.records ?? [])];
		const good = records.filter(({outcome}) => outcome === 'ok').map(({outputTokens}) => outputTokens);
		expect({code, partial, good}).toEqual({code: 0, partial: false, good: Array.from({length: ok}, () => 20)});
		expect(stdout).toContain('ECONNREFUSED');
	});

	test('before the first level: exit 3, and nothing is kept', async () => {
		const server = await startTokenServer(() => void server.close());
		const program = startProgram(['--url', server.url, ...six]);
		const {code, stdout, stderr} = await program.ended;
		expect(stderr).toContain('could not be opened');
		expect({code, stdout, kept: program.place.kept()}).toEqual({code: 3, stdout: '', kept: []});
	});

	test('between two levels: the first is reported and saved, and the exit code is 3', async () => {
		// The warm-up and the 40 requests of the first level, and then nobody is there any more.
		const server = await startTokenServer((call, index) => {
			call.answer();
			if (index === 40) void server.close();
		});
		const args = ['--url', server.url, '--sweep', '1,2', '--requests', '40', '--max-tokens', '3', '--headless'];
		const program = startProgram(args);
		const {code, stdout, stderr} = await program.ended;
		const session = await onlySession(program.place);
		expect(session).toMatchObject({partial: true, notes: [expect.stringContaining('could not be opened')]});
		expect(session.levels.map(({concurrency, requests}) => [concurrency, requests.total])).toEqual([[1, 40]]);
		expect(stdout).toContain('could not be opened');
		expect(stderr).toContain('Session: ');
		expect(code).toBe(3);
	});
});

describe('The program itself, killed without mercy', () => {
	test('leaves a journal with all but the last second, from which recover makes the session', async () => {
		const server = await startSimulator({mode: 'timetable', firstMs: 5, gapMs: 2});
		onTestFinished(() => server.stop());
		const place = createPlace();
		const args = ['--url', server.url, '--concurrency', '2', '--duration', '1h', '--max-tokens', '20', '--headless'];
		const program = startProgram([...args, '--save', 'run.json'], {place});
		const journalled = async () => {
			const names = await readdir(place.folder);
			return names.includes('run.journal') ? await readFile(place.file('run.journal'), 'utf8') : '';
		};
		let journal = '';
		while ((journal.match(/"type":"tick"/g)?.length ?? 0) < 8) journal = await journalled();
		process.kill(program.pid, 'SIGKILL');
		expect(await program.ended).toMatchObject({signal: 'SIGKILL', stdout: ''});
		// The place of the session, or its journal: both are understood.
		const recovered = await runProgram(['recover', 'run.json'], {place});
		expect(recovered).toMatchObject({code: 0, stderr: expect.stringContaining('run.json')});
		const session = await readSession(place.file('run.json'));
		const [level] = session.levels;
		expect(session).toMatchObject({partial: true, recovered: true});
		// Eight reports of 250 ms each were written before the end.
		expect(level?.durationMs).toBeGreaterThan(1_500);
		expect(level?.requests.ok).toBeGreaterThan(0);
		const records = [...(level?.records ?? [])];
		expect(level?.requests.ok).toBe(records.filter(({outcome}) => outcome === 'ok').length);
		expect(new Set(records.map(({outputTokens}) => outputTokens))).toEqual(new Set([20]));
		expect(recovered.stdout).toContain('recovered');
	});

	test('leaves no embedded server behind', async () => {
		const program = startProgram(['demo', '--concurrency', '2', '--headless']);
		await program.measures(1);
		const children = await readFile(`/proc/${program.pid}/task/${program.pid}/children`, 'utf8');
		const pids = children.trim().split(' ').map(Number);
		expect(pids.map(isAlive)).toEqual([true]);
		process.kill(program.pid, 'SIGKILL');
		await program.ended;
		await until(
			() => !pids.some(isAlive),
			() => `${pids} lives on`,
		);
	});
});
