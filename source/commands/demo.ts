/** `llmtop demo`: the same as any load, on the embedded server. */

import type {Config} from '../config.ts';
import {startSimulator} from '../engine/simulator/start.ts';
import type {ExitCode} from '../errors.ts';
import {runLoad} from './load.ts';
import {hasScreen, preloadView} from './show.ts';

export async function runDemo(config: Config, environment: NodeJS.ProcessEnv): Promise<ExitCode> {
	const starting = startSimulator({mode: 'model', profile: 'demo'});
	if (hasScreen(config.output, environment)) preloadView();
	const simulator = await starting;
	try {
		const {code} = await runLoad({
			config: {...config, target: {...config.target, url: simulator.url, engine: 'vllm'}},
			environment,
			withoutGpu: true,
			notes: ['This is the embedded server: a model of an engine, no engine. Its numbers say nothing of any GPU.'],
		});
		return code;
	} finally {
		await simulator.stop();
	}
}
