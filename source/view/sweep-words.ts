/** What a sweep has shown so far, in plain sentences. */

import type {LoadMode} from '../snapshot.ts';
import {figure} from './figures.ts';
import {type Knee, knee, type LoadPoint, loadPoints} from './knee.ts';
import {isClientLimited, type LevelRow, wholePercent} from './level-rows.ts';
import {levelNumber, loadName} from './level-words.ts';

/** Sentences, the most telling first, short where `width` wants it; none before two levels can be compared. */
export function sweepSentences(rows: readonly LevelRow[], mode: LoadMode, width: number): string[] {
	const points = loadPoints(rows);
	const before = points.at(-2);
	const last = points.at(-1);
	if (before === undefined || last === undefined) return [];
	const hasLimited = rows.some((row) => row.state === 'ended' && isClientLimited(row));
	return [
		kneeSentence(knee(points), {before, last}, mode),
		stepSentence(before, last, mode),
		goalSentence(points, mode),
		hasLimited
			? [
					'Levels marked ! measured this machine, not the server: left out here.',
					'! measured this machine, left out here.',
				]
			: [],
	].flatMap((variants) => variants.find((text) => text.length <= width) ?? variants.at(-1) ?? []);
}

/** The same sentence, the fullest form first; none: nothing to say. */
type Variants = readonly string[];

function kneeSentence(
	found: Knee | undefined,
	{before, last}: {readonly before: LoadPoint; readonly last: LoadPoint},
	mode: LoadMode,
): Variants {
	if (found === undefined) {
		// Only when no level gave a single token.
		if (last.tokensPerSecond <= before.tokensPerSecond) return [];
		const short = `No knee up to ${phrase(mode, last.load)}`;
		return [`${short}: the last step still brought more tokens/s.`, `${short}.`];
	}
	const {at, best, gain} = found;
	const percent = (gain * 100).toFixed(1);
	const short = `The knee is at ${phrase(mode, at.load)}`;
	const more = Number(percent) > 0 ? `at most ${percent} % more tokens/s` : 'no more tokens/s';
	const full = `${short}: above it ${more}`;
	return [`${full} (${figure(best.tokensPerSecond)} at ${levelNumber(best.load)}).`, `${full}.`, `${short}.`];
}

function stepSentence(from: LoadPoint, to: LoadPoint, mode: LoadMode): Variants {
	if (from.tokensPerSecond === 0) return [];
	const guess = from.estimated || to.estimated ? '~' : '';
	const tokens = `${guess}${factor(to.tokensPerSecond / from.tokensPerSecond)}× the tokens/s`;
	const load = `${factor(to.load / from.load, 'exact')}× the ${mode === 'closed' ? 'streams' : 'requests'}`;
	const first = mode === 'burst' ? phrase(mode, from.load) : levelNumber(from.load);
	const names = `From ${first} to ${mode === 'burst' ? `one of ${levelNumber(to.load)}` : phrase(mode, to.load)}`;
	const short = `${names}: ${tokens} for ${load}`;
	const shortest = `${levelNumber(from.load)} to ${levelNumber(to.load)}: ${tokens} for ${load}.`;
	if (from.ttftP50Ms === undefined || to.ttftP50Ms === undefined) return [`${short}.`, shortest];
	return [`${short}, TTFT p50 from ${figure(from.ttftP50Ms)} to ${figure(to.ttftP50Ms)} ms.`, `${short}.`, shortest];
}

/** `32 streams`, `a burst of 32`. */
function phrase(mode: LoadMode, load: number): string {
	return `${mode === 'burst' ? 'a ' : ''}${loadName(mode, load)}`;
}

/** Two digits: `0.96`, `4.0`, `32`; of loads, which are exact, `4`. */
function factor(ratio: number, digits?: 'exact'): string {
	if (ratio >= 9.95) return levelNumber(Math.round(ratio));
	const text = ratio.toPrecision(2);
	return digits === 'exact' ? String(Number(text)) : text;
}

/** Up to which load the goals were met; nothing without goals. */
function goalSentence(points: readonly LoadPoint[], mode: LoadMode): Variants {
	const rated = points.flatMap(({load, goodRatio}) => (goodRatio === undefined ? [] : [{load, goodRatio}]));
	if (rated.length < points.length) return [];
	const at = rated.findIndex(({goodRatio}) => goodRatio < 1);
	const missed = rated[at];
	const met = rated.at(at === -1 ? -1 : at - 1);
	const share = (ratio: number) => `${wholePercent(ratio)} %`;
	if (at === 0 && missed !== undefined) {
		return [`At ${phrase(mode, missed.load)} ${share(missed.goodRatio)} of the requests met the goals.`];
	}
	if (met === undefined) return [];
	const full = `Every request met the goals up to ${phrase(mode, met.load)}`;
	const short = `Goals met up to ${phrase(mode, met.load)}.`;
	if (missed === undefined) return [`${full}.`, short];
	return [`${full}; at ${phrase(mode, missed.load)} ${share(missed.goodRatio)} did.`, `${full}.`, short];
}
