/**
 * A process that runs a job on a box, tells its output, and waits to be killed: arguments are the configuration of ssh,
 * the destination and the order as JSON; a fourth, `keep`, keeps the job.
 */

import {SshConnection} from '../../../../source/engine/ssh/connection.ts';
import {startJob} from '../../../../source/engine/ssh/job/start-job.ts';
import {parseDestination} from '../../../../source/options/destination.ts';

const [configuration = '', destination = '', order = '', keep] = process.argv.slice(2);
const {signal} = new AbortController();
const connection = await SshConnection.open({
	destination: parseDestination(destination),
	environment: process.env,
	signal,
	sshArguments: ['-F', configuration],
});
const job = await startJob(connection, JSON.parse(order), signal);
if (keep === 'keep') await job.keep();
job.onOutput((text) => process.stdout.write(text));
process.once('SIGTERM', () => void job.stop(100));
process.stdout.write(`end ${JSON.stringify(await job.ended)}\n`);
await connection.close();
