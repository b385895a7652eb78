/** Where each pane stands: a pure function of the terminal's size and of what there is to show. */

export interface Size {
	readonly columns: number;
	readonly rows: number;
}

export interface Rectangle {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

export type PaneName = 'header' | 'load' | 'ttft' | 'gap' | 'sweep' | 'streams' | 'notes' | 'footer';

export interface Pane extends Rectangle {
	readonly name: PaneName;
}

/** What there is to show. */
export interface Counts {
	/** Rows of the stream table. */
	readonly streams: number;
	/** Lines of the table of levels; 0 when the run has only one level. */
	readonly levels: number;
	/** Messages that should be read. */
	readonly notes: number;
}

/** The smallest terminal that the view is drawn in. */
export const smallest: Size = {columns: 60, rows: 15};

/** From here on the load is a chart, with TTFT and gap in panes of their own beside it. */
const charts: Size = {columns: 100, rows: 30};
/** From here on the table of levels stands beside them. */
const threeColumns: Size = {columns: 160, rows: 45};

const headerHeight = 2;
const footerHeight = 1;
/** Title, column names, two rows. */
const leastStreams = 4;
/** Title, column names, one level. */
const leastSweep = 3;

/** The panes from top to bottom, covering the whole screen; none below the smallest size. */
export function layout(size: Size, counts: Counts): readonly Pane[] {
	if (isSmaller(size, smallest)) return [];
	const full = (name: PaneName, y: number, height: number): Pane => ({name, x: 0, y, width: size.columns, height});
	const hasCharts = !isSmaller(size, charts);
	const notes = Math.min(counts.notes, size.rows >= 45 ? 3 : size.rows >= 30 ? 2 : 1);
	const body = size.rows - headerHeight - footerHeight - notes;
	const wantedStreams = 2 + Math.max(1, counts.streams);
	const wantedSweep = counts.levels === 0 ? 0 : 2 + counts.levels;
	const isBeside = wantedSweep > 0 && !isSmaller(size, threeColumns);

	const load = hasCharts ? bandHeight(body, wantedStreams + (isBeside ? 0 : wantedSweep)) : size.rows < 20 ? 4 : 5;
	const rest = body - load;
	const comfortable = Math.max(leastStreams, Math.min(wantedStreams, hasCharts ? 12 : 10));
	const spare = Math.min(wantedSweep, rest - comfortable);
	const sweep = !isBeside && spare >= leastSweep ? spare : 0;

	const panes: Pane[] = [full('header', 0, headerHeight)];
	if (hasCharts) panes.push(...band({x: 0, y: headerHeight, width: size.columns, height: load}, isBeside));
	else panes.push(full('load', headerHeight, load));
	let y = headerHeight + load;
	if (sweep > 0) panes.push(full('sweep', y, sweep));
	y += sweep;
	panes.push(full('streams', y, rest - sweep));
	y += rest - sweep;
	if (notes > 0) panes.push(full('notes', y, notes));
	panes.push(full('footer', y + notes, footerHeight));
	return panes;
}

function isSmaller(size: Size, limit: Size): boolean {
	return size.columns < limit.columns || size.rows < limit.rows;
}

/** Nearly a third of the screen, more when the tables leave room. Odd, so that the chart has a middle line to label. */
function bandHeight(body: number, wanted: number): number {
	const third = Math.floor(body * 0.3);
	const height = Math.max(9, Math.min(17, Math.max(third, Math.min(body - wanted, Math.floor(body / 2)))));
	return height % 2 === 0 ? height - 1 : height;
}

/** The load chart at the left, TTFT over gap beside it, and the levels at the right when they belong there. */
function band(area: Rectangle, withSweep: boolean): Pane[] {
	const between = 1;
	const free = area.width - between * (withSweep ? 2 : 1);
	const loadWidth = Math.floor(free * (withSweep ? 0.38 : 0.55));
	const latencyWidth = withSweep ? Math.floor(free * 0.29) : free - loadWidth;
	const latencyX = area.x + loadWidth + between;
	const ttftHeight = Math.ceil(area.height / 2);
	const panes: Pane[] = [
		{name: 'load', x: area.x, y: area.y, width: loadWidth, height: area.height},
		{name: 'ttft', x: latencyX, y: area.y, width: latencyWidth, height: ttftHeight},
		{name: 'gap', x: latencyX, y: area.y + ttftHeight, width: latencyWidth, height: area.height - ttftHeight},
	];
	const sweepX = latencyX + latencyWidth + between;
	if (withSweep) {
		panes.push({name: 'sweep', x: sweepX, y: area.y, width: area.x + area.width - sweepX, height: area.height});
	}
	return panes;
}
