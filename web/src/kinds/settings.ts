// The switches that there is one of: Access Edge and the XMPP gateway; and sites and pools.
import type { Draft, Kind } from './kind';

export const accessEdgeKind: Kind = {
  path: 'access-edge',
  newTitle: 'edge.editTitle',
  editTitle: 'edge.editTitle',
  committed: 'edge.committed',
  id: () => '',
  name: () => 'Global',
  fields: [
    {
      name: 'allow_federated_users',
      type: 'check',
      label: 'edge.federation',
      help: 'edge.federationHelp',
    },
    {
      name: 'enable_partner_discovery',
      type: 'check',
      label: 'edge.discovery',
      help: 'policy.storedHelp',
      parent: 'allow_federated_users',
    },
    {
      name: 'enable_archiving_disclaimer',
      type: 'check',
      label: 'edge.disclaimer',
      help: 'policy.storedHelp',
      parent: 'allow_federated_users',
    },
    { name: 'allow_outside_users', type: 'check', label: 'edge.remote', help: 'policy.storedHelp' },
    {
      name: 'allow_anonymous_users',
      type: 'check',
      label: 'edge.anonymous',
      help: 'policy.storedHelp',
    },
  ],
};

const DAY = 86_400;

const seconds = (name: string, label: Kind['newTitle'], help: Kind['newTitle'], least = 1) =>
  ({ name, type: 'number', label, help, least, most: DAY, unit: 'unit.seconds' }) as const;

export const gatewayKind: Kind = {
  path: 'gateway',
  newTitle: 'gateway.title',
  editTitle: 'gateway.title',
  committed: 'gateway.committed',
  id: () => '',
  name: () => 'global',
  fields: [
    { name: 'enabled', type: 'check', label: 'gateway.enabled', help: 'gateway.enabledHelp' },
    {
      name: 'connection_limit',
      type: 'number',
      label: 'gateway.connectionLimit',
      help: 'gateway.connectionLimitHelp',
      least: 1,
      most: 1_000_000,
    },
    {
      name: 'partner_connection_limit',
      type: 'number',
      label: 'gateway.partnerConnectionLimit',
      help: 'gateway.partnerConnectionLimitHelp',
      least: 1,
      most: 1_000_000,
    },
    seconds('keep_alive_interval', 'gateway.keepAlive', 'gateway.keepAliveHelp'),
    seconds('stream_establishment_timeout', 'gateway.establishment', 'gateway.establishmentHelp'),
    seconds('stream_inactivity_timeout', 'gateway.inactivity', 'gateway.inactivityHelp'),
    seconds('subscription_refresh_interval', 'gateway.refresh', 'gateway.refreshHelp', 60),
    {
      name: 'presence_restore_rate',
      type: 'number',
      label: 'gateway.restoreRate',
      help: 'gateway.restoreRateHelp',
      least: 10,
      most: 10_000,
      unit: 'unit.perSecond',
    },
    {
      name: 'dialback_passphrase',
      type: 'secret',
      label: 'gateway.passphrase',
      help: 'gateway.passphraseHelp',
      max: 1024,
    },
    {
      name: 'enable_logging_all_message_bodies',
      type: 'check',
      label: 'gateway.bodies',
      help: 'gateway.bodiesHelp',
    },
  ],
  read: (object) => ({ ...(object as Draft), dialback_passphrase: '' }),
  write: ({ dialback_passphrase: secret, dialback_passphrase_is_set: _, ...rest }) =>
    secret === '' || secret === undefined ? rest : { ...rest, dialback_passphrase: secret },
};

export const siteKind: Kind = {
  path: 'sites',
  newTitle: 'site.newTitle',
  editTitle: 'site.editTitle',
  committed: 'site.committed',
  erased: 'site.erased',
  id: (draft) => String(draft['name']),
  name: (draft) => String(draft['name']),
  fields: [
    { name: 'name', type: 'text', label: 'field.name', required: true, max: 64, fixed: true },
    { name: 'description', type: 'text', label: 'field.description' },
  ],
};
export const newSite = (): Draft => ({ name: '', description: '' });
