import type { Key } from '../locales/en';
import { isInApi } from './api_paths';
import type { Schema } from './schemas';

/** The navigation, top to bottom. `right` is what a role needs to see the page at all. */
export interface PageEntry {
  path: string;
  label: Key;
  icon: string;
  right: Right;
  /** The path of the API without which there is no such page. */
  needs?: string;
}

export type Right = Schema<'Right'>;

const ALL_PAGES: readonly PageEntry[] = [
  { path: '/home', label: 'nav.home', icon: 'home', right: 'read' },
  { path: '/users', label: 'nav.users', icon: 'users', right: 'read' },
  { path: '/federation', label: 'nav.federation', icon: 'federation', right: 'read' },
  { path: '/conversations', label: 'nav.conversations', icon: 'conversations', right: 'read' },
  { path: '/live', label: 'nav.live', icon: 'live', right: 'read' },
  { path: '/diagnostics', label: 'nav.diagnostics', icon: 'diagnostics', right: 'troubleshoot' },
  { path: '/certificates', label: 'nav.certificates', icon: 'certificates', right: 'read', needs: 'certificates' },
  { path: '/settings', label: 'nav.settings', icon: 'settings', right: 'read' },
  { path: '/migration', label: 'nav.migration', icon: 'migration', right: 'read' },
  { path: '/administration', label: 'nav.administration', icon: 'administration', right: 'read' },
];

export const PAGES = ALL_PAGES.filter((page) => !page.needs || isInApi(page.needs));

/** One tab of a page; each has its own address. */
export interface TabEntry {
  path: string;
  label: Key;
  right?: Right;
  needs?: string;
}

export const FEDERATION_TABS: readonly TabEntry[] = [
  { path: '/federation/external-access-policy', label: 'tab.policies' },
  { path: '/federation/access-edge-configuration', label: 'tab.accessEdge' },
  { path: '/federation/sip-federated-domains', label: 'tab.sipDomains' },
  { path: '/federation/sip-federated-providers', label: 'tab.providers' },
  { path: '/federation/xmpp-federated-partners', label: 'tab.partners' },
];

export const SETTINGS_TABS: readonly TabEntry[] = [
  { path: '/settings/xmpp-gateway', label: 'tab.gateway' },
  { path: '/settings/sites-and-pools', label: 'tab.sites' },
  { path: '/settings/configuration-file', label: 'tab.bootFile', needs: 'config' },
  { path: '/settings/appearance', label: 'tab.appearance' },
];

export const LIVE_TABS: readonly TabEntry[] = [
  { path: '/live/streams', label: 'tab.streams' },
  { path: '/live/sip-peers', label: 'tab.peers' },
  { path: '/live/dialogs', label: 'tab.dialogs' },
  { path: '/live/subscriptions', label: 'tab.subscriptions' },
  { path: '/live/queue', label: 'tab.queue' },
  { path: '/live/contacts', label: 'tab.contacts' },
];

export const MIGRATION_TABS: readonly TabEntry[] = [
  { path: '/migration/readiness', label: 'tab.readiness' },
  { path: '/migration/import', label: 'tab.import', right: 'configure' },
  { path: '/migration/switch-over', label: 'tab.switchOver' },
];

export const ADMINISTRATION_TABS: readonly TabEntry[] = [
  { path: '/administration/account', label: 'tab.account' },
  { path: '/administration/revisions', label: 'tab.revisions' },
  { path: '/administration/administrators', label: 'tab.admins', right: 'administer' },
  { path: '/administration/tokens', label: 'tab.tokens', right: 'administer' },
  { path: '/administration/sessions', label: 'tab.sessions', right: 'administer' },
  { path: '/administration/audit', label: 'tab.audit', right: 'administer', needs: 'audit' },
  { path: '/administration/backup', label: 'tab.backup', right: 'administer', needs: 'backups' },
  { path: '/administration/roles', label: 'tab.roles' },
];

export const DIAGNOSTICS_TABS: readonly TabEntry[] = [
  { path: '/diagnostics/doctor', label: 'tab.doctor', needs: 'doctor' },
  { path: '/diagnostics/explain', label: 'tab.explain' },
  { path: '/diagnostics/traces', label: 'tab.traces', right: 'trace', needs: 'traces' },
];
