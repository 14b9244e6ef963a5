// SIP federated domains, the block list that beats them and XMPP partners, and providers.
import type { Draft, Kind, Option } from './kind';
import { domainCheck } from './partners';

const LEVELS: readonly Option[] = [
  { value: 'AlwaysUnverifiable', label: 'level.AlwaysUnverifiable' },
  { value: 'UseSourceVerification', label: 'level.UseSourceVerification' },
  { value: 'AlwaysVerifiable', label: 'level.AlwaysVerifiable' },
];

const domain = {
  name: 'domain',
  type: 'text',
  label: 'sipDomain.domain',
  required: true,
  max: 256,
  fixed: true,
} as const;
const comment = { name: 'comment', type: 'text', label: 'sipDomain.comment' } as const;

const common = {
  path: 'sip-domains',
  newTitle: 'sipDomain.newTitle',
  editTitle: 'sipDomain.editTitle',
  committed: 'sipDomain.committed',
  erased: 'sipDomain.erased',
  id: (draft: Draft) => String(draft['domain']),
  name: (draft: Draft) => String(draft['domain']),
} as const;

export const allowedDomain: Kind = {
  ...common,
  fields: [
    { ...domain, check: domainCheck('domain') },
    {
      name: 'proxy_fqdn',
      type: 'text',
      label: 'sipDomain.proxy',
      help: 'sipDomain.proxyHelp',
      max: 256,
      check: domainCheck('proxy_fqdn'),
    },
    comment,
  ],
};

export const blockedDomain: Kind = { ...common, fields: [{ ...domain, help: 'sipDomain.blockedHelp' }, comment] };

export const newAllowedDomain = (): Draft => ({ kind: 'allowed', domain: '', proxy_fqdn: '', comment: '' });
export const newBlockedDomain = (): Draft => ({ kind: 'blocked', domain: '', comment: '' });

export const providerKind: Kind = {
  path: 'providers',
  newTitle: 'provider.newTitle',
  editTitle: 'provider.editTitle',
  committed: 'provider.committed',
  erased: 'provider.erased',
  id: (draft) => String(draft['name']),
  name: (draft) => String(draft['name']),
  fields: [
    { name: 'enabled', type: 'check', label: 'provider.enabled' },
    { name: 'name', type: 'text', label: 'provider.name', required: true, max: 64, fixed: true },
    {
      name: 'proxy_fqdn',
      type: 'text',
      label: 'provider.proxy',
      required: true,
      max: 256,
      check: domainCheck('proxy_fqdn'),
    },
    { name: 'verification_level', type: 'radio', label: 'provider.level', options: LEVELS },
  ],
};

export const newProvider = (kind: 'hosted' | 'public'): Draft => ({
  kind,
  name: '',
  enabled: false,
  proxy_fqdn: '',
  verification_level: 'AlwaysUnverifiable',
});
