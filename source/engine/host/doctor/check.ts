/** What `llmtop doctor` says of one thing: facts are gathered by one function, and judged by another that is pure. */

/** `ok`: as it should be. `note`: good to know, and nothing stops. `fix`: would stop a run. */
export type CheckState = 'ok' | 'note' | 'fix';

export interface Check {
	/** The same in every version: `descriptors`, `engine-vllm`. */
	readonly id: string;
	readonly state: CheckState;
	/** One sentence. May hold text from outside as it came: whoever shows it makes it plain. */
	readonly text: string;
	/** What to do, one or two sentences; absent when there is nothing to do. */
	readonly advice?: string;
}

/** A whole number with thousands separators. */
export function count(value: number): string {
	return value.toLocaleString('en-US', {maximumFractionDigits: 0});
}

/** Bytes in GiB, in MiB below one. */
export function memory(bytes: number): string {
	const gib = bytes / 1024 ** 3;
	return gib < 1 ? `${count(bytes / 1024 ** 2)} MiB` : `${gib.toLocaleString('en-US', {maximumFractionDigits: 1})} GiB`;
}
