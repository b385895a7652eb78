/** One session of llmtop as its command line runs it, with its CPU time and the instants of its events kept. */

import {runLoad} from '../source/commands/load.ts';
import type {Config} from '../source/config.ts';
import type {EventInstants} from '../source/engine/load/protocol.ts';
import {workloadNames} from '../source/engine/load/workload-presets.ts';
import {servers} from '../source/engine/servers/index.ts';
import {parseCommandLine} from '../source/options/parse.ts';
import {type ClientOrder, CpuWindow, peakBytes, readOrder, writeResult} from './bench-exchange.ts';

const order = readOrder();
const cpu = new CpuWindow();
const instants: EventInstants[] = [];
const {code} = await runLoad({
	config: configOf(order),
	environment: process.env,
	notes: [],
	observer: {
		levelStarted: () => cpu.start(order),
		...(order.keepInstants ? {instants: (kept) => instants.push(...kept)} : {}),
	},
});
if (code !== 0) throw new Error(`The load ended with exit code ${code}.`);
await writeResult(order, {cpu: cpu.used, peakBytes: peakBytes(), instants});

function configOf({flags}: ClientOrder): Config {
	const command = parseCommandLine(flags, {
		engines: servers.map(({name}) => name),
		workloads: workloadNames,
		environment: process.env,
		freshSeed: 1,
	});
	if (command.command !== 'load') throw new Error('The flags of the order are not those of a load.');
	return command.config;
}
