/** The TCP ports of a box: by /proc on Linux, by `lsof`, `netstat` and `ps` elsewhere (written after their manuals, not tried). */

import {readEnviron} from '../environ.ts';
import {cleanLine} from '../log-lines.ts';
import {withoutSecrets} from '../log-secrets.ts';
import type {NamedProcess, Ports} from '../place.ts';
import {markVariable} from '../process-tree.ts';
import type {BoxQuestions} from './questions.ts';

/** Writes `process`, its number and its command. */
const tellProcess = `tell() {
	if [ -r "/proc/$1/cmdline" ]; then command=$(head -c 4096 "/proc/$1/cmdline" | tr '\\n\\000' '  ')
	else command=$(ps -ww -o command= -p "$1"); fi
	printf 'process %s %s\\n' "$1" "$command"
}`;

/** Arguments: the port, and the same in hexadecimal. `open` when somebody listens there, and who is seen to. */
const listenersScript = `${tellProcess}
if [ -r /proc/net/tcp ]; then
	inodes=$(sed -n "s/^ *[0-9]*: [0-9A-F]*:$2 [0-9A-F:]* 0A [^ ]* [^ ]* [^ ]* *[0-9]* *[0-9]* \\([0-9]*\\) .*/\\1/p" /proc/net/tcp /proc/net/tcp6 2>/dev/null)
	[ -n "$inodes" ] || exit 0
	set --
	for inode in $inodes; do set -- "$@" -e "/socket:\\[$inode\\]\\$/{g;p;}"; done
	pids=$(ls -l /proc/[0-9]*/fd 2>/dev/null | sed -n -e '/^\\/proc\\//{s/^.proc.\\([0-9]*\\).*/\\1/;h;}' "$@" | sort -un)
else
	netstat -an -p tcp 2>/dev/null | grep -q "[.]$1 .*LISTEN" || exit 0
	pids=$(lsof -nP "-iTCP:$1" -sTCP:LISTEN -t 2>/dev/null)
fi
printf 'open\\n'
for pid in $pids; do tell "$pid"; done`;

/** Argument: what the environment of a process holds. Tells the first that has it. */
const markedScript = `${tellProcess}
if [ -d /proc/self ]; then
	pid=$(grep -ls -e "$1" /proc/[0-9]*/environ | sed -n '1s/[^0-9]//gp')
else
	pid=$(ps -Eaxww -o pid=,command= | grep -e "$1" | grep -v ' grep ' | sed -n '1s/^ *\\([0-9]*\\).*/\\1/p')
fi
if [ -n "$pid" ]; then tell "$pid"; fi`;

/** All ports of this machine that a socket has: `hex 1F90`, or `port 8080`. */
const usedScript = `if [ -r /proc/net/tcp ]; then
	sed -n 's/^ *[0-9]*: [0-9A-F]*:\\([0-9A-F]*\\) .*/hex \\1/p' /proc/net/tcp /proc/net/tcp6 2>/dev/null
else
	netstat -an -p tcp | sed -n 's/^tcp[^.]*.*[.]\\([0-9]*\\) .*[.][0-9*]* .*/port \\1/p'
fi`;

/** Arguments: processes. */
const environmentScript = `for pid do
	if [ -r "/proc/$pid/environ" ]; then cat "/proc/$pid/environ"; exit; fi
done`;

export function boxPorts(questions: BoxQuestions): Ports {
	const listening = (port: number) => questions.ask(listenersScript, [String(port), hexadecimal(port)]);
	return {
		isOpen: async ({port}) => /^open$/m.test(await listening(port)),
		listeners: async (port) => processesIn(await listening(port)),
		markedFor: async (port) => processesIn(await questions.ask(markedScript, [`${markVariable}=${port}-`]))[0],
		async freeAfter({port}, tried) {
			const used = usedPorts(await questions.ask(usedScript));
			for (let other = port + 1; other <= Math.min(65_535, port + tried); other++) {
				if (!used.has(other)) return other;
			}
			return undefined;
		},
		async environmentOn(port) {
			const pids = processesIn(await listening(port)).map(({pid}) => String(pid));
			if (pids.length === 0) return undefined;
			const text = await questions.ask(environmentScript, pids);
			return text === '' ? undefined : readEnviron(text);
		},
	};
}

/** As /proc/net/tcp writes it. */
function hexadecimal(port: number): string {
	return port.toString(16).toUpperCase().padStart(4, '0');
}

function processesIn(text: string): readonly NamedProcess[] {
	return text.split('\n').flatMap((line) => {
		const [, pid, command = ''] = /^process (\d+) ?(.*)$/.exec(line) ?? [];
		return pid === undefined ? [] : [{pid: Number(pid), command: withoutSecrets(cleanLine(command).trim())}];
	});
}

function usedPorts(text: string): ReadonlySet<number> {
	const ports = text.split('\n').flatMap((line) => {
		const [, base, digits] = /^(hex|port) ([0-9A-F]+)$/.exec(line) ?? [];
		return digits === undefined ? [] : [Number.parseInt(digits, base === 'hex' ? 16 : 10)];
	});
	return new Set(ports);
}
