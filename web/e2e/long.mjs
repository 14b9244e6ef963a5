// A list of 100,000 users: found, scrolled through, without more work than what is seen. What that
// takes in time is measured by tools/bench, where nobody else uses the machine.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, run, shot, signedIn } from './support.mjs';

const ROWS = Number(process.env.PANEL_ROWS ?? 100_000);
const STEPS = 240;
const PAGE = 100;

function fill() {
  const file = join(mkdtempSync(join(tmpdir(), 'isthmus-panel-')), 'users.csv');
  const lines = ['uri,display_name'];
  for (let i = 0; i < ROWS; i += 1) {
    const number = String(i).padStart(6, '0');
    lines.push(`user${number}@branch.example,User ${number}`);
  }
  writeFileSync(file, lines.join('\n') + '\n');
  cli('--timeout', '600', 'user', 'import', file);
}

/** Eight rows a frame; what each step has put into the document, and how much there is at most. */
const scroll = (page) =>
  page.evaluate(async (steps) => {
    const body = document.querySelector('[role=grid] .body');
    const space = body.querySelector('.space');
    const height = space.querySelector('[role=row]').getBoundingClientRect().height;
    let made = 0;
    const watcher = new MutationObserver((changes) => {
      for (const change of changes) for (const node of change.addedNodes) made += node.nodeType === 1 && node.matches('[role=row]') ? 1 : 0;
    });
    watcher.observe(space, { childList: true });
    const seen = { most: 0, rows: 0, elements: 0, height, shown: Math.ceil(body.clientHeight / height), from: body.scrollTop };
    for (let step = 0; step < steps; step += 1) {
      body.scrollTop += 8 * height;
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      seen.most = Math.max(seen.most, made);
      made = 0;
      seen.rows = Math.max(seen.rows, space.childElementCount);
      seen.elements = Math.max(seen.elements, document.querySelectorAll('*').length);
    }
    watcher.disconnect();
    seen.to = body.scrollTop;
    return seen;
  }, STEPS);

async function metricsOf(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

async function longList() {
  const page = await signedIn();
  const asked = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.pathname === '/api/v1/users') asked.push(Number(url.searchParams.get('offset')));
  });
  await page.getByRole('navigation').getByRole('link', { name: 'Users' }).click();
  await page.getByText(/more than \d+,\d+ entries/).waitFor();
  await page.waitForLoadState('networkidle');
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const before = await metricsOf(session);
  const seen = await scroll(page);
  const after = await metricsOf(session);
  await page.waitForLoadState('networkidle');
  const layouts = after.LayoutCount - before.LayoutCount;
  console.log(`scrolled: ${JSON.stringify(seen)}, ${layouts} layouts in ${STEPS} steps, pages ${asked}`);
  assert.ok(seen.to - seen.from > (STEPS - 1) * 8 * seen.height, 'it was scrolled');
  // What is seen and a few rows around it are in the document, whatever the length of the list; a
  // step makes no more rows than it brings into view.
  assert.ok(seen.rows <= seen.shown + 13, `${seen.rows} rows, ${seen.shown} are seen`);
  assert.ok(seen.most <= 9, `${seen.most} rows were made by one step`);
  assert.ok(seen.elements < 1200, `${seen.elements} elements`);
  // Two frames a step: nothing is laid out more than once in each.
  assert.ok(layouts <= 2.5 * STEPS, `${layouts} layouts`);
  assert.deepEqual(asked, [...new Set(asked)], 'no page is asked for twice');
  const last = Math.ceil((STEPS * 8 + seen.shown + 13) / PAGE);
  assert.ok(asked.length <= last + 1, `${asked.length} pages for ${STEPS * 8} rows`);

  // As far down as anybody wants to scroll: the gateway counts no further than it must.
  await page.getByRole('grid').locator('[role=row][tabindex="0"]').focus();
  await page.keyboard.press('End');
  await page.getByText('User 009999').waitFor();
  // The end moves on when the page behind it has come; until then the key leads to where one is.
  const end = () => page.locator('[role=grid] .space > [role=row]').last().innerText();
  const numberOf = (text) => Number(/User (\d+)/.exec(text)?.[1] ?? 0);
  for (let turn = 0; turn < 100 && numberOf(await end()) < 10_099; turn += 1) {
    await page.keyboard.press('End');
    await page.waitForFunction(() => /User \d/.test([...document.querySelectorAll('[role=grid] .space > [role=row]')].at(-1)?.textContent ?? ''));
  }
  assert.ok(numberOf(await end()) >= 10_099, 'the list goes on');
  assert.ok((await page.locator('[role=grid] .space > [role=row]').count()) < 80, 'only what is seen is in the document');
  await shot(page, 'users-100000');
  await page.keyboard.press('Home');
  await page.getByText('User 000000').waitFor();
  await page.getByRole('searchbox', { name: 'Search' }).fill('user012345');
  await page.getByText('1 entry').waitFor();
  await page.getByRole('row').filter({ hasText: 'user012345@branch.example' }).waitFor();
}

fill();
await run({ longList });
