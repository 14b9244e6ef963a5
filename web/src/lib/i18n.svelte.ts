// The texts of the panel: English at once, other languages when they are chosen.
import type { CodeText } from '../locales/de_codes';
import { en, type Key } from '../locales/en';
import { translator, withNames } from './sentences';
import { stored, store } from './stored';

export type Catalogue = Record<Key, string>;
export type Language = 'en' | 'de';
export const LANGUAGES: readonly { id: Language; name: string }[] = [
  { id: 'en', name: 'English' },
  { id: 'de', name: 'Deutsch' },
];

type Codes = Record<string, CodeText>;

const load: Record<Language, () => Promise<Catalogue>> = {
  en: () => Promise.resolve(en),
  de: async () => (await import('../locales/de')).de,
};

interface Told {
  codes: Codes;
  /** A sentence of the gateway in this language; null: it is not known. */
  translate: (sentence: string) => string | null;
}

/** Not needed for the first view: they come after it. */
const loadCodes: Record<Language, () => Promise<Told>> = {
  en: async () => ({ codes: (await import('virtual:codes')).enCodes, translate: (sentence) => sentence }),
  de: async () => {
    const [{ enCodes }, { deCodes }, { deSentences }] = await Promise.all([
      import('virtual:codes'),
      import('../locales/de_codes'),
      import('../locales/de_sentences'),
    ]);
    const whole = Object.entries(deCodes).map(([code, told]) => [code, { ...told, ofFix: enCodes[code]?.fix }]);
    const codes = Object.fromEntries(whole) as Codes;
    const ofCodes = Object.values(codes).flatMap(({ of, sentence, ofFix = '', fix }) => [
      [of, sentence] as const,
      ...(ofFix ? [[ofFix, fix] as const] : []),
    ]);
    return { codes, translate: translator([...deSentences, ...ofCodes]) };
  },
};

class Texts {
  language = $state<Language>('en');
  catalogue = $state.raw<Catalogue>(en);
  codes = $state.raw<Codes>({});
  translate = $state.raw<Told['translate']>((sentence) => sentence);
}

export const texts = new Texts();

function preferred(): Language {
  const chosen = stored('language');
  if (chosen === 'en' || chosen === 'de') return chosen;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in load) === 'de'
    ? 'de'
    : 'en';
}

export async function setLanguage(language: Language): Promise<void> {
  texts.catalogue = await load[language]();
  texts.language = language;
  document.documentElement.lang = language;
  void loadCodes[language]().then(
    ({ codes, translate }) => {
      if (texts.language !== language) return;
      const fromFile = texts.catalogue['certificate.fromFile'];
      texts.codes = codes;
      texts.translate = (sentence) => {
        const said = translate(sentence);
        return said === null ? null : withNames(said, fromFile);
      };
    },
    () => undefined, // the gateway's own words are shown
  );
}

export async function chooseLanguage(language: Language): Promise<void> {
  store('language', language);
  await setLanguage(language);
}

export const startLanguage = (): Promise<void> => setLanguage(preferred());

export type Values = Record<string, string | number>;

/** The text, with {name} replaced by its value. */
export function t(key: Key, values?: Values): string {
  const text = texts.catalogue[key];
  return values ? text.replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all)) : text;
}

type CountKey = Key extends infer K ? (K extends `${infer Base}_one` ? Base : never) : never;

/** The text for a number of things: `KEY_one` or `KEY_other`, with {count}. */
export function tn(key: CountKey, count: number, values?: Values): string {
  const form = new Intl.PluralRules(texts.language).select(count) === 'one' ? 'one' : 'other';
  return t(`${key}_${form}` as Key, { count: number(count), ...values });
}

export function number(value: number): string {
  return value.toLocaleString(texts.language, { maximumFractionDigits: value < 100 ? 1 : 0 });
}

export const milliseconds = (value: number): string => `${number(value)} ms`;
