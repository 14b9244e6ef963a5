import type { Draft, Kind, Option } from './kind';

const HOMES: readonly Option[] = [
  { value: 'here', label: 'user.homedHere' },
  { value: 'legacy', label: 'user.homedLegacy' },
];

/** The policy is chosen by the page, which knows which there are. */
export const userKind: Kind = {
  path: 'users',
  newTitle: 'user.newTitle',
  editTitle: 'user.editTitle',
  committed: 'user.committed',
  erased: 'user.erased',
  id: (draft) => String(draft['uri']),
  name: (draft) => String(draft['uri']),
  fields: [
    {
      name: 'uri',
      type: 'text',
      label: 'user.uri',
      help: 'user.uriHelp',
      required: true,
      max: 1024,
      fixed: true,
    },
    { name: 'display_name', type: 'text', label: 'user.displayName', max: 256 },
    { name: 'enabled', type: 'check', label: 'user.enabled', help: 'user.enabledHelp' },
    { name: 'policy', type: 'select', label: 'user.policy', help: 'user.policyHelp' },
    { name: 'site', type: 'select', label: 'user.site' },
    { name: 'homed', type: 'select', label: 'user.homed', options: HOMES, help: 'user.homedHelp' },
  ],
};

export const newUser = (): Draft => ({
  uri: '',
  display_name: '',
  enabled: true,
  policy: '',
  site: '',
  homed: 'here',
});
