/** The two lines at the top: what is measured, in which state it is, and whether its numbers can be trusted. */

import {integer, missing, percent} from '../format.ts';
import type {Snapshot} from '../snapshot.ts';
import {downCount} from './boxes-table.ts';
import type {Playing} from './controls.ts';
import {figure} from './figures.ts';
import {figuresLine, loadLine} from './header-load.ts';
import {targetLine} from './header-target.ts';
import {firstThatFits, fitLine, joined, type Line, span} from './line.ts';
import {ageText, dimmed} from './pane.ts';
import {serverCount} from './servers-pane.ts';
import {startWords} from './start-words.ts';

const blanks = '  ';

export interface HeaderOptions {
	readonly paused: boolean;
	/** A recorded session is played. */
	readonly playing?: Playing | undefined;
	/** The second line has the level's figures, for screens that show them nowhere else. */
	readonly withFigures: boolean;
	/** Several machines stand beside each other: the header is of all of them. Default: no. */
	readonly isOfBoxes?: boolean;
}

/** One or two lines of exactly `width` columns. */
export function headerLines(
	snapshot: Snapshot,
	{width, height}: {width: number; height: number},
	options: HeaderOptions,
): Line[] {
	const second = secondLine(snapshot, options, width);
	return [targetLine(snapshot, {isOfBoxes: false, ...options, width}), second].slice(0, height);
}

function secondLine(snapshot: Snapshot, {withFigures, isOfBoxes = false}: HeaderOptions, width: number): Line {
	if (isOfBoxes) return boxesLine(snapshot, width);
	if (snapshot.phase === 'watching') return watchLine(snapshot, width);
	// The overview shows the stages itself.
	if (snapshot.phase === 'starting' && snapshot.start !== undefined && withFigures)
		return fitLine([span(startWords(snapshot.start))], width);
	return withFigures ? figuresLine(snapshot, width) : loadLine(snapshot, width);
}

/** The counters that matter of the server that is watched, and how many there are. */
function watchLine(snapshot: Snapshot, width: number): Line {
	const {server} = snapshot;
	const tokens = figure(server?.generationTokensPerSecond);
	const rate: Line = tokens === missing ? [] : [span(tokens, 'strong'), span(' tok/s', 'quiet')];
	const figures = [
		rate,
		named('running', integer(server?.running)),
		named('waiting', integer(server?.waiting)),
		named('KV', percent(server?.kvCacheUsage)),
	];
	const isDown = server?.down !== undefined;
	// Of a server on this machine it is said below that it is gone; another machine may be silent for many reasons.
	const isAged = isDown && snapshot.link !== undefined;
	const shown: readonly Line[] = server === undefined || (isDown && !isAged) ? [] : figures;
	if (isAged) {
		// What was known when it was last heard of.
		const old = [[span(boxPlace(snapshot))], [span(ageText(server.ageMs), 'warn')], ...dimmed(shown)];
		return fitLine(joined(old, blanks), width);
	}
	const count: Line = [span(serverCount(snapshot) || boxPlace(snapshot))];
	const quiet: Line = [span('no load, only watched', 'quiet')];
	return firstThatFits(
		[
			[joined([count, ...shown], blanks), quiet],
			[joined([count, ...shown], blanks), []],
			[joined([count, ...shown.slice(0, 3)], blanks), []],
		],
		width,
	);
}

function named(name: string, text: string): Line {
	return text === missing ? [] : [span(`${name} `, 'quiet'), span(text)];
}

/** Which of several machines it is: `box 1 of 3`. */
function boxPlace({boxes = [], link}: Snapshot): string {
	const place = boxes.findIndex((box) => box.link.name === link?.name);
	return boxes.length < 2 || place === -1 ? '' : `box ${place + 1} of ${boxes.length}`;
}

/** What all machines do together, as far as they can be reached. */
function boxesLine(snapshot: Snapshot, width: number): Line {
	const {boxes = []} = snapshot;
	const reached = boxes.filter(({link}) => link.down === undefined || link.way === 'direct');
	const readings = reached.flatMap(({watched}) => watched.flatMap(({reading}) => reading ?? []));
	const up = readings.filter((reading) => reading.down === undefined);
	const tokens = sumOfKnown(up.map((reading) => reading.generationTokensPerSecond));
	const watts = sumOfKnown(reached.map(({gpu}) => gpu?.powerW));
	const down = downCount(snapshot);
	const state: Line = down === 0 ? [] : [span(`${integer(down)} DOWN`, 'bad')];
	const figures: Line[] = [
		tokens === undefined ? [] : [span(figure(tokens), 'strong'), span(' tok/s', 'quiet')],
		named('running', integer(sumOfKnown(up.map((reading) => reading.running)))),
		named('waiting', integer(sumOfKnown(up.map((reading) => reading.waiting)))),
		watts === undefined ? [] : [span(`${integer(watts)} W`)],
	];
	const quiet: Line = [span('no load, only watched', 'quiet')];
	return firstThatFits(
		[
			[joined([state, ...figures], blanks), quiet],
			[joined([state, ...figures], blanks), []],
		],
		width,
	);
}

/** Absent when none is known. */
function sumOfKnown(values: readonly (number | undefined)[]): number | undefined {
	const known = values.filter((value) => value !== undefined);
	return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}
