/** Reads test/fixtures/engines. */

import {readFileSync} from 'node:fs';

export interface Failure {
	/** Stage after whose first line it happens; absent: before anything is printed. */
	readonly after?: string;
	/** Ollama: not the server fails but the load of a model. */
	readonly onLoad?: true;
	/** What the answer to the load says. */
	readonly error?: string;
	readonly exitCode?: number;
	readonly lines: readonly string[];
}

const folder = new URL('../../fixtures/engines/', import.meta.url);

export function fixture(path: string): string {
	return readFileSync(new URL(path, folder), 'utf8');
}

/** How starts of this engine fail, by name. */
export function failuresOf(engine: string): Readonly<Record<string, Failure>> {
	return JSON.parse(fixture(`${engine}/failures.json`));
}
