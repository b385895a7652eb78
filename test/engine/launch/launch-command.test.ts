import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {type EngineFlag, flagsOf} from '../../../source/engine/launch/engine-flags.ts';
import type {InstalledEngine} from '../../../source/engine/launch/installed.ts';
import {type CommandWish, composeCommand, launchCommand} from '../../../source/engine/launch/launch-command.ts';
import {localPlace} from '../../../source/engine/launch/local-place.ts';
import type {LaunchCommand, Preset} from '../../../source/engine/launch/preset.ts';
import {listPresets, loadPreset} from '../../../source/engine/launch/preset-list.ts';
import {shellLine} from '../../../source/engine/launch/shell-line.ts';
import {ExpectedError} from '../../../source/errors.ts';
import {nearest} from '../../../source/options/nearest.ts';

const shipped = async (id: string): Promise<Preset> => await loadPreset(id, {HOME: '/nowhere'});

/** The flags of vLLM 0.32.0; those that begin with a verb stand alone. */
const newFlags: readonly EngineFlag[] = readFileSync(
	new URL('../../fixtures/engines/vllm/flags-0.32.0.txt', import.meta.url),
	'utf8',
)
	.split('\n')
	.filter((line) => line.startsWith('--'))
	.map((name) => (/^--(no-|enable-|disable-)/.test(name) ? {names: [name]} : {names: [name], value: 'X'}));
const vllm32: InstalledEngine = {program: '/opt/vllm', version: '0.32.0', flags: newFlags};
const llamaFlags = (fa: string) =>
	flagsOf(`-m, --model FILE  x\n-hf, --hf-repo REPO  x\n--host H  x\n--port P  x\n-ngl, --gpu-layers N  x
-c, --ctx-size N  x\n-np, --parallel N  x\n${fa}\n--metrics  x\n--slots, --no-slots  x`);

async function composed(
	id: string,
	installed: InstalledEngine | undefined,
	wish: Partial<CommandWish> = {},
): Promise<LaunchCommand> {
	const preset = await shipped(id);
	return composeCommand({preset, parameters: {}, extra: [], environment: {}, suggest: nearest, ...wish}, installed);
}

function refusal(work: () => unknown): string {
	try {
		work();
	} catch (error) {
		if (error instanceof ExpectedError) return `${error.exitCode}: ${error.message} ${error.advice ?? ''}`.trim();
		throw error;
	}
	throw new Error('nothing was refused');
}

describe('a published preset', () => {
	test('is to the letter what was published, on the version of then', async () => {
		const {presets} = await listPresets({HOME: '/nowhere'});
		const published = presets.map(({preset}) => preset).filter((preset) => preset.published !== undefined);
		expect(published.length).toBe(9);
		for (const preset of published) {
			const parameters: Record<string, string> = preset.id === 'vllama' ? {model: 'MODEL'} : {};
			const name = preset.binaries[0] ?? '';
			const version = {vllm: '0.9.1', ollama: '0.9.2'}[preset.engine] ?? '0.0.5';
			const command = composeCommand({preset, parameters, extra: [], environment: {}}, {program: name, version});
			expect({id: preset.id, line: shellLine(command), changes: command.changes}).toEqual({
				id: preset.id,
				line: preset.published?.command,
				changes: [],
			});
		}
	});

	test('says what was changed for a newer version, and why', async () => {
		expect(await composed('vllm-qwen3-30b-a3b-fp8', vllm32)).toMatchObject({
			program: '/opt/vllm',
			argv: [
				...['serve', 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8', '--tensor-parallel-size', '2', '--enable-expert-parallel'],
				...['--gpu-memory-utilization', '0.95', '--max-model-len', '32K'],
			],
			environment: {},
			url: 'http://127.0.0.1:8000',
			model: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8',
			version: '0.32.0',
			changes: [
				'--swap-space 0 is left out for vllm 0.32.0: vLLM 0.18 removed it; its engine had not used it for long.',
			],
			warnings: [
				'It listens on every address of this machine without a key: whoever reaches port 8000 can use it. --set host=127.0.0.1 keeps it to this machine.',
			],
		});
	});
});

describe('flags that came and went', () => {
	const argv: Preset['argv'] = ['serve', '{model}', '--disable-log-requests', {flag: '--swap-space', value: '4'}];
	const wish = async (more: Preset['argv'] = []) => ({
		preset: {...(await shipped('vllm')), argv: [...argv, ...more]},
		parameters: {model: 'm'},
		extra: [],
		environment: {},
		suggest: nearest,
	});

	test('stay with a version that takes them', async () => {
		const old = composeCommand(await wish(), {program: '/opt/vllm', version: '0.9.1'});
		expect([old.argv, old.changes]).toEqual([['serve', 'm', '--disable-log-requests', '--swap-space', '4'], []]);
	});

	test('are replaced or left out by the version, where the program lists none of its flags', async () => {
		const {argv: fitted, changes, warnings} = composeCommand(await wish(), {program: '/opt/vllm', version: '0.18.0'});
		expect({fitted, changes, warnings}).toEqual({
			fitted: ['serve', 'm', '--no-enable-log-requests'],
			changes: [
				'--disable-log-requests becomes --no-enable-log-requests for vllm 0.18.0: since vLLM 0.10 requests are logged only when asked for.',
				'--swap-space 4 is left out for vllm 0.18.0: vLLM 0.18 removed it; its engine had not used it for long.',
			],
			warnings: ['vllm 0.18.0 does not list its flags: only what is known of its version was changed.'],
		});
	});

	test('can be set as in the version that took them', async () => {
		const set = async (parameters: Record<string, string>) => {
			const settings = {model: 'm', ...parameters};
			const preset = await shipped('vllm');
			return composeCommand({...(await wish()), preset, parameters: settings}, {...vllm32, flags: newFlags});
		};
		const fitted = await set({'swap-space': '4', 'disable-log-requests': 'true'});
		expect([fitted.argv.slice(6), fitted.changes]).toEqual([
			['--no-enable-log-requests'],
			[
				'--swap-space 4 is left out for vllm 0.32.0: vLLM 0.18 removed it; its engine had not used it for long.',
				'--disable-log-requests becomes --no-enable-log-requests for vllm 0.32.0: since vLLM 0.10 requests are logged only when asked for.',
			],
		]);
		const off = await set({'disable-log-requests': 'false'});
		expect([off.argv.slice(6), off.changes]).toEqual([[], []]);
	});

	test("are judged by the program's own list before its version", async () => {
		const flags = [...newFlags, {names: ['--swap-space'], value: 'X'}];
		const {argv: fitted} = composeCommand(await wish(), {...vllm32, flags});
		expect(fitted).toEqual(['serve', 'm', '--no-enable-log-requests', '--swap-space', '4']);
	});

	test('stay when nothing is known of the program, which is said', async () => {
		const command = composeCommand(await wish(), {program: '/opt/vllm', silence: 'it did not answer within 180 s'});
		expect([command.argv.length, command.changes, command.warnings]).toEqual([
			5,
			[],
			[
				"/opt/vllm does not say its version (it did not answer within 180 s): the preset's arguments are used as they are.",
			],
		]);
	});

	test('are warned of when nobody knows them, with the nearest', async () => {
		const command = composeCommand(await wish([{flag: '--max-num-seq', value: '4'}]), vllm32);
		expect(command.argv.slice(-2)).toEqual(['--max-num-seq', '4']);
		expect(command.warnings).toEqual([
			'vllm 0.32.0 does not list --max-num-seq; it is passed on all the same. Did you mean --max-num-seqs?',
		]);
	});

	test('stand alone or take a value as the installed llama-server wants it', async () => {
		const told = async (fa: string, value: string) => {
			const installed = {program: '/opt/llama-server', version: '6000', flags: llamaFlags(fa)};
			const parameters = {model: 'm.gguf', 'flash-attention': value};
			const {argv: all, changes} = await composed('llama-server', installed, {parameters});
			return [all.slice(10, -2), changes];
		};
		const why = 'llama.cpp gave it a value (on, off, auto) at the end of August 2025; before, it stood alone.';
		expect(await told('-fa,   --flash-attn [on|off|auto]   x', 'on')).toEqual([['-np', '8', '-fa', 'on'], []]);
		expect(await told('-fa,   --flash-attn   x', 'on')).toEqual([
			['-np', '8', '-fa'],
			[`-fa on becomes -fa for llama-server 6000: ${why}`],
		]);
		expect(await told('-fa,   --flash-attn   x', 'off')).toEqual([
			['-np', '8'],
			[`-fa off is left out for llama-server 6000: ${why}`],
		]);
	});

	test('of the environment are left out by the version', async () => {
		const wanted = {environment: {}, parameters: {model: 'm', OLLAMA_NEW_ENGINE: '1'}};
		const before = await composed('ollama', {program: '/opt/ollama', version: '0.29.0'}, wanted);
		const after = await composed('ollama', {program: '/opt/ollama', version: '0.30.0'}, wanted);
		expect([before.environment.OLLAMA_NEW_ENGINE, after.environment.OLLAMA_NEW_ENGINE, after.changes[0]]).toEqual([
			'1',
			undefined,
			'OLLAMA_NEW_ENGINE is left out for ollama 0.30.0: since Ollama 0.30 there is only one engine.',
		]);
	});

	test('that the person gave are never taken away: what the program does not know is told', async () => {
		const extra = ['--swap-space', '4', '--max-num-sek=8', '--enforce-eager', '-1'];
		const {argv: all, changes, warnings} = await composed('vllm', vllm32, {parameters: {model: 'm'}, extra});
		expect(all.slice(-5)).toEqual(extra);
		expect({changes, warnings}).toEqual({
			changes: [],
			warnings: [
				'vllm 0.32.0 does not know --swap-space, which you gave. Its history: vLLM 0.18 removed it; its engine had not used it for long.',
				'vllm 0.32.0 does not know --max-num-sek, which you gave. Did you mean --max-num-seqs?',
			],
		});
	});
});

describe('--set', () => {
	test('changes a parameter of the preset, a variable, a flag of its arguments, or adds one that the program knows', async () => {
		const parameters = {
			model: 'm',
			'max-num-seqs': '64',
			VLLM_USE_V1: '1',
			port: '8100',
			gpu_memory_utilization: '0.5',
			'stream-interval': '4',
			'enable-expert-parallel': 'true',
			'enable-prefix-caching': 'false',
		};
		const {argv, environment, url} = await composed('vllm', vllm32, {parameters});
		expect({argv, environment, url}).toEqual({
			argv: [
				...[
					'serve',
					'm',
					'--host',
					'127.0.0.1',
					'--port',
					'8100',
					'--gpu-memory-utilization',
					'0.5',
					'--max-num-seqs',
					'64',
				],
				...['--stream-interval', '4', '--enable-expert-parallel', '--no-enable-prefix-caching'],
			],
			environment: {VLLM_USE_V1: '1'},
			url: 'http://127.0.0.1:8100',
		});
	});

	test('knows the other names of a flag, and replaces it in its place', async () => {
		const installed = {program: '/x', version: '6500', flags: llamaFlags('-fa, --flash-attn [on|off|auto]  x')};
		const {argv} = await composed('llama-server', installed, {parameters: {model: 'a/b', 'ctx-size': '512', ngl: '0'}});
		expect(argv).toEqual([
			...[
				'-hf',
				'a/b',
				'--host',
				'127.0.0.1',
				'--port',
				'8080',
				'-ngl',
				'0',
				'--ctx-size',
				'512',
				'-np',
				'8',
				'-fa',
				'on',
			],
			...['--metrics', '--slots'],
		]);
	});

	test('refuses what it does not know, with the nearest', async () => {
		const preset = await shipped('vllm');
		const set = (parameters: Record<string, string>, installed: InstalledEngine | undefined = vllm32) =>
			refusal(() =>
				composeCommand(
					{preset, parameters: {model: 'm', ...parameters}, extra: [], environment: {}, suggest: nearest},
					installed,
				),
			);
		const advice = 'llmtop presets vllm shows its settings; environment variables are written in capitals.';
		expect([
			set({'max-num-sek': '4'}),
			set({nonsense: '1'}),
			set({'enable-expert-parallel': '7'}),
			set({port: '0'}),
		]).toEqual([
			`2: The preset vllm has no setting "max-num-sek". Did you mean max-num-seqs? ${advice}`,
			`2: The preset vllm has no setting "nonsense". ${advice}`,
			'2: --enable-expert-parallel takes no value, and 7 was given. Say enable-expert-parallel=true or =false.',
			'2: 0 is no port: a port is a number from 1 to 65535.',
		]);
		expect(refusal(() => composeCommand({preset, parameters: {}, extra: [], environment: {}}, vllm32))).toBe(
			'2: The preset vllm needs a model: add --model NAME. Name on Hugging Face, or a folder.',
		);
	});

	test('passes on a flag unchecked when the program does not list its own', async () => {
		const {argv, warnings} = await composed(
			'vllm',
			{program: '/x', version: '0.9.0'},
			{parameters: {model: 'm', 'block-size': '16'}},
		);
		expect([argv.slice(-2), warnings.at(-1)]).toEqual([['--block-size', '16'], '--block-size is passed on unchecked.']);
	});

	test('without a value takes the parameter out', async () => {
		const {environment} = await composed(
			'ollama',
			{program: '/x', version: '0.12.0'},
			{parameters: {model: 'm', parallel: ''}},
		);
		expect(environment).toEqual({OLLAMA_CONTEXT_LENGTH: '8192'});
	});
});

describe('where a server will answer', () => {
	test.each([
		['vllm', {host: '0.0.0.0', port: '9000'}, [], 'http://127.0.0.1:9000'],
		['vllm', {host: '::1'}, [], 'http://[::1]:8000'],
		['vllm', {}, ['--port', '8001', '--host=10.0.0.5'], 'http://10.0.0.5:8001'],
		['ollama', {port: '11435'}, [], 'http://127.0.0.1:11435'],
		['ollama', {OLLAMA_HOST: '0.0.0.0'}, [], 'http://127.0.0.1:11434'],
		['ollama', {OLLAMA_HOST: 'http://10.0.0.5:80/'}, [], 'http://10.0.0.5:80'],
		['ollama', {OLLAMA_HOST: ':11500'}, [], 'http://127.0.0.1:11500'],
	] as const)('%s with %j and %j: %s', async (id, parameters, extra, url) => {
		const command = await composed(
			id,
			{program: '/x', version: '0.12.0'},
			{parameters: {model: 'm', ...parameters}, extra},
		);
		expect(command.url).toBe(url);
	});

	test("is said in so many words where the person's shell says something else", async () => {
		const environment = {OLLAMA_HOST: '0.0.0.0:9999', OLLAMA_MODELS: '/models', PATH: '/bin'};
		const command = await composed('ollama-q8-np9', {program: '/x', version: '0.12.1'}, {environment});
		expect([command.url, command.environment.OLLAMA_HOST, command.changes, command.warnings]).toEqual([
			'http://127.0.0.1:11434',
			'127.0.0.1:11434',
			['OLLAMA_HOST=127.0.0.1:11434 is added, because your shell has another OLLAMA_HOST.'],
			['Variables of your shell act on it as well: OLLAMA_MODELS.'],
		]);
	});

	test('on every address is warned of, unless a key guards it', async () => {
		const warnings = async (extra: readonly string[], environment = {}) =>
			(await composed('vllm-qwen2-vl-2b', {program: '/x', version: '0.32.0', flags: newFlags}, {extra, environment}))
				.warnings;
		expect((await warnings([]))[0]).toMatch(/^It listens on every address of this machine without a key/);
		expect(await warnings(['--api-key', 'k'])).toEqual([]);
		expect(await warnings([], {VLLM_API_KEY: 'k'})).toEqual([
			'Variables of your shell act on it as well: VLLM_API_KEY.',
		]);
	});
});

describe('a command', () => {
	test('gives the child of Ollama its counters since 0.30, and says so', async () => {
		const {environment, changes} = await composed(
			'ollama',
			{program: '/x', version: '0.32.15'},
			{parameters: {model: 'm'}},
		);
		expect({environment, changes}).toEqual({
			environment: {OLLAMA_NUM_PARALLEL: '8', OLLAMA_CONTEXT_LENGTH: '8192', LLAMA_ARG_ENDPOINT_METRICS: '1'},
			changes: [
				'LLAMA_ARG_ENDPOINT_METRICS=1 is added, so that the llama-server that Ollama starts tells its counters.',
			],
		});
	});

	test('names the model as the server will', async () => {
		const named = async (id: string, extra: readonly string[]) =>
			(await composed(id, {program: '/x', version: '1.0'}, {parameters: {model: 'a/b'}, extra})).model;
		expect([
			await named('vllm', []),
			await named('vllm', ['--served-model-name', 'tiny']),
			await named('llama-server', []),
			await named('llama-server', ['--alias', 'tiny']),
			await named('sglang', []),
		]).toEqual(['a/b', 'tiny', undefined, 'tiny', 'a/b']);
	});

	test("compares the preset's needs with the machine, with figures, and refuses nothing", async () => {
		const gib = 1024 ** 3;
		const warnings = async (gpuBytes: readonly number[]) =>
			(await composed('ollama-q8-np32', {program: '/x', version: '0.12.2'}, {memory: {gpuBytes}})).warnings;
		expect(await warnings([48 * gib, 48 * gib])).toEqual([]);
		expect(await warnings([80 * gib, 24 * gib, 48 * gib])).toEqual([]);
		expect(await warnings([80 * gib, 24 * gib])).toEqual([
			'The preset says that it needs 42.5 GiB of memory on each GPU, and one here has 24.0 GiB.',
		]);
		expect(await warnings([])).toEqual(['The preset says that it needs 2 GPUs, and none is here.']);
		expect(await warnings([48 * gib])).toEqual(['The preset says that it needs 2 GPUs, and 1 is here.']);
	});

	test('for another machine goes by what that one has, and names it', async () => {
		const inherited = {OLLAMA_HOST: '0.0.0.0:9999', OLLAMA_MODELS: '/models'};
		const place = {...localPlace({PATH: ''}), name: 'gpu-box', where: ' on gpu-box', inherited};
		const wish = {place, environment: {OLLAMA_KEEP_ALIVE: '1h'}, memory: {gpuBytes: [24 * 1024 ** 3]}};
		const command = await composed('ollama-q8-np32', {program: '/x', version: '0.12.2'}, wish);
		expect([command.changes, command.warnings]).toEqual([
			['OLLAMA_HOST=127.0.0.1:11434 is added, because gpu-box has another OLLAMA_HOST.'],
			[
				'Variables of gpu-box act on it as well: OLLAMA_MODELS.',
				'The preset says that it needs 2 GPUs, and 1 is on gpu-box.',
				'The preset says that it needs 42.5 GiB of memory on each GPU, and one on gpu-box has 24.0 GiB.',
			],
		]);
		const open = await composed('vllm-qwen2-vl-2b', vllm32, {place, memory: {machineBytes: 1}});
		expect(open.warnings[0]).toMatch(
			/^It listens on every address of gpu-box without a key: .* keeps it to gpu-box\.$/,
		);
	});

	test('cannot be made when the engine is not installed: says where it was looked for and how to install it', async () => {
		const wish = {
			preset: await shipped('ollama'),
			parameters: {model: 'm'},
			extra: [],
			environment: {PATH: '/nowhere'},
		};
		const outcome = await launchCommand(wish).catch((error: unknown) => error);
		expect(
			refusal(() => {
				throw outcome;
			}),
		).toBe(
			'4: The preset ollama cannot be started: ollama is not on the PATH (/nowhere). Install Ollama from https://ollama.com/download.',
		);
	});
});
