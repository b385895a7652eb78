/** `llmtop report A.json B.json`: several sessions in one report. */

import {basename} from 'node:path';
import {type Compared, compareReport} from '../report/compare.ts';
import {compareChunks} from '../report/compare-document.ts';
import {csvReport} from '../report/csv.ts';
import {markdownOf} from '../report/markdown.ts';
import {textOf} from '../report/text.ts';
import type {Session} from '../snapshot.ts';
import {print} from './console.ts';
import {printDrawn, type ReportCommand} from './report.ts';

export interface SideBySide extends ReportCommand {
	/** In the order of the files. */
	readonly sessions: readonly Session[];
}

export async function reportSideBySide({files, sessions, format}: SideBySide): Promise<void> {
	const names = namesOf(files, sessions);
	const compared = sessions.map((session, place): Compared => ({name: names[place] ?? '', session}));
	const report = compareReport(compared, 'session');
	switch (format) {
		case 'text':
			return await printDrawn((options) => textOf(report, options));
		case 'md':
			return await print([markdownOf(report)]);
		case 'csv':
			return await print([csvReport(...sessions)]);
		case 'json':
			return await print(compareChunks(compared));
		default:
			return format satisfies never;
	}
}

/** The shortest that tell them apart: the machines, the files' names, else their paths, numbered where one is twice. */
function namesOf(files: readonly string[], sessions: readonly Session[]): readonly string[] {
	const machines = sessions.map(({target}) => target.box?.name ?? '');
	const names = files.map((file) => basename(file).replace(/\.json$/, ''));
	const best = [machines, names].find((all) => !all.includes('') && new Set(all).size === all.length);
	return best ?? files.map((file, place) => (files.indexOf(file) === place ? file : `${file} (${place + 1})`));
}
