// What the browser tests share: a real Chromium, the panel of a running gateway, and its rules: no
// error in the console, nothing refused by the page's own policy.
// The environment is made by tests/system/test_panel.py.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

export const URL_OF_PANEL = process.env.PANEL_URL;
export const PASSWORD = process.env.PANEL_PASSWORD;
const PATIENCE = 15_000;

/** `isthmus ARGUMENTS` on the gateway itself. */
export function cli(...args) {
  return execFileSync(process.env.PANEL_BINARY, ['--server', process.env.PANEL_SOCKET, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export const read = (...args) => JSON.parse(cli(...args, '-o', 'json'));

let browser;

async function launch() {
  browser ??= await chromium.launch({
    executablePath: process.env.PANEL_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu',
      // A name that only the laboratory knows: "gateway.contoso.example:8443 127.0.0.1:40123".
      ...(process.env.PANEL_HOST ? [`--host-resolver-rules=MAP ${process.env.PANEL_HOST}`] : [])],
  });
  return browser;
}

/** What the browser complained about and nobody expected. */
const complaints = [];

/** Errors that belong to a test, such as the 401 of a session that is over. */
export const expected = [];

function watch(page) {
  page.on('console', (message) => {
    if (message.type() === 'error' || /Content Security Policy/.test(message.text())) {
      complaints.push(`${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => complaints.push(String(error.stack ?? error)));
  page.on('dialog', (dialog) => {
    if (dialog.type() !== 'beforeunload') complaints.push(`a dialog of the page: ${dialog.message()}`);
    void dialog.accept();
  });
}

/** A page of its own browser context; options as Playwright's. */
export async function newPage(options = {}) {
  const context = await (await launch()).newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  watch(page);
  return page;
}

/** From now on, what the page is sent, in octets as they come over the network. */
export async function octetsOf(page) {
  let octets = 0;
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  session.on('Network.loadingFinished', ({ encodedDataLength }) => (octets += encodedDataLength));
  return () => octets;
}

export async function signIn(page, name = 'alice', password = PASSWORD) {
  await page.goto(URL_OF_PANEL);
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('navigation').waitFor();
}

/** A page on which `name` is signed in. */
export async function signedIn(name = 'alice', options = {}) {
  const page = await newPage(options);
  await signIn(page, name);
  return page;
}

export async function openTab(page, tab) {
  await page.getByRole('navigation').getByRole('link', { name: 'Federation and External Access' }).click();
  await page.getByRole('tab', { name: tab, exact: true }).click();
}

/** "New" > the item, if there are several. */
export async function create(page, item) {
  await page.getByRole('button', { name: 'New', exact: true }).click();
  if (item) await page.getByRole('menuitem', { name: item, exact: true }).click();
  return page.getByRole('dialog');
}

export async function showDetails(page, row) {
  await page.getByRole('row').filter({ hasText: row }).first().click();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Show details' }).click();
  return page.getByRole('dialog');
}

export async function commit(page) {
  await page.getByRole('button', { name: 'Commit', exact: true }).click();
}

export async function said(page, text) {
  await page.getByRole('status', { name: 'What was done' }).getByText(text).waitFor();
}

export async function choose(page, label) {
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('menuitem', { name: label, exact: true }).click();
}

/** Tab, or the other way, until the keyboard is at it. */
export async function tabTo(page, locator, most = 80, key = 'Tab') {
  for (let i = 0; i < most; i += 1) {
    await page.keyboard.press(key);
    if ((await locator.count()) && (await locator.first().evaluate((one) => one === document.activeElement))) {
      return;
    }
  }
  const at = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200));
  assert.fail(`the Tab key does not lead to ${locator}; it is at ${at}`);
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 A and AA, as far as a program can tell. */
export async function checkAccessibility(page, where) {
  const found = await page.evaluate(async (source) => {
    // The policy of the page forbids a script element: the debugger may evaluate.
    if (!window.axe) (0, eval)(source);
    const run = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return run.violations.map((one) => ({
      id: one.id,
      help: one.help,
      nodes: one.nodes.slice(0, 5).map((node) => `${node.html.slice(0, 200)} ${node.failureSummary}`),
    }));
  }, axe);
  assert.deepEqual(found, [], `${where}: ${JSON.stringify(found, null, 1)}`);
}

export async function shot(page, name) {
  if (process.env.PANEL_SHOTS) {
    await page.screenshot({ path: `${process.env.PANEL_SHOTS}/${name}.png` });
  }
}

/** Asks tests/system/test_panel.py to do something, and waits until it is done. */
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export async function steer(command) {
  console.log(`STEER ${command}`);
  await lines.next();
}

/** Runs the steps in order; each says its name, so that a failure is found. */
export async function run(steps) {
  const parts = process.argv.slice(2);
  let failed = false;
  for (const [name, step] of Object.entries(steps)) {
    if (parts.length && !parts.some((part) => name.includes(part))) continue;
    const started = Date.now();
    try {
      await step();
      const bad = complaints.splice(0).filter((one) => !expected.some((pattern) => pattern.test(one)));
      assert.deepEqual(bad, [], 'the browser complained');
      console.log(`ok ${name} (${Date.now() - started} ms)`);
    } catch (error) {
      failed = true;
      console.log(`FAILED ${name}: ${error.stack}`);
      for (const context of browser?.contexts() ?? []) {
        for (const page of context.pages()) {
          console.log(`  at ${page.url()}: ${(await page.locator('body').ariaSnapshot().catch(() => '')).slice(0, 3000)}`);
        }
      }
    } finally {
      expected.length = 0;
      complaints.length = 0;
      for (const context of browser?.contexts() ?? []) await context.close();
    }
  }
  await browser?.close();
  process.exit(failed ? 1 : 0);
}
