/** The tools, in the order in which they are tried. */

import {AmdSmi} from './amd-smi.ts';
import type {GpuSource} from './gpu-source.ts';
import {Macmon} from './macmon.ts';
import {NvidiaSmi} from './nvidia-smi.ts';
import {Powermetrics} from './powermetrics.ts';
import {RocmSmi} from './rocm-smi.ts';
import {XpuSmi} from './xpu-smi.ts';

export function gpuSources(): readonly GpuSource[] {
	return [new NvidiaSmi(), new AmdSmi(), new RocmSmi(), new XpuSmi(), new Macmon(), new Powermetrics()];
}
