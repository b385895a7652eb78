/** Whether the person's own presets can be read. */

import {listPresets} from '../../launch/preset-list.ts';
import type {Check} from './check.ts';

export interface PresetFacts {
	/** Names of the person's own, those that are none left out. */
	readonly own: readonly string[];
	/** What is wrong with a file of theirs, and what to do. */
	readonly faults: readonly {readonly message: string; readonly advice?: string | undefined}[];
}

export async function presetFacts(environment: NodeJS.ProcessEnv): Promise<PresetFacts> {
	const {presets, faults} = await listPresets(environment);
	return {
		own: presets.filter(({file}) => file !== undefined).map(({preset}) => preset.id),
		faults: faults.map(({message, advice}) => ({message, advice})),
	};
}

export function judgePresets({own, faults}: PresetFacts): readonly Check[] {
	return [
		...(own.length === 0 ? [] : [{id: 'presets', state: 'ok' as const, text: `Your own presets: ${own.join(', ')}.`}]),
		...faults.map(({message, advice}) => ({
			id: 'preset-fault',
			state: 'note' as const,
			text: message,
			...(advice === undefined ? {} : {advice}),
		})),
	];
}
