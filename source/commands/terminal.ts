/**
 * What the terminal can do and what the person wants of it, decided in one place and before any drawing code is
 * imported: a pure function of the environment, the streams, the flags and the platform.
 */

import type {OutputConfig} from '../config.ts';
import type {SymbolsName} from '../view/symbols.ts';
import type {Colors, ThemeName} from '../view/theme.ts';

export interface TerminalFacts {
	readonly environment: NodeJS.ProcessEnv;
	/** Whether standard input and output are terminals. */
	readonly stdin: boolean;
	readonly stdout: boolean;
	readonly flags: Pick<OutputConfig, 'headless' | 'color' | 'ascii' | 'fps' | 'theme' | 'mouse' | 'screenReader'>;
	readonly platform: NodeJS.Platform;
}

export interface Terminal {
	/** The view is drawn. */
	readonly live: boolean;
	/** Sentences are printed in place of the view; never together with `live`. */
	readonly screenReader: boolean;
	readonly colors: Colors;
	readonly symbols: SymbolsName;
	readonly theme: ThemeName;
	/** The view asks the terminal to tell of its mouse's wheel. */
	readonly mouse: boolean;
	/** Frames a second. */
	readonly fps: number;
}

export function terminalOf(facts: TerminalFacts): Terminal {
	const {environment, stdin, stdout, flags} = facts;
	// Somebody sits there, and nobody has asked for the text mode.
	const attended = stdin && stdout && !flags.headless && !isAutomated(environment.CI);
	const screenReader = attended && (flags.screenReader || environment.INK_SCREEN_READER === 'true');
	const live = attended && !screenReader && environment.TERM !== 'dumb';
	const colors = colorsOf(facts);
	return {
		live,
		screenReader,
		colors,
		symbols: symbolsFor(facts),
		theme: flags.theme ?? themeFor(colors, environment),
		mouse: live && flags.mouse,
		fps: flags.fps ?? (isSet(environment.SSH_CONNECTION) ? 2 : 4),
	};
}

/** What the terminal that the program runs on can do, and what was asked of it. */
export function terminalHere(flags: TerminalFacts['flags'], environment: NodeJS.ProcessEnv): Terminal {
	const {stdin, stdout, platform} = process;
	return terminalOf({
		environment,
		stdin: stdin.isTTY === true,
		stdout: stdout.isTTY === true,
		flags,
		platform,
	});
}

function isSet(value: string | undefined): value is string {
	return value !== undefined && value !== '';
}

function isAutomated(ci: string | undefined): boolean {
	return isSet(ci) && ci !== '0' && ci !== 'false';
}

const forced: Readonly<Record<string, Colors>> = {
	'0': 'none',
	false: 'none',
	'1': 'sixteen',
	true: 'sixteen',
	'2': '256',
	'3': 'truecolor',
};

/**
 * `--no-color` and NO_COLOR (https://no-color.org) win over FORCE_COLOR, as somebody who asks for none may be unable
 * to read any; FORCE_COLOR wins over what can be seen, also for a pipe.
 */
function colorsOf({environment, stdout, flags, platform}: TerminalFacts): Colors {
	if (!flags.color || isSet(environment.NO_COLOR)) return 'none';
	const wanted = forced[environment.FORCE_COLOR ?? ''];
	if (wanted !== undefined) return wanted;
	const {TERM: name = '', COLORTERM: colorTerm = ''} = environment;
	if (!stdout || name === 'dumb' || /-m(?:ono)?$/.test(name)) return 'none';
	if (name === 'linux') return 'sixteen';
	if (/^(?:truecolor|24bit)$/i.test(colorTerm) || /-direct$/.test(name)) return 'truecolor';
	if (/-256(?:color)?$/.test(name)) return '256';
	// Since Windows 10 its consoles know all colours and say nothing of it.
	return platform === 'win32' ? 'truecolor' : 'sixteen';
}

/** The Linux console's font has neither Braille nor eighths of a cell, that of Windows' old console no Braille. */
function symbolsFor({environment, flags, platform}: TerminalFacts): SymbolsName {
	if (flags.ascii || environment.TERM === 'linux' || environment.TERM === 'dumb') return 'ascii';
	if (!knowsUnicode(environment)) return 'ascii';
	const isOldConsole = platform === 'win32' && !isSet(environment.WT_SESSION) && !isSet(environment.TERM_PROGRAM);
	return isOldConsole ? 'block' : 'braille';
}

/**
 * By the locale of characters: the first of LC_ALL, LC_CTYPE and LANG that is set. `C`, `POSIX` and other character
 * sets than UTF-8 do not; where nothing is said (containers, Windows) terminals do.
 */
function knowsUnicode({LC_ALL: all, LC_CTYPE: characters, LANG: language}: NodeJS.ProcessEnv): boolean {
	const locale = [all, characters, language].find(isSet);
	if (locale === undefined) return true;
	if (/^(?:C|POSIX)$/.test(locale)) return false;
	const [, set] = /^[^.@]*\.([^@]*)/.exec(locale) ?? [];
	return set === undefined || /^utf-?8$/i.test(set);
}

/** Light when the terminal says that its background is; of sixteen colours those that can be read on any, when it does not say. */
function themeFor(colors: Colors, {COLORFGBG: said, TERM: name}: NodeJS.ProcessEnv): ThemeName {
	if (colors === 'none') return 'mono';
	const background = /;(\d+)$/.exec(said ?? '')?.[1];
	if (background === undefined) return colors === 'sixteen' && name !== 'linux' ? 'sixteen' : 'dark';
	// Of the sixteen colours 0 to 6 and 8 (bright black) are dark.
	const index = Number(background);
	return index === 7 || index > 8 ? 'light' : 'dark';
}
