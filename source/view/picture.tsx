/**
 * The picture on the terminal: Ink takes the alternate screen, draws it first and after a resize, and gives it back;
 * between, only the columns that have changed are written (screen-patch.ts).
 */

import {render} from 'ink';
import {App, type AppProps, linesOf} from './app.tsx';
import type {Line} from './line.ts';
import {patch} from './screen-patch.ts';
import {eraseScreen, type KeyInput, type ScreenOutput} from './screen-terminal.ts';

export interface Picture {
	/** Brings the terminal up to date. */
	draw(): void;
	/** Draws all of it anew, whatever the terminal shows. */
	redraw(): void;
	/** Gives the terminal back. */
	end(): void;
	/** Settles when it has been given back. Never rejects. */
	readonly ended: Promise<void>;
}

/** Most writes of Ink to the terminal in a second, and the time after which all that it was given is written, ms. */
const mostWritesPerSecond = 30;
const inkMs = 50;

/** What the terminal shows; in other colours or signs (`look`) the same lines look different. */
interface Shown {
	readonly lines: readonly Line[];
	readonly look: string;
}

/** Takes the terminal and draws; `props` tells what is to be seen now. */
export function startPicture(options: {
	readonly stdout: ScreenOutput;
	readonly stdin: KeyInput;
	readonly props: () => AppProps;
	/** The shell has the terminal: nothing may be written. */
	readonly isAway: () => boolean;
}): Picture {
	const {stdout, stdin, props, isAway} = options;
	/** Absent until all that Ink was given is written. */
	let shown: Shown | undefined;
	let inkTimer: NodeJS.Timeout | undefined;
	let isEnded = false;
	const first = props();
	const instance = render(<App {...first} />, {
		stdout,
		stdin,
		interactive: true,
		alternateScreen: true,
		incrementalRendering: true,
		exitOnCtrlC: false,
		patchConsole: true,
		maxFps: mostWritesPerSecond,
	});
	afterInk(first);

	/** Ink writes some ms later than it is given something: what comes meanwhile waits for that. */
	function afterInk(drawn: AppProps): void {
		clearTimeout(inkTimer);
		inkTimer = setTimeout(() => {
			inkTimer = undefined;
			shown = shownOf(drawn);
			draw();
		}, inkMs);
	}

	function draw(): void {
		if (isEnded || isAway() || shown === undefined) return;
		const drawn = props();
		const next = shownOf(drawn);
		stdout.write(patch(shown.look === next.look ? shown.lines : [], next.lines, drawn.theme));
		shown = next;
	}

	function redraw(): void {
		shown = undefined;
		stdout.write(eraseScreen);
		// Lines that Ink takes for unchanged are not written again: after this it takes none for that.
		instance.clear();
		const drawn = props();
		instance.rerender(<App {...drawn} />);
		afterInk(drawn);
	}

	return {
		draw,
		redraw,
		end() {
			isEnded = true;
			clearTimeout(inkTimer);
			instance.unmount();
		},
		ended: instance.waitUntilExit().then(
			() => undefined,
			() => undefined,
		),
	};
}

function shownOf(drawn: AppProps): Shown {
	return {lines: linesOf(drawn), look: `${drawn.ui.theme} ${drawn.ui.symbols}`};
}
