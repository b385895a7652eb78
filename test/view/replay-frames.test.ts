import {describe, expect, test} from 'vitest';
import {type ReplayScene, recordedSession, replayScreen} from '../../scripts/frames.ts';
import {readSession} from '../../source/session/read.ts';
import {symbolsOf} from '../../source/view/symbols.ts';
import {textWidth} from '../../source/view/text.ts';
import {screenNames} from '../../source/view/ui-state.ts';
import {expectPicture} from './golden.ts';

const session = await readSession(recordedSession);
const theme = {color: false, symbols: symbolsOf('braille')};
const sizes = [
	{columns: 60, rows: 15},
	{columns: 80, rows: 24},
	{columns: 120, rows: 40},
	{columns: 160, rows: 45},
];

/** A moment in the last level, on every screen; and moments that look different on the first. */
const scenes: Readonly<Record<string, ReplayScene>> = {
	...Object.fromEntries(screenNames.map((screen) => [screen, {atMs: 31_000, ui: {screen}, speed: 4}])),
	opening: {atMs: 0},
	between: {atMs: (session.levels.at(-1)?.startedAtMs ?? 1) - 1},
	paused: {atMs: 31_000, isPaused: true, speed: 0.25},
	detail: {atMs: 31_000, watched: 3, ui: {screen: 'streams', detail: true, selected: 3}},
	help: {atMs: 31_000, ui: {help: true}},
	end: {atMs: 1e9},
};

describe('a replay is drawn as in its picture', () => {
	for (const [name, scene] of Object.entries(scenes)) {
		for (const size of sizes) {
			const title = `replay-${name}-${size.columns}x${size.rows}`;
			test(title, () => {
				const lines = replayScreen(session, scene, {size, theme}).map((line) => line.replace(/\u001b\[[\d;]*m/g, ''));
				expect(lines.map(textWidth)).toEqual(Array.from({length: size.rows}, () => size.columns));
				expectPicture(title, lines.map((line) => `${line.trimEnd()}\n`).join(''));
			});
		}
	}
});
