/**
 * Very many numbers in few bytes: a list that only grows, reads back exactly what was added to it, and takes for each
 * stretch of rows only as many bytes a number as the numbers of that stretch need; none where they are all the same.
 */

/** Rows in a chunk, a power of two. Growing adds a chunk and copies nothing of those before it. */
const chunkBits = 11;
const chunkRows = 2 ** chunkBits;

type Cells = Uint8Array | Uint16Array | Uint32Array | Float64Array;
/** Bytes a number; 0: all numbers of the chunk are the same. */
type Width = 0 | 1 | 2 | 4 | 8;

/** Any numbers, NaN and infinities included; in less than 8 bytes when they are whole, not negative, NaN or +infinity. */
export class Column {
	readonly #chunks: Chunk[] = [];
	#length = 0;

	get length(): number {
		return this.#length;
	}

	add(value: number): void {
		const place = this.#length & (chunkRows - 1);
		if (place === 0) this.#chunks.push(new Chunk(value));
		else this.#chunks[this.#chunks.length - 1]?.set(place, value);
		this.#length++;
	}

	/** The number of a row, from 0 and below `length`. */
	at(row: number): number {
		return this.#chunks[row >> chunkBits]?.at(row & (chunkRows - 1)) ?? Number.NaN;
	}
}

/** Some rows of a column. Cells of whole numbers hold NaN as the largest number that they can, +infinity as the next. */
class Chunk {
	readonly #first: number;
	#width: Width = 0;
	/** In cells of whole numbers: NaN. */
	#nan = 0;
	#cells: Cells | undefined;

	constructor(first: number) {
		this.#first = first;
	}

	/** Takes the number of the row after the last one, which is row `place`. */
	set(place: number, value: number): void {
		if (this.#cells === undefined && Object.is(value, this.#first)) return;
		const needed = widthFor(value);
		if (this.#cells === undefined || needed > this.#width) this.#widen(place, needed);
		if (this.#cells !== undefined) this.#cells[place] = this.#coded(value);
	}

	at(place: number): number {
		const cells = this.#cells;
		if (cells === undefined) return this.#first;
		const cell = cells[place] ?? Number.NaN;
		if (this.#width === 8 || cell < this.#nan - 1) return cell;
		return cell === this.#nan ? Number.NaN : Number.POSITIVE_INFINITY;
	}

	/** Makes room for numbers of `needed` bytes beside those of the first `rows` rows. */
	#widen(rows: number, needed: Width): void {
		const known = Array.from({length: rows}, (_, place) => this.at(place));
		const firstWidth = widthFor(this.#first);
		this.#width = needed > firstWidth ? needed : firstWidth;
		this.#nan = 2 ** (8 * this.#width) - 1;
		const cells = cellsOf(this.#width);
		for (const [place, value] of known.entries()) cells[place] = this.#coded(value);
		this.#cells = cells;
	}

	#coded(value: number): number {
		if (this.#width === 8) return value;
		if (Number.isNaN(value)) return this.#nan;
		return value === Number.POSITIVE_INFINITY ? this.#nan - 1 : value;
	}
}

function widthFor(value: number): Width {
	if (Number.isNaN(value) || value === Number.POSITIVE_INFINITY) return 1;
	if (!Number.isInteger(value) || value < 0 || Object.is(value, -0)) return 8;
	if (value < 0xfe) return 1;
	if (value < 0xff_fe) return 2;
	return value < 0xffff_fffe ? 4 : 8;
}

function cellsOf(width: Width): Cells {
	if (width === 8) return new Float64Array(chunkRows);
	if (width === 4) return new Uint32Array(chunkRows);
	return width === 2 ? new Uint16Array(chunkRows) : new Uint8Array(chunkRows);
}
