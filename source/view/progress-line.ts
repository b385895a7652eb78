/** The text mode: one line with the view's numbers in the view's words, for runs without a screen. */

import {clockTime, integer} from '../format.ts';
import type {Snapshot} from '../snapshot.ts';
import {estimate, figure, figuresOf, openRequests} from './figures.ts';
import {loadName} from './level-words.ts';

/** One line without a line end, e.g. `level 2/4  32 streams  0:12  1,512 tok/s  TTFT p50 142 p99 388 ms  …`. */
export function progressLine(snapshot: Snapshot): string {
	const {plan, level, levelIndex, phase} = snapshot;
	const number = level?.concurrency ?? level?.rate ?? plan.levels[levelIndex];
	const place =
		plan.levels.length > 1 ? [`level ${Math.min(levelIndex + 1, plan.levels.length)}/${plan.levels.length}`] : [];
	const load = number === undefined ? [] : [loadName(plan.mode, number)];
	const figures = level === undefined ? undefined : figuresOf(snapshot);
	if (level === undefined || figures === undefined) {
		return [...(phase === 'done' ? [] : [...place, ...load]), clockTime(snapshot.atMs), phaseWords(snapshot)].join(
			'  ',
		);
	}
	const {requests} = figures;
	return [
		...place,
		...load,
		clockTime(level.elapsedMs),
		`${estimate(figure(figures.tokensPerSecond), figures.estimated)} tok/s`,
		`TTFT p50 ${figure(figures.ttftMs.p50)} p99 ${figure(figures.ttftMs.p99)} ms`,
		`gap p99 ${figure(figures.gapMs.p99)} ms`,
		`ok ${integer(requests.ok)} failed ${integer(requests.failed)}${requests.dropped > 0 ? ` dropped ${integer(requests.dropped)}` : ''}`,
		`open ${openRequests(figures)}`,
		...(phase === 'running' ? [] : [phaseWords(snapshot)]),
		...(level.verdicts.client.value === 'ok' ? [] : [`client ${level.verdicts.client.value}`]),
	].join('  ');
}

function phaseWords({phase}: Snapshot): string {
	switch (phase) {
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
		case 'done':
			return 'done';
		default:
			return phase satisfies never;
	}
}
