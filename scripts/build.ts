/** `npm run build`: the whole program as one ES module, dist/llmtop.mjs, without runtime dependencies. */

import {chmod, readFile} from 'node:fs/promises';
import {brotliCompressSync} from 'node:zlib';
import {build, type Plugin} from 'esbuild';
import {inkTablePlugin} from './ink-table-plugin.ts';
import {type Pack, packedLibraries} from './packed-libraries.ts';

/** Tokens of js-tiktoken's encodings, packed: plain, they would be half of the file that every start must read. */
const packedRanks: Plugin = {
	name: 'packed-ranks',
	setup(context) {
		context.onLoad({filter: /js-tiktoken[/\\]dist[/\\]ranks[/\\].*\.js$/}, async ({path}) => {
			const source = await readFile(path, 'utf8');
			const json = source.replace(/^export default /, '').replace(/;?\s*$/, '');
			const packed = brotliCompressSync(JSON.stringify(JSON.parse(json))).toString('base64');
			return {
				contents: `import {brotliDecompressSync} from 'node:zlib';
export default JSON.parse(brotliDecompressSync(Buffer.from('${packed}', 'base64')).toString());`,
			};
		});
	},
};

/** Bundles an entry as the program is: it believes to be llmtop, and starts its threads and processes from its own file. */
export async function buildFile(entry: string, outfile: string): Promise<void> {
	const {version} = JSON.parse(await readFile('package.json', 'utf8')) as {version: string};
	await build({
		entryPoints: [entry],
		outfile,
		bundle: true,
		format: 'esm',
		platform: 'node',
		target: 'node22.19',
		minify: true,
		keepNames: true,
		legalComments: 'none',
		jsx: 'automatic',
		define: {'process.env.NODE_ENV': '"production"', LLMTOP_VERSION: JSON.stringify(version)},
		plugins: [packedLibraries(packs), packedRanks, lazyBuiltins],
		banner: {
			js: "#!/usr/bin/env node\nimport {createRequire as llmtopCreateRequire} from 'node:module';const require=llmtopCreateRequire(import.meta.url);",
		},
		logLevel: 'warning',
	});
}

/**
 * Built-in modules are loaded by what needs them and when it does: as static imports of the one file they would all be
 * loaded at every start (`--help` would wait for TLS).
 */
const lazyBuiltins: Plugin = {
	name: 'lazy-builtins',
	setup(context) {
		context.onResolve({filter: /^node:/}, ({path, namespace}) =>
			namespace === 'built-in' ? {path, external: true} : {path, namespace: 'built-in'},
		);
		context.onLoad({filter: /.*/, namespace: 'built-in'}, ({path}) => ({
			contents: `module.exports = require(${JSON.stringify(path)});`,
		}));
	},
};

const packs: readonly Pack[] = [
	{
		name: 'view-libraries',
		specifiers: ['ink', 'react', 'react/jsx-runtime', 'ink-table'],
		plugins: [inkTablePlugin()],
		alias: {'react-devtools-core': './scripts/empty-module.ts'},
	},
	{name: 'undici', specifiers: ['undici']},
	{name: 'execa', specifiers: ['execa']},
	{name: 'tokenizers', specifiers: ['js-tiktoken/lite', '@huggingface/tokenizers']},
];

export async function buildProgram(outfile = 'dist/llmtop.mjs'): Promise<void> {
	await buildFile('cli.tsx', outfile);
	await chmod(outfile, 0o755);
}

if (import.meta.main) await buildProgram();
