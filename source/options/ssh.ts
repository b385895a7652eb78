/** The SSH group of flags: servers on other machines. */

import type {SshConfig} from '../config.ts';
import {usageError} from '../errors.ts';
import {parseDestination} from './destination.ts';
import type {Given} from './given.ts';
import {parseLogSource} from './log-source.ts';
import {parseDuration} from './values.ts';

/** What makes sense only for a machine that is reached over SSH. */
const onlyOverSsh = ['log', 'direct', 'load-there', 'keep', 'orphan-timeout', 'compare'] as const;
const defaultOrphanTimeoutMs = 60_000;
/** Below, a busy machine may take longer than that to say that it is still there. */
const orphanBounds = {least: 5_000, most: 24 * 3_600_000};

/** Absent when no machine is named. @throws ExpectedError with exit code 2 */
export function sshConfig(given: Given, {isLoad}: {readonly isLoad: boolean}): SshConfig | undefined {
	const [first, ...others] = given.all('ssh').map(parseDestination);
	if (first === undefined) {
		const lonely = onlyOverSsh.find((flag) => given.has(flag));
		if (lonely === undefined) return undefined;
		throw usageError(
			`--${lonely} is about a machine that is reached over SSH, and none is named.`,
			'For example: --ssh me@gpu-box',
		);
	}
	const boxes = [first, ...others] as const;
	const twice = boxes.find(({text}, place) => boxes.findIndex((box) => box.text === text) < place);
	if (twice !== undefined) throw usageError(`--ssh ${twice.text} is given twice.`, 'Give each machine once.');
	const way = wayOf(given, isLoad);
	const compare = given.has('compare');
	if (compare && (!isLoad || others.length === 0))
		throw usageError(
			`--compare runs the same load on several machines, and ${isLoad ? 'one is named' : 'there is no load'}.`,
			'For example: --ssh a --ssh b --compare --sweep 1,8,32',
		);
	if (isLoad && others.length > 0 && !compare)
		throw usageError(
			'Several machines can be watched, and one is loaded at a time.',
			'Give one --ssh, or --compare to run the same load on each, one after the other.',
		);
	if (given.has('keep') && way !== 'there')
		throw usageError('--keep is about the program that --load-there copies.', 'Leave it out, or add --load-there.');
	if (given.has('orphan-timeout') && way !== 'there' && !given.has('preset') && !given.has('start'))
		throw usageError(
			'--orphan-timeout is about what llmtop starts there, and it starts nothing.',
			'Leave it out, or start a server with --preset ID, or the load with --load-there.',
		);
	const logText = given.text('log');
	if (logText !== undefined && others.length > 0)
		throw usageError('--log names the log of one server, and several machines are named.', 'Leave it out.');
	const orphanText = given.text('orphan-timeout');
	return {
		boxes,
		way,
		...(logText === undefined ? {} : {log: parseLogSource(logText)}),
		keepProgram: given.has('keep'),
		orphanTimeoutMs:
			orphanText === undefined ? defaultOrphanTimeoutMs : parseDuration('--orphan-timeout', orphanText, orphanBounds),
		compare,
	};
}

function wayOf(given: Given, isLoad: boolean): SshConfig['way'] {
	if (given.has('direct') && given.has('load-there'))
		throw usageError(
			'--direct sends the load from here, and --load-there runs it on the machine itself.',
			'Leave one of them out.',
		);
	if (given.has('load-there') && !isLoad)
		throw usageError('--load-there runs a load, and there is none.', 'For example: --load-there --concurrency 32');
	return given.has('direct') ? 'direct' : given.has('load-there') ? 'there' : 'tunnel';
}
