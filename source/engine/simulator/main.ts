/**
 * The embedded server's process. It gets its options in an environment variable, tells its port to its parent, and
 * lives as long as the channel to the parent: a parent that is killed leaves nothing behind.
 */

import {parseJson} from './json.ts';
import {serveModel} from './model-server.ts';
import {optionsVariable, parseSimulatorOptions, type SimulatorMessage} from './options.ts';
import {serveTimetable} from './timetable-server.ts';

function tell(message: SimulatorMessage): void {
	process.send?.(message);
}

// A Ctrl-C in the terminal reaches the whole process group: the parent decides when this server ends.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});

const options = parseSimulatorOptions(parseJson(process.env[optionsVariable] ?? ''));
const started = options.mode === 'timetable' ? serveTimetable(options) : serveModel(options);

// Listening to it keeps the channel, and so this process, open.
process.on('message', () => {});
process.on('disconnect', () => {
	started.then((server) => server.close()).catch(() => {});
});

started.then(
	(server) => {
		// The parent may be gone before there was anyone to notice.
		if (process.connected) tell({port: server.port});
		else void server.close();
	},
	(error: unknown) => {
		if (process.connected) {
			tell({error: error instanceof Error ? error.message : String(error)});
			process.disconnect();
		}
	},
);
