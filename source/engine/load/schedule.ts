/** The pacers: when each request of a level is due. Pure: no clock, no timer; every thread computes the same. */

import {uniform} from './random.ts';

export interface ArrivalTimes {
	/** When arrival k (from 0) is due, ms from the start of the level. Cheapest when k does not fall. */
	at(index: number): number;
}

/**
 * Arrivals of the open loop. `constant`: arrival k is due at k / rate seconds, exactly. `poisson`: the times between
 * arrivals are exponentially distributed with mean 1 / rate, the first among them.
 */
export function arrivalTimes(options: {
	/** Requests a second, above 0. */
	readonly rate: number;
	readonly arrival: 'constant' | 'poisson';
	readonly seed: number;
}): ArrivalTimes {
	const {rate, arrival, seed} = options;
	if (arrival === 'constant') return {at: (index) => (index * 1000) / rate};
	let random = uniform(seed);
	let next = 0;
	let reached = 0;
	return {
		at(index) {
			if (index < next - 1) {
				random = uniform(seed);
				next = 0;
				reached = 0;
			}
			for (; next <= index; next++) reached += (-Math.log1p(-random()) * 1000) / rate;
			return reached;
		},
	};
}

/** How long each stream of a closed loop waits for its start, ms: evenly over the ramp, the first at once. */
export function rampDelays(streams: number, rampMs: number): readonly number[] {
	return Array.from({length: streams}, (_, stream) => (stream * rampMs) / streams);
}
