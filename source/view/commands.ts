/** What keys there are, and what they can ask for. */

/** A key as input.ts names it: a printable character, or one of these. */
export type Key =
	| 'up'
	| 'down'
	| 'left'
	| 'right'
	| 'shift-left'
	| 'shift-right'
	| 'page-up'
	| 'page-down'
	| 'home'
	| 'end'
	| 'enter'
	| 'tab'
	| 'shift-tab'
	| 'backspace'
	| 'escape'
	| 'f1'
	| 'f3'
	| 'f4'
	| 'f6'
	| 'f9'
	| 'f10'
	| 'ctrl-c'
	| 'ctrl-l'
	| 'ctrl-u'
	| 'ctrl-z'
	| 'wheel-up'
	| 'wheel-down'
	| (string & {});

/** Commands that change nothing but what the person sees; ui-commands.ts does them. */
const uiCommands = [
	'help',
	'close',
	'overview',
	'streams',
	'gpu',
	'server',
	'sweep',
	'next-screen',
	'previous-screen',
	'zoom',
	'up',
	'down',
	'next-box',
	'previous-box',
	'page-up',
	'page-down',
	'top',
	'bottom',
	'scroll-up',
	'scroll-down',
	'detail',
	'search',
	'next-match',
	'previous-match',
	'filter',
	'sort-next',
	'sort-previous',
	'sort-invert',
	'sort-rate',
	'sort-tokens',
	'sort-age',
	'sort-ttft',
	'pause',
	'log',
	'symbols',
	'theme',
] as const;
export type UiCommand = (typeof uiCommands)[number];

export function isUiCommand(command: Command): command is UiCommand {
	const all: readonly Command[] = uiCommands;
	return all.includes(command);
}

/** Commands that change the load or save what was measured; load-commands.ts does them. */
export type LoadCommand = 'more-streams' | 'fewer-streams' | 'stop-load' | 'start-load' | 'next-level' | 'save';

/** Commands of a replay; play-commands.ts does them. */
export type PlayCommand =
	| 'play-pause'
	| 'seek-back'
	| 'seek-forward'
	| 'seek-far-back'
	| 'seek-far-forward'
	| 'seek-start'
	| 'seek-end'
	| 'play-slower'
	| 'play-faster';

export type Command =
	| UiCommand
	| LoadCommand
	| PlayCommand
	| 'quit'
	| 'interrupt'
	| 'suspend'
	| 'redraw'
	| 'faster'
	| 'slower'
	| 'stop-server';
