// Forms: what they take and refuse, two administrators at once, a session that ends while somebody
// types, a gateway that is started anew under the page.
import assert from 'node:assert/strict';
import { cli, commit, create, expected, newPage, openTab, PASSWORD, read, run, said, shot, showDetails,
  signedIn, steer } from './support.mjs';

const FINGERPRINT = 'AB:CD:'.repeat(16).slice(0, -1);
const select = (dialog, label) => dialog.getByRole('combobox', { name: label });

async function partner() {
  const page = await signedIn();
  await openTab(page, 'XMPP Federated Partners');
  const dialog = await create(page);
  await dialog.getByText('Will use: SASL over TLS, else TLS dialback').waitFor();
  await dialog.getByText('Your user must invite first').waitFor();
  await dialog.getByRole('textbox', { name: 'Primary domain' }).fill('not a domain');
  await commit(page);
  await dialog.getByText('A domain name, such as fabrikam.example.').waitFor();
  const focused = await dialog.getByRole('textbox', { name: 'Primary domain' }).evaluate((one) => one === document.activeElement);
  assert.equal(focused, true, 'the keyboard is at what is wrong');
  await dialog.getByRole('textbox', { name: 'Primary domain' }).fill('fabrikam.example');
  await dialog.getByRole('textbox', { name: 'Description' }).fill('The best partner');
  await dialog.getByRole('textbox', { name: 'Additional domains' }).fill('research.fabrikam.example');
  await dialog.getByRole('button', { name: 'Add' }).first().click();
  await select(dialog, 'Partner type').selectOption('Federated');
  await dialog.getByText('their status note').waitFor();

  // What the original refuses is refused, and explained before Commit.
  await select(dialog, 'TLS Negotiation').selectOption('Not Supported');
  await dialog.getByText('SASL requires TLS. Set TLS Negotiation').waitFor();
  await shot(page, 'partner-refused');
  await commit(page);
  await select(dialog, 'Support server dialback negotiation').selectOption('False');
  await select(dialog, 'SASL negotiation').selectOption('Not Supported');
  await dialog.getByText('Will use: nothing.').waitFor();
  await commit(page);
  assert.equal(read('partner', 'list').items.length, 0, 'nothing was saved');

  // What deserves a reason gets one.
  await select(dialog, 'TLS Negotiation').selectOption('Required');
  await select(dialog, 'SASL negotiation').selectOption('Required');
  await select(dialog, 'Support server dialback negotiation').selectOption('True');
  await dialog.getByText('Will use: SASL over TLS').waitFor();
  await commit(page);
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Their certificate proves the domain');
  await commit(page);
  await said(page, /Partner fabrikam.example committed, revision \d+/);
  const stored = read('partner', 'get', 'fabrikam.example');
  assert.deepEqual(stored.additional_domains, ['research.fabrikam.example']);
  assert.equal(stored.partner_type, 'Federated');
  assert.equal(read('config', 'history').items[0].reason, 'Their certificate proves the domain');

  // Edit by double click; every change is seen before it is made.
  await page.getByRole('row').filter({ hasText: 'fabrikam.example' }).dblclick();
  const form = page.getByRole('dialog', { name: 'Edit XMPP Federated Partner' });
  await select(form, 'SASL negotiation').selectOption('Optional');
  await form.getByRole('spinbutton', { name: 'Connection limit' }).fill('7');
  await form.getByRole('textbox', { name: 'Proxy FQDN' }).fill('xmpp.fabrikam.example');
  await form.getByRole('textbox', { name: 'Pinned certificates' }).fill('not a fingerprint');
  await form.getByRole('button', { name: 'Add' }).last().click();
  await commit(page);
  await form.getByText('Each must be a SHA-256 fingerprint').waitFor();
  for (const word of ['not', 'a', 'fingerprint']) await form.getByRole('button', { name: `Remove ${word}`, exact: true }).click();
  await form.getByRole('textbox', { name: 'Pinned certificates' }).fill(FINGERPRINT);
  await form.getByRole('button', { name: 'Add' }).last().click();
  await form.getByRole('checkbox', { name: 'Its DNS may lead to private addresses' }).check();
  await form.getByText('5 unsaved changes').click();
  await form.locator('ins').getByText('xmpp.fabrikam.example').waitFor();
  await shot(page, 'partner-form');
  await commit(page);
  await said(page, /committed/);
  assert.equal(read('partner', 'get', 'fabrikam.example').connection_limit, 7);
  await page.getByRole('button', { name: 'Undo' }).click();
  await said(page, 'Taken back');
  assert.equal(read('partner', 'get', 'fabrikam.example').connection_limit, null);

  // Cancel, and only Cancel, throws away what was typed.
  await showDetails(page, 'fabrikam.example');
  await form.getByRole('textbox', { name: 'Description' }).fill('thrown away');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Unsaved changes' }).getByRole('button', { name: 'Stay' }).click();
  assert.equal(await form.getByRole('textbox', { name: 'Description' }).inputValue(), 'thrown away');
  await form.getByRole('button', { name: 'Cancel' }).click();
  await form.waitFor({ state: 'detached' });
  assert.equal(read('partner', 'get', 'fabrikam.example').description, 'The best partner');
  await shot(page, 'partners');

  // The same domain twice.
  expected.push(/409/, /400/);
  const again = await create(page);
  await again.getByRole('textbox', { name: 'Primary domain' }).fill('research.fabrikam.example');
  await commit(page);
  await again.getByText("belongs to the partner 'fabrikam.example'").waitFor();
  await again.getByRole('button', { name: 'Cancel' }).click();
}

async function twoAdministrators() {
  expected.push(/412/);
  cli('partner', 'create', 'litware.example', '--sasl-negotiation', 'Optional');
  const [alice, bob] = [await signedIn('alice'), await signedIn('bob')];
  for (const page of [alice, bob]) {
    await openTab(page, 'XMPP Federated Partners');
    await showDetails(page, 'litware.example');
  }
  const [hers, his] = [alice.getByRole('dialog'), bob.getByRole('dialog')];
  await hers.getByRole('textbox', { name: 'Description' }).fill('from Alice');
  await commit(alice);
  await said(alice, /committed/);
  await his.getByRole('textbox', { name: 'Proxy FQDN' }).fill('proxy.litware.example');
  await commit(bob);
  await his.getByText('alice has changed this in the meantime.').waitFor();
  await his.getByText('Description is now: from Alice').waitFor();
  await shot(bob, 'conflict');
  assert.equal(await his.getByRole('textbox', { name: 'Proxy FQDN' }).inputValue(), 'proxy.litware.example');
  await commit(bob);
  await said(bob, /committed/);
  const stored = read('partner', 'get', 'litware.example');
  assert.equal(stored.description, 'from Alice');
  assert.equal(stored.proxy_fqdn, 'proxy.litware.example');

  // What somebody else has changed since is not undone with one's own.
  cli('partner', 'set', 'litware.example', '--description', 'from the shell');
  await bob.getByRole('button', { name: 'Undo' }).click();
  await said(bob, /could not be taken back/);
  assert.equal(read('partner', 'get', 'litware.example').description, 'from the shell');
}

async function sessionEnds() {
  expected.push(/401/);
  const page = await signedIn('bob');
  await openTab(page, 'External Access Policy');
  const dialog = await create(page, 'User policy');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Typed before');
  await dialog.getByRole('checkbox', { name: 'Enable communications with federated users' }).check();
  for (const one of read('admin', 'session', 'list').items.filter(({ admin }) => admin === 'bob')) {
    cli('admin', 'session', 'end', one.id);
  }
  await commit(page);
  const again = page.getByRole('dialog', { name: 'Your session is over' });
  await again.waitFor();
  await shot(page, 'session-over');
  assert.equal(await again.getByLabel('User name').inputValue(), 'bob');
  await again.getByLabel('Password').fill('not the password');
  await page.keyboard.press('Enter');
  await again.getByRole('alert').waitFor();
  await again.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await said(page, /Policy Typed before committed/);
  assert.equal(read('policy', 'get', 'Typed before').enable_federation_access, true);
}

async function gatewayRestarts() {
  expected.push(/ERR_CONNECTION/, /ERR_EMPTY/, /ERR_SOCKET/, /401/, /Failed to load/);
  const page = await signedIn();
  await openTab(page, 'XMPP Federated Partners');
  const dialog = await create(page);
  await dialog.getByRole('textbox', { name: 'Primary domain' }).fill('northwind.example');
  await steer('stop');
  await commit(page);
  await dialog.getByText('nothing was changed').waitFor();
  await page.getByText('The gateway does not answer. The page tries again by itself').waitFor();
  await shot(page, 'gateway-away');
  await steer('start');
  await page.getByText('The page tries again by itself').waitFor({ state: 'detached' });
  // Whoever asks first, this or the page by itself, is told that the session is over: if that stands in
  // the way, the click waits until it is gone.
  const pressed = commit(page);
  const again = page.getByRole('dialog', { name: 'Your session is over' });
  if (await Promise.race([
    again.waitFor().then(() => true),
    page.getByRole('status', { name: 'What was done' }).getByText(/committed/).waitFor().then(() => false),
  ])) {
    await again.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
  }
  await pressed;
  await said(page, /Partner northwind.example committed/);
  assert.equal(read('partner', 'get', 'northwind.example').domain, 'northwind.example');
}

async function siteAndGlobal() {
  cli('site', 'create', 'Paris');
  cli('site', 'create', 'Redmond');
  const page = await signedIn();
  await openTab(page, 'External Access Policy');
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Site policy' }).click();
  const pick = page.getByRole('dialog', { name: 'Select a Site' });
  await pick.getByRole('searchbox', { name: 'Search' }).fill('par');
  await pick.getByRole('radio', { name: /Paris/ }).check();
  assert.equal(await pick.getByRole('radio').count(), 1);
  await pick.getByRole('button', { name: 'OK' }).click();
  const dialog = page.getByRole('dialog', { name: 'New External Access Policy' });
  await dialog.getByRole('checkbox', { name: 'Enable communications with federated users' }).check();
  await commit(page);
  await page.getByRole('row').filter({ hasText: 'Paris' }).filter({ hasText: 'Site' }).waitFor();
  assert.equal(read('policy', 'get', 'site:Paris').enable_federation_access, true);

  // Global is reset, never deleted; what was there comes back with Undo.
  cli('policy', 'set', 'global', '--enable-federation-access', 'true');
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByRole('row').filter({ hasText: 'Global' }).first().click();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const sure = page.getByRole('dialog', { name: 'Delete' });
  await sure.getByText('Global cannot be deleted').waitFor();
  await sure.getByRole('button', { name: 'OK' }).click();
  await said(page, /Global/);
  assert.equal(read('policy', 'get', 'global').enable_federation_access, false);
}

async function accessEdgeAndGateway() {
  const page = await signedIn();
  await openTab(page, 'Access Edge Configuration');
  const dialog = await showDetails(page, 'Global');
  const discovery = dialog.getByRole('checkbox', { name: 'Enable partner domain discovery' });
  assert.equal(await discovery.isDisabled(), true);
  await dialog.getByRole('checkbox', { name: 'Enable federation and public IM connectivity' }).check();
  assert.equal(await discovery.isDisabled(), false);
  await shot(page, 'access-edge');
  await commit(page);
  await said(page, /Access Edge Configuration committed/);
  assert.equal(read('access-edge', 'get').allow_federated_users, true);

  await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
  const interval = page.getByRole('spinbutton', { name: 'Keep-alive interval' });
  await interval.fill('0');
  await commit(page);
  await page.getByText('A whole number from 1 to 86400.').waitFor();
  await interval.fill('120');
  await page.getByRole('navigation').getByRole('link', { name: 'Home' }).click();
  await page.getByRole('dialog', { name: 'Unsaved changes' }).getByRole('button', { name: 'Stay' }).click();
  await shot(page, 'settings');
  await commit(page);
  await said(page, /XMPP gateway settings committed/);
  assert.equal(read('gateway', 'get').keep_alive_interval, 120);
}

async function domainsAndProviders() {
  const page = await signedIn();
  await openTab(page, 'SIP Federated Domains');
  let dialog = await create(page, 'Allowed domain');
  await dialog.getByRole('textbox', { name: 'Domain name (or FQDN)' }).fill('adatum.example');
  await dialog.getByRole('textbox', { name: 'Access Edge service (FQDN)' }).fill('edge.adatum.example');
  await dialog.getByRole('textbox', { name: 'Comment' }).fill('By SIP');
  await commit(page);
  await said(page, /adatum.example committed/);
  dialog = await create(page, 'Blocked domain');
  await dialog.getByRole('textbox', { name: 'Domain name (or FQDN)' }).fill('*.spam.example');
  await commit(page);
  await said(page, /spam.example committed/);
  await page.getByRole('searchbox', { name: 'Search' }).fill('spam.example');
  await page.getByText('1 entry').waitFor();
  await shot(page, 'sip-domains');

  await page.getByRole('tab', { name: 'SIP Federated Providers' }).click();
  for (const name of ['America Online', 'Windows Live', 'Yahoo!']) {
    await page.getByRole('row').filter({ hasText: name }).waitFor();
  }
  dialog = await create(page, 'Hosted provider');
  await dialog.getByRole('checkbox', { name: 'Enable communications with this provider' }).check();
  await dialog.getByRole('textbox', { name: 'Provider name:' }).fill('Contoso Cloud');
  await dialog.getByRole('textbox', { name: 'Access Edge service (FQDN):' }).fill('edge.cloud.example');
  await dialog.getByRole('radio', { name: /everyone using this provider/ }).check();
  await shot(page, 'provider');
  await commit(page);
  await said(page, /Contoso Cloud committed/);
  await page.getByRole('row').filter({ hasText: 'Contoso Cloud' }).click();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog', { name: 'Delete' }).getByRole('button', { name: 'OK' }).click();
  await said(page, /Contoso Cloud deleted/);
}

/** The gateway fails in the middle: the page says so, keeps what was typed, and goes on afterwards. */
async function answersThatFail() {
  expected.push(/500/, /502/);
  const page = await signedIn();
  let fails = 1;
  const problem = { type: 'about:blank', title: 'Internal error', status: 500, code: 'IST-API-004',
    detail: 'The database could not be written; nothing was accepted.', fix: 'Make room.' };
  await page.route('**/api/v1/partners?*', (route) => (fails-- > 0
    ? route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify(problem) })
    : route.continue()));
  await openTab(page, 'XMPP Federated Partners');
  await page.getByRole('alert').getByText('IST-API-004').waitFor();
  assert.equal(await page.getByText('No XMPP domain is allowed yet').count(), 0, 'what there is, is not known');
  await shot(page, 'answer-500');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('row').filter({ hasText: 'fabrikam.example' }).waitFor();
  await page.getByRole('alert').waitFor({ state: 'detached' });

  // A proxy in between answers with a page of its own, in which somebody has put script.
  fails = 0;
  const dialog = await create(page);
  await dialog.getByRole('textbox', { name: 'Primary domain' }).fill('proxied.example');
  let proxied = 1;
  await page.route('**/api/v1/partners*', (route) => (route.request().method() === 'POST' && proxied-- > 0
    ? route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1><img src=x onerror="window.pwned=1">' })
    : route.fallback()));
  await commit(page);
  await dialog.getByRole('alert').getByText('Bad gateway').waitFor();
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(await dialog.getByRole('textbox', { name: 'Primary domain' }).inputValue(), 'proxied.example');
  await commit(page);
  await said(page, /proxied.example committed/);
}

async function oneTimeLink() {
  const url = cli('admin', 'link').trim();
  const page = await newPage();
  await page.goto(url);
  await page.getByRole('navigation').waitFor();
  assert.equal(new URL(page.url()).hash, '', 'the link is not kept in the history');
  expected.push(/401/);
  const second = await newPage();
  await second.goto(url);
  await second.getByRole('alert').waitFor();
  await second.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
}

async function roles() {
  const viewer = await signedIn('vera');
  assert.equal(await viewer.getByRole('link', { name: 'Diagnostics' }).count(), 0);
  await openTab(viewer, 'External Access Policy');
  assert.equal(await viewer.getByRole('button', { name: 'New', exact: true }).count(), 0);
  const dialog = await showDetails(viewer, 'Global');
  await dialog.getByText('Your role may read this').waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Commit' }).count(), 0);
  expected.push(/403/);
  const status = await viewer.evaluate(async () => {
    const me = await (await fetch('/api/v1/session')).json();
    const response = await fetch('/api/v1/partners', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': me.csrf },
      body: '{"domain":"evil.example"}',
    });
    return response.status;
  });
  assert.equal(status, 403, 'what is hidden is refused all the same');
  const userAdmin = await signedIn('ulla');
  await userAdmin.getByRole('navigation').getByRole('link', { name: 'Users' }).click();
  await userAdmin.getByRole('button', { name: 'New', exact: true }).first().waitFor();
}

await run({ partner, twoAdministrators, sessionEnds, siteAndGlobal, accessEdgeAndGateway,
  domainsAndProviders, answersThatFail, oneTimeLink, roles, gatewayRestarts });
