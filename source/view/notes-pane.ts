/** What the person must know now: verdicts that spoil the numbers, and the newest notes of the run. */

import type {Snapshot} from '../snapshot.ts';
import {hasBoxes} from './boxes.ts';
import {type Line, type Style, span} from './line.ts';
import {lostSentence} from './link-words.ts';
import {exactly} from './pane.ts';
import {outside, textWidth, wrapText} from './text.ts';

interface Message {
	readonly text: string;
	readonly style: Style;
}

/** Most important first: the answer to a key is what the person waits for. */
function messages(snapshot: Snapshot, answer: string | undefined): Message[] {
	const answers: Message[] = answer === undefined ? [] : [{text: answer, style: 'strong'}];
	const verdicts = snapshot.level?.verdicts ?? snapshot.finished.at(-1)?.verdicts;
	const spoiled: Message[] = [];
	if (verdicts !== undefined && verdicts.client.value !== 'ok') {
		const {value, reason} = verdicts.client;
		const isSuspect = value === 'suspect';
		spoiled.push({text: `${isSuspect ? 'client suspect' : value}: ${reason}`, style: isSuspect ? 'warn' : 'bad'});
	}
	// Columns and rows of several machines say it each for its own.
	const lost = hasBoxes(snapshot) ? undefined : lostSentence(snapshot);
	const losses: Message[] = lost === undefined ? [] : [{text: lost, style: 'bad'}];
	const notes = notesOf(snapshot)
		.toReversed()
		.map((text): Message => ({text, style: 'warn'}));
	const saved: Message[] =
		snapshot.phase === 'done' && snapshot.sessionFile !== undefined
			? [{text: `saved in ${snapshot.sessionFile}`, style: 'strong'}]
			: [];
	return [...answers, ...losses, ...spoiled, ...saved, ...notes];
}

/** Those of the run; of several machines with the name of theirs. */
export function notesOf(snapshot: Snapshot): readonly string[] {
	const {boxes = [], notes} = snapshot;
	if (!hasBoxes(snapshot)) return notes;
	const theirs = new Set(boxes.flatMap((box) => box.notes));
	return [
		...notes.filter((note) => !theirs.has(note)),
		...boxes.flatMap((box) => box.notes.map((note) => `${box.link.name}: ${note}`)),
	];
}

/** Lines that the `most` most important messages want at a width. */
export function noteHeight(snapshot: Snapshot, width: number, {answer, most}: NoteOptions): number {
	return messages(snapshot, answer)
		.slice(0, most)
		.reduce((sum, message) => sum + messageLines(message, width, mostLines).length, 0);
}

interface NoteOptions {
	/** What the last key has brought about. */
	readonly answer: string | undefined;
	readonly most: number;
}

/** Exactly `height` lines of `width` columns; `answer` is what the last key has brought about. */
export function noteLines(
	snapshot: Snapshot,
	{width, height}: {width: number; height: number},
	answer: string | undefined,
): Line[] {
	const lines: Line[] = [];
	for (const message of messages(snapshot, answer)) {
		const room = Math.min(mostLines, height - lines.length);
		if (room > 0) lines.push(...messageLines(message, width, room));
	}
	return exactly(lines, {width, height});
}

/** A sign that needs no colour, and the words, over at most `most` lines, where they need them. */
function messageLines({text, style}: Message, width: number, most: number): Line[] {
	const room = width - sign.length;
	const whole = outside(text);
	const shown = textWidth(whole) > room ? withoutFolders(whole) : whole;
	const lines = wrapText(shown, Math.max(2, room), most);
	const start = span(style === 'strong' ? ' ▸ ' : sign, style);
	return lines.map((line, place) => [place === 0 ? start : span(' '.repeat(sign.length)), span(line, style)]);
}

const sign = ' ! ';
const mostLines = 2;

/** `saved in …/run.json`: of a path that has no room the name is what matters. */
function withoutFolders(text: string): string {
	return text.replace(/(?<= )[~/][^ ]*\/(?=[^ /])/g, '…/');
}
