/** The two lines at the top: what is measured, in which state it is, and whether its numbers can be trusted. */

import {integer, missing, percent} from '../format.ts';
import type {Snapshot} from '../snapshot.ts';
import type {Playing} from './controls.ts';
import {figure} from './figures.ts';
import {figuresLine, loadLine} from './header-load.ts';
import {targetLine} from './header-target.ts';
import {firstThatFits, fitLine, joined, type Line, span} from './line.ts';
import {serverCount} from './servers-pane.ts';
import {startWords} from './start-words.ts';

const blanks = '  ';

export interface HeaderOptions {
	readonly paused: boolean;
	/** A recorded session is played. */
	readonly playing?: Playing | undefined;
	/** The second line has the level's figures, for screens that show them nowhere else. */
	readonly withFigures: boolean;
}

/** One or two lines of exactly `width` columns. */
export function headerLines(
	snapshot: Snapshot,
	{width, height}: {width: number; height: number},
	options: HeaderOptions,
): Line[] {
	const second = secondLine(snapshot, options, width);
	return [targetLine(snapshot, {...options, width}), second].slice(0, height);
}

function secondLine(snapshot: Snapshot, {withFigures}: HeaderOptions, width: number): Line {
	if (snapshot.phase === 'watching') return watchLine(snapshot, width);
	// The overview shows the stages itself.
	if (snapshot.phase === 'starting' && snapshot.start !== undefined && withFigures)
		return fitLine([span(startWords(snapshot.start))], width);
	return withFigures ? figuresLine(snapshot, width) : loadLine(snapshot, width);
}

/** The counters that matter of the server that is watched, and how many there are. */
function watchLine(snapshot: Snapshot, width: number): Line {
	const {server} = snapshot;
	const named = (name: string, text: string): Line => (text === missing ? [] : [span(`${name} `, 'quiet'), span(text)]);
	const tokens = figure(server?.generationTokensPerSecond);
	const rate: Line = tokens === missing ? [] : [span(tokens, 'strong'), span(' tok/s', 'quiet')];
	const figures = [
		rate,
		named('running', integer(server?.running)),
		named('waiting', integer(server?.waiting)),
		named('KV', percent(server?.kvCacheUsage)),
	];
	const shown: readonly Line[] = server === undefined || server.down !== undefined ? [] : figures;
	const count: Line = [span(serverCount(snapshot))];
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
