/**
 * The Prometheus text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/), and of OpenMetrics
 * what servers send: `# EOF`, `# UNIT`, exemplars, quoted names. Never throws: a line that cannot be read is counted
 * and left out, and so is a last line without its line feed, which may have been cut off in the middle of a number.
 */

import {readLabels, skipBlanks} from './prometheus-labels.ts';

export type Labels = ReadonlyMap<string, string>;

/** One value of a page. */
export interface Sample {
	readonly labels: Labels;
	/** NaN and the infinities included. */
	readonly value: number;
	/** As sent: ms in Prometheus's format, s in OpenMetrics. */
	readonly timestamp?: number;
	readonly exemplar?: Exemplar;
}
interface Exemplar {
	readonly labels: Labels;
	readonly value: number;
	/** s */
	readonly timestamp?: number;
}

const metricTypes = [
	'counter',
	'gauge',
	'histogram',
	'gaugehistogram',
	'summary',
	'info',
	'stateset',
	'untyped',
	'unknown',
] as const;
type MetricType = (typeof metricTypes)[number];

/** What a page says of a family in its comments. */
interface FamilyHead {
	readonly type?: MetricType;
	readonly help?: string;
	readonly unit?: string;
}

/** A page of metrics. */
export interface Exposition {
	/** By the full name that stands on the line (`x_bucket`, `x_total`), in the order of the page. */
	readonly samples: ReadonlyMap<string, readonly Sample[]>;
	/** By the family's name. */
	readonly heads: ReadonlyMap<string, FamilyHead>;
	/** Lines that could not be read. */
	readonly badLines: number;
	/** OpenMetrics's end of a page was there. */
	readonly ended: boolean;
}

const carriageReturn = 13;
const hash = 35;
const openBrace = 123;

/** Reads a page; about 0.8 ms for the 57 kB of vLLM 0.32. */
export function parseMetrics(page: string): Exposition {
	const samples = new Map<string, Sample[]>();
	const heads = new Map<string, FamilyHead>();
	let badLines = 0;
	let ended = false;
	for (let start = 0; start < page.length && !ended; ) {
		let end = page.indexOf('\n', start);
		const cut = end === -1;
		if (cut) end = page.length;
		const next = end + 1;
		if (page.charCodeAt(end - 1) === carriageReturn) end--;
		const from = skipBlanks(page, start, end);
		start = next;
		if (from >= end) continue;
		if (page.charCodeAt(from) === hash) {
			const line = page.slice(from, end);
			if (/^#[ \t]*EOF[ \t]*$/.test(line)) ended = true;
			else if (cut || !readComment(line, heads)) badLines++;
		} else if (cut || !readSample(page, from, end, samples)) badLines++;
	}
	return {samples, heads, badLines, ended};
}

const comment = /^#[ \t]*(HELP|TYPE|UNIT)[ \t]+([^ \t]+)(?:[ \t]+(.*))?$/;

/** Takes what a comment says of a family; false for one that says it wrongly. */
function readComment(line: string, heads: Map<string, FamilyHead>): boolean {
	const [, keyword, rawName = '', rest = ''] = comment.exec(line) ?? [];
	if (keyword === undefined) return !/^#[ \t]*(HELP|TYPE|UNIT)([ \t]|$)/.test(line);
	const name = rawName.startsWith('"') && rawName.endsWith('"') ? rawName.slice(1, -1) : rawName;
	const known = heads.get(name) ?? {};
	if (keyword === 'HELP') heads.set(name, {...known, help: rest.replace(/\\(["\\n])/g, unescaped)});
	else if (keyword === 'UNIT') heads.set(name, {...known, unit: rest.trim()});
	else {
		const type = metricTypes.find((one) => one === rest.trim());
		if (type === undefined) return false;
		heads.set(name, {...known, type});
	}
	return true;
}

function unescaped(_: string, character: string): string {
	return character === 'n' ? '\n' : character;
}

/** Takes `name{labels} value timestamp # {labels} value timestamp`; false when it is none. */
function readSample(page: string, start: number, end: number, samples: Map<string, Sample[]>): boolean {
	let at = nameEnd(page, start, end);
	let name = page.slice(start, at);
	at = skipBlanks(page, at, end);
	let labels: Labels = noLabels;
	if (page.charCodeAt(at) === openBrace && at < end) {
		const read = readLabels(page, at, end);
		if (read === undefined || (name !== '' && read.name !== undefined)) return false;
		labels = read.labels;
		name = read.name ?? name;
		at = skipBlanks(page, read.end, end);
	}
	if (name === '') return false;
	const valueEnd = wordEnd(page, at, end);
	const value = readNumber(page.slice(at, valueEnd));
	if (value === undefined) return false;
	at = skipBlanks(page, valueEnd, end);
	const sample = at >= end ? {labels, value} : readRest(page, at, end, {labels, value});
	if (sample === undefined) return false;
	const others = samples.get(name);
	if (others === undefined) samples.set(name, [sample]);
	else others.push(sample);
	return true;
}

const noLabels: Labels = new Map();

/** What may stand behind a value: a time stamp, an exemplar. */
function readRest(page: string, start: number, end: number, sample: Sample): Sample | undefined {
	const stamped = readStamp(page, start, end);
	if (stamped === undefined) return undefined;
	const whole = stamped.timestamp === undefined ? sample : {...sample, timestamp: stamped.timestamp};
	if (stamped.end >= end) return whole;
	const read = readLabels(page, skipBlanks(page, stamped.end + 1, end), end);
	if (read === undefined || read.name !== undefined) return undefined;
	const at = skipBlanks(page, read.end, end);
	const valueEnd = wordEnd(page, at, end);
	const value = readNumber(page.slice(at, valueEnd));
	const tail = readStamp(page, skipBlanks(page, valueEnd, end), end);
	if (value === undefined || tail === undefined || tail.end < end) return undefined;
	const {timestamp} = tail;
	return {...whole, exemplar: {labels: read.labels, value, ...(timestamp === undefined ? {} : {timestamp})}};
}

/** A time stamp, if there is one before the end of the line or the `#` of an exemplar. */
function readStamp(page: string, start: number, end: number): {timestamp?: number; end: number} | undefined {
	if (start >= end || page.charCodeAt(start) === hash) return {end: start};
	const stop = wordEnd(page, start, end);
	const timestamp = readNumber(page.slice(start, stop));
	const after = skipBlanks(page, stop, end);
	if (timestamp === undefined || (after < end && page.charCodeAt(after) !== hash)) return undefined;
	return {timestamp, end: after};
}

/** Where a name ends that begins here: `[a-zA-Z_:][a-zA-Z0-9_:]*`. */
function nameEnd(page: string, start: number, end: number): number {
	let at = start;
	for (; at < end; at++) {
		const code = page.charCodeAt(at);
		const letter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === 58;
		if (!letter && !(at > start && code >= 48 && code <= 57)) break;
	}
	return at;
}

function wordEnd(page: string, start: number, end: number): number {
	let at = start;
	for (; at < end; at++) {
		const code = page.charCodeAt(at);
		if (code === 32 || code === 9) break;
	}
	return at;
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const special = new Map([
	['inf', Number.POSITIVE_INFINITY],
	['+inf', Number.POSITIVE_INFINITY],
	['-inf', Number.NEGATIVE_INFINITY],
	['infinity', Number.POSITIVE_INFINITY],
	['+infinity', Number.POSITIVE_INFINITY],
	['-infinity', Number.NEGATIVE_INFINITY],
	['nan', Number.NaN],
	['+nan', Number.NaN],
	['-nan', Number.NaN],
]);

/** A number of the format; `undefined` for anything else. */
export function readNumber(word: string): number | undefined {
	return decimal.test(word) ? Number(word) : special.get(word.toLowerCase());
}
