/**
 * What Node runs on the other machine to take in the program: as text, since nothing of ours is there yet. Its one
 * argument is JSON: the program's hash, an id, whether to keep it.
 *
 *     it:  {"kept": true}                     a copy with that hash is there
 *     we:  {"program": 0, "files": [{"name": "prompts.jsonl", "bytes": 123}], "sha256": "…"}
 *          and the packed bytes, of the program (none when it is there) and of the files
 *     it:  {"folder": "…", "base": "…", "made": ["/home/me/.cache"], "isNew": true}: the folders above that were not
 *          there, and whether no answers of engines are kept in the base yet,
 *          or {"troubles": ["/home/me/.cache/llmtop: EROFS"]}
 *     we:  a byte, once somebody else will take the folder away
 *
 * When its input ends before that byte, it takes the folder away itself. Folders are for their owner only, and one that is
 * somebody else's is never used. The program is copied into a folder for this run alone: taking away the kept copy, or
 * another run's, then harms nobody. The folder of the login session comes last: it goes with the last connection.
 */
export const receiverScript = `
const {createHash} = require('node:crypto');
const fs = require('node:fs');
const {homedir} = require('node:os');
const {dirname, isAbsolute, join} = require('node:path');
const {gunzipSync} = require('node:zlib');

const {hash, id, keep} = JSON.parse(process.argv[1]);
const {XDG_CACHE_HOME: cache, XDG_RUNTIME_DIR: runtime, TMPDIR: temporary} = process.env;
const user = process.getuid();
const bases = [
	join(cache && isAbsolute(cache) ? cache : join(homedir(), '.cache'), 'llmtop'),
	...[temporary, '/tmp', '/var/tmp', '/dev/shm', runtime].filter((place) => place && isAbsolute(place)).map((place) => join(place, 'llmtop-' + user)),
];
const name = 'llmtop-' + hash.slice(0, 32) + '.mjs';
const say = (told) => process.stdout.write(JSON.stringify(told) + '\\n');
const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex');

const kept = bases.map((base) => {
	try {
		const bytes = fs.readFileSync(join(base, name));
		return hashOf(bytes) === hash ? bytes : undefined;
	} catch {}
}).find((bytes) => bytes !== undefined);

let folder;
let made = [];
const make = (base, program, files) => {
	const first = fs.mkdirSync(base, {recursive: true, mode: 0o700});
	made = [];
	for (let above = dirname(base); first !== undefined && above.startsWith(first); above = dirname(above)) made.push(above);
	const {uid} = fs.lstatSync(base);
	if (uid !== user || !fs.lstatSync(base).isDirectory()) throw new Error('it is not a folder of this account');
	fs.chmodSync(base, 0o700);
	folder = join(base, 'run-' + id);
	fs.mkdirSync(folder, {mode: 0o700});
	for (const {name, bytes} of [{name: 'llmtop.mjs', bytes: program}, ...files]) fs.writeFileSync(join(folder, name), bytes, {mode: 0o600, flag: 'wx'});
	if (hashOf(fs.readFileSync(join(folder, 'llmtop.mjs'))) !== hash) throw new Error('it does not hold what was written');
	if (!keep) return;
	fs.copyFileSync(join(folder, 'llmtop.mjs'), join(folder, 'kept'));
	fs.renameSync(join(folder, 'kept'), join(base, name));
};
const forget = () => {
	if (folder === undefined) return;
	fs.rmSync(folder, {recursive: true, force: true});
	try {
		for (const empty of [dirname(folder), ...made]) fs.rmdirSync(empty);
	} catch {}
	folder = undefined;
};
// Of folders that cannot be made Node says that they are not there.
const whyNot = (base) => {
	let above = base;
	while (!fs.existsSync(above)) above = dirname(above);
	try {
		fs.accessSync(above, fs.constants.W_OK);
	} catch (error) {
		return error.code;
	}
};
const place = ({program, files, sha256}, body) => {
	if (hashOf(body) !== sha256) return say({troubles: ['what arrived is not what was sent']});
	let at = 0;
	const next = (bytes) => gunzipSync(body.subarray(at, at += bytes));
	const sent = program === 0 ? kept : next(program);
	const contents = files.map(({name, bytes}) => ({name, bytes: next(bytes)}));
	if (hashOf(sent) !== hash) return say({troubles: ['what arrived is not what was sent']});
	const troubles = [];
	for (const base of bases) {
		try {
			make(base, sent, contents);
			return say({folder, base, made, isNew: !fs.existsSync(join(base, 'engines.json'))});
		} catch (error) {
			forget();
			troubles.push(base + ': ' + (whyNot(base) ?? error.code ?? error.message));
		}
	}
	say({troubles});
};

let input = Buffer.alloc(0);
let parts = [];
let have = 0;
let head;
let isTaken = false;
process.stdin.on('data', (part) => {
	if (folder !== undefined) {
		isTaken = true;
		process.stdin.destroy();
		return;
	}
	parts.push(part);
	have += part.length;
	if (head === undefined && !part.includes(10)) return;
	if (head === undefined) {
		input = Buffer.concat(parts);
		const end = input.indexOf(10);
		head = JSON.parse(input.subarray(0, end).toString());
		parts = [input.subarray(end + 1)];
		have = parts[0].length;
	}
	const wanted = head.files.reduce((sum, {bytes}) => sum + bytes, head.program);
	if (have >= wanted) place(head, Buffer.concat(parts).subarray(0, wanted));
});
process.on('exit', () => {
	if (!isTaken) forget();
});
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.on(signal, () => process.stdin.destroy());
say({kept: kept !== undefined});
`;
