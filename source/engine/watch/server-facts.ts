/** What a server says of itself, as facts for a person. */

import {type Fact, tokens} from '../servers/readings/sample.ts';
import type {ServerFacts} from '../servers/server.ts';

/** Model (the one that is asked for, else the first), its context, version. */
export function serverFacts(
	{models, engineVersion}: Pick<ServerFacts, 'models' | 'engineVersion'>,
	asked: string | undefined,
): readonly Fact[] {
	const model = models.find(({name}) => name === asked) ?? models[0];
	return [
		...(model === undefined ? [] : [{name: 'model', value: model.name}]),
		...(model?.contextLength === undefined ? [] : [{name: 'context', value: tokens(model.contextLength)}]),
		...(engineVersion === undefined ? [] : [{name: 'version', value: engineVersion}]),
	];
}
