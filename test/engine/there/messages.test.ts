import {describe, expect, test} from 'vitest';
import {hostFacts} from '../../../source/engine/host/host-facts.ts';
import {type Order, orderLine, orderOf, type Told, toldLine, toldOf} from '../../../source/engine/there/messages.ts';

const orders: readonly Order[] = [
	{order: 'begin', argv: ['--concurrency=8', '--prompt=two\nlines'], isFollowed: true, everyMs: 250},
	{order: 'seen'},
	{order: 'stop'},
	{order: 'stopLoad'},
	{order: 'startLoad'},
	{order: 'nextLevel'},
	{order: 'stopServer'},
	{order: 'setConcurrency', streams: 12},
	{order: 'watchStream', stream: 3},
	{order: 'watchStream'},
	{order: 'save', document: 1},
];
const failure = {message: 'no', exitCode: 3, isBug: false};
const told: readonly Told[] = [
	{tells: 'hello', version: '0.1.0', host: hostFacts()},
	{tells: 'snapshot', frame: 'q1bKTFGyUrI0MDBQ0lFKLi2KT0wuyczPU7IyNNRRSs7PVbKKrgUA'},
	{tells: 'document', document: 0},
	{tells: 'part', bytes: Buffer.from([0, 10, 13, 255])},
	{tells: 'documentEnd'},
	{tells: 'notSaved', document: 2, failure},
	{tells: 'end', code: 0},
	{tells: 'end', code: 3, failure: {...failure, advice: 'yes'}},
];

describe('what two programs say to each other', () => {
	test.each(orders.map((order) => [JSON.stringify(order), order] as const))(
		'is a line and comes as it was: %s',
		(_, order) => {
			expect(orderLine(order)).not.toContain('\n');
			expect(orderOf(orderLine(order))).toStrictEqual(order);
		},
	);

	test.each(told.map((one) => [one.tells, one] as const))('is a line and comes as it was: %s', (_, one) => {
		expect(toldLine(one)).not.toContain('\n');
		expect(toldOf(toldLine(one))).toStrictEqual(one);
	});

	test('is nothing when somebody else has said it', () => {
		for (const line of [
			'',
			'Warning: something',
			'{}',
			'[]',
			'null',
			'{"tells":"end"}',
			'{"tells":"hello","version":1}',
		]) {
			expect(toldOf(line)).toBeUndefined();
		}
		for (const line of ['', 'q', '{"order":"shutdown"}', '{"order":"setConcurrency"}', '{"order":"begin","argv":5}']) {
			expect(orderOf(line)).toBeUndefined();
		}
	});
});
