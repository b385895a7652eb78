/** Versions of engines, as far as their order is concerned: `0.18.0`, `0.32.0+cpu`, `0.12.1-rc0`, `6325`. */

/** Below 0 when the first is older, 0 when neither is, above 0 otherwise; what is no number ends a version. */
export function compareVersions(one: string, other: string): number {
	const [left, right] = [numbers(one), numbers(other)];
	for (let index = 0; index < Math.max(left.length, right.length); index++) {
		const difference = (left[index] ?? 0) - (right[index] ?? 0);
		if (difference !== 0) return difference;
	}
	return 0;
}

function numbers(version: string): number[] {
	const [, found = ''] = /^\D*(\d+(?:\.\d+)*)/.exec(version) ?? [];
	return found.split('.').map(Number);
}
