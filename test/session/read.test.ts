import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {Ajv} from 'ajv';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import schema from '../../schema/session-1.json' with {type: 'json'};
import {decodeDocument, Mismatch} from '../../source/session/decode.ts';
import {sessionChunks} from '../../source/session/document.ts';
import {writeSession} from '../../source/session/file.ts';
import {readSession} from '../../source/session/read.ts';
import {type Shape, sessionShape} from '../../source/session/shape.ts';
import {DocumentSplitter, NotADocument} from '../../source/session/split.ts';
import type {Session} from '../../source/snapshot.ts';
import {countedSessions} from '../report/counted-sessions.ts';
import {sampleSessions} from '../support/sessions.ts';
import {temporaryFolder} from './folder.ts';

function text(session: Session): string {
	return [...sessionChunks(session)].join('');
}

const anything: Shape = {types: ['null'], members: [], free: true};

/** Any document that the schema allows. */
function documentOf(shape: Shape): fc.Arbitrary<unknown> {
	const {types, minimum = -1e9, maximum = 1e9} = shape;
	if (shape.pattern !== undefined) return fc.constant('2026-11-22T02:30:00Z');
	if (shape.values !== undefined) return fc.constantFrom(...shape.values);
	const choices: fc.Arbitrary<unknown>[] = [];
	if (types.includes('null')) choices.push(fc.constant(null));
	if (types.includes('boolean')) choices.push(fc.boolean());
	if (types.includes('string')) choices.push(fc.string({unit: 'binary'}));
	if (types.includes('integer')) choices.push(fc.integer({min: minimum, max: Math.min(maximum, 2 ** 31)}));
	if (types.includes('number')) {
		choices.push(fc.double({min: minimum, max: maximum, noNaN: true}).map((value) => (value === 0 ? 0 : value)));
	}
	if (types.includes('array')) choices.push(fc.array(documentOf(shape.items ?? anything), {maxLength: 3}));
	if (types.includes('object')) choices.push(objectOf(shape));
	return fc.oneof(...choices);
}

function objectOf(shape: Shape): fc.Arbitrary<unknown> {
	const members = fc.tuple(...shape.members.map((member) => documentOf(member.shape)));
	const name =
		shape.names === undefined ? fc.stringMatching(/^(__proto__|[a-zü€.-]{0,9})$/u) : fc.constantFrom(...shape.names);
	const rest = fc.array(fc.tuple(name, documentOf(shape.rest ?? anything)), {
		maxLength: shape.rest === undefined ? 0 : 3,
	});
	return fc
		.tuple(members, rest)
		.map(([values, more]) =>
			Object.fromEntries([...shape.members.map((member, index) => [member.name, values[index]]), ...more]),
		);
}

describe('a session file that is read', () => {
	for (const [name, make] of Object.entries({...sampleSessions, ...countedSessions})) {
		test(`and written again is the same, byte for byte: ${name}`, async () => {
			const folder = await temporaryFolder();
			await writeSession(join(folder, 'first.json'), make());
			const read = await readSession(join(folder, 'first.json'));
			await writeSession(join(folder, 'second.json'), read);
			expect(await readFile(join(folder, 'second.json'), 'utf8')).toBe(
				await readFile(join(folder, 'first.json'), 'utf8'),
			);
			expect(await readSession(join(folder, 'second.json'))).toEqual(read);
		});
	}

	test('and written again is the same, whatever it holds', async () => {
		const folder = await temporaryFolder();
		const path = join(folder, 'any.json');
		await fc.assert(
			fc.asyncProperty(documentOf(sessionShape()), async (document) => {
				await writeFile(path, JSON.stringify(document));
				const read = await readSession(path);
				await writeSession(path, read);
				const written = await readFile(path, 'utf8');
				const again = await readSession(path);
				expect(text(again)).toBe(written);
				await writeSession(path, again);
				expect(await readSession(path)).toEqual(again);
			}),
			{numRuns: 40},
		);
	});

	test('has no member for what is not known', async () => {
		const path = join(await temporaryFolder(), 'failed.json');
		await writeSession(path, sampleSessions.failed());
		const [level] = (await readSession(path)).levels;
		expect([...(level?.records ?? [])][0]).toEqual([...(sampleSessions.failed().levels[0]?.records ?? [])][0]);
		expect(Object.keys(level?.throughput ?? {})).toEqual(['headline', 'whole']);
	});

	test('may have been laid out again by another program, and may have members of a newer llmtop', async () => {
		const path = join(await temporaryFolder(), 'pretty.json');
		await writeSession(path, sampleSessions.sweep());
		const session = await readSession(path);
		const document = JSON.parse(await readFile(path, 'utf8'));
		document.energy = {joules: [1, {levels: [{records: [1, 2]}]}]};
		document.levels[0].records[0].tailMs = 3;
		await writeFile(path, `\ufeff${JSON.stringify(document, null, 2)}`);
		expect(await readSession(path)).toEqual(session);
	});
});

describe('a file that is not a session', () => {
	const whole = Object(JSON.parse(text(sampleSessions.sweep())));
	const changed = (change: (document: typeof whole) => void): string => {
		const copy = structuredClone(whole);
		change(copy);
		return JSON.stringify(copy);
	};
	const cases: readonly (readonly [what: string, content: string, message: RegExp, advice?: string])[] = [
		['no JSON', 'hello', /FILE is not a session that can be read: it is not valid JSON\./],
		['empty', '', /it is not valid JSON/],
		['cut off', text(sampleSessions.sweep()).slice(0, 5000), /it is not valid JSON/],
		['cut off in its records', text(sampleSessions.sweep()).slice(0, -9000), /it is not valid JSON/],
		['other JSON', '{"results": [1, 2]}', /it has no formatVersion/],
		['a list', '[1, 2]', /it has no formatVersion/],
		[
			'of a newer format',
			changed((document) => {
				document.formatVersion = 2;
			}),
			/it is of format 2, and this llmtop knows format 1/,
			'Update llmtop to read it.',
		],
		[
			'a journal',
			'{"type":"session","formatVersion":1}\n{"type":"note","text":"x"}\n',
			/FILE is the journal of a session, not the session\./,
			'Rebuild it with: llmtop recover FILE',
		],
		[
			'damaged in a level',
			changed((document) => {
				document.levels[3].ttftMs.p50 = '142 ms';
			}),
			/FILE is not a valid session: at levels\[3\]\.ttftMs\.p50, a text stands where a number or null belongs\./,
		],
		[
			'damaged in a record',
			changed((document) => {
				document.levels[1].records[2].outcome = 'good';
			}),
			/at levels\[1\]\.records\[2\]\.outcome, a value stands there that is not one of: ok, connect/,
		],
		[
			'without a member',
			changed((document) => {
				delete document.levels[0].requests.ok;
			}),
			/at levels\[0\]\.requests\.ok, it is missing\./,
		],
		[
			'without its records',
			changed((document) => {
				document.levels[0].records = {};
			}),
			/at levels\[0\]\.records, an object stands where a list belongs\./,
		],
		[
			'with a label that a terminal would obey',
			text(sampleSessions.empty()).replace('"labels": {}', '"labels": {"\\u001b[31m\\u202e": 1}'),
			/at labels\.\?\[31m\?, a whole number stands where a text belongs\.$/,
		],
		['with a number beyond all numbers', text(sampleSessions.empty()).replace('134217728000', '1e999'), /too large/],
		['nested without end', `${'['.repeat(100_000)}`, /it is nested deeper than 32 brackets/],
		[
			'nested without end in its config',
			text(sampleSessions.empty()).replace('"config": {', `"config": {"deep":${'['.repeat(40)}${']'.repeat(40)},`),
			/nested deeper/,
		],
		[
			'with two lists of levels',
			text(sampleSessions.empty()).replace('\t"levels"', '\t"levels":[],"levels"'),
			/levels twice/,
		],
		[
			'with a comma too many among its records',
			text(sampleSessions.failed()).replace(/\}\n\t\t\t\]/, '},\n\t\t\t]'),
			/not valid JSON/,
		],
	];
	for (const [what, content, message, advice] of cases) {
		test(`is refused with a sentence: ${what}`, async () => {
			const path = join(await temporaryFolder(), 'given.json');
			await writeFile(path, content);
			const error = await readSession(path).catch((caught: unknown) => caught);
			expect(error).toMatchObject({name: 'ExpectedError', exitCode: 2});
			expect(String(Object(error).message).replaceAll(path, 'FILE')).toMatch(message);
			expect(Object(error).advice?.replaceAll(path, 'FILE')).toBe(advice);
		});
	}

	test('is refused with a sentence: a file that is not there, a folder', async () => {
		const folder = await temporaryFolder();
		await expect(readSession(join(folder, 'none.json'))).rejects.toMatchObject({
			exitCode: 2,
			message: `${join(folder, 'none.json')} cannot be read: there is no such file.`,
		});
		await expect(readSession(folder)).rejects.toMatchObject({
			exitCode: 2,
			message: `${folder} cannot be read: it is a folder.`,
		});
	});
});

describe('our check of a document', () => {
	test('accepts and refuses what ajv accepts and refuses with the same schema', () => {
		const validate = new Ajv({strict: true}).compile(schema);
		const shape = sessionShape();
		const accepted = (document: unknown): boolean => {
			try {
				decodeDocument(shape, document);
				return true;
			} catch (error) {
				if (error instanceof Mismatch) return false;
				throw error;
			}
		};
		const small = countedSessions.tuned();
		const levels = [...small.levels.slice(0, 1), ...sampleSessions.partial().levels].map((level) => ({
			...level,
			records: [...level.records].slice(0, 2),
		}));
		const base = JSON.parse(
			text({...small, levels, repeated: sampleSessions.repeats().repeated, labels: {gpu: 'L40S'}}),
		);
		const value = fc.oneof(
			fc.constantFrom(null, true, 0, -1, 1, 1.5, 2, '', 'ok', 'closed', 'x', [], {}, [null], {
				value: 'ok',
				reason: 'x',
			}),
			fc.constantFrom<unknown>(Number.POSITIVE_INFINITY, 1e300, '2026-11-22T02:30:00Z', 'usage', {ok: 1}, {bad: 1}),
		);
		const change = fc.record({steps: fc.array(fc.nat(), {maxLength: 6}), kind: fc.nat(3), value});
		const counts = {accepted: 0, refused: 0};
		fc.assert(
			fc.property(fc.array(change, {minLength: 1, maxLength: 2}), (changes) => {
				const document = structuredClone(base);
				for (const each of changes) mutate(document, each);
				const ours = accepted(document);
				counts[ours ? 'accepted' : 'refused'] += 1;
				expect(ours).toBe(validate(document));
			}),
			{numRuns: 3000},
		);
		expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(100);
	});
});

/** Goes down into a document by the given steps, and there replaces, removes or adds a member. */
function mutate(document: unknown, change: {steps: readonly number[]; kind: number; value: unknown}): void {
	let holder = Object(document);
	let name = 'levels';
	for (const step of change.steps) {
		const names = Object.keys(holder);
		name = names[step % Math.max(1, names.length)] ?? 'none';
		const next: unknown = holder[name];
		if (typeof next !== 'object' || next === null || Object.keys(next).length === 0) break;
		if (step !== change.steps.at(-1)) holder = next;
	}
	if (change.kind === 0 && Array.isArray(holder)) holder.splice(Number(name), 1);
	else if (change.kind === 0) delete holder[name];
	else if (change.kind === 1 && !Array.isArray(holder)) holder.ok = structuredClone(change.value);
	else holder[name] = structuredClone(change.value);
}

describe('a document cut into its records and the rest', () => {
	const split = (bytes: Uint8Array, cuts: readonly number[]) => {
		const splitter = new DocumentSplitter();
		let from = 0;
		for (const cut of [...cuts].sort((left, right) => left - right)) {
			splitter.write(bytes.subarray(from, cut));
			from = cut;
		}
		splitter.write(bytes.subarray(from));
		return splitter.end();
	};

	test('is the same however its bytes arrive', () => {
		const session = sampleSessions.failed();
		const bytes = Buffer.from(text({...session, notes: ['"levels": [{"records": [\\', 'ümläut €𝄞']}));
		const expected = split(bytes, []);
		expect(expected.records.map((records) => records?.length)).toEqual([6]);
		fc.assert(
			fc.property(fc.array(fc.nat(bytes.length), {maxLength: 40}), (cuts) => {
				expect(split(bytes, cuts)).toEqual(expected);
			}),
		);
	});

	test('put together again is what JSON.parse makes of the whole, for any JSON', () => {
		const names = fc.constantFrom('levels', 'records', 'a', '"', 'recordsrecords');
		const {value} = fc.letrec((tie) => ({
			value: fc.oneof(
				{maxDepth: 6, depthSize: 'large'},
				fc.constantFrom(null, 1, 'levels', ']', '{"records":['),
				fc.array(tie('value'), {maxLength: 3}),
				fc.array(fc.tuple(names, tie('value')), {maxLength: 3}).map((entries) => Object.fromEntries(entries)),
			),
		}));
		const session = fc.record({levels: fc.array(fc.oneof(fc.record({a: value, records: value}), value))});
		fc.assert(
			fc.property(fc.oneof(session, value), fc.constantFrom(0, 1), (document, indent) => {
				const bytes = Buffer.from(JSON.stringify(document, null, indent));
				const {rest, records} = split(bytes, []);
				records.forEach((list, level) => {
					if (list !== undefined) Object(rest).levels[level].records = list;
				});
				expect(rest).toEqual(document);
			}),
			{numRuns: 1000},
		);
	});

	test('is refused when its bytes are not UTF-8', () => {
		expect(() => split(Buffer.from([0x22, 0xff, 0x22]), [])).toThrow(NotADocument);
	});
});
