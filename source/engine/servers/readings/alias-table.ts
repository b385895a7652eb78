/**
 * From a page of metrics to a sample, by a table of an engine's names. A name that changed between versions has
 * aliases, the newest first: the first that the page has counts.
 */

import {type BucketCounts, bucketTotal} from '../../../metrics/bucket-quantiles.ts';
import type {Counters, Histograms} from '../../../metrics/counter-window.ts';
import {present} from '../../../metrics/present.ts';
import type {Exposition, Labels, Sample} from '../../../metrics/prometheus.ts';
import {histogramsOf} from '../../../metrics/prometheus-series.ts';
import {type EngineSample, emptySample} from './sample.ts';
import {type PartLabels, partsOf} from './sample-parts.ts';
import {finite, most, ratio, sum} from './sums.ts';

type Names = readonly string[];

/** Where a figure stands, without the prefix. */
export interface AliasTable extends PartLabels {
	/** What the engine's names begin with; the first that the page has. */
	readonly prefixes: Names;
	readonly gauges: Readonly<
		Partial<
			Record<
				| 'running'
				| 'waiting'
				| 'kvCacheUsage'
				| 'generationTokensPerSecond'
				| 'prefixCacheHitRatio'
				| 'draftAcceptance',
				Names
			>
		>
	>;
	/** Without `_total`, which may or may not be there. */
	readonly counters: Readonly<Partial<Record<keyof Counters, Names>>>;
	readonly histograms: Readonly<Partial<Record<keyof Histograms, Names>>>;
	/** Labels of processes that tell the same thing again: only one of them counts. */
	readonly repeatedBy: Names;
}

/** The prefix of the engine's names on this page; `undefined` when it has none of them. */
export function prefixOf(page: Exposition, table: AliasTable): string | undefined {
	return table.prefixes.find((prefix) => {
		for (const name of page.samples.keys()) if (name.startsWith(prefix)) return true;
		return false;
	});
}

/** All figures of the table on a page. */
export function readTable(page: Exposition, prefix: string, table: AliasTable): EngineSample {
	const found = (names: Names | undefined, suffixes: Names): readonly Sample[] => {
		for (const name of names ?? []) {
			for (const suffix of suffixes) {
				const samples = page.samples.get(`${prefix}${name}${suffix}`);
				if (samples !== undefined) return distinct(samples, table.repeatedBy);
			}
		}
		return [];
	};
	const gauge = (name: keyof AliasTable['gauges']) => found(table.gauges[name], ['']);
	const counter = (name: keyof Counters) => found(table.counters[name], ['_total', '']);
	const histogram = (name: keyof Histograms): BucketCounts | undefined => {
		for (const alias of table.histograms[name] ?? []) {
			const series = histogramsOf(page, `${prefix}${alias}`);
			if (series.length > 0) return bucketTotal(distinctLabels(series, table.repeatedBy).map(({buckets}) => buckets));
		}
		return undefined;
	};
	const running = gauge('running');
	const waiting = gauge('waiting');
	const kvCacheUsage = gauge('kvCacheUsage');
	const generationTokens = counter('generationTokens');
	const processStart = page.samples.get('process_start_time_seconds')?.[0]?.value;
	return {
		...emptySample,
		...present({
			running: sum(running),
			waiting: sum(waiting),
			kvCacheUsage: ratio(most(kvCacheUsage)),
			generationTokensPerSecond: sum(gauge('generationTokensPerSecond')),
			prefixCacheHitRatio: ratio(most(gauge('prefixCacheHitRatio'))),
			draftAcceptance: ratio(most(gauge('draftAcceptance'))),
			processStart: finite(processStart),
		}),
		counters: present({
			generationTokens: sum(generationTokens),
			promptTokens: sum(counter('promptTokens')),
			requests: sum(counter('requests')),
			preemptions: sum(counter('preemptions')),
			prefixQueries: sum(counter('prefixQueries')),
			prefixHits: sum(counter('prefixHits')),
			draftTokens: sum(counter('draftTokens')),
			acceptedTokens: sum(counter('acceptedTokens')),
		}),
		histograms: present({
			ttft: histogram('ttft'),
			gap: histogram('gap'),
			queue: histogram('queue'),
			e2e: histogram('e2e'),
		}),
		parts: partsOf(table, {running, waiting, kvCacheUsage, generationTokens}),
	};
}

/** Samples that differ in the repeating labels only, once: the largest. */
function distinct(samples: readonly Sample[], repeatedBy: Names): readonly Sample[] {
	if (samples.length < 2) return samples;
	const byRest = new Map<string, Sample>();
	for (const sample of samples) {
		const key = restOf(sample.labels, repeatedBy);
		const known = byRest.get(key);
		if (known === undefined || sample.value > known.value) byRest.set(key, sample);
	}
	return [...byRest.values()];
}

function distinctLabels<Series extends {readonly labels: Labels}>(all: readonly Series[], repeatedBy: Names): Series[] {
	return [...new Map(all.map((series) => [restOf(series.labels, repeatedBy), series])).values()];
}

function restOf(labels: Labels, without: Names): string {
	return JSON.stringify([...labels].filter(([name]) => !without.includes(name)).sort());
}
