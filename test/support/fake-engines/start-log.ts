/** A recorded log with the times of its lines. */

import {setTimeout as wait} from 'node:timers/promises';

export interface LogLine {
	/** Since the first line, s. */
	readonly at: number;
	/** With the line break, or the carriage return, that it has. */
	readonly text: string;
}

const stamps = [
	/^\([^)]*\) \w+ (?<month>\d\d)-(?<day>\d\d) (?<time>[\d:]+) /,
	/^\[\d{4}-(?<month>\d\d)-(?<day>\d\d) (?<time>[\d:]+)\] /,
	/^time=\d{4}-(?<month>\d\d)-(?<day>\d\d)T(?<time>[\d:.]+)Z /,
];

/** Of a line without a time, in a log without any: 85 such lines of llama-server took 0.26 s. */
const secondsPerLine = 0.003;

function stampOf(line: string): number | undefined {
	for (const stamp of stamps) {
		const {month, day, time} = stamp.exec(line)?.groups ?? {};
		if (time !== undefined) return Date.parse(`2026-${month}-${day}T${time}Z`) / 1000;
	}
	return undefined;
}

/** Cuts a log at its line breaks and at the carriage returns of progress bars. */
export function parseLog(text: string): readonly LogLine[] {
	const pieces = text.match(/\r?[^\r\n]*(?:\n|(?=\r)|$)/g)?.filter((piece) => piece !== '') ?? [];
	const first = pieces.map(stampOf).find((at) => at !== undefined);
	let at = 0;
	return pieces.map((piece) => {
		const stamp = stampOf(piece);
		if (first === undefined) at += secondsPerLine;
		else if (stamp !== undefined) at = Math.max(at, stamp - first);
		return {at, text: piece};
	});
}

/** Prints lines at their times, `pace` seconds for one of the recorded. vLLM's own go to standard output. */
export async function playLog(lines: readonly LogLine[], pace: number): Promise<void> {
	let at = lines[0]?.at ?? 0;
	for (const line of lines) {
		const pause = (line.at - at) * pace * 1000;
		at = line.at;
		if (pause > 0) await wait(pause);
		print(line.text);
	}
}

function print(text: string): void {
	const stream = /^\([^)]*pid=\d+\)/.test(text) ? process.stdout : process.stderr;
	stream.write(text);
}

/** Prints whole lines. */
export function printLines(lines: readonly string[]): void {
	for (const line of lines) print(`${line}\n`);
}
