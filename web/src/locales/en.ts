// The texts in English. The labels of Lync Server's control panel are its own, word for word.
import { enMigration } from './en_migration';
import { enObjects } from './en_objects';
import { enPeople } from './en_people';
import { enShell } from './en_shell';
import { enTraffic } from './en_traffic';
import { enWords } from './en_words';

export const en = { ...enShell, ...enObjects, ...enPeople, ...enTraffic, ...enMigration, ...enWords } as const;

export type Key = keyof typeof en;
