/** `llmtop report FILE` and the report at the end of a run. */

import type {OutputConfig} from '../config.ts';
import {type ExitCode, exitCode} from '../errors.ts';
import {csvReport} from '../report/csv.ts';
import {markdownReport} from '../report/markdown.ts';
import {textReport} from '../report/text.ts';
import {sessionChunks} from '../session/document.ts';
import {readSession} from '../session/read.ts';
import type {Session} from '../snapshot.ts';
import {asciiText} from '../view/symbols.ts';
import {textWidth} from '../view/text.ts';
import {print} from './console.ts';
import {terminalHere} from './terminal.ts';

/** Width of text that goes into a pipe, in cells. */
const pipeColumns = 120;

/** The tables on standard output: drawn on a terminal as it can, plain text into a pipe. */
export async function printReport(
	session: Session,
	output: Pick<OutputConfig, 'color' | 'ascii'> = {color: true, ascii: false},
): Promise<void> {
	if (process.stdout.isTTY !== true) return print([textReport(session, {columns: pipeColumns, color: false})]);
	const flags = {...output, headless: true, mouse: false, screenReader: false};
	const {colors, symbols} = terminalHere(flags, process.env);
	const color = colors !== 'none';
	const columns = process.stdout.columns || 80;
	if (symbols === 'ascii') return print([inAscii(textReport(session, {columns, color}))]);
	if (!color) process.env.FORCE_COLOR = '0';
	const {inkTableDrawing} = await import('../report/table.tsx');
	return print([textReport(session, {columns, color, mainTable: inkTableDrawing})]);
}

function inAscii(text: string): string {
	return text.replace(/[^\0-~]/gu, (sign) => asciiText(sign, textWidth));
}

export async function reportFile(options: {
	readonly file: string;
	readonly format: 'text' | 'md' | 'csv' | 'json';
}): Promise<ExitCode> {
	const session = await readSession(options.file);
	switch (options.format) {
		case 'text':
			await printReport(session);
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
