import {mkdir, readdir, stat, writeFile} from 'node:fs/promises';
import {homedir, tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {
	defaultSessionPath,
	journalledPath,
	journalPath,
	recoveredPath,
	sessionFolders,
} from '../../source/session/place.ts';
import {temporaryFolder, temporaryPipe} from './folder.ts';

const startedAt = '2026-11-22T02:33:00.123Z';

describe('sessions are kept', () => {
	test('in the XDG state folder, else below the home folder, else among temporary files', () => {
		expect(sessionFolders({XDG_STATE_HOME: '/state', HOME: '/home/me', TMPDIR: '/scratch'})).toEqual([
			'/state/llmtop/sessions',
			'/scratch',
		]);
		expect(sessionFolders({XDG_STATE_HOME: 'relative', HOME: '/home/me'})).toEqual([
			'/home/me/.local/state/llmtop/sessions',
			tmpdir(),
		]);
		expect(sessionFolders({XDG_STATE_HOME: '', HOME: ''})[0]).toBe(join(homedir(), '.local/state/llmtop/sessions'));
	});

	test('under their time and engine, in a folder for their owner only', async () => {
		const folder = join(await temporaryFolder(), 'llmtop', 'sessions');
		expect(await defaultSessionPath({folders: [folder], startedAt, engine: 'vllm'})).toBe(
			join(folder, '2026-11-22T02-33-00-vllm.json'),
		);
		expect((await stat(folder)).mode & 0o777).toBe(0o700);
		expect(await readdir(folder)).toEqual([]);
	});

	test('each under a name of its own, also beside a journal that another session has left', async () => {
		const folder = await temporaryFolder();
		await writeFile(join(folder, '2026-11-22T02-33-00-my-engine.json'), '');
		await writeFile(join(folder, '2026-11-22T02-33-00-my-engine-2.journal'), '');
		expect(await defaultSessionPath({folders: [folder], startedAt, engine: '../my engine'})).toBe(
			join(folder, '2026-11-22T02-33-00-..-my-engine.json'),
		);
		expect(await defaultSessionPath({folders: [folder], startedAt, engine: 'my engine'})).toBe(
			join(folder, '2026-11-22T02-33-00-my-engine-3.json'),
		);
	});

	test('in the next folder when one takes no file', async () => {
		const folder = await temporaryFolder();
		expect(await defaultSessionPath({folders: ['/dev/null/x', folder], startedAt, engine: 'vllm'})).toBe(
			join(folder, '2026-11-22T02-33-00-vllm.json'),
		);
	});

	test('nowhere when no folder takes a file, and what to do is said', async () => {
		await expect(defaultSessionPath({folders: ['/dev/null/x'], startedAt, engine: 'vllm'})).rejects.toMatchObject({
			name: 'ExpectedError',
			exitCode: 5,
			message: 'No place for the session: /dev/null/x cannot be written.',
			advice: 'Name a file with --save FILE.',
		});
	});
});

describe('a journal', () => {
	test('is beside its session', () => {
		expect(['run.json', '/a/run', 'run.json.json'].map(journalPath)).toEqual([
			'run.journal',
			'/a/run.journal',
			'run.json.journal',
		]);
	});

	test('is in the default folder when the session goes to a device or a pipe', async () => {
		const folder = await temporaryFolder();
		const session = {folders: [folder], startedAt, engine: 'vllm'};
		const standard = join(folder, '2026-11-22T02-33-00-vllm.json');
		expect(await journalledPath('/dev/full', session)).toBe(standard);
		expect(await journalledPath(await temporaryPipe(), session)).toBe(standard);
		expect(await journalledPath(join(folder, 'run.json'), session)).toBe(join(folder, 'run.json'));
	});

	test('becomes a session beside it, over nothing that is there', async () => {
		const folder = await temporaryFolder();
		await mkdir(join(folder, 'run.journal'));
		expect(await recoveredPath(join(folder, 'run.journal'))).toBe(join(folder, 'run.json'));
		await writeFile(join(folder, 'run.json'), '');
		expect(await recoveredPath(join(folder, 'run.json'))).toBe(join(folder, 'run-2.json'));
	});
});
