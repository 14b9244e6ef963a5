// The properties of stored objects, as their forms call them and show their values.
import type { Field, Kind, Value } from '../kinds/kind';
import { partnerKind } from '../kinds/partners';
import { userPolicy } from '../kinds/policies';
import { accessEdgeKind, gatewayKind, siteKind } from '../kinds/settings';
import { allowedDomain, blockedDomain, providerKind } from '../kinds/sip';
import { userKind } from '../kinds/users';
import { t } from './i18n.svelte';
import { shown } from './shown';

const KINDS: Record<string, Kind> = {
  partner: partnerKind,
  policy: userPolicy,
  'access-edge': accessEdgeKind,
  gateway: gatewayKind,
  site: siteKind,
  'allowed-domain': allowedDomain,
  'blocked-domain': blockedDomain,
  provider: providerKind,
  user: userKind,
};

const fieldOf = (kind: string, name: string): Field | undefined => KINDS[kind]?.fields.find((one) => one.name === name);

/** "enable_xmpp_access" of a policy as its box is called; what no form has, as it is. */
export function propertyWords(kind: string, name: string): string {
  const field = fieldOf(kind, name);
  return field ? t(field.label).replace(/:$/, '') : name;
}

/** Its value; nothing: there was none. */
export function valueWords(kind: string, name: string, value: unknown): string {
  if (value === undefined) return '–';
  const field = fieldOf(kind, name);
  if (field) return shown(field, value as Value);
  return typeof value === 'string' ? value || t('value.empty') : JSON.stringify(value);
}
