// What the gateway says, in the language of the page.
import { t, texts } from './i18n.svelte';
import { refusalOf } from './refusal';

export interface Told {
  sentence: string;
  fix: string;
  /** What would be to be done in other cases of the same code. */
  more: string;
  /** The gateway's own words, where the sentence says less than they do. */
  original: string;
  /** The sentence is English in a page that is not. */
  isForeign: boolean;
}

/**
 * `sentence` and `fix` as the gateway said them, in English; empty: the code says it all, or what the
 * `evidence` makes of it.
 */
export function told(code: string | undefined, sentence: string, fix = '', evidence = ''): Told {
  const refusal = sentence === '' && fix === '' ? refusalOf(code, evidence) : null;
  if (!refusal) return general(code, sentence, fix);
  return {
    sentence: t('refusal.sentence', { status: refusal.status }),
    fix: t(refusal.remedy),
    more: general(code, '', '').fix,
    original: '',
    isForeign: false,
  };
}

function general(code: string | undefined, sentence: string, fix: string): Told {
  const known = texts.codes[code ?? ''];
  if (texts.language === 'en') {
    return {
      sentence: texts.translate(sentence) || (known?.sentence ?? ''),
      fix: texts.translate(fix) || (known?.fix ?? ''),
      more: '',
      original: '',
      isForeign: false,
    };
  }
  // One that names what is at hand says more than the general one of the code.
  const made = { sentence: texts.translate(sentence), fix: texts.translate(fix) ?? fix };
  if (!known) return { sentence: made.sentence ?? sentence, fix: made.fix, more: '', original: '', isForeign: made.sentence === null };
  return {
    sentence: sentence ? (made.sentence ?? known.sentence) : known.sentence,
    fix: made.fix || known.fix,
    more: '',
    original: sentence && made.sentence === null ? sentence : '',
    isForeign: false,
  };
}
