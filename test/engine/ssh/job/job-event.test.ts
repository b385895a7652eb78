import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {ByteStream} from '../../../../source/engine/ssh/job/byte-stream.ts';
import {parseEvent} from '../../../../source/engine/ssh/job/job-event.ts';

describe('What the guard of a job tells', () => {
	test.each([
		['kept', {kind: 'kept'}],
		['orphaned', {kind: 'orphaned'}],
		[
			'killed 12 python -m vllm --api-key abc',
			{kind: 'killed', process: {pid: 12, command: 'python -m vllm --api-key •••'}},
		],
		['left 12 ', {kind: 'left', process: {pid: 12, command: ''}}],
		['ended 0 - 5 0', {kind: 'ended', end: {code: 0, signal: null}, outputBytes: 5, errorBytes: 0}],
		[
			'ended 143 SIGTERM 5 7',
			{kind: 'ended', end: {code: null, signal: 'SIGTERM', sent: 'SIGTERM'}, outputBytes: 5, errorBytes: 7},
		],
		[
			'ended - SIGKILL 0 0',
			{kind: 'ended', end: {code: null, signal: null, sent: 'SIGKILL'}, outputBytes: 0, errorBytes: 0},
		],
		['ended 255 - 0 0', {kind: 'ended', end: {code: 255, signal: null}, outputBytes: 0, errorBytes: 0}],
		['begun', undefined],
		['ended 0 SIGHUP 0 0', undefined],
		['', undefined],
	])('%s', (line, event) => expect(parseEvent(line)).toEqual(event));

	test('is read whatever it is', () => {
		fc.assert(fc.property(fc.string(), (line) => void parseEvent(line)));
	});
});

describe('The bytes of a file', () => {
	test('are the same text however they are cut, and their number is the place where to go on', () => {
		fc.assert(
			fc.property(
				fc.string({unit: 'binary'}),
				fc.array(fc.nat({max: 40})),
				fc.nat({max: 5}),
				(text, cuts, heardAfter) => {
					const bytes = Buffer.from(text);
					const stream = new ByteStream();
					let heard = '';
					let from = 0;
					const offsets: number[] = [];
					const ends = [...cuts, bytes.length].map((cut) => {
						const begin = from;
						from = Math.min(bytes.length, from + cut);
						if (offsets.length === heardAfter) stream.onText((more) => (heard += more));
						stream.take(bytes.toString('latin1', begin, from));
						offsets.push(stream.offset);
						return from;
					});
					expect(offsets).toEqual(ends);
					stream.end();
					if (heardAfter > cuts.length) stream.onText((more) => (heard += more));
					expect(heard).toBe(bytes.toString());
				},
			),
		);
	});
});
