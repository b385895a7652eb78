/** Text in pieces, as lines. */

/** Most characters of a line; what is longer loses its beginning. */
const longestLine = 1_000_000;

export class LineSplitter {
	#rest = '';

	/** The lines that this piece has ended, without their ends. */
	take(text: string): readonly string[] {
		const lines = (this.#rest + text).split('\n');
		this.#rest = (lines.pop() ?? '').slice(-longestLine);
		return lines.map((line) => line.replace(/\r$/, ''));
	}

	/** What came after the last line end; absent when there is nothing. */
	end(): string | undefined {
		const rest = this.#rest;
		this.#rest = '';
		return rest === '' ? undefined : rest;
	}
}
