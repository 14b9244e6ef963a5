import { deMigration } from './de_migration';
import { deObjects } from './de_objects';
import { dePeople } from './de_people';
import { deShell } from './de_shell';
import { deTraffic } from './de_traffic';
import { deWords } from './de_words';
import type { Key } from './en';

export const de: Record<Key, string> = { ...deShell, ...deObjects, ...dePeople, ...deTraffic, ...deMigration, ...deWords };
