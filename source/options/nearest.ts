/** Finds what a person probably meant: for flags, commands and names of engines and workloads. */

/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
export function editDistance(from: string, to: string): number {
	let beforeLast: number[] = [];
	let last = Array.from({length: to.length + 1}, (_, column) => column);
	for (let row = 1; row <= from.length; row++) {
		const current = [row];
		for (let column = 1; column <= to.length; column++) {
			const same = from[row - 1] === to[column - 1];
			let edits = Math.min(
				(last[column] ?? 0) + 1,
				(current[column - 1] ?? 0) + 1,
				(last[column - 1] ?? 0) + (same ? 0 : 1),
			);
			const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
			if (swapped) edits = Math.min(edits, (beforeLast[column - 2] ?? 0) + 1);
			current.push(edits);
		}
		beforeLast = last;
		last = current;
	}
	return last[to.length] ?? 0;
}

/** The candidates' own way of writing: lower case, dashes between words. */
function dashed(word: string): string {
	return word
		.replace(/([a-z0-9])([A-Z])/g, '$1-$2')
		.toLowerCase()
		.replaceAll(/[_ .]/g, '-');
}

/** At most so many names are offered at once, and no word longer than this is compared. */
const mostOffers = 3;
const longestWord = 64;

/**
 * The candidates nearest to a word, best first: those within a third of its length in edits (the best distance only),
 * or else those that contain it or that it contains. Empty when nothing is near.
 */
export function nearest(word: string, candidates: readonly string[]): readonly string[] {
	const wanted = dashed(word);
	if (wanted.length === 0 || wanted.length > longestWord) return [];
	const tolerance = Math.max(1, Math.floor(wanted.length / 3));
	let best = tolerance;
	let found: string[] = [];
	for (const candidate of candidates) {
		const distance = editDistance(wanted, dashed(candidate));
		if (distance > best || distance >= candidate.length) continue;
		if (distance < best) found = [];
		best = distance;
		found.push(candidate);
	}
	if (found.length > 0) return found.slice(0, mostOffers);
	if (wanted.length < 3) return [];
	const related = candidates.filter(
		(candidate) => dashed(candidate).includes(wanted) || (candidate.length >= 3 && wanted.includes(dashed(candidate))),
	);
	// Of many that contain it, those that begin with it are meant; of none, those that begin alike.
	const beginning = related.length === 0 ? wanted.slice(0, 4) : wanted;
	const beginAlike = (related.length === 0 ? candidates : related).filter((candidate) =>
		dashed(candidate).startsWith(beginning),
	);
	const alike = related.length > 0 && related.length <= mostOffers ? related : beginAlike;
	return alike.length <= mostOffers ? alike : [];
}

/** `a`, `a or b`, `a, b or c`. */
export function either(names: readonly string[]): string {
	const last = names.at(-1);
	if (last === undefined) return '';
	return names.length === 1 ? last : `${names.slice(0, -1).join(', ')} or ${last}`;
}
