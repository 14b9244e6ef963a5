import { describe, expect, it } from 'vitest';
import { withNames } from './sentences';

const of = (sentence: string): string => withNames(sentence, 'from the configuration file');

describe('names in sentences', () => {
  it.each([
    ["The certificate 'configuration-file' ends in 20 days.", 'The certificate from the configuration file ends in 20 days.'],
    ['The policy Tag:Sales allows federation and XMPP (it was granted to the user).', 'The policy Sales allows federation and XMPP (it was granted to the user).'],
    ['The policy Site:Paris has EnableXmppAccess off.', 'The policy Paris has EnableXmppAccess off.'],
    ['In der Richtlinie global ist EnableXmppAccess aus.', 'In der Richtlinie Global ist EnableXmppAccess aus.'],
    ["policy 'Tag:Sales': there is no such user policy.", "policy 'Sales': there is no such user policy."],
    ['Tag:Sales is granted to 3 users.', 'Sales is granted to 3 users.'],
  ])('%s', (said, shown) => expect(of(said)).toBe(shown));

  it('leave identities where a command needs them, and other words alone', () => {
    for (const same of ['isthmus policy set Tag:Sales --enable-xmpp-access true', 'Grant-CsExternalAccessPolicy -PolicyName Tag:Sales',
      'Site: Paris', 'MyTag:Sales', 'The configuration-file is read.']) expect(of(same)).toBe(same);
  });
});
