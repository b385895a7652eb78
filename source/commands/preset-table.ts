/** The list of presets as a table. */

import type {InstalledEngine} from '../engine/launch/installed.ts';
import type {ListedPreset} from '../engine/launch/preset-list.ts';
import {plainText} from '../format.ts';
import {widthOf} from '../report/layout.ts';

export interface PresetRow extends ListedPreset {
	/** Absent: none of its programs is on the PATH. */
	readonly installed: InstalledEngine | undefined;
}

/** One line a preset, and below where the person's own go. */
export function presetTable(rows: readonly PresetRow[], folder: string): string {
	const cells = rows.map((row) => [row.preset.id, row.preset.engine, found(row), title(row)].map(plainText));
	const all = [['PRESET', 'ENGINE', 'HERE', 'TITLE'], ...cells];
	const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
	const lines = all.map((row) =>
		row
			.map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))))
			.join('  ')
			.trimEnd(),
	);
	const how = 'llmtop presets ID shows what it runs here; llmtop --preset ID starts it, loads it and stops it.';
	return `${[...lines, '', how, `Your own go into ${plainText(folder)} as ID.json.`].join('\n')}\n`;
}

/** What is known without asking: only starting the program would tell more. */
function found({preset, installed}: PresetRow): string {
	if (installed === undefined) return 'no';
	if (installed.version !== undefined) return installed.version;
	// The program runs any Python module: whether it has this one is not known yet.
	return preset.argv[0] === '-m' ? 'not asked' : 'yes';
}

function title({preset, file, replaces}: PresetRow): string {
	if (file === undefined) return preset.title;
	return `${preset.title} (yours${replaces ? ', in place of the shipped one' : ''})`;
}
