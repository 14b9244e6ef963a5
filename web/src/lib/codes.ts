// What a code of the gateway says, in the language of the page.
import { texts } from './i18n.svelte';

export interface Told {
  sentence: string;
  fix: string;
  /** The gateway's own words, where the sentence says less. */
  original: string;
}

/** `sentence` and `fix` as the gateway said them, in English. */
export function told(code: string | undefined, sentence: string, fix = ''): Told {
  const known = texts.codes[code ?? ''];
  if (!known) return { sentence, fix, original: '' };
  const isGeneral = sentence === '' || sentence === known.of;
  return { sentence: known.sentence, fix: fix && known.fix, original: isGeneral ? '' : sentence };
}
