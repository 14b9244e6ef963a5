import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ClixmlFault, decoded, LIMITS, readClixml, textOf } from './clixml';
import { LyncReader, type LyncExport } from './lync_export';

const FILES = ['01-lync2013-xmpp-allowed-partners.xml', '02-sfb2015-xmpp-gateway-configuration.xml',
  '03-sfb2019-external-access-policies-remote.xml', '04-lync2013-users.xml'];
const [PARTNERS = '', GATEWAY = '', POLICIES = '', USERS = ''] = FILES;
const file = (name: string): Uint8Array => readFileSync(new URL(`../../../tests/data/clixml/${name}`, import.meta.url));

function read(...names: string[]): LyncExport {
  const reader = new LyncReader();
  for (const name of names) reader.take(readClixml(file(name)));
  return reader.finish();
}

const bodies = (found: LyncExport, kind: string): Record<string, unknown>[] =>
  found.objects.filter((one) => one.kind === kind).map(({ body }) => body);

const OBJS = (inside: string): string =>
  `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">${inside}</Objs>`;
const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf16 = (text: string, mark = true): Uint8Array => {
  const made = new Uint8Array(Buffer.from(text, 'utf16le'));
  return mark ? new Uint8Array([0xff, 0xfe, ...made]) : made;
};

function reasonOf(given: Uint8Array): string {
  try {
    readClixml(given);
    return 'read';
  } catch (error) {
    expect(error).toBeInstanceOf(ClixmlFault);
    return (error as ClixmlFault).reason;
  }
}

describe('the files of Export-Clixml', () => {
  it('give partners with all that they say', () => {
    const [first, second, third] = bodies(read(PARTNERS), 'partner');
    expect(first).toEqual({
      domain: 'fabrikam.example',
      description: 'Contact: Ken Myer, +1 555 0100',
      additional_domains: ['corp.fabrikam.example', 'it.fabrikam.example'],
      partner_type: 'Federated',
      tls_negotiation: 'Required',
      sasl_negotiation: 'Required',
      support_dialback_negotiation: false,
      enable_keep_alive: true,
      connection_limit: 20,
      proxy_fqdn: '',
    });
    expect(second).toMatchObject({
      domain: 'chat.contoso.example',
      description: 'R&D <partner>, see CR_x41',
      partner_type: 'PublicVerified',
      tls_negotiation: 'Optional',
      sasl_negotiation: 'Optional',
      support_dialback_negotiation: true,
    });
    expect(third).toMatchObject({
      domain: 'legacy-talk.example',
      description: '',
      partner_type: 'PublicUnverified',
      tls_negotiation: 'NotSupported',
      sasl_negotiation: 'NotSupported',
      enable_keep_alive: false,
      connection_limit: 5,
      proxy_fqdn: 'xmpp-in.legacy-talk.example',
    });
  });

  it('say once what has no meaning here', () => {
    expect(read(PARTNERS, GATEWAY).ignored).toEqual(expect.arrayContaining(['Element', 'XsAnyElements']));
    expect(read(POLICIES).ignored).toEqual(expect.arrayContaining(['PSComputerName', 'RunspaceId', 'PSShowComputerName']));
    expect(read(USERS).ignored).toEqual([]);
  });

  it('give the settings of the gateway, the passphrase apart from them', () => {
    const found = read(GATEWAY);
    expect(bodies(found, 'gateway')).toEqual([{
      connection_limit: 1200,
      partner_connection_limit: 20,
      stream_establishment_timeout: 60,
      stream_inactivity_timeout: 600,
      keep_alive_interval: 300,
      subscription_refresh_interval: 28800,
    }]);
    expect(found.passphrase).toBe('not-a-real-passphrase');
    expect(JSON.stringify(found.objects)).not.toContain('not-a-real');
  });

  it('give policies of a remote session, and the sites that they name', () => {
    const found = read(POLICIES);
    const told = bodies(found, 'policy').map((one) => [one['identity'], one['enable_federation_access'], one['enable_xmpp_access']]);
    expect(told).toEqual([
      ['Global', false, false],
      ['Site:Redmond', true, false],
      ['Site:Dublin', true, true],
      ['Tag:XmppPilot', true, true],
      ['Tag:NoExternal', false, false],
    ]);
    expect(bodies(found, 'site').map(({ name }) => name).sort()).toEqual(['Dublin', 'Redmond']);
    expect(bodies(found, 'policy')[1]?.['description']).toBe('Redmond data centre');
  });

  it('give users, in whatever order the files come', () => {
    const found = read(USERS, POLICIES);
    expect(found.users).toEqual([
      { uri: 'ken.myer@corp.example', display_name: 'Ken Myer', policy: 'XmppPilot', pool: 'lyncpool01.corp.example' },
      { uri: 'pilar.ackerman@corp.example', display_name: 'Pilar Ackerman', policy: '', pool: 'lyncpool01.corp.example' },
      { uri: 'ase.sorensen@corp.example', display_name: 'Sörensen, Åse \u{1f642}', policy: 'NoExternal', pool: expect.any(String) as string },
    ]);
    expect(found.skipped).toEqual({ disabled: 1, addressless: 1 });
    expect(found.read['user']).toBe(5);
    expect(read(POLICIES, USERS)).toEqual(found);
  });

  it('are read whatever PowerShell has made of them', () => {
    const selected = OBJS('<Obj RefId="0"><TN RefId="0"><T>Selected.Microsoft.X</T><T>System.Management.Automation.PSCustomObject</T></TN><MS><S N="SipAddress">sip:Ann@corp.example</S><S N="ExternalAccessPolicy">Tag:Sales</S><B N="Enabled">true</B></MS></Obj>'
      + '<Obj RefId="1"><MS><S N="Fqdn">Pool1.corp.example</S><S N="Site">Site:Paris</S></MS></Obj><Obj RefId="2"><MS><S N="Identity">Site:Lyon</S><S N="SiteId">Lyon</S></MS></Obj>');
    const reader = new LyncReader();
    for (const given of [octets(selected), utf16('')].slice(0, 1)) reader.take(readClixml(given));
    const found = reader.finish();
    expect(found.users).toEqual([{ uri: 'ann@corp.example', display_name: '', policy: 'Sales', pool: '' }]);
    expect(bodies(found, 'pool')).toEqual([{ site: 'Paris' }]);
    expect(bodies(found, 'site').map(({ name }) => name).sort()).toEqual(['Lyon', 'Paris']);
    for (const given of [utf16(selected), utf16(selected, false), octets(`\ufeff${selected}`), octets(selected)]) {
      expect(readClixml(given)).toHaveLength(3);
    }
  });
});

const partner = (more: string): string =>
  `<Obj RefId="${String(Math.random())}"><Props><S N="TlsNegotiation">Required</S>${more}</Props></Obj>`;

describe('what cannot be as it is written', () => {
  const refused = (inside: string): LyncExport => {
    const reader = new LyncReader();
    reader.take(readClixml(octets(OBJS(inside))));
    return reader.finish();
  };

  it('is refused with the reason', () => {
    expect(refused(partner('<S N="Domain">a.example</S><S N="Identity">b.example</S>')).objects[0]).toMatchObject({
      isRefused: true, notes: [{ id: 'twoDomains' }] });
    expect(refused(partner('')).objects[0]).toMatchObject({ isRefused: true, notes: [{ id: 'noDomain' }] });
    expect(refused(partner('<S N="Domain">a.example</S><S N="PartnerType">Friend</S>')).objects[0]).toMatchObject({
      isRefused: true, notes: [{ id: 'value', value: 'Friend' }] });
    const twice = refused(partner('<S N="Domain">a.example</S>') + partner('<S N="Domain">b.example</S><Obj N="AdditionalDomains" RefId="9"><LST><S>A.example</S><S>A.example.</S></LST></Obj>'));
    expect(twice.objects.map(({ isRefused }) => isRefused)).toEqual([false, true]);
    expect(twice.objects[1]?.notes.map(({ id }) => id)).toEqual(['doubleDomain', 'domainTwice']);
  });

  it('is noted', () => {
    const alone = '<Obj RefId="1"><Props><S N="Identity">Tag:X</S><B N="EnableXmppAccess">true</B></Props></Obj>';
    expect(refused(alone).objects[0]).toMatchObject({ isRefused: false, notes: [{ id: 'xmppAlone' }] });
    expect(refused('<Obj RefId="1"><MS><S N="What">ever</S></MS></Obj>').notes).toMatchObject([{ id: 'unknownKind' }]);
  });
});

describe('hostile files', () => {
  const deep = (levels: number): string =>
    '<Obj N="a"><MS>'.repeat(levels) + '</MS></Obj>'.repeat(levels);

  it.each([
    ['an entity', '<!DOCTYPE Objs [<!ENTITY a "b">]>' + OBJS('<S>&a;</S>'), 'doctype'],
    ['an unknown entity', OBJS('<S>&a;</S>'), 'malformed'],
    ['51 objects inside each other', OBJS(deep(51)), 'deep'],
    ['many more', OBJS(deep(5000)), 'deep'],
    ['another root', '<a/>', 'notClixml'],
    ['another namespace', '<Objs xmlns="urn:x"/>', 'notClixml'],
    ['text', 'Hello', 'notClixml'],
    ['nothing', '', 'notClixml'],
    ['a reference to nothing', OBJS('<Obj RefId="0"><MS><Ref N="a" RefId="7"/></MS></Obj>'), 'reference'],
    ['an id twice', OBJS('<Obj RefId="0"/><Obj RefId="0"/>'), 'reference'],
    ['a property twice', OBJS('<Obj RefId="0"><MS><S N="A"/><S N="a"/></MS></Obj>'), 'malformed'],
    ['an attribute twice', OBJS('<Obj RefId="0" RefId="0"/>'), 'malformed'],
  ])('%s', (_, text, reason) => expect(reasonOf(octets(text))).toBe(reason));

  it('are named when they are cut anywhere', () => {
    const whole = octets(OBJS('<Obj RefId="0"><Props><S N="Domain">a&amp;b</S></Props></Obj>'));
    for (let length = 0; length < whole.length; length += 1) {
      expect(reasonOf(whole.subarray(0, length)), `${length} octets`).not.toBe('read');
    }
  });

  it('do not get larger than their limit', () => expect(reasonOf(new Uint8Array(LIMITS.octets + 1))).toBe('large'));
  it('do not lie about their encoding', () => {
    expect(reasonOf(new Uint8Array([0xff, 0xfe, ...octets(OBJS(''))]))).not.toBe('read');
    expect(reasonOf(new Uint8Array([...octets('<S>'), 0xc3, 0x28]))).toBe('encoding');
  });

  it('are no more to read than they are long', () => {
    const circle = readClixml(octets(OBJS('<Obj RefId="0"><MS><Ref N="Name" RefId="0"/><Ref N="FriendlyName" RefId="0"/></MS></Obj>')));
    expect(textOf(circle[0])).toBe('');
    let lists = '<Obj N="L0" RefId="a0"><LST><S>x</S><S>x</S></LST></Obj>';
    for (let i = 1; i < 40; i += 1) {
      lists += `<Obj N="L${i}" RefId="a${i}"><LST><Ref RefId="a${i - 1}"/><Ref RefId="a${i - 1}"/></LST></Obj>`;
    }
    const [bomb] = readClixml(octets(OBJS(`<Obj RefId="o"><MS>${lists}</MS></Obj>`)));
    expect(textOf(bomb?.properties.get('l0'))).toBe('x x');
    expect(textOf(bomb?.properties.get('l39')).length).toBeLessThan(10);
  });
  it('may name themselves', () => {
    const [self] = readClixml(octets(OBJS('<Obj RefId="0"><MS><Ref N="Me" RefId="0"/></MS></Obj>')));
    expect(textOf(self)).toBe('');
  });

  it('keep scripts and secrets as they are', () => {
    const [one] = readClixml(octets(OBJS('<Obj RefId="0"><MS><SBK N="A">Remove-Item</SBK><SS N="B">0100</SS></MS></Obj>')));
    expect(one?.properties.get('a')).toBe('Remove-Item');
  });
});

it('decodes once, from left to right', () => {
  expect(decoded('_x005F_x41')).toBe('_x41');
  expect(decoded('svc_x-archive')).toBe('svc_x-archive');
  expect(decoded('_xD83D__xDE42_')).toBe('\u{1f642}');
  expect(decoded('_xD83D_!')).toBe('\ufffd!');
});
