// Pages of a gateway with real traffic: what passes, what failed, and text that an attacker has sent.
import assert from 'node:assert/strict';
import { checkAccessibility, run, shot, signedIn, URL_OF_PANEL } from './support.mjs';

async function conversations() {
  const page = await signedIn();
  await page.getByRole('link', { name: 'Conversations' }).click();
  const row = page.getByRole('row').filter({ hasText: 'tybalt@northwind.example' });
  await row.waitFor();
  await shot(page, 'conversations');
  await row.dblclick();
  const dialog = page.getByRole('dialog', { name: 'bob@branch.example and tybalt@northwind.example' });
  await dialog.getByRole('img', { name: /bob@branch.example and/ }).waitFor();
  await shot(page, 'conversation-ladder');
  await checkAccessibility(page, 'a ladder');
  await dialog.getByRole('button', { name: 'Table view' }).click();
  assert.ok((await dialog.getByRole('row').count()) >= 3);
  await dialog.getByRole('button', { name: /Show message/ }).first().click();
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
  await page.getByRole('link', { name: 'Live' }).click();
  await page.getByRole('row').filter({ hasText: 'northwind.example' }).filter({ hasText: 'up' }).first().waitFor();
  await shot(page, 'live');
  await page.getByRole('button', { name: 'northwind.example' }).first().click();
  await page.getByRole('dialog', { name: 'Stream with northwind.example' }).getByText('TLS').first().waitFor();
  await shot(page, 'stream');
  await checkAccessibility(page, 'a stream');
}

/** Addresses, resources and status texts come from people whom nobody knows. */
async function textOfAttackers() {
  const page = await signedIn();
  for (const path of ['conversations', 'live/streams', 'live/sip-peers', 'live/subscriptions', 'live/dialogs', 'home',
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

await run({ conversations, live, textOfAttackers });
