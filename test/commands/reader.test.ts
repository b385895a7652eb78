import {PassThrough} from 'node:stream';
import {expect, onTestFinished, test, vi} from 'vitest';
import {startReader} from '../../source/commands/reader.ts';
import type {Snapshot} from '../../source/snapshot.ts';
import {scenes} from '../view/scenes.ts';

function started(first: Snapshot) {
	vi.useFakeTimers({toFake: ['setInterval', 'clearInterval']});
	onTestFinished(() => {
		vi.useRealTimers();
	});
	const stdin = new PassThrough();
	const stdout = new PassThrough();
	stdout.setEncoding('utf8');
	const state = {snapshot: first, quits: 0};
	const reader = startReader({
		snapshot: () => state.snapshot,
		everyMs: 5000,
		stdin,
		stdout,
		onQuit: () => {
			state.quits += 1;
		},
	});
	return {state, stdin, reader, said: () => String(stdout.read() ?? '')};
}

test('the reader says how to stop and what runs at once, then changes, at most every five seconds', () => {
	const {state, said, reader} = started(scenes.prefill);
	expect(said()).toMatch(/^Type q and Enter .*\nServer: vllm .*\n(?:.*\n)*1 minute 55 seconds left\.\n$/);
	state.snapshot = scenes.full;
	vi.advanceTimersByTime(4999);
	expect(said()).toBe('');
	vi.advanceTimersByTime(1);
	expect(said()).toMatch(/^Tokens per second: 1,512 now, .*\n(?:.*\n)*41 seconds left\.\n$/);
	vi.advanceTimersByTime(20_000);
	expect(said()).toBe('');
	state.snapshot = {...scenes.full, phase: 'draining'};
	reader.close();
	expect(said()).toBe('State: draining.\n41 seconds left.\n');
	state.snapshot = scenes.done;
	vi.advanceTimersByTime(20_000);
	expect(said()).toBe('');
});

test('q and Enter end the run, however the line comes; other lines do nothing', async () => {
	const {state, stdin, reader} = started(scenes.full);
	for (const text of ['quit\n', 'no q\n', `${'q'.repeat(200)}\n`, ' Q', ' \r', '\nq\r\n']) stdin.write(text);
	await vi.waitFor(() => expect(state.quits).toBe(2));
	reader.close();
	expect([stdin.listenerCount('data'), stdin.isPaused()]).toEqual([0, true]);
});
