import {
	chmodSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import {findInstalled, knownInstalled} from '../../../source/engine/launch/installed.ts';
import type {Preset} from '../../../source/engine/launch/preset.ts';
import {loadPreset} from '../../../source/engine/launch/preset-list.ts';
import {fakeEnginesHere} from '../../support/fake-server.ts';
import {isAlive, until} from '../../support/program.ts';

function folder(): string {
	const made = mkdtempSync(path.join(tmpdir(), 'llmtop-installed-'));
	onTestFinished(() => rmSync(made, {recursive: true, force: true}));
	return made;
}

/** A program on a PATH of its own, as a shell script; it counts its starts. */
function program(name: string, script: string, home = folder()) {
	const bin = path.join(home, 'bin');
	mkdirSync(bin, {recursive: true});
	const file = path.join(bin, name);
	const starts = path.join(home, 'starts');
	const write = (body: string) => {
		writeFileSync(file, `#!/bin/sh\necho "$*" >> ${starts}\n${body}\n`);
		chmodSync(file, 0o755);
	};
	write(script);
	return {
		file,
		write,
		home,
		environment: {PATH: `${bin}:/usr/bin:/bin`, XDG_CACHE_HOME: path.join(home, 'cache'), HOME: home},
		starts: () => readFileSync(starts, 'utf8').trimEnd().split('\n').sort(),
	};
}

const help = Array.from({length: 10}, (_, index) => `  --flag-${index} N  what it does`).join('\n');
const vllmScript = (version: string) =>
	`case "$*" in --version) echo ${version};; "serve --help=all") printf '%s\\n' '${help}';; *) exit 9;; esac`;
const vllm = async (): Promise<Preset> => await loadPreset('vllm', {HOME: '/nowhere'});
const names = Array.from({length: 10}, (_, index) => ({names: [`--flag-${index}`], value: 'N'}));

describe('an installed engine', () => {
	test('is found on the PATH, and asked for its version and its flags', async () => {
		const {environment, file} = program('vllm', vllmScript('0.32.0+cpu'));
		const asked: string[] = [];
		const found = await findInstalled(await vllm(), {environment, onAsk: (name) => asked.push(name)});
		expect(found).toEqual({program: file, version: '0.32.0+cpu', flags: names});
		expect(asked).toEqual([file]);
	});

	test('is asked once: the answer is kept for its owner, and holds while the file is the same', async () => {
		const {environment, write, file, starts, home} = program('vllm', vllmScript('0.17.1'));
		expect(await knownInstalled(await vllm(), environment)).toEqual({program: file});
		await findInstalled(await vllm(), {environment});
		const again = await findInstalled(await vllm(), {environment});
		expect(again).toMatchObject({version: '0.17.1', flags: names});
		expect(starts()).toEqual(['--version', 'serve --help=all']);
		expect(await knownInstalled(await vllm(), environment)).toMatchObject({version: '0.17.1'});
		const cache = path.join(home, 'cache', 'llmtop');
		expect(readdirSync(cache)).toEqual(['engines.json']);
		expect(statSync(path.join(cache, 'engines.json')).mode & 0o777).toBe(0o600);
		write(vllmScript('0.18.0'));
		utimesSync(file, 1, 1);
		expect(await findInstalled(await vllm(), {environment})).toMatchObject({version: '0.18.0'});
		expect(starts().length).toBe(4);
	});

	test('is asked anew when modules were installed beside it', async () => {
		const {environment, starts, home} = program('vllm', vllmScript('0.17.1'));
		const modules = path.join(home, 'lib', 'python3.11', 'site-packages');
		mkdirSync(modules, {recursive: true});
		await findInstalled(await vllm(), {environment});
		utimesSync(modules, 1, 1);
		await findInstalled(await vllm(), {environment});
		expect(starts().length).toBe(4);
	});

	test.each(['', '{"format":1,"programs":{"x":', 'null', '{"format":1,"programs":[]}', '{"format":2,"programs":{}}'])(
		'is asked when the kept answers are damaged: %j',
		async (content) => {
			const {environment, home} = program('vllm', vllmScript('0.17.1'));
			mkdirSync(path.join(home, 'cache', 'llmtop'), {recursive: true});
			const file = path.join(home, 'cache', 'llmtop', 'engines.json');
			writeFileSync(file, content);
			expect(await findInstalled(await vllm(), {environment})).toMatchObject({version: '0.17.1'});
			expect(JSON.parse(readFileSync(file, 'utf8')).format).toBe(1);
		},
	);

	test('is used without being kept where no cache can be written', async () => {
		const {environment, home} = program('vllm', vllmScript('0.17.1'));
		writeFileSync(path.join(home, 'cache'), 'a file in its place');
		expect(await findInstalled(await vllm(), {environment})).toMatchObject({version: '0.17.1', flags: names});
	});

	test('lists its flags in another way when it is older', async () => {
		const script = `case "$*" in --version) echo 0.8.0;; "serve --help") printf '%s\\n' '${help}';; *) echo 'error: argument --help: ignored explicit argument' >&2; exit 2;; esac`;
		const {environment} = program('vllm', script);
		expect(await findInstalled(await vllm(), {environment})).toMatchObject({version: '0.8.0', flags: names});
	});

	test('that says no version is used all the same, and asked again the next time', async () => {
		const {environment, file, starts} = program(
			'vllm',
			'echo "PackageNotFoundError: No package metadata was found for vllm" >&2; exit 1',
		);
		const silent = {program: file, silence: 'PackageNotFoundError: No package metadata was found for vllm'};
		expect(await findInstalled(await vllm(), {environment})).toEqual(silent);
		expect(await findInstalled(await vllm(), {environment})).toEqual(silent);
		expect(starts().length).toBe(6);
	});

	test('that does not answer is not waited for longer than its preset says', async () => {
		const {environment, file} = program('vllm', 'exec sleep 100');
		const preset = await vllm();
		const found = await findInstalled({...preset, ask: {...preset.ask, timeoutMs: 1000}}, {environment});
		expect(found).toEqual({program: file, silence: 'it did not answer within 1 s'});
	});

	test('is left when nobody waits any more', async () => {
		const {environment, home} = program('vllm', 'echo $$ >> "$HOME/pids"; exec sleep 100');
		const controller = new AbortController();
		const asking = findInstalled(await vllm(), {environment, signal: controller.signal});
		const outcome = expect(asking).rejects.toThrow('enough');
		const pids = () => readFileSync(path.join(home, 'pids'), 'utf8').trim().split('\n').map(Number);
		await until(
			() => {
				try {
					return pids().length === 2;
				} catch {
					return false;
				}
			},
			() => 'it was not asked twice',
		);
		controller.abort(new Error('enough'));
		await outcome;
		await until(
			() => !pids().some(isAlive),
			() => 'what was asked still runs',
		);
	});

	test('that is not there is told with what was searched', async () => {
		const environment = {PATH: '/nowhere:/usr/nothing'};
		expect(await findInstalled(await vllm(), {environment})).toEqual({
			reason: 'vllm is not on the PATH (/nowhere:/usr/nothing).',
		});
		expect(await findInstalled(await vllm(), {environment: {PATH: ''}})).toEqual({
			reason: 'vllm is not on the PATH (which is empty).',
		});
	});

	test('is not a folder, nor a file that cannot be run', async () => {
		const home = folder();
		mkdirSync(path.join(home, 'a', 'vllm'), {recursive: true});
		mkdirSync(path.join(home, 'b'));
		writeFileSync(path.join(home, 'b', 'vllm'), 'text');
		const found = await findInstalled(await vllm(), {environment: {PATH: `${home}/a:${home}/b`}});
		expect('reason' in found).toBe(true);
	});

	test('of Python is not installed when the module is not there', async () => {
		const {environment, file} = program(
			'python3',
			'echo "ModuleNotFoundError: No module named \'sglang\'" >&2; exit 1',
		);
		const sglang = await loadPreset('sglang', environment);
		expect(await findInstalled(sglang, {environment: {...environment, PATH: path.dirname(file)}})).toEqual({
			reason: `${file} has no module sglang.`,
		});
	});
});

describe('what engines say of their version', () => {
	test.each([
		['ollama', '0.32.15'],
		['llama-server', '10488'],
		['sglang', '0.5.3'],
		['vllm', '0.32.0'],
	] as const)('%s: %s', async (id, version) => {
		const {environment} = fakeEnginesHere();
		const cache = {...environment, XDG_CACHE_HOME: folder()};
		expect(await findInstalled(await loadPreset(id, cache), {environment: cache})).toMatchObject({version});
	});

	test.each([
		['ollama version is 0.12.3', '0.12.3'],
		['Warning: could not connect to a running Ollama instance\nWarning: client version is 0.32.15', '0.32.15'],
		['ollama version is 0.12.3\nWarning: client version is 0.32.15', '0.32.15'],
	])('of Ollama its own counts, not that of a server: %j', async (said, version) => {
		const {environment} = program('ollama', `printf '%s\\n' '${said}'; echo "$OLLAMA_HOST" > "$HOME/asked"`);
		expect(await findInstalled(await loadPreset('ollama', environment), {environment})).toMatchObject({version});
		expect(readFileSync(path.join(environment.HOME, 'asked'), 'utf8')).toBe('127.0.0.1:1\n');
	});
});
