/** `llmtop doctor`: what is here or, with `--ssh`, on other machines, and what would stop a run. */

import {dirname} from 'node:path';
import type {Destination} from '../config.ts';
import {readApiKey} from '../engine/control/key.ts';
import {wellKnownPorts} from '../engine/find-server.ts';
import type {Check} from '../engine/host/doctor/check.ts';
import {clockFacts, judgeClock} from '../engine/host/doctor/clock.ts';
import {installedEngines, judgeEngines} from '../engine/host/doctor/engines.ts';
import {folderFacts, judgeFolders} from '../engine/host/doctor/folders.ts';
import {gpuFacts, judgeGpus} from '../engine/host/doctor/gpus.ts';
import {judgeLimits, limitFacts} from '../engine/host/doctor/limits.ts';
import {judgeMachine, machineFacts} from '../engine/host/doctor/machine.ts';
import {judgePresets, presetFacts} from '../engine/host/doctor/presets.ts';
import {judgeServers, serversFacts} from '../engine/host/doctor/servers.ts';
import {judgeSsh, sshFacts} from '../engine/host/doctor/ssh.ts';
import {judgeTerminal} from '../engine/host/doctor/terminal.ts';
import {installedCacheFile} from '../engine/launch/installed-cache.ts';
import {presetFolder} from '../engine/launch/preset-list.ts';
import {version} from '../engine/role.ts';
import {type ExitCode, exitCode} from '../errors.ts';
import {plainText} from '../format.ts';
import {sessionFolders} from '../session/place.ts';
import {smallest} from '../view/layout.ts';
import {symbolsOf} from '../view/symbols.ts';
import {themeOf} from '../view/theme.ts';
import {print} from './console.ts';
import {type CheckGroup, doctorGroup, doctorSummary} from './doctor-text.ts';
import {Signals} from './signals.ts';
import {type Terminal, terminalHere} from './terminal.ts';

export interface DoctorOptions {
	/** Machines to look at in place of this one; absent or empty: this one. */
	readonly boxes?: readonly Destination[];
	/** The checks as one JSON object on standard output, and nothing else there. */
	readonly json: boolean;
	/** Default: as the terminal can. */
	readonly color?: boolean;
	readonly ascii?: boolean;
	readonly environment: NodeJS.ProcessEnv;
}

/** Width of text that goes into a pipe, and on a wide terminal, in columns. */
const readableColumns = 100;

/**
 * Looks at everything at once, and prints what is known while the slow ones (an engine that imports for a while) are
 * still asked; at other machines one after the other, so that what is measured of one is not the other's doing. Exit 1
 * when something would stop a run, also when a machine is not reached.
 */
export async function runDoctor(options: DoctorOptions): Promise<ExitCode> {
	const {boxes = [], json, color = true, ascii = false, environment} = options;
	const terminal = terminalHere({color, ascii, headless: false, mouse: false, screenReader: false}, environment);
	const theme = themeOf(terminal.theme, {colors: terminal.colors, symbols: symbolsOf(terminal.symbols)});
	const page = {
		columns: Math.min(process.stdout.columns || readableColumns, readableColumns),
		theme,
		plain: terminal.colors === 'none' && (process.stdout.isTTY !== true || environment.TERM === 'dumb'),
	};
	const signals = boxes.length === 0 ? undefined : new Signals();
	const found =
		signals === undefined ? examineHere(environment, terminal) : examineBoxes(boxes, {environment, signals});
	const groups: CheckGroup[] = [];
	for await (const group of found) {
		groups.push(group);
		if (!json) await print([doctorGroup(group, page)]);
	}
	signals?.close();
	if (signals?.exitCode !== undefined) return signals.exitCode;
	await print([json ? document(groups) : doctorSummary(groups, page)]);
	return groups.some(({checks}) => checks.some(({state}) => state === 'fix')) ? exitCode.failed : exitCode.ok;
}

async function* examineHere(environment: NodeJS.ProcessEnv, terminal: Terminal): AsyncGenerator<CheckGroup> {
	const pending = examinations(environment, terminal);
	// One that fails is thrown where it is waited for.
	void Promise.allSettled(pending);
	yield* pending;
}

/** A signal ends it: the first in good order, so that nothing is left on the machine. */
async function* examineBoxes(
	boxes: readonly Destination[],
	{environment, signals}: {readonly environment: NodeJS.ProcessEnv; readonly signals: Signals},
): AsyncGenerator<CheckGroup> {
	const stop = new AbortController();
	signals.onStop(() => stop.abort());
	const {stdin, stderr} = process;
	const hasKey = readApiKey(undefined, environment) !== undefined;
	yield plainGroup({id: 'programs', title: 'This machine', checks: [judgeSsh(await sshFacts(environment))]});
	for (const destination of boxes) {
		if (stop.signal.aborted) return;
		const {examineBox} = await import('./doctor-box.ts');
		const found = examineBox({
			destination,
			environment,
			// ssh asks on the terminal itself; its words go with that to standard error.
			interactive: stdin.isTTY === true && stderr.isTTY === true,
			hasKey,
			signal: stop.signal,
			onOpen: (box) => signals.onLeave(() => box.leave()),
		});
		for await (const group of found) yield plainGroup({...group, box: destination.text});
	}
}

/** The quickest first. */
function examinations(environment: NodeJS.ProcessEnv, terminal: Terminal): readonly Promise<CheckGroup>[] {
	const hasKey = readApiKey(undefined, environment) !== undefined;
	return [
		group('machine', 'This machine', async () => [...judgeMachine(machineFacts()), ...judgeClock(await clockFacts())]),
		group('limits', '1,024 streams', async () => judgeLimits(await limitFacts())),
		group('terminal', 'Terminal', async () => judgeTerminal(terminalFacts(environment, terminal))),
		group('files', 'Files', async () => [
			...judgeFolders(await folders(environment)),
			...judgePresets(await presetFacts(environment)),
		]),
		group('programs', 'Other machines', async () => [judgeSsh(await sshFacts(environment))]),
		group('servers', 'Servers that run here', async () =>
			judgeServers(await serversFacts(wellKnownPorts('auto')), hasKey),
		),
		group('gpus', 'GPUs', async () => judgeGpus(await gpuFacts(environment))),
		group('engines', 'Engines installed here', async () => judgeEngines(await installedEngines(environment))),
	];
}

async function group(id: string, title: string, examine: () => Promise<readonly Check[]>): Promise<CheckGroup> {
	return plainGroup({id, title, checks: await examine()});
}

/** What programs, servers and machines have said of themselves is made plain here, for both forms. */
function plainGroup(group: CheckGroup): CheckGroup {
	return {
		...group,
		title: plainText(group.title),
		checks: group.checks.map((check) => ({
			...check,
			text: plainLines(check.text),
			...(check.advice === undefined ? {} : {advice: plainText(check.advice)}),
		})),
	};
}

/** ssh's own words may be several lines, with blanks that draw a frame. */
function plainLines(text: string): string {
	const lines = text.split('\n');
	if (lines.length === 1) return plainText(text);
	return lines.map((line) => line.split(' ').map(plainText).join(' ')).join('\n');
}

function terminalFacts(environment: NodeJS.ProcessEnv, terminal: Terminal): Parameters<typeof judgeTerminal>[0] {
	const {stdin, stdout} = process;
	const {live, screenReader, colors, symbols, theme} = terminal;
	const isTerminal = stdout.isTTY === true;
	return {
		isTerminal,
		hasKeys: stdin.isTTY === true,
		live,
		screenReader,
		colors,
		symbols,
		theme,
		...(isTerminal && stdout.columns > 0 ? {size: {columns: stdout.columns, rows: stdout.rows}} : {}),
		smallest,
		environment,
	};
}

async function folders(environment: NodeJS.ProcessEnv): Promise<Parameters<typeof judgeFolders>[0]> {
	const [state, temporary] = sessionFolders(environment);
	const [inState, inTemporary, config, cache] = await Promise.all([
		folderFacts(state),
		folderFacts(temporary),
		folderFacts(presetFolder(environment)),
		folderFacts(dirname(installedCacheFile(environment))),
	]);
	return {state: inState, temporary: inTemporary, config, cache};
}

/** The document of `--json`; advice is null where there is nothing to do, `box` is there where other machines are looked at. */
function document(groups: readonly CheckGroup[]): string {
	const checks = groups.flatMap(({id: group, box, checks}) =>
		checks.map(({id, state, text, advice = null}) => ({
			...(box === undefined ? {} : {box}),
			group,
			id,
			state,
			text,
			advice,
		})),
	);
	return `${JSON.stringify({llmtop: version, checks}, null, 1)}\n`;
}
