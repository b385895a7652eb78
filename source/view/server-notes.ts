/** What must be known of a server beside its figures: that it does not answer, and what its figures rest on. */

import type {ServerReading} from '../snapshot.ts';
import {fitLine, type Line, span} from './line.ts';
import {outside, wrapText} from './text.ts';

/** One line, or none while it answers. */
export function downLines({down}: ServerReading, width: number): Line[] {
	return down === undefined ? [] : [fitLine([span(' DOWN', 'bad'), span(`  ${outside(down)}`)], width)];
}

/** The notes over at most `most` lines; a note has a `!`. */
export function noteLines({notes = []}: ServerReading, width: number, most: number): Line[] {
	const lines: Line[] = [];
	for (const note of notes) {
		const texts = most > lines.length ? wrapText(outside(note), width - 4, most - lines.length) : [];
		lines.push(...texts.map((text, index) => fitLine([span(index === 0 ? ' ! ' : '   ', 'warn'), span(text)], width)));
	}
	return lines;
}
