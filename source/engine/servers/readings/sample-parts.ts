/** The parts of a server: its models and data-parallel ranks, told apart by labels. */

import {present} from '../../../metrics/present.ts';
import type {Sample} from '../../../metrics/prometheus.ts';
import type {SamplePart} from './sample.ts';
import {most, ratio, sum} from './sums.ts';

const figures = ['running', 'waiting', 'kvCacheUsage', 'generationTokens'] as const;
type Figures<List> = Record<(typeof figures)[number], List>;

/** The labels that tell parts apart; absent where an engine has none. */
export interface PartLabels {
	/** The number of the data-parallel rank. */
	readonly rank?: string;
	/** The model's name. */
	readonly model?: string;
}

interface Part {
	readonly name: string;
	readonly model: string;
	readonly rank: number;
	readonly samples: Figures<Sample[]>;
}

/** One part for each model and rank; none when the server is one. Figures of the whole server are in no part. */
export function partsOf(labels: PartLabels, samples: Readonly<Figures<readonly Sample[]>>): readonly SamplePart[] {
	const all = figures.flatMap((figure) => samples[figure]);
	const modelOf = severalOf(all, labels.model);
	const rankOf = severalOf(all, labels.rank);
	if (modelOf === undefined && rankOf === undefined) return [];
	const parts = new Map<string, Part>();
	for (const figure of figures) {
		for (const sample of samples[figure]) {
			const model = modelOf?.(sample);
			const rank = rankOf?.(sample);
			if (model === '' || rank === '') continue;
			const name = [model, rank === undefined ? undefined : `rank ${rank}`]
				.filter((word) => word !== undefined)
				.join(' ');
			const part = parts.get(name) ?? {name, model: model ?? '', rank: Number(rank ?? 0), samples: noSamples()};
			part.samples[figure].push(sample);
			parts.set(name, part);
		}
	}
	return [...parts.values()].sort(byModelAndRank).map((part) =>
		present({
			name: part.name,
			running: sum(part.samples.running),
			waiting: sum(part.samples.waiting),
			kvCacheUsage: ratio(most(part.samples.kvCacheUsage)),
			generationTokens: sum(part.samples.generationTokens),
		}),
	);
}

function noSamples(): Figures<Sample[]> {
	return {running: [], waiting: [], kvCacheUsage: [], generationTokens: []};
}

function byModelAndRank(one: Part, other: Part): number {
	if (one.model !== other.model) return one.model < other.model ? -1 : 1;
	return one.rank - other.rank;
}

/** How to read a label ('' where a sample has none); `undefined` when it does not tell samples apart. */
function severalOf(samples: readonly Sample[], label: string | undefined): ((sample: Sample) => string) | undefined {
	if (label === undefined) return undefined;
	const textOf = (sample: Sample) => sample.labels.get(label) ?? '';
	const values = new Set(samples.map(textOf).filter((value) => value !== ''));
	return values.size > 1 ? textOf : undefined;
}
