/** The shell text that makes a place for a job on a box, and starts its guard there. */

/**
 * Argument: the name of its folder, which nothing there has yet, the guard's length in bytes, and a folder that is there
 * already (or ''). Prints `place FOLDER` (or `nowhere PLACES`), reads the guard's text from standard input, and prints the
 * one line by which the guard tells that the job runs, or why not. Then it kills itself: the guard stays behind, away from
 * the session, and SIGINT works for it and the job, as it would not for a process that a shell put into the background.
 *
 * The folder of the login session (XDG_RUNTIME_DIR) comes last: when its user's last connection is lost, systemd removes
 * it.
 */
export const startScript = `name=$1
size=$2
folder=$3
mask=$(umask)
umask 077
# Whoever waits for our words may be gone: what was begun is brought to an end all the same.
trap : PIPE
take() {
	case $1 in /*) ;; *) return 1 ;; esac
	tried="$tried $1"
	folder=$1/$name
	mkdir "$folder" 2>/dev/null || return 1
	if mkfifo "$folder/orders" 2>/dev/null && echo begun >"$folder/events" && [ -s "$folder/events" ]; then return 0; fi
	rm -rf "$folder"
	return 1
}
if [ -z "$folder" ]; then
	tried=
	cache=
	if [ -n "\${HOME:-}" ]; then cache=$HOME/.cache/llmtop; fi
	{ take "\${TMPDIR:-}" || take /tmp || take /var/tmp || { [ -n "$cache" ] && mkdir -p "$cache" && take "$cache"; } ||
		take "\${XDG_RUNTIME_DIR:-}"; } 2>/dev/null || {
		printf 'nowhere%s\\n' "$tried"
		exit 1
	}
fi
printf 'place %s\\n' "$folder"
leader=
if command -v setsid >/dev/null 2>&1; then leader=setsid; fi
exec 3<&0 4>&1
$leader sh -c 'eval "$(dd bs=1 count="$1" 2>/dev/null)"' job-guard "$size" "$folder" "$mask" <&3 3<&- 4>&- 2>/dev/null | {
	exec 3<&-
	trap : PIPE
	if IFS= read -r line; then printf '%s\\n' "$line" >&4; else rm -rf "$folder"; fi
	kill -KILL "$$"
}`;
