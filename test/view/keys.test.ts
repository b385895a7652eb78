import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {footerLine} from '../../source/view/footer.ts';
import {helpLines} from '../../source/view/help.ts';
import {createKeyReader} from '../../source/view/input.ts';
import {bindings, commandFor} from '../../source/view/keys.ts';
import {type Line, lineWidth} from '../../source/view/line.ts';

const textOf = (line: Line) => line.map(({text}) => text).join('');

describe('the table of keys', () => {
	test('gives each key one meaning', () => {
		const keys = bindings.flatMap((binding) => binding.keys);
		expect(new Set(keys).size).toBe(keys.length);
		for (const {command, keys: own} of bindings) expect(own.map(commandFor)).toEqual(own.map(() => command));
		expect(commandFor('Q')).toBeUndefined();
	});

	test('is the help screen: every key and what it does, uncut, in the smallest terminal', () => {
		const help = helpLines({columns: 60, rows: 15}).map(textOf).join('\n');
		for (const binding of bindings) {
			expect(help).toContain(binding.label);
			expect(help).toContain(binding.help);
		}
		expect(help).not.toContain('…');
	});

	test('is the footer: as many entries as fit, always with the way out', () => {
		expect(textOf(footerLine(80)).trimEnd()).toBe(' ? Help   Space Pause   ↑↓ PgUp PgDn Scroll   q Quit with report');
		for (let width = 60; width < 200; width++) {
			const line = footerLine(width);
			expect(lineWidth(line)).toBe(width);
			expect(textOf(line)).toContain('q Quit with report');
		}
	});
});

describe('reading keys', () => {
	const script = [
		'q',
		'\u001b[A',
		'\u001bOB',
		'\u001b[5~',
		'\u001b[21~',
		'\u0003',
		' ',
		'\u001b[[A',
		'模',
		'\u001b[200~q\u0003\u001b[A\u001b[201~',
		'j',
	];
	const keys = ['q', 'up', 'down', 'page-up', 'f10', 'ctrl-c', ' ', 'f1', '模', 'j'];

	test('does not depend on how the bytes are cut', () => {
		const input = script.join('');
		fc.assert(
			fc.property(fc.array(fc.nat({max: input.length}), {maxLength: 12}), (cuts) => {
				const reader = createKeyReader();
				const places = [0, ...cuts.toSorted((one, other) => one - other), input.length];
				const read = places.slice(1).flatMap((place, index) => reader.read(input.slice(places[index], place)));
				expect(read).toEqual(keys);
				expect(reader.waiting).toBe(false);
			}),
		);
	});

	test('an ESC alone waits, and is the Esc key when nothing follows', () => {
		const reader = createKeyReader();
		expect([reader.read('\u001b'), reader.waiting, reader.flush(), reader.waiting]).toEqual([
			[],
			true,
			['escape'],
			false,
		]);
		expect(reader.read('\u001b\u001b[A')).toEqual(['escape', 'up']);
	});

	test('a sequence that stays incomplete is dropped, an unknown one and Alt with a key are no keys', () => {
		const reader = createKeyReader();
		expect([reader.read('\u001b[1'), reader.flush(), reader.read('j')]).toEqual([[], [], ['j']]);
		expect(reader.read('\u001b[38;5u\u001b[?1;2c\u001bq\u0000\u0001\u007f\r')).toEqual([]);
	});

	test('no input makes it fail or stall', () => {
		fc.assert(
			fc.property(fc.array(fc.string({unit: 'binary', maxLength: 30}), {maxLength: 20}), (pieces) => {
				const reader = createKeyReader();
				for (const piece of pieces) reader.read(piece);
				reader.flush();
				reader.read('\u001b[201~');
				expect(reader.read('j').at(-1)).toBe('j');
			}),
		);
	});
});
