/**
 * The version of a Python package, read from the folder that its installer left (`vllm-0.32.0.dist-info`, the Python
 * specification "Recording installed projects"): no process, where `vllm --version` imports for up to a minute.
 */

import {open, readdir, realpath} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';

/**
 * Of the package that the program at `program` comes from. Absent when no folder tells, or several disagree: then only
 * the program itself knows.
 */
export async function packageVersion(program: string, name: string): Promise<string | undefined> {
	const programs = [await realpath(program).catch(() => program), await interpreterOf(program)];
	const prefixes = new Set(programs.filter((file) => file !== undefined).map((file) => dirname(dirname(file))));
	const versions = new Set<string>();
	for (const prefix of prefixes) {
		for (const folder of await packageFolders(prefix)) {
			for (const entry of await list(folder)) {
				const version = versionIn(entry, name);
				if (version !== undefined) versions.add(version);
			}
		}
	}
	const [version, ...others] = versions;
	return others.length === 0 ? version : undefined;
}

function versionIn(entry: string, name: string): string | undefined {
	const [, found, version] = /^([^-]+)-(\d[^-]*)\.(?:dist|egg)-info$/.exec(entry) ?? [];
	return found?.toLowerCase() === name ? version : undefined;
}

/** `site-packages`, or `dist-packages` in Debian's own Python, of every Python below the prefix. */
async function packageFolders(prefix: string): Promise<string[]> {
	const folders = [join(prefix, 'Lib', 'site-packages')];
	for (const library of ['lib', 'lib64']) {
		for (const python of await list(join(prefix, library))) {
			if (!python.startsWith('python3')) continue;
			for (const kind of ['site-packages', 'dist-packages']) folders.push(join(prefix, library, python, kind));
		}
	}
	return folders;
}

async function list(folder: string): Promise<string[]> {
	return await readdir(folder).catch(() => []);
}

/** The Python that a program of an installer's making starts: in its first line, or in pip's second one for long paths. */
async function interpreterOf(program: string): Promise<string | undefined> {
	const head = await beginning(program).catch(() => '');
	const [, file] = /^#!\s*(\S+)/.exec(head) ?? [];
	const [, long] = /^#!\s*\/bin\/sh\n'''exec' "?([^"\n]+?)"? "\$0"/.exec(head) ?? [];
	return [long, file].find((path) => path !== undefined && basename(path).startsWith('python'));
}

async function beginning(file: string): Promise<string> {
	const handle = await open(file);
	try {
		const {buffer, bytesRead} = await handle.read(Buffer.alloc(1024), 0, 1024, 0);
		return buffer.toString('utf8', 0, bytesRead);
	} finally {
		await handle.close();
	}
}
