/** Which of the ways in which the server was started gave the most, for each load: what `--sweep-server` is run for. */

import {compact, plainText} from '../format.ts';
import type {Level, Session} from '../snapshot.ts';
import type {FactsBlock} from './block.ts';
import {levelName} from './level-name.ts';
import {headline, headlineTtft} from './level-values.ts';

/** Mean of the runs with one setting. */
interface Outcome {
	readonly setting: string;
	readonly tokensPerSecond: number;
	readonly ttftP50Ms: number | undefined;
}

/** One sentence for each load that was run whole with two settings at least; nothing in other sessions. */
export function settingFacts({levels}: Session): FactsBlock[] {
	const loads = new Map<string, Level[]>();
	for (const level of levels) {
		if (level.setting === undefined || level.partial || level.verdicts.client.value === 'client-limited') continue;
		const {setting: _, ...load} = level;
		const name = levelName(load);
		loads.set(name, [...(loads.get(name) ?? []), level]);
	}
	const facts = [...loads].flatMap(([name, ofLoad]) => {
		const outcomes = outcomesOf(ofLoad).toSorted((one, other) => other.tokensPerSecond - one.tokensPerSecond);
		const [best] = outcomes;
		const least = outcomes.at(-1);
		return best === undefined || least === undefined || best === least ? [] : [{name, text: sentence(best, least)}];
	});
	return facts.length === 0 ? [] : [{kind: 'facts', title: 'The best of the settings', tone: 'plain', facts}];
}

function outcomesOf(levels: readonly Level[]): Outcome[] {
	const settings = [...new Set(levels.map(({setting = ''}) => setting))];
	return settings.flatMap((setting) => {
		const runs = levels.filter((level) => level.setting === setting);
		const tokens = mean(runs.map((level) => headline(level).throughput?.outputTokensPerSecond));
		if (tokens === undefined) return [];
		return [{setting, tokensPerSecond: tokens, ttftP50Ms: mean(runs.map((level) => headlineTtft(level).p50))}];
	});
}

/** Absent when one of the values is. */
function mean(values: readonly (number | undefined)[]): number | undefined {
	const known = values.filter((value) => value !== undefined);
	return known.length === 0 || known.length < values.length
		? undefined
		: known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** Less than this is within what two runs of the same differ by. */
const leastGain = 0.01;

function sentence(best: Outcome, least: Outcome): string {
	const ttft = (outcome: Outcome) =>
		outcome.ttftP50Ms === undefined ? '' : `, TTFT p50 ${compact(outcome.ttftP50Ms)} ms`;
	const named = (outcome: Outcome) =>
		`${plainText(outcome.setting)} (${compact(outcome.tokensPerSecond)} tok/s${ttft(outcome)})`;
	const gain = best.tokensPerSecond / least.tokensPerSecond - 1;
	if (gain < leastGain)
		return `all within 1 %: ${compact(least.tokensPerSecond)} to ${compact(best.tokensPerSecond)} tok/s`;
	const more = Number.isFinite(gain) ? `${(gain * 100).toFixed(1)} % more tokens/s` : 'more tokens/s';
	return `${named(best)}: ${more} than ${named(least)}`;
}
