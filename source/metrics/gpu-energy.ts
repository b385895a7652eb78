/**
 * Energy from samples of power by the trapezoid rule. nvidia-smi has no energy counter, and its power is itself a mean
 * over about a second (Ampere and later): every figure here is about.
 */

export interface PowerSample {
	readonly atMs: number;
	/** Absent when the sample has no power: it then counts for nothing. */
	readonly powerW: number | undefined;
}

export interface EnergyWindow {
	readonly fromMs: number;
	readonly toMs: number;
	/** Samples that are further apart leave a gap. */
	readonly longestStepMs: number;
}

/** Two missing samples are bridged as if nothing were amiss, a little lateness included. */
export function longestStepMs(intervalMs: number): number {
	return 3.5 * intervalMs;
}

/** The share of the window that gaps may take. */
const mostMissing = 0.01;

/**
 * Joules from `fromMs` to `toMs`, both exactly. The samples are in the order of time, and those just outside the window
 * are among them where they are known.
 *
 * Between two samples the power is a straight line; one that crosses an end of the window is cut there. Before the first
 * sample and after the last it is that of the sample.
 * Where two samples, or an end of the window and the sample next to it, are further apart than `longestStepMs`, there is
 * a gap. It is drawn as a straight line as well, but when gaps take more than 1 % of the window in all, the energy is
 * not known: `undefined`. So it is without a sample, and for a window without length.
 */
export function energyJ(
	samples: Iterable<PowerSample>,
	{fromMs, toMs, longestStepMs}: EnergyWindow,
): number | undefined {
	const length = toMs - fromMs;
	if (!(length > 0)) return undefined;
	let wattMs = 0;
	let missingMs = 0;
	/** Adds the part within the window of the line between two points. */
	const line = (one: Point, other: Point) => {
		const from = Math.max(one.atMs, fromMs);
		const to = Math.min(other.atMs, toMs);
		if (to <= from) return;
		if (other.atMs - one.atMs > longestStepMs) missingMs += to - from;
		wattMs += ((powerAt(one, other, from) + powerAt(one, other, to)) / 2) * (to - from);
	};
	let last: Point | undefined;
	for (const {atMs, powerW} of samples) {
		if (powerW === undefined) continue;
		const point = {atMs, powerW};
		line(last ?? {atMs: Math.min(fromMs, atMs), powerW}, point);
		last = point;
	}
	if (last === undefined) return undefined;
	line(last, {atMs: Math.max(toMs, last.atMs), powerW: last.powerW});
	return missingMs > mostMissing * length ? undefined : wattMs / 1000;
}

interface Point {
	readonly atMs: number;
	readonly powerW: number;
}

function powerAt(one: Point, other: Point, atMs: number): number {
	return one.powerW + ((other.powerW - one.powerW) * (atMs - one.atMs)) / (other.atMs - one.atMs);
}

/** Mean power in watts over a window of `windowMs`. */
export function meanPowerW(joules: number | undefined, windowMs: number): number | undefined {
	return joules === undefined || windowMs <= 0 ? undefined : (joules * 1000) / windowMs;
}

/** Output tokens ÷ energy of the same window; absent when one is not known or no energy was used. */
export function tokensPerJoule(tokens: number | undefined, joules: number | undefined): number | undefined {
	return tokens === undefined || joules === undefined || joules <= 0 ? undefined : tokens / joules;
}
