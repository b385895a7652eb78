/** What the person must know now: verdicts that spoil the numbers, and the newest notes of the run. */

import type {Snapshot} from '../snapshot.ts';
import {fitLine, type Line, type Style, span} from './line.ts';
import {outside} from './text.ts';

interface Message {
	readonly text: string;
	readonly style: Style;
}

/** Most important first. */
function messages(snapshot: Snapshot): Message[] {
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
	return [...spoiled, ...saved, ...notes];
}

/** How many messages there are. */
export function noteCount(snapshot: Snapshot): number {
	return messages(snapshot).length;
}

/** Exactly `height` lines of `width` columns. */
export function noteLines(snapshot: Snapshot, {width, height}: {width: number; height: number}): Line[] {
	const shown = messages(snapshot).slice(0, height);
	return Array.from({length: height}, (_, index) => {
		const message = shown[index];
		return fitLine(message === undefined ? [] : [span(` ! ${outside(message.text)}`, message.style)], width);
	});
}
