/**
 * A login shell that knows only what `sh`, fish and csh have in common: words, `exec`, and single quotes in which nothing
 * means anything. Whatever else is in the command it does not understand, as each of those three would not understand the
 * particulars of another. As ForceCommand of sshd it finds the command in SSH_ORIGINAL_COMMAND.
 */

import {spawnSync} from 'node:child_process';

const {SSH_ORIGINAL_COMMAND: command = ''} = process.env;
console.log('Welcome to a friendly shell');
const words = [...command.matchAll(/'([^'\\!\n]*)'|([\w./=:,@%+-]+)|(\s+)|(.)/gs)];
const foreign = words.find(([, , , , character]) => character !== undefined);
if (foreign !== undefined) {
	console.error(`plain: Unexpected '${foreign[0]}' in: ${command}`);
	process.exitCode = 127;
} else {
	const [exec, file = '', ...argv] = words.flatMap(([, quoted, bare]) => quoted ?? bare ?? []);
	if (exec !== 'exec') throw new Error(`plain: Unknown command: ${exec}`);
	const {status} = spawnSync(file, argv, {stdio: 'inherit'});
	process.exitCode = status ?? 1;
}
