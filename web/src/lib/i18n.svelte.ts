// The texts of the panel: English at once, other languages when they are chosen.
import type { CodeText } from '../locales/de_codes';
import { en, type Key } from '../locales/en';
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

/** Not needed for the first view: they come after it. */
const loadCodes: Record<Language, () => Promise<Codes>> = {
  en: async () => (await import('virtual:codes')).enCodes,
  de: async () => {
    const [{ enCodes }, { deCodes }] = await Promise.all([
      import('virtual:codes'),
      import('../locales/de_codes'),
    ]);
    const whole = Object.entries(deCodes).map(([code, told]) => [code, { ...told, ofFix: enCodes[code]?.fix }]);
    return Object.fromEntries(whole) as Codes;
  },
};

class Texts {
  language = $state<Language>('en');
  catalogue = $state.raw<Catalogue>(en);
  codes = $state.raw<Codes>({});
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
    (codes) => texts.language === language && (texts.codes = codes),
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
