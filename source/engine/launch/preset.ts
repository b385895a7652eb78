/**
 * How to start a server, as data: the type of the files in presets/servers/ once they are read, checked and joined with
 * what they extend (schema/preset-1.json describes the files).
 */

import type {StartStage} from '../../snapshot.ts';

export interface Preset {
	/** The file's name without `.json`. */
	readonly id: string;
	/** One line for the list. */
	readonly title: string;
	/** Name of a server adapter. */
	readonly engine: string;
	/** Where its command was published, and as what; absent: it is ours. */
	readonly published?: {readonly source: string; readonly url?: string; readonly command: string};
	/** Programs that may be the engine's, best first: looked for on the PATH. */
	readonly binaries: readonly string[];
	/** How to install it, when none is there. */
	readonly install: string;
	/** Arguments after the program; `{NAME}` stands for a parameter. */
	readonly argv: readonly PresetArgument[];
	/** Added to the environment; `{NAME}` stands for a parameter. */
	readonly environment: Readonly<Record<string, string>>;
	/** By name; `model`, `host` and `port` always exist. */
	readonly parameters: Readonly<Record<string, PresetParameter>>;
	/** How to ask the program for its version and its flags. */
	readonly ask: {
		readonly version: readonly string[];
		/** Its first group is the version; `^` and `$` stand for the ends of a line. */
		readonly versionPattern: string;
		/** Print the flags that it takes: tried in turn until one does; absent: it has none that differ. */
		readonly flags?: readonly (readonly string[])[];
		/** Added to the environment when it is asked. */
		readonly environment?: Readonly<Record<string, string>>;
		readonly timeoutMs: number;
	};
	/** Flags that came or went: consulted by the version, and by the program's own list of flags where it gives one. */
	readonly flags: readonly FlagHistory[];
	readonly ready: {
		/** GET that answers 200 once it can be used. */
		readonly path: string;
		/** Longest start, ms. */
		readonly timeoutMs: number;
		/** Usual start, ms. */
		readonly expectedMs: number;
	};
	readonly log: LogRules;
	readonly stop: {
		/** Between SIGINT and SIGTERM, and between SIGTERM and SIGKILL, ms. */
		readonly graceMs: number;
	};
	/** Where the model comes from; absent: whatever `--model` names. */
	readonly model?: {readonly source: string; readonly downloadBytes?: number};
	readonly needs?: {readonly gpus?: number; readonly memoryBytesPerGpu?: number; readonly memoryBytes?: number};
	/** What a person should know, a sentence each. */
	readonly notes: readonly string[];
}

/**
 * An argument as it stands, or a flag that is left out when its value is a parameter without a value, or one that does
 * not match `when`.
 */
type PresetArgument = string | {readonly flag: string; readonly value?: string; readonly when?: string};

export interface PresetParameter {
	readonly help: string;
	/** Absent: none, and what uses it is left out, unless it is required. */
	readonly default?: string;
	/** The default is the engine's own: what uses it is passed on only when it is another. */
	readonly implied?: true;
	readonly required?: true;
}

export interface FlagHistory {
	/** A flag (`--swap-space`) or an environment variable (`OLLAMA_NEW_ENGINE`). */
	readonly flag: string;
	/** First version that takes it. */
	readonly since?: string;
	/** First version that refuses it. */
	readonly removedIn?: string;
	/** What takes its place from then on: whole arguments, `{value}` is the old value; absent: it is left out. */
	readonly replacedBy?: readonly string[];
	/** Why, in a sentence for the person. */
	readonly why: string;
}

/** Patterns are JavaScript regular expressions, matched anywhere in a line free of colours; `$1` is their first group. */
export interface LogRules {
	/** In no order; a line may both begin a stage and tell its progress. */
	readonly stages: readonly {
		readonly pattern: string;
		readonly stage: StartStage;
		/** Number of the group that holds per cent. */
		readonly percent?: number;
	}[];
	readonly facts: readonly {
		readonly pattern: string;
		readonly facts: readonly {readonly name: string; readonly value: string}[];
	}[];
	/** The most telling first. */
	readonly failures: readonly {
		readonly pattern: string;
		/** What it means, one sentence. */
		readonly cause: string;
		/** What to change, one sentence. */
		readonly advice: string;
	}[];
}

/** A preset made ready for this machine: exactly what is run. */
export interface LaunchCommand {
	readonly preset: Preset;
	/** Full path. */
	readonly program: string;
	readonly argv: readonly string[];
	/** Added to our environment. */
	readonly environment: Readonly<Record<string, string>>;
	/** Where it will answer, for us: `http://127.0.0.1:8000`. */
	readonly url: string;
	/** It listens on every address of its machine. */
	readonly isOpen?: true;
	/** As the server will name it; absent: the one it has. */
	readonly model?: string;
	readonly version?: string;
	/** What was changed in the preset's arguments for this machine and version, and why; a sentence each. */
	readonly changes: readonly string[];
	/** What a person should know before it is started: memory that may not suffice, an open address. */
	readonly warnings: readonly string[];
}
