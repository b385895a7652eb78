/** `llmtop report FILE` and the report at the end of a run. */

import type {OutputConfig} from '../config.ts';
import {type ExitCode, exitCode} from '../errors.ts';
import {csvReport} from '../report/csv.ts';
import {markdownReport} from '../report/markdown.ts';
import {type TextReportOptions, textReport} from '../report/text.ts';
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
export function printReport(session: Session, output?: Drawing): Promise<void> {
	return printDrawn((options) => textReport(session, options), output);
}

type Drawing = Pick<OutputConfig, 'color' | 'ascii'>;

/** The same of any report: `draw` makes its text. */
export async function printDrawn(
	draw: (options: TextReportOptions) => string,
	output: Drawing = {color: true, ascii: false},
): Promise<void> {
	if (process.stdout.isTTY !== true) return print([draw({columns: pipeColumns, color: false})]);
	const flags = {...output, headless: true, mouse: false, screenReader: false};
	const {colors, symbols} = terminalHere(flags, process.env);
	const color = colors !== 'none';
	const columns = process.stdout.columns || 80;
	if (symbols === 'ascii') return print([inAscii(draw({columns, color}))]);
	if (!color) process.env.FORCE_COLOR = '0';
	const {inkTableDrawing} = await import('../report/table.tsx');
	return print([draw({columns, color, mainTable: inkTableDrawing})]);
}

function inAscii(text: string): string {
	return text.replace(/[^\0-~]/gu, (sign) => asciiText(sign, textWidth));
}

export interface ReportCommand {
	readonly files: readonly [string, ...string[]];
	readonly format: 'text' | 'md' | 'csv' | 'json';
}

export async function reportFiles({files, format}: ReportCommand): Promise<ExitCode> {
	const [file, ...others] = files;
	const session = await readSession(file);
	if (others.length > 0) {
		const {reportSideBySide} = await import('./side-by-side.ts');
		const sessions = [session];
		for (const other of others) sessions.push(await readSession(other));
		await reportSideBySide({files, sessions, format});
		return exitCode.ok;
	}
	switch (format) {
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
			format satisfies never;
	}
	return exitCode.ok;
}
