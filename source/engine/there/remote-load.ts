/** A load that runs on another machine, as it is heard and spoken to here. */

import {createGunzip, type Gunzip} from 'node:zlib';
import {now} from '../../clock.ts';
import type {HostFacts, Snapshot} from '../../snapshot.ts';
import {LineSplitter} from '../ssh/line-splitter.ts';
import {type Failure, type Order, orderLine, type Told, toldOf} from './messages.ts';
import {SnapshotReader} from './snapshot-frames.ts';

/** The program there: a job, or what stands for one. */
interface ProcessThere {
	onOutput(listener: (text: string) => void): void;
	onErrors(listener: (text: string) => void): void;
	write(line: string): void;
	readonly ended: Promise<ProcessEnd>;
}
export interface ProcessEnd {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	/** The last signal that its guard there sent to it. */
	readonly sent?: NodeJS.Signals;
	/** The machine was not reached again, or it was restarted: nobody saw its end. */
	readonly unseen?: true;
}

/** How a load there has ended. */
export interface RemoteEnd {
	readonly process: ProcessEnd;
	/** What it said last. Absent: it could not say it. */
	readonly said?: {readonly code: number; readonly failure?: Failure};
}

export interface RemoteLoadOptions {
	readonly process: ProcessThere;
	/** What it begins with. */
	readonly begin: Omit<Order & {readonly order: 'begin'}, 'order'>;
	/**
	 * A document begins; 0 is the session at its end. Its bytes are plain. They end with an error when the document does
	 * not come to its end.
	 */
	readonly onDocument: (document: number, bytes: AsyncIterable<Uint8Array>) => void;
	readonly onNotSaved: (document: number, failure: Failure) => void;
	/** A line of its standard error. */
	readonly onLine: (line: string) => void;
}

export class RemoteLoad {
	readonly #options: RemoteLoadOptions;
	readonly #reader = new SnapshotReader();
	readonly #first = Promise.withResolvers<void>();
	#snapshot: Snapshot | undefined;
	#receivedAt = now();
	#host: HostFacts | undefined;
	#document: Gunzip | undefined;
	#said: RemoteEnd['said'];
	#trouble: Error | undefined;
	/** Once all that it told has been heard. Rejects when it tells what cannot be. */
	readonly ended: Promise<RemoteEnd>;

	constructor(options: RemoteLoadOptions) {
		this.#options = options;
		const {process, begin, onLine} = options;
		const lines = new LineSplitter();
		const errors = new LineSplitter();
		process.onOutput((text) => {
			for (const line of lines.take(text)) this.#hear(line);
		});
		process.onErrors((text) => {
			for (const line of errors.take(text)) onLine(line);
		});
		this.ended = process.ended.then((end) => this.#end(end));
		this.ended.catch(() => undefined);
		this.order({order: 'begin', ...begin});
	}

	/** Resolves with the first snapshot, or when it ends without. */
	get first(): Promise<unknown> {
		return Promise.race([this.#first.promise, this.ended.catch(() => undefined)]);
	}

	/** The newest that has arrived; absent before the first. */
	get snapshot(): Snapshot | undefined {
		return this.#snapshot;
	}

	/** How long ago it arrived, ms. */
	get ageMs(): number {
		return now() - this.#receivedAt;
	}

	/** The machine that it runs on; absent until it has said so. */
	get host(): HostFacts | undefined {
		return this.#host;
	}

	order(order: Order): void {
		this.#options.process.write(orderLine(order));
	}

	#hear(line: string): void {
		const told = toldOf(line);
		if (told === undefined || this.#trouble !== undefined) return;
		try {
			this.#take(told);
		} catch (error) {
			this.#trouble = new Error(`the load there told what cannot be read: ${String(error)}`, {cause: error});
			this.order({order: 'stop'});
		}
	}

	#take(told: Told): void {
		switch (told.tells) {
			case 'hello':
				this.#host = told.host;
				break;
			case 'snapshot':
				this.#snapshot = this.#reader.read(told.frame);
				this.#receivedAt = now();
				this.order({order: 'seen'});
				this.#first.resolve();
				break;
			case 'document':
				this.#document = createGunzip();
				this.#options.onDocument(told.document, this.#document);
				break;
			case 'part':
				this.#document?.write(told.bytes);
				break;
			case 'documentEnd':
				this.#document?.end();
				this.#document = undefined;
				break;
			case 'notSaved':
				this.#options.onNotSaved(told.document, told.failure);
				break;
			case 'end':
				this.#said = {code: told.code, ...(told.failure === undefined ? {} : {failure: told.failure})};
				break;
			default:
				told satisfies never;
		}
	}

	#end(process: ProcessEnd): RemoteEnd {
		this.#document?.destroy(new Error('the rest of it did not come'));
		if (this.#trouble !== undefined) throw this.#trouble;
		return {process, ...(this.#said === undefined ? {} : {said: this.#said})};
	}
}
