import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {startJob} from '../../../../source/engine/ssh/job/start-job.ts';
import {startScript} from '../../../../source/engine/ssh/job/start-script.ts';
import {hasSshd} from '../../../support/sshd.ts';
import {eventually, orderOf, run, startBox} from './jobs.ts';

const never = new AbortController().signal;

describe.skipIf(!hasSshd)('A job on a box', {timeout: 60_000}, () => {
	test('tells its output from the first byte, and how it ended; then nothing of it is there', async () => {
		const box = await startBox();
		const {job, output} = await run(box, 'echo one; echo two >&2; printf "%s" "$PWD ä"; exit 3');
		expect(await job.ended).toEqual({code: 3, signal: null, killed: [], left: []});
		expect(output()).toBe(`one\ntwo\n${homedir()} ä`);
		await box.isEmpty();
	});

	test('has the variables that it is given, its mark, its folder, its arguments as they are, and the umask of the login', async () => {
		const box = await startBox();
		const odd = `it's "$HOME" \\n\n%s`;
		const script = 'printf "%s|" "$SECRET" "$LLMTOP_SERVER" "$(pwd)" "$(umask)" "$@"';
		const {job, output} = await run(box, script, {
			argv: ['-c', script, 'sh', odd, ''],
			environment: {SECRET: odd},
			mark: 'a-mark',
			folder: box.folder,
		});
		await job.ended;
		expect(output()).toBe(`${odd}|a-mark|${box.folder}|0022|${odd}||`);
	});

	test('keeps what it is given secret: no command line there has it, and no file', async () => {
		const box = await startBox();
		const secret = 'sk-very-secret';
		const search = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " " | grep -c "[s]k-very" ; grep -rl "sk-very" "$TMPDIR" | wc -l`;
		const {job, output} = await run(box, '. "$1"', {
			argv: ['-c', '. "$1"', 'sh', scriptFile(box.folder, search)],
			environment: {SECRET: secret},
		});
		await job.ended;
		// The search itself is one file.
		expect(output()).toBe('0\n1\n');
	});

	test('takes away what it was told to, and folders only when they are empty', async () => {
		const box = await startBox();
		const at = (name: string) => join(box.folder, name);
		mkdirSync(at("made/it's mine/run"), {recursive: true});
		for (const name of ['made/other', "made/it's mine/run/file", "made/it's mine/more"]) writeFileSync(at(name), '');
		const {job} = await run(box, 'true', {
			removes: [at("made/it's mine/run"), at("made/it's mine/more")],
			removesEmpty: [at("made/it's mine"), at('made'), box.folder],
		});
		await job.ended;
		await eventually(() => readdirSync(box.folder, {recursive: true}).sort(), ['made', 'made/other']);
	});

	test('tells standard error apart when asked to', async () => {
		const box = await startBox();
		const {job, output, errors} = await run(box, 'echo out; echo err >&2; printf "no end" >&2', {separate: true});
		await job.ended;
		expect({output: output(), errors: errors()}).toEqual({output: 'out\n', errors: 'err\nno end'});
		await box.isEmpty();
	});

	test('reads the lines that are written to it, whatever stands in them, and none twice', async () => {
		const box = await startBox();
		const {job, says, output} = await run(box, 'while IFS= read -r line; do printf "<%s>\\n" "$line"; done', {
			hasInput: true,
		});
		const lines = ['  one\\n', "it's $(id)", '', '-n', 'ä'];
		for (const line of lines) job.write(line);
		await says('<ä>');
		expect(output()).toBe(lines.map((line) => `<${line}>\n`).join(''));
		await job.stop(300);
		await box.isEmpty();
	});

	test('gives the disk there back what it has told', async () => {
		const box = await startBox();
		const bytes = 80 * 1024 * 1024;
		const script = `yes "$(printf %01000d 0)" | head -c ${bytes}; echo; echo all; read -r line; echo "$line"`;
		const {job, says, output} = await run(box, script, {hasInput: true});
		let length = 0;
		await eventually(() => {
			length = output().length;
			return length;
		}, bytes + '\nall\n'.length);
		await eventually(() => statSync(job.outputFile).blocks * 512 < bytes / 2, true);
		job.write('more');
		await says('more');
		expect(await job.ended).toMatchObject({code: 0});
		expect(output().length).toBe(length + 'more\n'.length);
		await box.isEmpty();
	});

	test('tells the signal that ended it, and what was sent', async () => {
		const box = await startBox();
		const interrupted = await run(box, 'exec sleep 300');
		expect(await interrupted.job.stop(5_000)).toMatchObject({code: null, signal: 'SIGINT', sent: 'SIGINT'});
		const handled = await run(box, 'trap "echo bye; exit 7" INT; echo ready; while :; do sleep 0.05; done');
		await handled.says('ready');
		expect(await handled.job.stop(5_000)).toMatchObject({code: 7, signal: null, sent: 'SIGINT', killed: [], left: []});
		expect(handled.output()).toBe('ready\nbye\n');
		const terminated = await run(box, 'trap "" INT; echo ready; while :; do sleep 0.05; done');
		await terminated.says('ready');
		expect(await terminated.job.stop(300)).toMatchObject({code: null, signal: 'SIGTERM', sent: 'SIGTERM'});
		await box.isEmpty();
	});

	test('ends with all that it has started, however that has gone away', async () => {
		const box = await startBox();
		const child = 'trap "" INT TERM HUP; while :; do sleep 0.05; done';
		const {job, says} = await run(
			box,
			`trap "" INT TERM
			(${child}) &
			setsid sh -c '${child}' &
			env -i setsid sh -c '${child}' &
			setsid sh -c 'sh -c '"'"'${child.replaceAll('"', '"')}'"'"' & exit' &
			sleep 0.2; echo ready; ${child}`,
		);
		await says('ready');
		const before = await job.pids();
		expect(before).toContain(job.pid);
		expect(before.length).toBeGreaterThanOrEqual(5);
		const {signal, sent, killed, left} = await job.stop(200);
		expect({signal, sent, left}).toEqual({signal: 'SIGKILL', sent: 'SIGKILL', left: []});
		expect(killed.length).toBeGreaterThanOrEqual(5);
		expect(killed[0]).toEqual({pid: job.pid, command: expect.stringContaining('sh -c trap')});
		expect(await job.pids()).toEqual([]);
		await box.isEmpty();
	});

	test('leaves nothing behind when its first process ends by itself', async () => {
		const box = await startBox();
		const {job} = await run(box, 'setsid sh -c "trap \\"\\" TERM; while :; do sleep 0.05; done" & echo started');
		const {code, sent, killed} = await job.ended;
		expect({code, sent, killed: killed.length > 0}).toEqual({code: 0, sent: 'SIGKILL', killed: true});
		await box.isEmpty();
	});

	test('is killed at once when there is no time', async () => {
		const box = await startBox();
		const {job, says} = await run(box, 'trap "" INT TERM; echo ready; while :; do sleep 0.05; done');
		await says('ready');
		void job.stop(600_000);
		job.hurry();
		expect(await job.ended).toMatchObject({signal: 'SIGKILL', sent: 'SIGKILL'});
		await box.isEmpty();
	});

	test('runs where one session is allowed on a connection, and under a login shell that talks', async () => {
		const box = await startBox({
			lines: ['MaxSessions 1'],
			loginShell: `sh -c 'echo Welcome; echo to the box >&2; exec sh -c "$SSH_ORIGINAL_COMMAND"'`,
		});
		const {job, output, errors} = await run(box, 'echo out; echo err >&2', {separate: true});
		expect(await job.ended).toMatchObject({code: 0});
		expect({output: output(), errors: errors()}).toEqual({output: 'out\n', errors: 'err\n'});
		await box.isEmpty();
	});

	test.skipIf(!existsSync('/bin/bash'))('runs where sh is bash', async () => {
		const box = await startBox();
		const path = join(box.folder, 'bin');
		mkdirSync(path);
		symlinkSync('/bin/bash', join(path, 'sh'));
		const other = await startBox({environment: {PATH: `${path}:/usr/bin:/bin`}});
		const script = 'trap "echo bye; exit 7" INT; echo "$BASH_VERSION"; while IFS= read -r line; do echo "$line"; done';
		const {job, says, output} = await run(other, script, {hasInput: true});
		job.write('one');
		await says('one\n');
		await other.sshd.cut();
		job.write('two');
		await says('two\n');
		expect(await job.stop(5_000)).toEqual({code: 7, signal: null, sent: 'SIGINT', killed: [], left: []});
		expect(output()).toMatch(/^\d+\..*\none\ntwo\nbye\n$/);
		await other.isEmpty();
	});

	test('runs where there is no setsid, and can be interrupted there', async () => {
		const box = await startBox();
		const path = join(box.folder, 'bin');
		mkdirSync(path);
		const names = 'cat cut dd env grep mkdir mkfifo rm rmdir sed sh sleep tail tr wc kill ps';
		const connection = await box.connect();
		const links = await connection.output(
			`for name in ${names}; do ln -s "$(command -v "$name")" ${path}/; done 2>/dev/null; echo ok`,
		);
		expect(links.stdout).toBe('ok\n');
		const bare = await startBox({environment: {PATH: path}});
		const {job, says} = await run(bare, 'echo ready; sleep 300 & wait');
		await says('ready');
		expect(await job.stop(5_000)).toMatchObject({signal: 'SIGINT', sent: 'SIGTERM', left: []});
		await bare.isEmpty();
	});
});

describe.skipIf(!hasSshd)('A job that cannot be started', {timeout: 60_000}, () => {
	async function failure(changes: Parameters<typeof orderOf>[1]): Promise<unknown> {
		const box = await startBox({environment: {PATH: '/usr/bin:/bin'}});
		const connection = await box.connect();
		const folder = join(box.folder, 'files');
		mkdirSync(folder);
		writeFileSync(join(folder, 'plain'), 'text');
		writeFileSync(join(folder, 'orphan'), '#!/no/such/python -u\n');
		chmodSync(join(folder, 'orphan'), 0o755);
		const program = changes?.program?.replace('FOLDER', folder);
		const order = orderOf('', {...changes, ...(program === undefined ? {} : {program})});
		const error: unknown = await startJob(connection, order, never).catch((reason: unknown) => reason);
		await eventually(() => connection.output('ls "$TMPDIR"').then(({stdout}) => stdout), 'files\n');
		if (!(error instanceof Error)) return error;
		return {code: 'code' in error ? error.code : undefined, message: error.message.replaceAll(folder, 'FOLDER')};
	}

	test('names the PATH on which its program is not', async () => {
		expect(await failure({program: 'no-such-engine'})).toMatchObject({
			code: 'ENOENT',
			message: expect.stringMatching(
				/^there is no no-such-engine on the PATH of box, which is \/.*\/usr\/local\/cuda\/bin:/,
			),
		});
	});

	test('says what is wrong with a path', async () => {
		expect(await failure({program: 'FOLDER/none'})).toEqual({
			code: 'ENOENT',
			message: 'there is no FOLDER/none on box',
		});
		expect(await failure({program: 'FOLDER/plain'})).toEqual({
			code: 'EACCES',
			message: 'FOLDER/plain on box is not a program that may be run',
		});
		expect(await failure({program: 'FOLDER/orphan'})).toEqual({
			code: 'ENOENT',
			message: 'FOLDER/orphan on box is run by /no/such/python, which is not there',
		});
		expect(await failure({folder: '/no/such/folder'})).toEqual({
			code: 'ENOENT',
			message: 'there is no folder /no/such/folder on box that may be entered',
		});
	});

	test('says so when no folder there can be written', async () => {
		const box = await startBox();
		const bin = join(box.folder, 'bin');
		mkdirSync(bin);
		writeFileSync(join(bin, 'mkdir'), '#!/bin/sh\nexit 1\n');
		chmodSync(join(bin, 'mkdir'), 0o755);
		const full = await startBox({
			environment: {PATH: `${bin}:/usr/bin:/bin`, TMPDIR: '/nowhere/there', HOME: '/nowhere'},
		});
		const connection = await full.connect();
		await expect(startJob(connection, orderOf(''), never)).rejects.toMatchObject({
			message:
				'box has no folder that llmtop can write to: none of /nowhere/there, /tmp, /var/tmp lets it make its own.',
			exitCode: 4,
		});
	});

	test('is not started when nobody wants it any more', async () => {
		const box = await startBox();
		const connection = await box.connect();
		const abort = new AbortController();
		const starting = startJob(connection, orderOf('sleep 300'), abort.signal);
		await eventually(() => readdirSync(box.folder).length, 1);
		abort.abort(new Error('enough'));
		await expect(starting).rejects.toThrow('enough');
		expect(readdirSync(box.folder)).toEqual([]);
		await box.isEmpty();
	});

	test('leaves nothing there when the connection is lost while its place is made', async () => {
		const box = await startBox();
		const place = spawn('sh', ['-c', startScript, 'sh', 'a-job', '100', ''], {
			env: {PATH: process.env.PATH, TMPDIR: box.folder},
			stdio: ['pipe', 'pipe', 'ignore'],
			detached: true,
		});
		place.stdout.destroy();
		place.stdin.end();
		expect(await once(place, 'exit')).toEqual([null, 'SIGKILL']);
		expect(readdirSync(box.folder)).toEqual([]);
	});

	test('refuses a variable that no shell can hold', async () => {
		const box = await startBox();
		const connection = await box.connect();
		await expect(startJob(connection, orderOf('', {environment: {'a-b': '1'}}), never)).rejects.toThrow(
			'No shell can hold a variable "a-b".',
		);
	});
});

/** A file outside the temporary folder's jobs. */
function scriptFile(folder: string, text: string): string {
	const file = join(folder, 'script');
	writeFileSync(file, text);
	return file;
}
