// What an attacker would try: script in every text, requests from another site, a frame around us.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, commit, create, expected, newPage, openTab, run, said, signedIn, signIn,
  URL_OF_PANEL } from './support.mjs';

const EVIL = '"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>{{7*7}}';
const SHORT = '<img src=x onerror=window.pwned=1>';

const isHurt = (page) => page.evaluate(() => window.pwned !== undefined);

/** Every text field of a dialog gets `text`. */
async function fillAll(dialog, text) {
  for (const box of await dialog.getByRole('textbox').all()) {
    if (await box.isEditable()) await box.fill(text);
  }
}

async function scriptInEveryField() {
  expected.push(/400/, /404/, /409/);
  // Wide enough for every column.
  const page = await signedIn('alice', { viewport: { width: 1920, height: 1000 } });
  const forms = [
    ['External Access Policy', 'User policy'],
    ['SIP Federated Domains', 'Allowed domain'],
    ['SIP Federated Domains', 'Blocked domain'],
    ['SIP Federated Providers', 'Hosted provider'],
    ['XMPP Federated Partners', null],
  ];
  for (const [tab, item] of forms) {
    await openTab(page, tab);
    const dialog = await create(page, item);
    await fillAll(dialog, EVIL);
    await commit(page);
    await dialog.locator('[aria-invalid=true], [role=alert]').first().waitFor();
    const summary = dialog.locator('.commit summary');
    if (await summary.count()) await summary.click();
    assert.equal(await isHurt(page), false, `${tab}: ${item}`);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
  }
  // What a text may hold is shown as it is.
  await openTab(page, 'External Access Policy');
  const dialog = await create(page, 'User policy');
  await dialog.getByRole('textbox', { name: 'Name' }).fill(SHORT.replace(/[/:*?]/g, ''));
  await dialog.getByRole('textbox', { name: 'Description' }).fill(EVIL);
  await commit(page);
  await said(page, /committed/);
  await page.getByRole('row').filter({ hasText: EVIL }).waitFor();
  await page.getByRole('searchbox', { name: 'Search' }).fill(EVIL);
  await page.getByText(`Nothing matches “${EVIL}”.`).waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'Diagnostics' }).click();
  await page.getByRole('tab', { name: 'Explain' }).click();
  await page.getByRole('textbox', { name: 'SIP user' }).fill(EVIL);
  await page.getByRole('textbox', { name: 'XMPP address or domain' }).fill(EVIL);
  await page.getByRole('button', { name: 'Explain' }).click();
  await page.getByRole('alert').waitFor();
  await page.goto(`${URL_OF_PANEL}diagnostics/explain?user=${encodeURIComponent(EVIL)}&to=${encodeURIComponent(EVIL)}`);
  await page.getByRole('alert').waitFor();
  await page.goto(`${URL_OF_PANEL}users?q=${encodeURIComponent(EVIL)}&show=${encodeURIComponent(SHORT)}`);
  await page.getByRole('alert').waitFor();
  assert.equal(await isHurt(page), false);
}

/** What others have written: descriptions, names, reasons, objects by the command line. */
async function scriptFromElsewhere() {
  cli('--reason', EVIL, 'partner', 'create', 'evil.example', '--description', EVIL, '--sasl-negotiation', 'Optional');
  cli('user', 'create', 'eve@branch.example', '--display-name', EVIL);
  cli('site', 'create', 'Evil', '--description', EVIL);
  cli('admin', 'token', 'create', '--role', 'viewer', '--expires', '1d', '--description', EVIL);
  // A certificate whose subject is script, shown as the one of the panel as well.
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-panel-'));
  const file = join(folder, 'evil.pem');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-days', '90', '-subj', `/O=${SHORT.replaceAll('/', '')}/CN=gateway.contoso.example`,
    '-addext', 'subjectAltName=DNS:gateway.contoso.example', '-keyout', file, '-out', `${file}.crt`], { stdio: 'ignore' });
  cli('cert', 'import', `${file}.crt`, '--key', file, '--name', 'evil');
  // Somebody without an account leaves his name in the audit log.
  expected.push(/401/);
  const stranger = await newPage();
  await stranger.goto(URL_OF_PANEL);
  await stranger.getByLabel('User name').fill(SHORT);
  await stranger.getByLabel('Password').fill(EVIL);
  await stranger.keyboard.press('Enter');
  await stranger.getByRole('alert').waitFor();
  const page = await signedIn('alice', { userAgent: EVIL });
  for (const path of ['federation/xmpp-federated-partners?show=evil.example', 'users?show=eve%40branch.example',
    'settings/sites-and-pools', 'certificates', 'administration/tokens', 'administration/sessions', 'administration/audit',
    'diagnostics/doctor', 'home', 'administration/revisions']) {
    await page.goto(URL_OF_PANEL + path);
    if (path === 'home' || path === 'diagnostics/doctor') await page.waitForLoadState('networkidle');
    else await page.waitForFunction(() => document.body.innerText.includes('onerror')
      || [...document.querySelectorAll('input')].some((input) => input.value.includes('onerror')));
    assert.equal(await isHurt(page), false, path);
  }
  await page.getByRole('button', { name: /Show revision/ }).first().click();
  await page.getByRole('dialog').waitFor();
  assert.equal(await isHurt(page), false, 'a revision');
}

/** Another site, with the administrator's browser. */
async function requestsFromAnotherSite() {
  expected.push(/./);
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(request.url === '/frame'
      ? `<iframe id="frame" src="${URL_OF_PANEL}"></iframe>`
      : `<form id="form" method="post" enctype="text/plain" action="${URL_OF_PANEL}api/v1/partners"><input name='{"domain":"csrf.example","x":"' value='"}'></form>`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const foreign = `http://127.0.0.1:${server.address().port}`;
  try {
    const page = await newPage();
    await signIn(page);
    const other = await page.context().newPage();
    await other.goto(`${foreign}/`);
    const seen = await other.evaluate(async (url) => {
      const tries = [
        { method: 'POST', body: '{"domain":"csrf.example"}', headers: { 'Content-Type': 'text/plain' } },
        { method: 'POST', body: '{"domain":"csrf.example"}', headers: { 'Content-Type': 'application/json' } },
        { method: 'GET' },
      ];
      const made = [];
      for (const one of tries) {
        made.push(await fetch(`${url}api/v1/partners`, { ...one, credentials: 'include' })
          .then((response) => response.status, () => 'blocked'));
      }
      return made;
    }, URL_OF_PANEL);
    assert.deepEqual(seen, ['blocked', 'blocked', 'blocked'], 'nothing is told to another site');
    await Promise.all([other.waitForNavigation(), other.evaluate(() => document.getElementById('form').submit())]);
    const partners = JSON.parse(cli('partner', 'list', '-o', 'json')).items.map(({ domain }) => domain);
    assert.equal(partners.includes('csrf.example'), false);

    await other.goto(`${foreign}/frame`);
    const frame = await (await other.waitForSelector('#frame')).contentFrame();
    await frame.waitForLoadState();
    assert.equal(await frame.locator('#app').count().catch(() => 0), 0, 'no frame shows the panel');
  } finally {
    server.close();
  }
}

/** A request that carries the cookie but not the token of the session. */
async function withoutItsToken() {
  expected.push(/403/);
  const page = await signedIn();
  const status = await page.evaluate(async () => (await fetch('/api/v1/partners', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"domain":"csrf.example"}',
  })).status);
  assert.equal(status, 403);
}

async function nothingInlineMayRun() {
  expected.push(/Content Security Policy/, /Refused/);
  const page = await newPage();
  const response = await page.goto(URL_OF_PANEL);
  const headers = response.headers();
  assert.match(headers['content-security-policy'], /script-src 'self'; style-src 'self'/);
  assert.equal(headers['x-frame-options'], 'DENY');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  await page.getByLabel('User name').waitFor();
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.pwned = 1';
    document.body.append(script);
    const image = document.createElement('img');
    image.setAttribute('onerror', 'window.pwned = 1');
    image.src = 'data:,x';
    document.body.append(image);
    return window.pwned;
  });
  assert.equal(ran, undefined);
  assert.equal(await isHurt(page), false);
}

async function onlyOurselvesAreAsked() {
  const page = await newPage();
  const asked = new Set();
  page.on('request', (request) => asked.add(new URL(request.url()).origin));
  await signIn(page);
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  assert.deepEqual([...asked], [new URL(URL_OF_PANEL).origin]);
}

await run({ scriptInEveryField, scriptFromElsewhere, requestsFromAnotherSite, withoutItsToken,
  nothingInlineMayRun, onlyOurselvesAreAsked });
