/** The shell function by which a guard starts its job, and tells how it began and how it ended. */

import {markVariable} from '../../launch/process-tree.ts';
import {widerPath} from '../remote-path.ts';
import {wordsForShell} from '../shell-quote.ts';
import type {JobOrder} from './job.ts';

/**
 * `job` runs the program in a session of its own where there is a `setsid`, until it ends. It needs `folder` and `mask`, and
 * writes to the orders (5) `started PID`, or `failed …` with what is wrong, and `ended STATUS`.
 */
export function jobFunction({program, argv, environment, mark, hasInput, separate, folder}: JobOrder): string {
	const variables = Object.entries({...environment, [markVariable]: mark}).map(([name, value]) => {
		if (!/^[A-Za-z_]\w*$/.test(name)) throw new RangeError(`No shell can hold a variable ${JSON.stringify(name)}.`);
		return `export ${name}=${wordsForShell([value])}`;
	});
	return `
fail() {
	printf 'failed %s\\n' "$*" >&5
	exit 126
}
job() {
	(
		umask "$mask"
		${widerPath}
		${variables.join('\n')}
		cd ${folder === undefined ? '"$HOME" || cd /' : `${wordsForShell([folder])} || fail folder`}
		set -f
		program=${wordsForShell([program])}
		case $program in
		*/*)
			[ -e "$program" ] || fail missing
			[ -x "$program" ] && [ ! -d "$program" ] || fail denied ;;
		*)
			found=
			IFS=:
			for place in $PATH; do
				if [ -f "$place/$program" ] && [ -x "$place/$program" ]; then found=$place/$program; break; fi
			done
			unset IFS
			[ -n "$found" ] || fail path "$PATH"
			program=$found ;;
		esac
		IFS= read -r line <"$program"
		case $line in
		'#!'*)
			set -- \${line#??}
			[ -x "$1" ] || fail interpreter "$1" ;;
		esac
		leader=
		if command -v setsid >/dev/null 2>&1; then leader=setsid; fi
		exec $leader sh -c 'printf "started %s\\n" "$$" >&5; exec 5>&-; exec "$@"' sh "$program" ${wordsForShell(argv)}
	) <${hasInput ? '"$folder/stdin"' : '/dev/null'} >>"$folder/out" 2>>"$folder/${separate ? 'err' : 'out'}" 6>&-
	printf 'ended %s\\n' "$?" >&5
}`;
}
