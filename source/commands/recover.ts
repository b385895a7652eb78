/** `llmtop recover FILE`: a session from the journal that a killed run has left. */

import {type ExitCode, exitCode} from '../errors.ts';
import {writeSession} from '../session/file.ts';
import {recoveredPath} from '../session/place.ts';
import {recoverSession} from '../session/recover.ts';
import {Console} from './console.ts';
import {printReport} from './report.ts';

export async function recoverFile(options: {
	readonly file: string;
	readonly saveFile: string | undefined;
}): Promise<ExitCode> {
	const session = await recoverSession(options.file);
	const path = options.saveFile ?? (await recoveredPath(options.file));
	await writeSession(path, session);
	await printReport(session);
	new Console({quiet: false}).say(`Session: ${path}. The journal is left where it is.`);
	return exitCode.ok;
}
