/**
 * The report as text: plain and aligned into a pipe; on a terminal the same, with the main table drawn by `mainTable`
 * (table.tsx). No line is wider than `columns`.
 */

import type {Session} from '../snapshot.ts';
import type {FactsBlock, Report, TableBlock} from './block.ts';
import {sessionReport} from './content.ts';
import {cut, type FittedTable, type Frame, fitTable, widthOf, wrap} from './layout.ts';

/** A way of drawing a table, and the room that it needs besides the cells. */
export interface TableDrawing {
	readonly frame: Frame;
	/** Lines without line ends, `table.width` wide at most; with styles when `color` is set. */
	draw(table: FittedTable, options: {color: boolean}): string[];
}

export interface TextReportOptions {
	/** Width of the terminal, in cells. */
	readonly columns: number;
	readonly color: boolean;
	/** How the main table is drawn on a terminal; absent: plain aligned text. */
	readonly mainTable?: TableDrawing;
}

type Style = 'bold' | 'dim' | 'yellow' | 'red';

const styleCodes: Record<Style, readonly [on: number, off: number]> = {
	bold: [1, 22],
	dim: [2, 22],
	yellow: [33, 39],
	red: [31, 39],
};

/** Text with the codes of SGR (ECMA-48) around it. */
function styled(text: string, style: Style, color: boolean): string {
	const [on, off] = styleCodes[style];
	return color && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

export function textReport(session: Session, options: TextReportOptions): string {
	return textOf(sessionReport(session), options);
}

export function textOf(report: Report, options: TextReportOptions): string {
	const columns = Math.max(1, Math.floor(options.columns));
	const {color} = options;
	const title = wrap(report.title, columns).map((line) => styled(line, 'bold', color));
	const blocks = report.blocks.map((block) => {
		if (block.kind === 'facts') return factLines(block, columns, color);
		const heading = wrap(block.title, columns).map((line) => styled(line, 'bold', color));
		return [...heading, ...tableLines(block, options.mainTable, {columns, color})];
	});
	return `${[title, ...blocks].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** Columns two blanks apart, under their titles. */
const plainDrawing: TableDrawing = {
	frame: {between: 2, around: 0},
	draw(table, {color}) {
		const line = (cells: readonly string[]) => cells.join('  ').trimEnd();
		return [styled(line(table.titles), 'dim', color), ...table.rows.map(line)];
	},
};

/** The table, and under it what a wider terminal would show. A frame that does not fit around one column is left away. */
function tableLines(
	block: TableBlock,
	mainTable: TableDrawing | undefined,
	{columns, color}: {columns: number; color: boolean},
): string[] {
	const wanted = block.main && mainTable !== undefined ? mainTable : plainDrawing;
	const fitted = fitTable(block, columns, wanted.frame);
	if (fitted.width > columns) {
		const bare = fitTable(block, columns, plainDrawing.frame);
		return [bare.titles, ...bare.rows].map((cells) => cut(cells.join('  ').trimEnd(), columns));
	}
	const lines = wanted.draw(fitted, {color});
	if (fitted.leftOut.length === 0) return lines;
	const hint = wrap(`No room here for: ${fitted.leftOut.join(', ')}.`, columns);
	return [...lines, ...hint.map((line) => styled(line, 'dim', color))];
}

const tones: Record<FactsBlock['tone'], Style | undefined> = {plain: undefined, bad: 'red', quiet: 'dim'};

/** Names in a column of their own, what they say beside them; under them where the terminal is too narrow. */
function factLines(block: FactsBlock, columns: number, color: boolean): string[] {
	const style = tones[block.tone];
	const heading =
		block.title === undefined ? [] : wrap(block.title, columns).map((line) => headingLine(line, block, color));
	const nameWidth = Math.max(...block.facts.map((fact) => widthOf(fact.name)));
	const indent = nameWidth + 2 <= columns / 2 ? nameWidth + 2 : 0;
	const lines = block.facts.flatMap((fact) => {
		const text = wrap(fact.text, columns - indent);
		if (indent === 0) return [...wrap(fact.name, columns).filter((line) => line !== ''), ...text];
		return text.map((line, index) => (index === 0 ? fact.name : '').padEnd(indent) + line);
	});
	return [...heading, ...lines.map((line) => (style === 'dim' ? styled(line, style, color) : line))];
}

function headingLine(line: string, block: FactsBlock, color: boolean): string {
	return styled(line, block.tone === 'bad' ? 'red' : 'bold', color);
}
