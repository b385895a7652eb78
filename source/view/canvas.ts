/** Dots that make lines, and the signs that show them: several dots a cell, so that a curve is finer than the text. */

import type {SymbolsName} from './symbols.ts';

export interface Dot {
	readonly x: number;
	readonly y: number;
}

/** Dots in one cell. */
const grids: Readonly<Record<SymbolsName, {readonly across: number; readonly down: number}>> = {
	braille: {across: 2, down: 4},
	block: {across: 1, down: 2},
	ascii: {across: 1, down: 1},
};

/** By Unicode's numbering of Braille dots: bit by bit, where in the cell the dot stands. */
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

/** A grid of dots over a rectangle of cells, with its origin at the top left. */
export class Canvas {
	/** Dots in a row. */
	readonly width: number;
	/** Dots in a column. */
	readonly height: number;
	readonly #kind: SymbolsName;
	readonly #dots: Uint8Array;

	constructor(columns: number, rows: number, kind: SymbolsName) {
		const {across, down} = grids[kind];
		this.#kind = kind;
		this.width = columns * across;
		this.height = rows * down;
		this.#dots = new Uint8Array(this.width * this.height);
	}

	/** The dot of a place from 0 (left, foot) to 1 (right, top); places outside give dots outside. */
	dot(across: number, up: number): Dot {
		return {x: Math.round(across * (this.width - 1)), y: Math.round((1 - up) * (this.height - 1))};
	}

	/** The cell that a dot stands in. */
	cell({x, y}: Dot): Dot {
		const {across, down} = grids[this.#kind];
		return {x: Math.floor(x / across), y: Math.floor(y / down)};
	}

	/** Sets the dots from one place to another, both included and both inside. */
	line(from: Dot, to: Dot): void {
		const steps = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y), 1);
		for (let step = 0; step <= steps; step++) {
			const x = Math.round(from.x + ((to.x - from.x) * step) / steps);
			const y = Math.round(from.y + ((to.y - from.y) * step) / steps);
			this.#dots[y * this.width + x] = 1;
		}
	}

	/** What a cell looks like; a blank when none of its dots is set. */
	sign(column: number, row: number): string {
		switch (this.#kind) {
			case 'braille': {
				let bits = 0;
				for (const [bit, [dx, dy]] of brailleDots.entries()) {
					if (this.#isSet(column * 2 + dx, row * 4 + dy)) bits |= 1 << bit;
				}
				return bits === 0 ? ' ' : String.fromCharCode(0x2800 + bits);
			}
			case 'block': {
				const upper = this.#isSet(column, row * 2);
				const lower = this.#isSet(column, row * 2 + 1);
				if (upper) return lower ? '█' : '▀';
				return lower ? '▄' : ' ';
			}
			case 'ascii':
				return this.#isSet(column, row) ? '*' : ' ';
			default:
				return this.#kind satisfies never;
		}
	}

	#isSet(x: number, y: number): boolean {
		return this.#dots[y * this.width + x] === 1;
	}
}
