/** `llmtop report FILE` and the report at the end of a run. */

import type {OutputConfig} from '../config.ts';
import {type ExitCode, exitCode} from '../errors.ts';
import {csvReport} from '../report/csv.ts';
import {markdownReport} from '../report/markdown.ts';
import {textReport} from '../report/text.ts';
import {sessionChunks} from '../session/document.ts';
import {readSession} from '../session/read.ts';
import type {Session} from '../snapshot.ts';
import {print} from './console.ts';

/** Width of text that goes into a pipe, in cells. */
const pipeColumns = 120;

/** The tables on standard output: drawn on a terminal, plain text into a pipe. */
export async function printReport(session: Session, {color}: Pick<OutputConfig, 'color'>): Promise<void> {
	if (process.stdout.isTTY !== true) return print([textReport(session, {columns: pipeColumns, color: false})]);
	if (!color) process.env.FORCE_COLOR = '0';
	const {inkTableDrawing} = await import('../report/table.tsx');
	return print([textReport(session, {columns: process.stdout.columns || 80, color, mainTable: inkTableDrawing})]);
}

export async function reportFile(options: {
	readonly file: string;
	readonly format: 'text' | 'md' | 'csv' | 'json';
	readonly color: boolean;
}): Promise<ExitCode> {
	const session = await readSession(options.file);
	switch (options.format) {
		case 'text':
			await printReport(session, options);
			break;
		case 'md':
			await print([markdownReport(session)]);
			break;
		case 'csv':
			await print([csvReport(session)]);
			break;
		case 'json':
			await print(sessionChunks(session));
			break;
		default:
			options.format satisfies never;
	}
	return exitCode.ok;
}
