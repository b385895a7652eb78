/** The report as GitHub-flavoured Markdown, for an issue, a wiki or a job summary. */

import type {Session} from '../snapshot.ts';
import type {FactsBlock, Report, TableBlock} from './block.ts';
import {sessionReport} from './content.ts';

export function markdownReport(session: Session): string {
	return markdownOf(sessionReport(session));
}

export function markdownOf({title, blocks}: Report): string {
	const parts = blocks.map((block) => (block.kind === 'table' ? tableLines(block) : factLines(block)));
	return `${[`# ${escaped(title)}`, ...parts.map((lines) => lines.join('\n'))].join('\n\n')}\n`;
}

/** Text that Markdown and HTML leave as it is. A `|` would end a cell even inside code, and `@name` would call someone. */
function escaped(text: string): string {
	return text
		.replace(/[\\`*_[\]<>|~#&]/g, (sign) =>
			sign === '<' ? '&lt;' : sign === '>' ? '&gt;' : sign === '&' ? '&amp;' : `\\${sign}`,
		)
		.replace(/(?<!\w)@/g, '@\u200b');
}

function row(cells: readonly string[]): string {
	return `| ${cells.join(' | ')} |`;
}

function tableLines(table: TableBlock): string[] {
	return [
		`## ${escaped(table.title)}`,
		'',
		row(table.columns.map((column) => escaped(column.title))),
		row(table.columns.map((column) => (column.align === 'right' ? '---:' : ':---'))),
		...table.rows.map((cells) => row(cells.map((cell) => escaped(cell.trim())))),
	];
}

function factLines(block: FactsBlock): string[] {
	const heading = block.title === undefined ? [] : [`## ${escaped(block.title)}`, ''];
	let last = '';
	const lines = block.facts.map(({name, text}) => {
		last = name === '' ? last : name;
		return `- **${escaped(last)}**: ${escaped(text)}`;
	});
	return [...heading, ...lines];
}
