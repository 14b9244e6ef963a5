import type { Draft, Field, Kind } from './kind';

/** "Tag:Sales" as scope and name. */
export function scopeOf(identity: string): 'Global' | 'Site' | 'User' {
  return identity.startsWith('Site:') ? 'Site' : identity.startsWith('Tag:') ? 'User' : 'Global';
}

export const nameOf = (identity: string): string => identity.slice(identity.indexOf(':') + 1);

const FLAGS: readonly Field[] = [
  {
    name: 'enable_federation_access',
    type: 'check',
    label: 'policy.federated',
    help: 'policy.federatedHelp',
  },
  {
    name: 'enable_xmpp_access',
    type: 'check',
    label: 'policy.xmpp',
    help: 'policy.xmppHelp',
    parent: 'enable_federation_access',
  },
  { name: 'enable_outside_access', type: 'check', label: 'policy.remote', help: 'policy.storedHelp' },
  {
    name: 'enable_public_cloud_access',
    type: 'check',
    label: 'policy.public',
    help: 'policy.storedHelp',
  },
];

const kindOf = (fields: readonly Field[], newTitle: Kind['newTitle']): Kind => ({
  path: 'policies',
  fields,
  newTitle,
  editTitle: 'policy.editTitle',
  committed: 'policy.committed',
  erased: 'policy.erased',
  id: (draft) => String(draft['identity']),
  name: (draft) => String(draft['name']),
  read: (object) => ({
    ...(object as Draft),
    name: nameOf(String(object['identity'])),
  }),
  write: ({ name, identity, ...rest }) => ({
    ...rest,
    identity: identity === '' ? `Tag:${String(name)}` : identity,
  }),
});

const description: Field = { name: 'description', type: 'text', label: 'field.description' };

const isName = (draft: Draft): 'fault.name' | null => {
  const name = String(draft['name']);
  const isBad = name.trim() !== name || /[/:*?\p{Cc}]/u.test(name);
  return isBad ? 'fault.name' : null;
};

export const userPolicy = kindOf(
  [
    {
      name: 'name',
      type: 'text',
      label: 'field.name',
      help: 'policy.nameHelp',
      required: true,
      max: 64,
      fixed: true,
      check: isName,
    },
    description,
    ...FLAGS,
  ],
  'policy.newTitle',
);

/** Global and those of sites: their name is given. */
export const scopedPolicy = kindOf([description, ...FLAGS], 'policy.newTitle');

export const newPolicy = (identity: string, name: string): Draft => ({
  identity,
  name,
  description: '',
  enable_federation_access: false,
  enable_xmpp_access: false,
  enable_outside_access: false,
  enable_public_cloud_access: false,
});

export const policyKind = (identity: string): Kind =>
  scopeOf(identity) === 'User' ? userPolicy : scopedPolicy;
