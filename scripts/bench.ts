/**
 * `npm run bench`: what measuring costs. Four clients on one timetable server, each in a process of its own, one after
 * the other and round after round, so that what the machine does meanwhile meets them all: a bare-socket probe (the
 * floor), llmtop with everything on, the same over undici, and the same with its view drawing.
 * `npm run bench -- --rounds 3 --seconds 20 --streams 256,1024 [--pin] [--json]`, or `--long [--view]` for memory over ten minutes.
 */

import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {execa} from 'execa';
import {errorText} from '../source/commands/console.ts';
import {startSimulator} from '../source/engine/simulator/start.ts';
import {usageError} from '../source/errors.ts';
import {machineLines, thisMachine} from './bench-machine.ts';
import {type Bench, type Client, type Figures, measure, timetable, withFolder} from './bench-measure.ts';
import {measureMemory, memoryLines} from './bench-memory.ts';
import {type LevelResult, levelTable, startupTable, targets, targetTable} from './bench-report.ts';
import {measureStartup} from './bench-startup.ts';
import {measureView, viewLines} from './bench-view.ts';
import {buildFile} from './build.ts';

interface Options {
	readonly rounds: number;
	/** Of each load. */
	readonly seconds: number;
	readonly streams: readonly number[];
	readonly long: boolean;
	/** Of the long run: with the view drawing. */
	readonly view: boolean;
	readonly pin: boolean;
	readonly json: boolean;
}

function parseOptions(): Options {
	const {rounds, seconds, streams, ...rest} = readFlags();
	return {
		...rest,
		rounds: whole('rounds', rounds),
		seconds: whole('seconds', seconds ?? (rest.long ? '600' : '20')),
		streams: (streams ?? (rest.long ? '1024' : '256,1024')).split(',').map((text) => whole('streams', text)),
	};
}

function readFlags() {
	try {
		return parseArgs({
			options: {
				rounds: {type: 'string', default: '3'},
				seconds: {type: 'string'},
				streams: {type: 'string'},
				long: {type: 'boolean', default: false},
				view: {type: 'boolean', default: false},
				pin: {type: 'boolean', default: false},
				json: {type: 'boolean', default: false},
			},
		}).values;
	} catch (error) {
		throw usageError(error instanceof Error ? error.message : String(error));
	}
}

function whole(name: string, text: string): number {
	const value = Number(text);
	if (!Number.isInteger(value) || value < 1)
		throw usageError(`--${name} takes whole numbers from 1 on, not "${text}".`);
	return value;
}

function print(text: string): void {
	process.stdout.write(`${text}\n`);
}

async function compareClients(bench: Bench, {rounds, seconds, streams: all, json}: Options): Promise<object> {
	const levels: LevelResult[] = [];
	for (const streams of all) {
		const measured: Record<Client, Figures>[] = [];
		for (let round = 1; round <= rounds; round++) {
			process.stderr.write(`${streams} streams, round ${round} of ${rounds}\n`);
			const load = {streams, seconds};
			measured.push({
				floor: await measure(bench, 'floor', load),
				ours: await measure(bench, 'ours', load),
				undici: await measure(bench, 'undici', load),
				view: await measure(bench, 'view', load),
			});
		}
		const level = {streams, rounds: measured};
		levels.push(level);
		if (!json) print(`${levelTable(level)}\n`);
	}
	process.stderr.write('the start of the program\n');
	const startup = await measureStartup(bench);
	process.stderr.write('the view\n');
	const view = await measureView(bench, Math.max(...all));
	const aims = targets(levels, startup, view);
	if (!json) print(`${startupTable(startup)}\n${viewLines(view)}\n\n${targetTable(aims)}`);
	return {seconds, levels, startup, view, targets: aims};
}

async function watchMemory(bench: Bench, {seconds, streams: all, view, json}: Options): Promise<object> {
	const memory = [];
	for (const streams of all) {
		const result = await measureMemory(bench, {streams, seconds, view});
		memory.push(result);
		if (!json) print(memoryLines(result));
	}
	return {memory};
}

async function run(options: Options): Promise<void> {
	const machine = thisMachine();
	if (options.pin && machine.cores < 2) throw usageError('--pin needs a core for the server and one for the client.');
	if (!options.json) print(`${machineLines(machine)}\n`);
	await withFolder(async (folder) => {
		const floorFile = join(folder, 'floor.mjs');
		const clientFile = join(folder, 'client.mjs');
		await buildFile('scripts/bench-floor.ts', floorFile);
		await buildFile('scripts/bench-client.ts', clientFile);
		const server = await startSimulator({mode: 'timetable', ...timetable});
		try {
			if (options.pin) await execa('taskset', ['-a', '-c', '-p', '0', `${server.pid}`]);
			const bench: Bench = {url: server.url, floorFile, clientFile, core: options.pin ? 1 : undefined};
			const results = await (options.long ? watchMemory(bench, options) : compareClients(bench, options));
			if (options.json) print(JSON.stringify({machine, pinned: options.pin, timetable, ...results}, null, 1));
		} finally {
			await server.stop();
		}
	});
}

try {
	await run(parseOptions());
} catch (error) {
	process.stderr.write(errorText(error));
	process.exitCode = 1;
}
