/** What the operating system says about files, in sentences for people. */

import {dirname} from 'node:path';
import {ExpectedError, exitCode} from '../errors.ts';

/** Advice where the cause alone does not say what to do. */
const elsewhere = 'Name another place with --save FILE.';

/** A file could not be written (exit 5). Anything but an error of the operating system is thrown as it is: a bug. */
export function writeFailure(path: string, error: unknown): ExpectedError {
	const {why, advice} = reason(path, error);
	return new ExpectedError(`${path} cannot be written: ${why}.`, {exitCode: exitCode.notWritten, advice, cause: error});
}

/** A file that was named could not be read (exit 2). Likewise. */
export function readFailure(path: string, error: unknown): ExpectedError {
	const why = codeOf(error) === 'ENOENT' ? 'there is no such file' : reason(path, error).why;
	return new ExpectedError(`${path} cannot be read: ${why}.`, {exitCode: exitCode.usage, cause: error});
}

/** The name of an error of the operating system: `ENOENT`; absent when the error is none. */
export function codeOf(error: unknown): string | undefined {
	if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
	return error.code;
}

/** Why a file could not be written, as a clause. */
export function reason(path: string, error: unknown): {why: string; advice: string} {
	const code = codeOf(error);
	switch (code) {
		case 'ENOSPC':
			return {why: 'no room is left on the disk', advice: 'Make room, or name another place with --save FILE.'};
		case 'EDQUOT':
			return {why: 'your disk quota is used up', advice: 'Make room, or name another place with --save FILE.'};
		case 'EACCES':
		case 'EPERM':
			return {why: 'permission is denied', advice: elsewhere};
		case 'EROFS':
			return {why: 'the file system is read-only', advice: elsewhere};
		case 'EISDIR':
			return {why: 'it is a folder', advice: 'Name a file in it.'};
		case 'ENOENT':
			return {why: `the folder ${dirname(path)} does not exist`, advice: `Create it with: mkdir -p ${dirname(path)}`};
		case 'ENOTDIR':
			return {why: 'a part of the path is a file, not a folder', advice: elsewhere};
		case 'ENAMETOOLONG':
			return {why: 'the name is too long', advice: elsewhere};
		case 'EPIPE':
			return {why: 'its reader has closed it', advice: elsewhere};
		case undefined:
			throw error;
		default:
			return {why: `the system says ${code}`, advice: elsewhere};
	}
}
