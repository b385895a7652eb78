/**
 * The lines of a journal, each one JSON object. A journal is private to one version of llmtop and lives as long as one
 * session, so its format is written down here and not in a published schema. What is not known is not there.
 */

import type {LevelEnd, LevelStart, LevelTick} from '../metrics/level-tick.ts';
import type {Mark, Session, StartedServer} from '../snapshot.ts';
import {decodePlain, Mismatch} from './decode.ts';
import {type Schema, type Shape, shapeOf} from './shape.ts';

/** What is known of a session when it begins. */
export type SessionHead = Pick<
	Session,
	'formatVersion' | 'llmtop' | 'startedAt' | 'host' | 'config' | 'labels' | 'target'
>;

export type JournalLine =
	| ({readonly type: 'session'} & SessionHead)
	| {readonly type: 'level-start'; readonly index: number; readonly start: LevelStart}
	| {readonly type: 'tick'; readonly level: number; readonly tick: WrittenTick}
	| {readonly type: 'level-end'; readonly level: number; readonly end: LevelEnd}
	| {readonly type: 'note'; readonly text: string}
	| ({readonly type: 'mark'} & Mark)
	/** The server was started; once for each start. */
	| {readonly type: 'started'; readonly server: StartedServer}
	/** What GPUs there are. */
	| {readonly type: 'gpus'; readonly gpus: NonNullable<Session['gpus']>}
	/** The last line: the session went to its end. */
	| {readonly type: 'end'; readonly partial: boolean};

/** A tick as it is written: its many numbers as base64 of little-endian 64-bit floats, 20 times quicker than decimals. */
export type WrittenTick = Omit<LevelTick, 'ledger' | 'firstTokens'> & {
	readonly ledger: string;
	readonly firstTokens?: string;
};

export function writtenTick({ledger, firstTokens, ...tick}: LevelTick): WrittenTick {
	return {
		...tick,
		ledger: numbersText(ledger),
		...(firstTokens === undefined ? {} : {firstTokens: numbersText(firstTokens)}),
	};
}

/** The inverse. Throws `Mismatch` (decode.ts) when its numbers are not such a text, or not all finite. */
export function readTick({ledger, firstTokens, ...tick}: WrittenTick): LevelTick {
	return {
		...tick,
		ledger: numbersOf(ledger),
		...(firstTokens === undefined ? {} : {firstTokens: numbersOf(firstTokens)}),
	};
}

function numbersText(numbers: Float64Array): string {
	const bytes = new DataView(new ArrayBuffer(numbers.length * 8));
	for (let place = 0; place < numbers.length; place++) bytes.setFloat64(place * 8, numbers[place] ?? 0, true);
	return Buffer.from(bytes.buffer).toString('base64');
}

function numbersOf(text: string): Float64Array<ArrayBuffer> {
	const bytes = Buffer.from(text, 'base64');
	if (bytes.length % 8 !== 0 || bytes.toString('base64') !== text) throw new Mismatch('these are not numbers');
	const numbers = Float64Array.from({length: bytes.length / 8}, (_, place) => bytes.readDoubleLE(place * 8));
	if (!numbers.every(Number.isFinite)) throw new Mismatch('one of the numbers is not finite');
	return numbers;
}

/** Checks a line. Throws `Mismatch` (decode.ts). */
export function decodeLine(value: unknown): JournalLine {
	const {type} = decodePlain<{type: JournalLine['type']}>(shapes().type, value);
	return decodePlain<JournalLine>(shapes()[type], value);
}

const number: Schema = {type: 'number'};
const optionalNumber: Schema = {type: ['number', 'null']};
const boolean: Schema = {type: 'boolean'};
const optionalText: Schema = {type: ['string', 'null']};
const count: Schema = {type: 'integer', minimum: 0};

/** Far above the cores of any machine; a damaged number must not make room for a billion threads. */
const mostWorkers = 4096;

/** All members are named as required: `decodePlain` lets the nullable ones be missing. */
function object<Properties extends Readonly<Record<string, Schema>>>(
	properties: Properties,
): Omit<Schema, 'properties'> & {readonly properties: Properties} {
	return {type: 'object', required: Object.keys(properties), properties};
}

/** The schemas of the parts of lines that session-1.json does not have. */
export const lineSchemas = {
	start: object({
		mode: {type: 'string', enum: ['closed', 'burst', 'open']},
		concurrency: optionalNumber,
		rate: optionalNumber,
		repeat: count,
		setting: optionalText,
		startedAtMs: number,
		requestsAsked: optionalNumber,
		durationMs: optionalNumber,
		workers: {type: 'integer', minimum: 1, maximum: mostWorkers},
		exactLength: boolean,
		exactLengthHow: optionalText,
		uniquePrompts: boolean,
		connectMs: optionalNumber,
		slo: object({ttftMs: optionalNumber, tpotMs: optionalNumber, e2eMs: optionalNumber}),
	}),
	tick: object({
		worker: count,
		atMs: number,
		records: {type: 'array', items: {$ref: '#/definitions/record'}},
		gapUs: optionalText,
		itlUs: optionalText,
		ledger: {type: 'string'},
		firstTokens: optionalText,
		openExact: {type: ['boolean', 'null']},
		events: count,
		sharedReadEvents: count,
		dropped: count,
		reconnects: count,
		cpuUserMs: optionalNumber,
		cpuSystemMs: optionalNumber,
		loopDelayP99Ms: optionalNumber,
		receivedBytes: {type: ['integer', 'null'], minimum: 0},
	}),
	end: object({
		partial: boolean,
		prefixCache: {anyOf: [object({queries: number, hits: number}), {type: 'null'}]},
		concurrencyChanges: {type: 'array', items: object({atMs: number, concurrency: count})},
		rssBytes: optionalNumber,
		counters: {anyOf: [{$ref: '#/definitions/levelCounters'}, {type: 'null'}]},
		gpu: {anyOf: [{$ref: '#/definitions/levelGpu'}, {type: 'null'}]},
		path: {anyOf: [{$ref: '#/definitions/levelPath'}, {type: 'null'}]},
	}),
};

type Shapes = Readonly<Record<JournalLine['type'] | 'type', Shape>>;
let known: Shapes | undefined;

function shapes(): Shapes {
	const type: Schema = {
		type: 'string',
		enum: ['session', 'level-start', 'tick', 'level-end', 'note', 'mark', 'started', 'gpus', 'end'],
	};
	known ??= {
		type: shapeOf(object({type})),
		session: shapeOf(
			object({
				type,
				formatVersion: {type: 'integer', const: 1},
				llmtop: object({version: {type: 'string'}}),
				startedAt: {type: 'string'},
				host: {$ref: '#/definitions/host'},
				config: {type: 'object'},
				labels: {type: 'object', additionalProperties: {type: 'string'}},
				target: {$ref: '#/definitions/target'},
			}),
		),
		'level-start': shapeOf(object({type, index: count, start: lineSchemas.start})),
		tick: shapeOf(object({type, level: count, tick: lineSchemas.tick})),
		'level-end': shapeOf(object({type, level: count, end: lineSchemas.end})),
		note: shapeOf(object({type, text: {type: 'string'}})),
		mark: shapeOf(object({type, atMs: number, text: {type: 'string'}})),
		started: shapeOf(object({type, server: {$ref: '#/definitions/startedServer'}})),
		gpus: shapeOf(object({type, gpus: {$ref: '#/definitions/gpus'}})),
		end: shapeOf(object({type, partial: boolean})),
	};
	return known;
}
