// What the panel takes in time, for tools/bench (section panel): prints one line, MEASURED and JSON.
// The gateway holds PANEL_ROWS users, "u0000000@contoso.example" and so on.
import { newPage, octetsOf, signedIn, URL_OF_PANEL } from './support.mjs';

const ROUNDS = Number(process.env.PANEL_ROUNDS ?? 5);
const ROWS = Number(process.env.PANEL_ROWS);

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The sign-in page on an empty cache: until it can be typed into. */
async function firstView() {
  const page = await newPage();
  const octets = await octetsOf(page);
  const started = performance.now();
  await page.goto(URL_OF_PANEL);
  await page.getByLabel('User name').waitFor();
  const seconds = (performance.now() - started) / 1000;
  await page.waitForLoadState('networkidle');
  await page.context().close();
  return { seconds, kilobytes: octets() / 1000 };
}

/** Home, with all that it asks for, once the files are in the cache. */
async function home(page) {
  const started = performance.now();
  await page.reload();
  await page.getByRole('heading', { name: 'Next steps' }).or(page.getByRole('heading', { name: 'Latest failures' })).first().waitFor();
  return (performance.now() - started) / 1000;
}

/** Eight rows a frame, 240 frames; 95 of 100 are quicker, in milliseconds. */
const frames = (page) =>
  page.evaluate(async () => {
    const body = document.querySelector('[role=grid] .body');
    const times = [];
    let last = performance.now();
    for (let step = 0; step < 240; step += 1) {
      body.scrollTop += 370;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
    return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)];
  });

/** From the last letter until the one row stands there, in seconds. */
async function find(page, number) {
  const name = `u${String(number).padStart(7, '0')}@contoso.example`;
  const started = performance.now();
  await page.getByRole('searchbox', { name: 'Search' }).fill(name);
  await page.getByText('1 entry').waitFor();
  await page.getByRole('row').filter({ hasText: name }).waitFor();
  return (performance.now() - started) / 1000;
}

const views = [];
for (let round = 0; round < ROUNDS; round += 1) views.push(await firstView());
const page = await signedIn();
const homes = [];
for (let round = 0; round < ROUNDS; round += 1) homes.push(await home(page));
await page.getByRole('navigation').getByRole('link', { name: 'Users' }).click();
await page.getByText(/more than \d+,\d+ entries/).waitFor();
const scrolls = [];
for (let round = 0; round < ROUNDS; round += 1) scrolls.push(await frames(page));
const finds = [];
for (let round = 0; round < ROUNDS; round += 1) finds.push(await find(page, Math.floor((ROWS * (round + 1)) / (ROUNDS + 1))));
console.log(`MEASURED ${JSON.stringify({
  first_view_kilobytes: Math.max(...views.map(({ kilobytes }) => kilobytes)),
  first_view_seconds: median(views.map(({ seconds }) => seconds)),
  home_seconds: median(homes),
  frame_milliseconds: median(scrolls),
  find_seconds: median(finds),
  rounds: { views, homes, scrolls, finds },
})}`);
process.exit(); // The browser would go on; what went wrong has thrown before and left no figures.
