/**
 * `npm run bench`: what measuring costs. Four clients on one timetable server, each in a process of its own, one after
 * the other and round after round, so that what the machine does meanwhile meets them all: a bare-socket probe (the
 * floor), llmtop with everything on, the same over undici, and the same with its view drawing.
 * `npm run bench -- --rounds 3 --seconds 8 --streams 256,1024 [--pin] [--json]`, or `--long` for memory over ten minutes.
 */

import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {execa} from 'execa';
import {startSimulator} from '../source/engine/simulator/start.ts';
import {machineLines, thisMachine} from './bench-machine.ts';
import {type Bench, type clients, type Figures, measure, timetable, withFolder} from './bench-measure.ts';
import {measureMemory, memoryLines} from './bench-memory.ts';
import {type LevelResult, levelTable, startupTable, targets, targetTable} from './bench-report.ts';
import {measureStartup} from './bench-startup.ts';
import {buildFile} from './build.ts';

const {values: options} = parseArgs({
	options: {
		rounds: {type: 'string', default: '3'},
		seconds: {type: 'string'},
		streams: {type: 'string'},
		long: {type: 'boolean', default: false},
		pin: {type: 'boolean', default: false},
		json: {type: 'boolean', default: false},
	},
});
const machine = thisMachine();
const print = (text: string) => process.stdout.write(`${text}\n`);

function whole(name: string, text: string): number {
	const value = Number(text);
	if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} needs whole numbers from 1 on, got ${text}.`);
	return value;
}

function streamsOf(otherwise: string): number[] {
	return (options.streams ?? otherwise).split(',').map((text) => whole('streams', text));
}

async function compareClients(bench: Bench): Promise<void> {
	const rounds = whole('rounds', options.rounds);
	const seconds = whole('seconds', options.seconds ?? '8');
	const levels: LevelResult[] = [];
	for (const streams of streamsOf('256,1024')) {
		const level = {streams, rounds: [] as Record<(typeof clients)[number], Figures>[]};
		for (let round = 1; round <= rounds; round++) {
			process.stderr.write(`${streams} streams, round ${round} of ${rounds}\n`);
			const [floor, ours, undici, view] = [
				await measure(bench, 'floor', {streams, seconds}),
				await measure(bench, 'ours', {streams, seconds}),
				await measure(bench, 'undici', {streams, seconds}),
				await measure(bench, 'view', {streams, seconds}),
			];
			level.rounds.push({floor, ours, undici, view});
		}
		levels.push(level);
		if (!options.json) print(`${levelTable(level)}\n`);
	}
	process.stderr.write('the start of the program\n');
	const startup = await measureStartup(bench);
	const reached = targets(levels, startup);
	if (options.json) print(JSON.stringify({machine, timetable, seconds, levels, startup, targets: reached}, null, 1));
	else print(`${startupTable(startup)}\n\n${targetTable(reached)}`);
}

async function watchMemory(bench: Bench): Promise<void> {
	const seconds = whole('seconds', options.seconds ?? '600');
	for (const streams of streamsOf('1024')) {
		const memory = await measureMemory(bench, {streams, seconds});
		print(options.json ? JSON.stringify({machine, timetable, memory}, null, 1) : memoryLines(memory));
	}
}

if (options.pin && machine.cores < 2) throw new Error('--pin needs a core for the server and one for the client.');
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
		await (options.long ? watchMemory(bench) : compareClients(bench));
	} finally {
		await server.stop();
	}
});
