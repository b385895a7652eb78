/** What the journals of the tests say. */

import type {LevelStart, LevelTick} from '../../source/metrics/level-tick.ts';
import type {SessionHead} from '../../source/session/journal-line.ts';
import type {RequestRecord} from '../../source/snapshot.ts';

export const ticksPerLevel = 60;

export const journalHead: SessionHead = {
	formatVersion: 1,
	llmtop: {version: '0.1.0'},
	startedAt: '2026-11-22T02:30:00.000Z',
	host: {
		hostname: 'gpu-box',
		platform: 'linux',
		arch: 'x64',
		cores: 16,
		memoryBytes: 134_217_728_000,
		nodeVersion: 'v24.21.0',
	},
	config: {target: {headers: [['Authorization', 'Bearer s3cret']]}, work: {maxTokens: 100}},
	labels: {gpu: 'L40S'},
	target: {url: 'http://127.0.0.1:8000', engine: 'vllm'},
};

export function levelStart(level: number): LevelStart {
	return {
		mode: 'closed',
		concurrency: level + 1,
		repeat: 1,
		startedAtMs: level * 10_000,
		workers: 1,
		exactLength: true,
		uniquePrompts: true,
		slo: {},
	};
}

/** One request of 100 tokens; all numbers follow from its number. */
export function recordOf(number: number): RequestRecord {
	const sentAt = (number % ticksPerLevel) * 100;
	return {
		index: number % ticksPerLevel,
		stream: 0,
		outcome: 'ok',
		dispatchedAt: sentAt,
		connectedAt: sentAt,
		sentAt,
		headersAt: sentAt + 2,
		firstTokenAt: sentAt + 10,
		lastTokenAt: sentAt + 99,
		endedAt: sentAt + 99.5,
		ttftMs: 10,
		tpotMs: 89 / 99,
		e2eMs: 99,
		worstGapMs: 3,
		outputTokens: 100,
		tokenSource: 'usage',
		inputTokens: 24,
		events: 100,
		firstEventTokens: 1,
		maxTokens: 100,
		status: 200,
		finishReason: 'length',
	};
}

export function tickOf(number: number): LevelTick {
	const record = recordOf(number);
	const sentAt = record.sentAt ?? 0;
	const before = (number % ticksPerLevel) * 100;
	return {
		worker: 0,
		atMs: sentAt + 99.6,
		records: [record],
		ledger: Float64Array.of(sentAt, 1, before, sentAt + 99.5, 0, before + 100, sentAt + 99.6, 0, before + 100),
		events: before + 100,
		sharedReadEvents: 0,
		dropped: 0,
		reconnects: 0,
	};
}
