import {once} from 'node:events';
import net from 'node:net';
import {describe, expect, onTestFinished, test} from 'vitest';
import {startSimulator} from '../../source/engine/simulator/start.ts';
import {readSession} from '../../source/session/read.ts';
import {onlySession, startProgram, until} from '../support/program.ts';
import {startTokenServer, type TokenServer} from '../support/token-server.ts';

/** A server with a token every 5 ms; its address. */
async function steadyServer(): Promise<string> {
	const server = await startSimulator({mode: 'timetable', firstMs: 10, gapMs: 5});
	onTestFinished(() => server.stop());
	return server.url;
}

/** A server that answers the warm-up and then begins answers without ever ending one. */
async function endlessServer(): Promise<TokenServer> {
	const server = await startTokenServer((call, index) => (index === 0 ? call.answer() : call.begin(3)));
	onTestFinished(() => server.close());
	return server;
}

const signals = [
	['SIGINT', 130],
	['SIGTERM', 143],
	['SIGHUP', 129],
] as const;

describe('A first signal', () => {
	test.each(signals)(
		'%s lets open requests end, saves the session as partial, prints the report: exit %i',
		async (signal, exit) => {
			const url = await steadyServer();
			const program = startProgram(['--url', url, '--concurrency', '2', '--max-tokens', '40', '--headless']);
			await program.measures(4);
			program.process.kill(signal);
			const {code, stdout, stderr} = await program.ended;
			expect(code).toBe(exit);
			expect(stdout).toContain('ended early');
			expect(stderr).toContain(`Session: ${program.place.keptFile('')}`);
			const session = await onlySession(program.place);
			expect(session).toMatchObject({partial: true, recovered: false});
			expect(session.levels.map(({partial, requests}) => [partial, Object.keys(requests.byOutcome)])).toEqual([
				[true, ['ok']],
			]);
		},
	);

	test('cuts what is still open after two seconds; it is incomplete, not failed', async () => {
		const {url} = await endlessServer();
		const program = startProgram(['--url', url, '--concurrency', '3', '--max-tokens', '100', '--headless']);
		await program.measures(2);
		program.process.kill('SIGINT');
		expect(await program.ended).toMatchObject({code: 130});
		const {levels} = await onlySession(program.place);
		expect(levels.map(({requests}) => requests)).toEqual([
			{total: 3, ok: 0, failed: 0, incomplete: 3, dropped: 0, byOutcome: {aborted: 3}},
		]);
	});

	test('ends a sweep: the levels that are done are kept whole', async () => {
		const url = await steadyServer();
		const args = ['--url', url, '--sweep', '1,2,3', '--duration', '700ms', '--max-tokens', '20', '--headless'];
		const program = startProgram(args);
		await program.says('1 stream:');
		process.kill(program.pid, 'SIGTERM');
		const {code} = await program.ended;
		const session = await onlySession(program.place);
		expect({code, partial: session.partial, first: session.levels[0]?.partial}).toEqual({
			code: 143,
			partial: true,
			first: false,
		});
		expect(session.levels.length).toBeLessThan(3);
	});

	test('with --json, leaves a whole document on standard output', async () => {
		const url = await steadyServer();
		const program = startProgram(['--url', url, '--rate', '20', '--max-tokens', '20', '--json']);
		await program.measures(3);
		program.process.kill('SIGINT');
		const {code, stdout} = await program.ended;
		expect(code).toBe(130);
		expect(JSON.parse(stdout)).toMatchObject({formatVersion: 1, partial: true});
	});

	test('during the warm-up leaves nothing measured, and says so', async () => {
		const server = await startTokenServer();
		onTestFinished(() => server.close());
		const program = startProgram(['--url', server.url, '--concurrency', '1', '--headless']);
		await until(
			() => server.calls.length === 1,
			() => 'no warm-up request came',
		);
		program.process.kill('SIGINT');
		expect(await program.ended).toMatchObject({code: 130, stdout: expect.stringContaining('no level was finished')});
		expect(await onlySession(program.place)).toMatchObject({partial: true, levels: []});
	});

	test.each(signals)('%s while the server is looked for ends the program at once', async (signal) => {
		let isAsked = false;
		const silent = net.createServer((socket) => {
			isAsked = true;
			socket.on('error', () => socket.destroy());
		});
		silent.listen(0, '127.0.0.1');
		await once(silent, 'listening');
		onTestFinished(() => void silent.close());
		const address = silent.address();
		const port = typeof address === 'object' ? address?.port : undefined;
		const program = startProgram(['--url', `http://127.0.0.1:${port}`, '--requests', '1', '--headless']);
		await until(
			() => isAsked,
			() => 'nobody asked',
		);
		program.process.kill(signal);
		expect(await program.ended).toEqual({code: null, signal, stdout: '', stderr: ''});
		expect(program.place.kept()).toEqual([]);
	});
});

describe('A second signal', () => {
	test('leaves at once, names the journal, and llmtop recover makes the session from it', async () => {
		const {url} = await endlessServer();
		const program = startProgram(['--url', url, '--concurrency', '2', '--max-tokens', '9', '--headless']);
		await program.measures(3);
		program.process.kill('SIGINT');
		// Some time later: the same signal in the same moment would be the first one passed on.
		await program.measures(5);
		program.process.kill('SIGINT');
		const {signal, stdout, stderr} = await program.ended;
		expect({signal, stdout}).toEqual({signal: 'SIGINT', stdout: ''});
		const [journal = ''] = program.place.kept();
		expect(program.place.kept()).toEqual([expect.stringMatching(/\.journal$/)]);
		expect(stderr).toContain(`llmtop recover ${program.place.keptFile(journal)}`);
		const recovered = await startProgram(['recover', program.place.keptFile(journal)], {place: program.place}).ended;
		expect(recovered.code).toBe(0);
		expect(recovered.stdout).toContain('recovered');
		const file = program.place.keptFile(journal.replace(/journal$/, 'json'));
		expect(await readSession(file)).toMatchObject({partial: true, recovered: true, levels: [{partial: true}]});
	});

	test('that comes in the same moment is the first one passed on, and so is a repeated hang-up', async () => {
		const url = await steadyServer();
		for (const [signal, code] of signals) {
			const program = startProgram(['--url', url, '--concurrency', '1', '--max-tokens', '20', '--headless']);
			await program.measures(1);
			program.process.kill(signal);
			if (signal === 'SIGHUP') await program.says('ended early');
			program.process.kill(signal);
			expect(await program.ended).toMatchObject({code, stdout: expect.stringContaining('ended early')});
		}
	});
});
