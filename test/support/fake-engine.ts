/**
 * Fake inference engines: real executables with the names of the real ones, which take the real flags, print a recorded
 * start and serve the simulated engine with its true counters. One that a test forgets ends by itself five minutes
 * after its start.
 */

import {chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {type Behaviour, behaviourVariable, type Call, folderVariable} from './fake-engines/behaviour.ts';

export type {Behaviour, Call} from './fake-engines/behaviour.ts';
export {failuresOf} from './fake-engines/fixtures.ts';

export const fakePrograms = ['vllm', 'ollama', 'llama-server', 'python3'] as const;
export type FakeProgram = (typeof fakePrograms)[number];

export interface FakeEngines {
	/** Folder of the executables, for the PATH. */
	readonly path: string;
	/** An environment in which they are found first, the rest of ours after them. */
	readonly environment: Readonly<Record<string, string>>;
	/** From now on they are like this; those that run stay as they are. */
	become(behaviour: Behaviour): void;
	/** Every start of a server by them so far, oldest first (questions for version and flags are none). */
	calls(): readonly Call[];
}

/** Writes executables into a new folder `bin` of a folder. Which: all, unless some are named. */
export function fakeEngines(
	folder: string,
	behaviour: Behaviour = {},
	programs: readonly FakeProgram[] = fakePrograms,
): FakeEngines {
	const path = join(folder, 'bin');
	const callsFile = join(folder, 'calls.jsonl');
	mkdirSync(path, {recursive: true});
	const program = fileURLToPath(new URL('fake-engine-program.ts', import.meta.url));
	for (const name of programs) {
		const file = join(path, name);
		const quoted = [process.execPath, program, name].map((word) => `'${word}'`).join(' ');
		writeFileSync(file, `#!/bin/sh\nexport ${folderVariable}='${folder}'\nexec ${quoted} "$@"\n`);
		chmodSync(file, 0o755);
	}
	const become = (next: Behaviour): void => writeFileSync(join(folder, 'behaviour.json'), JSON.stringify(next));
	become(behaviour);
	return {
		path,
		environment: {PATH: `${path}${delimiter}${process.env.PATH ?? ''}`},
		become,
		calls() {
			if (!existsSync(callsFile)) return [];
			const lines = readFileSync(callsFile, 'utf8').trimEnd().split('\n');
			return lines.map((line): Call => JSON.parse(line));
		},
	};
}

/** Environment in which one start is like this, over what `become` said. */
export function behaving(behaviour: Behaviour): Readonly<Record<string, string>> {
	return {[behaviourVariable]: JSON.stringify(behaviour)};
}
