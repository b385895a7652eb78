/** A line chart over time as text: a pure function of the points and a rectangle. */

import {axisLabel, scaleEnd} from './scale.ts';
import type {Symbols} from './symbols.ts';

export interface ChartOptions {
	/** Columns, with the labels of the upright axis. */
	readonly width: number;
	/** Lines, with the two of the time axis. */
	readonly height: number;
	/** What the newest point is called: of a series that goes on, or of one that has ended. */
	readonly newest: 'now' | 'end';
	readonly symbols: Symbols;
}

/** Seconds that a chart can show; a quarter of each is round. */
const spans = [20, 40, 60, 120, 240, 480];
const gutter = 6;

/**
 * The newest seconds of a series (one value a second, the newest last) as `height` strings of `width` columns.
 * The upright axis goes from 0 to a round number; neighbouring values are joined, a missing one leaves a gap.
 * Nothing is drawn, not even axes, when no value was measured or there is no room (below 20 × 5).
 */
export function chart(values: readonly (number | undefined)[], options: ChartOptions): string[] {
	const {width, height, symbols} = options;
	const plotWidth = width - gutter;
	const plotHeight = height - 2;
	const blank = Array.from({length: height}, () => ' '.repeat(width));
	if (plotWidth < 20 || plotHeight < 3) return blank;
	const dots = symbols.chart === 'braille' ? {across: 2, down: 4} : {across: 1, down: 1};
	const seconds = spans.findLast((span) => span <= plotWidth * dots.across) ?? 20;
	const shown = values.slice(Math.max(0, values.length - seconds - 1));
	const end = scaleEnd(shown);
	if (end === undefined) return blank;

	const canvas = new Canvas(plotWidth * dots.across, plotHeight * dots.down);
	const column = (index: number) => Math.round(((index - (shown.length - 1) + seconds) / seconds) * (canvas.width - 1));
	const line = (value: number) => Math.round((1 - value / end) * (canvas.height - 1));
	for (const [index, value] of shown.entries()) {
		if (value === undefined) continue;
		const before = index === 0 ? undefined : shown[index - 1];
		const from = before === undefined ? {x: column(index), y: line(value)} : {x: column(index - 1), y: line(before)};
		canvas.line(from, {x: column(index), y: line(value)});
	}

	const plot = symbols.chart === 'braille' ? canvas.braille() : canvas.signs('*');
	const middle = (plotHeight - 1) / 2;
	const lines = plot.map((text, row) => {
		const label = row === 0 ? axisLabel(end) : row === plotHeight - 1 ? '0' : row === middle ? axisLabel(end / 2) : '';
		return `${label.padStart(gutter - 1)}${label === '' ? '│' : '┤'}${text}`;
	});
	return [...lines, ...timeAxis(plotWidth, seconds, options.newest)];
}

/** Two lines: the axis with a tick at each quarter, and how long ago that was. */
function timeAxis(plotWidth: number, seconds: number, newest: string): string[] {
	const unit = seconds >= 240 ? {name: 'min', seconds: 60} : {name: 's', seconds: 1};
	const ticks = [0, 1, 2, 3, 4].map((quarter) => ({
		at: Math.round((quarter / 4) * (plotWidth - 1)),
		text:
			quarter === 4
				? newest
				: `−${(seconds * (1 - quarter / 4)) / unit.seconds}${quarter === 0 ? ` ${unit.name}` : ''}`,
	}));
	const axis = Array.from({length: plotWidth}, (_, at) => (ticks.some((tick) => tick.at === at) ? '┬' : '─')).join('');
	let labels = ' '.repeat(gutter - 1);
	for (const [index, tick] of ticks.entries()) {
		const centre = gutter + tick.at - Math.floor(tick.text.length / 2);
		const start = index === 4 ? gutter + plotWidth - tick.text.length : centre;
		labels = `${labels.padEnd(start)}${tick.text}`;
	}
	return [`${' '.repeat(gutter - 1)}└${axis}`, labels.padEnd(gutter + plotWidth)];
}

interface Dot {
	readonly x: number;
	readonly y: number;
}

/** A grid of dots with its origin at the top left. */
class Canvas {
	readonly width: number;
	readonly height: number;
	readonly #dots: Uint8Array;

	constructor(width: number, height: number) {
		this.width = width;
		this.height = height;
		this.#dots = new Uint8Array(width * height);
	}

	/** Sets the dots from one place to another, both included; what lies outside is not drawn. */
	line(from: Dot, to: Dot): void {
		const steps = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y), 1);
		for (let step = 0; step <= steps; step++) {
			const x = Math.round(from.x + ((to.x - from.x) * step) / steps);
			const y = Math.round(from.y + ((to.y - from.y) * step) / steps);
			if (x >= 0 && x < this.width && y >= 0 && y < this.height) this.#dots[y * this.width + x] = 1;
		}
	}

	/** One sign a dot. */
	signs(sign: string): string[] {
		return Array.from({length: this.height}, (_, y) =>
			Array.from({length: this.width}, (_, x) => (this.#isSet(x, y) ? sign : ' ')).join(''),
		);
	}

	/** 2 × 4 dots a cell, by Unicode's numbering of braille dots; an empty cell is a blank. */
	braille(): string[] {
		return Array.from({length: this.height / 4}, (_, row) =>
			Array.from({length: this.width / 2}, (_, column) => {
				let cell = 0;
				for (const [bit, [dx, dy]] of brailleDots.entries()) {
					if (this.#isSet(column * 2 + dx, row * 4 + dy)) cell |= 1 << bit;
				}
				return cell === 0 ? ' ' : String.fromCharCode(0x2800 + cell);
			}).join(''),
		);
	}

	#isSet(x: number, y: number): boolean {
		return this.#dots[y * this.width + x] === 1;
	}
}

const brailleDots: readonly (readonly [dx: number, dy: number])[] = [
	[0, 0],
	[0, 1],
	[0, 2],
	[1, 0],
	[1, 1],
	[1, 2],
	[0, 3],
	[1, 3],
];
