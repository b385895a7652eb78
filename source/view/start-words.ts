/** A server that we start or stop, in words: the same on the screen, in the text mode and for a screen reader. */

import {clockTime, percent} from '../format.ts';
import {type ServerStart, type StartStage, stageNames} from '../snapshot.ts';
import {outside} from './text.ts';

/** What a server goes through until it serves, in this order; not each goes through all. */
export const startStages: readonly StartStage[] = [
	'starting',
	'downloading',
	'loading',
	'compiling',
	'capturing',
	'ready',
];

/** `loading weights 43%`. */
export function stageWords({stage, progress}: ServerStart): string {
	return progress === undefined ? stageNames[stage] : `${stageNames[stage]} ${percent(progress)}`;
}

/** `0:43 of about 1:30`; that it takes longer than that is said. */
export function startTime({elapsedMs, expectedMs}: ServerStart): string {
	const elapsed = clockTime(elapsedMs);
	if (expectedMs === undefined) return elapsed;
	return isLate({elapsedMs, expectedMs})
		? `${elapsed}, longer than the ${clockTime(expectedMs)} expected`
		: `${elapsed} of about ${clockTime(expectedMs)}`;
}

/** It takes longer than the preset says. */
export function isLate({elapsedMs, expectedMs}: Pick<ServerStart, 'elapsedMs' | 'expectedMs'>): boolean {
	return expectedMs !== undefined && elapsedMs > expectedMs;
}

/** `vllm-small`, or `vllm-small with max-num-seqs=64` where that is varied. */
export function startName({preset, setting}: Pick<ServerStart, 'preset' | 'setting'>): string {
	return outside(setting === undefined ? preset : `${preset} with ${setting}`);
}

/** `starting vllm-small: loading weights 43%, 0:43 of about 1:30`. */
export function startWords(start: ServerStart): string {
	if (start.stage === 'stopping') return `stopping ${startName(start)}`;
	return `starting ${startName(start)}: ${stageWords(start)}, ${startTime(start)}`;
}
