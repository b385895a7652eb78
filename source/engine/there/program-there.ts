/**
 * This program's one file, and files for it, in a folder of their own on another machine. What comes over is packed, and
 * checked there by its hash; a copy that was kept is used again when it still has that hash.
 */

import {createHash, randomBytes} from 'node:crypto';
import {gzipSync} from 'node:zlib';
import {ExpectedError, exitCode} from '../../errors.ts';
import type {SshConnection} from '../ssh/connection.ts';
import {LineSplitter} from '../ssh/line-splitter.ts';
import {isObject} from './patch.ts';
import {receiverScript} from './receiver-script.ts';

/** A file that goes with the program: prompts, a preset. */
export interface FileForThere {
	/** In the folder there. */
	readonly name: string;
	readonly content: Uint8Array;
}

export interface PlaceOptions {
	readonly connection: Pick<SshConnection, 'name' | 'output' | 'talk'>;
	/** Path of Node there. */
	readonly node: string;
	/** Content of the one file. */
	readonly program: Uint8Array;
	readonly files: readonly FileForThere[];
	/** Leave the program there for the next time. */
	readonly keep: boolean;
	/** So many bytes have to be sent. */
	readonly onSend: (bytes: number) => void;
	/** Ends it. */
	readonly signal: AbortSignal;
}

export interface ProgramThere {
	/** Path of the program's file there. */
	readonly file: string;
	/** The folder there that it and the files are in: of this run alone. */
	readonly folder: string;
	/** What whoever takes it away removes: `JobOrder.removes` and `JobOrder.removesEmpty`. */
	readonly removes: readonly string[];
	readonly removesEmpty: readonly string[];
	/** Somebody else takes the folder away from now on, whatever becomes of us. */
	handOver(): void;
	/** Takes away what is still there of it; a copy that is kept stays. Never rejects. */
	remove(): Promise<void>;
}

const programName = 'llmtop.mjs';

/**
 * Rejects with an `ExpectedError`, exit 3: there is no place for it there, what arrived is damaged, the connection was
 * lost; with the signal's reason when that aborts. Nothing is left there then.
 */
export async function placeProgram(options: PlaceOptions): Promise<ProgramThere> {
	const {connection, node, program, files, keep, onSend, signal} = options;
	signal.throwIfAborted();
	const hash = createHash('sha256').update(program).digest('hex');
	const order = JSON.stringify({hash, id: randomBytes(8).toString('hex'), keep});
	const talk = connection.talk('exec "$@"', [node, '-e', receiverScript, order]);
	const abort = () => void talk.close();
	signal.addEventListener('abort', abort, {once: true});
	try {
		const answers = answersOf(talk.texts);
		const first = await answers.next();
		if (first.done === true) throw await noAnswer(options, talk);
		const isKept = isObject(first.value) && first.value.kept === true;
		const packed = [...(isKept ? [] : [program]), ...files.map(({content}) => content)].map((bytes) => gzipSync(bytes));
		const body = Buffer.concat(packed);
		if (body.length > 0) onSend(body.length);
		const lengths = packed.map(({length}) => length);
		const head = {
			program: isKept ? 0 : lengths.shift(),
			files: files.map(({name}, place) => ({name, bytes: lengths[place]})),
			sha256: createHash('sha256').update(body).digest('hex'),
		};
		talk.send(`${JSON.stringify(head)}\n`);
		talk.send(body);
		const second = await answers.next();
		if (second.done === true) throw await noAnswer(options, talk);
		const {folder, base, made, isNew} = isObject(second.value) ? second.value : {};
		if (typeof folder !== 'string' || typeof base !== 'string') throw noPlace(options, second.value);
		const folders = [base, ...(Array.isArray(made) ? made.map(String) : [])];
		const kept = `${base}/llmtop-${hash.slice(0, 32)}.mjs`;
		// The program there keeps what vLLM says of itself, for its next run (launch/installed-cache.ts).
		const said = isNew === true && !keep ? [`${base}/engines.json`] : [];
		return {
			file: `${folder}/${programName}`,
			folder,
			removes: [folder, ...said],
			removesEmpty: folders,
			handOver: () => talk.send('\n'),
			async remove() {
				await talk.close();
				const own = [folder, ...said, ...(keep ? [] : [kept])];
				await connection.output(removal, [String(own.length), ...own, ...folders]);
			},
		};
	} catch (error) {
		await talk.close();
		signal.throwIfAborted();
		throw error;
	} finally {
		signal.removeEventListener('abort', abort);
	}
}

/**
 * Arguments: how many of the next ones are removed whatever is in them (the folder of the run; the kept copy, and what
 * engines said of themselves, unless they are to stay), and then folders that were made for it, which are removed if
 * nothing is in them. Some may be gone already, by whoever looked after the load.
 */
const removal = `count=$1
shift
while [ "$count" -gt 0 ]; do
	rm -rf -- "$1"
	shift
	count=$((count - 1))
done
for folder in "$@"; do
	if [ -d "$folder" ]; then rmdir -- "$folder" 2>/dev/null || exit 0; fi
done`;

/** What it says, line by line; lines that are no JSON are somebody else's. */
async function* answersOf(texts: AsyncIterable<string>): AsyncGenerator<unknown, undefined> {
	const lines = new LineSplitter();
	for await (const text of texts) {
		for (const line of lines.take(text)) {
			try {
				yield JSON.parse(Buffer.from(line, 'latin1').toString());
			} catch (error) {
				if (!(error instanceof SyntaxError)) throw error;
			}
		}
	}
	return undefined;
}

async function noAnswer(
	{connection, signal}: PlaceOptions,
	talk: ReturnType<PlaceOptions['connection']['talk']>,
): Promise<unknown> {
	const {stderr} = await talk.ended;
	if (signal.aborted) return signal.reason;
	const why = stderr.trim().split('\n').at(-1) ?? '';
	return new ExpectedError(
		`llmtop could not be copied to ${connection.name}: ${why === '' ? 'the connection was lost' : why}.`,
		{exitCode: exitCode.unreachable},
	);
}

/** Names of errors of the operating system, for a person. */
const troubleWords: Readonly<Record<string, string>> = {
	EROFS: 'read-only',
	EACCES: 'no permission',
	EPERM: 'no permission',
	ENOSPC: 'no space left',
	EDQUOT: 'the quota is used up',
	ENOTDIR: 'a file is in its way',
	EEXIST: 'a file is in its way',
};

function noPlace({connection}: PlaceOptions, told: unknown): ExpectedError {
	const lines = isObject(told) && Array.isArray(told.troubles) ? told.troubles.map(String) : [];
	const troubles = lines.map((text) => text.replace(/(?<=: )E[A-Z]+$/, (code) => troubleWords[code] ?? code));
	return new ExpectedError(`${connection.name} has no place for llmtop: ${troubles.join('; ')}.`, {
		exitCode: exitCode.unreachable,
		advice: 'Name a folder that can be written with XDG_CACHE_HOME or TMPDIR there, or leave --load-there out.',
	});
}
