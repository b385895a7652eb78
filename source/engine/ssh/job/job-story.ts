/** What the guard of a job has told of its end so far, and what that comes to. */

import type {JobEnd, JobProcess} from './job.ts';
import type {JobEvent} from './job-event.ts';

export class JobStory {
	#isOrphaned = false;
	readonly #killed = new Map<number, JobProcess>();
	readonly #left = new Map<number, JobProcess>();
	#ended: Extract<JobEvent, {kind: 'ended'}> | undefined;

	/** How it ended; absent until the guard has told. */
	get ended(): Extract<JobEvent, {kind: 'ended'}> | undefined {
		return this.#ended;
	}

	/** Each connection tells all of them anew. */
	add(event: JobEvent): void {
		if (event.kind === 'orphaned') this.#isOrphaned = true;
		else if (event.kind === 'killed') this.#killed.set(event.process.pid, event.process);
		else if (event.kind === 'left') this.#left.set(event.process.pid, event.process);
		else if (event.kind === 'ended') this.#ended = event;
	}

	/** When nothing more is told: nobody saw it end, unless somebody did. */
	end(): JobEnd {
		const killed = [...this.#killed.values()].filter(({pid}) => !this.#left.has(pid));
		const rest = {killed, left: [...this.#left.values()], ...(this.#isOrphaned ? {orphaned: true as const} : {})};
		if (this.#ended === undefined) return {code: null, signal: null, ...rest, unseen: true};
		return {...this.#ended.end, ...rest};
	}
}
