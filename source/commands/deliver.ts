/** The end of a run: the session saved, the results printed, and the code to leave with. */

import type {Config} from '../config.ts';
import {type ExitCode, ExpectedError, exitCode} from '../errors.ts';
import {missedGoals} from '../metrics/slo.ts';
import {csvReport} from '../report/csv.ts';
import {sessionChunks} from '../session/document.ts';
import {saveSession, writeText} from '../session/file.ts';
import type {Journal} from '../session/journal.ts';
import type {Session} from '../snapshot.ts';
import {type Console, print} from './console.ts';
import {printReport} from './report.ts';

export interface Delivery {
	readonly session: Session;
	readonly config: Config;
	readonly console: Console;
	/** Absent when it was measured elsewhere. */
	readonly journal?: Journal;
	readonly saveFile: string;
	/** Other folders for the session, when its file cannot be written. */
	readonly fallbackFolders: readonly string[];
}

export async function deliver(delivery: Delivery): Promise<ExitCode> {
	const {session, config} = delivery;
	// First the file, then the words: a terminal that is gone must not cost the session.
	const saved = await save(delivery);
	const listed = await saveCsv(delivery);
	const printed = await written(delivery.console, () => show(delivery));
	if (saved.path !== undefined) delivery.console.say(`Session: ${saved.path}`);
	return saved.whole && listed && printed ? verdictCode(session, config) : exitCode.notWritten;
}

/** Of one of several machines nothing is shown: the comparison shows them all. */
async function show({session, config: {ssh, output}}: Delivery): Promise<void> {
	if (ssh?.turn !== undefined) return;
	await (output.json ? print(sessionChunks(session)) : printReport(session, output));
}

/** Saves the session, elsewhere if need be; when nothing takes it, its journal stays and is named. */
async function save({
	session,
	console,
	journal,
	saveFile,
	fallbackFolders,
}: Delivery): Promise<{path?: string; whole: boolean}> {
	try {
		const {path, warning} = await saveSession(session, {path: saveFile, fallbackFolders});
		await journal?.remove();
		if (warning !== undefined) console.warn(warning);
		return {path, whole: warning === undefined};
	} catch (error) {
		if (!(error instanceof ExpectedError)) throw error;
		const rest = journal?.path === undefined ? '' : ` Its journal is ${journal.path}: llmtop recover ${journal.path}`;
		console.warn(`${error.message}${rest}`);
		return {whole: false};
	}
}

async function saveCsv({session, config, console}: Delivery): Promise<boolean> {
	const {csvFile} = config.output;
	if (csvFile === undefined) return true;
	return await written(console, () => writeText(csvFile, [csvReport(session)]));
}

/** False when it could not be written; that is then said. */
async function written(console: Console, write: () => Promise<void>): Promise<boolean> {
	try {
		await write();
		return true;
	} catch (error) {
		if (!(error instanceof ExpectedError)) throw error;
		console.warn(error.message);
		return false;
	}
}

/** 1 when nothing succeeded; with `--strict` also when anything failed, nothing ended or a goal was missed, and 6 when the client was the limit. */
function verdictCode(session: Session, {goals}: Config): ExitCode {
	const {levels} = session;
	if (levels.some(({requests}) => requests.ok === 0 && requests.failed > 0)) return exitCode.failed;
	if (!goals.strict) return exitCode.ok;
	if (levels.some(({verdicts}) => verdicts.client.value === 'client-limited')) return exitCode.clientLimited;
	const missed = levels.some(
		(level) => level.requests.ok === 0 || level.requests.failed > 0 || missedGoals(level, goals.slo).length > 0,
	);
	return missed ? exitCode.failed : exitCode.ok;
}
