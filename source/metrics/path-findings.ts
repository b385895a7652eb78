/** Whether the way to the server's machine set the figures of a level, and not the server. */

import {type Finding, percent} from './finding.ts';
import type {MeasuredPath} from './level-tick.ts';

/**
 * From where on a way makes a level `suspect`, and from where on it was the limit. A tunnel is one TCP connection and one
 * thread of ssh at either end: what waits in it waits behind the bytes of all other streams. A round trip waits there
 * too, so its time under load less its time without is that wait, in both directions together.
 * - `queueMs`: below, there is no wait. Twice 5 ms, as late as a load thread may be: the thread that measures round trips
 *   steps back behind the load threads, and also draws and writes.
 * - `ofTtft`, median wait ÷ median TTFT: it is in each TTFT. A tenth is as much as a schedule lag of 10 ms is of a usual
 *   TTFT; a quarter is where that is the client's limit too.
 * - `ofGap`, median wait ÷ mean gap (the median gap is 0 where events come together): at 1 the next token of a stream
 *   comes to the way before the last one has left it, all the time: the way is never empty, and carries what it can. At a
 *   half it is so half of the time.
 * - `tailMs`, p99 of the wait (below 100 round trips the longest): all streams stand still that long now and then, as after
 *   a lost packet. It must be longer than a mean gap, else nobody waits for a token; alone it is never the limit, since
 *   medians and rates are the server's.
 * - `cpuRatio` of our ssh: as that of a load thread.
 * - A lost connection ends every stream in a tunnel. With `direct` the streams have connections of their own, over a network
 *   that may have been the same: only the loss and the round trips tell, and are never more than suspect.
 */
const pathLimits = {
	queueMs: 10,
	ofTtft: {suspect: 0.1, limited: 0.25},
	ofGap: {suspect: 0.5, limited: 1},
	tailMs: 100,
	cpuRatio: {suspect: 0.75, limited: 0.9},
} as const;

/** The way over a level, and the latencies that its waits are compared with; each absent where there is none. */
export interface PathFacts extends MeasuredPath {
	/** Median TTFT; of responses that are not streamed, median E2E. */
	readonly ttftMs?: number;
	/** Mean gap. */
	readonly gapMs?: number;
}

export function pathFindings(path: PathFacts): Finding[] {
	const found = [...loss(path), ...queue(path), ...cpu(path)];
	return path.way === 'tunnel' ? found : found.map(({text}) => ({limited: false, text}));
}

/** What is said of a way that was fit; nothing when no round trip was measured. */
export function pathFitness({way, idleRoundTripMs: idle, roundTripMs: {p50}}: PathFacts): string[] {
	if (p50 === undefined) return [];
	const before = idle === undefined ? '' : `, ${idle.toFixed(1)} ms without load`;
	return [`the round trip ${way === 'tunnel' ? 'through the tunnel' : 'there'} was ${p50.toFixed(1)} ms${before}`];
}

function loss({lost}: PathFacts): Finding[] {
	if (lost === undefined) return [];
	const times = lost.times === 1 ? 'once' : `${lost.times} times`;
	return [{limited: true, text: `the SSH connection was lost ${times}, for ${(lost.ms / 1000).toFixed(1)} s`}];
}

function queue({idleRoundTripMs: idle, roundTripMs, ttftMs, gapMs, way}: PathFacts): Finding[] {
	const {p50, p99, max} = roundTripMs;
	const longest = p99 ?? max;
	if (idle === undefined || p50 === undefined || longest === undefined) return [];
	const wait = p50 - idle;
	const where = way === 'tunnel' ? 'through the tunnel' : 'there';
	const but = `a round trip ${where} took ${whole(p50)} ms at the median, ${whole(idle)} ms without load`;
	const {queueMs, ofTtft, ofGap, tailMs} = pathLimits;
	const shares = [
		...(ttftMs === undefined ? [] : [{name: 'median TTFT', ms: ttftMs, limit: ofTtft}]),
		...(gapMs === undefined ? [] : [{name: 'mean gap', ms: gapMs, limit: ofGap}]),
	].filter(({ms, limit}) => wait > queueMs && wait > ms * limit.suspect);
	if (shares.length > 0) {
		const beside = shares.map(({name, ms}) => `${name} ${ms < 10 ? ms.toFixed(1) : whole(ms)} ms`).join(', ');
		return [{limited: shares.some(({ms, limit}) => wait > ms * limit.limited), text: `${but} (${beside})`}];
	}
	const tail = longest - idle;
	if (tail <= Math.max(tailMs, gapMs ?? 0)) return [];
	const when = p99 === undefined ? 'once' : 'at p99';
	return [
		{
			limited: false,
			text: `a round trip ${where} took ${whole(longest)} ms ${when}, ${whole(idle)} ms without load`,
		},
	];
}

/** `1,040` */
function whole(ms: number): string {
	return Math.round(ms).toLocaleString('en-US');
}

function cpu({sshCpuRatio: ratio}: PathFacts): Finding[] {
	const {suspect, limited} = pathLimits.cpuRatio;
	if (ratio === undefined || ratio <= suspect) return [];
	return [{limited: ratio > limited, text: `the ssh of the tunnel used ${percent(ratio)} of a core`}];
}
