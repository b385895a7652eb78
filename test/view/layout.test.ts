import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {type Counts, hasStreams, layout, type Opened, type Pane, type PaneName} from '../../source/view/layout.ts';
import {screenNames} from '../../source/view/ui-state.ts';

const sizes = fc.record({columns: fc.integer({min: 60, max: 400}), rows: fc.integer({min: 15, max: 100})});
const lines = fc.integer({min: 0, max: 20});
const counts: fc.Arbitrary<Counts> = fc
	.record({
		streams: fc.oneof(fc.integer({min: 0, max: 70}), fc.constant(1024)),
		levels: lines.filter((levels) => levels !== 1),
		notes: fc.integer({min: 0, max: 9}),
		gpu: lines,
		server: lines,
		hasLog: fc.boolean(),
		subject: fc.constantFrom('load', 'start', 'watch'),
		hasFigures: fc.boolean(),
		start: fc.integer({min: 2, max: 12}),
		servers: fc.integer({min: 0, max: 9}),
		boxes: fc.oneof(fc.constant(0), fc.integer({min: 2, max: 9})),
		host: fc.constantFrom(0, 2, 5),
	})
	.map(({gpu, server, host, start, notes, ...others}) => ({
		...others,
		// Long words take a second line where there are few columns.
		notes: (width, most) => Math.min(notes, most) * (width < 90 ? 2 : 1),
		start: () => start,
		// Wider panes want fewer lines.
		gpuMeters: (width) => (gpu === 0 ? 0 : Math.max(2, width > 100 ? Math.ceil(gpu / 2) : gpu)),
		serverMeters: () => server,
		// It has a line for all, or one for each figure.
		hostMeters: (width) => (host === 0 ? 0 : width >= 70 ? 2 : host),
		places: Math.max(others.boxes, others.servers),
	}));
const opened: fc.Arbitrary<Opened> = fc.record({
	screen: fc.constantFrom(...screenNames),
	zoomed: fc.boolean(),
	detail: fc.boolean(),
	log: fc.boolean(),
});
const overview: Opened = {screen: 'overview', zoomed: false, detail: false, log: false};
const plain: Counts = {
	streams: 32,
	levels: 5,
	notes: () => 1,
	gpuMeters: () => 0,
	serverMeters: () => 0,
	hostMeters: () => 0,
	hasLog: false,
	subject: 'load',
	hasFigures: true,
	start: () => 0,
	servers: 0,
	boxes: 0,
	places: 0,
};

const find = (panes: readonly Pane[], name: PaneName) => panes.find((pane) => pane.name === name);
/** What a screen is about. */
function mainPane({subject, boxes}: Counts, {screen, zoomed}: Opened): readonly PaneName[] {
	const isOfBoxes = subject === 'watch' && boxes > 1;
	if (screen === 'overview') return isOfBoxes && !zoomed ? ['boxes', 'box-table'] : [subject];
	if (screen === 'streams' && subject === 'watch') return [isOfBoxes ? 'box-table' : 'servers'];
	return [screen];
}
const loads = counts.map((shown): Counts => ({...shown, subject: 'load'}));
const namesOf = (panes: readonly Pane[]) => new Set(panes.map(({name}) => name));

describe('at every size from 60×15 to 400×100, whatever is shown and open', () => {
	test('no cell belongs to two panes, and none to a pane outside the screen', () => {
		fc.assert(
			fc.property(sizes, counts, opened, (size, shown, open) => {
				const cells = new Uint8Array(size.columns * size.rows);
				for (const pane of layout(size, shown, open)) {
					expect(pane.width).toBeGreaterThanOrEqual(20);
					expect(pane.height).toBeGreaterThan(0);
					expect(pane.x).toBeGreaterThanOrEqual(0);
					expect(pane.x + pane.width).toBeLessThanOrEqual(size.columns);
					expect(pane.y + pane.height).toBeLessThanOrEqual(size.rows);
					for (let y = pane.y; y < pane.y + pane.height; y++) {
						const row = cells.subarray(y * size.columns + pane.x, y * size.columns + pane.x + pane.width);
						if (row.some((taken) => taken !== 0)) throw new Error(`${pane.name} overlaps in line ${y}`);
						row.fill(1);
					}
				}
			}),
		);
	});

	test('every line of the screen belongs to a pane, and no pane is there twice', () => {
		fc.assert(
			fc.property(sizes, counts, opened, (size, shown, open) => {
				const panes = layout(size, shown, open);
				expect(namesOf(panes).size).toBe(panes.length);
				for (let y = 0; y < size.rows; y++)
					expect(panes.some((pane) => pane.y <= y && y < pane.y + pane.height)).toBe(true);
			}),
		);
	});

	test('header and footer are always there, and what was opened is', () => {
		fc.assert(
			fc.property(sizes, counts, opened, (size, shown, open) => {
				const names = namesOf(layout(size, shown, open));
				expect(names).toContain('header');
				expect(names).toContain('footer');
				if (open.log) expect(names).toContain('log');
				else if (open.detail && hasStreams(shown.subject, open.screen)) expect(names).toContain('detail');
				else expect(mainPane(shown, open).some((name) => names.has(name))).toBe(true);
			}),
		);
	});

	test('in the overview load, streams and notes always stand; the levels give way before the meters', () => {
		fc.assert(
			fc.property(sizes, loads, (size, shown) => {
				const panes = layout(size, shown, overview);
				const names = namesOf(panes);
				expect(names).toContain('load');
				expect(find(panes, 'streams')?.height).toBeGreaterThanOrEqual(4);
				expect(names.has('notes')).toBe(shown.notes(size.columns, 1) > 0);
				if (shown.levels === 0) expect(names).not.toContain('levels');
				if (!names.has('levels')) return;
				expect(names.has('gpu-meters')).toBe(shown.gpuMeters(size.columns) > 0);
				expect(names.has('server-meters')).toBe(shown.serverMeters(size.columns) > 0);
			}),
		);
	});

	test('meters of which nothing is known take no room', () => {
		fc.assert(
			fc.property(sizes, loads, (size, shown) => {
				const names = namesOf(layout(size, {...shown, gpuMeters: () => 0, serverMeters: () => 0}, overview));
				expect([names.has('gpu-meters'), names.has('server-meters')]).toEqual([false, false]);
			}),
		);
	});

	test('a server that starts or is watched stands with all its lines before GPUs, log and table get more', () => {
		fc.assert(
			fc.property(sizes, counts, (size, shown) => {
				fc.pre(shown.subject !== 'load');
				const panes = layout(size, shown, overview);
				const names = namesOf(panes);
				if (shown.subject === 'watch' && shown.boxes > 1) {
					// Beside each other, or in a table with the selected one below it.
					expect(names.has('boxes')).toBe(!names.has('box-table'));
					expect(find(panes, 'watch')?.height ?? 6).toBeGreaterThanOrEqual(6);
					expect(names.has('watch')).toBe(names.has('box-table'));
				} else if (shown.subject === 'watch') {
					expect(find(panes, 'watch')?.height).toBeGreaterThanOrEqual(6);
					expect(names.has('servers')).toBe(shown.servers > 1);
					expect(find(panes, 'servers')?.height ?? 4).toBeGreaterThanOrEqual(4);
				} else {
					// Under the results of a load it has its title and what it is doing; else all its stages.
					const least = shown.hasFigures ? 3 : 8;
					expect(find(panes, 'start')?.height).toBeGreaterThanOrEqual(Math.min(shown.start(size.columns), least));
				}
				expect(names).not.toContain('streams');
			}),
		);
	});

	test('TTFT and gap are shown once: in panes of their own beside a chart, or as lines of a lower load pane', () => {
		fc.assert(
			fc.property(sizes, loads, (size, shown) => {
				const panes = layout(size, shown, overview);
				const isChart = (find(panes, 'load')?.height ?? 0) >= 9;
				expect([find(panes, 'ttft') !== undefined, find(panes, 'gap') !== undefined]).toEqual([isChart, isChart]);
			}),
		);
	});

	test('a higher terminal never loses a pane', () => {
		fc.assert(
			fc.property(sizes, loads, (size, shown) => {
				// Where charts begin they take room that the levels and meters had in a terminal with one row less.
				if ((size.rows === 29 && size.columns >= 100) || size.rows === 19 || size.rows === 44) return;
				const lower = layout(size, shown, overview).map(({name}) => name);
				const higher = namesOf(layout({...size, rows: size.rows + 1}, shown, overview));
				const important = lower.filter((name) => name !== 'levels');
				expect(important.filter((name) => !higher.has(name))).toEqual([]);
			}),
		);
	});
});

test('the figures of another machine stand in a line of their own before the levels, and in full where there is room', () => {
	const hosts = (columns: number, rows: number, counts: Partial<Counts>) =>
		layout(
			{columns, rows},
			{...plain, notes: () => 0, hostMeters: (width) => (width < 70 ? 4 : 2), ...counts},
			overview,
		)
			.filter(({name}) => name === 'host')
			.map(({width, height}) => `${width}×${height}`);
	const meters: Partial<Counts> = {gpuMeters: (width) => (width < 70 ? 7 : 3), serverMeters: () => 2};
	expect(hosts(60, 15, meters)).toEqual([]);
	expect(hosts(80, 24, meters)).toEqual(['80×1']);
	expect(hosts(120, 40, meters)).toEqual(['120×2']);
	expect(hosts(160, 45, meters)).toEqual(['53×4']);
	const watched: Partial<Counts> = {...meters, subject: 'watch', servers: 1};
	expect([hosts(60, 15, watched), hosts(80, 24, watched), hosts(160, 45, watched)]).toEqual([
		['60×1'],
		['80×2'],
		['64×4'],
	]);
	expect(hosts(60, 15, {...watched, gpuMeters: () => 0})).toEqual(['60×4']);
});

test('up to four machines stand beside each other where each has 39 columns, else in a table', () => {
	const names = (columns: number, rows: number, boxes: number) =>
		layout({columns, rows}, {...plain, subject: 'watch', boxes, places: boxes}, overview).map(({name}) => name);
	expect(names(60, 15, 2)).toContain('box-table');
	expect(names(79, 24, 2)).toContain('boxes');
	expect(names(78, 24, 2)).toContain('box-table');
	expect(names(120, 40, 3)).toContain('boxes');
	expect(names(159, 45, 4)).toContain('boxes');
	expect(names(400, 100, 5)).toContain('box-table');
});

test('below 60×15 there are no panes', () => {
	expect([layout({columns: 59, rows: 50}, plain, overview), layout({columns: 200, rows: 14}, plain, overview)]).toEqual(
		[[], []],
	);
});

test('at 80×24 the panes stand one below the other', () => {
	const shown = {...plain, gpuMeters: () => 3, serverMeters: () => 2};
	expect(layout({columns: 80, rows: 24}, shown, overview)).toEqual([
		{name: 'header', x: 0, y: 0, width: 80, height: 2},
		{name: 'load', x: 0, y: 2, width: 80, height: 5},
		{name: 'gpu-meters', x: 0, y: 7, width: 80, height: 3},
		{name: 'server-meters', x: 0, y: 10, width: 80, height: 2},
		{name: 'streams', x: 0, y: 12, width: 80, height: 10},
		{name: 'notes', x: 0, y: 22, width: 80, height: 1},
		{name: 'footer', x: 0, y: 23, width: 80, height: 1},
	]);
});

test('at 160×45 chart, latencies and levels stand side by side; the meters take the place of the levels', () => {
	const size = {columns: 160, rows: 45};
	const charts = [
		{name: 'header', x: 0, y: 0, width: 160, height: 2},
		{name: 'load', x: 0, y: 2, width: 60, height: 11},
		{name: 'ttft', x: 61, y: 2, width: 45, height: 6},
		{name: 'gap', x: 61, y: 8, width: 45, height: 5},
	];
	expect(layout(size, {...plain, notes: () => 0}, overview)).toEqual([
		...charts,
		{name: 'levels', x: 107, y: 2, width: 53, height: 11},
		{name: 'streams', x: 0, y: 13, width: 160, height: 31},
		{name: 'footer', x: 0, y: 44, width: 160, height: 1},
	]);
	const meters = {...plain, notes: () => 0, gpuMeters: () => 6, serverMeters: () => 4};
	expect(layout(size, meters, overview)).toEqual([
		...charts,
		{name: 'gpu-meters', x: 107, y: 2, width: 53, height: 6},
		{name: 'server-meters', x: 107, y: 8, width: 53, height: 5},
		{name: 'levels', x: 0, y: 13, width: 160, height: 7},
		{name: 'streams', x: 0, y: 20, width: 160, height: 24},
		{name: 'footer', x: 0, y: 44, width: 160, height: 1},
	]);
});

test('a stream is looked at beside the table where there is room, else below it, else in its place', () => {
	const streams = {...overview, screen: 'streams', detail: true} as const;
	const panes = (columns: number, rows: number, open: Opened) =>
		layout({columns, rows}, {...plain, notes: () => 0}, open)
			.filter(({name}) => name === 'streams' || name === 'detail')
			.map(({name, x, y, width, height}) => `${name} ${width}×${height} at ${x},${y}`);
	expect(panes(160, 45, streams)).toEqual(['streams 88×42 at 0,2', 'detail 71×42 at 89,2']);
	expect(panes(80, 24, streams)).toEqual(['streams 80×9 at 0,2', 'detail 80×12 at 0,11']);
	expect(panes(60, 15, {...streams, screen: 'overview'})).toEqual(['detail 60×8 at 0,6']);
	expect(panes(80, 24, {...streams, zoomed: true})).toEqual(['detail 80×22 at 0,1']);
});
