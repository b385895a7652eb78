import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readdir, readFile, readlink, stat, symlink, writeFile} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {execa} from 'execa';
import {describe, expect, test} from 'vitest';
import {sessionChunks} from '../../source/session/document.ts';
import {checkWritable, saveSession, writeSession, writeText} from '../../source/session/file.ts';
import {readSession} from '../../source/session/read.ts';
import {sampleSessions} from '../support/sessions.ts';
import {temporaryFolder, temporaryPipe} from './folder.ts';

const session = sampleSessions.failed();
const document = [...sessionChunks(session)].join('');

/** Paths that nobody can write, not even the superuser, and what is said of them. */
async function hopeless(): Promise<readonly (readonly [path: string, message: string, advice: string])[]> {
	const folder = await temporaryFolder();
	await writeFile(join(folder, 'file'), '');
	return [
		[folder, 'it is a folder', 'Name a file in it.'],
		[
			join(folder, 'none', 'run.json'),
			`the folder ${join(folder, 'none')} does not exist`,
			`Create it with: mkdir -p ${join(folder, 'none')}`,
		],
		[
			join(folder, 'file', 'run.json'),
			'a part of the path is a file, not a folder',
			'Name another place with --save FILE.',
		],
		[join(folder, 'x'.repeat(300)), 'the name is too long', 'Name another place with --save FILE.'],
	];
}

describe('a session is written', () => {
	test('for its owner only', async () => {
		const path = join(await temporaryFolder(), 'run.json');
		await writeSession(path, session);
		expect((await stat(path)).mode & 0o777).toBe(0o600);
		expect(await readFile(path, 'utf8')).toBe(document);
	});

	test('over an older one, whatever its mode was, and leaves nothing else behind', async () => {
		const folder = await temporaryFolder();
		const path = join(folder, 'run.json');
		await writeFile(path, 'old', {mode: 0o644});
		await writeSession(path, session);
		expect((await stat(path)).mode & 0o777).toBe(0o600);
		expect(await readdir(folder)).toEqual(['run.json']);
	});

	test('where a symbolic link leads, which stays', async () => {
		const folder = await temporaryFolder();
		await mkdir(join(folder, 'there'));
		await writeFile(join(folder, 'there', 'run.json'), 'old');
		await symlink(join('there', 'run.json'), join(folder, 'latest.json'));
		await writeSession(join(folder, 'latest.json'), session);
		expect(await readlink(join(folder, 'latest.json'))).toBe(join('there', 'run.json'));
		expect(await readFile(join(folder, 'there', 'run.json'), 'utf8')).toBe(document);
	});

	test('into a named pipe, as it is', async () => {
		const path = await temporaryPipe();
		const reader = execa('cat', [path], {stripFinalNewline: false});
		await writeSession(path, session);
		expect((await reader).stdout).toBe(document);
		expect((await stat(path)).isFIFO()).toBe(true);
	});

	test('or not: the old file stays when it cannot be finished', async () => {
		const folder = await temporaryFolder();
		const path = join(folder, 'run.json');
		await writeFile(path, 'old');
		const interrupted = function* () {
			yield document;
			throw Object.assign(new Error('no space'), {code: 'ENOSPC'});
		};
		await expect(writeText(path, interrupted())).rejects.toMatchObject({
			name: 'ExpectedError',
			exitCode: 5,
			message: `${path} cannot be written: no room is left on the disk.`,
		});
		expect(await readFile(path, 'utf8')).toBe('old');
		expect(await readdir(folder)).toEqual(['run.json']);
	});

	test('or not: the old file stays when the program is killed while it writes', async () => {
		const folder = await temporaryFolder();
		const path = join(folder, 'run.json');
		await writeSession(path, session);
		const script = fileURLToPath(new URL('endless-writer.ts', import.meta.url));
		const child = spawn(process.execPath, [script, path], {stdio: ['ignore', 'pipe', 'inherit']});
		await once(child.stdout, 'data');
		child.kill('SIGKILL');
		await once(child, 'exit');
		expect(await readFile(path, 'utf8')).toBe(document);
		expect((await readdir(folder)).filter((name) => name !== 'run.json')).toEqual([
			expect.stringMatching(/^\.run\.json\.[0-9a-f]{12}\.tmp$/),
		]);
	});

	test('not on a full disk, and that is said', async () => {
		await expect(writeSession('/dev/full', session)).rejects.toMatchObject({
			name: 'ExpectedError',
			exitCode: 5,
			message: '/dev/full cannot be written: no room is left on the disk.',
			advice: 'Make room, or name another place with --save FILE.',
		});
	});

	test('not where no file can be, and why is said', async () => {
		for (const [path, message, advice] of await hopeless()) {
			await expect(writeSession(path, session)).rejects.toMatchObject({
				name: 'ExpectedError',
				exitCode: 5,
				message: `${path} cannot be written: ${message}.`,
				advice,
			});
		}
	});
});

describe('before a run', () => {
	test('a path is found writable without leaving anything there', async () => {
		const folder = await temporaryFolder();
		await writeFile(join(folder, 'old.json'), 'old');
		await checkWritable(join(folder, 'new.json'));
		await checkWritable(join(folder, 'old.json'));
		expect(await readdir(folder)).toEqual(['old.json']);
		expect(await readFile(join(folder, 'old.json'), 'utf8')).toBe('old');
	});

	test('a device and a pipe are believed and not touched', async () => {
		const path = await temporaryPipe();
		await checkWritable(path);
		await checkWritable('/dev/full');
	});

	test('a path where no file can be is refused, and nothing is left there', async () => {
		for (const [path, message, advice] of await hopeless()) {
			await expect(checkWritable(path)).rejects.toMatchObject({
				name: 'ExpectedError',
				exitCode: 5,
				message: `${path} cannot be written: ${message}.`,
				advice,
			});
		}
	});
});

describe('a session that must not be lost', () => {
	test('is saved where it was to be', async () => {
		const path = join(await temporaryFolder(), 'run.json');
		expect(await saveSession(session, {path, fallbackFolders: ['/dev/null/none']})).toEqual({path});
	});

	test('is saved in the first other place that takes it when the disk is full, and that is said', async () => {
		const folder = await temporaryFolder();
		const fallback = join(folder, 'new', 'sessions');
		const path = join(fallback, '2026-11-22T02-30-00-vllm.json');
		expect(await saveSession(session, {path: '/dev/full', fallbackFolders: ['/dev/null/none', fallback]})).toEqual({
			path,
			warning: `/dev/full cannot be written: no room is left on the disk. The session is in ${path} instead.`,
		});
		expect(await readSession(path)).toMatchObject({startedAt: session.startedAt});
		expect((await stat(path)).mode & 0o777).toBe(0o600);
		expect((await stat(fallback)).mode & 0o777).toBe(0o700);
		expect((await stat(join(folder, 'new'))).mode & 0o777).toBe(0o700);
		const second = await saveSession(session, {path: '/dev/full', fallbackFolders: [fallback]});
		expect(basename(second.path)).toBe('2026-11-22T02-30-00-vllm-2.json');
	});

	test('cannot be saved when no place takes it: the error is that of the place asked for', async () => {
		await expect(saveSession(session, {path: '/dev/full', fallbackFolders: ['/dev/null/none']})).rejects.toMatchObject({
			exitCode: 5,
			message: '/dev/full cannot be written: no room is left on the disk.',
		});
	});
});
