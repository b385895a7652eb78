import {describe, expect, test} from 'vitest';
import {saveFiles, worst} from '../../source/commands/compare.ts';
import {exitCode} from '../../source/errors.ts';
import {parseDestination} from '../../source/options/destination.ts';

describe('the files of a comparison', () => {
	const boxes = (...names: readonly string[]) => names.map(parseDestination);

	test.each([
		['run.json', ['run-a.json', 'run-me@gpu-box.json']],
		['some.folder/run', ['some.folder/run-a', 'some.folder/run-me@gpu-box']],
		['.hidden', ['.hidden-a', '.hidden-me@gpu-box']],
		['/dev/null', ['/dev/null', '/dev/null']],
	])('with --save %s are %j', (file, files) => {
		expect(saveFiles(file, boxes('a', 'me@gpu-box'))).toEqual(files);
	});

	test('differ also where the names of the machines do so only by signs that are left out', () => {
		expect(saveFiles('run.json', boxes('a:22', 'a-22', '[::1]:22'))).toEqual([
			'run-a-22.json',
			'run-a-22-2.json',
			'run--1-22.json',
		]);
	});
});

describe('the exit code of a comparison', () => {
	test.each([
		[[], exitCode.ok],
		[[exitCode.ok, exitCode.ok], exitCode.ok],
		[[exitCode.ok, exitCode.clientLimited], exitCode.clientLimited],
		[[exitCode.clientLimited, exitCode.failed, exitCode.ok], exitCode.failed],
		[[exitCode.failed, exitCode.notStarted], exitCode.notStarted],
		[[exitCode.notStarted, exitCode.unreachable], exitCode.unreachable],
		[[exitCode.unreachable, exitCode.ok, exitCode.notWritten], exitCode.notWritten],
		[[exitCode.unreachable, exitCode.interrupted], exitCode.interrupted],
	])('of %j is %i', (codes, code) => {
		expect(worst(codes)).toBe(code);
	});

	test('ranks all codes that there are', () => {
		expect(Object.values(exitCode).map((code) => worst([exitCode.ok, code]))).toEqual(Object.values(exitCode));
	});
});
