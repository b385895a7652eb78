/** The main table on a terminal, drawn by ink-table. Loaded only there: it brings Ink and React. */

import {renderToString, Text} from 'ink';
import inkTable from 'ink-table';
import type {PropsWithChildren} from 'react';
import type {TableDrawing} from './text.ts';

/** ink-table is CommonJS: the component is the `default` of its default import. */
const Table = inkTable.default;

/**
 * ink-table puts a line before and after each cell and a blank on either side of it. It also puts one between all
 * rows: only the one under the titles is kept, so that a sweep stays on one screen.
 */
export const inkTableDrawing: TableDrawing = {
	frame: {between: 3, around: 4},
	draw({titles, rows, width}, {color}) {
		const data = rows.map((cells) => Object.fromEntries(titles.map((title, index) => [title, cells[index] ?? ''])));
		const cells = color
			? {header: BoldCell, cell: Text, skeleton: DimCell}
			: {header: Text, cell: Text, skeleton: Text};
		const drawn = renderToString(<Table data={data} columns={[...titles]} {...cells} />, {columns: width}).split('\n');
		const betweenRows = drawn.flatMap((line, index) => (line.includes('├') ? [index] : [])).slice(1);
		return drawn.filter((_, index) => !betweenRows.includes(index));
	},
};

function BoldCell({children}: PropsWithChildren) {
	return <Text bold>{children}</Text>;
}

function DimCell({children}: PropsWithChildren) {
	return <Text dimColor>{children}</Text>;
}
