/**
 * Puts the rows of a tool that goes on by itself together to ticks: nothing in its output says where one ends. A tick is
 * over when all GPUs have their row, when a number comes again or falls, or when no row follows for a while (a GPU has
 * fallen off the bus).
 */

export class TickGroups<Row> {
	readonly #onTick: (rows: readonly Row[]) => void;
	readonly #quietMs: number;
	#expected: number;
	#rows: Row[] = [];
	#lastIndex = -1;
	/** Rows since a number came again or fell. */
	#round = 0;
	#timer: NodeJS.Timeout | undefined;

	/** With `expected` rows a tick is whole; it ends `quietMs` after its last row at the latest. */
	constructor(options: {expected: number; quietMs: number; onTick: (rows: readonly Row[]) => void}) {
		this.#expected = options.expected;
		this.#quietMs = options.quietMs;
		this.#onTick = options.onTick;
	}

	/** A row of the GPU with this number. */
	add(index: number, row: Row): void {
		if (index <= this.#lastIndex) {
			this.#flush();
			this.#round = 0;
		}
		this.#lastIndex = index;
		this.#rows.push(row);
		this.#round++;
		// One more than expected: it is back, or was not there yet.
		this.#expected = Math.max(this.#expected, this.#round);
		clearTimeout(this.#timer);
		if (this.#round === this.#expected) this.#flush();
		else this.#timer = setTimeout(() => this.#flush(), this.#quietMs);
	}

	/** Nothing more will come. A tick that is not whole is let go. */
	end(): void {
		clearTimeout(this.#timer);
		this.#rows = [];
	}

	#flush(): void {
		clearTimeout(this.#timer);
		const rows = this.#rows;
		this.#rows = [];
		if (rows.length > 0) this.#onTick(rows);
	}
}
