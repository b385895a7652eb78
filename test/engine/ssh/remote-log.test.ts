import {spawn} from 'node:child_process';
import {appendFileSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import type {LogSource} from '../../../source/config.ts';
import {RemoteLog} from '../../../source/engine/ssh/remote-log.ts';
import {parseLogSource} from '../../../source/options/log-source.ts';
import {type LocalShell, localShell} from '../../support/local-shell.ts';
import {until} from '../../support/program.ts';

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), 'llmtop-log-'));
	onTestFinished(() => rmSync(path, {recursive: true, force: true, maxRetries: 5}));
	return path;
}

function logOf(shell: LocalShell, source: LogSource, argv?: readonly string[]): RemoteLog {
	const log = new RemoteLog({shell, source, ...(argv === undefined ? {} : {argv})});
	onTestFinished(() => log.close());
	log.start();
	return log;
}

async function shows(log: RemoteLog, lines: readonly string[]): Promise<void> {
	await until(
		() => JSON.stringify(log.lines) === JSON.stringify(lines),
		() => `the log is ${JSON.stringify([log.lines, log.state()])}`,
	);
}

async function says(log: RemoteLog): Promise<string> {
	await until(
		() => log.state() !== undefined,
		() => `the log is ${JSON.stringify(log.lines)}`,
	);
	return log.state() ?? '';
}

/** A program for the PATH, as a shell script. */
function program(place: string, name: string, script: string): void {
	writeFileSync(join(place, name), `#!/bin/sh\n${script}\n`, {mode: 0o755});
}

describe('--log', () => {
	test('takes a path, a unit of the journal, or a container', () => {
		expect(['~/vllm.log', '/var/log/a b.log', 'journal:vllm@0.service', 'docker:vllm-1'].map(parseLogSource)).toEqual([
			{kind: 'file', path: '~/vllm.log'},
			{kind: 'file', path: '/var/log/a b.log'},
			{kind: 'journal', unit: 'vllm@0.service'},
			{kind: 'docker', name: 'vllm-1'},
		]);
	});

	test.each(['', ' ', 'a\nb', 'journal:', 'journal:-f', 'journal:a b', 'docker:', 'docker:-f', 'docker:a;b'])(
		'refuses %j',
		(text) => {
			expect(() => parseLogSource(text)).toThrow(expect.objectContaining({exitCode: 2}));
		},
	);
});

describe('the log of a file', () => {
	test('shows its last lines, and those that come, without colours and secrets', async () => {
		const file = join(folder(), "it's a log.txt");
		writeFileSync(file, `${Array.from({length: 400}, (_, place) => `line ${place}`).join('\n')}\n`);
		const log = logOf(localShell(), {kind: 'file', path: file}, ['vllm', 'serve', '--api-key', 'correct-horse']);
		await until(
			() => log.lines.length === 300,
			() => String(log.lines.length),
		);
		expect([log.lines.at(-1), log.place, log.state()]).toEqual(['line 399', file, undefined]);
		appendFileSync(
			file,
			'\u001b[32mINFO\u001b[0m the key is correct-horse and HF_TOKEN=hf_abcdefghijkl\n10 %\r20 %\r30 %\n',
		);
		await until(
			() => log.lines.at(-1) === '30 %',
			() => JSON.stringify(log.lines.at(-1)),
		);
		expect(log.lines.slice(-3)).toEqual(['line 399', 'INFO the key is ••• and HF_TOKEN=•••', '30 %']);
	});

	test('keeps the newest thousand lines', async () => {
		const file = join(folder(), 'log');
		writeFileSync(file, '');
		const log = logOf(localShell(), {kind: 'file', path: file});
		await until(
			() => log.place !== undefined,
			() => `${log.state()}`,
		);
		appendFileSync(file, `${Array.from({length: 2_500}, (_, place) => `line ${place}`).join('\n')}\n`);
		await until(
			() => log.lines.at(-1) === 'line 2499',
			() => JSON.stringify(log.lines.at(-1)),
		);
		expect([log.lines.length, log.lines[0]]).toEqual([1_000, 'line 1500']);
	});

	test('goes on in the file that takes its name', async () => {
		const file = join(folder(), 'log');
		writeFileSync(file, 'one\n');
		const log = logOf(localShell(), {kind: 'file', path: file});
		await shows(log, ['one']);
		renameSync(file, `${file}.1`);
		writeFileSync(file, 'two\n');
		await shows(log, ['one', 'two']);
	});

	test('stays when the connection is lost, and goes on when it is back', async () => {
		const file = join(folder(), 'log');
		writeFileSync(file, 'one\n');
		const shell = localShell();
		const log = logOf(shell, {kind: 'file', path: file});
		await shows(log, ['one']);
		shell.cut();
		appendFileSync(file, 'two\n');
		expect(log.lines).toEqual(['one']);
		shell.mend();
		await shows(log, ['one', 'two']);
		expect(log.state()).toBeUndefined();
	});

	test('in the home folder of the box may be named by ~/', async () => {
		const home = folder();
		writeFileSync(join(home, 'log'), 'one\n');
		const log = logOf(localShell({HOME: home}), {kind: 'file', path: '~/log'});
		await shows(log, ['one']);
		expect(log.place).toBe(join(home, 'log'));
	});

	test('that is not there, or is a folder, is said to be so', async () => {
		const place = folder();
		const missing = join(place, '$(touch x)');
		expect(await says(logOf(localShell(), {kind: 'file', path: missing}))).toBe(
			`No log of the server on gpu-box: there is no file ${missing}.`,
		);
		expect(await says(logOf(localShell(), {kind: 'file', path: place}))).toBe(
			`No log of the server on gpu-box: ${place} is a folder.`,
		);
	});
});

describe('the log of a unit', () => {
	const place = () => {
		const path = folder();
		program(path, 'systemctl', 'case "$*" in "show vllm -p LoadState") echo LoadState=loaded;; esac');
		program(
			path,
			'journalctl',
			'case "$*" in "--system -n 1 "*) echo hidden;; *) echo "$@"; trap "exit" TERM; sleep 600 & wait;; esac',
		);
		return path;
	};

	test("comes from journalctl's own following", async () => {
		const path = place();
		const log = logOf(localShell({PATH: `${path}:/usr/bin:/bin`}), {kind: 'journal', unit: 'vllm'});
		await shows(log, ['--system -f -n 300 -o cat -u vllm']);
		expect(log.place).toBe('journal of vllm');
	});

	test('that may not be read is said to be so', async () => {
		const path = place();
		program(path, 'journalctl', 'echo "No journal files were opened due to insufficient permissions." >&2');
		const log = logOf(localShell({PATH: `${path}:/usr/bin:/bin`}), {kind: 'journal', unit: 'vllm'});
		expect(await says(log)).toMatch(
			/^No log of the server on gpu-box: the journal of vllm may not be read by \S+, who is in none of the groups/,
		);
	});

	test('needs journalctl, and it is said on which PATH that is missing', async () => {
		const path = folder();
		const shell = localShell({PATH: path, HOME: ''});
		program(path, 'dd', 'exec /bin/dd "$@"');
		program(path, 'sh', 'exec /bin/sh "$@"');
		expect(await says(logOf(shell, {kind: 'journal', unit: 'vllm'}))).toMatch(
			/^No log of the server on gpu-box: there is no journalctl on the PATH \S+:\/usr\/local\/bin:/,
		);
	});
});

describe('the log of a container', () => {
	test("comes from Docker's own following", async () => {
		const path = folder();
		program(path, 'docker', '[ "$1" = inspect ] && exit; echo "$@"; sleep 600 & wait');
		const log = logOf(localShell({PATH: `${path}:/usr/bin:/bin`}), {kind: 'docker', name: 'vllm'});
		await shows(log, ['logs -f --tail 300 vllm']);
	});

	test("that Docker does not show is told of in Docker's words", async () => {
		const path = folder();
		program(path, 'docker', 'echo "Error: No such container: $6. Is docker up?" >&2; exit 1');
		const log = logOf(localShell({PATH: `${path}:/usr/bin:/bin`}), {kind: 'docker', name: 'vllm'});
		expect(await says(log)).toBe(
			'No log of the server on gpu-box: docker says: Error: No such container: vllm. Is docker up.',
		);
	});
});

describe.runIf(process.platform === 'linux')('the log of a process', () => {
	function writer(stdout: number | 'pipe'): number {
		const child = spawn('sleep', ['600'], {stdio: ['ignore', stdout, 'ignore']});
		onTestFinished(() => {
			child.kill('SIGKILL');
		});
		return child.pid ?? 0;
	}

	test('is the file to which it writes', async () => {
		const file = join(folder(), 'a log');
		writeFileSync(file, 'one\n');
		const pid = writer(openSync(file, 'a'));
		const log = logOf(localShell(), {kind: 'process', pid});
		await shows(log, ['one']);
		expect(log.place).toBe(file);
	});

	test('that has gone is said to be so', async () => {
		const log = logOf(localShell(), {kind: 'process', pid: 4_194_305});
		expect(await says(log)).toBe('No log of the server on gpu-box: its process is not to be seen.');
	});

	test('that writes to no file is said to be so', async () => {
		const file = join(folder(), 'log');
		writeFileSync(file, '');
		const pid = writer(openSync(file, 'a'));
		rmSync(file);
		expect(await says(logOf(localShell(), {kind: 'process', pid}))).toBe(
			'No log of the server on gpu-box: its process writes to a file that was deleted.',
		);
		expect(await says(logOf(localShell(), {kind: 'process', pid: writer(openSync('/dev/null', 'w'))}))).toBe(
			'No log of the server on gpu-box: its process writes to /dev/null.',
		);
	});
});
