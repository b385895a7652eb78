/** What the stages of a load and of a watch have in common: a server of our own, and somebody who may want the end. */

import type {OwnServer} from '../engine/own-server.ts';

export abstract class ServerStage {
	/** Absent where the server is not ours. */
	readonly stopServer?: () => void;
	/** Absent: the server is there already, or looked for. */
	protected readonly own: OwnServer | undefined;
	#isUnwanted = false;

	constructor(own: OwnServer | undefined) {
		this.own = own;
		if (own === undefined) return;
		this.stopServer = () => {
			own.unwanted();
			this.stop();
		};
	}

	/** Somebody has asked for the end. */
	get isUnwanted(): boolean {
		return this.#isUnwanted;
	}

	/** Brings what is shown to its end: a start that is under way, then what comes after it. */
	stop(): void {
		this.#isUnwanted = true;
		this.own?.abort();
		this.end();
	}

	/** Ends what is shown after the start, if it has come so far. */
	protected abstract end(): void;
}
