// A list of 100,000 users: found, scrolled through from end to end, without a stutter.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, run, shot, signedIn } from './support.mjs';

const ROWS = Number(process.env.PANEL_ROWS ?? 100_000);

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

async function longList() {
  const page = await signedIn();
  await page.getByRole('navigation').getByRole('link', { name: 'Users' }).click();
  await page.getByText(/more than \d+,\d+ entries/).waitFor();
  const scroll = () => page.evaluate(async () => {
    const body = document.querySelector('[role=grid] .body');
    const times = [];
    let last = performance.now();
    for (let step = 0; step < 240; step += 1) {
      body.scrollTop += 370; // eight rows a frame
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
    return times.sort((a, b) => a - b);
  });
  // Others use the machine too: the best of some rounds says what the list takes.
  const rounds = [];
  while (rounds.length < 6 && !rounds.some((one) => one < 34)) {
    const frames = await scroll();
    rounds.push(frames[Math.floor(frames.length * 0.95)]);
    console.log(`frames while scrolling: median ${frames[120].toFixed(1)} ms, 95 of 100 below ${rounds.at(-1).toFixed(1)} ms`);
  }
  assert.ok(rounds.some((one) => one < 34), `${rounds.map((one) => one.toFixed(1)).join(', ')} ms a frame`);
  assert.ok((await page.locator('[role=grid] .space > [role=row]').count()) < 80, 'only what is seen is in the document');

  // As far down as anybody wants to scroll: the gateway counts no further than it must.
  const started = Date.now();
  await page.getByRole('grid').locator('[role=row][tabindex="0"]').focus();
  await page.keyboard.press('End');
  await page.getByText('User 009999').waitFor();
  // The end moves on when the page behind it has come; until then the key leads to where one is.
  const beyond = page.getByText('User 010099');
  for (let turn = 0; turn < 30 && !(await beyond.isVisible()); turn += 1) {
    await page.keyboard.press('End');
    await beyond.waitFor({ timeout: 1000 }).catch(() => {});
  }
  assert.ok(await beyond.isVisible(), 'the list goes on');
  console.log(`beyond the ten thousandth row after ${Date.now() - started} ms`);
  await shot(page, 'users-100000');
  await page.keyboard.press('Home');
  await page.getByText('User 000000').waitFor();
  const asked = Date.now();
  await page.getByRole('searchbox', { name: 'Search' }).fill('user012345');
  await page.getByText('1 entry').waitFor();
  console.log(`one of ${ROWS} found after ${Date.now() - asked} ms`);
  await page.getByRole('row').filter({ hasText: 'user012345@branch.example' }).waitFor();
}

fill();
await run({ longList });
