import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {layout, type Pane, type PaneName} from '../../source/view/layout.ts';

const sizes = fc.record({columns: fc.integer({min: 60, max: 400}), rows: fc.integer({min: 15, max: 100})});
const counts = fc.record({
	streams: fc.oneof(fc.integer({min: 0, max: 70}), fc.constant(1024)),
	levels: fc.integer({min: 0, max: 20}).filter((levels) => levels !== 1),
	notes: fc.integer({min: 0, max: 9}),
});

const find = (panes: readonly Pane[], name: PaneName) => panes.find((pane) => pane.name === name);

describe('at every size from 60×15 to 400×100', () => {
	test('no cell belongs to two panes, and none to a pane outside the screen', () => {
		fc.assert(
			fc.property(sizes, counts, (size, shown) => {
				const cells = new Uint8Array(size.columns * size.rows);
				for (const pane of layout(size, shown)) {
					expect(pane.width).toBeGreaterThan(0);
					expect(pane.height).toBeGreaterThan(0);
					expect(pane.x).toBeGreaterThanOrEqual(0);
					expect(pane.x + pane.width).toBeLessThanOrEqual(size.columns);
					expect(pane.y + pane.height).toBeLessThanOrEqual(size.rows);
					for (let y = pane.y; y < pane.y + pane.height; y++) {
						for (let x = pane.x; x < pane.x + pane.width; x++) {
							const cell = y * size.columns + x;
							if (cells[cell] !== 0) throw new Error(`${pane.name} overlaps at ${x},${y}`);
							cells[cell] = 1;
						}
					}
				}
			}),
		);
	});

	test('every line of the screen belongs to a pane', () => {
		fc.assert(
			fc.property(sizes, counts, (size, shown) => {
				const panes = layout(size, shown);
				for (let y = 0; y < size.rows; y++)
					expect(panes.some((pane) => pane.y <= y && y < pane.y + pane.height)).toBe(true);
			}),
		);
	});

	test('header, load, streams, notes and footer are always there; the levels give way first', () => {
		fc.assert(
			fc.property(sizes, counts, (size, shown) => {
				const panes = layout(size, shown);
				const names = new Set(panes.map(({name}) => name));
				expect(names.size).toBe(panes.length);
				expect(['header', 'load', 'streams', 'footer'].filter((name) => !names.has(name as PaneName))).toEqual([]);
				expect(names.has('notes')).toBe(shown.notes > 0);
				if (shown.levels === 0) expect(names.has('sweep')).toBe(false);
				expect(find(panes, 'streams')?.height).toBeGreaterThanOrEqual(4);
			}),
		);
	});

	test('TTFT and gap are shown once: in panes of their own beside a chart, or as lines of a lower load pane', () => {
		fc.assert(
			fc.property(sizes, counts, (size, shown) => {
				const panes = layout(size, shown);
				const isChart = (find(panes, 'load')?.height ?? 0) >= 9;
				expect([find(panes, 'ttft') !== undefined, find(panes, 'gap') !== undefined]).toEqual([isChart, isChart]);
			}),
		);
	});

	test('a higher terminal never loses a pane', () => {
		fc.assert(
			fc.property(sizes, counts, (size, shown) => {
				const lower = layout(size, shown).map(({name}) => name);
				const higher = new Set(layout({...size, rows: size.rows + 1}, shown).map(({name}) => name));
				// From 30 rows on the chart takes room that the levels had in a terminal with one row less.
				if (size.rows === 29 && size.columns >= 100) return;
				expect(lower.filter((name) => !higher.has(name))).toEqual([]);
			}),
		);
	});
});

test('below 60×15 there are no panes', () => {
	const shown = {streams: 32, levels: 5, notes: 1};
	expect([layout({columns: 59, rows: 50}, shown), layout({columns: 200, rows: 14}, shown)]).toEqual([[], []]);
});

test('at 80×24 the panes stand one below the other', () => {
	expect(layout({columns: 80, rows: 24}, {streams: 32, levels: 5, notes: 1})).toEqual([
		{name: 'header', x: 0, y: 0, width: 80, height: 2},
		{name: 'load', x: 0, y: 2, width: 80, height: 5},
		{name: 'sweep', x: 0, y: 7, width: 80, height: 5},
		{name: 'streams', x: 0, y: 12, width: 80, height: 10},
		{name: 'notes', x: 0, y: 22, width: 80, height: 1},
		{name: 'footer', x: 0, y: 23, width: 80, height: 1},
	]);
});

test('at 160×45 chart, latencies and levels stand side by side', () => {
	expect(layout({columns: 160, rows: 45}, {streams: 32, levels: 5, notes: 0})).toEqual([
		{name: 'header', x: 0, y: 0, width: 160, height: 2},
		{name: 'load', x: 0, y: 2, width: 60, height: 11},
		{name: 'ttft', x: 61, y: 2, width: 45, height: 6},
		{name: 'gap', x: 61, y: 8, width: 45, height: 5},
		{name: 'sweep', x: 107, y: 2, width: 53, height: 11},
		{name: 'streams', x: 0, y: 13, width: 160, height: 31},
		{name: 'footer', x: 0, y: 44, width: 160, height: 1},
	]);
});
