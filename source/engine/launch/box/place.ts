/** Another machine over SSH, as a place for servers: the presets of this one, the programs of that one. */

import type {SshConfig} from '../../../config.ts';
import type {SshConnection} from '../../ssh/connection.ts';
import type {Way} from '../../way.ts';
import type {LaunchPlace} from '../place.ts';
import {boxMachine} from './machine.ts';
import {boxPorts} from './ports.ts';
import {boxPrograms} from './programs.ts';
import {BoxQuestions} from './questions.ts';
import {startOnBox} from './server.ts';

/** What a start needs of a box. */
export interface ServerBox extends Way {
	/** As the person named it. */
	readonly name: string;
	readonly connection: SshConnection;
	readonly way: SshConfig['way'];
}

export interface BoxPlaceOptions {
	readonly box: ServerBox;
	/** How long a server outlives a lost connection, ms. */
	readonly orphanTimeoutMs: number;
	/** Ends all questions to the box. */
	readonly signal: AbortSignal;
}

/** Asks the box what a server inherits there. Rejects with an `ExpectedError`, exit 3, when it runs no commands. */
export async function boxPlace({box, orphanTimeoutMs, signal}: BoxPlaceOptions): Promise<LaunchPlace> {
	const {name, connection} = box;
	const questions = new BoxQuestions(connection, signal);
	const {environment, memoryBytes} = await boxMachine(questions);
	// Asked also when the start is over: whether its port is free.
	const ports = boxPorts(new BoxQuestions(connection, new AbortController().signal));
	return {
		name,
		where: ` on ${name}`,
		inherited: environment,
		way: box,
		programs: boxPrograms({name, path: environment.PATH, questions}),
		ports: boxPorts(questions),
		start: (order, ending) => startOnBox(order, {connection, ports, orphanTimeoutMs, signal: ending}),
		...(memoryBytes === undefined ? {} : {memoryBytes}),
	};
}
