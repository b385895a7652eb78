/** The shell functions by which a guard ends all of a job, step by step. */

import type {JobOrder} from './job.ts';

/** Processes whose first one has ended do not end by themselves later than this. */
const orphanGraceMs = 2_000;
/** A process that lives through SIGKILL for so long hangs in the kernel. */
const killTimeoutMs = 10_000;
/** From "nothing of it is left" until the part that waits for it tells how it ended. */
const lastWordsMs = 2_000;

/**
 * `stop GRACE` begins, `step MS` goes on after so many ms, `over` ends it and `finish` tells how. They share with the rest
 * of the guard: `phase` ('', INT, TERM, KILL or OVER), `rest` (ms of it that are left), `sent`, `killed`, `hurried`, `code`
 * (how the first process ended, once that is known) and `told` (1 when the end was told).
 */
export function stopFunctions({separate}: Pick<JobOrder, 'separate'>): string {
	return `send() { if kill -"$1" "$2"; then sent=SIG$1; fi; }
stop() {
	if [ -n "$phase" ]; then return; fi
	grace=$1
	phase=INT
	rest=$grace
	members
	if [ -n "$first" ] && [ -z "$hurried" ]; then send INT "$root"; fi
	if [ -z "$alive" ]; then over; else soon; fi
}
step() {
	members
	if [ -z "$alive" ]; then over; return; fi
	if [ -z "$first" ] && [ "$rest" -gt ${orphanGraceMs} ]; then rest=${orphanGraceMs}; fi
	rest=$((rest - $1))
	if [ -n "$hurried" ] && [ $phase != KILL ]; then phase=TERM rest=0; fi
	if [ "$rest" -le 0 ]; then
		case $phase in
		INT)
			phase=TERM rest=$grace
			for pid in $alive; do send TERM "$pid"; done ;;
		TERM) phase=KILL rest=${killTimeoutMs} ;;
		KILL)
			for pid in $alive; do tell "left $pid $(printf %.1000s "$(command_of "$pid")")"; done
			over
			return ;;
		esac
	fi
	if [ $phase = KILL ]; then
		for pid in $alive; do
			case " $killed " in
			*" $pid "*) ;;
			*)
				killed="$killed $pid"
				tell "killed $pid $(printf %.1000s "$(command_of "$pid")")" ;;
			esac
			send KILL "$pid"
		done
	fi
	soon
}
# Nothing of it is left.
over() {
	phase=OVER
	rest=${lastWordsMs}
	if [ -n "$code" ]; then finish; else soon; fi
}
finish() {
	tell "ended $code \${sent:--} $(($(wc -c <"$folder/out"))) ${separate ? '$(($(wc -c <"$folder/err")))' : '0'}"
	told=1
	if [ "$idle" -ge "$timeout" ]; then quits=1; else soon; fi
}`;
}
