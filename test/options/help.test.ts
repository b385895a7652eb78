import {describe, expect, test} from 'vitest';
import {exitCode} from '../../source/errors.ts';
import {flags} from '../../source/options/flags.ts';
import {parseCommandLine} from '../../source/options/parse.ts';
import {engines, parsed, workloads} from './known.ts';

function help(argv: readonly string[], columns?: number): string {
	const command = parseCommandLine(argv, {
		engines,
		workloads,
		environment: {},
		freshSeed: 1,
		...(columns === undefined ? {} : {columns}),
	});
	return command.command === 'help' ? command.text : 'no help';
}

describe('--help', () => {
	test('shows examples first, flags by what people want, and the exit codes last', async () => {
		await expect(help(['--help'])).toMatchFileSnapshot('../frames/help.txt');
	});

	test.each([72, 80, 100])('fits into %d columns', (columns) => {
		const widest = Math.max(
			...help(['-h'], columns)
				.split('\n')
				.map((line) => line.length),
		);
		expect(widest).toBeLessThanOrEqual(columns);
	});

	test('names every flag and every exit code', () => {
		const lines = help(['--help']).split('\n');
		const missing = [
			...flags
				.filter(({name}) => !lines.some((line) => line.slice(0, 40).match(`--${name}( |$)`)))
				.map(({name}) => name),
			...Object.values(exitCode).filter((code) => !lines.some((line) => line.startsWith(`  ${code} `))),
		];
		expect(missing).toEqual([]);
	});

	test('wins over everything else that is spelt right', () => {
		expect(help(['--concurrency', '0', '--burst', '1', '--help'])).toBe(help(['help']));
	});

	test('of a command tells about that command only', () => {
		expect(help(['report', '--help'])).toBe(
			[
				'llmtop report FILE... [flags]',
				'',
				'Prints the tables of a saved session, or of several side by side.',
				'',
				'Flags',
				'      --format KIND  As text, md, csv or json [text]',
				'  -h, --help         This text, or that of a command',
				'  -V, --version      The version',
				'',
			].join('\n'),
		);
		expect(help(['help', 'recover'])).toBe(help(['recover', '-h']));
		expect(help(['selftest', '-h'])).toContain('--streams LIST');
	});

	test('is not the version', () => {
		expect([parsed(['--version']), parsed(['-V'])]).toEqual([{command: 'version'}, {command: 'version'}]);
	});
});
