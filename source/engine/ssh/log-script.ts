/** The command of a box that follows a server's log, wherever that is. */

import {widerPath} from './remote-path.ts';

/** Before the line that names what is followed, and before the one that says why nothing is. */
export const followsMark = '\u0001+';
export const failsMark = '\u0001-';

/**
 * Arguments: number of lines to begin with, then `file PATH`, `journal UNIT`, `docker NAME` or `process PID`. Each way
 * ends in the program that follows, which takes the place of the shell. What a process writes to a socket goes to the
 * journal, and one of another user does not tell: then its control group names its container or its unit, unless that is
 * only the session in which somebody started it.
 */
export const logScript = `${widerPath}
LC_ALL=C.UTF-8
export LC_ALL
lines=$1
fails() { printf '\\001-%s\\n' "$1"; exit 1; }
follows() { printf '\\001+%s\\n' "$1"; }
needs() { command -v "$1" >/dev/null 2>&1 || fails "there is no $1 on the PATH $PATH"; }
follow_file() {
	path=$1
	case $path in "~/"*) path=$HOME/\${path#??} ;; esac
	[ -e "$path" ] || fails "there is no file $path"
	[ -d "$path" ] && fails "$path is a folder"
	[ -r "$path" ] || fails "$path may not be read by $(id -un)"
	needs tail
	follows "$path"
	exec tail -n "$lines" -F -- "$path"
}
loaded() { [ "$(systemctl "$@" -p LoadState 2>/dev/null)" = LoadState=loaded ]; }
follow_journal() {
	needs journalctl
	scope=--system
	if ! loaded show "$1"; then
		if loaded --user show "$1"; then scope=--user
		elif [ -d /run/systemd/system ]; then fails "there is no unit $1"
		fi
	fi
	said=$(journalctl $scope -n 1 -o cat -u "$1" 2>&1)
	case $said in
		*"No journal files were opened"*|*"not seeing messages"*|*"No journal files were found"*)
			fails "the journal of $1 may not be read by $(id -un), who is in none of the groups systemd-journal and adm" ;;
	esac
	follows "journal of $1"
	exec journalctl $scope -f -n "$lines" -o cat -u "$1"
}
follow_docker() {
	program=docker
	command -v docker >/dev/null 2>&1 || program=podman
	command -v $program >/dev/null 2>&1 || fails "there is neither docker nor podman on the PATH $PATH"
	said=$($program inspect --type container --format '{{.Name}}' "$1" 2>&1) || fails "$program says: $(printf '%s' "$said" | tail -n 1)"
	follows "$program logs of $1"
	exec $program logs -f --tail "$lines" "$1" 2>&1
}
follow_process() {
	[ -d "/proc/$1" ] || fails "its process is not to be seen"
	out=$(readlink "/proc/$1/fd/1" 2>/dev/null)
	case $out in
		/dev/*|*" (deleted)") ;;
		/*) follow_file "$out" ;;
	esac
	group=$(cat "/proc/$1/cgroup" 2>/dev/null)
	container=$(printf '%s\\n' "$group" | sed -n 's/.*[/-]\\([0-9a-f]\\{64\\}\\).*/\\1/p' | head -n 1)
	if [ -n "$container" ] && { command -v docker || command -v podman; } >/dev/null 2>&1; then follow_docker "$container"; fi
	case $out in
		socket:*|"")
			unit=$(printf '%s\\n' "$group" | sed -n 's|^.*/\\([^/]*\\.service\\).*$|\\1|p' | head -n 1)
			case $unit in
				""|user@*|ssh.service|ssh@*|sshd*) ;;
				*) follow_journal "$unit" ;;
			esac ;;
	esac
	case $out in
		"") fails "its process belongs to somebody else" ;;
		*" (deleted)") fails "its process writes to a file that was deleted" ;;
		*) fails "its process writes to $out" ;;
	esac
}
"follow_$2" "$3"`;
