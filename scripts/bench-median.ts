/** The middle of some values, NaN left out; of an even number the mean of the two in the middle. NaN without values. */
export function median(values: readonly number[]): number {
	const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
	const upper = sorted[sorted.length >> 1];
	const lower = sorted[(sorted.length - 1) >> 1];
	return upper === undefined || lower === undefined ? Number.NaN : (upper + lower) / 2;
}
