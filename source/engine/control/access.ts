/** How we come to a server: the person's headers, the key and the certificates, as given for all of them. */

import {readFile} from 'node:fs/promises';
import type {TargetConfig} from '../../config.ts';
import {usageError} from '../../errors.ts';
import type {Way} from '../way.ts';
import {type ApiKey, readApiKey} from './key.ts';
import {createProbe, type DetailedProbe} from './probe.ts';

export type AccessConfig = Pick<TargetConfig, 'apiKeyEnv' | 'headers' | 'insecure' | 'caCertFile'>;

export interface Access {
	/** Absent when no variable holds one. */
	readonly key?: ApiKey;
	/** The person's headers and the key. */
	readonly headers: readonly (readonly [string, string])[];
	readonly insecure: boolean;
	/** The certificate authority's own text. */
	readonly caCert?: string;
	/** The control plane to the server at a base URL; whoever asks for it closes it. `timeoutMs`: see `ProbeOptions`. */
	readonly connect: (url: string, timeoutMs?: number) => DetailedProbe;
}

/**
 * `way` is how connections get there; absent: to the address itself. Rejects with an `ExpectedError`, exit 2, when the
 * named variable or file holds nothing.
 */
export async function readAccess(config: AccessConfig, environment: NodeJS.ProcessEnv, way?: Way): Promise<Access> {
	const {insecure, caCertFile} = config;
	const key = readApiKey(config.apiKeyEnv, environment);
	const certificate = caCertFile === undefined ? {} : {caCert: await readCertificate(caCertFile)};
	const headers: (readonly [string, string])[] = [...config.headers];
	if (key !== undefined) headers.push(['authorization', `Bearer ${key.value}`]);
	return {
		...(key === undefined ? {} : {key}),
		headers,
		insecure,
		...certificate,
		connect: (url, timeoutMs) =>
			createProbe({
				url,
				headers,
				insecure,
				...certificate,
				...(timeoutMs === undefined ? {} : {timeoutMs}),
				...(way === undefined ? {} : {way}),
			}),
	};
}

async function readCertificate(file: string): Promise<string> {
	try {
		return await readFile(file, 'utf8');
	} catch (error) {
		throw usageError(
			`The certificate file ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
		);
	}
}
