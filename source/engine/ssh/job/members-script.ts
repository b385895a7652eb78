/**
 * The shell functions by which a box finds all processes of a job, by the signs of launch/process-tree.ts: the session and
 * the group that its first process leads, the parent links, and the mark. On Linux from /proc, in two programs for one
 * look. Elsewhere from `ps`, which tells neither session nor start: written after the manual of macOS, not tried.
 */

import {markVariable} from '../../launch/process-tree.ts';

/** proc(5): pid, state, parent, group, session, start. The name in brackets may itself hold blanks and brackets. */
const statFields =
	's/^\\([0-9]*\\) (.*) \\(.\\) \\([0-9]*\\) \\([0-9]*\\) \\([0-9]*\\) \\([-0-9]* \\)\\{15\\}\\([0-9]*\\) .*/\\1 \\2 \\3 \\4 \\5 \\7/p';

/**
 * `members` sets `alive` to the job's processes, its first one first, and `first` to 1 when that is among them. It needs
 * `mark`, `root` (pid of the first one), `start` (when that started; '' when nobody knows) and `since` (nothing of the job
 * is older). `start_of PID` prints when a process started, `command_of PID` its command line.
 */
export const membersScript = `
table() {
	if [ -r /proc/self/stat ]; then cat /proc/[0-9]*/stat 2>/dev/null | sed -n '${statFields}'
	else ps -axo pid=,stat=,ppid=,pgid= | sed -n 's/^ *\\([0-9]*\\) *\\(.\\)[^ ]* *\\([0-9]*\\) *\\([0-9]*\\).*/\\1 \\2 \\3 \\4 0 0/p'
	fi
}
marked() {
	if [ -r /proc/self/environ ]; then
		LC_ALL=C grep -lsF "${markVariable}=$mark" /proc/[0-9]*/environ | sed 's|^/proc/||; s|/.*||'
	else ps -axEww -o pid=,command= | sed -n "/${markVariable}=$mark/s/^ *\\([0-9]*\\).*/\\1/p"
	fi
}
start_of() {
	if [ -r /proc/self/stat ]; then sed -n '${statFields}' "/proc/$1/stat" 2>/dev/null | sed 's/.* //'; fi
}
command_of() {
	if [ -r "/proc/$1/cmdline" ]; then tr '\\0\\n' '  ' <"/proc/$1/cmdline"; else ps -ww -o command= -p "$1"; fi 2>/dev/null
}
members() {
	rows=
	leader=$root
	set -- $(table)
	while [ $# -ge 6 ]; do
		case $2 in
		[ZXx]) ;;
		*)
			if [ "$6" -ge "\${since:-0}" ]; then
				rows="$rows $1 $3 $4 $5"
				# Its number went to another process: nothing is left of its session and group.
				if [ "$1" = "$root" ] && [ -n "$start" ] && [ "$6" != "$start" ]; then leader=-; fi
			fi ;;
		esac
		shift 6
	done
	own=" $(echo $(marked)) "
	found=' '
	grew=1
	while [ -n "$grew" ]; do
		grew=
		set -- $rows
		while [ $# -ge 4 ]; do
			case "$found" in
			*" $1 "*) ;;
			*)
				case "/$1/$3/$4/:$own:$found" in
				*"/$leader/"*:*|*:*" $1 "*:*|*:*:*" $2 "*)
					found="$found$1 "
					grew=1 ;;
				esac ;;
			esac
			shift 4
		done
	done
	first=
	alive=
	for pid in $found; do
		if [ "$pid" = "$leader" ]; then first=1 alive="$pid $alive"; else alive="$alive$pid "; fi
	done
}`;

/** Arguments: mark, pid and start of the first process, start of its guard. Prints the numbers, one on a line. */
export const pidsScript = `${membersScript}
mark=$1 root=$2 start=$3 since=$4
members
for pid in $alive; do printf '%s\\n' "$pid"; done`;
