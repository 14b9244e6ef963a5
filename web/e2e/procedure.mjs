// The procedure of the original documentation, word for word: by mouse, and by keyboard alone.
import assert from 'node:assert/strict';
import { cli, newPage, PASSWORD, read, run, shot, signedIn, tabTo, URL_OF_PANEL } from './support.mjs';

const NAV = ['Home', 'Users', 'Federation and External Access', 'Conversations', 'Live', 'Diagnostics',
  'Certificates', 'Settings', 'Migration', 'Administration'];
const TABS = ['External Access Policy', 'Access Edge Configuration', 'SIP Federated Domains',
  'SIP Federated Providers', 'XMPP Federated Partners'];
const FEDERATED = 'Enable communications with federated users';
const XMPP = 'Enable communications with XMPP federated users';

async function byMouse() {
  const page = await signedIn();
  const links = await page.getByRole('navigation').getByRole('link').allTextContents();
  const shown = links.map((text) => text.trim());
  assert.deepEqual(shown, NAV.filter((name) => shown.includes(name)), 'the order of the navigation');

  await page.getByRole('navigation').getByRole('link', { name: 'Federation and External Access' }).click();
  assert.deepEqual((await page.getByRole('tab').allTextContents()).map((one) => one.trim()), TABS);
  await page.getByRole('tab', { name: 'External Access Policy' }).click();
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await page.getByRole('menuitem', { name: 'User policy' }).click();
  const dialog = page.getByRole('dialog', { name: 'New External Access Policy' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Sales');
  await dialog.getByRole('textbox', { name: 'Description' }).fill('May talk to XMPP');
  const xmpp = dialog.getByRole('checkbox', { name: XMPP });
  assert.equal(await xmpp.isDisabled(), true, 'the box below needs the one above');
  await dialog.getByRole('checkbox', { name: FEDERATED }).check();
  await xmpp.check();
  await dialog.getByText('4 unsaved changes').click();
  await shot(page, 'policy-form');
  await dialog.getByRole('button', { name: 'Commit' }).click();
  await dialog.waitFor({ state: 'detached' });
  const row = page.getByRole('row').filter({ hasText: 'Sales' });
  await row.waitFor();
  assert.match(await row.innerText(), /User/);
  await row.getByText('0 users').waitFor();
  await page.getByRole('status').getByText(/Policy Sales committed, revision \d+/).waitFor();
  await shot(page, 'policies');
  const stored = read('policy', 'get', 'Sales');
  assert.equal(stored.enable_xmpp_access && stored.enable_federation_access, true);

  await page.getByRole('navigation').getByRole('link', { name: 'Users' }).click();
  await page.getByRole('searchbox', { name: 'Search' }).fill('dora');
  const user = page.getByRole('row').filter({ hasText: 'dora@branch.example' });
  await user.waitFor();
  assert.match(await user.innerText(), /<Automatic>/);
  await user.click();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Show details' }).click();
  const form = page.getByRole('dialog', { name: 'Edit Lync Server User' });
  const policy = form.getByRole('combobox', { name: 'External access policy' });
  await policy.locator('option').filter({ hasText: 'Sales' }).waitFor({ state: 'attached' });
  assert.equal((await policy.locator('option').allTextContents())[0], '<Automatic>');
  await policy.selectOption('Sales');
  await form.getByRole('button', { name: 'Commit' }).click();
  await page.getByRole('row').filter({ hasText: 'dora@branch.example' }).filter({ hasText: 'Sales' }).waitFor();
  await shot(page, 'users');
  assert.equal(read('user', 'get', 'dora@branch.example').effective_policy, 'Tag:Sales');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('status').getByText(/Taken back, revision/).waitFor();
  assert.equal(read('user', 'get', 'dora@branch.example').policy, '');
}

async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

async function signInByKeyboard(page) {
  await page.goto(URL_OF_PANEL);
  await page.getByLabel('User name').waitFor();
  await page.keyboard.type('alice');
  await press(page, 'Tab');
  await page.keyboard.type(PASSWORD);
  await press(page, 'Enter');
  await page.getByRole('navigation').waitFor();
}

async function byKeyboard() {
  const page = await newPage();
  await signInByKeyboard(page);
  await tabTo(page, page.getByRole('navigation').getByRole('link', { name: 'Federation and External Access' }));
  await press(page, 'Enter');
  await page.getByRole('tab', { name: 'External Access Policy', selected: true }).waitFor();
  await tabTo(page, page.getByRole('tab', { name: 'External Access Policy' }));
  await tabTo(page, page.getByRole('button', { name: 'New', exact: true }));
  await press(page, 'Enter');
  await page.getByRole('menuitem', { name: 'Site policy' }).waitFor();
  await press(page, 'ArrowDown', 'Enter');
  const dialog = page.getByRole('dialog', { name: 'New External Access Policy' });
  await dialog.waitFor();
  await page.keyboard.type('Marketing');
  await press(page, 'Tab');
  await page.keyboard.type('By keyboard');
  await press(page, 'Tab', 'Space', 'Tab', 'Space');
  await tabTo(page, dialog.getByRole('button', { name: 'Commit' }));
  await press(page, 'Enter');
  await page.getByRole('row').filter({ hasText: 'Marketing' }).filter({ hasText: 'User' }).waitFor();
  assert.equal(read('policy', 'get', 'Marketing').enable_xmpp_access, true);

  await tabTo(page, page.getByRole('navigation').getByRole('link', { name: 'Users' }), 120);
  await press(page, 'Enter');
  await tabTo(page, page.getByRole('searchbox', { name: 'Search' }));
  await page.keyboard.type('dora');
  await page.getByRole('row').filter({ hasText: 'dora@branch.example' }).waitFor();
  await page.getByText('1 entry').waitFor();
  await tabTo(page, page.getByRole('row').filter({ hasText: 'dora@branch.example' }));
  await press(page, 'Space');
  await page.getByText('1 selected').waitFor();
  const edit = page.getByRole('button', { name: 'Edit', exact: true });
  await tabTo(page, edit, 8, 'Shift+Tab');
  await press(page, 'Enter');
  await page.getByRole('menuitem', { name: 'Show details' }).waitFor();
  await press(page, 'Enter');
  const form = page.getByRole('dialog', { name: 'Edit Lync Server User' });
  await form.waitFor();
  await tabTo(page, form.getByRole('combobox', { name: 'External access policy' }));
  await page.keyboard.type('Marketing');
  await tabTo(page, form.getByRole('button', { name: 'Commit' }));
  await press(page, 'Enter');
  await page.getByRole('row').filter({ hasText: 'dora@branch.example' }).filter({ hasText: 'Marketing' }).waitFor();
  assert.equal(read('user', 'get', 'dora@branch.example').policy, 'Tag:Marketing');
}

cli('user', 'create', 'dora@branch.example', '--display-name', 'Dora Doe');
await run({ byMouse, byKeyboard });
