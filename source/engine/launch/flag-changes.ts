/** Arguments and variables of a preset made to fit the version that is installed. */

import type {FlagTable} from './engine-flags.ts';
import {compareVersions} from './engine-version.ts';
import type {FlagHistory} from './preset.ts';
import {didYouMean, type Suggest} from './suggest.ts';

/** A part of the arguments: a flag with or without a value, or a word. */
export type Piece = FlagPiece | {readonly word: string};
interface FlagPiece {
	readonly flag: string;
	readonly value?: string;
}

/** What is known of the installed program. */
export interface Fit {
	/** For people: `vllm 0.32.0`. */
	readonly name: string;
	readonly version: string | undefined;
	/** Its own list of flags. */
	readonly table: FlagTable | undefined;
	readonly history: readonly FlagHistory[];
	readonly suggest: Suggest;
}

/** What was changed, and what a person should know, a sentence each. */
export interface Told {
	readonly changes: string[];
	readonly warnings: string[];
}

/**
 * The pieces as this program takes them. Its own list decides; where it gives none, its version does; where neither is
 * known, nothing is changed.
 */
export function fitPieces(pieces: readonly Piece[], fit: Fit, told: Told): Piece[] {
	return pieces.flatMap((piece) => ('word' in piece ? [piece] : fitFlag(piece, fit, told)));
}

function fitFlag(piece: FlagPiece, fit: Fit, told: Told): readonly Piece[] {
	const entry = fit.history.find(({flag}) => flag === piece.flag);
	if (fit.table === undefined)
		return entry !== undefined && isGone(entry, fit) ? replaced(piece, entry, fit, told) : [piece];
	const known = fit.table.find(piece.flag);
	if (known === undefined) {
		if (entry !== undefined) return replaced(piece, entry, fit, told);
		const near = didYouMean(fit.suggest(piece.flag, fit.table.names));
		told.warnings.push(`${fit.name} does not list ${piece.flag}; it is passed on all the same.${near}`);
		return [piece];
	}
	if (piece.value === undefined || known.value !== undefined) return [piece];
	return standingAlone(piece, entry, fit, told);
}

/** The program's flag takes no value, and the preset gives one: on and off can still be said. */
function standingAlone(
	piece: FlagPiece,
	entry: FlagHistory | undefined,
	fit: Fit,
	{changes, warnings}: Told,
): readonly Piece[] {
	const why = entry === undefined ? '' : `: ${entry.why}`;
	const [before, value] = [text(piece), piece.value ?? ''];
	if (/^(on|true|1|enabled?)$/i.test(value)) {
		changes.push(`${before} becomes ${piece.flag} for ${fit.name}${why || ', which takes no value there.'}`);
		return [{flag: piece.flag}];
	}
	if (/^(off|false|0|disabled?|auto)$/i.test(value)) {
		changes.push(`${before} is left out for ${fit.name}${why || ', which takes no value there.'}`);
		return [];
	}
	warnings.push(`${fit.name} lists ${piece.flag} without a value, and ${value} is passed on all the same.`);
	return [piece];
}

function replaced(
	piece: FlagPiece,
	{since, replacedBy, why}: FlagHistory,
	fit: Fit,
	{changes}: Told,
): readonly Piece[] {
	const tooNew = since !== undefined && fit.version !== undefined && compareVersions(fit.version, since) < 0;
	const [flag, ...values] = (replacedBy ?? []).map((argument) => argument.replaceAll('{value}', piece.value ?? ''));
	if (flag === undefined || tooNew || (fit.table?.find(flag) === undefined && fit.table !== undefined)) {
		changes.push(`${text(piece)} is left out for ${fit.name}: ${why}`);
		return [];
	}
	changes.push(`${text(piece)} becomes ${[flag, ...values].join(' ')} for ${fit.name}: ${why}`);
	return [{flag}, ...values.map((word) => ({word}))];
}

/** By the version alone. */
function isGone({since, removedIn}: FlagHistory, {version}: Fit): boolean {
	if (version === undefined) return false;
	return (
		(removedIn !== undefined && compareVersions(version, removedIn) >= 0) ||
		(since !== undefined && compareVersions(version, since) < 0)
	);
}

/** Variables as this version takes them: one that it does not know is left out, with a line that says so. */
export function fitVariables(
	variables: Readonly<Record<string, string>>,
	fit: Fit,
	{changes}: Told,
): Record<string, string> {
	return Object.fromEntries(
		Object.entries(variables).filter(([name]) => {
			const entry = fit.history.find(({flag}) => flag === name);
			if (entry === undefined || !isGone(entry, fit)) return true;
			changes.push(`${name} is left out for ${fit.name}: ${entry.why}`);
			return false;
		}),
	);
}

/** The person's own arguments are never changed; those that the program does not know are told. */
export function extraWarnings(extra: readonly string[], fit: Fit): string[] {
	const {table, history} = fit;
	return extra
		.filter((argument) => /^--?[A-Za-z]/.test(argument))
		.flatMap((argument) => {
			const [flag = ''] = argument.split('=');
			const entry = history.find((known) => known.flag === flag);
			if (table === undefined ? entry === undefined || !isGone(entry, fit) : table.takes(flag)) return [];
			const why =
				entry === undefined ? didYouMean(fit.suggest(flag, table?.names ?? [])) : ` Its history: ${entry.why}`;
			return [`${fit.name} does not know ${flag}, which you gave.${why}`];
		});
}

function text(piece: FlagPiece): string {
	return piece.value === undefined ? piece.flag : `${piece.flag} ${piece.value}`;
}
