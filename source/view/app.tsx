/** The view as a component: one `Text` for each screen line, nothing else for Ink to lay out. */

import {Box, Text} from 'ink';
import {memo, type ReactElement} from 'react';
import type {Snapshot} from '../snapshot.ts';
import type {Size} from './layout.ts';
import {fitLine, type Line, span} from './line.ts';
import {failureText, screenLines} from './screen.ts';
import {paint, type Theme} from './theme.ts';
import type {UiState} from './ui-state.ts';

export interface AppProps {
	/** Absent before the engine has made the first. */
	readonly snapshot: Snapshot | undefined;
	readonly size: Size;
	readonly ui: UiState;
	readonly theme: Theme;
}

/** Exactly `size.rows` lines, no line wider than `size.columns`. A failure in drawing becomes one line of text. */
export function App({snapshot, size, ui, theme}: AppProps): ReactElement {
	return (
		<Box flexDirection="column" width={size.columns} height={size.rows}>
			{linesOf({snapshot, size, ui, theme}).map((line, row) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a line of the screen is its place
				<ScreenLine key={row} text={paint(line, theme)} />
			))}
		</Box>
	);
}

function linesOf({snapshot, size, ui, theme}: AppProps): Line[] {
	try {
		return screenLines(snapshot, {size, ui, symbols: theme.symbols});
	} catch (error) {
		return [fitLine([span(failureText(error), 'bad')], size.columns)];
	}
}

const ScreenLine = memo(({text}: {text: string}): ReactElement => <Text wrap="truncate">{text}</Text>);
