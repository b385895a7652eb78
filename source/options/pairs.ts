/** Values of the command line that consist of a name and something: labels, body members, goals. */

import type {SloConfig} from '../config.ts';
import {usageError} from '../errors.ts';
import {either, nearest} from './nearest.ts';
import {durationIn, shown} from './values.ts';

/** `KEY=VALUE`, cut at the first `=`. The key is a name, the value any text in one line. */
export function parseLabel(flag: string, text: string): readonly [key: string, value: string] {
	const cut = text.indexOf('=');
	if (cut < 0)
		throw usageError(`${flag} ${shown(text)}: the = is missing.`, `Write ${flag} KEY=VALUE, like ${flag} gpu=l40s`);
	const key = text.slice(0, cut);
	const value = text.slice(cut + 1);
	if (!/^[A-Za-z_][\w.-]{0,63}$/.test(key)) {
		throw usageError(
			`${flag} ${shown(text)}: a key has letters, digits, _, - and . only, begins with a letter and has at most 64 of them.`,
			`For example: ${flag} gpu=l40s`,
		);
	}
	if (/\p{Cc}/u.test(value)) throw usageError(`${flag} ${shown(text)}: a label is one line of text.`);
	return [key, value];
}

/** Members of a request body that have a flag of their own, because llmtop must know them. */
const ownMembers: Readonly<Record<string, string>> = {
	stream: '--no-stream for answers in one piece',
	model: '--model NAME',
	messages: '--prompt, --system or --dataset',
	prompt: '--prompt, --system or --dataset',
	max_tokens: '--max-tokens N',
};

/** `KEY=JSON`, cut at the first `=`. */
export function parseBodyMember(flag: string, text: string): readonly [key: string, value: unknown] {
	const cut = text.indexOf('=');
	const key = cut < 0 ? text : text.slice(0, cut);
	if (cut < 0 || key === '') {
		throw usageError(
			`${flag} ${shown(text)}: ${cut < 0 ? 'the = is missing' : 'the key is missing'}.`,
			`Write ${flag} KEY=JSON, like ${flag} top_p=0.9`,
		);
	}
	const own = Object.hasOwn(ownMembers, key) ? ownMembers[key] : undefined;
	if (own !== undefined) {
		throw usageError(
			`${flag} ${shown(text)}: llmtop sets ${key} itself, or its numbers would be wrong.`,
			`Use ${own}.`,
		);
	}
	const value = text.slice(cut + 1);
	try {
		return [key, JSON.parse(value)];
	} catch {
		const likelyText = /^[\w .,:/+-]*$/.test(value);
		throw usageError(
			`${flag} ${shown(text)}: what follows the = is not JSON.`,
			likelyText
				? `Text needs its quotation marks, and the shell takes one pair away: ${flag} '${shown(key)}="${value.slice(0, 40)}"'`
				: `For example: ${flag} top_p=0.9, or ${flag} 'stop=["END"]'`,
		);
	}
}

const goals = {ttft: 'ttftMs', tpot: 'tpotMs', e2e: 'e2eMs'} as const satisfies Record<string, keyof SloConfig>;

function isGoal(name: string): name is keyof typeof goals {
	return Object.hasOwn(goals, name);
}

/** A day. */
const longestLimit = 86_400_000;

/** `ttft=500,tpot=50,e2e=20s`: plain numbers are ms, durations are taken too. */
export function parseSlo(flag: string, text: string): SloConfig {
	const slo: {-readonly [Goal in keyof SloConfig]: SloConfig[Goal]} = {};
	const names = Object.keys(goals);
	const example = `For example: ${flag} ttft=500,tpot=50,e2e=20s (milliseconds where there is no unit)`;
	for (const part of text.split(',')) {
		const [name = '', value = '', ...more] = part.split('=');
		if (name === '' || value === '' || more.length > 0) {
			throw usageError(
				`${flag} ${shown(text)}: ${part === '' ? 'a goal is missing beside a comma' : `${shown(part)} is not a goal and its limit`}.`,
				example,
			);
		}
		if (!isGoal(name)) {
			const near = nearest(name, names);
			throw usageError(
				`${flag} ${shown(text)}: there is no goal ${shown(name)}; there are ${names.join(', ')}.`,
				near.length > 0 ? `Did you mean ${either(near)}?` : undefined,
			);
		}
		const member = goals[name];
		if (slo[member] !== undefined)
			throw usageError(`${flag} ${shown(text)}: ${name} is given twice.`, 'Give each goal once.');
		const limit = /^[\d.]+$/.test(value) ? Number(value) : durationIn(value);
		if (!(limit > 0 && limit <= longestLimit)) {
			throw usageError(
				`${flag} ${shown(text)}: a limit is a number of milliseconds above 0, or a duration like 500ms or 2s.`,
				example,
			);
		}
		slo[member] = limit;
	}
	return slo;
}

/** An object of pairs; a key that comes twice is an error. */
export function fromPairs<Value>(
	flag: string,
	pairs: readonly (readonly [key: string, value: Value])[],
): Readonly<Record<string, Value>> {
	const seen = new Set<string>();
	for (const [key] of pairs) {
		if (seen.has(key)) throw usageError(`${flag} gives ${shown(key)} twice.`, 'Give each key once.');
		seen.add(key);
	}
	return Object.fromEntries(pairs);
}
