/** Which beginnings of prompts the engine still has computed: block hashes, the least recently used forgotten first. */
export class PrefixCache {
	readonly #blocks = new Set<number>();
	readonly #limit: number;

	constructor(limit: number) {
		this.#limit = limit;
	}

	/** How many blocks from the start of a prompt are there. */
	known(blocks: readonly number[]): number {
		let count = 0;
		for (const block of blocks) {
			if (!this.#blocks.has(block)) break;
			count++;
		}
		return count;
	}

	/** Remembers the blocks of a prompt. */
	add(blocks: readonly number[]): void {
		// From the end, so that of one prompt its tail is forgotten before its beginning.
		for (let index = blocks.length - 1; index >= 0; index--) {
			const block = blocks[index];
			if (block === undefined) continue;
			this.#blocks.delete(block);
			this.#blocks.add(block);
		}
		for (const block of this.#blocks) {
			if (this.#blocks.size <= this.#limit) return;
			this.#blocks.delete(block);
		}
	}
}
