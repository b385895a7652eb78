/** A saved session as the snapshots that the live view would have shown while it ran. Pure: knows no time but the one asked for. */

import {present} from '../metrics/present.ts';
import type {Level, Phase, ServerStart, Session, Snapshot} from '../snapshot.ts';
import {instants, passed} from './instants.ts';
import {LevelReplay} from './replay-level.ts';
import {askedFor, isStopped, placesInPlan, stoppedAt} from './replay-plan.ts';

export interface Replay {
	/** From the start of the session to the end of its last level (or to its last mark), ms. */
	readonly durationMs: number;
	/**
	 * The view's snapshot at a moment of the session; before the start that of the start, after the end that of the end.
	 * `watched`: the stream that is looked at closely.
	 */
	at(ms: number, watched?: number): Snapshot;
}

/** The snapshot of one moment, ms from the start of the session. For many moments of one session: `createReplay`. */
export function replayAt(session: Session, ms: number): Snapshot {
	return createReplay(session).at(ms);
}

/**
 * Indexes a session once; each snapshot then costs the rows of its streams and little else, whatever the number of
 * requests. What the document does not tell is absent: when a warning came (all notes stand at the end), warm-up, texts,
 * and what GPUs and the server's own counters said from second to second (what a level came to of them is in its figures
 * once it has ended); see `LevelReplay.live` for the figures.
 */
export function createReplay(session: Session): Replay {
	const asked = askedFor(session);
	const {plan, workload} = asked;
	const levels = session.levels.toSorted((one, other) => one.startedAtMs - other.startedAtMs);
	const marks = session.marks?.toSorted((one, other) => one.atMs - other.atMs) ?? [];
	const markedAt = instants(marks.map(({atMs}) => atMs));
	const places = placesInPlan(levels, {plan, marks});
	const replays = levels.map((level) => new LevelReplay(level, asked));
	const startedAt = instants(levels.map(({startedAtMs}) => startedAtMs));
	const endOf = ({level, lengthMs}: LevelReplay) => level.startedAtMs + lengthMs;
	const durationMs = replays.reduce((latest, replay) => Math.max(latest, endOf(replay)), markedAt.at(-1) ?? 0);

	function at(ms: number, watched?: number): Snapshot {
		const atMs = Math.min(Math.max(0, ms), durationMs);
		const begun = passed(startedAt, atMs);
		const newest = replays[begun - 1];
		const running = newest !== undefined && atMs < endOf(newest) ? newest : undefined;
		const isDone = atMs >= durationMs;
		// Between two levels the next one is the present one, as while it is opened.
		const presentLevel = running === undefined && !isDone && begun < levels.length ? begun : begun - 1;
		const levelMs = running === undefined ? (newest?.lengthMs ?? 0) : atMs - running.level.startedAtMs;
		return Object.freeze(
			present({
				atMs,
				phase: isDone ? 'done' : running === undefined ? idlePhase(begun, atMs) : runningPhase(running, atMs),
				target: session.target,
				workload,
				plan,
				levelIndex: places[presentLevel] ?? 0,
				level: running?.live(levelMs),
				finished: levels.slice(0, running === undefined ? begun : begun - 1),
				streams: newest?.rows(levelMs) ?? [],
				detail: watched === undefined ? undefined : newest?.detail(watched, levelMs),
				start: startOf(session, levels[presentLevel]),
				marks: session.marks === undefined ? undefined : marks.slice(0, passed(markedAt, atMs)),
				notes: isDone ? session.notes : [],
			}),
		);
	}

	function idlePhase(begun: number, atMs: number): Phase {
		if (isStopped(marks, atMs)) return 'stopped';
		return begun === 0 ? 'opening' : 'between';
	}

	function runningPhase({level}: LevelReplay, atMs: number): Phase {
		return stoppedAt(marks, {fromMs: level.startedAtMs, toMs: atMs}) === undefined ? 'running' : 'draining';
	}

	return {durationMs, at};
}

/** The server that we had started for a level, as it was while it served; absent when it was there before us. */
function startOf({started}: Session, level: Level | undefined): ServerStart | undefined {
	const server = started?.find(({setting}) => setting === level?.setting);
	if (server === undefined) return undefined;
	const {preset, setting, command, stages, readyMs} = server;
	return present({preset, setting, command, stage: 'ready' as const, passed: stages, elapsedMs: readyMs});
}
