/**
 * A process that starts a server, says so when it is ready, and waits to be killed: `node doomed-launcher.ts '{…}'`
 * with `server` (what stubborn-server.ts takes), `state` (its state folder) and `keep`.
 */

import {ServerLaunch} from '../../../source/engine/launch/server-launch.ts';
import {stubbornCommand} from './stubborn-command.ts';

const {server, state, keep} = JSON.parse(process.argv[2] ?? '');
const launch = new ServerLaunch({
	command: stubbornCommand(server, {graceMs: 200, timeoutMs: 60_000}),
	environment: {...process.env, XDG_STATE_HOME: state},
	keep,
	signal: new AbortController().signal,
});
const {pid, logFile} = await launch.ready();
process.stdout.write(`${JSON.stringify({pid, logFile})}\n`);
