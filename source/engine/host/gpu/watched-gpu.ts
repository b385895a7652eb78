/** One GPU that is watched: its newest figures, its chart, its history. */

import type {GpuMoments} from '../../../metrics/gpu-level.ts';
import {present} from '../../../metrics/present.ts';
import type {GpuSample} from '../../../snapshot.ts';
import {GpuHistory} from './gpu-history.ts';
import {GpuSeries} from './gpu-series.ts';
import type {GpuFigures} from './gpu-source.ts';

export class WatchedGpu {
	readonly #history = new GpuHistory();
	readonly #series = new GpuSeries();
	#figures: GpuFigures;

	constructor(figures: GpuFigures) {
		this.#figures = figures;
	}

	get index(): number {
		return this.#figures.index;
	}

	get name(): string {
		return this.#figures.name;
	}

	/** Of the newest tick; absent when the GPU did not answer in it. */
	get powerW(): number | undefined {
		return this.#figures.powerW;
	}

	get memoryUsedBytes(): number | undefined {
		return this.#figures.memoryUsedBytes;
	}

	/** `undefined`: it is missing in this tick. It keeps its place and its name. */
	add(atMs: number, figures: GpuFigures | undefined, holdMs: number): void {
		const {index, id, name} = this.#figures;
		this.#figures = figures ?? {index, id, name};
		this.#history.add(atMs, this.#figures);
		const {utilization, memoryUsedBytes, powerW} = this.#figures;
		const point = present({utilization, memoryUsedBytes, powerW});
		this.#series.add(atMs, Object.keys(point).length === 0 ? undefined : Object.freeze(point), holdMs);
	}

	moments(fromMs: number, toMs: number): GpuMoments {
		return {index: this.index, name: this.name, moments: this.#history.around(fromMs, toMs)};
	}

	sample(atMs: number, holdMs: number): GpuSample {
		const {id: _, ...figures} = this.#figures;
		return Object.freeze({...figures, series: this.#series.until(atMs, holdMs)});
	}
}
