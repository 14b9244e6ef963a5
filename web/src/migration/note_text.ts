import { t } from '../lib/i18n.svelte';
import type { Note } from './lync_export';

export const noteText = ({ id, of, value }: Note): string => t(`lync.note.${id}`, { of, value: value ?? '' });
