// Signing in with an OpenID Connect provider, in a browser that keeps cookies as browsers do.
import assert from 'node:assert/strict';
import { cli, commit, create, expected, newPage, openTab, read, run, said, shot, URL_OF_PANEL } from './support.mjs';

const AT_PROVIDER = /localhost/;

/** The provider's own forms: who one is, and that the gateway may know. */
async function atProvider(page, name) {
  expected.push(/fonts\.googleapis/, /favicon/); // its forms want what is not there
  await page.waitForURL(AT_PROVIDER);
  await page.locator('input[name=login]').fill(name);
  await page.locator('input[name=password]').fill('x');
  await page.locator('[type=submit]').first().click();
  await page.locator('form button[type=submit], form [autofocus]').first().click();
}

async function begin(page) {
  await page.goto(URL_OF_PANEL);
  await page.getByRole('link', { name: 'Sign in with your organisation' }).click();
}

async function signInAndWork() {
  const page = await newPage();
  await page.goto(URL_OF_PANEL);
  await page.getByRole('link', { name: 'Sign in with your organisation' }).waitFor();
  await shot(page, 'sign-in-provider');
  await page.getByRole('link', { name: 'Sign in with your organisation' }).click();
  await atProvider(page, 'alice');
  await page.getByText('oidc:alice').first().waitFor();
  await openTab(page, 'External Access Policy');
  const dialog = await create(page, 'User policy');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('By the provider');
  await commit(page);
  await said(page, /By the provider committed/);
  assert.equal(read('config', 'history').items[0].admin, 'oidc:alice');
  await page.goto(`${URL_OF_PANEL}administration/account`);
  await page.getByText('You have signed in without an account of the gateway').waitFor();
  await page.reload();
  await page.getByText('oidc:alice').first().waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('User name').waitFor();
}

/** The role comes with the groups: what it may not do is not shown. */
async function anotherRole() {
  const page = await newPage();
  await begin(page);
  await atProvider(page, 'dora');
  await page.getByText('oidc:dora').first().waitFor();
  await openTab(page, 'External Access Policy');
  await page.getByRole('row').filter({ hasText: 'Global' }).first().waitFor();
  assert.equal(await page.getByRole('button', { name: 'New', exact: true }).count(), 0);
}

/** Who has no role comes back to the sign-in page, which says so. */
async function nobody() {
  const page = await newPage();
  await begin(page);
  await atProvider(page, 'mallory');
  await page.getByRole('alert').getByText('IST-AUTH-018').waitFor();
  await page.getByLabel('User name').waitFor();
  assert.equal(new URL(page.url()).hash, '');
  await shot(page, 'sign-in-refused');
}

/** A session that ends is renewed at the provider in a window of its own; what was typed stays. */
async function renewedInAnotherWindow() {
  expected.push(/401/);
  const page = await newPage();
  await begin(page);
  await atProvider(page, 'alice');
  await page.getByText('oidc:alice').first().waitFor();
  await openTab(page, 'External Access Policy');
  const dialog = await create(page, 'User policy');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Typed before');
  for (const one of read('admin', 'session', 'list').items) cli('admin', 'session', 'end', one.id);
  await commit(page);
  const again = page.getByRole('dialog', { name: 'Your session is over' });
  const [other] = await Promise.all([
    page.context().waitForEvent('page'),
    again.getByRole('link', { name: 'Sign in with your organisation' }).click(),
  ]);
  // The provider knows who this browser is.
  await other.getByText('oidc:alice').first().waitFor();
  await said(page, /Typed before committed/);
}

await run({ signInAndWork, anotherRole, nobody, renewedInAnotherWindow });
