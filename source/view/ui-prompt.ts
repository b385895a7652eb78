/** Typing into a prompt. */

import type {Key} from './commands.ts';
import {outside} from './text.ts';
import {closed, found, type Ground, withSelectionShown} from './ui-commands.ts';
import type {UiState} from './ui-state.ts';

/** Longest text of a prompt, characters. */
const longestPrompt = 80;

/** The state after a key while something is typed; absent when the key is not one of typing. */
export function typed(ui: UiState, key: Key, groundOf: (ui: UiState) => Ground): UiState | undefined {
	const {prompt} = ui;
	if (prompt === undefined) return undefined;
	const withText = (text: string): UiState => ({...ui, prompt: {...prompt, text}});
	switch (key) {
		case 'enter':
			return entered({...ui, prompt: undefined}, prompt, groundOf);
		case 'escape':
			return closed(ui);
		case 'backspace':
			return withText([...prompt.text].slice(0, -1).join(''));
		case 'ctrl-u':
			return withText('');
		default:
			return [...key].length === 1 ? withText(limited(prompt.text + key)) : undefined;
	}
}

/** The state after a text was pasted: without its control characters, cut to what a prompt takes. */
export function pasted(ui: UiState, text: string): UiState {
	const {prompt} = ui;
	return prompt === undefined ? ui : {...ui, prompt: {...prompt, text: limited(prompt.text + outside(text))}};
}

function limited(text: string): string {
	return [...text].slice(0, longestPrompt).join('');
}

function entered(
	ui: UiState,
	{kind, text}: NonNullable<UiState['prompt']>,
	groundOf: (ui: UiState) => Ground,
): UiState {
	const sought = text.trim() === '' ? undefined : text;
	const after: UiState = kind === 'filter' ? {...ui, filter: sought} : {...ui, search: sought};
	const ground = groundOf(after);
	return withSelectionShown(kind === 'filter' ? after : found(after, ground, 'forwards'), ground);
}
