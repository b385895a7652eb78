import {readFile} from 'node:fs/promises';
import {describe, expect, onTestFinished, test} from 'vitest';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import {isAlive, onlySession, type ProgramOnTerminal, startOnTerminal, until} from '../support/program.ts';

/** Runs the program, then says its exit code and what the terminal is set to. */
const thenStty = '"$@"; code=$?; stty -a; echo "left with $code"';

/** A row of the stream table with tokens and a rate. */
const measuring = /^ *1 \S.* \d+ +[\d.]+ /m;

async function timetable(): Promise<string> {
	const server = await startSimulator({mode: 'timetable', firstMs: 10, gapMs: 5});
	onTestFinished(() => server.stop());
	return server.url;
}

/** What is as it was before the program came: the normal screen, the cursor, keys that are echoed and edited. */
async function expectTerminalBack(program: ProgramOnTerminal, code: number): Promise<void> {
	await program.shows(`left with ${code}`);
	const settings = program.written().slice(program.written().lastIndexOf('speed'));
	const {terminal} = program;
	expect({
		alternate: terminal.isAlternate,
		cursor: terminal.isCursorShown,
		settings: ['icanon', 'echo', 'isig', 'icrnl', 'opost'].filter(
			(name) => !new RegExp(`[ \n]${name}\\b`).test(settings),
		),
		paste: program.written().lastIndexOf('\u001b[?2004h') < program.written().lastIndexOf('\u001b[?2004l'),
	}).toEqual({alternate: false, cursor: true, settings: [], paste: true});
}

describe('The live view on a terminal', () => {
	test('shows streams and their rates at 80×24; q ends it and leaves the report and the path on the normal screen', async () => {
		const program = startOnTerminal(['demo', '--concurrency', '4'], {shell: thenStty});
		// Rates of streams: their rows say tokens a second.
		await program.shows(/tok\/s/);
		await program.shows(/\n.*\b4 .*\d/);
		expect(program.terminal.isAlternate).toBe(true);
		expect(program.terminal.screen().every((line) => line.length <= 80)).toBe(true);
		await until(
			() => program.place.kept().length > 0,
			() => 'there is no journal',
		);
		program.press('q');
		await expectTerminalBack(program, 0);
		const [name = ''] = program.place.kept();
		expect(program.terminal.screen().join('')).toContain(program.place.keptFile(name));
		const session = await onlySession(program.place);
		expect(session).toMatchObject({partial: false, target: {engine: 'vllm', model: 'demo'}});
		expect(session.levels[0]?.requests.failed).toBe(0);
		const report = program.written().slice(program.written().lastIndexOf('\u001b[?1049l'));
		expect(report).toContain('Result, times in ms');
	});

	test('follows the terminal to 160×45 and down to a few cells', async () => {
		const program = startOnTerminal(['demo', '--concurrency', '4'], {shell: thenStty});
		await program.shows(/tok\/s/);
		program.resize({columns: 160, rows: 45});
		await until(
			() => program.terminal.screen().some((line) => line.length > 100),
			() => program.terminal.screen().join('\n'),
		);
		program.resize({columns: 10, rows: 3});
		await program.shows('llmtop');
		program.resize({columns: 80, rows: 24});
		await program.shows(/tok\/s/);
		program.press('q');
		await expectTerminalBack(program, 0);
	});

	test('Ctrl-C ends the run with exit 130, the session partial, the terminal given back', async () => {
		const args = ['--url', await timetable(), '--concurrency', '2', '--requests', '5000', '--max-tokens', '30'];
		const program = startOnTerminal(args, {shell: thenStty});
		await program.shows(measuring);
		program.press('\u0003');
		await expectTerminalBack(program, 130);
		expect(await onlySession(program.place)).toMatchObject({partial: true});
		expect(program.written().slice(program.written().lastIndexOf('\u001b[?1049l'))).toContain('Result, times in ms');
	});

	test('a second Ctrl-C leaves at once, the terminal given back, the journal named', async () => {
		const args = ['--url', await timetable(), '--concurrency', '2', '--max-tokens', '5000'];
		const program = startOnTerminal(args, {shell: thenStty});
		await program.shows(measuring);
		program.press('\u0003');
		await program.shows('DRAINING');
		program.press('\u0003');
		await expectTerminalBack(program, 130);
		expect(program.place.kept()).toEqual([expect.stringMatching(/\.journal$/)]);
		expect(program.written()).toContain(`llmtop recover ${program.place.keptFile(program.place.kept()[0] ?? '')}`);
	});

	test.each([
		['SIGTERM', 143],
		['SIGHUP', 129],
		['SIGINT', 130],
	] as const)('%s from elsewhere gives the terminal back too', async (signal, exit) => {
		const args = ['--url', await timetable(), '--concurrency', '2', '--max-tokens', '20'];
		const program = startOnTerminal(args, {shell: `trap : INT HUP TERM; ${thenStty}`});
		await program.shows(measuring);
		process.kill(await childOf(program.pid), signal);
		await expectTerminalBack(program, exit);
		expect(await onlySession(program.place)).toMatchObject({partial: true, levels: [{concurrency: 2, repeat: 1}]});
	});

	test('a terminal that is closed under it: the session is saved as partial, and nothing stays behind', async () => {
		const args = ['--url', await timetable(), '--concurrency', '2', '--max-tokens', '20'];
		const program = startOnTerminal(args);
		await program.shows(measuring);
		program.hangUp();
		expect((await program.ended).exitCode).toBe(129);
		await until(
			() => !isAlive(program.pid),
			() => 'it lives on',
		);
		expect(await onlySession(program.place)).toMatchObject({partial: true, levels: [{concurrency: 2, repeat: 1}]});
	});

	test('a terminal that goes away without a signal is taken for a hang-up', async () => {
		const args = ['--url', await timetable(), '--concurrency', '2', '--max-tokens', '20'];
		// The shell, which is the one that is told, does not pass it on.
		const program = startOnTerminal(args, {shell: 'trap "" HUP; "$@"; echo "left with $?" >code'});
		await program.shows(measuring);
		program.hangUp();
		await program.ended;
		expect(await readFile(program.place.file('code'), 'utf8')).toBe('left with 129\n');
		expect(await onlySession(program.place)).toMatchObject({partial: true, levels: [{concurrency: 2, repeat: 1}]});
	});

	test('is not shown into a file, with --headless, or under CI', async () => {
		for (const [more, environment] of [
			[['--headless'], {}],
			[[], {CI: 'true'}],
			[[], {TERM: 'dumb'}],
		] as const) {
			const args = ['--url', await timetable(), '--requests', '3', '--max-tokens', '3', ...more];
			const program = startOnTerminal(args, {environment});
			expect((await program.ended).exitCode).toBe(0);
			expect(program.written()).not.toContain('\u001b[?1049h');
			expect(program.written()).toContain('Result, times in ms');
		}
	});
});

/** The program that a shell runs. */
async function childOf(pid: number): Promise<number> {
	const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
	return Number(children.trim().split(' ')[0]);
}
