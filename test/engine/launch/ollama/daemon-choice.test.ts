import {describe, expect, test} from 'vitest';
import {readEnviron} from '../../../../source/engine/launch/environ.ts';
import {chooseDaemon, type RunningDaemon} from '../../../../source/engine/launch/ollama/daemon-choice.ts';

const url = 'http://127.0.0.1:11434';

function running(of: Partial<RunningDaemon> = {}): RunningDaemon {
	return {url, where: '', version: '0.32.15', environment: {}, loaded: [], ...of};
}

const who = `The Ollama 0.32.15 that runs at ${url}`;

describe('A running Ollama', () => {
	test('is used when a preset sets nothing but its address', () => {
		const environment = {OLLAMA_HOST: '127.0.0.1:11434', LLAMA_ARG_ENDPOINT_METRICS: '1'};
		expect(chooseDaemon({environment}, running())).toEqual({fits: true, why: `${who} is used.`, notes: []});
	});

	test('is used when its environment has what the preset sets, however it is written', () => {
		const wanted = {
			OLLAMA_NUM_PARALLEL: '9',
			OLLAMA_FLASH_ATTENTION: '1',
			OLLAMA_KV_CACHE_TYPE: 'q8_0',
			OLLAMA_CONTEXT_LENGTH: '32768',
		};
		const environment = {...wanted, OLLAMA_FLASH_ATTENTION: 'True', OLLAMA_KV_CACHE_TYPE: 'Q8_0', PATH: '/bin'};
		expect(chooseDaemon({environment: wanted}, running({environment}))).toEqual({
			fits: true,
			why: `${who} is used: it has OLLAMA_NUM_PARALLEL=9 OLLAMA_FLASH_ATTENTION=1 OLLAMA_KV_CACHE_TYPE=q8_0 OLLAMA_CONTEXT_LENGTH=32768, as asked.`,
			notes: [],
		});
	});

	test('does not fit when a setting is another one, a default of its version included', () => {
		const environment = {OLLAMA_NUM_PARALLEL: '32', OLLAMA_KV_CACHE_TYPE: 'q8_0'};
		expect(chooseDaemon({environment}, running())).toEqual({
			fits: false,
			why: `${who} does not fit: OLLAMA_NUM_PARALLEL is 1 there, not 32, OLLAMA_KV_CACHE_TYPE is f16 there, not q8_0.`,
			notes: [],
		});
	});

	test('may not fit when its environment cannot be read: unknown is not the same as fitting', () => {
		const {environment: _, ...hidden} = running();
		expect(chooseDaemon({environment: {OLLAMA_NUM_PARALLEL: '9'}}, hidden)).toEqual({
			fits: false,
			why: `${who} may not fit: OLLAMA_NUM_PARALLEL cannot be known (its process belongs to somebody else, and its API does not tell).`,
			notes: [],
		});
		expect(chooseDaemon({environment: {}}, hidden).notes).toEqual([
			'How many requests this Ollama runs at once (OLLAMA_NUM_PARALLEL) is unknown: its API does not tell, nor does what may be read of its environment.',
		]);
	});

	test('tells its context through a loaded model, when its environment cannot be read', () => {
		const {environment: _, ...hidden} = running({loaded: [{name: 'tiny:latest', contextLength: 8192}]});
		const fits = (OLLAMA_CONTEXT_LENGTH: string, model: string) =>
			chooseDaemon({environment: {OLLAMA_CONTEXT_LENGTH}, model}, hidden).fits;
		expect([fits('8192', 'tiny'), fits('4096', 'tiny'), fits('8192', 'other')]).toEqual([true, false, false]);
	});

	test('has the defaults of its version: what depends on the machine is unknown', () => {
		const choose = (version: string, name: string, value: string) =>
			chooseDaemon({environment: {[name]: value}}, running({version})).fits;
		expect(choose('0.11.5', 'OLLAMA_NUM_PARALLEL', '1')).toBe(true);
		expect(choose('0.9.2', 'OLLAMA_NUM_PARALLEL', '1')).toBe(false);
		expect(choose('0.15.4', 'OLLAMA_CONTEXT_LENGTH', '4096')).toBe(true);
		expect(choose('0.32.15', 'OLLAMA_CONTEXT_LENGTH', '4096')).toBe(false);
		expect(choose('0.12.3', 'OLLAMA_FLASH_ATTENTION', '0')).toBe(true);
		expect(choose('0.12.4', 'OLLAMA_FLASH_ATTENTION', '0')).toBe(false);
	});
});

test('The environment of a process is read from what the kernel tells', () => {
	expect(readEnviron('A=1\0B=x=y\0\0=none\0EMPTY=\0')).toEqual({A: '1', B: 'x=y', EMPTY: ''});
});
