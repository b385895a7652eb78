/**
 * The view as a component: one `Text` for each screen line, nothing else for Ink to lay out. Drawn for the first picture
 * and after a resize; what changes between is written by screen-patch.ts.
 */

import {Box, Text} from 'ink';
import {memo, type ReactElement} from 'react';
import type {Snapshot} from '../snapshot.ts';
import {fitLine, type Line, span} from './line.ts';
import {failureText, type ScreenOptions, screenLines} from './screen.ts';
import {paint, type Theme} from './theme.ts';

export interface AppProps extends Omit<ScreenOptions, 'symbols'> {
	/** Absent before the engine has made the first. */
	readonly snapshot: Snapshot | undefined;
	readonly theme: Theme;
}

/** Exactly `size.rows` lines, no line wider than `size.columns`. A failure in drawing becomes one line of text. */
export function App(props: AppProps): ReactElement {
	const {size, theme} = props;
	return (
		<Box flexDirection="column" width={size.columns} height={size.rows}>
			{linesOf(props).map((line, row) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a line of the screen is its place
				<ScreenLine key={row} text={paint(line, theme)} />
			))}
		</Box>
	);
}

/** What the component draws. */
export function linesOf({snapshot, theme, ...options}: AppProps): Line[] {
	try {
		return screenLines(snapshot, {...options, symbols: theme.symbols});
	} catch (error) {
		return [fitLine([span(failureText(error), 'bad')], options.size.columns)];
	}
}

const ScreenLine = memo(({text}: {text: string}): ReactElement => <Text wrap="truncate">{text}</Text>);
