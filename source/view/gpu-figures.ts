/** The figures of one GPU as texts and shares. */

import {decimal, integer, missing} from '../format.ts';
import type {GpuReading, GpuSample} from '../snapshot.ts';
import {share, warningSign} from './meter.ts';
import type {Symbols} from './symbols.ts';
import {outside} from './text.ts';

const mib = 2 ** 20;
const gib = 2 ** 30;

/** A sample older than three intervals, and than three seconds, is stale. */
export function isStale({ageMs, intervalMs}: GpuReading): boolean {
	return ageMs > Math.max(3000, 3 * intervalMs);
}

/** True when the driver tells none of the figures: the GPU is lost, or may not be read. */
export function isSilent(gpu: GpuSample): boolean {
	return [
		gpu.utilization,
		gpu.memoryUsedBytes,
		gpu.powerW,
		gpu.temperatureC,
		gpu.smClockMhz,
		gpu.performanceState,
		gpu.clocksHeldBy,
	].every((value) => value === undefined);
}

/** What stands instead of the figures of such a GPU. */
export const silence = '! no reading from this GPU';

/** Which of them tell no figure: `no reading from GPU 0, 2`; empty when all tell some. */
export function silentText(gpus: readonly GpuSample[]): string {
	const silent = gpus.filter(isSilent).map(({index}) => index);
	return silent.length === 0 ? '' : `no reading from GPU ${silent.join(', ')}`;
}

/** Without the maker's name. */
export function shortName(gpu: GpuSample): string {
	return outside(gpu.name).replace(/^(?:NVIDIA|AMD|Intel)(?: GeForce)? (?=.)/, '');
}

export function memoryRatio(gpu: GpuSample): number | undefined {
	return share(gpu.memoryUsedBytes, gpu.memoryTotalBytes);
}

export function powerRatio(gpu: GpuSample): number | undefined {
	return share(gpu.powerW, gpu.powerLimitW);
}

/** `24,461 / 46,068 MiB`, as the driver's own tool counts. */
export function memoryMib(gpu: GpuSample): string {
	const {memoryUsedBytes: used, memoryTotalBytes: total} = gpu;
	return ofWhole(scaled(used, mib, 0), scaled(total, mib, 0), ' / ', ' MiB');
}

/** `44.2/45.0 GiB`. */
export function memoryGib(gpu: Pick<GpuSample, 'memoryUsedBytes' | 'memoryTotalBytes'>): string {
	const {memoryUsedBytes: used, memoryTotalBytes: total} = gpu;
	return ofWhole(scaled(used, gib, 1), scaled(total, gib, 1), '/', ' GiB');
}

/** `164 / 350 W`, or with another text between the two. */
export function powerText(gpu: Pick<GpuSample, 'powerW' | 'powerLimitW'>, between: string): string {
	return ofWhole(integer(gpu.powerW), integer(gpu.powerLimitW), between, ' W');
}

/** `58°C`. */
export function temperatureText(gpu: GpuSample, symbols: Symbols): string {
	if (gpu.temperatureC === undefined) return missing;
	return `${integer(gpu.temperatureC)}${symbols.ascii ? ' C' : '°C'}`;
}

/** `2,520 MHz`. */
export function clockText(gpu: GpuSample): string {
	return gpu.smClockMhz === undefined ? missing : `${integer(gpu.smClockMhz)} MHz`;
}

/** What holds the clocks down: `none`, `-` when it is not told. */
export function heldText(gpu: GpuSample): string {
	if (gpu.clocksHeldBy === undefined) return missing;
	return gpu.clocksHeldBy.length === 0 ? 'none' : gpu.clocksHeldBy.map(outside).join(', ');
}

/** A clock held by heat or by a fault is a warning; at the power limit, or idle, it is as it should be. */
export function isHeldByFault(gpu: GpuSample): boolean {
	return faults(gpu).length > 0;
}

/** Which GPUs are slowed down by heat or a fault; empty when none is. */
export function slowedText(gpus: readonly GpuSample[]): string {
	const slowed = gpus.filter(isHeldByFault);
	const [first] = slowed;
	if (first === undefined) return '';
	return slowed.length === 1
		? `${warningSign} GPU ${first.index} held by ${faults(first).map(outside).join(', ')}`
		: `${warningSign} clocks of ${slowed.length} GPUs held by heat or a fault`;
}

function faults(gpu: GpuSample): string[] {
	return (gpu.clocksHeldBy ?? []).filter((reason) => /thermal|slowdown|brake/i.test(reason));
}

function scaled(value: number | undefined, unit: number, digits: number): string {
	return decimal(value === undefined ? undefined : value / unit, digits);
}

function ofWhole(part: string, whole: string, between: string, unit: string): string {
	if (whole === missing) return part === missing ? missing : `${part}${unit}`;
	return `${part}${between}${whole}${unit}`;
}

/** Of all together; absent when one of them is. */
export function sumOf(values: readonly (number | undefined)[]): number | undefined {
	return values.reduce((sum, value) => (sum === undefined || value === undefined ? undefined : sum + value), 0);
}
