/** JSON as the tools write it: warnings before it, numbers as texts, numbers with a unit beside them. */

import {isRecord} from '../../servers/json-access.ts';
import {smiNumber} from './smi-value.ts';

/** Lines that could be the beginning of the value and are not. */
const mostTries = 20;

/** The first JSON object or list that begins a line and reaches to the end; `undefined` when there is none. */
export function toolJson(text: string): unknown {
	for (const {index} of [...text.matchAll(/^\s*[[{]/gm)].slice(0, mostTries)) {
		try {
			return JSON.parse(text.slice(index));
		} catch {
			// A warning in brackets.
		}
	}
	return undefined;
}

/** `35`, `"35.0"`, `"35 W"` or `{"value": 35, "unit": "W"}`; `undefined` for `"N/A"` and the like. */
export function toolNumber(value: unknown): number | undefined {
	if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined;
	if (typeof value === 'string') return smiNumber(value);
	return isRecord(value) && 'value' in value && !isRecord(value.value) ? toolNumber(value.value) : undefined;
}

const factors: Readonly<Record<string, number>> = {B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30};

/** A size in bytes. The tools say MB and mean MiB; one without a unit is in MiB too. */
export function toolBytes(value: unknown): number | undefined {
	const size = toolNumber(value);
	const unit = isRecord(value) && typeof value.unit === 'string' ? value.unit : 'MB';
	const factor = factors[unit.toUpperCase()];
	return size === undefined || factor === undefined ? undefined : size * factor;
}

/** 0 to 100 as a share; `undefined` beyond. */
export function toolShare(value: unknown): number | undefined {
	const percent = toolNumber(value);
	return percent === undefined || percent > 100 ? undefined : percent / 100;
}
