/** The way to the server's machine, where that was reached over SSH: how long it is, and what it did to each level. */

import {compact, missing, percent, plainText} from '../format.ts';
import type {Level, LevelPath, Session} from '../snapshot.ts';
import {type ColumnOf, type Fact, type TableBlock, tableOf} from './block.ts';
import {isRepeated, levelName} from './level-name.ts';
import {gapOutsideMs, outsideCountersMs, secondsOf} from './level-values.ts';

/** How HTTP came to the server's machine; nothing where that is the one that measured. */
export function boxFact({target}: Session): Fact[] {
	if (target.box === undefined) return [];
	const name = plainText(target.box.name);
	const texts = {
		tunnel: `${name}, through one SSH connection`,
		direct: `${name}, HTTP to its own address and all else over SSH`,
		there: `${name}, where the load ran too`,
	} as const;
	return [{name: 'machine', text: texts[target.box.way]}];
}

/** One row a level; nothing where no way was measured. */
export function pathTable(session: Session): TableBlock[] {
	const levels = session.levels.filter(({path}) => path !== undefined);
	if (levels.length === 0) return [];
	const withRun = isRepeated(session.levels);
	const right = (title: string, rank: number, cell: (path: LevelPath, level: Level) => string): ColumnOf<Level> => ({
		title,
		align: 'right',
		rank,
		optional: true,
		cell: (level) => (level.path === undefined ? missing : cell(level.path, level)),
	});
	const columns: ColumnOf<Level>[] = [
		{title: 'load', align: 'left', rank: 0, cell: (level) => levelName(level, {withRun})},
		right('TTFT p50', 3, (_, {ttftMs}) => compact(ttftMs.p50)),
		right('round trip p50', 1, ({roundTripMs}) => compact(roundTripMs.p50)),
		right('idle', 1, ({idleRoundTripMs}) => compact(idleRoundTripMs)),
		right('p99', 2, ({roundTripMs}) => compact(roundTripMs.p99)),
		right('worst', 4, ({roundTripMs}) => compact(roundTripMs.max)),
		right('TTFT outside', 2, (_, level) => compact(outsideCountersMs(level))),
		right('gap outside', 2, (_, level) => compact(gapOutsideMs(level))),
		right('received kB/s', 3, ({receivedBytesPerSecond: rate}) =>
			compact(rate === undefined ? undefined : rate / 1000),
		),
		right('ssh CPU', 4, ({sshCpuRatio}) => percent(sshCpuRatio)),
		...(levels.some(({path}) => path?.lost !== undefined) ? [right('lost', 1, ({lost}) => lostText(lost))] : []),
	];
	const {box} = session.target;
	const where = box === undefined ? "the server's machine" : plainText(box.name);
	const isTunnel = levels.every(({path}) => path?.way === 'tunnel');
	const how = isTunnel ? 'through one SSH connection' : 'round trips over SSH';
	return [tableOf(`The way to ${where}, ${how}, in ms`, levels, columns)];
}

/** `3.4 s`, or `2 ×, 3.4 s` together. */
function lostText(lost: LevelPath['lost']): string {
	if (lost === undefined) return 'never';
	const {times, ms} = lost;
	const length = `${compact(secondsOf(ms))} s`;
	return times === 1 ? length : `${times} ×, ${length}`;
}

/** What its columns mean. */
export function pathLegend(levels: Session['levels']): Fact[] {
	const paths = levels.flatMap(({path}) => (path === undefined ? [] : [path]));
	if (paths.length === 0) return [];
	const shares = levels.some((level) => gapOutsideMs(level) !== undefined || outsideCountersMs(level) !== undefined)
		? ' The way and HTTP at both of its ends are all that is outside: mean TTFT and gap here less those inside the server.'
		: '';
	return [
		{
			name: 'round trip',
			text: `through SSH to a shell on that machine and back, every 250 ms beside the load; idle: the median before any load. In a tunnel it waits behind the bytes of all streams, as their tokens do.${shares}`,
		},
		...(paths.some(({sshCpuRatio}) => sshCpuRatio !== undefined)
			? [{name: 'ssh CPU', text: 'of the ssh here that holds the connection, of one core.'}]
			: []),
	];
}
