/**
 * Snapshots as short lines of text: what has changed since the one before, packed with that one's text as the dictionary.
 * One writer and one reader belong together, and the reader must get all lines in their order.
 */

import {deflateRawSync, inflateRawSync} from 'node:zlib';
import type {Level, LevelSummary, Snapshot} from '../../snapshot.ts';
import {applyPatch, isObject, patchOf} from './patch.ts';
import {StreamColumnsReader, StreamColumnsWriter} from './stream-columns.ts';

/** Bytes that the packer looks back. */
const windowBytes = 32 * 1024;
/** A snapshot's changes are never longer, bytes. */
const longest = 64 * 1024 * 1024;

export class SnapshotWriter {
	readonly #streams = new StreamColumnsWriter();
	readonly #summaries = new WeakMap<LevelSummary, LevelSummary>();
	#before: Readonly<Record<string, unknown>> = {};
	#dictionary = Buffer.alloc(0);

	/** Base64. */
	write({streams, finished, ...rest}: Snapshot): string {
		const after = {...rest, finished: finished.map((level) => this.#summary(level))};
		const patch = patchOf(this.#before, after) ?? null;
		this.#before = after;
		const text = Buffer.from(JSON.stringify([patch, this.#streams.write(streams)]));
		const packed = deflateRawSync(text, {dictionary: this.#dictionary});
		this.#dictionary = text.subarray(-windowBytes);
		return packed.toString('base64');
	}

	/** Without the records of its requests; the same one each time. */
	#summary(level: LevelSummary): LevelSummary {
		let summary = this.#summaries.get(level);
		if (summary === undefined) {
			const {records: _, ...rest}: LevelSummary & Partial<Pick<Level, 'records'>> = level;
			summary = rest;
			this.#summaries.set(level, summary);
		}
		return summary;
	}
}

export class SnapshotReader {
	readonly #streams = new StreamColumnsReader();
	#before: unknown = {};
	#dictionary = Buffer.alloc(0);

	/** Throws when the line is not the next one of the writer. */
	read(line: string): Snapshot {
		const text = inflateRawSync(Buffer.from(line, 'base64'), {dictionary: this.#dictionary, maxOutputLength: longest});
		this.#dictionary = text.subarray(-windowBytes);
		const told: unknown = JSON.parse(text.toString());
		if (!Array.isArray(told)) throw new RangeError('a snapshot is a list of two');
		const [patch, streams]: readonly unknown[] = told;
		if (patch !== null) this.#before = applyPatch(this.#before, patch);
		const rest = this.#before;
		if (!isSnapshot(rest)) throw new RangeError('a snapshot lacks what each has');
		return Object.freeze({...rest, streams: this.#streams.read(streams)});
	}
}

/** Its writer is this program, in this version: that it is one at all is looked at, not each of its members. */
function isSnapshot(value: unknown): value is Omit<Snapshot, 'streams'> {
	if (!isObject(value)) return false;
	const {atMs, phase, target, workload, plan, levelIndex, finished, notes} = value;
	return (
		typeof atMs === 'number' &&
		typeof phase === 'string' &&
		typeof workload === 'string' &&
		typeof levelIndex === 'number' &&
		isObject(target) &&
		typeof target.url === 'string' &&
		typeof target.engine === 'string' &&
		isObject(plan) &&
		Array.isArray(plan.levels) &&
		Array.isArray(finished) &&
		Array.isArray(notes)
	);
}
