// What the gateway calls by an identity, in the words of people.
import { en, type Key } from '../locales/en';
import { t, tn } from './i18n.svelte';
import { nameOf, scopeOf } from '../kinds/policies';

/** The name of an object of `kind` as lists show it. */
export const plainName = (kind: string, id: string): string => (kind === 'policy' ? nameOf(id) : id);

/** "policy/Tag:Sales" as "Policy Sales", "access-edge" as "Access Edge configuration". */
export function objectWords(object: string): string {
  const many = /^(\d+) objects?(?:, (\d+) users?)?$/.exec(object);
  if (many) {
    const objects = tn('lync.objects', Number(many[1]));
    return many[2] ? `${objects}, ${tn('lync.users', Number(many[2]))}` : objects;
  }
  const slash = object.indexOf('/');
  const kind = slash === -1 ? object : object.slice(0, slash);
  const id = slash === -1 ? '' : object.slice(slash + 1);
  if (kind === 'policy' && id) return t(scopeOf(id) === 'Site' ? 'object.sitePolicy' : 'object.policy', { name: nameOf(id) });
  if (kind === 'user' && id.endsWith('/password')) return t('object.password', { name: id.slice(0, -'/password'.length) });
  if (kind === 'certificate-use') return t('object.certificate-use', { name: useWords(id) });
  // There is one Access Edge and one gateway, whatever their identity.
  const own = `object.${kind}`;
  const key = id && own in en ? own : `object.of.${kind}`;
  return key in en ? t(key as Key, { name: id }) : object;
}

/** "blocked-domain" as "Blocked domains". */
export function kindWords(kind: string): string {
  const key = `kind.${kind}`;
  return key in en ? t(key as Key) : kind;
}

/** What a certificate is for. */
export function useWords(use: string): string {
  const key = `certificate.use.${use}`;
  return key in en ? t(key as Key) : use;
}
