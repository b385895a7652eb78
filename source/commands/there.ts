/**
 * `--load-there`: the program is copied to the server's machine, runs the load there, next to the server, and tells what
 * is to be shown here. The session comes home.
 */

import {readFile} from 'node:fs/promises';
import type {SshConfig, StartConfig} from '../config.ts';
import {readAccess} from '../engine/control/access.ts';
import {listPresets, loadPreset} from '../engine/launch/preset-list.ts';
import {loadWork} from '../engine/load/workload.ts';
import {programFile} from '../engine/role.ts';
import type {Box} from '../engine/ssh/box.ts';
import {StartAborted} from '../engine/start-aborted.ts';
import {findNodeThere} from '../engine/there/node-there.ts';
import {type FileForThere, placeProgram} from '../engine/there/program-there.ts';
import {ExpectedError, exitCode} from '../errors.ts';
import {bytes} from '../format.ts';
import {nearest} from '../options/nearest.ts';
import {checkWritable} from '../session/file.ts';
import type {AnyLoad} from './any-load.ts';
import {Console} from './console.ts';
import type {LoadEnd} from './load.ts';
import {openBox} from './open-box.ts';
import {Signals} from './signals.ts';
import {type PlacedProgram, ThereRun} from './there-run.ts';
import {type WordsThere, wordsThere} from './there-words.ts';

export interface LoadThere extends AnyLoad {
	/** The one file to copy; absent: the one that this is. */
	readonly program?: string | undefined;
}

/**
 * Rejects with an `ExpectedError`: exit 3 when the machine cannot be reached, has no Node or no place for the program;
 * otherwise as a load from here.
 */
export async function runLoadThere({config, environment, argv, program = programFile()}: LoadThere): Promise<LoadEnd> {
	const {ssh, output} = config;
	if (ssh === undefined) throw new Error('a load there without a machine');
	const console = new Console(output);
	const signals = new Signals();
	const startedAt = new Date().toISOString();
	for (const file of [output.saveFile, output.csvFile]) if (file !== undefined) await checkWritable(file);
	const luggage = await packed({config, environment, argv, program});
	let box: Box | undefined;
	let there: PlacedProgram | undefined;
	try {
		box = await openBox({ssh, output, environment, console, signals});
		there = await placed(box, {ssh, luggage, console, signals});
		return await new ThereRun({config, environment, startedAt, console, signals, box, there, luggage}).run();
	} catch (error) {
		if (!(error instanceof StartAborted)) throw error;
		return {code: signals.exitCode ?? exitCode.ok};
	} finally {
		signals.close();
		await there?.remove();
		await box?.close();
	}
}

/** What goes there. */
export interface Luggage {
	readonly program: Uint8Array;
	readonly words: WordsThere;
	readonly files: readonly FileForThere[];
	/** Variables of the environment that hold keys. */
	readonly variables: Readonly<Record<string, string>>;
}

/** What is wrong with the files here is told before anybody connects. */
async function packed({config, environment, argv, program}: LoadThere): Promise<Luggage> {
	if (program === undefined) {
		throw new ExpectedError('The source of llmtop, as it is, is not one file that could be copied.', {
			exitCode: exitCode.usage,
			advice: 'Build it with npm run build, and run dist/llmtop.mjs.',
		});
	}
	await loadWork(config.work, config.limits);
	await readAccess(config.target, environment);
	const preset = config.start === undefined ? undefined : await ownPreset(config.start, environment);
	const words = wordsThere(argv, {
		seed: config.work.seed,
		...(preset === undefined ? {} : {presetFile: preset.name}),
	});
	const named = words.files.map(async ({path, name}) => ({name, content: await readFile(path)}));
	return {
		program: await readFile(program),
		words,
		files: [...(preset === undefined ? [] : [preset]), ...(await Promise.all(named))],
		variables: Object.fromEntries(
			words.variables.flatMap((name) => {
				const value = environment[name];
				return value === undefined ? [] : [[name, value]];
			}),
		),
	};
}

/** A preset that is not shipped, whole, whatever files of the person's own it is made of. */
async function ownPreset(
	{preset: name}: StartConfig,
	environment: NodeJS.ProcessEnv,
): Promise<FileForThere | undefined> {
	const {id, ...content} = await loadPreset(name, environment, nearest);
	const {presets} = await listPresets(environment);
	const isShipped = presets.some(({preset, file}) => preset.id === name && file === undefined);
	return isShipped ? undefined : {name: `${id}.json`, content: Buffer.from(JSON.stringify(content))};
}

interface Placing {
	readonly ssh: SshConfig;
	readonly luggage: Luggage;
	readonly console: Console;
	readonly signals: Signals;
}

async function placed(box: Box, {ssh, luggage, console, signals}: Placing): Promise<PlacedProgram> {
	const abort = new AbortController();
	signals.onStop(() => abort.abort(new StartAborted()));
	try {
		const {connection} = box;
		const node = await findNodeThere(connection);
		abort.signal.throwIfAborted();
		const {program, files} = luggage;
		const there = await placeProgram({
			connection,
			node,
			program,
			files,
			keep: ssh.keepProgram,
			onSend: (count) => console.say(`Copying llmtop to ${box.name}: ${bytes(count)}.`),
			signal: abort.signal,
		});
		return {...there, node};
	} finally {
		signals.onStop(undefined);
	}
}
