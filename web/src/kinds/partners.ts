import { t } from '../lib/i18n.svelte';
import { judge, type Negotiation } from '../lib/negotiation';
import type { Key } from '../locales/en';
import type { Draft, Kind, Option, Verdict } from './kind';

const NEGOTIATIONS: readonly Option[] = [
  { value: 'Required', label: 'negotiation.required' },
  { value: 'Optional', label: 'negotiation.optional' },
  { value: 'NotSupported', label: 'negotiation.notSupported' },
];

export const PARTNER_TYPES: readonly Option[] = [
  { value: 'Federated', label: 'partnerType.Federated' },
  { value: 'PublicVerified', label: 'partnerType.PublicVerified' },
  { value: 'PublicUnverified', label: 'partnerType.PublicUnverified' },
];

const DOMAIN = /^(?=.{1,253}$)([^\s.@/:*?_\p{Cc}]{1,63}\.)*[^\s.@/:*?_\p{Cc}]{1,63}\.?$/u;

/** SHA-256, as tools print it: 64 hexadecimal digits, with or without colons. */
const FINGERPRINT = /^(:*[\da-f]:*){64}$/i;

export const isDomain = (text: string): boolean => DOMAIN.test(text);

const domainFault =
  (name: string) =>
  (draft: Draft): Key | null => {
    const value = draft[name];
    const all = Array.isArray(value) ? value : [String(value ?? '')];
    return all.every((one) => one === '' || isDomain(one)) ? null : 'fault.domain';
  };

export const domainCheck = domainFault;

/** "SASL over TLS, else TLS dialback" */
export function willUse(draft: Draft): Verdict {
  const verdict = judge(
    draft['tls_negotiation'] as Negotiation,
    draft['sasl_negotiation'] as Negotiation,
    draft['support_dialback_negotiation'] === true,
  );
  const methods = verdict.methods.map((method) => t(`method.${method}`));
  return {
    // What the original's form refuses is refused here too, and explained.
    status: verdict.isRefusedByPanel ? 'invalid' : verdict.status,
    sentence: methods.length
      ? t('negotiation.willUse', { methods: methods.join(t('negotiation.else')) })
      : t('negotiation.nothing'),
    why: verdict.reason === 'none' ? '' : t(`negotiation.reason.${verdict.reason}`),
  };
}

export const partnerKind: Kind = {
  path: 'partners',
  newTitle: 'partner.newTitle',
  editTitle: 'partner.editTitle',
  committed: 'partner.committed',
  erased: 'partner.erased',
  id: (draft) => String(draft['domain']),
  name: (draft) => String(draft['domain']),
  judge: willUse,
  fields: [
    {
      name: 'domain',
      type: 'text',
      label: 'partner.domain',
      help: 'partner.domainHelp',
      required: true,
      max: 256,
      fixed: true,
      check: domainFault('domain'),
    },
    { name: 'description', type: 'text', label: 'field.description' },
    {
      name: 'additional_domains',
      type: 'domains',
      label: 'partner.additional',
      help: 'partner.additionalHelp',
      check: domainFault('additional_domains'),
    },
    {
      name: 'partner_type',
      type: 'select',
      label: 'partner.type',
      required: true,
      options: PARTNER_TYPES,
    },
    {
      name: 'tls_negotiation',
      type: 'select',
      label: 'partner.tls',
      options: NEGOTIATIONS,
      group: 'partner.connectionType',
    },
    {
      name: 'sasl_negotiation',
      type: 'select',
      label: 'partner.sasl',
      options: NEGOTIATIONS,
      group: 'partner.connectionType',
    },
    {
      name: 'support_dialback_negotiation',
      type: 'select',
      label: 'partner.dialback',
      options: [
        { value: true, label: 'value.true' },
        { value: false, label: 'value.false' },
      ],
      group: 'partner.connectionType',
    },
    {
      name: 'enabled',
      type: 'check',
      label: 'partner.enabled',
      help: 'partner.enabledHelp',
      group: 'partner.settings',
    },
    {
      name: 'enable_keep_alive',
      type: 'check',
      label: 'partner.keepAlive',
      help: 'partner.keepAliveHelp',
      group: 'partner.settings',
    },
    {
      name: 'connection_limit',
      type: 'number',
      label: 'partner.connectionLimit',
      help: 'partner.connectionLimitHelp',
      optional: true,
      least: 1,
      most: 1_000_000,
      group: 'partner.settings',
    },
    {
      name: 'proxy_fqdn',
      type: 'text',
      label: 'partner.proxy',
      help: 'partner.proxyHelp',
      max: 256,
      check: (draft) =>
        domainFault('proxy_fqdn')({
          proxy_fqdn: String(draft['proxy_fqdn'] ?? '').replace(/:\d{1,5}$/, ''),
        }),
      group: 'partner.settings',
    },
    {
      name: 'allow_private_addresses',
      type: 'check',
      label: 'partner.privateAddresses',
      help: 'partner.privateAddressesHelp',
      group: 'partner.settings',
    },
    {
      name: 'allow_posh',
      type: 'check',
      label: 'partner.posh',
      help: 'partner.poshHelp',
      group: 'partner.settings',
    },
    {
      name: 'pinned_certificate',
      type: 'domains',
      label: 'partner.pinned',
      help: 'partner.pinnedHelp',
      check: (draft) =>
        ((draft['pinned_certificate'] ?? []) as string[]).every((one) => FINGERPRINT.test(one))
          ? null
          : 'fault.fingerprint',
      group: 'partner.settings',
    },
  ],
};

export const newPartner = (): Draft => ({
  domain: '',
  description: '',
  additional_domains: [],
  partner_type: 'PublicUnverified',
  tls_negotiation: 'Required',
  // Not the cmdlet's default: most certificates of today cannot prove a client's domain by SASL, and
  // dialback over TLS then still does.
  sasl_negotiation: 'Optional',
  support_dialback_negotiation: true,
  enabled: true,
  enable_keep_alive: true,
  connection_limit: null,
  proxy_fqdn: '',
  allow_private_addresses: false,
  allow_posh: false,
  pinned_certificate: [],
});
