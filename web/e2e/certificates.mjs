// Certificates: a request to hand in, a file that is imported and used at once, what is served.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAccessibility, expected, run, shot, signedIn } from './support.mjs';

async function wizard() {
  const page = await signedIn();
  await page.getByRole('navigation').getByRole('link', { name: 'Certificates', exact: true }).click();
  for (const use of ['SIP system', 'XMPP partners', 'Control panel and API']) {
    await page.getByRole('heading', { name: use }).waitFor();
  }
  await checkAccessibility(page, 'certificates');
  await page.getByRole('button', { name: 'New', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'New Certificate' });
  await dialog.getByRole('button', { name: 'Next' }).click();
  await dialog.getByRole('radio', { name: /Request one from an authority/ }).check();
  await dialog.getByRole('button', { name: 'Next' }).click();
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('requested');
  await dialog.getByRole('textbox', { name: 'Organisation' }).fill('Contoso');
  await shot(page, 'certificate-wizard');
  await checkAccessibility(page, 'the wizard');
  await dialog.getByRole('button', { name: 'Commit' }).click();
  await dialog.getByText('Request requested is made.').waitFor();
  // A line of the request is one line: none is broken where it is shown.
  const pem = dialog.getByRole('region', { name: 'Text to copy' });
  const [lines, rows] = await pem.evaluate((box) => {
    const range = document.createRange();
    range.selectNodeContents(box);
    const tops = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
    return [box.textContent.trim().split('\n').length, tops.size];
  });
  assert.equal(rows, lines, 'lines of the request are broken');
  await shot(page, 'certificate-request');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: /Download request/ }).click(),
  ]);
  const names = execFileSync('openssl', ['req', '-noout', '-text', '-in', await file.path()], { encoding: 'utf8' });
  assert.match(names, /DNS:branch\.example/);
  assert.match(names, /O = Contoso|O=Contoso/);
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  // It waits for its answer, which is brought where it is seen to wait.
  const waiting = page.locator('.one').filter({ hasText: 'requested' });
  await waiting.getByText('Waits for the answer of your authority.').waitFor();
  await waiting.getByRole('button', { name: 'Edit' }).click();
  const edge = await page.getByRole('menu').evaluate((menu) => menu.getBoundingClientRect().right - innerWidth);
  assert.ok(edge <= 0, `${edge} px of the menu are beyond the screen`);
  await shot(page, 'certificate-menu');
  await page.keyboard.press('Escape');
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-panel-'));
  const answer = sign(folder, await file.path());
  await waiting.getByRole('button', { name: 'Import the answer' }).click();
  await dialog.getByText('answered to the request requested').waitFor();
  await shot(page, 'certificate-answer');
  await checkAccessibility(page, 'the answer to a request');
  await dialog.getByLabel('Files').setInputFiles(answer);
  await dialog.getByRole('button', { name: 'Commit' }).click();
  await dialog.getByText('Certificate requested is here.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await waiting.getByRole('button', { name: 'Import the answer' }).waitFor({ state: 'detached' });
  await waiting.getByText('XMPP partners', { exact: true }).waitFor();
}

/** What an authority answers to a request. */
function sign(folder, request) {
  const [key, root, made] = ['ca.key', 'ca.pem', 'made.pem'].map((name) => join(folder, name));
  const names = join(folder, 'names');
  writeFileSync(names, 'subjectAltName = DNS:gateway.contoso.example,DNS:branch.example\n');
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '90', '-subj', '/CN=Authority', '-keyout', key, '-out', root);
  openssl('x509', '-req', '-days', '90', '-in', request, '-CA', root, '-CAkey', key, '-CAcreateserial', '-extfile', names, '-out', made);
  return [made, root];
}

async function imported() {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-panel-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const config = join(folder, 'openssl.cnf');
  writeFileSync(config, `[req]
prompt = no
distinguished_name = dn
x509_extensions = v3
[dn]
O = <img src=x onerror=window.pwned=1>
CN = gateway.contoso.example
[v3]
basicConstraints = CA:FALSE
subjectAltName = DNS:gateway.contoso.example,DNS:branch.example
`);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '20', '-config', config, '-keyout', key,
    '-out', certificate], { stdio: 'ignore' });
  const page = await signedIn();
  await page.getByRole('navigation').getByRole('link', { name: 'Certificates', exact: true }).click();
  await page.getByRole('button', { name: 'New', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'New Certificate' });
  await dialog.getByRole('button', { name: 'Next' }).click();
  await dialog.getByRole('radio', { name: /Import a file/ }).check();
  await dialog.getByRole('button', { name: 'Next' }).click();
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('lab');
  await dialog.getByLabel('Files').setInputFiles([certificate]);
  expected.push(/40\d/);
  await dialog.getByRole('button', { name: 'Commit' }).click();
  await dialog.getByRole('alert').waitFor(); // its key is nowhere
  // What went wrong belongs to the step that it went wrong in.
  await dialog.getByRole('button', { name: 'Back' }).click();
  assert.equal(await dialog.getByRole('alert').count(), 0);
  await dialog.getByRole('button', { name: 'Next' }).click();
  await dialog.getByLabel('Files').setInputFiles([certificate, key]);
  await dialog.getByRole('button', { name: 'Commit' }).click();
  await dialog.getByText('Certificate lab is here.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.getByText('onerror').first().waitFor();
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  await shot(page, 'certificates');
  await page.locator('.one').filter({ hasText: 'lab' }).getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('menuitem', { name: 'Show details' }).click();
  await page.getByRole('dialog', { name: 'Certificate lab' }).getByText('SHA-256').waitFor();
  await checkAccessibility(page, 'a certificate');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Check what is served' }).click();
  await page.getByRole('dialog', { name: 'Check what is served' }).getByText('As loaded').first().waitFor();
}

await run({ wizard, imported });
