import {describe, expect, test} from 'vitest';
import {type Terminal, type TerminalFacts, terminalOf} from '../../source/commands/terminal.ts';

const flags = {headless: false, color: true, ascii: false, mouse: false, screenReader: false} as const;

interface Facts {
	readonly environment?: NodeJS.ProcessEnv;
	readonly flags?: Partial<TerminalFacts['flags']>;
	readonly platform?: NodeJS.Platform;
	readonly stdin?: boolean;
	readonly stdout?: boolean;
}

/** What is decided on a terminal of 256 colours, but for what is given. */
function decided(facts: Facts): Terminal {
	return terminalOf({
		environment: {TERM: 'xterm-256color', ...facts.environment},
		stdin: facts.stdin ?? true,
		stdout: facts.stdout ?? true,
		flags: {...flags, ...facts.flags},
		platform: facts.platform ?? 'linux',
	});
}

test('on an ordinary terminal the view is drawn, dark and in Braille, four times a second', () => {
	expect(decided({environment: {LANG: 'en_US.UTF-8'}})).toEqual({
		live: true,
		screenReader: false,
		colors: '256',
		symbols: 'braille',
		theme: 'dark',
		mouse: false,
		fps: 4,
	});
});

describe('the view is drawn', () => {
	test.each<[facts: Facts, live: boolean]>([
		[{}, true],
		[{stdin: false}, false],
		[{stdout: false}, false],
		[{flags: {headless: true}}, false],
		[{environment: {TERM: 'dumb'}}, false],
		[{environment: {TERM: undefined}}, true],
		[{environment: {CI: 'true'}}, false],
		[{environment: {CI: '1'}}, false],
		[{environment: {CI: 'false'}}, true],
		[{environment: {CI: '0'}}, true],
		[{environment: {CI: ''}}, true],
	])('with %j: %j', (facts, live) => {
		expect(decided(facts).live).toBe(live);
	});
});

describe('sentences for a screen reader take its place', () => {
	test.each<[facts: Facts, said: boolean]>([
		[{flags: {screenReader: true}}, true],
		[{environment: {INK_SCREEN_READER: 'true'}}, true],
		[{environment: {INK_SCREEN_READER: 'true', TERM: 'dumb'}}, true],
		[{environment: {INK_SCREEN_READER: ''}}, false],
		[{environment: {INK_SCREEN_READER: 'true', CI: 'true'}}, false],
		[{environment: {INK_SCREEN_READER: 'true'}, flags: {headless: true}}, false],
		[{flags: {screenReader: true}, stdout: false}, false],
	])('with %j: %j', (facts, screenReader) => {
		const terminal = decided(facts);
		expect(terminal.screenReader).toBe(screenReader);
		if (screenReader) expect(terminal.live).toBe(false);
	});
});

describe('colours', () => {
	test.each<[facts: Facts, colors: Terminal['colors']]>([
		[{environment: {COLORTERM: 'truecolor'}}, 'truecolor'],
		[{environment: {COLORTERM: '24bit'}}, 'truecolor'],
		[{environment: {TERM: 'xterm-direct'}}, 'truecolor'],
		[{environment: {COLORTERM: 'yes'}}, '256'],
		[{environment: {TERM: 'screen-256color'}}, '256'],
		[{environment: {TERM: 'xterm'}}, 'sixteen'],
		[{environment: {TERM: undefined}}, 'sixteen'],
		[{environment: {TERM: 'linux', COLORTERM: 'truecolor'}}, 'sixteen'],
		[{environment: {TERM: 'xterm-mono'}}, 'none'],
		[{environment: {TERM: 'rxvt-m'}}, 'none'],
		[{environment: {TERM: 'dumb'}}, 'none'],
		[{environment: {TERM: undefined}, platform: 'win32'}, 'truecolor'],
		[{stdout: false}, 'none'],

		[{flags: {color: false}}, 'none'],
		[{flags: {color: false}, environment: {FORCE_COLOR: '3'}}, 'none'],
		[{environment: {NO_COLOR: '1'}}, 'none'],
		[{environment: {NO_COLOR: '0'}}, 'none'],
		[{environment: {NO_COLOR: ''}}, '256'],
		[{environment: {NO_COLOR: '1', FORCE_COLOR: '3'}}, 'none'],
		[{environment: {FORCE_COLOR: '0'}}, 'none'],
		[{environment: {FORCE_COLOR: 'false'}}, 'none'],
		[{environment: {FORCE_COLOR: '1'}}, 'sixteen'],
		[{environment: {FORCE_COLOR: 'true'}, stdout: false}, 'sixteen'],
		[{environment: {FORCE_COLOR: '2', TERM: 'dumb'}}, '256'],
		[{environment: {FORCE_COLOR: '3', TERM: 'linux'}}, 'truecolor'],
		[{environment: {FORCE_COLOR: ''}}, '256'],
		[{environment: {FORCE_COLOR: 'much'}}, '256'],
	])('with %j: %s', (facts, colors) => {
		expect(decided(facts).colors).toBe(colors);
	});
});

describe('symbols', () => {
	test.each<[facts: Facts, symbols: Terminal['symbols']]>([
		[{}, 'braille'],
		[{environment: {LANG: 'C'}}, 'ascii'],
		[{environment: {LANG: 'POSIX'}}, 'ascii'],
		[{environment: {LANG: 'C.UTF-8'}}, 'braille'],
		[{environment: {LANG: 'de_DE.utf8@euro'}}, 'braille'],
		[{environment: {LANG: 'de_DE.ISO-8859-1'}}, 'ascii'],
		[{environment: {LANG: 'en_US'}}, 'braille'],
		[{environment: {LC_ALL: 'C', LC_CTYPE: 'en_US.UTF-8', LANG: 'en_US.UTF-8'}}, 'ascii'],
		[{environment: {LC_ALL: '', LC_CTYPE: 'C', LANG: 'en_US.UTF-8'}}, 'ascii'],
		[{environment: {LC_CTYPE: 'UTF-8', LANG: 'C'}}, 'braille'],
		[{environment: {TERM: 'linux', LANG: 'en_US.UTF-8'}}, 'ascii'],
		[{flags: {ascii: true}, environment: {LANG: 'en_US.UTF-8'}}, 'ascii'],
		[{platform: 'win32'}, 'block'],
		[{platform: 'win32', environment: {WT_SESSION: 'id'}}, 'braille'],
		[{platform: 'win32', environment: {TERM_PROGRAM: 'vscode'}}, 'braille'],
	])('with %j: %s', (facts, symbols) => {
		expect(decided(facts).symbols).toBe(symbols);
	});
});

describe('the theme', () => {
	test.each<[facts: Facts, theme: Terminal['theme']]>([
		[{}, 'dark'],
		[{environment: {COLORFGBG: '15;0'}}, 'dark'],
		[{environment: {COLORFGBG: '0;15'}}, 'light'],
		[{environment: {COLORFGBG: '0;default;7'}}, 'light'],
		[{environment: {COLORFGBG: '7;8'}}, 'dark'],
		[{environment: {COLORFGBG: 'default;default'}}, 'dark'],
		[{environment: {TERM: 'xterm'}}, 'sixteen'],
		[{environment: {TERM: 'xterm', COLORFGBG: '15;0'}}, 'dark'],
		[{environment: {TERM: 'linux'}}, 'dark'],
		[{environment: {NO_COLOR: '1', COLORFGBG: '0;15'}}, 'mono'],
		[{flags: {theme: 'light'}, environment: {COLORFGBG: '15;0'}}, 'light'],
	])('with %j: %s', (facts, theme) => {
		expect(decided(facts).theme).toBe(theme);
	});
});

test('over SSH there are two frames a second, unless a number is given', () => {
	const ssh = {SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22'};
	expect([
		decided({environment: ssh}).fps,
		decided({environment: ssh, flags: {fps: 10}}).fps,
		decided({environment: {SSH_CONNECTION: ''}}).fps,
	]).toEqual([2, 10, 4]);
});

test('the mouse is asked for only when the view is drawn', () => {
	expect([
		decided({flags: {mouse: true}}).mouse,
		decided({flags: {mouse: true, headless: true}}).mouse,
		decided({flags: {mouse: true}, environment: {INK_SCREEN_READER: 'true'}}).mouse,
	]).toEqual([true, false, false]);
});
