// What the objects of an export are to us: partners, policies, users, as the admin API takes them.
import { textOf, type ClixmlObject, type ClixmlValue } from './clixml';

export type ObjectKind = 'site' | 'pool' | 'policy' | 'gateway' | 'partner' | 'user';

/** Something to be said of what was read; a text of the catalogue, `import.note.ID`. */
export interface Note {
  id:
    | 'twoDomains'
    | 'noDomain'
    | 'doubleDomain'
    | 'domainTwice'
    | 'xmppAlone'
    | 'policyUnknown'
    | 'poolUnknown'
    | 'bodies'
    | 'lines'
    | 'limit'
    | 'value'
    | 'thereTwice'
    | 'unknownKind';
  of: string;
  value?: string;
}

export interface LyncUser {
  uri: string;
  display_name: string;
  /** Its name without "Tag:"; empty: <Automatic>. */
  policy: string;
  pool: string;
}

export interface LyncObject {
  kind: Exclude<ObjectKind, 'user'>;
  id: string;
  body: Record<string, unknown>;
  /** It cannot be taken as it is. */
  isRefused: boolean;
  notes: Note[];
}

export interface LyncExport {
  objects: LyncObject[];
  users: LyncUser[];
  /** Objects of each kind that were read. */
  read: Partial<Record<ObjectKind, number>>;
  skipped: { disabled: number; addressless: number };
  passphrase: string;
  /** Properties without a meaning here, each once. */
  ignored: string[];
  notes: Note[];
}

/** What our files must hold to be one of a kind: a PowerShell pipeline may strip the type names. */
const MARKS: readonly [ObjectKind, string[]][] = [
  ['user', ['sipaddress']],
  ['partner', ['tlsnegotiation']],
  ['gateway', ['partnerconnectionlimit']],
  ['policy', ['enablefederationaccess']],
  ['policy', ['enablexmppaccess']],
  ['pool', ['fqdn', 'site']],
  ['site', ['siteid']],
  ['site', ['identity', 'pools']],
];

const KNOWN: Record<ObjectKind, string[]> = {
  user: ['sipaddress', 'displayname', 'enabled', 'externalaccesspolicy', 'registrarpool', 'identity'],
  partner: ['domain', 'identity', 'additionaldomains', 'partnertype', 'description', 'proxyfqdn', 'connectionlimit',
    'enablekeepalive', 'tlsnegotiation', 'saslnegotiation', 'supportdialbacknegotiation'],
  gateway: ['identity', 'connectionlimit', 'partnerconnectionlimit', 'streamestablishmenttimeout',
    'streaminactivitytimeout', 'keepaliveinterval', 'subscriptionrefreshinterval', 'enableloggingallmessagebodies',
    'dialbackpassphrase'],
  policy: ['identity', 'description', 'enablefederationaccess', 'enablexmppaccess', 'enableoutsideaccess',
    'enablepubliccloudaccess', 'enablepubliccloudaudiovideoaccess'],
  pool: ['identity', 'fqdn', 'site'],
  site: ['identity', 'siteid', 'pools', 'displayname', 'description', 'name'],
};

const get = (object: ClixmlObject, name: string): ClixmlValue | undefined => object.properties.get(name);
const text = (object: ClixmlObject, name: string): string => textOf(get(object, name)).trim();
const flag = (object: ClixmlObject, name: string, otherwise = false): boolean => {
  const value = get(object, name);
  return value === undefined || value === null ? otherwise : /^true$/i.test(textOf(value));
};
const number = (object: ClixmlObject, name: string): number | null => {
  const value = text(object, name);
  return /^\d+$/.test(value) ? Number(value) : null;
};

export const domainOf = (name: string): string => name.trim().toLowerCase().replace(/\.$/, '');

/** "Tag:X", "site:X" or "X" as scope and name. */
function identityOf(name: string): { scope: 'global' | 'site' | 'user'; name: string } {
  const [, scope = '', rest = ''] = /^(?:(tag|site|global):?)?(.*)$/is.exec(name.trim()) ?? [];
  const lower = scope.toLowerCase();
  if (lower === 'site') return { scope: 'site', name: rest };
  if (lower === 'global' && rest === '') return { scope: 'global', name: '' };
  return { scope: 'user', name: lower === 'global' ? scope + rest : rest };
}

const siteName = (name: string): string => identityOf(name).name || name.trim();

/** A description is one line here. */
function description(object: ClixmlObject, of: string, notes: Note[]): string {
  const value = textOf(get(object, 'description'));
  const line = value.trim().replace(/\s*[\r\n]+\s*/g, ', ').replace(/\p{Cc}+/gu, ' ');
  if (line !== value.trim()) notes.push({ id: 'lines', of });
  return line;
}

const NEGOTIATION = ['Required', 'Optional', 'NotSupported'];
const TYPES = ['Federated', 'PublicVerified', 'PublicUnverified'];

/** Reads the objects of all files; what they mean to each other does not depend on their order. */
export class LyncReader {
  readonly #made: LyncExport = {
    objects: [],
    users: [],
    read: {},
    skipped: { disabled: 0, addressless: 0 },
    passphrase: '',
    ignored: [],
    notes: [],
  };
  readonly #objects = new Map<string, LyncObject>();
  readonly #sites = new Set<string>();

  take(objects: readonly ClixmlObject[]): void {
    for (const object of objects) {
      const kind = MARKS.find(([, marks]) => marks.every((name) => object.properties.has(name)))?.[0];
      if (!kind) {
        this.#made.notes.push({ id: 'unknownKind', of: object.types[0] ?? object.text });
        continue;
      }
      this.#made.read[kind] = (this.#made.read[kind] ?? 0) + 1;
      for (const name of object.names) this.#ignore(kind, name);
      this.#read[kind](object);
    }
  }

  finish(): LyncExport {
    for (const site of this.#sites) this.#add('site', site, { name: site }, []);
    const order: ObjectKind[] = ['site', 'pool', 'policy', 'gateway', 'partner'];
    this.#made.objects = [...this.#objects.values()].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    this.#compareDomains();
    return this.#made;
  }

  /** What a user says is never listed: Get-CsUser has a hundred properties. */
  #ignore(kind: ObjectKind, name: string): void {
    const isKnown = kind === 'user' || KNOWN[kind].includes(name.toLowerCase());
    if (!isKnown && !this.#made.ignored.includes(name)) this.#made.ignored.push(name);
  }

  #add(kind: LyncObject['kind'], id: string, body: Record<string, unknown>, notes: Note[], isRefused = false): void {
    const key = `${kind} ${id.toLowerCase()}`;
    if (!this.#objects.has(key)) this.#objects.set(key, { kind, id, body, notes, isRefused });
    else if (kind !== 'site') this.#made.notes.push({ id: 'thereTwice', of: id || kind });
  }

  readonly #read: Record<ObjectKind, (object: ClixmlObject) => void> = {
    user: (object) => {
      const uri = text(object, 'sipaddress').replace(/^sip:/i, '');
      if (uri === '') this.#made.skipped.addressless += 1;
      else if (!flag(object, 'enabled', true)) this.#made.skipped.disabled += 1;
      else {
        this.#made.users.push({
          uri: uri.toLowerCase(),
          display_name: textOf(get(object, 'displayname')),
          policy: identityOf(text(object, 'externalaccesspolicy')).name,
          pool: domainOf(text(object, 'registrarpool')),
        });
      }
    },
    pool: (object) => {
      const fqdn = domainOf(text(object, 'fqdn'));
      const site = siteName(text(object, 'site'));
      if (fqdn === '' || site === '') return;
      this.#sites.add(site);
      this.#add('pool', fqdn, { site }, []);
    },
    site: (object) => {
      const name = siteName(text(object, 'identity') || text(object, 'displayname') || text(object, 'name'));
      if (name !== '') this.#sites.add(name);
    },
    policy: (object) => {
      const { scope, name } = identityOf(text(object, 'identity'));
      if (scope === 'site') this.#sites.add(name);
      const identity = scope === 'global' ? 'Global' : scope === 'site' ? `Site:${name}` : `Tag:${name}`;
      const notes: Note[] = [];
      const body = {
        identity,
        description: description(object, identity, notes),
        enable_federation_access: flag(object, 'enablefederationaccess'),
        enable_xmpp_access: flag(object, 'enablexmppaccess'),
        enable_outside_access: flag(object, 'enableoutsideaccess'),
        enable_public_cloud_access: flag(object, 'enablepubliccloudaccess'),
        enable_public_cloud_audio_video_access: flag(object, 'enablepubliccloudaudiovideoaccess'),
      };
      if (body.enable_xmpp_access && !body.enable_federation_access) notes.push({ id: 'xmppAlone', of: identity });
      this.#add('policy', identity, body, notes);
    },
    gateway: (object) => {
      const body: Record<string, unknown> = {};
      const names = {
        connectionlimit: 'connection_limit',
        partnerconnectionlimit: 'partner_connection_limit',
        streamestablishmenttimeout: 'stream_establishment_timeout',
        streaminactivitytimeout: 'stream_inactivity_timeout',
        keepaliveinterval: 'keep_alive_interval',
        subscriptionrefreshinterval: 'subscription_refresh_interval',
      };
      for (const [from, to] of Object.entries(names)) {
        const value = number(object, from);
        if (value !== null) body[to] = value;
      }
      this.#made.passphrase = text(object, 'dialbackpassphrase');
      const notes: Note[] = flag(object, 'enableloggingallmessagebodies') ? [{ id: 'bodies', of: '' }] : [];
      this.#add('gateway', '', body, notes);
    },
    partner: (object) => this.#readPartner(object),
  };

  #readPartner(object: ClixmlObject): void {
    const [domain, identity] = [domainOf(text(object, 'domain')), domainOf(text(object, 'identity'))];
    const id = domain || identity;
    const notes: Note[] = [];
    let isRefused = false;
    const refuse = (note: Note): void => {
      notes.push(note);
      isRefused = true;
    };
    if (id === '') refuse({ id: 'noDomain', of: '?' });
    if (domain && identity && domain !== identity) refuse({ id: 'twoDomains', of: domain, value: identity });
    const oneOf = (name: string, allowed: string[], otherwise: string): string => {
      const value = text(object, name);
      const known = allowed.find((one) => one.toLowerCase() === value.toLowerCase());
      if (value !== '' && !known) refuse({ id: 'value', of: name, value });
      return known ?? otherwise;
    };
    const limit = number(object, 'connectionlimit');
    if (limit === 0) notes.push({ id: 'limit', of: id });
    const body = {
      domain: id,
      description: description(object, id, notes),
      additional_domains: this.#additionalDomains(object, id, notes),
      partner_type: oneOf('partnertype', TYPES, 'PublicUnverified'),
      tls_negotiation: oneOf('tlsnegotiation', NEGOTIATION, 'Required'),
      sasl_negotiation: oneOf('saslnegotiation', NEGOTIATION, 'Required'),
      support_dialback_negotiation: flag(object, 'supportdialbacknegotiation', true),
      enable_keep_alive: flag(object, 'enablekeepalive', true),
      connection_limit: limit === 0 ? null : limit,
      proxy_fqdn: domainOf(text(object, 'proxyfqdn')),
    };
    this.#add('partner', id, body, notes, isRefused);
  }

  #additionalDomains(object: ClixmlObject, id: string, notes: Note[]): string[] {
    const value = get(object, 'additionaldomains');
    const all = Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];
    const made: string[] = [];
    for (const one of all) {
      const isObject = one !== null && typeof one === 'object' && !Array.isArray(one);
      const domain = domainOf(isObject ? textOf(one.properties.get('domain')) || textOf(one) : textOf(one));
      if (domain === '') continue;
      if (domain === id || made.includes(domain)) notes.push({ id: 'doubleDomain', of: id, value: domain });
      else made.push(domain);
    }
    return made;
  }

  /** A domain belongs to one partner only. */
  #compareDomains(): void {
    const holders = new Map<string, LyncObject>();
    for (const partner of this.#made.objects.filter(({ kind }) => kind === 'partner')) {
      for (const domain of [partner.id, ...(partner.body['additional_domains'] as string[])]) {
        const other = holders.get(domain);
        if (other) {
          partner.notes.push({ id: 'domainTwice', of: domain, value: other.id });
          partner.isRefused = true;
        } else {
          holders.set(domain, partner);
        }
      }
    }
  }
}
