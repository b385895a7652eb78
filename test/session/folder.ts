/** Folders and named pipes of a test's own, gone when the test is over. */

import {execFile} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {onTestFinished} from 'vitest';

export async function temporaryFolder(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'llmtop-session-'));
	onTestFinished(() => rm(folder, {recursive: true, force: true}));
	return folder;
}

/** A named pipe. */
export async function temporaryPipe(): Promise<string> {
	const path = join(await temporaryFolder(), 'pipe');
	await promisify(execFile)('mkfifo', [path]);
	return path;
}
