/**
 * `npm run frames`: every golden frame of the view as text (test/frames/view), and the README's pictures of a recorded
 * session as SVG. Look at what has changed before committing it.
 */

import {writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import xterm from '@xterm/headless';
import {execa} from 'execa';
import {readSession} from '../source/session/read.ts';
import {createReplay} from '../source/session/replay.ts';
import type {Session} from '../source/snapshot.ts';
import {screenLines} from '../source/view/screen.ts';
import {symbolsOf} from '../source/view/symbols.ts';
import {paint, type Theme, themeOf} from '../source/view/theme.ts';
import {initialUi, type UiState} from '../source/view/ui-state.ts';
import {screenCells} from './picture.ts';
import {screenSvg} from './screen-svg.ts';

/** A real run against the embedded server: `llmtop demo --sweep 1,8,32`. */
export const recordedSession = fileURLToPath(new URL('../test/fixtures/sessions/sweep.json', import.meta.url));

/** What is to be seen of a replay. */
export interface ReplayScene {
	/** ms from the start of the session. */
	readonly atMs: number;
	readonly ui?: Partial<UiState>;
	readonly speed?: number;
	readonly isPaused?: boolean;
	/** The stream that is looked at closely. */
	readonly watched?: number;
}

interface Size {
	readonly columns: number;
	readonly rows: number;
}

/** The lines of the screen, each with the colours of the theme. */
export function replayScreen(
	session: Session,
	scene: ReplayScene,
	{size, theme}: {size: Size; theme: Theme},
): string[] {
	const replay = createReplay(session);
	const {ui, speed = 1, isPaused = false, watched} = scene;
	const atMs = Math.min(scene.atMs, replay.durationMs);
	return screenLines(replay.at(atMs, watched), {
		size,
		ui: {...initialUi, ...ui},
		symbols: theme.symbols,
		playing: {isPaused, speed, atMs, endMs: replay.durationMs},
	}).map((line) => paint(line, theme));
}

/** The README's pictures by the names of their files. */
const pictures: Readonly<Record<string, {readonly title: string; readonly scene: ReplayScene; readonly size: Size}>> = {
	'levels.svg': {
		title: 'llmtop replay: the levels of a recorded sweep',
		scene: {atMs: Number.POSITIVE_INFINITY, ui: {screen: 'sweep'}},
		size: {columns: 120, rows: 30},
	},
};

async function picture({title, scene, size}: (typeof pictures)[string], session: Session): Promise<string> {
	const theme = themeOf('dark', {colors: '256', symbols: symbolsOf('braille')});
	const terminal = new xterm.Terminal({cols: size.columns, rows: size.rows, allowProposedApi: true});
	try {
		const screen = replayScreen(session, scene, {size, theme}).join('\r\n');
		await new Promise<void>((resolve) => terminal.write(screen, resolve));
		return screenSvg(screenCells(terminal), {title});
	} finally {
		terminal.dispose();
	}
}

if (import.meta.main) {
	const session = await readSession(recordedSession);
	for (const [name, wanted] of Object.entries(pictures)) {
		const path = `scripts/pictures/${name}`;
		await writeFile(path, await picture(wanted, session));
		process.stdout.write(`${path}\n`);
	}
	await execa('vitest', ['run', 'test/view'], {
		preferLocal: true,
		stdio: 'inherit',
		env: {UPDATE_FRAMES: '1', LLMTOP_TEST_SKIP_BUILD: '1'},
	});
}
