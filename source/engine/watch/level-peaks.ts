/** The highest values between marks, in one entry a mark however long the time between them is. */

import {present} from '../../metrics/present.ts';
import type {LevelCounters} from '../../snapshot.ts';
import type {EngineSample} from '../servers/readings/sample.ts';

export type LevelPeak = Pick<LevelCounters, 'mostRunning' | 'mostWaiting' | 'mostKvCacheUsage'>;

export class Peaks {
	/** One for each stretch: up to the first mark, from there to the second, … */
	readonly #stretches: LevelPeak[] = [{}];

	add(sample: EngineSample): void {
		const last = this.#stretches.length - 1;
		this.#stretches[last] = higher(this.#stretches[last] ?? {}, {
			...present({mostRunning: sample.running, mostWaiting: sample.waiting, mostKvCacheUsage: sample.kvCacheUsage}),
		});
	}

	/** Begins a stretch, and gives its number. */
	mark(): number {
		return this.#stretches.push({}) - 1;
	}

	/** The highest of the stretches from one mark to another. */
	between(from: number, to: number): LevelPeak {
		return this.#stretches.slice(from, to).reduce(higher, {});
	}
}

function higher(one: LevelPeak, other: LevelPeak): LevelPeak {
	return present({
		mostRunning: highest(one.mostRunning, other.mostRunning),
		mostWaiting: highest(one.mostWaiting, other.mostWaiting),
		mostKvCacheUsage: highest(one.mostKvCacheUsage, other.mostKvCacheUsage),
	});
}

function highest(one: number | undefined, other: number | undefined): number | undefined {
	if (one === undefined || other === undefined) return one ?? other;
	return Math.max(one, other);
}
