/** What it took to end a server, in sentences for a person. */

import {seconds} from './failure.ts';
import type {ServerStop} from './launched-server.ts';

/** `title` is the engine's: `vLLM`. The first sentence says that it ended; each further one is a trouble. */
export function stopWords(title: string, stop: ServerStop): readonly string[] {
	const {signal, ms, killed, left, portFree, unseen, afterStopLate} = stop;
	const how =
		signal === undefined
			? `${title} had ended already.`
			: signal === 'SIGINT'
				? `${title} was stopped in ${seconds(ms)}.`
				: `${title} was stopped in ${seconds(ms)}; it took ${signal}.`;
	return [
		how,
		...(killed.length === 0 ? [] : [`Killed, as they would not end by themselves: ${listed(killed)}.`]),
		...(left.length === 0 ? [] : [`Could not be ended, and still hold what they hold: ${listed(left)}.`]),
		...(unseen === true
			? ['It could not be seen to end: there is no connection. It ends by itself when --orphan-timeout is over.']
			: []),
		...(portFree ? [] : ['Something still answers on its port.']),
		...(afterStopLate === true ? ['The GPU memory that it held is not back yet.'] : []),
	];
}

/** Commands are long, and their beginnings say what they are. */
const shownLength = 60;

function listed(processes: ServerStop['killed']): string {
	return processes.map(({pid, command}) => `${pid} (${command.slice(0, shownLength)})`).join(', ');
}
