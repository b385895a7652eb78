/**
 * What two programs of this kind say to each other, a line each, when one has started the other on another machine: here
 * is where somebody looks, there is where the load runs. Orders go there on its standard input; what is known comes back
 * on its standard output.
 */

import type {HostFacts} from '../../snapshot.ts';
import {isObject} from './patch.ts';

/** What a load there is asked to do. */
export type Order =
	/** The first one. `argv`: the command line after the program's name, which nobody else there can read so. */
	| {
			readonly order: 'begin';
			readonly argv: readonly string[];
			/** Somebody here can say when it is enough, and sees the streams. */
			readonly isFollowed: boolean;
			/** Between two snapshots, ms. */
			readonly everyMs: number;
	  }
	/** A snapshot has arrived: another may come. */
	| {readonly order: 'seen'}
	| {readonly order: 'stop' | 'stopLoad' | 'startLoad' | 'nextLevel' | 'stopServer'}
	| {readonly order: 'setConcurrency'; readonly streams: number}
	/** Absent: none is looked at. */
	| {readonly order: 'watchStream'; readonly stream?: number}
	/** The session as it is now is to come as a document with this number, from 1. */
	| {readonly order: 'save'; readonly document: number};

/** What it tells. A document (a session) comes packed with gzip, in parts; documents do not overlap. */
export type Told =
	| {readonly tells: 'hello'; readonly version: string; readonly host: HostFacts}
	/** See snapshot-frames.ts. */
	| {readonly tells: 'snapshot'; readonly frame: string}
	/** 0: the session at its end; −1: the journal, after a failure; another number: that of the order. */
	| {readonly tells: 'document'; readonly document: number}
	| {readonly tells: 'part'; readonly bytes: Uint8Array}
	| {readonly tells: 'documentEnd'}
	| {readonly tells: 'notSaved'; readonly document: number; readonly failure: Failure}
	/** The last one. */
	| {readonly tells: 'end'; readonly code: number; readonly failure?: Failure};

/** An error that ended it or an order. */
export interface Failure {
	readonly message: string;
	readonly advice?: string;
	readonly exitCode: number;
	/** It is a bug: the message is what a developer needs. */
	readonly isBug: boolean;
}

export const sessionDocument = 0;
export const journalDocument = -1;
/** How many snapshots may be on their way: one arrives while the next is made. */
export const mostUnderWay = 2;
/** Bytes of a part. */
export const partBytes = 24 * 1024;

const snapshotSign = 'S';
const partSign = 'P';

/** Without a line end. */
export function orderLine(order: Order): string {
	return JSON.stringify(order);
}

/** Absent: the line is no order. */
export function orderOf(line: string): Order | undefined {
	const value = parsed(line);
	if (!isObject(value)) return undefined;
	const {order, streams, stream, document} = value;
	switch (order) {
		case 'begin': {
			const {argv, isFollowed, everyMs} = value;
			if (!Array.isArray(argv) || typeof isFollowed !== 'boolean' || typeof everyMs !== 'number') return undefined;
			return {order, argv: argv.map(String), isFollowed, everyMs};
		}
		case 'seen':
		case 'stop':
		case 'stopLoad':
		case 'startLoad':
		case 'nextLevel':
		case 'stopServer':
			return {order};
		case 'setConcurrency':
			return typeof streams === 'number' ? {order, streams} : undefined;
		case 'watchStream':
			return {order, ...(typeof stream === 'number' ? {stream} : {})};
		case 'save':
			return typeof document === 'number' ? {order, document} : undefined;
		default:
			return undefined;
	}
}

/** Without a line end. */
export function toldLine(told: Told): string {
	if (told.tells === 'snapshot') return `${snapshotSign}${told.frame}`;
	if (told.tells === 'part') return `${partSign}${Buffer.from(told.bytes).toString('base64')}`;
	return JSON.stringify(told);
}

/** Absent: the line is none of these. */
export function toldOf(line: string): Told | undefined {
	if (line.startsWith(snapshotSign)) return {tells: 'snapshot', frame: line.slice(snapshotSign.length)};
	if (line.startsWith(partSign)) {
		return {tells: 'part', bytes: Buffer.from(line.slice(partSign.length), 'base64')};
	}
	const value = parsed(line);
	if (!isObject(value)) return undefined;
	const {tells, document} = value;
	const failure = failureOf(value.failure);
	switch (tells) {
		case 'hello': {
			const {version, host} = value;
			return typeof version === 'string' && isHostFacts(host) ? {tells, version, host} : undefined;
		}
		case 'document':
			return typeof document === 'number' ? {tells, document} : undefined;
		case 'documentEnd':
			return {tells};
		case 'notSaved':
			return typeof document === 'number' && failure !== undefined ? {tells, document, failure} : undefined;
		case 'end':
			if (typeof value.code !== 'number') return undefined;
			return {tells, code: value.code, ...(failure === undefined ? {} : {failure})};
		default:
			return undefined;
	}
}

function failureOf(value: unknown): Failure | undefined {
	if (!isObject(value)) return undefined;
	const {message, advice, exitCode, isBug} = value;
	if (typeof message !== 'string' || typeof exitCode !== 'number' || typeof isBug !== 'boolean') return undefined;
	return {message, exitCode, isBug, ...(typeof advice === 'string' ? {advice} : {})};
}

function isHostFacts(value: unknown): value is HostFacts {
	if (!isObject(value)) return false;
	const {hostname, platform, arch, cpuModel, cores, memoryBytes, nodeVersion} = value;
	return (
		[hostname, platform, arch, nodeVersion].every((text) => typeof text === 'string') &&
		[cores, memoryBytes].every((number) => typeof number === 'number') &&
		(cpuModel === undefined || typeof cpuModel === 'string')
	);
}

function parsed(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return undefined;
	}
}
