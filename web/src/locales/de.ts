import { deObjects } from './de_objects';
import { deShell } from './de_shell';
import type { Key } from './en';

export const de: Record<Key, string> = { ...deShell, ...deObjects };
