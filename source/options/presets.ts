/** `llmtop presets`: which one, and what is changed in it. */

import {usageError} from '../errors.ts';
import type {Given} from './given.ts';
import {settingsOf} from './start.ts';
import {shown} from './values.ts';

interface PresetsCommand {
	/** Absent: all are listed. */
	readonly preset?: string;
	readonly settings: Readonly<Record<string, string>>;
	/** Further arguments of the server. */
	readonly extra: readonly string[];
	readonly shell: boolean;
	readonly json: boolean;
}

export function presetsCommand(given: Given, rest: readonly string[], extra: readonly string[]): PresetsCommand {
	const [preset, more] = rest;
	if (more !== undefined)
		throw usageError(
			`llmtop presets shows one preset, and ${shown(more)} is a second.`,
			'Flags for its server stand behind --, and the model behind --model.',
		);
	const changed =
		(['model', 'set', 'shell'] as const).find((flag) => given.has(flag)) ?? (extra.length > 0 ? '' : undefined);
	if (preset === undefined && changed !== undefined)
		throw usageError(
			`${changed === '' ? 'What stands behind --' : `--${changed}`} is about one preset, and none is named.`,
			'For example: llmtop presets vllm --model Qwen/Qwen3-0.6B',
		);
	if (given.has('shell') && given.has('json'))
		throw usageError('--shell and --json are two ways to print it.', 'Leave one of them out.');
	const model = given.text('model');
	const settings = settingsOf(given);
	if (model !== undefined && settings.model !== undefined)
		throw usageError('--model and --set both say which model.', 'Leave one of them out.');
	return {
		...(preset === undefined ? {} : {preset}),
		settings: model === undefined ? settings : {...settings, model},
		extra,
		shell: given.has('shell'),
		json: given.has('json'),
	};
}
