/** What the GPUs did at each level: energy, power, tokens for it, and what held their clocks down. */

import {bytes, compact, integer, missing, percent} from '../format.ts';
import type {Level, LevelGpu, LevelGpuFigures, Session} from '../snapshot.ts';
import {type ColumnOf, type FactsBlock, type TableBlock, tableOf} from './block.ts';
import {isRepeated, levelName} from './level-name.ts';

/** One row a level; nothing where no GPU was watched. */
export function gpuTable(session: Session): TableBlock[] {
	const levels = session.levels.filter(({gpu}) => gpu !== undefined);
	if (levels.length === 0) return [];
	const withRun = isRepeated(session.levels);
	const right = (title: string, rank: number, cell: (gpu: LevelGpu) => string): ColumnOf<Level> => ({
		title,
		align: 'right',
		rank,
		optional: true,
		cell: ({gpu}) => (gpu === undefined ? missing : cell(gpu)),
	});
	const columns: ColumnOf<Level>[] = [
		{title: 'load', align: 'left', rank: 0, cell: (level) => levelName(level, {withRun})},
		right('about J', 1, ({energyJ}) => compact(energyJ)),
		right('W mean', 1, ({powerW}) => compact(powerW)),
		right('tok/J', 1, ({tokensPerJoule}) => compact(tokensPerJoule)),
		right('busy', 2, ({gpus}) =>
			rangeText(
				gpus.map(({utilization}) => utilization),
				percent,
			),
		),
		right('memory at most', 4, ({gpus}) => bytes(most(gpus.map(({mostMemoryBytes}) => mostMemoryBytes)))),
		right('°C at most', 3, ({gpus}) => integer(most(gpus.map(({mostTemperatureC}) => mostTemperatureC)))),
		right('samples', 6, ({samples}) => integer(samples)),
	];
	const count = Math.max(...levels.map(({gpu}) => gpu?.gpus.length ?? 0));
	const window = levels.every(({throughput}) => throughput.steady !== undefined)
		? 'the steady window'
		: 'the steady window, or the whole level where there is none';
	const who = count === 1 ? 'The GPU' : `The ${integer(count)} GPUs together`;
	return [tableOf(`${who} over ${window}`, levels, columns)];
}

/** What held the clocks of which GPU down, and for how much of the time; nothing when nothing did. */
export function clockFacts(session: Session): FactsBlock[] {
	const withRun = isRepeated(session.levels);
	const facts = session.levels.flatMap((level) => {
		const texts = (level.gpu?.gpus ?? []).flatMap(heldTexts);
		return texts.length === 0 ? [] : [{name: levelName(level, {withRun}), text: texts.join('; ')}];
	});
	return facts.length === 0
		? []
		: [{kind: 'facts', title: 'What held the clocks of the GPUs down', tone: 'plain', facts}];
}

/** `GPU 1: power cap 34%`. */
function heldTexts({index, clocksHeldBy = []}: LevelGpuFigures): string[] {
	const told = clocksHeldBy.filter(({share}) => share > 0);
	if (told.length === 0) return [];
	return [`GPU ${index}: ${told.map(({reason, share}) => `${reason} ${percent(share)}`).join(', ')}`];
}

function most(values: readonly (number | undefined)[]): number | undefined {
	const told = values.filter((value) => value !== undefined);
	return told.length === 0 ? undefined : Math.max(...told);
}

/** `93%`, or `4% to 99%` of several. */
function rangeText(values: readonly (number | undefined)[], text: (value: number) => string): string {
	const told = values.filter((value) => value !== undefined);
	if (told.length === 0) return missing;
	const [least, highest] = [text(Math.min(...told)), text(Math.max(...told))];
	return least === highest ? least : `${least} to ${highest}`;
}
