import type {Profile} from '../profile.ts';
import {demo} from './demo.ts';
import {ollamaL40sNp9, ollamaL40sNp32} from './ollama-l40s.ts';
import {vllmL40s} from './vllm-l40s.ts';

export const profiles = {
	demo,
	'vllm-l40s': vllmL40s,
	'ollama-l40s-np9': ollamaL40sNp9,
	'ollama-l40s-np32': ollamaL40sNp32,
} as const satisfies Readonly<Record<string, Profile>>;

export type ProfileName = keyof typeof profiles;
