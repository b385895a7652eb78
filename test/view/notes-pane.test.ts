import {expect, test} from 'vitest';
import type {Snapshot, Verdict} from '../../source/snapshot.ts';
import {noteHeight, noteLines} from '../../source/view/notes-pane.ts';
import {unicodeSymbols} from '../../source/view/symbols.ts';
import {pictureOf} from './golden.ts';
import {scenes} from './scenes.ts';

type ClientVerdict = NonNullable<Snapshot['level']>['verdicts']['client'];

function judged(client: ClientVerdict, notes: readonly string[] = []): Snapshot {
	const {level} = scenes.full;
	if (level === undefined) throw new Error('no level runs in the scene');
	return {...scenes.full, level: {...level, verdicts: {...level.verdicts, client}}, notes};
}

const reason: Verdict<string>['reason'] = 'A load thread ran 6.1 ms late at p99; a load thread used 86 % of a core.';
const drawn = (snapshot: Snapshot, area: {width: number; height: number}, answer?: string) =>
	pictureOf(noteLines(snapshot, area, answer), unicodeSymbols)
		.split('\n')
		.slice(0, -1);

test('a message takes a second line where it needs one, and no third', () => {
	const snapshot = judged({value: 'suspect', reason});
	const height = (width: number) => noteHeight(snapshot, width, {answer: undefined, most: 3});
	expect([60, 100].map(height)).toEqual([2, 1]);
	expect(drawn(snapshot, {width: 60, height: 2})).toEqual([
		' ! client suspect: A load thread ran 6.1 ms late at p99; a',
		'   load thread used 86 % of a core.',
	]);
	expect(drawn(snapshot, {width: 60, height: 1})).toEqual([
		' ! client suspect: A load thread ran 6.1 ms late at p99; a …',
	]);
	expect(drawn(snapshot, {width: 40, height: 3})).toEqual([
		' ! client suspect: A load thread ran 6.1',
		'   ms late at p99; a load thread used 8…',
		'',
	]);
});

test('the answer to a key comes first, then what spoils the numbers, then the newest note', () => {
	const snapshot = judged({value: 'client-limited', reason}, ['first', 'second']);
	expect(drawn(snapshot, {width: 120, height: 4}, 'streams 8 → 9')).toEqual([
		' ▸ streams 8 → 9',
		` ! client-limited: ${reason}`,
		' ! second',
		' ! first',
	]);
	expect(noteHeight(snapshot, 120, {answer: 'streams 8 → 9', most: 2})).toBe(2);
});
