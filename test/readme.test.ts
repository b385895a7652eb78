/** The READMEs are held against the program: what they list is what there is. */

import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import packageFile from '../package.json' with {type: 'json'};
import {workloadNames, workloads} from '../source/engine/load/workload-presets.ts';
import {servers} from '../source/engine/servers/index.ts';
import {readerFor} from '../source/engine/servers/readings/index.ts';
import {exitCode} from '../source/errors.ts';
import {flags} from '../source/options/flags.ts';
import {type Command, parseCommandLine} from '../source/options/parse.ts';
import {keyTable} from '../source/view/keys.ts';

const readme = readFileSync('README.md', 'utf8');
const map = readFileSync('source/README.md', 'utf8');
const names = {engines: servers.map(({name}) => name), workloads: workloadNames};

/** The rows of the table between `<!-- name` and `<!-- /name -->`, without its head. */
function tableRows(name: string): string[] {
	const part = new RegExp(`<!-- ${name}:[^\\n]*\\n([\\s\\S]*?)<!-- /${name} -->`).exec(readme)?.[1] ?? '';
	return part.trim().split('\n').slice(2);
}

/** Everything in `backticks` outside code blocks. */
function inlineCode(markdown: string): string[] {
	return [...markdown.replace(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
}

/** Lines of code blocks, without what is said of them behind three blanks. */
function codeLines(markdown: string): string[] {
	return [...markdown.matchAll(/```\w*\n([\s\S]*?)```/g)].flatMap((match) =>
		(match[1] ?? '').split('\n').map((line) => line.replace(/ {3,}.*$/, '').trim()),
	);
}

/** What stands for what a person would write. */
const placeholders: Readonly<Record<string, string>> = {FILE: 'run.json', 'http://HOST:PORT': 'http://127.0.0.1:8000'};

/** As a shell takes a command line apart: blanks separate, single quotes keep together. */
function words(line: string): string[] {
	return [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => {
		const word = match[1] ?? match[2] ?? '';
		return placeholders[word] ?? word;
	});
}

const commandLines = [...codeLines(readme), ...inlineCode(readme)].flatMap((line) =>
	/^(?:npx )?llmtop [a-z-]/.test(line) ? [line.replace(/^npx /, '')] : [],
);

function command(line: string): Command {
	return parseCommandLine(words(line).slice(1), {...names, environment: {}, freshSeed: 1});
}

/** Flags of servers, which the README speaks of. */
const flagsOfEngines = new Set([
	'metrics',
	'enforce-eager',
	'enable-metrics',
	'disable-log-stats',
	'host',
	'port',
	'max-model-len',
]);

describe('the README', () => {
	test('begins with the two commands that do everything', () => {
		const [start = ''] = readme.split('\n## ');
		expect(codeLines(start).filter((line) => line !== '')).toEqual(['npm ci && npm start', 'npm cit']);
	});

	test('names the test command that .ci/run runs', () => {
		const commands = readFileSync('.ci/run', 'utf8')
			.split('\n')
			.filter((line) => /^npm /.test(line));
		expect(commands).toEqual(['npm cit']);
	});

	test('names only npm scripts that there are', () => {
		const scripts = [...readme.matchAll(/npm run ([a-z:]+)/g)].map((match) => match[1] ?? '');
		expect(scripts).not.toEqual([]);
		expect(scripts.filter((script) => !Object.hasOwn(packageFile.scripts, script))).toEqual([]);
	});

	test('lists the keys of the view', () => {
		expect(tableRows('keys')).toEqual(keyTable().map(({keys, help, group}) => `| ${keys} | ${help} | ${group} |`));
	});

	test('lists the exit codes with the words of --help', () => {
		const help = command('llmtop --help');
		const text = help.command === 'help' ? help.text.replaceAll(/\n {7}/g, ' ') : '';
		const codes = (text.split('Exit codes\n')[1] ?? '').split('\n').filter((line) => line !== '');
		const rows = codes.map((line) => line.replace(/^ {2}(\d+) +(.*)$/, '| $1 | $2 |'));
		expect(tableRows('exit codes')).toEqual(rows);
		expect(rows.map((row) => Number(/\d+/.exec(row)?.[0]))).toEqual(Object.values(exitCode));
	});

	test('lists the engines with their ports, APIs and what they can be forced to', () => {
		const rows = servers.map(({name, title, ports, apis, defaultApi, exactLength}) => {
			const others = Object.keys(apis).filter((api) => api !== defaultApi);
			const forced = `${exactLength.possible ? 'yes' : 'no'}: ${exactLength.how}`;
			return `| \`${name}\` | ${title} | ${ports.join(', ')} | ${[defaultApi, ...others].join(', ')} | ${forced} |`;
		});
		expect(tableRows('engines')).toEqual(rows);
	});

	test('lists the GETs that a server gets', async () => {
		const asked = new Set<string>();
		// Only one that answers as SGLang does is asked for its settings.
		const information = {model_path: 'model', is_generation: true};
		const probe = async (path: string) => {
			asked.add(path);
			return path === '/model_info' ? {status: 200, body: '', json: information} : undefined;
		};
		for (const server of servers) await server.detect(probe);
		const read = [...servers.map(({name}) => name), 'any'].flatMap((name) => readerFor(name, () => undefined).paths);
		const [, text = ''] = /gets only these GETs besides the load: ([^\n]*?)\. It is never/.exec(readme) ?? [];
		expect(new Set(inlineCode(text))).toEqual(new Set([...asked, ...read]));
	});

	test('lists the published methods with their sources and command lines', () => {
		const rows = Object.entries(workloads).map(([name, {title, source}]) => `| \`${name}\` | ${title} | ${source} |`);
		expect(tableRows('workloads')).toEqual(rows);
		const published = Object.values(workloads).flatMap(({commands}) => commands);
		expect(commandLines).toEqual(expect.arrayContaining(published));
	});

	test('names only flags that there are', () => {
		const prose = readme.replaceAll(/npm install --global/g, '');
		const named = new Set([...prose.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map((match) => match[1] ?? ''));
		const known = new Set<string>(flags.map(({name}) => name));
		expect(named.size).toBeGreaterThan(20);
		expect([...named].filter((name) => !known.has(name) && !flagsOfEngines.has(name))).toEqual([]);
	});

	test('has at least twenty command lines', () => {
		expect(new Set(commandLines).size).toBeGreaterThanOrEqual(20);
	});

	test.each([...new Set(commandLines)])('%s is a command line that the program takes', (line) => {
		const parsed = command(line);
		expect(parsed.command).not.toBe('version');
		// A level that was to be run, or a command of its own.
		expect('config' in parsed && 'load' in parsed.config ? parsed.config.load.levels.length : 1).toBeGreaterThan(0);
	});

	test('shows a picture of the live view', () => {
		const picture = readFileSync('scripts/pictures/live-view.svg', 'utf8');
		expect(readme).toContain('](scripts/pictures/live-view.svg)');
		for (const word of ['LOAD tok/s', 'TTFT ms', 'GAP ms', 'STREAMS', 'decode', 'LIVE', 'Quit']) {
			expect(picture).toContain(`>${word}`);
		}
		expect(picture.match(/(?:href|url\(|@import|<script)/g)).toBeNull();
	});
});

describe('both READMEs', () => {
	const isOfCode = (text: string) => /^\.?[\w./-]+$/.test(text) && /\.(?:tsx?|json|md|txt|svg)$|\/$/.test(text);
	/** Files that a run makes. */
	const made = new Set(['run.json', 'tokenizer.json', 'dist/', 'ID.json', 'llmtop/engines.json']);

	test.each([
		['README.md', readme, ['.']],
		['source/README.md', map, ['source', '.', 'source/engine']],
	] as const)('%s names only files that there are', (_, markdown, folders) => {
		const links = [...markdown.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? '');
		const named = [...inlineCode(markdown), ...links].filter((text) => isOfCode(text) && !made.has(text));
		expect(named).not.toEqual([]);
		expect(named.filter((name) => !folders.some((folder) => existsSync(path.join(folder, name))))).toEqual([]);
	});
});

/** Paths that the map draws: a line is a file or a folder, below the line with fewer blanks before it. */
function drawnPaths(drawn: string): string[] {
	const above: {readonly depth: number; readonly path: string}[] = [];
	return drawn
		.trimEnd()
		.split('\n')
		.map((line) => {
			const [, blanks = '', name = ''] = /^( *)(\S+)/.exec(line) ?? [];
			while ((above.at(-1)?.depth ?? -1) >= blanks.length) above.pop();
			const drawnPath = path.join(above.at(-1)?.path ?? '', name);
			above.push({depth: blanks.length, path: drawnPath});
			return drawnPath;
		});
}

describe('source/README.md', () => {
	const [, drawn = ''] = /```\n(cli\.tsx[\s\S]*?)```/.exec(map) ?? [];

	test('has every file and folder of source/ and source/engine/ on its map, and all folders in these', () => {
		const entries = [...readdirSync('source'), ...readdirSync('source/engine')].filter((name) => name !== 'README.md');
		expect(
			entries.filter((name) => !new RegExp(`(?<![\\w-])${name.replaceAll('.', '\\.')}(?![\\w-])`).test(drawn)),
		).toEqual([]);
		const folders = readdirSync('source', {withFileTypes: true, recursive: true}).filter((entry) =>
			entry.isDirectory(),
		);
		expect(folders.map(({name}) => name).filter((name) => !drawn.includes(`${name}/`))).toEqual([]);
	});

	test('has nothing on its map and in its drawings that is not there', () => {
		const onMap = drawnPaths(drawn);
		expect(onMap).toContain('source/engine/launch/');
		expect(onMap.filter((name) => !existsSync(name))).toEqual([]);
		const inDrawings = [...map.matchAll(/```\n([\s\S]*?)```/g)].flatMap(
			([block]) => block.match(/[\w-]+\/[\w/.-]+\.tsx?/g) ?? [],
		);
		expect(inDrawings).toContain('load/plan.ts');
		const places = ['.', 'source', 'source/engine'];
		expect(inDrawings.filter((name) => !places.some((place) => existsSync(path.join(place, name))))).toEqual([]);
	});

	test('gives a reason for every dependency', () => {
		const packages = Object.keys(packageFile.devDependencies).filter((name) => !name.startsWith('@types/'));
		expect(packages.filter((name) => !map.includes(`\`${name}\``))).toEqual([]);
	});

	test('has a place for the measured figures', () => {
		const [, measured = ''] = map.split('\n## Measured\n');
		expect([...measured.matchAll(/^### (.*)$/gm)].map((match) => match[1])).toEqual([
			'bench',
			'selftest',
			'real servers',
			'over SSH',
		]);
	});
});
