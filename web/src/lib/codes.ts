// What a code of the gateway says, in the language of the page.
import { texts } from './i18n.svelte';

export interface Told {
  sentence: string;
  fix: string;
  /** The gateway's own words, where the sentence says less than they do. */
  original: string;
}

/** `sentence` and `fix` as the gateway said them, in English; empty: the code says it all. */
export function told(code: string | undefined, sentence: string, fix = ''): Told {
  const known = texts.codes[code ?? ''];
  if (!known) return { sentence, fix, original: '' };
  if (texts.language === 'en') {
    return { sentence: sentence || known.sentence, fix: fix || known.fix, original: '' };
  }
  const isGeneral = sentence === '' || sentence === known.of;
  return {
    sentence: known.sentence,
    // One that names what is at hand says more than the general one in another language.
    fix: fix === '' || fix === known.ofFix ? known.fix : fix,
    original: isGeneral ? '' : sentence,
  };
}
