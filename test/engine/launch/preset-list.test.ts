import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {listPresets, loadPreset, presetFolder} from '../../../source/engine/launch/preset-list.ts';
import {ExpectedError} from '../../../source/errors.ts';
import {nearest} from '../../../source/options/nearest.ts';

/** A config folder with these preset files: objects, or texts as they stand. */
function home(files: Readonly<Record<string, unknown>> = {}): {environment: NodeJS.ProcessEnv; folder: string} {
	const config = mkdtempSync(path.join(tmpdir(), 'llmtop-presets-'));
	onTestFinished(() => rmSync(config, {recursive: true, force: true}));
	const folder = path.join(config, 'llmtop', 'presets');
	mkdirSync(folder, {recursive: true});
	for (const [name, content] of Object.entries(files)) {
		writeFileSync(
			path.join(folder, name),
			typeof content === 'string' ? content : JSON.stringify(content, undefined, 2),
		);
	}
	return {environment: {XDG_CONFIG_HOME: config}, folder};
}

async function refusal(loading: Promise<unknown>): Promise<{message: string; exitCode: number}> {
	try {
		await loading;
	} catch (error) {
		if (error instanceof ExpectedError) return {message: error.message, exitCode: error.exitCode};
		throw error;
	}
	throw new Error('nothing was refused');
}

const own = {
	title: 'Mine',
	engine: 'openai',
	binaries: ['mine'],
	install: 'Make it.',
	argv: ['{model}'],
	ask: {version: ['-v'], versionPattern: '(.*)', timeoutMs: 1000},
	ready: {path: '/health', timeoutMs: 1000, expectedMs: 100},
};

describe('presets', () => {
	test('that are shipped are all whole, each by its id', async () => {
		const {presets, faults} = await listPresets(home().environment);
		expect(faults).toEqual([]);
		expect(presets.map(({preset, file, replaces}) => [preset.id, preset.engine, file, replaces])).toEqual([
			['vllm', 'vllm', undefined, false],
			['vllm-cpu', 'vllm', undefined, false],
			['ollama', 'ollama', undefined, false],
			['llama-server', 'llama-server', undefined, false],
			['sglang', 'sglang', undefined, false],
			['vllm-qwen3-30b-a3b-fp8', 'vllm', undefined, false],
			['ollama-q8-np9', 'ollama', undefined, false],
			['ollama-q8-np32', 'ollama', undefined, false],
			['vllm-qwen2-vl-2b', 'vllm', undefined, false],
			['ollama-qwen2-vl-2b', 'ollama', undefined, false],
			['vllm-llama-3.1-8b', 'vllm', undefined, false],
			['ollama-llama-3.1-8b', 'ollama', undefined, false],
			['ollama-llama-3.1-8b-np32', 'ollama', undefined, false],
			['vllama', 'openai', undefined, false],
		]);
	});

	test('of the person stand beside them, and in the place of a shipped one of the same id', async () => {
		const {environment, folder} = home({
			'mine.json': own,
			'vllm.json': {extends: 'vllm', title: 'My vLLM', parameters: {port: {help: 'Port', default: '8100'}}},
			'notes.txt': 'no preset',
		});
		const {presets} = await listPresets(environment);
		const listed = presets.filter(({file}) => file !== undefined);
		expect(listed.map(({preset, file, replaces}) => [preset.id, preset.title, file, replaces])).toEqual([
			['vllm', 'My vLLM', path.join(folder, 'vllm.json'), true],
			['mine', 'Mine', path.join(folder, 'mine.json'), false],
		]);
		const shipped = await loadPreset('vllm', home().environment);
		const {title, parameters, ...rest} = await loadPreset('vllm', environment);
		expect({title, port: parameters.port}).toEqual({title: 'My vLLM', port: {help: 'Port', default: '8100'}});
		expect({...rest, title: shipped.title, parameters: shipped.parameters}).toEqual(shipped);
	});

	test('take from what they extend: lists before its lists, members beside its members, the rest instead', async () => {
		const {environment} = home({
			'child.json': {
				extends: 'base',
				title: 'Child',
				environment: {B: '3', C: '4'},
				parameters: {speed: {help: 'Speed'}},
				ready: {expectedMs: 50},
				log: {failures: [{pattern: 'oh (no)', cause: 'It said $1.', advice: 'Wait.'}]},
				notes: ['new'],
			},
			'base.json': {
				...own,
				environment: {A: '1', B: '2'},
				log: {failures: [{pattern: 'bad', cause: 'Bad.', advice: 'Mend it.'}]},
				notes: ['old'],
				stop: {graceMs: 5},
				published: {source: 'a page', command: 'mine'},
			},
		});
		expect(await loadPreset('child', environment)).toEqual({
			id: 'child',
			title: 'Child',
			engine: 'openai',
			binaries: ['mine'],
			install: 'Make it.',
			argv: ['{model}'],
			environment: {B: '3', C: '4', A: '1'},
			parameters: {
				model: {help: 'Name of the model'},
				host: {help: 'Address on which it listens', default: '127.0.0.1'},
				port: {help: 'Port on which it listens', default: '8000'},
				speed: {help: 'Speed'},
			},
			ask: own.ask,
			flags: [],
			ready: {path: '/health', timeoutMs: 1000, expectedMs: 50},
			log: {
				stages: [],
				facts: [],
				failures: [
					{pattern: 'oh (no)', cause: 'It said $1.', advice: 'Wait.'},
					{pattern: 'bad', cause: 'Bad.', advice: 'Mend it.'},
				],
			},
			stop: {graceMs: 5},
			notes: ['new', 'old'],
		});
	});

	test('can be a file anywhere, which may extend those of the config folder', async () => {
		const {environment, folder} = home({'base.json': own, '.extra': {extends: 'base', title: 'Extra'}});
		const file = path.join(folder, '..', 'extra.json');
		writeFileSync(file, JSON.stringify({extends: 'base', title: 'Extra'}));
		expect(await loadPreset(file, environment)).toMatchObject({id: 'extra', title: 'Extra', engine: 'openai'});
	});

	test('are looked for in ~/.config where the XDG variable is not set, or is no absolute path', () => {
		expect([
			presetFolder({HOME: '/home/me'}),
			presetFolder({HOME: '/home/me', XDG_CONFIG_HOME: 'here'}),
			presetFolder({HOME: '/home/me', XDG_CONFIG_HOME: '/etc/me'}),
		]).toEqual(['/home/me/.config/llmtop/presets', '/home/me/.config/llmtop/presets', '/etc/me/llmtop/presets']);
	});
});

describe('a preset that cannot be used', () => {
	test('is named with the nearest that there are', async () => {
		const {environment} = home();
		expect(await refusal(loadPreset('vlm', environment, nearest))).toEqual({
			message: 'There is no preset "vlm". Did you mean vllm?',
			exitCode: 2,
		});
		expect(await refusal(loadPreset('\u001b[31mx', environment, nearest))).toEqual({
			message: 'There is no preset "?[31mx".',
			exitCode: 2,
		});
	});

	test.each([
		['a syntax error', '{\n  "title": "x",\n}', 'line 3: this is no JSON: a comma stands before the }.'],
		['an empty file', '', 'line 1: this is no JSON: a value is missing here.'],
		['no title', '{\n"engine": "vllm"}', 'line 1: title is missing.'],
		['a wrong type', {...own, title: 7}, 'line 2: title must be a text, and is a whole number.'],
		['an unknown member', {...own, redy: {}}, 'line 23: redy is not known here. Did you mean ready?'],
		[
			'an unknown member inside',
			{...own, ready: {path: '/', timeout: 1}},
			'line 20: ready.timeout is not known here. Did you mean timeoutMs?',
		],
		[
			'a command that a terminal would obey',
			{...own, argv: ['\u001b[2J']},
			'line 9: argv[0] must hold no control characters.',
		],
		[
			'a number out of range',
			{...own, ready: {...own.ready, timeoutMs: 0}},
			'line 20: ready.timeoutMs must be at least 1.',
		],
		[
			'a path that is none',
			{...own, ready: {...own.ready, path: 'health'}},
			'line 19: ready.path must begin with /: it is the path of a URL.',
		],
		[
			'an unknown engine',
			{...own, engine: 'vlm'},
			'line 3: engine must be one of ollama, vllm, sglang, llama-server, llama-cpp-python, openai. Did you mean vllm?',
		],
		[
			'an unknown base',
			{extends: 'vlm', title: 'x'},
			'line 2: extends names no preset that there is. Did you mean vllm?',
		],
		[
			'nothing to start',
			{title: 'x', engine: 'vllm'},
			'line 1: binaries is missing, and it extends no preset that has it.',
		],
		[
			'a parameter that is none',
			{...own, argv: ['{modl}']},
			'line 9: argv[0] uses the parameter {modl}, which nobody declares. Did you mean model?',
		],
		[
			'a bad pattern',
			{...own, log: {failures: [{pattern: '(', cause: 'c', advice: 'a'}]}},
			'line 26: log.failures[0].pattern is no regular expression.',
		],
		[
			'a group that is not there',
			{...own, log: {failures: [{pattern: 'x', cause: 'c', advice: 'a $1'}]}},
			'line 28: log.failures[0].advice uses group 1 of a pattern that has 0.',
		],
		[
			'a stage that is none',
			{...own, log: {stages: [{pattern: 'x', stage: 'boiling'}]}},
			'line 27: log.stages[0].stage must be one of starting, downloading, loading, compiling, capturing, ready, stopping.',
		],
		[
			'a variable that is none',
			{...own, environment: {'A B': '1'}},
			'line 24: environment["A B"] is no name for an environment variable: letters, digits and _ only.',
		],
	])('says file, line and rule: %s', async (_, content, told) => {
		const {environment, folder} = home({'bad.json': content});
		expect(await refusal(loadPreset('bad', environment, nearest))).toEqual({
			message: `${path.join(folder, 'bad.json')}, ${told}`,
			exitCode: 2,
		});
		const {presets, faults} = await listPresets(environment, nearest);
		expect([presets.length, faults.map(({message}) => message)]).toEqual([
			14,
			[`${path.join(folder, 'bad.json')}, ${told}`],
		]);
	});

	test('may not extend itself in a circle', async () => {
		const {environment, folder} = home({
			'a.json': {extends: 'b', title: 'A'},
			'b.json': {extends: 'a', title: 'B'},
		});
		expect(await refusal(loadPreset('a', environment))).toEqual({
			message: `${path.join(folder, 'b.json')}, line 2: extends leads back to this file.`,
			exitCode: 2,
		});
	});

	test('is told when its file is not there, a folder, or too large', async () => {
		const {environment, folder} = home({'large.json': ' '.repeat(1024 * 1024 + 1)});
		mkdirSync(path.join(folder, 'folder.json'));
		const told = await Promise.all(
			['none.json', 'folder.json', 'large.json'].map((name) =>
				refusal(loadPreset(path.join(folder, name), environment)),
			),
		);
		expect(told.map(({message, exitCode}) => [message.replace(`${folder}/`, ''), exitCode])).toEqual([
			['none.json cannot be read: there is no such file.', 2],
			['folder.json cannot be read: it is a folder.', 2],
			['large.json is no preset: it has 1048577 bytes, and no preset is that long.', 2],
		]);
	});
});
