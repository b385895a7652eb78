/**
 * A connection in a process of its own, for tests that kill it or give it a terminal: argument 1 is the configuration of
 * ssh, 2 the destination, 3 a script to run there for as long as it lives. Tells `open`, the script's lines, and `closed`.
 * Ctrl-C stops the opening; later it is only told.
 */

import {SshConnection} from '../../source/engine/ssh/connection.ts';
import {parseDestination} from '../../source/options/destination.ts';

const [configuration = '', destination = '', script = ''] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGINT', () => {
	console.log('interrupted');
	stop.abort();
});

try {
	const connection = await SshConnection.open({
		destination: parseDestination(destination),
		environment: process.env,
		signal: stop.signal,
		sshArguments: ['-F', configuration],
		interactive: process.stdin.isTTY,
	});
	console.log('open');
	process.once('SIGTERM', () => void connection.close());
	const there = connection.start(script);
	for await (const line of there.lines) console.log(line);
	const {code} = await there.ended;
	await connection.close();
	console.log(`closed ${code}`);
} catch (error) {
	console.log(error instanceof Error ? error.message : String(error));
}
