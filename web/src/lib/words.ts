// A word of the gateway, such as a state, in the language of the page; an unknown one as it is.
import { en, type Key } from '../locales/en';
import { t } from './i18n.svelte';

const known = (key: string, value: string): string => (key in en ? t(key as Key) : value);

/** What a revision did. */
export const actionWord = (value: string): string => known(`action.${value}`, value);

export function word(value: string | null | undefined): string {
  return known(`word.${value ?? ''}`, value ?? '');
}
