// From the files of Lync's shell to partners, policies and users: looked at, committed, taken back; the
// switch over after it.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAccessibility, cli, commit, expected, read, run, said, shot, signedIn, URL_OF_PANEL } from './support.mjs';

const FOLDER = new URL('../../tests/data/clixml/', import.meta.url).pathname;
const FILES = readdirSync(FOLDER).map((name) => join(FOLDER, name));
const folder = mkdtempSync(join(tmpdir(), 'isthmus-panel-'));

/** The sample users are of a domain that is not ours: theirs becomes one that is. */
function prepared() {
  return FILES.map((path) => {
    const octets = readFileSync(path);
    if (!path.includes('users')) return path;
    const text = octets.toString('utf16le').replaceAll(/(<S N="SipAddress">sip:[^<]*@)[^<]*/g, '$1branch.example');
    const made = join(folder, 'users.xml');
    writeFileSync(made, Buffer.from(text, 'utf16le'));
    return made;
  });
}

async function open(page) {
  await page.getByRole('navigation').getByRole('link', { name: 'Migration' }).click();
  await page.getByRole('tab', { name: 'Import from Lync' }).click();
  await page.getByText('Get-CsXmppAllowedPartner | Export-Clixml').waitFor();
}

const upload = (page, files) => page.getByLabel('Files of Export-Clixml').setInputFiles(files);
const row = (page, kind, name) => page.locator('section').filter({ has: page.getByRole('heading', { name: kind, exact: true }) })
  .getByRole('listitem').filter({ hasText: name }).first();

async function importAll() {
  expected.push(/404/);
  const page = await signedIn();
  await open(page);
  const before = read('config', 'history').items[0]?.revision ?? 0;
  await upload(page, prepared());
  await page.getByRole('heading', { name: '4. Plan and Commit' }).waitFor();
  await row(page, 'XMPP federated partners', 'fabrikam.example').getByText('New', { exact: true }).waitFor();
  await row(page, 'Settings of the XMPP gateway', 'XMPP Gateway').getByText('Changes').waitFor();
  await page.getByText('1000', { exact: true }).waitFor();
  await page.getByText('1200', { exact: true }).waitFor();
  for (const name of ['Redmond', 'Dublin']) await row(page, 'Sites', name).getByText('New', { exact: true }).waitFor();
  await page.getByText('Left out: not enabled').waitFor();
  assert.equal((await page.locator('body').innerText()).includes('not-a-real-passphrase'), false, 'a secret is not shown');
  await checkAccessibility(page, 'an import');
  await page.getByRole('heading', { name: 'XMPP federated partners' }).scrollIntoViewIfNeeded();
  await shot(page, 'migration-review');

  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the plan' }).click()]);
  const plan = readFileSync(await file.path(), 'utf8');
  assert.equal(JSON.parse(plan).objects.some(({ id }) => id === 'fabrikam.example'), true);
  assert.equal(plan.includes('not-a-real'), false);
  assert.equal(read('partner', 'list').items.length, 0, 'only looked');

  // What the gateway warns of wants a reason; one partner is left out.
  await page.getByRole('checkbox', { name: 'Take chat.contoso.example' }).uncheck();
  await page.getByRole('textbox', { name: 'Reason' }).fill('From the old pool');
  await commit(page);
  await said(page, /Imported \d+ objects and 3 users, revision \d+/);
  const partners = Object.fromEntries(read('partner', 'list').items.map((one) => [one.domain, one]));
  assert.deepEqual(Object.keys(partners).sort(), ['fabrikam.example', 'legacy-talk.example']);
  assert.equal(partners['fabrikam.example'].enabled, false, 'until it is cut over');
  assert.deepEqual(partners['fabrikam.example'].additional_domains, ['corp.fabrikam.example', 'it.fabrikam.example']);
  assert.equal(read('gateway', 'get').connection_limit, 1200);
  assert.equal(read('policy', 'get', 'site:Dublin').enable_xmpp_access, true);
  const ken = read('user', 'get', 'ken.myer@branch.example');
  assert.deepEqual([ken.policy, ken.homed, ken.display_name], ['Tag:XmppPilot', 'legacy', 'Ken Myer']);
  const [newest] = read('config', 'history').items;
  assert.deepEqual([newest.reason, newest.revision], ['From the old pool', before + 1], 'one revision');
  await shot(page, 'migration-done');

  // The same again is an empty plan, but for what was left out.
  await upload(page, prepared());
  await row(page, 'XMPP federated partners', 'fabrikam.example').getByText('The same here').waitFor();
  await page.getByRole('checkbox', { name: 'Take chat.contoso.example' }).uncheck();
  await page.getByText('Nothing would change').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Commit' }).isDisabled(), true);

  // Everything is taken back as one; what somebody else has made since stays.
  cli('partner', 'create', 'theirs.example', '--sasl-negotiation', 'Optional');
  await page.getByRole('button', { name: 'Undo' }).click();
  await said(page, /Taken back, revision/);
  assert.deepEqual(read('partner', 'list').items.map(({ domain }) => domain), ['theirs.example']);
  cli('partner', 'delete', 'theirs.example');
  assert.equal(read('user', 'list').items.length, 0);
  assert.equal(read('gateway', 'get').connection_limit, 1000);
  assert.ok(read('config', 'history').items[0].revision > before);
}

/** Files that are none, that are cut, that want to be script. */
async function badFiles() {
  expected.push(/404/);
  const page = await signedIn();
  await open(page);
  const make = (name, text) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const objs = (inside) => `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">${inside}</Objs>`;
  const whole = readFileSync(FILES[2]);
  await upload(page, [
    make('page.xml', '<html><script>window.pwned=1</script></html>'),
    make('cut.xml', whole.subarray(0, whole.length / 2)),
    make('entity.xml', '<!DOCTYPE Objs [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + objs('<S>&a;</S>')),
    make('evil.xml', objs('<Obj RefId="0"><Props><S N="Domain">evil.example</S><S N="TlsNegotiation">Required</S><S N="Description">&lt;img src=x onerror=window.pwned=1&gt;</S></Props></Obj>'
      + '<Obj RefId="1"><Props><S N="Domain">not a domain</S><S N="TlsNegotiation">NotSupported</S><S N="SaslNegotiation">NotSupported</S><B N="SupportDialbackNegotiation">false</B></Props></Obj>')),
  ]);
  await page.getByRole('listitem').filter({ hasText: 'page.xml' }).getByText('no file of Export-Clixml').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'cut.xml' }).getByText('ends in the middle').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'entity.xml' }).getByText('document type').waitFor();
  expected.push(/400/);
  const bad = row(page, 'XMPP federated partners', 'not a domain');
  await bad.getByText('Not possible').waitFor();
  await bad.getByRole('alert').waitFor();
  assert.equal(await page.getByRole('checkbox', { name: 'Take not a domain' }).isDisabled(), true);
  await shot(page, 'migration-bad');
  await checkAccessibility(page, 'bad files');
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  await page.getByRole('textbox', { name: 'Reason' }).fill('A test');
  await commit(page);
  await said(page, /Imported 1 object and 0 users/);
  assert.equal(read('partner', 'get', 'evil.example').description, '<img src=x onerror=window.pwned=1>');

  // Somebody has changed it since: that is not thrown away with the import.
  expected.push(/412/);
  cli('partner', 'create', 'mine.example', '--sasl-negotiation', 'Optional');
  cli('partner', 'set', 'evil.example', '--description', 'looked at');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('some of it was changed again since').waitFor();
  assert.equal(read('partner', 'list').items.length, 2);
}

async function switchOver() {
  const page = await signedIn('hans');
  assert.equal(await page.getByRole('navigation').getByRole('link', { name: 'Migration' }).count(), 1);
  await page.goto(`${URL_OF_PANEL}migration/switch-over`);
  await page.getByRole('heading', { name: 'Firewall' }).waitFor();
  await page.getByText(/_xmpp-server\._tcp\.branch\.example/).first().waitFor();
  await page.getByRole('button', { name: 'Test all partners' }).click();
  await page.getByText(/0 of 2 tested can be reached; there are 2/).waitFor();
  await shot(page, 'migration-switch-over');
  await checkAccessibility(page, 'the switch over');
  assert.equal(await page.getByRole('tab', { name: 'Import from Lync' }).count(), 0, 'who may not configure does not import');
}

await run({ importAll, badFiles, switchOver });
