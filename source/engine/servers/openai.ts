/** Any other server with an OpenAI-style API. Sent is only what the API itself knows: strict gateways refuse more. */

import {modelFacts, readModels, recognition} from './control-plane.ts';
import {errorLine} from './error-line.ts';
import {openAiDialects} from './openai-dialect.ts';
import type {ServerAdapter} from './server.ts';

export const openai: ServerAdapter = {
	name: 'openai',
	title: 'OpenAI-compatible server',
	// LM Studio, LMDeploy, TGI, Aphrodite.
	ports: [8000, 1234, 23_333, 3000, 2242],
	...recognition(async (probe) => {
		const answer = await probe('/v1/models');
		const models = readModels(answer);
		const owner = errorLine(models?.cards[0]?.ownedBy ?? '');
		return {
			...modelFacts(models),
			evidence:
				models === undefined
					? undefined
					: models.keyNeeded
						? `GET /v1/models answers ${answer?.status}: a server is there and wants an API key`
						: `GET /v1/models lists models${owner === '' ? '' : ` (owned_by ${owner})`}`,
		};
	}),
	apis: openAiDialects({streamOptions: {include_usage: true}}),
	defaultApi: 'chat',
	exactLength: {
		possible: false,
		how: 'the OpenAI API has no way to ask for an exact length; the model ends where it ends',
	},
};
