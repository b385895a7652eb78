/**
 * How busy a box is: one `sh` there reads /proc every two seconds, with no more than a `sleep` to start, and writes a line
 * of raw counters; rates and shares are made here. macOS tells what its own `top` does: no disks, no network. Written
 * after its manual, not tried.
 */

import {now} from '../../clock.ts';
import {present} from '../../metrics/present.ts';
import type {HostReading} from '../../snapshot.ts';
import {type HostSample, hostSample, hostShares, macSample} from './host-sample.ts';
import {RemoteFollower} from './remote-follower.ts';
import type {RemoteShell} from './remote-shell.ts';

/** Seconds between two lines. */
const intervalS = 2;

/**
 * A line: seconds since the box started, the first line of /proc/stat, kB of memory in all and available, load, sectors
 * of 512 bytes, bytes; `-` for what it does not tell. Loop devices, RAID and other names for the same disks are left out.
 */
const script = `if [ -r /proc/stat ]; then
	printf 'cores %s\\n' "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null)"
	while :; do
		at=- cpu=- total=- free=- load=- disk=- net=-
		read -r at x </proc/uptime
		read -r x cpu </proc/stat
		read -r load x </proc/loadavg
		while read -r name value x; do
			case $name in MemTotal:) total=$value ;; MemAvailable:) free=$value; break ;; esac
		done </proc/meminfo
		sum=0 seen=
		for file in /sys/block/*/stat; do
			case $file in */loop*|*/ram*|*/zram*|*/dm-*|*/md*|*/sr*|*/fd*|*/nvme*c*n*) continue ;; esac
			read -r x x got x x x put x <"$file" && sum=$((sum + got + put)) seen=1
		done
		if [ -n "$seen" ]; then disk=$sum; fi
		for kind in device statistics; do
			sum=0 seen=
			for folder in /sys/class/net/*; do
				case $folder in */lo) continue ;; esac
				[ -e "$folder/$kind" ] || continue
				read -r got <"$folder/statistics/rx_bytes" && read -r put <"$folder/statistics/tx_bytes" || continue
				sum=$((sum + got + put)) seen=1
			done
			if [ -n "$seen" ]; then net=$sum; break; fi
		done
		printf 'at %s cpu %s memory %s %s load %s disk %s net %s\\n' "$at" "$cpu" "$total" "$free" "$load" "$disk" "$net" || exit
		sleep "$1" </dev/null >/dev/null 2>&1
	done 2>/dev/null
elif [ "$(uname)" = Darwin ]; then
	printf 'cores %s\\nmemory %s\\n' "$(sysctl -n hw.logicalcpu)" "$(sysctl -n hw.memsize)"
	exec top -l 0 -s "$1" -n 0
else
	printf 'unknown %s\\n' "$(uname)"
	exit 1
fi`;

export interface HostFiguresOptions {
	readonly shell: RemoteShell;
	/** Between two lines, s; default 2. */
	readonly everyS?: number;
}

export class HostFigures {
	readonly #name: string;
	readonly #follower: RemoteFollower;
	#cores: number | undefined;
	#memoryBytes: number | undefined;
	#before: HostSample | undefined;
	#newest: HostSample | undefined;
	#atMs: number | undefined;
	#trouble: string | undefined;

	constructor({shell, everyS = intervalS}: HostFiguresOptions) {
		this.#name = shell.name;
		this.#follower = new RemoteFollower({
			shell,
			script,
			args: [String(everyS)],
			onLine: (line) => this.#take(line),
			onEnd: ({stderr}) => {
				const words = stderr.trim().split('\n')[0] ?? '';
				this.#trouble ??= `${this.#name} does not tell how busy it is${words === '' ? '' : `: ${words}`}.`;
			},
		});
	}

	/** Returns at once; the first figures come with the second line. */
	start(): void {
		this.#follower.start();
	}

	/** What was told last, frozen; `undefined` as long as nothing was. */
	reading(): HostReading | undefined {
		if (this.#atMs === undefined || this.#newest === undefined) return undefined;
		return Object.freeze(
			present({
				name: this.#name,
				cores: this.#cores,
				...hostShares(this.#before, this.#newest),
				ageMs: Math.max(0, now() - this.#atMs),
			}),
		);
	}

	/** Why there are no figures, or no new ones, in one sentence; from outside. Absent while they come. */
	state(): string | undefined {
		return this.#trouble;
	}

	close(): Promise<void> {
		return this.#follower.close();
	}

	#take(line: string): void {
		const [word = '', value = ''] = line.split(' ', 2);
		if (word === 'cores') this.#cores = positive(value);
		else if (word === 'memory') this.#memoryBytes = positive(value);
		else if (word === 'unknown') this.#trouble = `How busy ${this.#name} is cannot be told: its system is ${value}.`;
		else this.#sample(hostSample(line) ?? macSample(line, this.#newest, this.#memoryBytes));
	}

	#sample(sample: HostSample | undefined): void {
		if (sample === undefined) return;
		this.#trouble = undefined;
		this.#before = this.#newest;
		this.#newest = sample;
		this.#atMs = now();
	}
}

function positive(text: string): number | undefined {
	const value = Number(text);
	return value > 0 ? value : undefined;
}
