// Every page: accessible in light and dark, in English and German, narrow and wide; small; and its
// picture.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { checkAccessibility, cli, create, newPage, octetsOf, openTab, run, shot, showDetails, signedIn, signIn,
  URL_OF_PANEL } from './support.mjs';

const PATHS = (process.env.PANEL_PATHS ?? `home users federation/external-access-policy
  federation/access-edge-configuration federation/sip-federated-domains federation/sip-federated-providers
  federation/xmpp-federated-partners conversations live/streams live/sip-peers live/dialogs live/subscriptions
  live/queue live/contacts
  diagnostics/explain settings/xmpp-gateway settings/sites-and-pools settings/appearance migration/readiness migration/import migration/switch-over
  administration/account administration/revisions administration/administrators administration/tokens
  administration/sessions administration/roles`).split(/\s+/);

// A page whose path the API does not have is not shown.
const description = readFileSync(new URL('../../api/openapi.yaml', import.meta.url), 'utf8');
for (const [path, page] of Object.entries({ certificates: 'certificates', doctor: 'diagnostics/doctor',
  config: 'settings/configuration-file', traces: 'diagnostics/traces', audit: 'administration/audit', backups: 'administration/backup' })) {
  if (description.includes(`\n  /${path}:\n`)) PATHS.push(page);
}

const nameOf = (path) => path.replaceAll('/', '-');

/** Nothing is still on its way. */
async function settle(page) {
  await page.getByRole('navigation').waitFor();
  await page.waitForLoadState('networkidle');
}

async function visit(page, path) {
  await page.goto(URL_OF_PANEL + path);
  await settle(page);
}

function fill() {
  cli('access-edge', 'set', '--allow-federated-users', 'true');
  for (const [name, description] of [['Sales', 'May talk to XMPP partners'], ['Support', 'SIP federation only']]) {
    cli('policy', 'create', name, '--description', description, '--enable-federation-access', 'true',
      '--enable-xmpp-access', String(name === 'Sales'));
  }
  cli('site', 'create', 'Paris', '--description', 'Île-de-France');
  for (const [domain, type] of [['fabrikam.example', 'Federated'], ['litware.example', 'PublicUnverified'],
    ['northwind.example', 'PublicVerified']]) {
    cli('partner', 'create', domain, '--partner-type', type, '--sasl-negotiation', 'Optional',
      '--description', `What ${domain} is for`);
  }
  cli('partner', 'disable', 'northwind.example');
  for (const name of ['Alice Adams', 'Bob Brown', 'Carol Clark', 'Dora Doe', 'Émile Été', '山田太郎']) {
    const user = name === '山田太郎' ? 'yamada' : name.split(' ')[0].normalize('NFD').replace(/[^A-Za-z]/g, '').toLowerCase();
    cli('user', 'create', `${user}@branch.example`, '--display-name', name);
  }
  cli('policy', 'grant', '--user', 'alice@branch.example', 'Sales');
  cli('sip-domain', 'allow', 'adatum.example');
  cli('sip-domain', 'block', 'spam.example');
}

async function everyPage() {
  const page = await signedIn();
  for (const path of PATHS) {
    await visit(page, path);
    await shot(page, nameOf(path));
    await checkAccessibility(page, path);
  }
}

async function darkGermanAndNarrow() {
  const page = await newPage({ colorScheme: 'dark', locale: 'de-DE', viewport: { width: 360, height: 740 } });
  await page.goto(URL_OF_PANEL);
  await page.getByLabel('Benutzername').fill('alice');
  await page.getByLabel('Kennwort').fill(process.env.PANEL_PASSWORD);
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
  await page.getByRole('button', { name: 'Menü' }).waitFor();
  for (const path of PATHS) {
    await page.goto(URL_OF_PANEL + path);
    await page.getByRole('button', { name: 'Menü' }).waitFor();
    await page.waitForLoadState('networkidle');
    // No tab is lost in another language.
    if (path.startsWith('federation/')) assert.equal(await page.getByRole('tab').count(), 5);
    await shot(page, `narrow-${nameOf(path)}`);
    await checkAccessibility(page, `${path}, narrow and dark`);
    const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(isWide, false, `${path} is wider than the screen`);
    // What a row is about, and why there is none, is read without scrolling.
    const cut = await page.evaluate(() => {
      const badges = [...document.querySelectorAll('.cell:has(.badge)')].filter((one) => one.scrollWidth > one.clientWidth + 1);
      const reasons = [...document.querySelectorAll('td.soft[colspan]')].filter((one) => one.getBoundingClientRect().right > innerWidth);
      return [...badges, ...reasons].map((one) => one.textContent.trim());
    });
    assert.deepEqual(cut, [], `${path}: cut off`);
  }
  await page.getByRole('button', { name: 'Menü' }).click();
  await page.getByRole('navigation').getByRole('link', { name: 'Benutzer', exact: true }).waitFor();
  await shot(page, 'narrow-menu');
}

async function dialogs() {
  for (const colorScheme of ['light', 'dark']) {
    const page = await signedIn('alice', { colorScheme });
    await openTab(page, 'External Access Policy');
    await create(page, 'User policy');
    await checkAccessibility(page, 'a new policy');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await create(page, 'Site policy');
    await page.getByRole('radio').first().waitFor();
    await checkAccessibility(page, 'a site');
    await page.keyboard.press('Escape');
    await openTab(page, 'XMPP Federated Partners');
    const dialog = await showDetails(page, 'litware.example');
    await dialog.getByRole('textbox', { name: 'Description' }).fill('other');
    await dialog.getByText('1 unsaved change').click();
    await shot(page, `dialog-partner-${colorScheme}`);
    await checkAccessibility(page, 'a partner');
    await dialog.getByRole('combobox', { name: 'TLS Negotiation' }).selectOption('Not Supported');
    await checkAccessibility(page, 'a partner that cannot be');
  }
}

async function signInPage() {
  for (const colorScheme of ['light', 'dark']) {
    const page = await newPage({ colorScheme });
    await page.goto(URL_OF_PANEL);
    await page.getByLabel('User name').waitFor();
    await shot(page, `sign-in-${colorScheme}`);
    await checkAccessibility(page, 'sign-in');
  }
}

async function wide() {
  const page = await signedIn('alice', { viewport: { width: 3840, height: 2160 } });
  for (const path of PATHS) {
    await visit(page, path);
    await shot(page, `wide-${nameOf(path)}`);
    const { letter, isWide } = await page.evaluate(() => ({
      letter: parseFloat(getComputedStyle(document.documentElement).fontSize),
      isWide: document.documentElement.scrollWidth > innerWidth,
    }));
    assert.ok(letter >= 18, `letters of ${letter} px on a large screen`);
    assert.equal(isWide, false, `${path} is wider than the screen`);
  }
}

/** Which columns a list shows is kept by the browser. */
async function columns() {
  const page = await signedIn();
  await visit(page, 'users');
  const head = page.getByRole('columnheader', { name: 'Site' });
  await head.waitFor();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Site' }).click();
  await head.waitFor({ state: 'detached' });
  await checkAccessibility(page, 'the menu of columns');
  await page.keyboard.press('Escape');
  await page.reload();
  await page.getByRole('row').filter({ hasText: 'alice@branch.example' }).waitFor();
  assert.equal(await head.count(), 0);
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Site', checked: false }).click();
  await head.waitFor();
}

/** The first view: less than 200 KB as sent, on an empty cache. How long it takes: tools/bench. */
async function light() {
  const page = await newPage();
  const octets = await octetsOf(page);
  await page.goto(URL_OF_PANEL);
  await page.getByLabel('User name').waitFor();
  await page.waitForLoadState('networkidle');
  console.log(`first view: ${octets()} octets`);
  assert.ok(octets() > 20_000 && octets() < 200_000, `${octets()} octets`);
  await signIn(page);
  const again = await page.reload();
  assert.equal(again.status(), 200);
}

fill();
await run({ everyPage, darkGermanAndNarrow, dialogs, signInPage, wide, columns, light });
