/** A folder for one test's programs, gone when the test is over. */

import {chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {onTestFinished} from 'vitest';

export interface Folder {
	readonly path: string;
	/** An environment whose PATH is this folder's `bin`. */
	readonly environment: NodeJS.ProcessEnv;
	/** Full path of a file in it. */
	file(name: string): string;
	/** Writes a file and the folders above it. */
	write(name: string, text: string): string;
	/** Writes an executable. */
	program(name: string, text: string): string;
}

export function createFolder(): Folder {
	const path = realpathSync(mkdtempSync(join(tmpdir(), 'llmtop-doctor-')));
	onTestFinished(() => rmSync(path, {recursive: true, force: true}));
	const file = (name: string) => join(path, name);
	const write = (name: string, text: string) => {
		mkdirSync(dirname(file(name)), {recursive: true});
		writeFileSync(file(name), text);
		return file(name);
	};
	return {
		path,
		environment: {PATH: file('bin')},
		file,
		write,
		program(name, text) {
			chmodSync(write(name, text), 0o755);
			return file(name);
		},
	};
}
