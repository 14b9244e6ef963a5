// A new administrator who knows nothing but the one-time link: the first page leads to the first message.
import assert from 'node:assert/strict';
import { choose, cli, commit, newPage, read, run, said, shot, steer } from './support.mjs';

async function fromTheLinkToReady() {
  const page = await newPage();
  await page.goto(cli('admin', 'link').trim());
  const home = page.getByRole('navigation').getByRole('link', { name: 'Home', exact: true });
  await page.getByRole('heading', { name: 'Next steps' }).waitFor();
  await shot(page, 'first-home');

  await page.getByRole('link', { name: 'Enable federation for the organisation' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('checkbox', { name: 'Enable federation and public IM connectivity' }).check();
  await commit(page);
  await said(page, /Access Edge Configuration committed/);
  assert.equal(read('access-edge', 'get').allow_federated_users, true);

  await home.click();
  await page.getByRole('link', { name: 'Open an external access policy for XMPP' }).click();
  await dialog.getByRole('checkbox', { name: 'Enable communications with federated users' }).check();
  await dialog.getByRole('checkbox', { name: 'Enable communications with XMPP federated users' }).check();
  await commit(page);
  await said(page, /Global committed/);

  await home.click();
  await page.getByRole('link', { name: 'Add an XMPP partner' }).click();
  await dialog.getByRole('textbox', { name: 'Primary domain' }).fill('fabrikam.example');
  await commit(page);
  await said(page, /fabrikam.example committed/);
  assert.equal(new URL(page.url()).search, '', 'a reload does not begin another one');

  await home.click();
  await page.getByRole('listitem').filter({ hasText: 'Add an XMPP partner' }).getByText('Done').waitFor({ state: 'attached' });
  await shot(page, 'first-done');

  // Both neighbours are asked, and say that they are there.
  await page.getByRole('link', { name: 'Reach the SIP system' }).click();
  const peer = page.getByRole('row').filter({ hasText: 'branch' });
  await peer.getByText('never tried').waitFor();
  await page.getByRole('button', { name: 'Test connection to branch' }).click();
  await page.getByRole('dialog').getByText('branch can be reached.').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await peer.getByText('up', { exact: true }).waitFor();

  await home.click();
  await page.getByRole('link', { name: 'Reach the partner' }).click();
  await page.getByRole('row').filter({ hasText: 'fabrikam.example' }).click();
  await choose(page, 'Test connection');
  await page.getByRole('dialog').locator('.sum.pass, .sum.warn, .sum.unknown').waitFor();
  await shot(page, 'first-tested');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();

  // The first real message: nothing is left to be done, and it can be looked at.
  await home.click();
  await page.getByRole('heading', { name: 'Next steps' }).waitFor();
  await steer('message');
  await page.getByRole('heading', { name: 'Next steps' }).waitFor({ state: 'detached' });
  await page.getByRole('navigation').getByRole('link', { name: 'Conversations' }).click();
  const row = page.getByRole('row').filter({ hasText: 'romeo@fabrikam.example' });
  await row.getByText('delivered').waitFor();
  await row.click();
  await page.getByRole('dialog').getByRole('img').waitFor();
  await shot(page, 'first-message');
}

await run({ fromTheLinkToReady });
