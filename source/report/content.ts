/** What the report of a session holds, in its order. */

import {plainText} from '../format.ts';
import type {Session} from '../snapshot.ts';
import {askedOf} from './asked.ts';
import type {Block, Report} from './block.ts';
import {counterFacts, counterTables} from './counter-tables.ts';
import {goodputTable, repeatedTable, serverTable} from './detail-tables.ts';
import {changeFacts, failureFacts, markFacts, noteFacts, runFacts, verdictFacts} from './facts.ts';
import {clockFacts, gpuTable} from './gpu-table.ts';
import {latencyTable} from './latency-table.ts';
import {legend} from './legend.ts';
import {levelsTable} from './levels-table.ts';
import {pathTable} from './path-table.ts';
import {publishedTables} from './published-tables.ts';
import {settingFacts} from './setting-facts.ts';
import {startedFacts} from './started-facts.ts';

export function sessionReport(session: Session): Report {
	return {title: reportTitle(session), blocks: reportContent(session)};
}

/** `llmtop: vllm 0.11.0, Qwen/Qwen3-30B-A3B`. */
function reportTitle(session: Session): string {
	const {engine, engineVersion, model} = session.target;
	const server = engineVersion === undefined ? engine : `${engine} ${engineVersion}`;
	return plainText(`llmtop: ${model === undefined ? server : `${server}, ${model}`}`);
}

function reportContent(session: Session): Block[] {
	if (session.levels.length === 0) {
		return [runFacts(session), ...startedFacts(session), ...markFacts(session), ...noteFacts(session)];
	}
	return [
		runFacts(session),
		...startedFacts(session),
		levelsTable(session.levels),
		...latencyTable(session.levels),
		...repeatedTable(session),
		...settingFacts(session),
		...goodputTable(session),
		verdictFacts(session),
		...failureFacts(session),
		...changeFacts(session),
		...markFacts(session),
		...serverTable(session),
		...counterTables(session),
		...counterFacts(session),
		...pathTable(session),
		...gpuTable(session),
		...clockFacts(session),
		...publishedTables(session.levels, askedOf(session).columns),
		...noteFacts(session),
		legend(session),
	];
}
