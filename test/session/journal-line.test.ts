import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {Mismatch} from '../../source/session/decode.ts';
import {readTick, writtenTick} from '../../source/session/journal-line.ts';
import {tickOf} from './journal-lines.ts';

describe('The numbers of a tick in the journal', () => {
	test('come back exactly, whatever they are', () => {
		const finite = fc.double({noNaN: true, noDefaultInfinity: true});
		fc.assert(
			fc.property(fc.array(finite), fc.option(fc.array(finite)), (ledger, firstTokens) => {
				const tick = {
					...tickOf(1),
					ledger: Float64Array.from(ledger),
					...(firstTokens === null ? {} : {firstTokens: Float64Array.from(firstTokens)}),
				};
				expect(readTick(JSON.parse(JSON.stringify(writtenTick(tick))))).toStrictEqual(tick);
			}),
		);
	});

	test.each([
		['a text that is not base64', '!!!!'],
		['a number that was cut off', Buffer.alloc(12).toString('base64')],
		['a number that is none', Buffer.from(Float64Array.of(Number.NaN).buffer).toString('base64')],
		['an infinite number', Buffer.from(Float64Array.of(Number.POSITIVE_INFINITY).buffer).toString('base64')],
	])('are refused when they are %s', (_what, ledger) => {
		expect(() => readTick({...writtenTick(tickOf(1)), ledger})).toThrow(Mismatch);
	});
});
