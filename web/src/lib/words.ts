// A word of the gateway, such as a state, in the language of the page; an unknown one as it is.
import { en, type Key } from '../locales/en';
import { t } from './i18n.svelte';

export function word(value: string | null | undefined): string {
  const key = `word.${value ?? ''}`;
  return key in en ? t(key as Key) : (value ?? '');
}
