/**
 * The fields that nvidia-smi is asked for. A driver that does not know one refuses the whole question, so the fields
 * are learned from its refusals: each costs one process, once, and most drivers know all.
 */

/** Known to the drivers of the last ten years. The name comes last, because it alone could hold a comma. */
const core = ['index', 'uuid', 'utilization.gpu', 'memory.used', 'memory.total', 'temperature.gpu', 'power.draw'];

const extra = [
	'enforced.power.limit',
	'clocks.sm',
	'pstate',
	'mig.mode.current',
	// The old name: drivers from 535 on take it for `clocks_event_reasons.active`, older ones know only it.
	'clocks_throttle_reasons.active',
	// To be removed after driver 610, which has `kmd_version` for it.
	'driver_version',
];

/** What a field that is refused is called elsewhere. */
const successors: Readonly<Record<string, string>> = {
	'clocks_throttle_reasons.active': 'clocks_event_reasons.active',
	driver_version: 'kmd_version',
};

/** The name under which a value is looked for, whatever the driver calls it. */
const firstNames: Readonly<Record<string, string>> = Object.fromEntries(
	Object.entries(successors).map(([first, later]) => [later, first]),
);

export const allFields: readonly string[] = [...core, ...extra, 'name'];

/** The field that a refusal names; `undefined` when the text is none. It comes on standard output. */
export function refusedField(text: string): string | undefined {
	return /Field "([^"]+)" is not a valid field to query/.exec(text)?.[1];
}

/** The fields without one that was refused, or with what it is called elsewhere; `undefined` when it cannot be done without. */
export function withoutField(fields: readonly string[], refused: string): readonly string[] | undefined {
	if (!fields.includes(refused) || refused === 'index' || refused === 'name') return undefined;
	const successor = successors[refused];
	return fields.flatMap((field) => (field === refused ? (successor ?? []) : field));
}

/**
 * One row as name and text, under the names of `allFields`; `undefined` when the line is no row of these fields (an
 * error message, an empty line).
 */
export function rowValues(fields: readonly string[], line: string): Readonly<Record<string, string>> | undefined {
	const cells = line.split(',');
	if (cells.length < fields.length || !/^\s*\d+\s*$/.test(cells[0] ?? '')) return undefined;
	const last = fields.length - 1;
	const texts = [...cells.slice(0, last), cells.slice(last).join(',')];
	return Object.fromEntries(fields.map((field, place) => [firstNames[field] ?? field, (texts[place] ?? '').trim()]));
}
