/** `--compare`: the same load on several machines, one after the other, and one report of all. */

import {extname} from 'node:path';
import type {Config, Destination, SshConfig} from '../config.ts';
import {type ExitCode, ExpectedError, exitCode} from '../errors.ts';
import {type Compared, compareReport} from '../report/compare.ts';
import {compareChunks} from '../report/compare-document.ts';
import {csvReport} from '../report/csv.ts';
import {textOf} from '../report/text.ts';
import {checkWritable, writeText} from '../session/file.ts';
import {Console, errorText, print} from './console.ts';
import type {LoadEnd} from './load.ts';
import {printDrawn} from './report.ts';

export interface CompareCommand {
	readonly config: Config & {readonly ssh: SshConfig};
	/** Loads one machine, saves its session and prints nothing on standard output. */
	readonly runOne: (config: Config) => Promise<LoadEnd>;
}

/**
 * Each machine has a session and a file of its own; the CSV holds all. A machine that fails does not keep the others from
 * being measured. `q` in a level without an end of its own goes on to the next machine; ending the load before it is
 * complete, and a signal, end the comparison. The code is the worst of all.
 */
export async function runCompare({config, runOne}: CompareCommand): Promise<ExitCode> {
	const console = new Console(config.output);
	const turns = turnsOf(config);
	const {csvFile} = config.output;
	for (const file of [...turns.map(({output}) => output.saveFile), csvFile]) {
		if (file !== undefined) await checkWritable(file);
	}
	const compared: Compared[] = [];
	const codes: ExitCode[] = [];
	for (const turn of turns) {
		const {text: name} = turn.ssh.boxes[0];
		console.say(`Machine ${turn.ssh.turn.place} of ${turn.ssh.turn.of}: ${name}`);
		const {code, ...end} = await endOf(() => runOne(turn));
		if (end.trouble !== undefined) console.warn(`Nothing was measured on ${name}.`);
		codes.push(code);
		compared.push({name, ...end});
		if (isEndedByHand({code, ...end})) break;
	}
	for (const {text: name} of config.ssh.boxes.slice(compared.length)) {
		compared.push({name, trouble: 'It was not its turn before the end.'});
	}
	codes.push(
		await saved(console, () => saveCsv(csvFile, compared)),
		await saved(console, () => show(compared, config)),
	);
	return worst(codes);
}

type Turn = Config & {readonly ssh: SshConfig & {readonly turn: NonNullable<SshConfig['turn']>}};

function turnsOf(config: CompareCommand['config']): readonly Turn[] {
	const {ssh, output} = config;
	const {csvFile: _, saveFile, ...rest} = output;
	const files = saveFile === undefined ? [] : saveFiles(saveFile, ssh.boxes);
	return ssh.boxes.map((box, index) => {
		const file = files[index];
		return {
			...config,
			ssh: {...ssh, boxes: [box], turn: {place: index + 1, of: ssh.boxes.length}},
			output: {...rest, ...(file === undefined ? {} : {saveFile: file})},
		};
	});
}

/** `run.json` becomes `run-me@gpu-box.json`, a different one for each machine. What is no file stays as it is. */
export function saveFiles(file: string, boxes: readonly Destination[]): readonly string[] {
	if (file.startsWith('/dev/')) return boxes.map(() => file);
	const ending = extname(file);
	const stem = file.slice(0, file.length - ending.length);
	const names = boxes.map(({text}) => text.replace(/[^\w.@-]+/g, '-'));
	return names.map((name, index) => {
		const isTwice = names.indexOf(name) < index;
		return `${stem}-${name}${isTwice ? `-${index + 1}` : ''}${ending}`;
	});
}

interface TurnEnd extends LoadEnd {
	/** Why nothing was measured. */
	readonly trouble?: string;
}

/** What a person can mend on one machine is said, and the next one's turn. */
async function endOf(run: () => Promise<LoadEnd>): Promise<TurnEnd> {
	try {
		return await run();
	} catch (error) {
		if (!(error instanceof ExpectedError)) throw error;
		process.stderr.write(errorText(error));
		return {code: error.exitCode, trouble: error.message};
	}
}

const signalled: readonly ExitCode[] = [exitCode.interrupted, exitCode.terminated, exitCode.hangup];

/** A signal, or a load that was ended before it was complete, though nothing failed. */
function isEndedByHand({code, trouble, session}: TurnEnd): boolean {
	if (signalled.includes(code)) return true;
	return code === exitCode.ok && trouble === undefined && session?.partial !== false;
}

async function saveCsv(file: string | undefined, compared: readonly Compared[]): Promise<void> {
	if (file === undefined) return;
	await writeText(file, [csvReport(...compared.flatMap(({session}) => (session === undefined ? [] : [session])))]);
}

async function show(compared: readonly Compared[], {output}: Config): Promise<void> {
	if (output.json) await print(compareChunks(compared));
	else await printDrawn((options) => textOf(compareReport(compared, 'machine'), options), output);
}

async function saved(console: Console, write: () => Promise<void>): Promise<ExitCode> {
	try {
		await write();
		return exitCode.ok;
	} catch (error) {
		if (!(error instanceof ExpectedError)) throw error;
		console.warn(error.message);
		return error.exitCode;
	}
}

/** The worst first. A figure that must not be used is better than none, and a signal is the person's own word. */
const ranking: readonly ExitCode[] = [
	...signalled,
	exitCode.notWritten,
	exitCode.usage,
	exitCode.unreachable,
	exitCode.notStarted,
	exitCode.failed,
	exitCode.clientLimited,
];

/** The code of several ends. */
export function worst(codes: readonly ExitCode[]): ExitCode {
	return ranking.find((code) => codes.includes(code)) ?? exitCode.ok;
}
