/** Programs on the PATH. */

import {constants} from 'node:fs';
import {access, stat} from 'node:fs/promises';
import {delimiter, isAbsolute, join} from 'node:path';

/**
 * Full path of the first program on the PATH that has one of these names, the names best first; absent when there is
 * none. Folders that are not absolute do not count: what they hold depends on where one stands.
 */
export async function findOnPath(
	names: readonly string[],
	environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
	const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
	const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
	for (const name of names) {
		for (const folder of folders) {
			for (const ending of endings) {
				const file = join(folder, name + ending);
				if (await isProgram(file)) return file;
			}
		}
	}
	return undefined;
}

/** Whether it is a file that we may run. */
export async function isProgram(file: string): Promise<boolean> {
	try {
		await access(file, constants.X_OK);
		return (await stat(file)).isFile();
	} catch {
		return false;
	}
}
