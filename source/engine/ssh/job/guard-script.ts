/**
 * The guard of a job on a box, in POSIX sh. It starts the job in a session of its own, with files for its output, and
 * reads one line after the other from a fifo, `orders`: from us (through attach-script.ts), from the part of it that waits
 * for the job, and from its clock. When no `renew` has come for too long it ends the job. What it has to tell stands in the
 * file `events`, which is read anew after each reconnect. At the end it removes its folder.
 *
 * An ordinary background process of a shell would ignore SIGINT, and no shell can change that for what it starts: so the
 * parts run side by side as a pipeline, through which nothing flows.
 */

import {wordsForShell} from '../shell-quote.ts';
import type {JobOrder} from './job.ts';
import {jobFunction} from './job-function.ts';
import {membersScript} from './members-script.ts';
import {stopFunctions} from './stop-functions.ts';

/** An orphan timeout below it is looked at each second, to be kept well enough. */
const shortTimeoutMs = 20_000;

/** A job that runs already, and whose guard was killed. */
export interface Orphan {
	readonly pid: number;
	/** When it started, and its guard, in the box's own unit; '' when nobody knows. */
	readonly start: string;
	readonly since: string;
}

/**
 * The guard's text. Its arguments are `$2` the folder and `$3` the umask of the login. One block: a text that was cut off
 * is an error of syntax, and nothing of it runs.
 */
export function guardScript(order: JobOrder, orphan?: Orphan): string {
	return `{
folder=$2
mask=$3
mark=${wordsForShell([order.mark])}
grace=${Math.round(order.graceMs)}
timeout=${Math.round(order.orphanTimeoutMs)}
cd /
exec </dev/null 6>&1 >/dev/null 2>&1 5<>"$folder/orders"
trap : HUP INT TERM PIPE
${membersScript}
${orphan === undefined ? beginning(order) : `since=${wordsForShell([orphan.since])}`}
${jobFunction(order)}
${mainFunction(order, orphan)}
${orphan === undefined ? 'job | main </dev/null' : 'main'}
}`;
}

function beginning({hasInput}: JobOrder): string {
	return `since=$(start_of "$$")
: >"$folder/out"
: >"$folder/err"
: >"$folder/in"
${hasInput ? 'mkfifo "$folder/stdin"' : ''}`;
}

/** A program that waits for the next line of a file holds no writer up, however little the job reads. */
const feed = `tail -n +1 -f "$folder/in" >"$folder/stdin" &
	feeder=$!
	echo "$feeder" >"$folder/feeder"`;

function mainFunction(order: JobOrder, orphan: Orphan | undefined): string {
	const {orphanTimeoutMs, hasInput, removes = [], removesEmpty = []} = order;
	const lookMs = orphanTimeoutMs < shortTimeoutMs ? 1_000 : 2_000;
	return `
tell() { printf '%s\\n' "$*" >>"$folder/events"; }
# One tick, after so many seconds, which are so many ms.
tick() {
	ticks=$((ticks + 1))
	spanned=$2
	( trap 'kill "$nap"; exit' TERM; sleep "$1" & nap=$!; wait "$nap"; printf 'tick %s\\n' "$ticks" >&5 ) 6>&- &
	clock=$!
}
no_tick() {
	if [ -n "$clock" ]; then kill "$clock"; wait "$clock"; fi
	clock=
}
gone() { [ ! -d "/proc/$1" ] && ! kill -0 "$1"; }
begun() { printf 'started %s/%s/%s\\n' "$root" "$start" "$since" >&6; }
look_again() {
	# A job that is kept needs no clock but for what may have gone wrong.
	if [ -n "$kept" ]; then tick 10 10000; else tick ${lookMs / 1_000} ${lookMs}; fi
}
soon() {
	no_tick
	if [ "$short" = 1 ]; then tick 1 1000; else tick "$short" 100; fi
}
${stopFunctions(order)}
passed() {
	wait "$clock"
	clock=
	idle=$((idle + spanned))
	if [ -n "$told" ]; then
		if [ "$idle" -ge "$timeout" ]; then quits=1; else look_again; fi
		return
	fi
	case $phase in
	INT|TERM|KILL) step "$spanned" ;;
	OVER)
		rest=$((rest - spanned))
		if [ "$rest" -le 0 ]; then code=-; finish; else soon; fi ;;
	*)
		if [ -z "$kept" ] && [ "$idle" -ge "$timeout" ]; then tell orphaned; stop "$grace"
		elif [ -n "$root" ] && gone "$root"; then
			# Whoever waited for it tells how it ended, unless it was killed.
			if [ -n "$missed" ]; then stop "$grace"; else missed=1; look_again; fi
		else look_again
		fi ;;
	esac
}
hear() {
	case $1 in
	"tick $ticks") passed ;;
	renew) idle=0 ;;
	"started "*)
		root=\${1#* }
		start=$(start_of "$root")
		begun ;;
	"failed "*)
		printf '%s\\n' "$1" >&6
		quits=1 ;;
	"ended "*)
		if [ -z "$told" ]; then
			code=\${1#* }
			if [ "$phase" = OVER ]; then finish; else stop "$grace"; fi
		fi ;;
	"stop "*) stop "\${1#* }" ;;
	hurry)
		hurried=1
		case $phase in
		"") stop "$grace" ;;
		INT|TERM) step 0 ;;
		esac ;;
	keep)
		if [ -z "$phase$kept" ]; then
			kept=1
			tell kept
		fi ;;
	done) quits=$told ;;
	esac
}
main() {
	trap 'printf "stop %s\\n" "$grace" >&5' HUP INT TERM
	trap : PIPE
	root=${wordsForShell([String(orphan?.pid ?? '')])}
	start=${wordsForShell([orphan?.start ?? ''])}
	phase= code= sent= killed= hurried= kept= told= missed= quits= clock= ticks=0 idle=0
	short=1
	if sleep 0.01; then short=0.1; fi
	sh -c 'printf "%s\\n" "$PPID"' >"$folder/guard"
	${hasInput && orphan === undefined ? feed : 'feeder=$(cat "$folder/feeder")'}
	look_again
	${orphan === undefined ? '' : 'begun\nstop "$grace"'}
	while [ -z "$quits" ]; do
		# A signal ends the reading.
		if IFS= read -r order <&5; then hear "$order"; else sleep 1; fi
	done
	case "$(command_of "$feeder")" in *" $folder/in "*) kill "$feeder" ;; esac
	no_tick
	rm -rf "$folder"
	${removes.length === 0 ? '' : `rm -rf ${wordsForShell(removes)}`}
	${removesEmpty.map((empty) => `rmdir ${wordsForShell([empty])}`).join(' && ')}
	case $folder in */.cache/llmtop/*) rmdir "\${folder%/*}" ;; esac
}`;
}
