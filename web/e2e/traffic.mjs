// Pages of a gateway with real traffic: what passes, what failed, and text that an attacker has sent.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { checkAccessibility, cli, expected, run, shot, signedIn, URL_OF_PANEL } from './support.mjs';

async function conversations() {
  const page = await signedIn();
  await page.getByRole('navigation').getByRole('link', { name: 'Conversations' }).click();
  const row = page.getByRole('row').filter({ hasText: 'bob@branch.example' }).filter({ hasText: 'tybalt@northwind.example' });
  await row.waitFor();
  await shot(page, 'conversations');
  await row.click();
  const dialog = page.getByRole('dialog', { name: 'bob@branch.example and tybalt@northwind.example' });
  await dialog.getByRole('img', { name: /bob@branch.example and/ }).waitFor();
  await shot(page, 'conversation-ladder');
  await checkAccessibility(page, 'a ladder');
  await dialog.getByRole('button', { name: 'Table view' }).click();
  assert.ok((await dialog.getByRole('row').count()) >= 3);
  await dialog.getByRole('button', { name: /Show details of message/ }).first().click();
  await dialog.getByText('Call-ID').waitFor();
  await shot(page, 'conversation-table');
  const body = await page.locator('body').innerText();
  assert.equal(body.includes('a secret between us'), false, 'what was written is not shown');
  await dialog.getByRole('button', { name: 'Ladder' }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Save as SVG' }).click(),
  ]);
  assert.match(file.suggestedFilename(), /\.svg$/);

  // A phone shows who and what became of it.
  const phone = await signedIn();
  await phone.setViewportSize({ width: 360, height: 740 });
  await phone.goto(`${URL_OF_PANEL}conversations`);
  const line = phone.getByRole('row').filter({ hasText: 'bob@branch.example' }).filter({ hasText: 'tybalt@northwind.example' });
  await line.getByText(/delivered|failed|under way/).waitFor({ state: 'attached' });
  // Both addresses, each in a line of its own, whole.
  const people = await line.locator('.people > span').evaluateAll((all) => all.map((one) => [one.textContent, one.scrollWidth <= one.clientWidth, one.getBoundingClientRect().top]));
  assert.deepEqual(people.map(([text, isWhole]) => [text, isWhole]), [['bob@branch.example', true], ['tybalt@northwind.example', true]]);
  assert.ok(people[1][2] > people[0][2]);
  await phone.getByRole('columnheader', { name: 'State' }).waitFor({ state: 'attached' });
  assert.equal(await phone.locator('.sign').first().isVisible(), true);
  await shot(phone, 'conversations-narrow');
  // Opened it is a table; the ladder is there, and scrolls.
  await line.click();
  const sheet = phone.getByRole('dialog', { name: 'bob@branch.example and tybalt@northwind.example' });
  await sheet.getByRole('button', { name: /Show details of message/ }).first().waitFor();
  assert.equal(await sheet.getByRole('img').count(), 0);
  const isCut = await sheet.getByRole('region', { name: 'Table view' }).evaluate((one) => one.scrollWidth > one.clientWidth + 1);
  assert.equal(isCut, false, 'the table fits');
  await shot(phone, 'conversation-table-narrow');
  await checkAccessibility(phone, 'a conversation on a phone');
  await sheet.getByRole('button', { name: 'Ladder' }).click();
  const ladder = sheet.getByRole('region', { name: /bob@branch.example and/ });
  assert.equal(await ladder.evaluate((one) => one.scrollWidth > one.clientWidth), true);
  const lanes = await ladder.locator('.head').evaluateAll((all) => all.map((one) => one.firstChild.data));
  assert.ok(lanes.includes('@branch.example'), `an address in two lines: ${lanes}`);
  await shot(phone, 'conversation-ladder-narrow');
  await phone.context().close();

  // On paper stands the ladder, whole, and nothing of the page behind it.
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.getByRole('navigation').count(), 0);
  assert.equal(await dialog.getByRole('button', { name: 'Print' }).count(), 0);
  const cut = await dialog.locator('.scroll').evaluate((one) => one.scrollHeight - one.clientHeight);
  assert.ok(cut < 2, `${cut} px of the ladder are cut off`);
  await shot(page, 'conversation-print');
  const pdf = await page.pdf({ format: 'A4', landscape: true });
  if (process.env.PANEL_SHOTS) writeFileSync(`${process.env.PANEL_SHOTS}/conversation.pdf`, pdf);
  assert.ok(pdf.length > 5000);
}

async function live() {
  const page = await signedIn();
  await page.getByRole('heading', { name: 'Messages a second' }).waitFor();
  await page.getByRole('img', { name: /a second to XMPP/ }).waitFor();
  await page.getByText('IST-').first().waitFor();
  await page.locator('.uplot').waitFor();
  await page.getByText(/Now [1-9]\S* a second to XMPP/).waitFor();
  await shot(page, 'home-live');
  await checkAccessibility(page, 'home with traffic');
  await page.getByRole('navigation').getByRole('link', { name: 'Live' }).click();
  await page.getByRole('row').filter({ hasText: 'northwind.example' }).filter({ hasText: 'up' }).first().waitFor();
  await shot(page, 'live');
  await page.getByRole('row').filter({ hasText: 'northwind.example' }).filter({ hasText: 'up' }).first().dblclick();
  await page.getByRole('dialog', { name: 'Stream with northwind.example' }).getByText('TLS').first().waitFor();
  await shot(page, 'stream');
  await checkAccessibility(page, 'a stream');
}

/** Addresses, resources and status texts come from people whom nobody knows. */
async function textOfAttackers() {
  const page = await signedIn();
  for (const path of ['conversations', 'live/streams', 'live/queue', 'live/sip-peers', 'live/subscriptions', 'live/dialogs', 'home',
    'live/contacts?user=bob%40branch.example']) {
    await page.goto(URL_OF_PANEL + path);
    await page.waitForLoadState('domcontentloaded');
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.equal(await page.evaluate(() => window.pwned), undefined, path);
  }
  await page.goto(`${URL_OF_PANEL}live/subscriptions`);
  const row = page.getByRole('row').filter({ hasText: 'bob@branch.example' }).first();
  await row.waitFor();
  await row.dblclick();
  await page.getByRole('dialog').waitFor();
  assert.equal(await page.evaluate(() => window.pwned), undefined);
}

/** What passes is recorded, and shown as a ladder with the raw text of both sides. */
async function recording() {
  expected.push(/403/);
  const page = await signedIn('toni');
  await page.getByRole('navigation').getByRole('link', { name: 'Diagnostics' }).click();
  await page.getByRole('tab', { name: 'Traces' }).click();
  await page.getByText('Nothing is recorded').waitFor();
  await page.getByRole('button', { name: 'New', exact: true }).click();
  const form = page.getByRole('dialog', { name: 'New Trace' });
  await form.getByLabel('SIP user').fill('bob@branch.example');
  await form.getByLabel('Partner').fill('northwind.example');
  // Texts are not recorded without the setting of the gateway, whatever the role.
  await form.getByLabel('Record what people write, too').check();
  await form.getByLabel('Reason').fill('bob has asked for it');
  await form.getByRole('button', { name: 'Start' }).click();
  await form.getByRole('alert').getByText('IST-API-042').waitFor();
  await shot(page, 'trace-refused');
  await form.getByLabel('Record what people write, too').uncheck();
  await form.getByRole('button', { name: 'Start' }).click();
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname.replace(/.*\/traces\/?[^/]*/, 'traces')));
  const sheet = page.getByRole('dialog').filter({ hasText: 'left out' });
  await sheet.locator('.arrow').nth(8).waitFor();
  // What passes comes by itself: the recording is read when it is opened, and not again and again.
  await sheet.locator('.arrow').nth(12).waitFor();
  assert.equal(asked.filter((path) => path === 'traces/events').length, 1, `${asked}`);
  const lanes = ['SIP client', 'SIP peer', 'Gateway, SIP', 'Gateway, XMPP', "Partner's server", "Partner's user"];
  for (const lane of lanes) await sheet.getByText(lane, { exact: true }).first().waitFor();
  await sheet.getByRole('button', { name: 'Stop' }).click();
  await sheet.getByText('ended').first().waitFor();

  // A message in SIP, what became of it in XMPP, and the rules in between.
  await sheet.locator('.arrow').filter({ hasText: 'translated' }).first().click();
  const details = sheet.getByRole('region', { name: 'Show details' });
  await details.getByText('Rules applied').waitFor();
  assert.match(await details.locator('.side.sip code').innerText(), /^MESSAGE sip:/);
  assert.match(await details.locator('.side.xmpp code').innerText(), /<message/);
  await details.scrollIntoViewIfNeeded();
  await shot(page, 'trace-sides');
  await checkAccessibility(page, 'a recording');
  const body = await page.locator('body').innerText();
  assert.equal(body.includes('and so on') || body.includes('a secret'), false, 'what was written is not shown');
  assert.match(body, /\[\d+ characters\]/);

  // By keyboard, as a table, and one kind alone.
  const before = await details.innerText();
  await sheet.getByRole('region', { name: /^Trace/ }).focus();
  await page.keyboard.press('ArrowDown');
  await details.filter({ hasNotText: 'no such text' }).waitFor();
  assert.notEqual(await details.innerText(), before);
  await sheet.getByRole('button', { name: 'Table view' }).click();
  await sheet.getByRole('combobox', { name: 'Show' }).selectOption('Translations');
  const rows = await sheet.getByRole('row').count();
  assert.ok(rows >= 3, `${rows} rows`);
  assert.equal(await sheet.getByRole('row').filter({ hasText: 'translated' }).count(), rows - 1);
  await checkAccessibility(page, 'a recording as a table');
  await sheet.getByRole('combobox', { name: 'Show' }).selectOption('Everything');
  await sheet.getByRole('row').filter({ hasText: 'onerror' }).or(sheet.getByRole('row')).nth(3).getByRole('button').click();
  assert.equal(await page.evaluate(() => window.pwned), undefined, 'text of attackers is text');
  await sheet.getByRole('button', { name: 'Ladder' }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    sheet.getByRole('link', { name: 'Save as SVG' }).click(),
  ]);
  assert.match(readFileSync(await file.path(), 'utf8').slice(0, 200), /<svg/);
  await shot(page, 'trace-ladder');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Remove / }).click();
  await page.getByText('Nothing is recorded').waitFor();

  // From a conversation, for whoever may; others do not see the page, and are refused.
  await page.goto(`${URL_OF_PANEL}diagnostics/traces?new&user=bob%40branch.example`);
  assert.equal(await form.getByLabel('SIP user').inputValue(), 'bob@branch.example');
  const helper = await signedIn('hans');
  await helper.goto(`${URL_OF_PANEL}diagnostics/explain`);
  assert.equal(await helper.getByRole('tab', { name: 'Traces' }).count(), 0);
  assert.equal(await helper.evaluate(async () => (await fetch('/api/v1/traces')).status), 403);
}

/** Role, setting and reason together show what people write, and the audit log says who has looked. */
async function textsForAReason() {
  cli('gateway', 'set', '--enable-logging-all-message-bodies', 'true');
  const page = await signedIn('toni');
  await page.goto(`${URL_OF_PANEL}diagnostics/traces?new&user=bob%40branch.example`);
  const form = page.getByRole('dialog', { name: 'New Trace' });
  await form.getByLabel('Record what people write, too').check();
  await form.getByLabel('Reason').fill('bob has asked for it');
  await form.getByRole('button', { name: 'Start' }).click();
  const sheet = page.getByRole('dialog').filter({ hasText: 'left out' });
  await sheet.locator('.arrow').nth(8).waitFor();
  const details = sheet.getByRole('region', { name: 'Show details' });
  await sheet.locator('.arrow').filter({ hasText: 'translated' }).first().click();
  await details.getByText(/and so on|a secret/).first().waitFor();
  await sheet.getByRole('button', { name: 'Stop' }).click();
  await sheet.getByText('ended').first().waitFor();
  cli('gateway', 'set', '--enable-logging-all-message-bodies', 'false');

  const admin = await signedIn('alice');
  await admin.goto(`${URL_OF_PANEL}administration/audit`);
  const row = admin.getByRole('row').filter({ hasText: 'toni' }).filter({ hasText: /Trace t/ }).filter({ hasText: 'bob has asked for it' });
  await row.first().waitFor();
  await shot(admin, 'audit-trace');
}

/** What can be pressed, and is below what has just been said. */
async function coveredButtons(page) {
  return page.evaluate(() => {
    const notice = document.querySelector('.notice').getBoundingClientRect();
    const main = document.querySelector('main').getBoundingClientRect();
    return [...document.querySelectorAll('main button, main a, nav a, nav button')]
      .filter((one) => {
        const box = one.getBoundingClientRect();
        const [top, bottom] = [Math.max(box.top, main.top), Math.min(box.bottom, main.bottom)];
        return box.width > 0 && top < bottom && box.left < notice.right && box.right > notice.left && top < notice.bottom && bottom > notice.top;
      })
      .map((one) => one.textContent);
  });
}

/** A refusal names its status code, and what helps with that one; Explain opens with its answer. */
async function refused() {
  const page = await signedIn();
  const card = page.getByRole('article').filter({ hasText: 'IST-SIP-003' }).first();
  await card.getByText('The SIP system refused the message: 404 Not Found.').first().waitFor();
  await card.getByText('The SIP system knows no such user.').first().waitFor();
  const others = card.getByText(/401, 403, 407/);
  assert.equal(await others.isVisible(), false, 'what is for other codes stands behind "more"');
  await shot(page, 'refused');
  await card.getByText('With other status codes').click();
  assert.equal(await others.isVisible(), true);
  await card.getByRole('link', { name: 'Explain' }).click();
  await page.getByText('They may talk to each other').first().waitFor();
  assert.equal(await page.getByLabel('SIP user').inputValue(), 'carol@branch.example');
  assert.equal(await page.getByLabel('XMPP address or domain').inputValue(), 'tybalt@northwind.example');
  await page.goBack();
  // The head of the card leads to these two, and to nobody else.
  await card.getByRole('link', { name: /carol@branch\.example/ }).click();
  await page.getByRole('row').filter({ hasText: 'carol@branch.example' }).waitFor();
  assert.match(page.url(), /user=carol%40branch\.example&contact=tybalt%40northwind\.example/);
}

/** From the card of a failure: a test of the partner, and its domain is blocked and let in again. */
async function fromAFailure() {
  const page = await signedIn();
  const card = page.getByRole('article').filter({ hasText: 'silent.example' }).filter({ hasText: 'Block this domain' }).first();
  // The result of another attempt stands where it was asked for.
  await card.getByRole('button', { name: 'Retry now' }).click();
  const outcome = card.getByRole('status', { name: 'Result of the attempt with silent.example' });
  await outcome.locator('.outcome.good, .outcome.bad').waitFor();
  await outcome.getByText('Tried again, and it failed again.').waitFor();
  await outcome.getByText(/IST-/).waitFor();
  await shot(page, 'retry');
  const dialog = page.getByRole('dialog', { name: 'Test connection to silent.example' });
  await card.getByRole('button', { name: 'Test connection' }).click();
  await dialog.locator('.sum.fail').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await card.getByRole('button', { name: 'Block this domain' }).click();
  await page.getByRole('dialog', { name: 'Block this domain' }).getByRole('button', { name: 'Block' }).click();
  await page.getByText('Domain silent.example blocked').waitFor();
  assert.deepEqual(await coveredButtons(page), [], 'what was done stands over buttons');
  assert.ok(cli('sip-domain', 'list').includes('silent.example'));
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText(/Taken back, revision/).waitFor();
  assert.equal(cli('sip-domain', 'list').includes('silent.example'), false);
}

/** The last 24 hours, from a gateway that has just begun. */
async function theDay() {
  const page = await signedIn();
  await page.getByRole('button', { name: '24 hours' }).click();
  await page.getByRole('img', { name: /^In 24 hours [1-9]/ }).waitFor();
  await page.locator('.uplot').waitFor();
  await shot(page, 'home-day');
  await checkAccessibility(page, 'a day');
}

await run({ refused, conversations, live, textOfAttackers, recording, textsForAReason, fromAFailure, theDay });
