/** The server's log: it ends at the foot of its pane once it fills it; long lines take several of the screen. */

import {integer} from '../format.ts';
import type {Snapshot} from '../snapshot.ts';
import {fitLine, type Line, type Style, span, titleLine} from './line.ts';
import {type Area, calmLines, exactly, type PaneOptions} from './pane.ts';
import {outside, wrapText} from './text.ts';

const title = 'LOG';
const nothing = 'No log of the server.';
/** Its log is known, and empty. */
const silent = 'The server has written nothing yet.';

/**
 * Exactly `height` lines of `width` columns, with a title from height 2 on. `ui.scrolled` counts lines of the log from
 * its end; a line takes several lines of the screen when it is long and there is room.
 */
export function logLines(snapshot: Snapshot, area: Area, {ui}: PaneOptions): Line[] {
	const log = snapshot.log ?? [];
	if (log.length === 0) return calmLines(title, snapshot.start === undefined ? nothing : silent, area);
	const {width, height} = area;
	const room = Math.max(1, height - 1);
	const last = log.length - Math.max(0, Math.min(ui.scrolled, log.length - 1));
	const shown: Line[] = [];
	let first = last;
	while (first > 0 && shown.length < room) {
		first -= 1;
		shown.unshift(...entryLines(log[first] ?? '', width, mostRows(room)));
	}
	// The oldest may have begun above the pane: then its end is shown, so that nothing at the foot moves.
	const whole = shown.length > room && first + 1 < last ? first + 1 : first;
	if (height === 1) return exactly(shown.slice(-1), area);
	// All of a short log stands at the top, as a terminal would have it.
	const isWhole = first === 0 && last === log.length;
	const blanks = Array.from({length: isWhole ? 0 : Math.max(0, room - shown.length)}, (): Line => []);
	const range = whole + 1 >= last ? integer(last) : `${integer(whole + 1)}-${integer(last)}`;
	const place: Line = [span(`${range} of ${integer(log.length)}`)];
	return exactly([titleLine(title, place, width), ...blanks, ...shown.slice(-room)], area);
}

/**
 * What the keys move over in a log of this size: its lines, and how many of them stand in the pane when the first is at
 * its top.
 */
export function logRange(snapshot: Snapshot, {width, height}: Area): {total: number; visible: number} {
	const log = snapshot.log ?? [];
	const room = Math.max(1, height - 1);
	let visible = 0;
	let rows = 0;
	for (const text of log) {
		rows += entryLines(text, width, mostRows(room)).length;
		if (rows > room) break;
		visible += 1;
	}
	return {total: log.length, visible: Math.max(1, visible)};
}

/** Lines of the screen that one line of the log may take. */
function mostRows(room: number): number {
	return Math.max(1, Math.min(4, Math.floor(room / 4)));
}

/** A letter for its level, which needs no colour, then the text; what follows the first line is set in a little. */
function entryLines(text: string, width: number, most: number): Line[] {
	const columns = Math.max(2, width - 4);
	const safe = outside(text);
	const {letter, style} = levelOf(safe);
	// More characters than this cannot be shown, and need not be measured.
	const [start = '', ...rest] = wrapText(safe.slice(0, columns * most + 1).toWellFormed(), columns, most);
	return [
		fitLine([span(letter, style), span(' '), span(start, style)], width),
		...rest.map((line) => fitLine([span('    '), span(line, style)], width)),
	];
}

interface Level {
	/** `E` for an error, `W` for a warning, else a blank. */
	readonly letter: string;
	readonly style: Style | undefined;
}

/** Words that say the level stand near the beginning; further on they are part of what is said. */
const head = 80;
const errors = [
	/\b(?:ERROR|CRITICAL|FATAL|PANIC)\b|\blevel=(?:ERROR|FATAL)\b/,
	/^(?:\S+: )?(?:error|fatal|panic):/i,
	/^Traceback \(|^[\w.]*(?:Error|Exception):/,
	/\bHTTP\/\d[.\d]*" 5\d\d\b|\[GIN\].*\| 5\d\d \|/,
];
const warnings = [/\bWARN(?:ING)?\b|\blevel=WARN/, /^(?:\S+: )?(?:[A-Z][a-z]*)?warning:/i];

function levelOf(text: string): Level {
	const start = text.slice(0, head);
	if (errors.some((pattern) => pattern.test(start))) return {letter: 'E', style: 'bad'};
	return warnings.some((pattern) => pattern.test(start))
		? {letter: 'W', style: 'warn'}
		: {letter: ' ', style: undefined};
}
