import { describe, expect, it } from 'vitest';
import { bodyOf, changesOf, faultOf, patchOf, readDraft } from './kind';
import { newPartner, partnerKind, willUse } from './partners';
import { newPolicy, nameOf, scopeOf, userPolicy } from './policies';
import { gatewayKind } from './settings';

describe('a policy', () => {
  it('is written with its identity, and read with its name', () => {
    expect(bodyOf(userPolicy, { ...newPolicy('', ''), name: 'Sales' })).toMatchObject({ identity: 'Tag:Sales' });
    expect(bodyOf(userPolicy, newPolicy('Site:Paris', 'Paris'))).toMatchObject({ identity: 'Site:Paris' });
    expect(readDraft(userPolicy, { identity: 'Tag:a:b' })['name']).toBe('a:b');
    expect([scopeOf('Global'), scopeOf('Site:X'), scopeOf('Tag:X'), nameOf('Global')]).toEqual(['Global', 'Site', 'User', 'Global']);
  });

  it.each([['', 'fault.required'], ['a/b', 'fault.name'], [' a', 'fault.name'], ['a\n', 'fault.name'], ['ä'.repeat(33), 'fault.long'], ['ä'.repeat(32), undefined]])('named %j: %s', (name, key) => {
    const field = userPolicy.fields.find((one) => one.name === 'name')!;
    expect(faultOf(field, { ...newPolicy('', ''), name })?.key).toBe(key);
  });
});

describe('a partner', () => {
  it('sends what was changed, and nothing that only the gateway says', () => {
    const base = { ...newPartner(), domain: 'a.example', negotiation: 'x', links: 'y' };
    const draft = { ...base, description: 'new', additional_domains: ['b.example'], negotiation: 'z' };
    expect(patchOf(partnerKind, base, draft)).toEqual({ description: 'new', additional_domains: ['b.example'] });
    expect(changesOf(partnerKind, base, draft).map(({ field }) => field.name)).toEqual(['description', 'additional_domains']);
    expect(bodyOf(partnerKind, base)).not.toHaveProperty('links');
  });

  it.each([['fabrikam.example', true], ['bücher.example', true], ['not a domain', false], ['a@b', false], ['*.a', false], ['a..b', false], ['a'.repeat(64), false]])('%s: %s', (domain, isGood) => {
    const field = partnerKind.fields.find((one) => one.name === 'domain')!;
    expect(faultOf(field, { ...newPartner(), domain }) === null).toBe(isGood);
  });

  it('says what it will use', () => {
    expect(willUse(newPartner())).toMatchObject({ status: 'good', sentence: 'Will use: SASL over TLS, else TLS dialback' });
    expect(willUse({ ...newPartner(), tls_negotiation: 'NotSupported' }).status).toBe('invalid');
  });
});

describe('the gateway', () => {
  it('keeps its passphrase unless a new one is typed', () => {
    const base = readDraft(gatewayKind, { enabled: true, dialback_passphrase_is_set: true });
    expect(patchOf(gatewayKind, base, { ...base, enabled: false })).toEqual({ enabled: false });
    expect(patchOf(gatewayKind, base, { ...base, dialback_passphrase: 'x' })).toEqual({ dialback_passphrase: 'x' });
  });

  it.each([[0, false], [1, true], [86_400, true], [86_401, false], [1.5, false], [Number.NaN, false]])('keep-alive %s: %s', (value, isGood) => {
    const field = gatewayKind.fields.find((one) => one.name === 'keep_alive_interval')!;
    expect(faultOf(field, { keep_alive_interval: value }) === null).toBe(isGood);
  });
});
