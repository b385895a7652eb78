/** NVIDIA GPUs, from nvidia-smi. Fields, texts and pitfalls are those of drivers 590 to 610 and what is known of older ones. */

import {now} from '../../../clock.ts';
import type {GpuProcess} from '../../../snapshot.ts';
import type {GpuAnswer, GpuFigures, GpuSource, GpuTick, GpuTiming, GpuTrouble} from './gpu-source.ts';
import {allFields, refusedField, rowValues, withoutField} from './nvidia-fields.ts';
import {type ListedGpu, listedGpus} from './nvidia-list.ts';
import {nvidiaProcesses, processQuery} from './nvidia-processes.ts';
import {nvidiaFigures} from './nvidia-row.ts';
import {smiWord} from './smi-value.ts';
import {TickGroups} from './tick-groups.ts';
import {type KnownTrouble, toolTrouble} from './tool-trouble.ts';
import type {Tools} from './tools.ts';

const tool = 'nvidia-smi';
type Row = Readonly<Record<string, string>>;

/** Lines besides figures that are kept. */
const mostOthers = 20;

const format = '--format=csv,noheader,nounits';

const known: KnownTrouble = [
	[
		/couldn't communicate with the NVIDIA driver/,
		'The NVIDIA driver does not answer nvidia-smi: it is not loaded, or not installed for this kernel.',
	],
	[
		/Driver\/library version mismatch/,
		'The NVIDIA driver was updated while the old one runs: load the new one, or restart the machine.',
	],
	[
		/Failed to initialize NVML: Unknown Error/,
		'This container has lost its GPUs (NVML: Unknown Error): restart the container.',
	],
	[/Insufficient Permissions/i, 'This user may not ask the NVIDIA driver (insufficient permissions).'],
	[/No devices were found/, 'nvidia-smi finds no GPU.'],
	[
		/GPU is lost|Unable to determine the device handle/,
		'A GPU has fallen off the bus, and nvidia-smi answers for none: the machine must be restarted.',
	],
	[/GPU requires reset/, 'A GPU must be reset before nvidia-smi answers (nvidia-smi --gpu-reset, as root).'],
	[/Failed to initialize NVML/, 'nvidia-smi cannot reach the driver (NVML does not start).'],
];

export class NvidiaSmi implements GpuSource {
	readonly tool = tool;
	/** Those that this driver knows; learned at the first answer and kept. */
	#fields: readonly string[] = allFields;
	/** By number. */
	readonly #identities = new Map<number, Pick<GpuFigures, 'index' | 'id' | 'name'>>();
	#listed: readonly ListedGpu[] = [];
	/** UUID of a GPU or of a MIG instance, and its GPU's number. */
	readonly #indexes = new Map<string, number>();

	async read(tools: Tools, timing: GpuTiming): Promise<GpuAnswer> {
		for (;;) {
			const output = await tools.run(tool, [this.#query, format], timing.deadlineMs);
			const refused = refusedField(output.stdout + output.stderr);
			const fields = refused === undefined ? undefined : withoutField(this.#fields, refused);
			if (fields !== undefined) {
				this.#fields = fields;
				continue;
			}
			const rows = output.stdout
				.split('\n')
				.map((line) => rowValues(this.#fields, line))
				.filter((row) => row !== undefined);
			if (rows.length === 0) return toolTrouble(tool, output, known);
			if (this.#listed.length === 0 && rows.some(isMig)) await this.#list(tools, timing);
			return this.#tick(rows, tools);
		}
	}

	async follow(tools: Tools, timing: GpuTiming, onTick: (tick: GpuTick) => void): Promise<GpuTrouble> {
		const groups = new TickGroups<Row>({
			expected: this.#identities.size,
			quietMs: timing.intervalMs / 2,
			onTick: (rows) => onTick(this.#tick(rows, tools)),
		});
		/** What it says besides figures: why it ends. */
		const others: string[] = [];
		const output = await tools.lines(tool, [this.#query, format, '-lms', String(timing.intervalMs)], {
			firstMs: timing.deadlineMs,
			silenceMs: timing.silenceMs,
			onLine: (line) => {
				const row = rowValues(this.#fields, line);
				if (row !== undefined) groups.add(Number(row.index), row);
				else if (others.push(line) > mostOthers) others.shift();
			},
		});
		groups.end();
		return toolTrouble(tool, {...output, stdout: others.join('\n')}, known);
	}

	async processes(tools: Tools, timing: GpuTiming): Promise<readonly GpuProcess[] | undefined> {
		const output = await tools.run(tool, [processQuery, format], timing.deadlineMs);
		if (output.ended !== 'by itself' || output.exitCode !== 0) return undefined;
		return nvidiaProcesses(output.stdout, (id) => this.#indexes.get(id));
	}

	get #query(): string {
		return `--query-gpu=${this.#fields.join(',')}`;
	}

	async #list(tools: Tools, timing: GpuTiming): Promise<void> {
		this.#listed = listedGpus((await tools.run(tool, ['-L'], timing.deadlineMs)).stdout);
	}

	#tick(rows: readonly Row[], tools: Tools): GpuTick {
		const gpus = rows.map((row) => this.#figures(row, tools));
		const driver = rows.map((row) => smiWord(row.driver_version)).find((version) => version !== undefined);
		return {atMs: now(), gpus, ...(driver === undefined ? {} : {driver})};
	}

	#figures(row: Row, tools: Tools): GpuFigures {
		const index = Number(row.index);
		// A GPU that is lost may not even tell its name.
		const earlier = this.#identities.get(index);
		const identity = {
			index,
			id: smiWord(row.uuid) ?? earlier?.id ?? `GPU ${index}`,
			name: smiWord(row.name) ?? earlier?.name ?? 'NVIDIA GPU',
		};
		this.#identities.set(index, identity);
		const instances = this.#listed.find(({id}) => id === identity.id)?.instances ?? [];
		for (const {id} of [identity, ...instances]) this.#indexes.set(id, index);
		const profiles = instances.map(({profile}) => profile);
		return {...identity, ...nvidiaFigures(row, profiles, () => tools.memory())};
	}
}

function isMig(row: Row): boolean {
	return row['mig.mode.current'] === 'Enabled';
}
