/** The header's second line while there is a load: its plan and verdicts, or its figures. */

import {integer} from '../format.ts';
import type {Snapshot} from '../snapshot.ts';
import {estimate, figure, figuresOf, openRequests} from './figures.ts';
import {levelNumber, loadName, modeName} from './level-words.ts';
import {firstThatFits, fitLine, joined, type Line, span} from './line.ts';
import {outside} from './text.ts';
import {verdictChips} from './verdict-chips.ts';

const blanks = '  ';

/** The numbers that matter: rate, TTFT, open streams, failures; and what spoils them. */
export function figuresLine(snapshot: Snapshot, width: number): Line {
	const figures = figuresOf(snapshot);
	if (figures === undefined) return loadLine(snapshot, width);
	const {ttftMs, gapMs, requests, mode} = figures;
	const number = figures.concurrency ?? figures.rate;
	const load: Line = number === undefined ? [] : [span(loadName(mode, number), 'strong')];
	const rate = estimate(figure(figures.tokensPerSecond ?? figures.meanTokensPerSecond), figures.estimated);
	const tokens: Line = [span(rate, 'strong'), span(' tok/s', 'quiet')];
	const ttft: Line = [
		span('TTFT p50 ', 'quiet'),
		span(figure(ttftMs.p50), 'strong'),
		span(' p99 ', 'quiet'),
		span(figure(ttftMs.p99)),
		span(' ms', 'quiet'),
	];
	const gap: Line = [span('gap p99 ', 'quiet'), span(figure(gapMs.p99)), span(' ms', 'quiet')];
	const count = openRequests(figures);
	const open: Line = count === undefined ? [] : [span('open ', 'quiet'), span(count)];
	const failed: Line = [
		span('failed ', 'quiet'),
		span(integer(requests.failed), requests.failed > 0 ? 'bad' : undefined),
	];
	const all = verdictChips(snapshot, 'all');
	const telling = verdictChips(snapshot, 'telling');
	const line = (...pieces: Line[]) => joined(pieces, blanks);
	return firstThatFits(
		[
			[line(load, tokens, ttft, gap, open, failed), all],
			[line(load, tokens, ttft, gap, open, failed), telling],
			[line(load, tokens, ttft, open, failed), telling],
			[line(tokens, ttft, open, failed), telling],
			[line(tokens, ttft, failed), telling],
			[line(tokens, ttft, open, failed), []],
			[line(tokens, ttft, failed), []],
		],
		width,
	);
}

/** What the load is: its kind, its workload, its place in the plan. */
export function loadLine(snapshot: Snapshot, width: number): Line {
	const {plan, level} = snapshot;
	// A server of ours that is only to be watched, while it starts or ends.
	if (plan.levels.length === 0) return fitLine([span('no load, only watched', 'quiet')], width);
	const planned = plan.levels[snapshot.levelIndex];
	const number = level?.concurrency ?? level?.rate ?? planned;
	const load: Line = number === undefined ? [] : [span(loadName(plan.mode, number), 'strong')];
	const mode: Line = plan.mode === 'burst' ? [] : [span(modeName(plan.mode))];
	const setting: Line = [span(outside(snapshot.start?.setting ?? ''), 'strong')];
	const workload: Line = [span(outside(snapshot.workload))];
	const progress = [progressText(snapshot)].filter((text) => text !== '').map((text) => span(text));
	const list = levelList(snapshot, plan.levels.length);
	const near = levelList(snapshot, 5);
	const dotted = (...pieces: Line[]) => joined(pieces, ' · ');
	const withList = (line: Line, levels: Line) => joined([line, levels], blanks);

	const all = verdictChips(snapshot, 'all');
	const telling = verdictChips(snapshot, 'telling');
	const short = dotted(load, setting, progress);
	return firstThatFits(
		[
			[withList(dotted(mode, load, setting, workload, progress), list), all],
			[withList(dotted(mode, load, setting, workload, progress), near), all],
			[withList(dotted(load, setting, workload, progress), near), all],
			[withList(short, near), all],
			[withList(load, near), all],
			[withList(short, near), telling],
			[short, telling],
			[load, telling],
		],
		width,
	);
}

/** `machine 1 of 2`, `level 3 of 5`, `run 2 of 3`; empty for a single one. */
function progressText({plan, levelIndex, finished, level}: Snapshot): string {
	const texts: string[] = [];
	if (plan.turn !== undefined) texts.push(`machine ${plan.turn.place} of ${plan.turn.of}`);
	if (plan.levels.length > 1)
		texts.push(`level ${Math.min(levelIndex + 1, plan.levels.length)} of ${plan.levels.length}`);
	if (plan.repeat > 1) {
		const number = plan.levels[levelIndex];
		const before = finished.filter((done) => (done.concurrency ?? done.rate) === number).length;
		texts.push(`run ${Math.min(before + (level === undefined ? 0 : 1), plan.repeat)} of ${plan.repeat}`);
	}
	return texts.join(', ');
}

/** The levels of the plan with the present one in brackets; at most `most` of them, those around it. */
function levelList({plan, levelIndex}: Snapshot, most: number): Line {
	if (plan.levels.length < 2) return [];
	const start = Math.max(0, Math.min(levelIndex - Math.floor(most / 2), plan.levels.length - most));
	const shown = plan.levels.slice(start, start + most);
	const pieces = shown.map((level, index): Line => {
		const text = levelNumber(level);
		return start + index === levelIndex ? [span(`[${text}]`, 'strong')] : [span(text, 'quiet')];
	});
	const before: Line = start > 0 ? [span('…', 'quiet')] : [];
	const after: Line = start + most < plan.levels.length ? [span('…', 'quiet')] : [];
	return joined([before, ...pieces, after], ' ');
}
