/** The server that was started for the session: how, what it said, how long it took. */

import {decimal, plainText} from '../format.ts';
import {type Session, type StartedServer, stageNames} from '../snapshot.ts';
import type {Fact, FactsBlock} from './block.ts';

/** One block for each start; nothing where the server was there before. */
export function startedFacts({started = []}: Session): FactsBlock[] {
	return started.map((server, index) => {
		const name = server.setting === undefined ? '' : `: ${plainText(server.setting)}`;
		return {
			kind: 'facts',
			title: `The server that was started${name}`,
			tone: 'plain',
			facts: factsOf(server, started[index - 1]),
		};
	});
}

/** What is as it was at the start before is not told again. */
function factsOf(server: StartedServer, before: StartedServer | undefined): Fact[] {
	const {preset, command, changes, readyMs, stages, facts} = server;
	const passed = stages.map(({stage, ms}) => `${stageNames[stage]} ${secondsText(ms)}`).join(', ');
	const fresh = changes.filter((change) => before?.changes.includes(change) !== true);
	return [
		...(before?.preset === preset ? [] : [{name: 'preset', text: plainText(preset)}]),
		{name: 'command', text: plainText(command)},
		...fresh.map((change, index) => ({name: index === 0 ? 'changed' : '', text: plainText(change)})),
		{name: 'ready', text: `after ${secondsText(readyMs)}${passed === '' ? '' : `: ${passed}`}`},
		...facts.map(({name, value}) => ({name: plainText(name), text: plainText(value)})),
	];
}

function secondsText(ms: number): string {
	return `${decimal(ms / 1000, 1)} s`;
}

/** `2 × NVIDIA L40S, driver 580.95.05`; nothing where none were watched. */
export function gpuFact({gpus}: Session): Fact[] {
	if (gpus === undefined || gpus.names.length === 0) return [];
	const counts = new Map<string, number>();
	for (const name of gpus.names) counts.set(name, (counts.get(name) ?? 0) + 1);
	const names = [...counts].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`));
	const driver = gpus.driver === undefined ? [] : [`driver ${gpus.driver}`];
	return [
		{
			name: counts.size === 1 && gpus.names.length === 1 ? 'GPU' : 'GPUs',
			text: plainText([...names, ...driver].join(', ')),
		},
	];
}
