/** The shell text that stands between us and a job's guard for as long as a connection lasts. */

/**
 * Arguments: the job's folder, a token, and from which byte on its standard output is told, the first one being 1. Prints
 * these bytes as they come. On standard error, behind the token: `gone` (there is no such job), `hello N` (so many lines of
 * its input are there), `event …` (of the guard), `alive N` for each `renew` with the lines of input again, and `alone`
 * (its guard was killed). Passes the lines of its standard input on to the guard, except `in LINE`, for the job, and
 * `trim N`: so many bytes of the output are not needed any more.
 */
export const attachScript = `folder=$1
token=$2
from=$3
# Whoever listens may be gone, which must not end us before what we have started.
trap : PIPE
say() { printf '%s %s\\n' "$token" "$*" >&2; }
guard=$(cat "$folder/guard" 2>/dev/null)
if [ -z "$guard" ] || ! [ -p "$folder/orders" ]; then
	say gone
	exit
fi
if [ -r /proc/self/cmdline ]; then command=$(tr '\\0' ' ' <"/proc/$guard/cmdline") 2>/dev/null
else command=$(ps -ww -o command= -p "$guard" 2>/dev/null)
fi
case $command in
*" $folder "*) ;;
*)
	say alone
	exit ;;
esac
exec 5<>"$folder/orders"
taken=$(($(wc -l <"$folder/in")))
say hello "$taken"
tail -c "+$from" -f "$folder/out" 2>/dev/null 5>&- &
{ tail -n +1 -f "$folder/events" 2>/dev/null | while IFS= read -r event; do say event "$event"; done; } >/dev/null 5>&- &
while IFS= read -r order; do
	case $order in
	'in '*)
		printf '%s\\n' "\${order#in }" >>"$folder/in"
		taken=$((taken + 1)) ;;
	'trim '*) fallocate -p -o 0 -l "\${order#trim }" "$folder/out" >/dev/null 2>&1 ;;
	renew)
		echo renew >&5
		if kill -0 "$guard" 2>/dev/null; then say alive "$taken"; else
			say alone
			break
		fi ;;
	done)
		echo done >&5
		looks=0
		while [ -d "$folder" ] && [ "$looks" -lt 30 ]; do
			sleep 0.1 2>/dev/null || sleep 1
			looks=$((looks + 1))
		done
		break ;;
	*) printf '%s\\n' "$order" >&5 ;;
	esac
done
trap '' TERM
kill -TERM 0`;

/** Arguments: a file, and from which byte on it is told. Prints it as it grows, until standard input ends. */
export const followScript = `tail -c "+$2" -f "$1" 2>/dev/null &
while read -r line; do :; done
trap '' TERM
kill -TERM 0`;
