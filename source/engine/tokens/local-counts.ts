/**
 * Replaces the counts of ended requests by counts of their texts, when the person asks for a tokenizer of their own.
 * The counting happens in a thread beside the load; a tick passes through here on its way to the level.
 */

import type {WorkConfig} from '../../config.ts';
import type {LevelTick} from '../../metrics/level-tick.ts';
import type {RequestRecord} from '../../snapshot.ts';
import type {TickMessage} from '../load/load.ts';
import {createTokenCounter, type TokenCounter} from './counter.ts';

export class LocalCounts {
	readonly #counter: TokenCounter | undefined;

	constructor(tokens: WorkConfig['tokens']) {
		this.#counter = tokens === 'auto' ? undefined : createTokenCounter(tokens);
	}

	/** Resolves when the tokenizer is loaded. Throws `ExpectedError`, exit 2, when it cannot be used. */
	async ready(): Promise<void> {
		await this.#counter?.ready;
	}

	/** For one level: takes its ticks in order and gives them back in that order, with local counts where asked for. */
	folder(): (message: TickMessage) => Promise<LevelTick> {
		const counter = this.#counter;
		if (counter === undefined) return ({tick}) => Promise.resolve(tick);
		/** By load thread: what the local counts of ended requests add to the tokens of the ledger. */
		const corrections = new Map<number, number>();
		let last: Promise<unknown> = Promise.resolve();
		return (message) => {
			const counted = last.then(() => recount(message, counter, corrections));
			last = counted;
			return counted;
		};
	}

	async close(): Promise<void> {
		await this.#counter?.close();
	}
}

async function recount(
	{tick, texts = []}: TickMessage,
	counter: TokenCounter,
	corrections: Map<number, number>,
): Promise<LevelTick> {
	const before = corrections.get(tick.worker) ?? 0;
	let after = before;
	const records = [...tick.records];
	const counts = await Promise.all(texts.map(({text}) => (text === '' ? 0 : counter.count(text))));
	for (const [place, {record: at}] of texts.entries()) {
		const record = records[at];
		const count = counts[place];
		if (record === undefined || count === undefined) continue;
		// A request that was never answered has no count, as without a local one.
		if (count === 0 && record.outputTokens === undefined) continue;
		after += count - (record.outputTokens ?? 0);
		records[at] = withLocalCount(record, count);
	}
	corrections.set(tick.worker, after);
	// Rows before the tick's end keep the correction known until then; the last row has them all, so totals are exact.
	const ledger = tick.ledger.map((value, place) =>
		place % 3 === 2 ? value + (place === tick.ledger.length - 1 ? after : before) : value,
	);
	return {...tick, records, ledger};
}

/** The record with another count, and the TPOT that follows from it. */
function withLocalCount(record: RequestRecord, count: number): RequestRecord {
	const {tpotMs: _, ...rest} = record;
	const counted: RequestRecord = {...rest, outputTokens: count, tokenSource: 'local'};
	const {firstTokenAt, lastTokenAt} = record;
	const after = count - 1;
	if (record.tpotMs === undefined || firstTokenAt === undefined || lastTokenAt === undefined || after < 1)
		return counted;
	return {...counted, tpotMs: (lastTokenAt - firstTokenAt) / after};
}
