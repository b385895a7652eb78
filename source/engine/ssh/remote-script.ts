/**
 * How a script gets to the shell of another machine. sshd gives what we ask for to the login shell of the account, which
 * may be fish or csh: that one sees a text in which nothing has a meaning of its own to any shell (no backslash, `!`,
 * line end or quote inside the quotes), and starts `sh`. The script itself comes over standard input, so it stands in no
 * list of processes there, and is as long as it likes.
 */

import {randomBytes} from 'node:crypto';
import {wordsForShell} from './shell-quote.ts';

export interface RemoteScript {
	/** For ssh's command line. */
	readonly command: string;
	/** What must be written to its standard input before anything else. */
	readonly input: string;
	/** A line of its own on standard output and on standard error: what stands before it, the login shell has written. */
	readonly mark: string;
}

/** A script of POSIX sh, run as it is: it reads what follows on standard input. */
export function deliver(script: string): RemoteScript {
	const mark = `llmtop-${randomBytes(8).toString('hex')}`;
	const input = `printf '\\n%s\\n' ${mark}\nprintf '\\n%s\\n' ${mark} >&2\n${script}`;
	return {command: `exec sh -c 'eval "$(dd bs=1 count=${Buffer.byteLength(input)} 2>/dev/null)"' llmtop`, input, mark};
}

/**
 * Runs the script in a subshell with these positional arguments and nothing on standard input, and ends with its exit
 * status. When our standard input ends (the handle was closed, we are gone, or the connection is), all that the script
 * has started is ended: asked to, and killed after a second. sshd puts each command into a process group of its own,
 * which is what `kill … 0` means. Whatever of it is left when the script ends by itself is ended too.
 */
export function guarded(script: string, args: readonly string[]): string {
	return `exec 3<&0 </dev/null
( set -- ${wordsForShell(args)}
eval ${wordsForShell([script])} ) 3<&- &
job=$!
( while read -r line; do :; done
trap '' TERM
kill -TERM 0
sleep 1
kill -KILL 0 ) <&3 3<&- >/dev/null 2>&1 &
trap '' TERM
exec 3<&-
wait "$job"
code=$?
kill -TERM 0
exit "$code"`;
}

/** Runs the script with these positional arguments; it reads what follows on standard input, and sees to its own end. */
export function hearing(script: string, args: readonly string[]): string {
	return `set -- ${wordsForShell(args)}
${script}`;
}
