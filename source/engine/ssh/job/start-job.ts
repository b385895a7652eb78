/** Starts a program on a box, with its guard. */

import {setTimeout as pause} from 'node:timers/promises';
import type {SshConnection} from '../connection.ts';
import type {Job, JobOrder} from './job.ts';
import {RemoteJob} from './remote-job.ts';
import {type Started, startGuard} from './start-guard.ts';

/** For what was started and is not wanted any more; after that its guard ends it, when we are gone for long enough. */
const mostEndMs = 5_000;

/**
 * Starts it, and keeps it alive from then on. Rejects with a `SpawnError` when its program cannot be run, `ENOENT` or
 * `EACCES`; with an `ExpectedError`, exit 4, when no place there can be written, and exit 3 when the connection is lost
 * meanwhile (its guard then ends what may have been started); and with the signal's reason, once what was started has
 * ended, or after 5 s.
 */
export async function startJob(connection: SshConnection, order: JobOrder, signal: AbortSignal): Promise<Job> {
	signal.throwIfAborted();
	const aborted = Promise.withResolvers<never>();
	const abort = () => aborted.reject(signal.reason);
	signal.addEventListener('abort', abort, {once: true});
	const starting = startGuard(connection, order);
	try {
		const started = await Promise.race([starting, aborted.promise]);
		return new RemoteJob(connection, order, started);
	} catch (error) {
		if (signal.aborted) await endOf(starting, (started) => new RemoteJob(connection, order, started));
		throw error;
	} finally {
		signal.removeEventListener('abort', abort);
	}
}

async function endOf(starting: Promise<Started>, jobOf: (started: Started) => Job): Promise<void> {
	const enough = new AbortController();
	const late = pause(mostEndMs, undefined, {signal: enough.signal}).catch(() => undefined);
	const ended = starting.then(async (started) => {
		const job = jobOf(started);
		job.hurry();
		await job.ended;
	});
	await Promise.race([ended.catch(() => undefined), late]);
	enough.abort();
}
