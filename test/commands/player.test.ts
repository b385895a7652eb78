import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {advance, changeSpeed, type Playback, seek} from '../../source/commands/player.ts';

const durationMs = 92_000;
const start: Playback = {positionMs: 0, speed: 1, isPaused: false};

describe('a replay', () => {
	test('goes on by the time that has passed, times its speed', () => {
		expect(advance(start, 250, durationMs).positionMs).toBe(250);
		expect(advance({...start, positionMs: 1000, speed: 64}, 250, durationMs).positionMs).toBe(17_000);
		expect(advance({...start, speed: 0.25}, 1000, durationMs).positionMs).toBe(250);
	});

	test('stands still while it is paused, and at its end', () => {
		const paused = {...start, positionMs: 5000, isPaused: true};
		expect(advance(paused, 10_000, durationMs)).toEqual(paused);
		const ended = advance({...start, positionMs: 91_900}, 250, durationMs);
		expect(ended).toEqual({...start, positionMs: durationMs});
		expect(advance(ended, 250, durationMs)).toEqual(ended);
		expect(advance(seek(ended, -5000, durationMs), 250, durationMs).positionMs).toBe(87_250);
	});

	test('goes back and forward within the session, paused or not', () => {
		const paused = {...start, positionMs: 7000, isPaused: true};
		expect(seek(paused, -5000, durationMs)).toEqual({...paused, positionMs: 2000});
		expect(seek(paused, -60_000, durationMs)).toEqual({...paused, positionMs: 0});
		expect(seek(paused, 60_000, durationMs)).toEqual({...paused, positionMs: 67_000});
		expect(seek(paused, Number.POSITIVE_INFINITY, durationMs)).toEqual({...paused, positionMs: durationMs});
		expect(seek(paused, Number.NEGATIVE_INFINITY, durationMs)).toEqual({...paused, positionMs: 0});
	});

	test('has nine speeds from 0.25 to 64; one between them goes to its neighbour', () => {
		const up: number[] = [];
		for (let playback = {...start, speed: 0.25}; up.at(-1) !== playback.speed; playback = changeSpeed(playback, 1))
			up.push(playback.speed);
		expect(up).toEqual([0.25, 0.5, 1, 2, 4, 8, 16, 32, 64]);
		const down = up.toReversed().map((speed) => changeSpeed({...start, speed}, -1).speed);
		expect(down).toEqual([32, 16, 8, 4, 2, 1, 0.5, 0.25, 0.25]);
		expect([changeSpeed({...start, speed: 3}, 1).speed, changeSpeed({...start, speed: 3}, -1).speed]).toEqual([4, 2]);
	});

	test('never leaves the session, whatever is asked of it', () => {
		const steps = fc.array(
			fc.oneof(
				fc.record({elapsedMs: fc.nat({max: 100_000})}),
				fc.record({byMs: fc.oneof(fc.integer({min: -1e6, max: 1e6}), fc.constantFrom(Infinity, -Infinity))}),
				fc.record({step: fc.constantFrom<1 | -1>(1, -1)}),
			),
		);
		fc.assert(
			fc.property(steps, fc.nat({max: 200_000}), (asked, length) => {
				let playback = start;
				for (const step of asked) {
					if ('elapsedMs' in step) playback = advance(playback, step.elapsedMs, length);
					else if ('byMs' in step) playback = seek(playback, step.byMs, length);
					else playback = changeSpeed(playback, step.step);
					expect(playback.positionMs).toBeGreaterThanOrEqual(0);
					expect(playback.positionMs).toBeLessThanOrEqual(length);
					expect(playback.speed).toBeGreaterThanOrEqual(0.25);
					expect(playback.speed).toBeLessThanOrEqual(64);
				}
			}),
		);
	});
});
