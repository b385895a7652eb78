/**
 * The words of a command line, checked against the table of flags before meow reads them: meow lets unknown flags and
 * missing values pass, takes quotation marks off values and reads a value that begins with a dash as a flag.
 */

import {usageError} from '../errors.ts';
import {type CommandName, commandNames, type Flag, flags, namesElsewhere} from './flags.ts';
import {either, nearest} from './nearest.ts';
import {shown} from './values.ts';

/** A command line that is spelt right. */
export interface Spelt {
	readonly command: CommandName;
	/** Every flag as one word: `--name`, or `--name==value`, whose second `=` keeps meow from touching the value. */
	readonly words: readonly string[];
	/** What is neither a flag nor the command. */
	readonly rest: readonly string[];
	/** What stands behind `--`, where it is meant for a server. */
	readonly extra: readonly string[];
	readonly help: boolean;
	readonly version: boolean;
}

/** Words that can stand for a command. */
const commandWords = commandNames.filter((name) => name !== 'load');

/** The commands for which words behind `--` are a server's. */
const startsServers: readonly CommandName[] = ['load', 'presets'];

export function spell(argv: readonly string[]): Spelt {
	const words: string[] = [];
	const rest: string[] = [];
	const extra: string[] = [];
	const seen = new Set<string>();
	let last = false;
	for (let place = 0; place < argv.length; place++) {
		const word = argv[place] ?? '';
		if (last) {
			extra.push(word);
			continue;
		}
		if (word === '-' || !word.startsWith('-')) {
			rest.push(word);
			continue;
		}
		if (word === '--') {
			last = true;
			continue;
		}
		const cut = word.startsWith('--') ? word.indexOf('=') : -1;
		const name = cut < 0 ? word : word.slice(0, cut);
		const flag = flags.find((known) => name === `--${known.name}` || name === `-${known.short}`);
		if (flag === undefined) throw unknownFlag(name, rest);
		if (seen.has(flag.name) && flag.repeatable === undefined) {
			throw usageError(`--${flag.name} is given twice.`, 'Give it once.');
		}
		seen.add(flag.name);
		if (flag.value === undefined) {
			if (cut >= 0) throw usageError(`--${flag.name} takes no value.`, `Write --${flag.name} alone, or leave it out.`);
			words.push(`--${flag.name}`);
			continue;
		}
		let value = cut < 0 ? undefined : word.slice(cut + 1);
		const next = argv[place + 1];
		if (value === undefined && next !== undefined && isValue(next, flag)) {
			value = next;
			place++;
		}
		const missing = value === undefined ? flag.bare === undefined : value === '' && flag.empty === undefined;
		if (missing) throw missingValue(flag, next);
		words.push(`--${flag.name}==${value ?? ''}`);
	}
	// Files may stand behind -- too.
	if (!startsServers.some((name) => name === (rest[0] ?? 'load'))) rest.push(...extra.splice(0));
	const [first, ...others] = rest;
	const asksHelp = first === 'help';
	const wanted = asksHelp ? others[0] : first;
	const command = wanted === undefined ? 'load' : commandOf(wanted);
	for (const flag of flags) {
		if (seen.has(flag.name) && !flag.commands.includes(command)) throw foreignFlag(flag, command);
	}
	return {
		command,
		words,
		rest: asksHelp ? others.slice(1) : others,
		extra,
		help: asksHelp || seen.has('help'),
		version: seen.has('version'),
	};
}

/** Whether the next word is this flag's value; a negative number is one, so that its own error can be told. */
function isValue(next: string, flag: Flag): boolean {
	if (flag.bare !== undefined && commandWords.some((name) => name === next)) return false;
	if (!next.startsWith('-') || next === '-') return true;
	return flag.bare === undefined
		? !next.startsWith('--') && !flags.some(({short}) => next === `-${short}`)
		: /^-\d/.test(next);
}

function missingValue(flag: Flag, next: string | undefined): Error {
	const looksLikeFlag = next?.startsWith('-') === true && next !== '-';
	return usageError(
		`--${flag.name} needs a value: --${flag.name} ${flag.value}`,
		looksLikeFlag ? `A value that begins with a dash is written --${flag.name}=-…` : undefined,
	);
}

function unknownFlag(name: string, rest: readonly string[]): Error {
	const bare = name.replace(/^-+/, '');
	// Keys are refused by any name they may come under, and never repeated.
	if (/^(?:api[-_]?)?key$|^(?:api[-_]?)?token$|^apikey$/i.test(bare)) {
		return usageError(
			`There is no flag ${shown(name)}: keys come from the environment, because others can read a command line.`,
			'For example: export MY_KEY=… and then --api-key-env MY_KEY',
		);
	}
	if (/^-\d/.test(name))
		return usageError(`${shown(name)} does not belong to any flag.`, '`llmtop --help` lists all flags.');
	const short = flags.find((known) => known.short !== undefined && /^-[A-Za-z]./.test(name) && name[1] === known.short);
	if (short !== undefined && !name.startsWith('--')) {
		const value = name.slice(2).replace(/^=/, '');
		return usageError(
			`Unknown flag ${shown(name)}.`,
			short.value === undefined ? 'Give each flag by itself.' : `Write -${short.short} ${shown(value)}, with a blank.`,
		);
	}
	const wanted = commandWords.find((command) => command === rest[0]) ?? 'load';
	const names = flags.filter((flag) => flag.commands.includes(wanted)).map((flag) => flag.name);
	const elsewhere = Object.hasOwn(namesElsewhere, bare) ? namesElsewhere[bare] : undefined;
	const near = elsewhere === undefined ? nearest(bare, names) : [elsewhere];
	return usageError(
		`Unknown flag ${shown(name)}.`,
		near.length > 0 ? `Did you mean ${either(near.map((flag) => `--${flag}`))}?` : '`llmtop --help` lists all flags.',
	);
}

function commandOf(word: string): CommandName {
	const command = commandWords.find((name) => name === word);
	if (command !== undefined) return command;
	if (/^https?:/i.test(word) && !/[@?#]/.test(word)) {
		throw usageError(`${shown(word)} is not a command.`, `Did you mean --url ${shown(word)}?`);
	}
	if (/^https?:/i.test(word))
		throw usageError('A URL is not a command (it is not shown here).', 'Use --url URL, without keys in it.');
	if (/\.json$/i.test(word))
		throw usageError(`${shown(word)} is not a command.`, `Did you mean llmtop report ${shown(word)}?`);
	const near = nearest(word, commandWords);
	throw usageError(
		`Unknown command ${shown(word)}.`,
		near.length > 0
			? `Did you mean llmtop ${either(near)}?`
			: `There are ${commandWords.slice(0, -1).join(', ')} and ${commandWords.at(-1)}; without a command llmtop watches or loads a server.`,
	);
}

function foreignFlag(flag: Flag, command: CommandName): Error {
	if (command === 'demo') {
		return usageError(
			`--${flag.name} makes no sense with llmtop demo, which brings its own server.`,
			`Leave --${flag.name} or \`demo\` out.`,
		);
	}
	const takers = flag.commands.map((name) => (name === 'load' ? 'llmtop' : `llmtop ${name}`));
	const here = command === 'load' ? 'llmtop without a command' : `llmtop ${command}`;
	return usageError(`${here} takes no --${flag.name}.`, `It belongs to ${either(takers)}.`);
}
