/** What the person must know now: verdicts that spoil the numbers, and the newest notes of the run. */

import type {Snapshot} from '../snapshot.ts';
import {fitLine, type Line, type Style, span} from './line.ts';
import {outside, textWidth} from './text.ts';

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
		const style = verdicts.client.value === 'suspect' ? 'warn' : 'bad';
		spoiled.push({text: `client ${verdicts.client.value}: ${verdicts.client.reason}`, style});
	}
	const notes = snapshot.notes.toReversed().map((text): Message => ({text, style: 'warn'}));
	const saved: Message[] =
		snapshot.phase === 'done' && snapshot.sessionFile !== undefined
			? [{text: `saved in ${snapshot.sessionFile}`, style: 'strong'}]
			: [];
	return [...answers, ...spoiled, ...saved, ...notes];
}

/** How many messages there are. */
export function noteCount(snapshot: Snapshot, answer: string | undefined): number {
	return messages(snapshot, answer).length;
}

/** Exactly `height` lines of `width` columns; `answer` is what the last key has brought about. */
export function noteLines(
	snapshot: Snapshot,
	{width, height}: {width: number; height: number},
	answer: string | undefined,
): Line[] {
	const shown = messages(snapshot, answer).slice(0, height);
	return Array.from({length: height}, (_, index) => {
		const message = shown[index];
		if (message === undefined) return fitLine([], width);
		const text = ` ${message.style === 'strong' ? '▸' : '!'} ${outside(message.text)}`;
		return fitLine([span(textWidth(text) > width ? withoutFolders(text) : text, message.style)], width);
	});
}

/** `saved in …/run.json`: of a path that has no room the name is what matters. */
function withoutFolders(text: string): string {
	return text.replace(/(?<= )[~/][^ ]*\/(?=[^ /])/g, '…/');
}
