/** What several samples of one figure come to. */

import type {Sample} from '../../../metrics/prometheus.ts';

/** Of all of them; absent when there are none, or one of them is no number. */
export function sum(samples: readonly Sample[]): number | undefined {
	if (samples.length === 0) return undefined;
	return finite(samples.reduce((total, {value}) => total + value, 0));
}

/** The highest of them; absent as for `sum`. */
export function most(samples: readonly Sample[]): number | undefined {
	return finite(samples.reduce((highest, {value}) => Math.max(highest, value), Number.NEGATIVE_INFINITY));
}

/** The value when it is a number that means something. */
export function finite(value: number | undefined): number | undefined {
	return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** A share that makes sense; an engine that cannot tell says -1. */
export function ratio(value: number | undefined): number | undefined {
	return value !== undefined && value >= 0 && value <= 1 ? value : undefined;
}
