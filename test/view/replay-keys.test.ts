import {describe, expect, onTestFinished, test} from 'vitest';
import {recordedSession} from '../../scripts/frames.ts';
import {createSessionPlayer} from '../../source/commands/session-player.ts';
import {readSession} from '../../source/session/read.ts';
import {createReplay} from '../../source/session/replay.ts';
import {createStore} from '../../source/store.ts';
import {showLive} from '../../source/view/live.tsx';
import {createTerminal, type FakeTerminal} from '../support/terminal.ts';

const replay = createReplay(await readSession(recordedSession));
const lengthMs = replay.durationMs;

interface Played {
	readonly terminal: FakeTerminal;
	/** Lets time pass. */
	pass(ms: number): void;
	readonly asked: string[];
}

function play(start: {positionMs: number; speed?: number; isPaused?: boolean}): Played {
	const terminal = createTerminal({columns: 100, rows: 30});
	const store = createStore();
	const asked: string[] = [];
	let time = 0;
	const {player, move} = createSessionPlayer({
		replay,
		store,
		file: 'run.json',
		clock: () => time,
		start: {speed: 1, isPaused: false, ...start},
	});
	const view = showLive({
		store,
		stdin: terminal.stdin,
		stdout: terminal.stdout,
		fps: 30,
		colors: 'sixteen',
		symbols: 'braille',
		theme: 'dark',
		player,
		onQuit: () => asked.push('quit'),
		onInterrupt: () => asked.push('interrupt'),
		onSuspend: () => asked.push('suspend'),
	});
	onTestFinished(async () => {
		view.close();
		await view.done;
		terminal.dispose();
	});
	return {
		terminal,
		asked,
		pass(ms) {
			time += ms;
			move();
		},
	};
}

const clock = (ms: number) => `0:${String(Math.floor(ms / 1000)).padStart(2, '0')}`;
/** What the header says of a moment. */
const place = (ms: number) => `${clock(ms)} of ${clock(lengthMs)}`;

describe('in a replay', () => {
	test('the header says that it is one, how fast it goes, the moment and the length', async () => {
		const {terminal, pass} = play({positionMs: 12_000});
		await terminal.shows(place(12_000));
		expect(terminal.screen()[0]).toMatch(/REPLAY 1×/);
		pass(3000);
		await terminal.shows(place(15_000));
	});

	test('Space stops it and lets it go on', async () => {
		const {terminal, pass} = play({positionMs: 12_000});
		await terminal.shows('REPLAY');
		terminal.press(' ');
		await terminal.shows('PAUSED');
		pass(5000);
		terminal.press(' ');
		await terminal.hides('PAUSED');
		await terminal.shows(place(12_000));
		pass(1000);
		await terminal.shows(place(13_000));
	});

	test('the arrows go five seconds back and forward, with Shift sixty, Home and End to its ends, and none past them', async () => {
		const {terminal} = play({positionMs: 12_000, isPaused: true});
		for (const [bytes, moment] of [
			['\u001b[C', 17_000],
			['\u001b[D\u001b[D', 7_000],
			['\u001b[D\u001b[D', 0],
			['\u001b[C'.repeat(40), lengthMs],
			['\u001b[D', lengthMs - 5000],
			['\u001b[1;2D', 0],
			['\u001b[1;2C', lengthMs],
			['\u001b[H', 0],
			['\u001b[F', lengthMs],
			['\u001b[D\u001b[D', lengthMs - 10_000],
		] as const) {
			terminal.press(bytes);
			await terminal.shows(place(moment));
		}
	});

	test('< and > change how fast it goes, from 0.25 to 64 times', async () => {
		const {terminal, pass} = play({positionMs: 1000});
		await terminal.shows('REPLAY 1×');
		for (const [bytes, speed] of [
			['>', 2],
			['>>', 8],
			['>>>>>', 64],
			['<', 32],
			['<<<<<<<<<', 0.25],
		] as const) {
			terminal.press(bytes);
			await terminal.shows(`REPLAY ${speed}×`);
		}
		pass(8000);
		await terminal.shows(place(3000));
	});

	test('at its end it stands still, with the result of the session, and can be gone back', async () => {
		const {terminal, pass} = play({positionMs: lengthMs - 1000});
		pass(60_000);
		await terminal.shows('DONE');
		await terminal.shows(place(lengthMs));
		pass(60_000);
		terminal.press('\u001b[D');
		await terminal.shows(place(lengthMs - 5000));
		await terminal.hides('DONE');
	});

	test('the other keys do what they do, and those of the load nothing', async () => {
		const {terminal, asked} = play({positionMs: 30_000, isPaused: true});
		await terminal.shows('decode');
		terminal.press('?');
		await terminal.shows(/slower, faster/);
		expect(terminal.screen().join('\n')).not.toMatch(/stop the load|fewer, more streams/);
		terminal.press('\u001b[F');
		terminal.press('\u001b');
		await terminal.shows('decode');
		await terminal.shows(place(30_000));
		const before = terminal.screen();
		terminal.press('xlws[]j');
		terminal.press('k');
		terminal.press('q');
		await expect.poll(() => asked).toEqual(['quit']);
		expect(terminal.screen()[0]).toBe(before[0]);
	});

	test('Enter shows what is known of one stream', async () => {
		const {terminal} = play({positionMs: 31_000, isPaused: true});
		await terminal.shows('decode');
		terminal.press('2jj\r');
		await terminal.shows(/STREAM 2 .* request \d+/);
		await terminal.shows(/FIRST TOKEN/);
		terminal.press('\u001b');
		await terminal.hides('FIRST TOKEN');
	});

	test('a picture that stands still is not drawn again', async () => {
		const {terminal, pass} = play({positionMs: 30_000, isPaused: true});
		await terminal.shows('decode');
		terminal.takeWritten();
		for (let second = 0; second < 5; second++) pass(1000);
		terminal.press('?');
		await terminal.shows(/slower, faster/);
		expect(terminal.takeWritten().split('\u001b[?2026h')).toHaveLength(2);
	});
});
