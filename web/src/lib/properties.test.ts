import { describe, expect, it } from 'vitest';
import { propertyWords, valueWords } from './properties';

describe('the properties of a change', () => {
  it('are called as in their forms', () => {
    expect(propertyWords('policy', 'enable_xmpp_access')).toBe('Enable communications with XMPP federated users');
    expect(propertyWords('provider', 'proxy_fqdn')).toBe('Access Edge service (FQDN)');
    expect(propertyWords('certificate', 'key_file')).toBe('key_file');
    expect(propertyWords('nothing', 'x')).toBe('x');
  });
  it('have values as forms show them', () => {
    expect(valueWords('user', 'policy', 'Tag:Sales')).toBe('Sales');
    expect(valueWords('user', 'policy', '')).toBe('<Automatic>');
    expect(valueWords('partner', 'partner_type', 'PublicVerified')).toBe('Public verified');
    expect(valueWords('user', 'enabled', undefined)).toBe('–');
    expect(valueWords('certificate', 'x', { a: 1 })).toBe('{"a":1}');
  });
});
