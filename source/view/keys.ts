/** What the keys do. One table: the footer, the help screen and the reading of keys are made from it. */

/** A key as input.ts names it: a printable character, or one of these. */
export type Key =
	| 'up'
	| 'down'
	| 'page-up'
	| 'page-down'
	| 'home'
	| 'end'
	| 'escape'
	| 'f1'
	| 'f10'
	| 'ctrl-c'
	| 'ctrl-l'
	| (string & {});

export type Command =
	| 'quit'
	| 'interrupt'
	| 'help'
	| 'close'
	| 'pause'
	| 'redraw'
	| 'up'
	| 'down'
	| 'page-up'
	| 'page-down'
	| 'top'
	| 'bottom';

export interface Binding {
	readonly command: Command;
	readonly keys: readonly Key[];
	/** The keys as the help screen writes them. */
	readonly label: string;
	readonly help: string;
	/** The entry in the footer; absent: not there. */
	readonly footer?: {readonly key: string; readonly text: string};
}

export const bindings: readonly Binding[] = [
	{
		command: 'help',
		keys: ['?', 'h', 'f1'],
		label: '? h F1',
		help: 'this help',
		footer: {key: '?', text: 'Help'},
	},
	{command: 'close', keys: ['escape'], label: 'Esc', help: 'closes the help'},
	{
		command: 'pause',
		keys: [' '],
		label: 'Space',
		help: 'pauses the screen',
		footer: {key: 'Space', text: 'Pause'},
	},
	{
		command: 'up',
		keys: ['up', 'k'],
		label: '↑ k',
		help: 'one stream up',
		footer: {key: '↑↓ PgUp PgDn', text: 'Scroll'},
	},
	{command: 'down', keys: ['down', 'j'], label: '↓ j', help: 'one stream down'},
	{command: 'page-up', keys: ['page-up'], label: 'PgUp', help: 'one page up'},
	{command: 'page-down', keys: ['page-down'], label: 'PgDn', help: 'one page down'},
	{command: 'top', keys: ['home'], label: 'Home', help: 'first stream'},
	{command: 'bottom', keys: ['end'], label: 'End', help: 'last stream'},
	{command: 'redraw', keys: ['ctrl-l'], label: 'Ctrl-L', help: 'draws the screen again'},
	{
		command: 'quit',
		keys: ['q', 'f10'],
		label: 'q F10',
		help: 'quit with the report',
		footer: {key: 'q', text: 'Quit with report'},
	},
	{command: 'interrupt', keys: ['ctrl-c'], label: 'Ctrl-C', help: 'quit; twice: at once'},
];

const commands = new Map(bindings.flatMap(({command, keys}) => keys.map((key) => [key, command] as const)));

/** What a key asks for; absent when it means nothing here. */
export function commandFor(key: Key): Command | undefined {
	return commands.get(key);
}
