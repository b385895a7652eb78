/** What the layouts of all screens share: limits, and panes that are opened below or beside others. */

import type {Counts, Opened, Pane, PaneName, Rectangle, Size} from './layout.ts';

/** What a layout is made from. */
export interface Given {
	readonly size: Size;
	readonly counts: Counts;
	readonly opened: Opened;
}

/** From here on the load is a chart, with TTFT and gap in panes of their own beside it. */
export const charts: Size = {columns: 100, rows: 30};
/** From here on a third column stands beside them: the meters, or the table of levels. */
export const threeColumns: Size = {columns: 160, rows: 45};
/** Blanks between panes that stand side by side. */
export const between = 1;
/** Of a table of streams: title, column names, two rows. */
export const leastStreams = 4;
/** Lines of a log: title and two of its own. */
export const leastLog = 3;
/** From here on two panes share an area, one below the other; below that the one that was opened takes it. */
export const leastShared = 12;
/** From this width on a stream is looked at beside the table, and not below it. */
const leastBeside = 150;

/** Whether a terminal has fewer columns or rows than a limit. */
export function isSmaller(size: Size, limit: Size): boolean {
	return size.columns < limit.columns || size.rows < limit.rows;
}

/** The table of streams; the stream that is looked at closely stands beside or below it, the log below. */
export function tablePanes(area: Rectangle, opened: Opened): Pane[] {
	return withLog(area, opened.log, (above) => {
		if (!opened.detail) return [{name: 'streams', ...above}];
		if (above.width >= leastBeside && above.height >= leastStreams) {
			const width = Math.floor(above.width * 0.55);
			const x = above.x + width + between;
			return [
				{name: 'streams', ...above, width},
				{name: 'detail', ...above, x, width: above.x + above.width - x},
			];
		}
		return below(above, 'detail', (table) => [{name: 'streams', ...table}]);
	});
}

/** Panes with the log below them when it is open. */
export function withLog(area: Rectangle, isOpen: boolean, panes: (above: Rectangle) => Pane[]): Pane[] {
	return isOpen ? below(area, 'log', panes) : panes(area);
}

/** A pane that was opened, below others where there is room for both, else in their place. */
export function below(area: Rectangle, name: PaneName, panes: (above: Rectangle) => Pane[]): Pane[] {
	if (area.height < leastShared) return [{name, ...area}];
	const above = Math.max(leastStreams, Math.floor(area.height * 0.45));
	return [...panes({...area, height: above}), {name, ...area, y: area.y + above, height: area.height - above}];
}
