// Administrators, tokens, sessions, revisions with roll back; the audit log and backups.
import assert from 'node:assert/strict';
import jsQRModule from 'jsqr';
import { cli, commit, expected, newPage, PASSWORD, read, run, said, shot, signedIn, URL_OF_PANEL } from './support.mjs';

const jsQR = jsQRModule.default ?? jsQRModule;

async function accounts() {
  expected.push(/400/);
  const page = await signedIn();
  await page.getByRole('navigation').getByRole('link', { name: 'Administration' }).click();
  await page.getByRole('tab', { name: 'Administrators' }).click();
  await page.getByRole('button', { name: 'New', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'New Administrator' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('carla');
  await dialog.getByRole('combobox', { name: 'Role' }).selectOption('viewer');
  await dialog.getByLabel('Password').fill('short');
  await commit(page);
  await dialog.getByRole('alert').getByText('IST-AUTH-013').waitFor();
  await dialog.getByLabel('Password').fill(PASSWORD);
  await commit(page);
  await said(page, /carla committed/);
  const card = page.getByRole('region', { name: 'carla' });
  await card.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('menuitem', { name: 'One-time link' }).click();
  const url = await page.getByRole('dialog', { name: 'One-time link' }).locator('code').innerText();
  assert.match(url, /#sign-in=/);
  await page.keyboard.press('Escape');
  await card.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog', { name: 'Delete' }).getByRole('button', { name: 'OK' }).click();
  await said(page, /carla deleted/);
  assert.equal(read('admin', 'list').items.some(({ name }) => name === 'carla'), false);
}

async function tokens() {
  const page = await signedIn();
  await page.goto(`${URL_OF_PANEL}administration/tokens`);
  await page.getByRole('button', { name: 'New', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'New Token' });
  await dialog.getByRole('textbox', { name: 'Description' }).fill('monitoring');
  await commit(page);
  const secret = await dialog.locator('code').innerText();
  const status = await page.evaluate(async (token) => (await fetch('/api/v1/status', {
    headers: { Authorization: `Bearer ${token}` }, credentials: 'omit',
  })).status, secret);
  assert.equal(status, 200);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('button', { name: 'Revoke monitoring' }).click();
  await page.getByRole('dialog', { name: 'Revoke' }).getByRole('button', { name: 'OK' }).click();
  await said(page, /monitoring revoked/);
}

/** The text of a QR code that is drawn as squares of one unit. */
function readQr(path, viewBox) {
  const scale = 4;
  const side = Number(viewBox.split(' ')[2]) * scale;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let i = 0; i < scale * scale; i += 1) {
      const at = (Number(y) * scale + Math.floor(i / scale)) * side + Number(x) * scale + (i % scale);
      pixels.fill(0, at * 4, at * 4 + 3);
    }
  }
  return jsQR(pixels, side, side).data;
}

async function secondFactor() {
  expected.push(/401/);
  const { createHmac } = await import('node:crypto');
  const code = (secret, later = 0) => {
    const bits = [...secret.replace(/\s/g, '')].map((one) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0')).join('');
    const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor((Date.now() / 1000 + later) / 30)));
    const mac = createHmac('sha1', key).update(counter).digest();
    return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
  };
  const page = await signedIn('vera');
  await page.goto(`${URL_OF_PANEL}administration/account`);
  await page.getByRole('button', { name: 'Set up an authenticator' }).click();
  const secret = await page.locator('code').first().innerText();
  // What a telephone would read of the picture is the address that the gateway has made.
  const picture = page.getByRole('img', { name: 'The key as a QR code' });
  const uri = new URL(readQr(await picture.locator('path').getAttribute('d'), await picture.getAttribute('viewBox')));
  assert.equal(uri.protocol, 'otpauth:');
  assert.equal(uri.searchParams.get('secret'), secret.replace(/\s/g, ''));
  await shot(page, 'second-factor');
  await page.getByRole('textbox', { name: 'Code' }).first().fill(code(secret, -30));
  await page.getByRole('button', { name: 'Commit' }).click();
  await page.getByText('Keep these recovery codes').waitFor();
  const other = await newPage();
  await other.goto(URL_OF_PANEL);
  await other.getByLabel('User name').fill('vera');
  await other.getByLabel('Password').fill(PASSWORD);
  await other.keyboard.press('Enter');
  await other.getByLabel('Code').fill(code(secret));
  await other.keyboard.press('Enter');
  await other.getByRole('navigation').waitFor();
}

async function rollBack() {
  cli('partner', 'create', 'old.example', '--sasl-negotiation', 'Optional');
  const before = read('config', 'history').items[0].revision;
  cli('partner', 'set', 'old.example', '--description', 'a mistake');
  cli('partner', 'create', 'later.example', '--sasl-negotiation', 'Optional');
  const page = await signedIn();
  await page.goto(`${URL_OF_PANEL}administration/revisions`);
  const revision = (number) => page.getByRole('dialog', { name: `Revision ${number}` });
  const open = (number) => page.getByRole('button', { name: `Show revision ${number}`, exact: true }).click();
  // One change alone: what came after it stays. Not if it was changed again.
  await open(before + 1);
  await revision(before + 1).getByRole('button', { name: 'Undo this change alone' }).click();
  await said(page, `revision ${before + 3}`);
  assert.equal(read('partner', 'get', 'old.example').description, '');
  assert.equal(read('partner', 'get', 'later.example').domain, 'later.example');
  cli('partner', 'set', 'old.example', '--description', 'another');
  expected.push(/412/);
  await open(before + 1);
  await revision(before + 1).getByRole('button', { name: 'Undo this change alone' }).click();
  await page.getByRole('alert').getByText('IST-API-005').waitFor();
  assert.equal(read('partner', 'get', 'old.example').description, 'another');

  await page.getByRole('button', { name: `Show revision ${before + 1}`, exact: true }).click();
  const dialog = page.getByRole('dialog', { name: `Revision ${before + 1}` });
  await dialog.getByText('a mistake').waitFor();
  await shot(page, 'revision');
  await dialog.getByRole('button', { name: 'Undo this and what came after' }).click();
  await page.getByRole('dialog', { name: 'Roll back' }).getByRole('button', { name: 'Roll back' }).click();
  await said(page, `As it was after revision ${before}`);
  assert.equal(read('partner', 'get', 'old.example').description, '');
  assert.equal(read('partner', 'list').items.some(({ domain }) => domain === 'later.example'), false);
}

async function audit() {
  const page = await signedIn();
  await page.goto(`${URL_OF_PANEL}administration/account`);
  if ((await page.getByRole('tab', { name: 'Audit' }).count()) === 0) return; // not in this version of the API
  await page.getByRole('tab', { name: 'Audit' }).click();
  await page.getByText('sign-in').first().waitFor();
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.getByText('The log is whole').waitFor();
  await shot(page, 'audit');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export CSV' }).click(),
  ]);
  assert.match(file.suggestedFilename(), /csv$/);
}

async function backup() {
  const page = await signedIn();
  await page.goto(`${URL_OF_PANEL}administration/account`);
  if ((await page.getByRole('tab', { name: 'Backup' }).count()) === 0) return; // as above
  await page.getByRole('tab', { name: 'Backup' }).click();
  const [first, second] = [page.getByLabel('Passphrase', { exact: true }).first(), page.getByLabel('Passphrase again')];
  await first.fill('a long passphrase');
  await second.fill('a long passphrase');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Create and download' }).click(),
  ]);
  cli('partner', 'create', 'since.example', '--sasl-negotiation', 'Optional');
  await page.getByLabel('Backup file').setInputFiles(await file.path());
  await page.getByLabel('Passphrase', { exact: true }).last().fill('a long passphrase');
  await page.getByRole('button', { name: 'Show what would change' }).click();
  await page.getByRole('button', { name: 'Restore' }).waitFor();
  await shot(page, 'backup');
  await page.getByRole('button', { name: 'Restore' }).click();
  await page.getByRole('dialog', { name: 'Restore' }).getByRole('button', { name: 'Restore' }).click();
  await said(page, /Restored, revision/);
  assert.equal(read('partner', 'list').items.some(({ domain }) => domain === 'since.example'), false);
}

await run({ accounts, tokens, secondFactor, rollBack, audit, backup });
