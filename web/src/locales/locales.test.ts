import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PAGES } from '../lib/pages';
import { de } from './de';
import { en, type Key } from './en';

const SOURCE = new URL('..', import.meta.url).pathname;

function* sources(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (/\.(svelte|ts)$/.test(name) && !path.includes('/locales/')) yield readFileSync(path, 'utf8');
  }
}

const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

describe('the catalogues', () => {
  it('have the same keys', () => expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort()));

  it.each(Object.keys(en) as Key[])('%s holds the same values in each language', (key) => {
    expect(en[key].trim()).not.toBe('');
    expect(de[key].trim()).not.toBe('');
    expect(places(de[key])).toEqual(places(en[key]));
  });

  it('hold no text that nobody shows', () => {
    const all = [...sources(SOURCE)].join('\n');
    const unused = Object.keys(en).filter((key) => {
      const base = key.replace(/_(one|other)$/, '');
      const stem = base.slice(0, base.lastIndexOf('.') + 1);
      return !all.includes(`'${base}'`) && !all.includes(`\`${stem}\${`);
    });
    expect(unused.filter((key) => !key.startsWith('nav.'))).toEqual([]);
  });
});

// The labels of the original's control panel.
const LABELS: Partial<Record<Key, string>> = {
  'nav.federation': 'Federation and External Access',
  'tab.policies': 'External Access Policy',
  'tab.accessEdge': 'Access Edge Configuration',
  'tab.sipDomains': 'SIP Federated Domains',
  'tab.providers': 'SIP Federated Providers',
  'tab.partners': 'XMPP Federated Partners',
  'verb.new': 'New',
  'verb.edit': 'Edit',
  'verb.showDetails': 'Show details',
  'verb.selectAll': 'Select All',
  'verb.delete': 'Delete',
  'verb.commit': 'Commit',
  'verb.cancel': 'Cancel',
  'verb.ok': 'OK',
  'policy.newSite': 'Site policy',
  'policy.newUser': 'User policy',
  'site.select': 'Select a Site',
  'policy.newTitle': 'New External Access Policy',
  'policy.federated': 'Enable communications with federated users',
  'policy.xmpp': 'Enable communications with XMPP federated users',
  'policy.remote': 'Enable communications with remote users',
  'policy.public': 'Enable communications with public users',
  'edge.editTitle': 'Edit Access Edge Configuration',
  'edge.federation': 'Enable federation and public IM connectivity',
  'edge.discovery': 'Enable partner domain discovery',
  'edge.disclaimer': 'Send archiving disclaimer to federated partners',
  'edge.remote': 'Enable remote user access',
  'edge.anonymous': 'Enable anonymous user access to conferences',
  'sipDomain.newTitle': 'New Federated Domains',
  'sipDomain.newAllowed': 'Allowed domain',
  'sipDomain.newBlocked': 'Blocked domain',
  'sipDomain.domain': 'Domain name (or FQDN)',
  'sipDomain.proxy': 'Access Edge service (FQDN)',
  'sipDomain.comment': 'Comment',
  'provider.newHosted': 'Hosted provider',
  'provider.newPublic': 'Public provider',
  'provider.enabled': 'Enable communications with this provider',
  'provider.name': 'Provider name:',
  'provider.proxy': 'Access Edge service (FQDN):',
  'provider.level': 'Default verification level:',
  'partner.domain': 'Primary domain',
  'field.description': 'Description',
  'partner.additional': 'Additional domains',
  'partner.type': 'Partner type',
  'partnerType.Federated': 'Federated',
  'partnerType.PublicVerified': 'Public verified',
  'partnerType.PublicUnverified': 'Public unverified',
  'partner.connectionType': 'Connection Type',
  'partner.tls': 'TLS Negotiation',
  'partner.sasl': 'SASL negotiation',
  'partner.dialback': 'Support server dialback negotiation',
  'negotiation.required': 'Required',
  'negotiation.optional': 'Optional',
  'negotiation.notSupported': 'Not Supported',
  'value.true': 'True',
  'value.false': 'False',
  'user.editTitle': 'Edit Lync Server User',
  'user.policy': 'External access policy',
  'user.automatic': '<Automatic>',
};

describe('the labels of the original', () => {
  it.each(Object.entries(LABELS))('%s', (key, label) => expect(en[key as Key]).toBe(label));
});

describe('the navigation', () => {
  const wanted = ['Home', 'Users', 'Federation and External Access', 'Conversations', 'Live',
    'Diagnostics', 'Certificates', 'Settings', 'Migration', 'Administration'];

  it('keeps its order', () => {
    const labels = PAGES.map((page) => en[page.label] as string);
    expect(labels).toEqual(wanted.filter((label) => labels.includes(label)));
  });

  it('has the addresses that the gateway answers with the page', () => {
    const file = readFileSync(join(SOURCE, '../../src/admin/panel_files.cpp'), 'utf8');
    for (const { path } of PAGES) expect(file).toContain(`"${path.slice(1)}"`);
  });
});
