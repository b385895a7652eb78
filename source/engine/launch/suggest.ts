/** What a person may have meant by a name that is not known. */

/**
 * The candidates nearest to a word, best first. Handed in by whoever talks with the person (options/nearest.ts): the
 * engine knows no command line.
 */
export type Suggest = (word: string, candidates: readonly string[]) => readonly string[];

/** Suggests nothing. */
export const noSuggestions: Suggest = () => [];

/** ` Did you mean a or b?`, with the blank before it; empty when nothing is near. */
export function didYouMean(names: readonly string[]): string {
	const last = names.at(-1);
	if (last === undefined) return '';
	const first = names.slice(0, -1).join(', ');
	return ` Did you mean ${first === '' ? last : `${first} or ${last}`}?`;
}

/** A name from outside as it can stand in a message: nothing in it that a terminal would obey, and not long. */
export function quoted(name: string): string {
	const plain = name.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '?');
	return `"${plain.length > 120 ? `${plain.slice(0, 119)}…` : plain}"`;
}
