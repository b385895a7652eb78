/** The command of a stubborn server, as a preset would give it. */

import type {LaunchCommand, LogRules, Preset} from '../../../source/engine/launch/preset.ts';
import {type StubbornOptions, stubbornServerFile} from '../../support/stubborn-server.ts';

export interface PresetChanges {
	readonly log?: Partial<LogRules>;
	readonly timeoutMs?: number;
	readonly graceMs?: number;
	/** Where it is looked for; absent: where it listens. */
	readonly port?: number;
	/** Absent: Node. */
	readonly program?: string;
}

/** A preset that a test file does not care about, but for what is named. */
function stubbornPreset({log, timeoutMs = 30_000, graceMs = 300}: PresetChanges): Preset {
	return {
		id: 'stubborn',
		title: 'A server for tests',
		engine: 'vllm',
		binaries: [],
		install: 'Install Node from https://nodejs.org.',
		argv: [],
		environment: {},
		parameters: {},
		ask: {version: [], versionPattern: '', timeoutMs: 1_000},
		flags: [],
		ready: {path: '/health', timeoutMs, expectedMs: 1_000},
		log: {stages: [], facts: [], failures: [], ...log},
		stop: {graceMs},
		notes: [],
	};
}

/** The command of a stubborn server. */
export function stubbornCommand(server: StubbornOptions, changes: PresetChanges = {}): LaunchCommand {
	return {
		preset: stubbornPreset(changes),
		program: changes.program ?? process.execPath,
		argv: [stubbornServerFile, JSON.stringify(server)],
		environment: {},
		url: `http://127.0.0.1:${changes.port ?? server.port ?? 1}`,
		changes: [],
		warnings: [],
	};
}
