// What the gateway says, in the language of the page.
import { texts } from './i18n.svelte';

export interface Told {
  sentence: string;
  fix: string;
  /** The gateway's own words, where the sentence says less than they do. */
  original: string;
  /** The sentence is English in a page that is not. */
  isForeign: boolean;
}

/** `sentence` and `fix` as the gateway said them, in English; empty: the code says it all. */
export function told(code: string | undefined, sentence: string, fix = ''): Told {
  const known = texts.codes[code ?? ''];
  if (texts.language === 'en') {
    return { sentence: sentence || (known?.sentence ?? ''), fix: fix || (known?.fix ?? ''), original: '', isForeign: false };
  }
  // One that names what is at hand says more than the general one of the code.
  const made = { sentence: texts.translate(sentence), fix: texts.translate(fix) ?? fix };
  if (!known) return { sentence: made.sentence ?? sentence, fix: made.fix, original: '', isForeign: made.sentence === null };
  return {
    sentence: sentence ? (made.sentence ?? known.sentence) : known.sentence,
    fix: made.fix || known.fix,
    original: sentence && made.sentence === null ? sentence : '',
    isForeign: false,
  };
}
