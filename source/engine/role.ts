/**
 * The program's other faces: threads and processes that start from the same file. Bundled, that file is
 * dist/llmtop.mjs itself and cli.tsx looks at the role first; run from source, each role has a file of its own.
 */

import {fileURLToPath} from 'node:url';

declare const LLMTOP_VERSION: string | undefined;

export type Role = 'load' | 'tokens' | 'simulator' | 'guard';

/** The role of a load that another llmtop has started on this machine (commands/far-load.ts): only the one file has it. */
export const farRole = 'far';

/** The environment variable that tells a child process its role; threads find it in `workerData.role`. */
export const roleVariable = 'LLMTOP_ROLE';

const sources: Record<Role, string> = {
	load: './load/worker.ts',
	tokens: './tokens/thread.ts',
	simulator: './simulator/main.ts',
	guard: './launch/guard.ts',
};

/** True in dist/llmtop.mjs, false when the source runs as it is. */
const bundled = typeof LLMTOP_VERSION !== 'undefined';

/** Version of the program; `0.0.0-source` when it is not bundled. */
export const version: string = typeof LLMTOP_VERSION === 'undefined' ? '0.0.0-source' : LLMTOP_VERSION;

/** The file to start for a role. */
export function roleFile(role: Role): string {
	return bundled ? fileURLToPath(import.meta.url) : fileURLToPath(new URL(sources[role], import.meta.url));
}

/** The one file that the whole program is; absent when the source runs as it is. */
export function programFile(): string | undefined {
	return bundled ? fileURLToPath(import.meta.url) : undefined;
}
