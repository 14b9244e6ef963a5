// The texts in English. The labels of Lync Server's control panel are its own, word for word.
import { enObjects } from './en_objects';
import { enShell } from './en_shell';

export const en = { ...enShell, ...enObjects } as const;

export type Key = keyof typeof en;
