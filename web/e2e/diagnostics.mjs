// The test of a partner, from its row and from its form before anything is saved; the doctor.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { checkAccessibility, choose, create, newPage, openTab, PASSWORD, read, run, shot, signedIn,
  URL_OF_PANEL } from './support.mjs';

const description = readFileSync(new URL('../../api/openapi.yaml', import.meta.url), 'utf8');

async function fromTheRow() {
  const page = await signedIn('hans');
  await openTab(page, 'XMPP Federated Partners');
  await page.getByRole('row').filter({ hasText: 'northwind.example' }).click();
  await choose(page, 'Test connection');
  const dialog = page.getByRole('dialog', { name: 'Test connection to northwind.example' });
  const steps = dialog.locator('.steps > li');
  assert.equal(await steps.count(), 10);
  await dialog.getByRole('button', { name: 'Run again' }).waitFor();
  await dialog.locator('.sum.pass, .sum.warn, .sum.unknown').waitFor();
  await dialog.getByText('Report', { exact: true }).waitFor();
  await shot(page, 'test-connection');
  await checkAccessibility(page, 'a test');
  await steps.first().getByText('pass').waitFor();
}

async function fromTheFormAndFailing() {
  const page = await signedIn();
  await openTab(page, 'XMPP Federated Partners');
  const form = await create(page);
  const button = form.getByRole('button', { name: 'Test connection' });
  assert.equal(await button.isDisabled(), true, 'there is nothing to test yet');
  await form.getByRole('textbox', { name: 'Primary domain' }).fill('nowhere.example');
  await button.click();
  const dialog = page.getByRole('dialog', { name: 'Test connection to nowhere.example' });
  await dialog.locator('.sum.fail').waitFor();
  assert.ok((await dialog.getByText('skipped').count()) > 0, 'what was not tried is not green');
  await dialog.getByText('What to do:').first().waitFor();
  await shot(page, 'test-connection-failed');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  assert.equal(await form.getByRole('textbox', { name: 'Primary domain' }).inputValue(), 'nowhere.example');
  assert.equal(read('partner', 'list').items.some(({ domain }) => domain === 'nowhere.example'), false);
}

async function doctor() {
  const page = await signedIn();
  await page.getByRole('navigation').getByRole('link', { name: 'Diagnostics' }).click();
  await page.getByRole('tab', { name: 'Doctor' }).click();
  await page.getByRole('heading', { name: 'Checks' }).waitFor();
  await page.locator('.steps > li').first().waitFor();
  await shot(page, 'doctor');
  await checkAccessibility(page, 'the doctor');
}

/** A SIP peer is asked for a sign of life; what a new one needs is shown to be copied. */
async function peers() {
  const page = await signedIn('hans');
  await page.getByRole('navigation').getByRole('link', { name: 'Live' }).click();
  await page.getByRole('tab', { name: 'SIP peers' }).click();
  await page.getByRole('button', { name: 'Test connection to branch' }).click();
  const dialog = page.getByRole('dialog', { name: 'Test connection to branch' });
  await dialog.locator('.steps > li').first().waitFor();
  await checkAccessibility(page, 'the test of a SIP peer');
  await shot(page, 'peer-test');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  if (!description.includes('operationId: planSipPeer')) return; // not in this version of the API
  await page.getByRole('button', { name: 'New', exact: true }).click();
  const setup = page.getByRole('dialog', { name: 'A new SIP peer' });
  await setup.getByLabel('Name').fill('frontend');
  await setup.getByLabel('Target').fill('tls:sip.contoso.example:5061');
  await setup.getByLabel('Its domains').fill('contoso.example');
  await setup.getByRole('button', { name: 'Show what to set up' }).click();
  await setup.getByText('[[sip.peer]]').waitFor();
  await setup.getByText(/New-Cs/).first().waitFor();
  await shot(page, 'peer-setup');
  await checkAccessibility(page, 'what a SIP peer needs');
  await setup.getByRole('button', { name: 'Close' }).first().click();
  await page.getByRole('button', { name: 'Set up branch' }).click();
  await page.getByRole('dialog', { name: 'Set up branch' }).getByText('In the configuration file, as it is').waitFor();
}

/** What the gateway says of its own stands in German on a German page. */
async function inGerman() {
  const page = await newPage({ locale: 'de-DE' });
  await page.goto(URL_OF_PANEL);
  await page.getByLabel('Benutzername').fill('alice');
  await page.getByLabel('Kennwort').fill(PASSWORD);
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
  await page.getByRole('navigation').waitFor();
  const english = (within) => within.locator('[lang=en]').allTextContents();
  // The lights say what the doctor says, in this language.
  await page.getByText('In DNS gibt es keinen SRV-Eintrag für branch.example: Partner werden uns nicht finden.').waitFor();
  await page.getByText(/Das Zertifikat aus der Konfigurationsdatei gilt bis /).waitFor();

  await page.goto(`${URL_OF_PANEL}diagnostics/doctor`);
  await page.locator('.steps > li').first().waitFor();
  await page.getByText('Der Verbund ist eingeschaltet.').waitFor();
  assert.deepEqual(await english(page.locator('main')), [], 'the doctor');
  await page.getByText(/Veröffentlichen Sie: _xmpp-server/).waitFor();
  await shot(page, 'german-doctor');

  await page.goto(`${URL_OF_PANEL}diagnostics/explain?user=bob%40branch.example&to=tybalt%40northwind.example`);
  await page.locator('.steps > li').nth(5).waitFor();
  await page.getByText('Sie dürfen miteinander sprechen.').waitFor();
  assert.deepEqual(await english(page.locator('main')), [], 'an explanation');
  // What decides is called by its name, and leads to where it is changed.
  for (const name of ['Zugriffs-Edgekonfiguration', 'Einstellungen des XMPP-Gateways', 'XMPP-Partner northwind.example', 'Benutzer bob@branch.example', 'Richtlinie Global']) {
    await page.locator('.steps').getByRole('link', { name, exact: true }).first().waitFor();
  }
  await page.goto(`${URL_OF_PANEL}diagnostics/explain?user=bob%40branch.example&to=x%40nowhere.example`);
  await page.getByText('Kein Partner hat die Domäne nowhere.example.').first().waitFor();
  await page.getByRole('link', { name: 'Neuer Partner nowhere.example' }).waitFor();
  assert.deepEqual(await english(page.locator('main')), [], 'a refusal');
  await shot(page, 'german-explain');

  // What revisions and the audit log did, too.
  await page.goto(`${URL_OF_PANEL}administration/revisions`);
  await page.getByRole('cell', { name: 'XMPP-Partner northwind.example: angelegt' }).waitFor();
  await page.goto(`${URL_OF_PANEL}administration/audit`);
  await page.getByRole('cell', { name: /^Sitzung \S+: angemeldet$/ }).first().waitFor();

  await page.goto(`${URL_OF_PANEL}migration/readiness`);
  await page.getByRole('article').or(page.getByText('Nichts zu tun')).first().waitFor();
  assert.deepEqual(await english(page.locator('main')), [], 'readiness');

  await page.goto(`${URL_OF_PANEL}federation/xmpp-federated-partners`);
  await page.getByRole('row').filter({ hasText: 'northwind.example' }).click();
  await page.getByRole('button', { name: 'Bearbeiten', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Verbindung testen' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('.sum.pass, .sum.warn, .sum.unknown').waitFor();
  assert.deepEqual(await english(dialog), [], 'a test');
  await shot(page, 'german-test');
}

/** What is missing is offered: the nearest name, the form that is filled in, the domain that is served. */
async function explained() {
  const page = await signedIn();
  await page.goto(`${URL_OF_PANEL}diagnostics/explain?user=bob%40branch.example&to=x%40northwnd.example`);
  await page.getByText('No partner holds the domain northwnd.example. Did you mean northwind.example?').first().waitFor();
  await page.getByRole('link', { name: 'New partner northwnd.example' }).click();
  const form = page.getByRole('dialog', { name: 'New XMPP Federated Partner' });
  assert.equal(await form.getByRole('textbox', { name: 'Primary domain' }).inputValue(), 'northwnd.example');
  await form.getByRole('button', { name: 'Cancel' }).click();

  await page.goto(`${URL_OF_PANEL}federation/xmpp-federated-partners?q=northwnd.example`);
  await page.getByRole('button', { name: 'Did you mean northwind.example?' }).click();
  await page.getByRole('row').filter({ hasText: 'northwind.example' }).waitFor();

  await page.goto(`${URL_OF_PANEL}diagnostics/explain?user=bob%40elsewhere.example&to=tybalt%40northwind.example`);
  await page.getByText('They may not talk to each other').waitFor();
  await page.getByText(/The domain elsewhere\.example is not served here \(served: branch\.example/).first().waitFor();
  await page.getByText('IST-POL-006').waitFor();
  await page.getByText(/Add it to \[sip\] domains/).waitFor();
  await page.getByRole('link', { name: 'Configuration file' }).waitFor();
  await shot(page, 'explain-not-served');
  await checkAccessibility(page, 'a domain that is not served');
}

await run({ inGerman, explained, fromTheRow, fromTheFormAndFailing, doctor, peers });
