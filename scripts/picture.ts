/**
 * `npm run picture`: the README's picture, taken from the real program. Runs `llmtop demo` on a real terminal of
 * 120 × 36 cells, lets it run for twenty seconds, draws what is on the screen, and leaves with q.
 * `npm run picture -- FILE WORDS…` does the same with `llmtop WORDS…`, as `--ssh me@gpu-box`.
 */

import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {spawn} from '@lydell/node-pty';
import xterm from '@xterm/headless';
import {type Cell, screenSvg} from './screen-svg.ts';

export const picturePath = 'scripts/pictures/live-view.svg';

const size = {cols: 120, rows: 36} as const;
/** From the live view to the picture, ms. */
const shownMs = 20_000;
/** So long without a byte and the frame is whole: frames are 250 ms apart, the parts of one less than a few ms, ms. */
const quietMs = 40;
/** Longest wait for each thing that must happen, ms. */
const patienceMs = 20_000;

/** The chips of what is live. */
const isLive = / (?:LIVE|WATCHING) /;

/** Runs the program and returns the picture. Rejects when it does not come to the live view or does not leave with 0. */
export async function takePicture(program: string, words: readonly string[]): Promise<string> {
	const state = await mkdtemp(join(tmpdir(), 'llmtop-picture-'));
	const terminal = new xterm.Terminal({...size, allowProposedApi: true});
	const {CI: _ci, SSH_CONNECTION: _ssh, NO_COLOR: _noColor, FORCE_COLOR: _color, ...environment} = process.env;
	const child = spawn(process.execPath, [program, ...words], {
		...size,
		name: 'xterm-256color',
		env: {...environment, TERM: 'xterm-256color', XDG_STATE_HOME: state},
	});
	let newestByteAt = performance.now();
	let exitCode: number | undefined;
	child.onData((data) => {
		newestByteAt = performance.now();
		terminal.write(data);
	});
	child.onExit((exit) => {
		exitCode = exit.exitCode;
	});
	const until = async (what: string, condition: () => boolean) => {
		const end = performance.now() + patienceMs;
		while (!condition()) {
			if (performance.now() > end) throw new Error(`${what} never came; the screen is\n${screenText(terminal)}`);
			await wait(10);
		}
	};
	try {
		await until('the live view', () => isLive.test(screenText(terminal)));
		await wait(shownMs);
		await until('a whole frame', () => performance.now() - newestByteAt > quietMs);
		const text = screenText(terminal);
		if (exitCode !== undefined || !isLive.test(text)) throw new Error(`llmtop ended by itself:\n${text}`);
		const picture = screenSvg(screenCells(terminal), {
			title: `llmtop ${words.join(' ')}: the live view after twenty seconds`,
		});
		child.write('q');
		await until('the end', () => exitCode !== undefined);
		if (exitCode !== 0) throw new Error(`llmtop ended with exit code ${exitCode}:\n${screenText(terminal)}`);
		return picture;
	} finally {
		if (exitCode === undefined) child.kill();
		terminal.dispose();
		await rm(state, {recursive: true, force: true});
	}
}

function screenText(terminal: xterm.Terminal): string {
	const {active} = terminal.buffer;
	return Array.from({length: terminal.rows}, (_, row) =>
		(active.getLine(active.viewportY + row)?.translateToString(true) ?? '').trimEnd(),
	).join('\n');
}

/** What a terminal shows, cell by cell. */
export function screenCells(terminal: xterm.Terminal): Cell[][] {
	const {active} = terminal.buffer;
	return Array.from({length: terminal.rows}, (_, row) => {
		const line = active.getLine(active.viewportY + row);
		return Array.from({length: terminal.cols}, (_, column) => {
			const cell = line?.getCell(column);
			if (cell === undefined) throw new Error(`the terminal has no cell ${column} in line ${row}`);
			return {
				sign: cell.getWidth() === 0 ? '' : cell.getChars() || ' ',
				style: {
					...(cell.isFgDefault() ? {} : {foreground: indexed(cell.getFgColor(), cell.isFgPalette())}),
					...(cell.isBgDefault() ? {} : {background: indexed(cell.getBgColor(), cell.isBgPalette())}),
					bold: cell.isBold() !== 0,
					dim: cell.isDim() !== 0,
					reverse: cell.isInverse() !== 0,
				},
			};
		});
	});
}

/** The view draws with numbered colours (source/view/theme.ts); another one would be a mistake in it. */
function indexed(color: number, fromPalette: boolean): number {
	if (!fromPalette) throw new Error(`the view drew with colour ${color.toString(16)}, which has no number`);
	return color;
}

if (import.meta.main) {
	const [file = picturePath, ...words] = process.argv.slice(2);
	await writeFile(file, await takePicture('dist/llmtop.mjs', words.length === 0 ? ['demo'] : words));
	process.stdout.write(`${file}\n`);
}
