/**
 * Numbers and outside text as people read them: the same in the view, the progress lines and the reports.
 * A missing number is `-`.
 */

/** What stands where a number is not known. */
export const missing = '-';

/** Whole number with thousands separators: `1,512`. */
export function integer(value: number | undefined): string {
	if (value === undefined || !Number.isFinite(value)) return missing;
	return formatter(0).format(Math.round(value));
}

/** A fixed number of decimals, thousands separated: `1,512.30`. */
export function decimal(value: number | undefined, digits: number): string {
	if (value === undefined || !Number.isFinite(value)) return missing;
	return formatter(digits).format(value);
}

const formatters = new Map<number, Intl.NumberFormat>();

/** Formatters are kept: `toLocaleString` makes a new one at each call, which was a third of the cost of a frame. */
function formatter(digits: number): Intl.NumberFormat {
	let known = formatters.get(digits);
	if (known === undefined) {
		known = new Intl.NumberFormat('en-US', {
			minimumFractionDigits: digits,
			maximumFractionDigits: digits,
			// Never -0.00.
			signDisplay: 'negative',
		});
		formatters.set(digits, known);
	}
	return known;
}

/** Three to four significant digits, whatever the size: `0.31`, `47.2`, `142`, `1,512`. */
export function compact(value: number | undefined): string {
	if (value === undefined || !Number.isFinite(value)) return missing;
	const size = Math.abs(value);
	if (size >= 100) return integer(value);
	return decimal(value, size >= 10 ? 1 : 2);
}

/** A share as a percentage without decimals: 0.613 is `61%`. */
export function percent(ratio: number | undefined): string {
	if (ratio === undefined || !Number.isFinite(ratio)) return missing;
	return `${Math.round(ratio * 100)}%`;
}

/** A length of time as a clock: 41,000 ms is `0:41`, 3,723,000 ms is `1:02:03`. */
export function clockTime(ms: number | undefined): string {
	if (ms === undefined || !Number.isFinite(ms)) return missing;
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const two = (value: number) => String(value).padStart(2, '0');
	const hours = Math.floor(seconds / 3600);
	const minutes = Math.floor(seconds / 60) % 60;
	return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Bytes in binary units: `45.2 GiB`. */
export function bytes(value: number | undefined): string {
	if (value === undefined || !Number.isFinite(value)) return missing;
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
	let size = value;
	let unit = 0;
	while (size >= 1024 && unit < units.length - 1) {
		size /= 1024;
		unit += 1;
	}
	return `${unit === 0 ? String(size) : decimal(size, 1)} ${units[unit] ?? ''}`;
}

/** Text from outside (model names, errors, output) without anything that a terminal would obey; runs of blanks and
 * line ends become one space. */
export function plainText(text: string): string {
	return text
		.replace(/\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b./g, '')
		.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/g, ' ')
		.replace(/\s+/g, ' ')
		.trim();
}
