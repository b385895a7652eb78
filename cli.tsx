/**
 * The one entry: command line → command → exit code. The same file is also what load threads, the token counter and
 * the embedded server start from (source/engine/role.ts). Everything but the command line is loaded when it is needed.
 */

import {randomInt} from 'node:crypto';
import {isMainThread, workerData} from 'node:worker_threads';
import {errorText, print, tolerateClosedStreams} from './source/commands/console.ts';
import {keepYoungGenerationsSmall} from './source/engine/heap.ts';
import {isEnough, leastNode} from './source/engine/host/node-version.ts';
import {farRole, roleVariable, version} from './source/engine/role.ts';
import {type ExitCode, ExpectedError, exitCode} from './source/errors.ts';

/** What an older Node lacks would show as an error somewhere inside. */
function requireNode(): void {
	if (isEnough(process.versions.node)) return;
	throw new ExpectedError(`llmtop needs Node ${leastNode} or later, and this is Node ${process.versions.node}.`, {
		exitCode: exitCode.failed,
		advice: 'Newer ones are at https://nodejs.org.',
	});
}

/** Whoever starts a process needs one, and Node's own error would look like a bug. */
function requireFolder(): void {
	try {
		process.cwd();
	} catch {
		throw new ExpectedError('The folder that llmtop was started in does not exist any more.', {
			exitCode: exitCode.failed,
			advice: 'Go to another one, and start it there.',
		});
	}
}

async function main(): Promise<ExitCode> {
	requireNode();
	requireFolder();
	const {parseCommandLine} = await import('./source/options/parse.ts');
	const {servers} = await import('./source/engine/servers/index.ts');
	const {workloadNames} = await import('./source/engine/load/workload-presets.ts');
	const {env: environment} = process;
	const argv = process.argv.slice(2);
	const command = parseCommandLine(argv, {
		engines: servers.map(({name}) => name),
		workloads: workloadNames,
		environment,
		freshSeed: randomInt(2 ** 32),
		...(process.stdout.columns === undefined ? {} : {columns: process.stdout.columns}),
	});
	switch (command.command) {
		case 'help':
			await print([command.text]);
			return exitCode.ok;
		case 'version':
			await print([`llmtop ${version}\n`]);
			return exitCode.ok;
		case 'load': {
			const {runAnyLoad} = await import('./source/commands/any-load.ts');
			return await runAnyLoad({config: command.config, environment, argv});
		}
		case 'watch': {
			const {runWatch} = await import('./source/commands/watch.ts');
			return await runWatch({config: command.config, environment});
		}
		case 'presets': {
			const {runPresets} = await import('./source/commands/presets.ts');
			return await runPresets({...command, environment});
		}
		case 'doctor': {
			const {runDoctor} = await import('./source/commands/doctor.ts');
			return await runDoctor({...command, environment});
		}
		case 'demo': {
			const {runDemo} = await import('./source/commands/demo.ts');
			return await runDemo(command.config, environment);
		}
		case 'selftest': {
			const {runSelftest} = await import('./source/commands/selftest.ts');
			return await runSelftest(command);
		}
		case 'report': {
			const {reportFiles} = await import('./source/commands/report.ts');
			return await reportFiles(command);
		}
		case 'replay': {
			const {replayFile} = await import('./source/commands/replay.ts');
			return await replayFile({...command, environment});
		}
		case 'recover': {
			const {recoverFile} = await import('./source/commands/recover.ts');
			return await recoverFile({file: command.file, saveFile: command.saveFile});
		}
		default:
			return command satisfies never;
	}
}

if (isMainThread) keepYoungGenerationsSmall();
const role: unknown = isMainThread ? process.env[roleVariable] : (workerData as {role?: unknown}).role;
switch (role) {
	case 'load':
		await import('./source/engine/load/worker.ts');
		break;
	case 'tokens':
		await import('./source/engine/tokens/thread.ts');
		break;
	case 'guard':
		await import('./source/engine/launch/guard.ts');
		break;
	case 'simulator':
		await import('./source/engine/simulator/main.ts');
		break;
	case farRole: {
		delete process.env[roleVariable];
		tolerateClosedStreams();
		const {runFarLoad} = await import('./source/commands/far-load.ts');
		process.exitCode = await runFarLoad(process.env);
		break;
	}
	default:
		tolerateClosedStreams();
		try {
			process.exitCode = await main();
		} catch (error) {
			process.stderr.write(errorText(error));
			process.exitCode = error instanceof ExpectedError ? error.exitCode : exitCode.failed;
		}
}
