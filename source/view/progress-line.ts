/** The text mode: one line with the view's numbers in the view's words, for runs without a screen. */

import {clockTime, integer} from '../format.ts';
import type {Snapshot} from '../snapshot.ts';
import {estimate, type Figures, figure, figuresOf, openRequests} from './figures.ts';
import {loadName} from './level-words.ts';
import {downWords, linkChanges} from './link-words.ts';
import {startWords} from './start-words.ts';
import {outside} from './text.ts';
import {watchLines} from './watch-line.ts';

/** The notes that have come since the last time, each once, and the line of now: one for each server that is watched. */
export function progressLines(previous: Snapshot | undefined, next: Snapshot): string[] {
	if (next.phase === 'watching') return watchLines(previous, next);
	// Of a load from here a note says it, which the session has too.
	const changes = next.link?.way === 'there' ? linkChanges(previous, next) : [];
	return [...[...changes, ...newNotes(previous, next)].map((note) => `note: ${note}`), progressLine(next)];
}

/** Notes that were not there before. */
export function newNotes(previous: Snapshot | undefined, next: Snapshot): string[] {
	return next.notes.filter((note) => previous?.notes.includes(note) !== true).map(outside);
}

/** One line without a line end, e.g. `level 3 of 5, 32 streams, 0:41 left, tok/s 1,512 now 1,498 mean, TTFT ms p50 142 …`. */
export function progressLine(snapshot: Snapshot): string {
	const {level, phase, start} = snapshot;
	if ((phase === 'starting' || phase === 'stopping') && start !== undefined) return startWords(start);
	const figures = level === undefined ? undefined : figuresOf(snapshot);
	const place = phase === 'done' ? [] : [placeWords(snapshot), loadWords(snapshot)];
	const words =
		level === undefined || figures === undefined
			? [...place, clockTime(snapshot.atMs), phaseWords(snapshot)]
			: [
					...place,
					level.remainingMs === undefined ? clockTime(level.elapsedMs) : `${clockTime(level.remainingMs)} left`,
					...figureWords(figures),
					`client ${level.verdicts.client.value}`,
					phase === 'running' ? '' : phaseWords(snapshot),
				];
	return [...words, downWords(snapshot)].filter((text) => text !== '').join(', ');
}

function figureWords(figures: Figures): string[] {
	const {ttftMs, gapMs, requests} = figures;
	const rate = (value: number | undefined) => estimate(figure(value), figures.estimated);
	const asked = figures.requestsAsked === undefined ? '' : ` of ${integer(figures.requestsAsked)}`;
	const rare = [
		requests.dropped > 0 ? ` dropped ${integer(requests.dropped)}` : '',
		requests.incomplete > 0 ? ` cut off ${integer(requests.incomplete)}` : '',
	];
	return [
		`tok/s ${rate(figures.tokensPerSecond)} now ${rate(figures.meanTokensPerSecond)} mean`,
		`TTFT ms p50 ${figure(ttftMs.p50)} p99 ${figure(ttftMs.p99)}`,
		`gap ms p99 ${figure(gapMs.p99)}`,
		`ok ${integer(requests.ok)}${asked} failed ${integer(requests.failed)}${rare.join('')}`,
		`open ${openRequests(figures)}`,
	];
}

/** `level 3 of 5`; empty for a single one. */
export function placeWords({plan, levelIndex}: Snapshot): string {
	const count = plan.levels.length;
	return count > 1 ? `level ${Math.min(levelIndex + 1, count)} of ${count}` : '';
}

/** `32 streams`; empty when there is no level. */
export function loadWords({plan, level, levelIndex}: Snapshot): string {
	const number = level?.concurrency ?? level?.rate ?? plan.levels[levelIndex];
	return number === undefined ? '' : loadName(plan.mode, number);
}

/** What goes on: `warming up`. */
export function phaseWords({phase}: Snapshot): string {
	switch (phase) {
		case 'starting':
			return 'starting the server';
		case 'opening':
			return 'opening connections';
		case 'warming':
			return 'warming up';
		case 'running':
			return 'running';
		case 'draining':
			return 'draining';
		case 'between':
			return 'next level';
		case 'stopped':
			return 'the load is stopped';
		case 'watching':
			return 'watching';
		case 'stopping':
			return 'stopping the server';
		case 'done':
			return 'done';
		default:
			return phase satisfies never;
	}
}
