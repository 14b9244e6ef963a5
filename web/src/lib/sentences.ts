// Sentences of the gateway in another language: templates with places, whole or one behind the other.
export type Pairs = readonly (readonly [string, string])[];

interface Template {
  whole: RegExp;
  first: RegExp;
  names: string[];
  to: string;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function compile([from, to]: readonly [string, string]): Template {
  const parts = from.split(/\{(\w+)\}/);
  const pattern = parts.map((part, at) => (at % 2 ? '([^]+?)' : escaped(part))).join('');
  return {
    whole: new RegExp(`^${pattern}$`),
    first: new RegExp(`^${pattern} (?=\\S)`),
    names: parts.filter((_, at) => at % 2),
    to,
  };
}

/** Identities in a sentence as the names that lists show: "Tag:Sales" is Sales. Commands keep them. */
export function withNames(sentence: string, fromFile: string): string {
  const said = sentence.replace(/'configuration-file'|„configuration-file“/g, fromFile);
  if (/\bisthmus [a-z]|-Cs[A-Z]/.test(said)) return said;
  return said.replace(/(^|[\s'"„(])(?:Tag|Site):(?=\S)/g, '$1').replace(/\b(policy|Richtlinie) global\b/g, '$1 Global');
}

/** Makes the function that translates, or says that it cannot. */
export function translator(pairs: Pairs): (text: string) => string | null {
  const size = ([from]: readonly [string, string]): number => from.replace(/\{\w+\}/g, '').length;
  // What says more of its own fits more closely.
  const templates = [...pairs].sort((a, b) => size(b) - size(a)).map(compile);
  // Another sentence is no value.
  const isPlace = (value: string): boolean => !/[.:] \p{Lu}/u.test(value);
  // What stands in a place may be a word of the gateway itself, such as the name of a step.
  const words = new Map(pairs.filter(([from]) => !from.includes('{')));
  const put = ({ names, to }: Template, values: string[]): string =>
    to.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[names.indexOf(name)] ?? '';
      return name === 'step' || name === 'noun' ? (words.get(value) ?? value) : value;
    });

  return function translate(text: string): string | null {
    for (const one of templates) {
      const found = one.whole.exec(text);
      if (found && found.slice(1).every(isPlace)) return put(one, found.slice(1));
    }
    for (const one of templates) {
      const found = one.first.exec(text);
      if (!found?.slice(1).every(isPlace)) continue;
      const rest = translate(text.slice(found[0].length));
      if (rest !== null) return `${put(one, found.slice(1))} ${rest}`;
    }
    return null;
  };
}
