/** Instants in order, and how many of them have passed at a moment: what a replay asks at every frame. */

/** The finite ones of some instants, in order. */
export function instants(values: Iterable<number | undefined>): Float64Array {
	return Float64Array.from([...values].filter((value) => value !== undefined)).sort();
}

/** How many of these instants, which are in order, are at `atMs` or before. */
export function passed(sorted: ArrayLike<number>, atMs: number): number {
	let low = 0;
	let high = sorted.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((sorted[middle] ?? Number.POSITIVE_INFINITY) <= atMs) low = middle + 1;
		else high = middle;
	}
	return low;
}
