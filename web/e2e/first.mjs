// A new administrator who knows nothing but the one-time link: the first page leads to the first message.
import assert from 'node:assert/strict';
import { cli, commit, newPage, read, run, said, shot } from './support.mjs';

async function fromTheLinkToReady() {
  const page = await newPage();
  await page.goto(cli('admin', 'link').trim());
  const home = page.getByRole('link', { name: 'Home', exact: true });
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
  await dialog.getByRole('textbox', { name: 'Primary domain' }).fill('northwind.example');
  await commit(page);
  await said(page, /northwind.example committed/);
  assert.equal(new URL(page.url()).search, '', 'a reload does not begin another one');

  await home.click();
  await page.getByRole('listitem').filter({ hasText: 'Add an XMPP partner' }).getByText('Done').waitFor({ state: 'attached' });
  await page.getByRole('link', { name: 'Reach the SIP system' }).waitFor();
  await shot(page, 'first-done');
}

await run({ fromTheLinkToReady });
