/** What the keys about the load do: they ask the engine, and say so where the screen does not show it by itself. */

import type {Snapshot} from '../snapshot.ts';
import type {LoadCommand} from './commands.ts';
import {type Controls, nextConcurrency} from './controls.ts';
import {levelNumber} from './level-words.ts';

interface LoadKeys {
	/** Absent in a replay. */
	readonly controls: Controls | undefined;
	/** The newest snapshot, also while the screen is paused. */
	readonly newest: () => Snapshot | undefined;
	/** Tells the person what a key has brought about. */
	readonly say: (message: string) => void;
	/** The same some time after the key. */
	readonly sayLater: (message: string) => void;
}

export function loadCommands({controls, newest, say, sayLater}: LoadKeys): Readonly<Record<LoadCommand, () => void>> {
	/** The streams that were asked for after this snapshot was made: it does not know of them. */
	let asked: {readonly after: Snapshot; readonly streams: number} | undefined;

	function changeStreams(direction: 1 | -1): void {
		const snapshot = newest();
		if (snapshot === undefined || controls === undefined) return;
		const now = asked?.after === snapshot ? asked.streams : snapshot.level?.concurrency;
		if (now === undefined) return;
		const streams = nextConcurrency(now, direction);
		if (streams === now) return;
		asked = {after: snapshot, streams};
		controls.setConcurrency(streams);
		say(`streams ${levelNumber(now)} → ${levelNumber(streams)}`);
	}

	async function save(): Promise<void> {
		say('saving');
		const answer = await controls?.save().then(
			(path) => `saved in ${path}`,
			(error: unknown) => `not saved: ${error instanceof Error ? error.message : String(error)}`,
		);
		if (answer !== undefined) sayLater(answer);
	}

	return {
		'more-streams': () => changeStreams(1),
		'fewer-streams': () => changeStreams(-1),
		'stop-load': () => {
			controls?.stopLoad();
			say('the load stops: open requests get two seconds; l loads again');
		},
		'start-load': () => {
			controls?.startLoad();
			say('the load starts again');
		},
		'next-level': () => {
			controls?.nextLevel();
			say('on to the next level');
		},
		save: () => void save(),
	};
}
