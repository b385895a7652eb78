import {readFileSync} from 'node:fs';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {FlagTable, flagsOf} from '../../../source/engine/launch/engine-flags.ts';
import {compareVersions} from '../../../source/engine/launch/engine-version.ts';

describe('flags in a help text', () => {
	test("are read from argparse's form, without what descriptions mention", () => {
		const help = `usage: vllm serve [model_tag] [options]
  [--swap-space SWAP_SPACE]

options:
  -h, --help            show this help message and exit
  --tensor-parallel-size, -tp TENSOR_PARALLEL_SIZE
                        Number of GPUs, see also
                        --pipeline-parallel-size for more.
  --dtype {auto,half,float16}
  --enable-prefix-caching, --no-enable-prefix-caching
                        (default: True)
  --max-num-seqs N      Most sequences
  -c CONFIG, --config CONFIG
`;
		expect(flagsOf(help)).toEqual([
			{names: ['-h', '--help']},
			{names: ['--tensor-parallel-size', '-tp'], value: 'TENSOR_PARALLEL_SIZE'},
			{names: ['--dtype'], value: '{auto,half,float16}'},
			{names: ['--enable-prefix-caching', '--no-enable-prefix-caching']},
			{names: ['--max-num-seqs'], value: 'N'},
			{names: ['-c', '--config'], value: 'CONFIG'},
		]);
	});

	test("are read from llama.cpp's form, with a value and without", () => {
		const help = `----- common params -----

-h,    --help, --usage                  print usage and exit
-fa,   --flash-attn [on|off|auto]       set Flash Attention use ('on', 'off', or 'auto', default: 'auto')
                                        (env: LLAMA_ARG_FLASH_ATTN)
-np,   --parallel N                     number of parallel sequences to decode (default: 1)
--slots, --no-slots                     expose slots monitoring endpoint
`;
		expect(flagsOf(help)).toEqual([
			{names: ['-h', '--help', '--usage']},
			{names: ['-fa', '--flash-attn'], value: '[on|off|auto]'},
			{names: ['-np', '--parallel'], value: 'N'},
			{names: ['--slots', '--no-slots']},
		]);
		expect(flagsOf('-fa,   --flash-attn                     enable Flash Attention (default: disabled)')).toEqual([
			{names: ['-fa', '--flash-attn']},
		]);
	});

	test('of vLLM 0.32.0 are all found', () => {
		const names = readFileSync(new URL('../../fixtures/engines/vllm/flags-0.32.0.txt', import.meta.url), 'utf8')
			.split('\n')
			.filter((line) => line.startsWith('--'));
		expect(names.length).toBeGreaterThan(200);
		expect(
			flagsOf(names.map((name) => `  ${name} VALUE  what it does`).join('\n')).flatMap((flag) => flag.names),
		).toEqual(names);
	});

	test('are looked up as parsers do: underscores, beginnings, parts after a dot, numbers stuck on', () => {
		const table = new FlagTable([
			{names: ['-O', '--optimization-level']},
			{names: ['--compilation-config'], value: 'X'},
		]);
		const takes = (name: string) => table.takes(name);
		expect(
			['--compilation_config', '--compilation-config.level', '--compil', '-O3', '--swap-space', '-tp'].map(takes),
		).toEqual([true, true, true, true, false, false]);
		expect([table.find('--compil'), table.find('--compilation_config')?.value]).toEqual([undefined, 'X']);
	});

	test('are never a reason to fail, whatever a program prints', () => {
		fc.assert(
			fc.property(
				fc.array(fc.oneof(fc.string(), fc.constantFrom('-', '--', ' -a', '--b,', '\n', '  ', ',-c'))),
				(parts) => {
					for (const {names} of flagsOf(parts.join(''))) {
						expect(names.length).toBeGreaterThan(0);
						expect(names.every((name) => /^--?[A-Za-z]/.test(name))).toBe(true);
					}
				},
			),
		);
	});
});

describe('versions', () => {
	test('are compared by their numbers, whatever stands around them', () => {
		const older = (one: string, other: string) => compareVersions(one, other) < 0;
		expect([
			older('0.9.1', '0.10'),
			older('0.17.1', '0.18.0'),
			older('0.18.0', '0.18.0'),
			older('0.32.0+cpu', '0.32.1'),
			older('v0.18.0rc1', '0.18'),
			older('b6324', '6325'),
		]).toEqual([true, true, false, true, false, true]);
	});
});
