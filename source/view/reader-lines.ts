/** The view for a screen reader: sentences with its numbers in its words, and only what has changed. */

import {integer} from '../format.ts';
import type {Snapshot} from '../snapshot.ts';
import {linkChanges} from './link-words.ts';
import {newNotes} from './progress-line.ts';
import type {Topic} from './reader-topic.ts';
import {figureTopics, runTopics} from './reader-topics.ts';
import {outside} from './text.ts';

/** Failed streams that are told one by one each time; of more only how many. */
const mostFailures = 3;

/**
 * Sentences about `next`: everything the first time (`previous` is undefined), then the values that have changed since
 * `previous`, each note, mark and failure once. Nothing when nothing has changed but the time.
 */
export function readerLines(previous: Snapshot | undefined, next: Snapshot): string[] {
	const sentences = [
		...changes(previous === undefined ? [] : runTopics(previous), runTopics(next)),
		...linkChanges(previous, next).map((change) => change.replace(/^./, (letter) => letter.toUpperCase())),
		...newNotes(previous, next).map((note) => `Note: ${note}`),
		...(next.marks ?? []).slice(previous?.marks?.length ?? 0).map(({text}) => `Mark: ${outside(text)}`),
		...failures(previous, next),
		...changes(previous === undefined ? [] : figureTopics(previous), figureTopics(next)),
		...verdicts(previous, next),
	];
	return (sentences.length === 0 ? [] : [...sentences, time(next)])
		.map(spoken)
		.filter((text) => text !== '')
		.map((text) => (/[.!?]$/.test(text) ? text : `${text}.`));
}

/** A sentence for each topic with values that are others than before. */
function changes(before: readonly Topic[], now: readonly Topic[]): string[] {
	const said = new Map(before.map(({subject, values}) => [subject, values]));
	return now.flatMap(({subject, values}) => {
		const texts = Object.entries(values)
			.filter(([name, text]) => text !== '' && said.get(subject)?.[name] !== text)
			.map(([, text]) => text);
		return texts.length === 0 ? [] : [`${subject}: ${texts.join(', ')}`];
	});
}

/** Streams that have failed since the last time. */
function failures(previous: Snapshot | undefined, next: Snapshot): string[] {
	const before = new Map((previous?.streams ?? []).map((row) => [row.stream, row]));
	const fresh = next.streams.filter((row) => {
		const earlier = before.get(row.stream);
		return row.state === 'failed' && !(earlier?.state === 'failed' && earlier.detail === row.detail);
	});
	const told = fresh.slice(0, mostFailures).map((row) => {
		const why = row.detail === undefined ? '' : `: ${outside(row.detail)}`;
		return `Stream ${row.stream + 1} failed${why}`;
	});
	const rest = fresh.length - told.length;
	return rest === 0 ? told : [...told, `${integer(rest)} more ${rest === 1 ? 'stream has' : 'streams have'} failed`];
}

/** Verdicts that are others than before; why, when one spoils the numbers. */
function verdicts(previous: Snapshot | undefined, next: Snapshot): string[] {
	const now = next.level?.verdicts;
	if (now === undefined) return [];
	const before = previous?.level?.verdicts;
	return (['client', 'cache', 'length'] as const).flatMap((name) => {
		const {value, reason} = now[name];
		if (value === before?.[name].value) return [];
		const isFine = value === 'ok' || value === 'cold' || value === 'honoured';
		return [`Verdict on the ${name}: ${value}${isFine ? '' : `, ${outside(reason)}`}`];
	});
}

/** The time that is left, or that has passed where the end is open. */
function time({level, phase, atMs}: Snapshot): string {
	if (phase === 'done') return '';
	if (level?.remainingMs !== undefined) return `${timeWords(level.remainingMs)} left`;
	return `${timeWords(level?.elapsedMs ?? atMs)} have passed`;
}

function timeWords(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const parts = [
		[Math.floor(seconds / 3600), 'hour'],
		[Math.floor(seconds / 60) % 60, 'minute'],
		[seconds % 60, 'second'],
	] as const;
	const words = parts
		.filter(([count]) => count > 0)
		.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`);
	return words.length === 0 ? '0 seconds' : words.join(' ');
}

const words: Readonly<Record<string, string>> = {
	'→': 'to',
	'←': 'from',
	'×': 'times',
	'−': 'minus',
	'·': ',',
	'…': '...',
};

/** Without signs that a screen reader stumbles over: arrows, lines, blocks and Braille. */
function spoken(text: string): string {
	return text
		.replace(/[^ -~]/gu, (sign) => words[sign] ?? sign)
		.replace(/[\u2190-\u21ff\u2500-\u28ff]/g, '')
		.replace(/\s+/g, ' ')
		.replace(/ ,/g, ',')
		.trim();
}
