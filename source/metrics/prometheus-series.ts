/** Histograms and summaries of a page, put together from their lines: one for each set of labels. */

import type {BucketCounts} from './bucket-quantiles.ts';
import {type Exposition, type Labels, readNumber, type Sample} from './prometheus.ts';

export interface HistogramSeries {
	/** Without `le`. */
	readonly labels: Labels;
	readonly buckets: BucketCounts;
}

export interface SummarySeries {
	/** Without `quantile`. */
	readonly labels: Labels;
	/** Each with its share, 0 to 1, ascending. */
	readonly quantiles: readonly {readonly quantile: number; readonly value: number}[];
	readonly sum?: number;
	readonly count?: number;
}

interface Collected {
	readonly labels: Labels;
	readonly steps: {readonly at: number; readonly value: number}[];
	sum?: number;
	count?: number;
}

/**
 * The histograms of a family; its name is without `_bucket`. Left out: one without the `+Inf` bucket, or with a bound
 * that is no number.
 */
export function histogramsOf(page: Exposition, family: string): HistogramSeries[] {
	const series: HistogramSeries[] = [];
	for (const one of collect(page, family, `${family}_bucket`, 'le')) {
		const steps = one.steps.sort((a, b) => a.at - b.at);
		if (steps.at(-1)?.at !== Number.POSITIVE_INFINITY || steps.some(({at}) => Number.isNaN(at))) continue;
		series.push({
			labels: one.labels,
			buckets: {
				bounds: steps.map(({at}) => at),
				cumulative: steps.map(({value}) => value),
				...(one.sum === undefined ? {} : {sum: one.sum}),
			},
		});
	}
	return series;
}

/** The summaries of a family. */
export function summariesOf(page: Exposition, family: string): SummarySeries[] {
	return collect(page, family, family, 'quantile').map(({labels, steps, sum, count}) => ({
		labels,
		quantiles: steps.sort((a, b) => a.at - b.at).map(({at, value}) => ({quantile: at, value})),
		...(sum === undefined ? {} : {sum}),
		...(count === undefined ? {} : {count}),
	}));
}

/** Lines of a family that differ in the label `step` only, together. */
function collect(page: Exposition, family: string, stepName: string, step: string): Collected[] {
	const byLabels = new Map<string, Collected>();
	const place = (sample: Sample, without: string): Collected => {
		const key = keyOf(sample.labels, without);
		const known = byLabels.get(key);
		if (known !== undefined) return known;
		const labels = new Map([...sample.labels].filter(([name]) => name !== without));
		const fresh: Collected = {labels, steps: []};
		byLabels.set(key, fresh);
		return fresh;
	};
	for (const sample of page.samples.get(stepName) ?? []) {
		const at = sample.labels.get(step);
		if (at !== undefined) place(sample, step).steps.push({at: readNumber(at) ?? Number.NaN, value: sample.value});
	}
	for (const sample of page.samples.get(`${family}_sum`) ?? []) place(sample, '').sum = sample.value;
	for (const sample of page.samples.get(`${family}_count`) ?? []) place(sample, '').count = sample.value;
	return [...byLabels.values()];
}

/** A text that is the same for the same labels in any order. */
function keyOf(labels: Labels, without: string): string {
	const parts: string[] = [];
	for (const [name, value] of labels) if (name !== without) parts.push(`${name}\u0000${value}`);
	return parts.sort().join('\u0001');
}
