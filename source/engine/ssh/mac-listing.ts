/** The engines in what macOS' `ps` and `lsof` say, one after the other. Written after their manuals, not tried. */

import type {ListeningProcess} from '../watch/engine-process.ts';
import {readLsof, readPs} from '../watch/mac-processes.ts';

/** Lines of ps begin with a number, those of lsof with a letter. */
export function macListing(lines: readonly string[]): readonly ListeningProcess[] {
	const listens = readLsof(lines.filter((line) => /^[a-z]/.test(line)).join('\n'));
	const engines = readPs(lines.filter((line) => /^\s*\d/.test(line)).join('\n'));
	return engines.map((engine) => ({...engine, listens: listens.get(engine.pid) ?? []}));
}
