/** What the counter and its thread tell each other. Batches are answered in the order in which they were asked. */

/** A rank file of OpenAI's encodings, or a model's own `tokenizer.json`. */
export type Encoding = 'cl100k' | 'o200k' | {readonly tokenizerFile: string};

export interface TokensSetup {
	readonly role: 'tokens';
	readonly encoding: Encoding;
}

export interface ToTokens {
	readonly texts: readonly string[];
}

export type FromTokens =
	/** The encoding is loaded. */
	| {readonly kind: 'ready'}
	| {readonly kind: 'counts'; readonly counts: readonly number[]}
	/** The tokenizer file cannot be used; nothing follows. */
	| {readonly kind: 'unusable'; readonly message: string};
