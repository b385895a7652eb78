/** How much a connection carries from a box to here. */

import {now} from '../../clock.ts';
import {linesOf} from './remote-lines.ts';
import type {RemoteShell} from './remote-shell.ts';

/** Blocks of 32 kB of digits, which no compression makes much smaller than half. Argument: how many. */
const script = `block=$(head -c 16384 /dev/urandom | od -An -v -tx1 | tr -d ' \\n')
count=0
while [ $count -lt "$1" ]; do
	printf '%s\\n' "$block" || exit
	count=$((count + 1))
done`;
/**
 * First few, then four times as many as long as that tells more: what is under way through a slow connection when we have
 * enough would be in the way of all that comes next.
 */
const runs = [8, 32, 128] as const;
const deadlineMs = 5_000;
/** So long, and so many round trips, until a connection has got up its speed. */
const enoughMs = 300;
const enoughTrips = 15;

/** Bytes a second from the box to here, once the connection is warm; absent when less than two blocks came in time. */
export async function bandwidth(shell: RemoteShell): Promise<number | undefined> {
	const {roundTripMs = 0} = shell.state.kind === 'up' ? shell.state : {};
	let best: Transfer | undefined;
	for (const blocks of runs) {
		const transfer = await transferOf(shell, blocks);
		if (transfer === undefined) break;
		best = transfer;
		const {tookMs} = transfer;
		if (tookMs > enoughMs + enoughTrips * roundTripMs || 4 * tookMs > deadlineMs) break;
	}
	return best === undefined ? undefined : (1_000 * best.bytes) / best.tookMs;
}

interface Transfer {
	readonly bytes: number;
	readonly tookMs: number;
}

/** Without the first block, which waits for the shell there. */
async function transferOf(shell: RemoteShell, blocks: number): Promise<Transfer | undefined> {
	let firstMs: number | undefined;
	let lastMs = 0;
	let bytes = 0;
	const question = {script, args: [String(blocks)], deadlineMs};
	await linesOf(shell, question, (line) => {
		lastMs = now();
		if (firstMs === undefined) firstMs = lastMs;
		else bytes += line.length + 1;
	});
	return firstMs === undefined || lastMs <= firstMs || bytes === 0 ? undefined : {bytes, tookMs: lastMs - firstMs};
}
