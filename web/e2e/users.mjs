// Many users at once: one policy for several, and users from a CSV file.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAccessibility, choose, cli, commit, expected, newPage, PASSWORD, read, run, said, shot,
  signedIn, tabTo, URL_OF_PANEL } from './support.mjs';

const NAMES = ['ada', 'ben', 'cleo', 'dan'];
const policyOf = (name) => read('user', 'get', `${name}@branch.example`).policy;
const tick = (page, name) => page.getByRole('checkbox', { name: `Select ${name}@branch.example` }).check();

async function users(page) {
  await page.getByRole('navigation').getByRole('link', { name: 'Users', exact: true }).click();
  await page.getByRole('row').filter({ hasText: 'ada@branch.example' }).waitFor();
}

async function onePolicyForSeveral() {
  const page = await signedIn();
  await users(page);
  for (const name of ['ada', 'ben', 'cleo']) await tick(page, name);
  const before = read('config', 'history').items[0].revision;
  await choose(page, 'Grant policy');
  const dialog = page.getByRole('dialog', { name: 'Grant an external access policy' });
  await dialog.getByText('To 3 users:').waitFor();
  await dialog.getByText('1 of them has another one now.').waitFor();
  await dialog.getByRole('combobox', { name: 'External access policy' }).selectOption('Sales');
  await dialog.getByText('3 of them have another one now.').waitFor();
  await checkAccessibility(page, 'a grant');
  await shot(page, 'grant');
  await commit(page);
  await said(page, /Sales granted to 3 users, revision \d+/);
  assert.deepEqual(NAMES.map(policyOf), ['Tag:Sales', 'Tag:Sales', 'Tag:Sales', '']);
  assert.equal(read('config', 'history').items[0].revision, before + 1, 'in one revision');
  await page.getByRole('row').filter({ hasText: 'ben@branch.example' }).filter({ hasText: 'Sales' }).waitFor();

  // Everybody gets back what he had: one another policy, two none.
  await page.getByRole('button', { name: 'Undo' }).click();
  await said(page, 'Taken back');
  assert.deepEqual(NAMES.map(policyOf), ['', '', 'Tag:Support', '']);

  // <Automatic> takes it away.
  await page.getByRole('row').filter({ hasText: 'cleo@branch.example' }).filter({ hasText: 'Support' }).waitFor();
  await tick(page, 'cleo');
  await tick(page, 'dan');
  await choose(page, 'Grant policy');
  await dialog.getByText('1 of them has another one now.').waitFor();
  await commit(page);
  await said(page, /<Automatic> granted to 1 user, revision/);
  assert.equal(policyOf('cleo'), '');
}

/** The policy was deleted while the list of them was shown. */
async function refusedGrant() {
  expected.push(/404/);
  cli('policy', 'create', 'Gone');
  const page = await signedIn();
  await users(page);
  await tick(page, 'ada');
  cli('policy', 'delete', 'Gone');
  await choose(page, 'Grant policy');
  const dialog = page.getByRole('dialog', { name: 'Grant an external access policy' });
  await dialog.getByRole('combobox', { name: 'External access policy' }).selectOption('Gone');
  await commit(page);
  await dialog.getByRole('alert').getByText("There is no user policy").waitFor();
  await dialog.getByRole('alert').getByText('IST-API-002').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(policyOf('ada'), '');
}

async function byKeyboard() {
  const page = await signedIn();
  await users(page);
  await tabTo(page, page.getByRole('row').filter({ hasText: 'ada@branch.example' }));
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await page.getByText('2 selected').waitFor();
  await page.getByRole('button', { name: 'Edit', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type('g');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Grant an external access policy' });
  await tabTo(page, dialog.getByRole('combobox'));
  await page.keyboard.type('Sales');
  await tabTo(page, dialog.getByRole('button', { name: 'Commit' }));
  await page.keyboard.press('Enter');
  await said(page, /Sales granted to 2 users/);
  assert.deepEqual(NAMES.map(policyOf), ['Tag:Sales', 'Tag:Sales', '', '']);
}

const folder = mkdtempSync(join(tmpdir(), 'isthmus-panel-'));
function csv(name, text) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function importDialog(page) {
  await users(page);
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  return page.getByRole('dialog', { name: 'Import users' });
}

async function usersFromAFile() {
  expected.push(/400/);
  const page = await signedIn();
  const dialog = await importDialog(page);
  assert.equal(await dialog.getByRole('button', { name: 'Show what would change' }).isDisabled(), true);
  const [example] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Save an example' }).click(),
  ]);
  const header = readFileSync(await example.path(), 'utf8').split('\n')[0];

  // Every line that is wrong is named, and nothing is done.
  const path = csv('users.csv', `${header}\n<img src=x onerror=window.pwned=1>,Eva,,,here,true\nfred@branch.example,Fred,NoSuchPolicy,,here,true\n`
    + 'gina@branch.example,Gina,Sales,,nowhere,perhaps\n');
  await dialog.getByLabel('CSV file').setInputFiles(path);
  await dialog.getByRole('button', { name: 'Show what would change' }).click();
  const alert = dialog.getByRole('alert');
  for (const line of [2, 4]) await alert.getByText(`Line ${line}:`).first().waitFor();
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  await checkAccessibility(page, 'faults of a file');
  await shot(page, 'import-faults');

  // A browser does not read a file that has changed since: the page says so, and it is chosen again.
  writeFileSync(path, `${header}\nfred@branch.example,Fred,Sales,,here,true\nada@branch.example,Ada L.,,,here,true\n`);
  await dialog.getByRole('button', { name: 'Show what would change' }).click();
  await alert.getByText('Choose it again.').waitFor();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), dialog.getByLabel('CSV file').click()]);
  await chooser.setFiles(path);
  await alert.waitFor({ state: 'detached' });
  await dialog.getByRole('button', { name: 'Show what would change' }).click();
  await dialog.getByRole('heading', { name: 'This would be done:' }).waitFor();
  await shot(page, 'import');
  assert.equal(read('user', 'list').items.some(({ uri }) => uri.startsWith('fred')), false, 'only looked');
  await commit(page);
  await said(page, /2 users imported, revision \d+/);
  await page.getByRole('row').filter({ hasText: 'fred@branch.example' }).filter({ hasText: 'Sales' }).waitFor();
  assert.equal(read('user', 'get', 'ada@branch.example').display_name, 'Ada L.');

  // The same again: nothing to do.
  await importDialog(page);
  await dialog.getByLabel('CSV file').setInputFiles(path);
  await dialog.getByRole('button', { name: 'Show what would change' }).click();
  await dialog.getByText('Nothing would change.').waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Commit' }).isDisabled(), true);
}

/** What the gateway says in a German page: its code's sentence in German, its own words below. */
async function inGerman() {
  expected.push(/400/, /409/);
  const page = await newPage({ locale: 'de-DE' });
  await page.goto(URL_OF_PANEL);
  await page.getByLabel('Benutzername').fill('alice');
  await page.getByLabel('Kennwort').fill('not the password');
  expected.push(/401/);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('Name, Kennwort oder Code des Administrators ist falsch.').waitFor();
  await page.getByLabel('Kennwort').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('navigation').getByRole('link', { name: 'Benutzer', exact: true }).click();
  await page.getByRole('button', { name: 'Neu', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').first().fill('ada@branch.example');
  await dialog.getByRole('button', { name: 'Ausführen' }).click();
  const alert = dialog.getByRole('alert');
  await alert.getByText('Ein Objekt dieses Namens gibt es schon.').waitFor();
  await alert.getByText('IST-API-003').waitFor();
  assert.equal(await alert.locator('[lang=en]').count(), 1, 'the gateway\'s own words');
  await shot(page, 'german-refusal');
}

for (const name of NAMES) cli('user', 'create', `${name}@branch.example`);
for (const name of ['Sales', 'Support']) cli('policy', 'create', name);
cli('policy', 'grant', '--user', 'cleo@branch.example', 'Support');
await run({ onePolicyForSeveral, refusedGrant, byKeyboard, usersFromAFile, inGerman });
