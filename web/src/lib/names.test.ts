import { afterAll, describe, expect, it } from 'vitest';
import { de } from '../locales/de';
import { en } from '../locales/en';
import { texts, type Language } from './i18n.svelte';
import { objectWords } from './names';

function speak(language: Language): void {
  Object.assign(texts, { language, catalogue: language === 'de' ? de : en });
}
afterAll(() => speak('en'));

describe('references to objects', () => {
  it.each([
    ['user/alice@contoso.example', 'User alice@contoso.example', 'Benutzer alice@contoso.example'],
    ['user/alice@contoso.example/password', 'Password of alice@contoso.example', 'Kennwort von alice@contoso.example'],
    ['policy/Tag:Sales', 'Policy Sales', 'Richtlinie Sales'],
    ['policy/Global', 'Policy Global', 'Richtlinie Global'],
    ['policy/Site:Paris', 'Site policy Paris', 'Standortrichtlinie Paris'],
    ['partner/fabrikam.example', 'XMPP partner fabrikam.example', 'XMPP-Partner fabrikam.example'],
    ['blocked-domain/*.spam.example', 'Blocked domain *.spam.example', 'Gesperrte Domäne *.spam.example'],
    ['revision/5', 'Revision 5', 'Revision 5'],
    ['access-edge', 'Access Edge configuration', 'Zugriffs-Edgekonfiguration'],
    ['access-edge/Global', 'Access Edge configuration', 'Zugriffs-Edgekonfiguration'],
    ['gateway', 'XMPP gateway settings', 'Einstellungen des XMPP-Gateways'],
    ['certificate-use/xmpp-s2s', 'Certificate for XMPP partners', 'Zertifikat für XMPP-Partner'],
    ['3 objects, 1 user', '3 objects, 1 user', '3 Objekte, 1 Benutzer'],
  ])('%s', (object, english, german) => {
    speak('en');
    expect(objectWords(object)).toBe(english);
    speak('de');
    expect(objectWords(object)).toBe(german);
  });

  it('that nobody knows stay what they are', () => expect(objectWords('/api/v1/partners')).toBe('/api/v1/partners'));
});
