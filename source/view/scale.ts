/** Scales of charts and sparklines: from zero to a round number, so that heights can be read and compared. */

const steps = [1, 2, 4, 6, 8, 10];

/** Scales end here at least: nothing that is drawn is measured finer than this. */
const least = 0.01;

/**
 * The smallest round number that is not below `value`: 1, 2, 4, 6, 8 or 10 times a power of ten, so that half of it is
 * round too. 1 for 0, and never below 0.01.
 */
function roundUp(value: number): number {
	if (value <= 0) return 1;
	if (value <= least) return least;
	const unit = 10 ** Math.floor(Math.log10(value));
	const step = steps.find((candidate) => candidate * unit >= value * (1 - 1e-12)) ?? 10;
	return step * unit;
}

/** A scale's end for these values; absent when nothing was measured. */
export function scaleEnd(values: readonly (number | undefined)[]): number | undefined {
	let most: number | undefined;
	for (const value of values) {
		if (value !== undefined && (most === undefined || value > most)) most = value;
	}
	return most === undefined ? undefined : roundUp(most);
}

/** A round number in at most five columns: `0.5`, `800`, `1.6k`, `20k`, `1M`. */
export function axisLabel(value: number): string {
	if (value >= 1e9) return `${short(value / 1e9)}G`;
	if (value >= 1e6) return `${short(value / 1e6)}M`;
	if (value >= 1e3) return `${short(value / 1e3)}k`;
	return short(value);
}

function short(value: number): string {
	return String(Number(value.toPrecision(2)));
}
