/** What a remote command writes, without what the login shell wrote before it: a banner, the noise of an rc file. */

/** Most characters that are kept of what stands before the mark. */
const keptBefore = 16_384;

export class MarkedOutput {
	readonly #mark: string;
	#before = '';
	#isBegun = false;

	constructor(mark: string) {
		this.#mark = `\n${mark}\n`;
	}

	/** The mark has come: sh runs there. */
	get isBegun(): boolean {
		return this.#isBegun;
	}

	/** What came before the mark, its end at most. */
	get before(): string {
		return this.#before;
	}

	/** The part of the text that stands behind the mark; '' as long as that has not come. */
	take(text: string): string {
		if (this.#isBegun) return text;
		const all = this.#before + text;
		const at = all.indexOf(this.#mark);
		if (at < 0) {
			this.#before = all.slice(-keptBefore);
			return '';
		}
		this.#isBegun = true;
		this.#before = all.slice(0, at);
		return all.slice(at + this.#mark.length);
	}
}
