import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { translator } from '../lib/sentences';
import { deSentences } from './de_sentences';

const SRC = new URL('../../../src/', import.meta.url);

/** Whose sentences reach the pages without a code that says the same. */
const SPEAKERS = ['policy/explanation', 'policy/negotiation', 'control/explain', 'control/own_domains', 'control/doctor', 'control/doctor_neighbours',
  'control/doctor_instructions', 'control/partner_test', 'control/readiness', 'control/certificate_checks',
  'base/sip_answers', 'gateway/message_tracing', 'gateway/trace_losses', 'xmpp/test_places', 'xmpp/test_stream', 'xmpp/test_talk', 'app/peer_test', 'gateway/presence_status'];
/** What nobody but a peer reads, and what comes with a code of its own. */
const NOT_SHOWN = [
  'A test of the connection. Please ignore it.',
  'Too many tests are under way.',
  "'{}' is not valid.",
  'There is no such XMPP address.',
  'That is none of our users.',
  'That is no XMPP user of a partner.',
  'Policy does not allow it.',
  'The contact is there already.',
  'There is no room for it.',
  'There is no such contact.',
  // In places of others.
  'has EnableXmppAccess off',
  'has EnableFederationAccess off',
  'has EnableFederationAccess and EnableXmppAccess off',
];

/** The texts of a source: neighbours are one. */
function literals(source: string): string[] {
  const code = source.replace(/^\s*\/\/.*$/gm, '');
  const found = code.matchAll(/"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*/g);
  return [...found].map(([all]) => [...all.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map((one) => one[1]).join(''));
}

const isSentence = (text: string, unit: string): boolean =>
  ['policy/explanation', 'control/own_domains', 'gateway/message_tracing', 'gateway/trace_losses'].includes(unit)
    ? / \S+ /.test(text) && !text.startsWith('isthmus')
    : /^[A-Z{' ].*[a-z}][.:]$/.test(text) && / [a-z]/.test(text);
/** What stands between the places. */
const pieces = (text: string, place: RegExp): string[] =>
  text.split(place).map((piece) => piece.trim()).filter((piece) => piece.length > 8);

function* sources(folder: URL): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* sources(new URL(`${entry.name}/`, folder));
    else if (entry.name.endsWith('.cpp')) yield readFileSync(new URL(entry.name, folder), 'utf8');
  }
}

describe('the sentences of the gateway in German', () => {
  const known = deSentences.map(([of]) => of.replace(/\{\w+\}/g, '{}')).join('\n').toLowerCase();

  it.each(SPEAKERS)('are all that %s says', (unit) => {
    const said = literals(readFileSync(new URL(`${unit}.cpp`, SRC), 'utf8'));
    const missing = said.filter(
      (text) => isSentence(text, unit) && !NOT_SHOWN.includes(text) && !pieces(text, /\{\}/).every((piece) => known.includes(piece.toLowerCase())),
    );
    expect(missing).toEqual([]);
  });

  it('translate what is said now', () => {
    const plain = (text: string): string => text.toLowerCase().replace(/[\s;,().]+/g, ' ');
    const all = plain([...sources(SRC)].flatMap(literals).join('\n'));
    // The gateway puts it together of some parts: "{} user{} not moved yet" and "s are".
    const isThere = (piece: string): boolean => {
      let words = plain(piece).trim().split(' ');
      for (let parts = 0; words.length > 0 && parts < 6; parts += 1) {
        let most = words.length;
        while (most > 0 && !all.includes(words.slice(0, most).join(' '))) most -= 1;
        if (most === 0) return false;
        words = words.slice(most);
      }
      return words.length === 0;
    };
    const stale = deSentences
      .map(([of]) => of)
      .filter((of) => !pieces(of.replace(/\.$/, ''), /\{\w+\}/).every((piece) => isThere(piece.toLowerCase())));
    expect(stale).toEqual([]);
  });

  it.each(deSentences.map(([of, to]) => [of, to]))('%s', (of = '', to = '') => {
    const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    expect(places(to)).toEqual(places(of));
    expect(to).not.toBe(of);
  });
});

describe('a sentence', () => {
  const translate = translator(deSentences);

  it('keeps what is in its places', () => {
    expect(translate('DNS has no SRV record for a.example: partners will not find us.'))
      .toBe('In DNS gibt es keinen SRV-Eintrag für a.example: Partner werden uns nicht finden.');
    expect(translate("Will use: SASL over TLS, else TLS dialback.")).toBe('Verwendet wird: SASL over TLS, sonst TLS dialback.');
  });

  it('may have another one behind it', () => {
    expect(translate("The partner's server answers. The message was delivered."))
      .toBe('Der Server des Partners antwortet. Die Nachricht wurde zugestellt.');
    expect(translate('/var/lib/isthmus has 12 MiB free. The database cannot grow.'))
      .toBe('In /var/lib/isthmus sind 12 MiB frei. Die Datenbank kann nicht wachsen.');
  });

  it('names the steps of a test and the kinds of objects in its language, and nothing else', () => {
    expect(translate('Not tried: the step TCP connection failed.')).toBe('Nicht versucht: der Schritt TCP-Verbindung ist fehlgeschlagen.');
    expect(translate("There is no XMPP federated partner 'fabrikan.example'. Did you mean fabrikam.example?"))
      .toBe('„fabrikan.example“ gibt es nicht (XMPP-Partner). Meinten Sie fabrikam.example?');
    expect(translate("There is no site 'Certificate'.")).toBe('Es gibt keinen Standort „Certificate“.');
  });

  it('that is not known stays so', () => {
    expect(translate('Something else happened.')).toBeNull();
    expect(translate("The partner's server answers. Something else happened.")).toBeNull();
    expect(translate('')).toBeNull();
  });
});
