/** What holds the clocks of an NVIDIA GPU down, from the bits of `clocks_throttle_reasons.active` (nvml.h). */

const reasons: readonly (readonly [bit: number, words: string])[] = [
	[0x002, 'application clocks'],
	[0x004, 'SW power cap'],
	[0x008, 'HW slowdown'],
	[0x010, 'sync boost'],
	[0x020, 'SW thermal slowdown'],
	[0x040, 'HW thermal slowdown'],
	[0x080, 'HW power brake'],
	[0x100, 'display clocks'],
];

/** Set together with one of the two that say why. */
const slowdown = 0x008;
const slowdownCauses = 0x040 | 0x080;

/**
 * In words; empty when nothing holds them. Bit 0x1, an idle GPU, is left out: its clocks are low because nothing is
 * asked of them. `undefined` for a mask that is none.
 */
export function clockHolds(mask: number | undefined): readonly string[] | undefined {
	if (mask === undefined || !Number.isSafeInteger(mask)) return undefined;
	const shown = (mask & slowdownCauses) === 0 ? mask : mask & ~slowdown;
	return reasons.filter(([bit]) => (shown & bit) !== 0).map(([, words]) => words);
}
