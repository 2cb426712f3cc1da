// SPDX-License-Identifier: LicenseRef-Project
// Goal: the page shows the right numbers, works by keyboard and in the dark, and says what went wrong.
// Method: headless Chromium against the started product; the events come through the front door under fresh names.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { connection, unique } from '../sdk/product.mjs';
import { assertAccessible, keepPicture, launch, openPage } from './browser.mjs';
import { sendBatch, sendFunnel, sendRetention, sendTrend } from './fixture.mjs';

const kOrigin = new URL(connection.url).origin;
let browser;

before(async () => {
  browser = await launch();
});

after(() => browser?.close());

// Before sign-in the page asks who it is and is told 401; that is how it learns to show the form.
const isSignInRequest = (url) => /\/api\/(users\/@me\/|login)$/.test(url);

function address(path, state) {
  const query = state === undefined ? '' : `?q=${encodeURIComponent(JSON.stringify(state))}`;
  return `${connection.url}${path}${query}`;
}

async function fillSignIn(page, password) {
  await page.getByLabel('Email').fill(connection.email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function signedIn(options = {}) {
  const opened = await openPage(browser, { expected: isSignInRequest, origin: kOrigin, ...options });
  await opened.page.goto(address('/settings'));
  await fillSignIn(opened.page, connection.password);
  await opened.page.getByRole('navigation', { name: 'Main' }).waitFor();
  return opened;
}

// Texts of the cells of the row whose heading contains `heading`.
async function rowTexts(page, region, heading) {
  const row = page
    .getByRole('region', { name: region })
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name: heading }) })
    .first();
  await row.waitFor();
  return (await row.getByRole('cell').allTextContents()).map((text) => text.trim());
}

// The number each cell of a row begins with; a reason below it is no part of it.
async function numbersOf(row) {
  const texts = await row.getByRole('cell').evaluateAll((cells) => cells.map((cell) => cell.firstChild.textContent));
  return texts.map((text) => Number(text.replaceAll(',', '')));
}

async function choose(page, picker, event) {
  await page.getByRole('button', { name: new RegExp(`^${picker}:`) }).click();
  await page.getByLabel(`Search: ${picker}`, { exact: true }).fill(event);
  await page.getByRole('option', { name: event }).first().click();
}

test('a wrong password is refused in words, the right one leads to the address asked for', async () => {
  const { page, problems } = await openPage(browser, { expected: isSignInRequest, origin: kOrigin });
  await page.goto(address('/retention'));
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await assertAccessible(page, 'sign in');
  await fillSignIn(page, 'not the password');
  await page.getByRole('alert').getByText('Invalid email or password.').waitFor();
  await keepPicture(page, 'sign_in_refused');
  await fillSignIn(page, connection.password);
  await page.getByRole('heading', { level: 1, name: 'Retention' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/retention');
  assert.deepEqual(problems, []);
});

test('live events appear on top, open to their JSON, and turn from durable to stored', async () => {
  const { page, problems } = await signedIn();
  const name = unique('live');
  await page.goto(address('/live', { event: name, distinctId: '' }));
  await page.getByText('No events match').waitFor();
  await page.getByRole('status').getByText('Live', { exact: true }).waitFor();
  await sendBatch([{ event: name, distinct_id: 'live-1', properties: { order: 1 } }]);
  const rows = page.getByRole('table', { name: 'Live events' }).locator('tbody tr');
  await rows.filter({ hasText: 'live-1' }).waitFor();
  await sendBatch([{ event: name, distinct_id: 'live-2', properties: { order: 2 } }]);
  await rows.filter({ hasText: 'live-2' }).waitFor();
  assert.match(await rows.first().textContent(), /live-2/);
  await rows.filter({ hasText: 'live-1' }).getByText('Stored').waitFor();

  await page.keyboard.press('p');
  await sendBatch([{ event: name, distinct_id: 'live-3', properties: {} }]);
  await page.getByText('1 new while paused').waitFor();
  assert.equal(await rows.filter({ hasText: 'live-3' }).count(), 0);
  await page.getByRole('button', { name: 'Resume' }).click();
  await rows.filter({ hasText: 'live-3' }).waitFor();

  await rows.filter({ hasText: 'live-2' }).getByRole('button').click();
  const json = await page.getByRole('region', { name: `JSON of ${name}` }).textContent();
  assert.equal(JSON.parse(json).properties.order, 2);
  await keepPicture(page, 'live');
  await assertAccessible(page, 'live events');
  assert.deepEqual(problems, []);
});

test('the funnel counts, in order and within the window', async () => {
  const names = await sendFunnel();
  const { page, problems } = await signedIn();
  await page.goto(address('/funnel', { range: { date_from: '-7d', date_to: null }, windowAmount: 1, windowUnit: 'hour' }));
  await choose(page, 'Step 1 event', names.open);
  await choose(page, 'Step 2 event', names.sign);
  await page.getByRole('button', { name: 'Add step' }).click();
  await choose(page, 'Step 3 event', names.buy);

  await page.getByText('25% converted: 2 of 8 people').waitFor();
  assert.deepEqual((await rowTexts(page, 'Funnel numbers', names.open)).slice(0, 2), ['8', '100%']);
  assert.deepEqual(await rowTexts(page, 'Funnel numbers', names.sign), [
    '5', '62.5%', '62.5%', '3', '37.5%', '3 m', '3 m',
  ]);
  const bought = await rowTexts(page, 'Funnel numbers', names.buy);
  // 9 minutes and 57 minutes after signing up.
  assert.deepEqual(bought, ['2', '25%', '40%', '3', '60%', '33 m', '33 m']);
  await page.getByRole('group', { name: 'Funnel steps' }).waitFor();
  await keepPicture(page, 'funnel');
  await assertAccessible(page, 'funnel');

  await page.getByText('Of previous step').click();
  await page.getByRole('img', { name: `${names.buy}: 40%` }).waitFor();
  const link = page.url();
  await page.goto('about:blank');
  await page.goto(link);
  await page.getByRole('img', { name: `${names.buy}: 40%` }).waitFor();

  await choose(page, 'Breakdown', 'plan');
  // Paid: people 0, 2, 4, 6; free: 1, 3, 5, 7.
  await page.getByRole('img', { name: `${names.sign}, paid: 75%` }).waitFor();
  assert.deepEqual(await rowTexts(page, 'Funnel numbers', 'paid'), ['4', '3 (75%)', '1 (33.3%)', '10 m']);
  assert.deepEqual(await rowTexts(page, 'Funnel numbers', 'free'), ['4', '2 (50%)', '1 (50%)', '59 m']);
  await keepPicture(page, 'funnel_breakdown');
  await assertAccessible(page, 'funnel with a breakdown');
  await page.getByRole('button', { name: /^Breakdown:/ }).click();
  await page.getByRole('option', { name: 'No breakdown' }).click();
  await page.getByRole('img', { name: `${names.buy}: 40%` }).waitFor();

  await page.getByRole('button', { name: 'Add filter to Step 1' }).click();
  await choose(page, 'Step 1 filter 1 property', 'plan');
  await page.getByLabel('Step 1 filter 1 value').fill('paid');
  await page.getByText('25% converted: 1 of 4 people').waitFor();

  await page.getByRole('button', { name: 'Move Step 3 up' }).click();
  await page.getByText('0% converted: 0 of 4 people').waitFor();
  assert.deepEqual(problems, []);
});

test('trends count totals, unique users and breakdown values', async () => {
  const name = await sendTrend();
  const { page, problems } = await signedIn();
  await page.goto(address('/trends'));
  await choose(page, 'Series A event', name);
  await page.getByRole('heading', { level: 1, name: `Total count of ${name}` }).waitFor();
  const daily = async () => (await rowTexts(page, 'Trend numbers', name)).filter((text) => text !== '0');
  // Total 14; 14 over eight days is 1.75 on average.
  assert.deepEqual(await daily(), ['14', '1.8', '10', '4']);
  await page.getByRole('img', { name: /^Chart of/ }).locator('svg').waitFor();
  await keepPicture(page, 'trends');
  await assertAccessible(page, 'trends');

  await page.getByRole('button', { name: 'Duplicate Series A' }).click();
  await page.getByLabel('Series B measure').selectOption('dau');
  await page.getByRole('heading', { level: 1, name: `unique users of ${name}` }).waitFor();
  await page.getByRole('rowheader', { name: 'B.' }).waitFor();
  const people = (await rowTexts(page, 'Trend numbers', 'B.')).filter((text) => text !== '0');
  assert.deepEqual(people, ['–', '1.1', '6', '3']);

  await page.getByRole('button', { name: 'Remove Series B' }).click();
  await choose(page, 'Breakdown', 'platform');
  await page.getByRole('rowheader', { name: 'iOS' }).waitFor();
  const ios = (await rowTexts(page, 'Trend numbers', 'iOS')).filter((text) => text !== '0');
  const android = (await rowTexts(page, 'Trend numbers', 'Android')).filter((text) => text !== '0');
  assert.deepEqual(ios, ['9', '1.1', '9']);
  assert.deepEqual(android, ['5', '0.6', '1', '4']);
  await page.getByText('Bar', { exact: true }).click();
  await keepPicture(page, 'trends_breakdown');
  assert.deepEqual(problems, []);
});

test('retention shows who came back, and what is not over yet', async () => {
  const names = await sendRetention();
  const { page, problems } = await signedIn();
  await page.goto(address('/retention'));
  await choose(page, 'Start event', names.start);
  await choose(page, 'Return event', names.back);
  const mean = await rowTexts(page, 'Retention grid', 'Weighted mean');
  assert.deepEqual(mean.slice(0, 4), ['6', '100%', '50%', '25%']);

  const label = (days) =>
    new Date(Date.now() - days * 86_400_000).toLocaleDateString('en-US', {
      month: 'short', day: 'numeric', timeZone: 'UTC',
    });
  assert.deepEqual((await rowTexts(page, 'Retention grid', label(3))).slice(0, 5), [
    '4', '100%', '50%', '25%', '0% *',
  ]);
  assert.deepEqual((await rowTexts(page, 'Retention grid', label(2))).slice(0, 4), [
    '2', '100%', '50%', '0% *',
  ]);
  await keepPicture(page, 'retention');
  await assertAccessible(page, 'retention');
  await page.getByText('Count', { exact: true }).click();
  assert.deepEqual((await rowTexts(page, 'Retention grid', label(3))).slice(0, 4), ['4', '4', '2', '1']);
  assert.deepEqual(problems, []);
});

test('data health accounts for every event, and says why requests were refused', async () => {
  const { page, problems } = await signedIn();
  const send = (body) => fetch(`${connection.url}/i/v0/e/`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  const event = { event: unique('health'), token: connection.project_token };
  assert.equal((await send({ ...event, distinct_id: 'u' })).status, 200);
  assert.equal((await send(event)).status, 400);
  await page.goto(address('/data-health'));
  await page.getByText('Every event is accounted for').waitFor();
  const refusals = page.getByRole('region', { name: 'Refusals of this project by reason' });
  await refusals.getByText('event submitted without a distinct_id').waitFor();
  // The newest minute with the refusal: capture tells its refusals a few seconds after the events.
  const minute = page.getByRole('region', { name: 'Ledger by minute' }).getByRole('row')
    .filter({ hasText: 'missing_distinct_id' }).first();
  await minute.waitFor();
  const [received, ...ends] = await numbersOf(minute);
  assert.ok(received >= 1);
  assert.equal(ends.reduce((sum, end) => sum + end, 0), received);
  await keepPicture(page, 'data_health');
  await assertAccessible(page, 'data health');
  assert.deepEqual(problems, []);
});

test('SQL runs with Ctrl+Enter, and a mistake is explained', async () => {
  const { page, problems } = await signedIn({
    expected: (url) => isSignInRequest(url) || /\/query\/$/.test(url),
  });
  await page.goto(address('/sql'));
  const editor = page.getByLabel('HogQL statement');
  await editor.fill("SELECT count() AS amount FROM events WHERE event = 'never captured'");
  await editor.press('Control+Enter');
  await page.getByRole('columnheader', { name: 'amount' }).waitFor();
  assert.equal(await page.getByRole('region', { name: 'Result' }).getByRole('cell').first().textContent(), '0');
  await keepPicture(page, 'sql');
  await assertAccessible(page, 'SQL');
  await editor.fill('SELECT nonsense( FROM events');
  await editor.press('Control+Enter');
  await page.getByRole('alert').getByText('The statement failed').waitFor();
  assert.deepEqual(problems, []);
});

test('settings show the token and host in every snippet; a key is made, works, and is deleted', async () => {
  const { page, problems } = await signedIn();
  assert.equal(await page.getByRole('textbox', { name: 'Project token' }).inputValue(), connection.project_token);
  for (const sdk of ['iOS', 'Android', 'Flutter', 'React Native', 'Web', 'Node', 'Python', 'curl']) {
    await page.getByRole('tab', { name: sdk, exact: true }).click();
    const code = await page.getByRole('region', { name: `${sdk} code` }).textContent();
    assert.ok(code.includes(connection.project_token), `${sdk} has the token`);
    assert.ok(code.includes(kOrigin), `${sdk} has the host`);
  }
  const label = unique('key').slice(0, 40);
  await page.getByRole('button', { name: 'Create key' }).click();
  await page.getByLabel('Label').fill(label);
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  const value = (await page.getByRole('region', { name: 'personal API key', exact: true }).textContent()).trim();
  const ask = () =>
    fetch(`${connection.url}/api/projects/@current/`, { headers: { authorization: `Bearer ${value}` } });
  assert.equal((await ask()).status, 200);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('rowheader', { name: label }).waitFor();
  await keepPicture(page, 'settings');
  await assertAccessible(page, 'settings');
  await page.getByRole('button', { name: `Delete key ${label}` }).click();
  await page.getByRole('button', { name: 'Delete key', exact: true }).click();
  await page.getByRole('rowheader', { name: label }).waitFor({ state: 'detached' });
  assert.equal((await ask()).status, 401);
  assert.deepEqual(problems, []);
});

test('every page is accessible in the dark, and the theme can be switched', async () => {
  const { page, problems } = await signedIn({ colorScheme: 'dark' });
  const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme');
  for (const path of ['/live', '/data-health', '/trends', '/funnel', '/retention', '/sql', '/data-collection', '/settings']) {
    await page.goto(address(path));
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('load');
    assert.equal(await scheme(), 'dark', path);
    await assertAccessible(page, `${path} in the dark`);
    await keepPicture(page, `dark_${path.slice(1)}`);
  }
  await page.getByRole('button', { name: 'Theme: system. Switch to light' }).click();
  assert.equal(await scheme(), 'light');
  await page.reload();
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.equal(await scheme(), 'light');
  assert.deepEqual(problems, []);
});

test('the page works by keyboard', async () => {
  const { page, problems } = await signedIn();
  await page.goto(address('/live'));
  await page.getByRole('heading', { level: 1, name: 'Live events' }).waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await assertAccessible(page, 'keyboard shortcuts');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await page.waitForURL('**/trends');
  await page.getByRole('button', { name: /^Series A event/ }).focus();
  await page.keyboard.press('Enter');
  await page.locator('input:focus').waitFor();
  await page.keyboard.type('typed name');
  await page.getByRole('option', { name: 'Use “typed name”' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Total count of typed name' }).waitFor();
  assert.deepEqual(problems, []);
});

test('a lost session shows the sign-in form, and signing in returns to the same state', async () => {
  const { page, context } = await signedIn();
  await page.goto(address('/trends', { series: [{ event: 'kept', math: 'total', filters: [] }] }));
  const heading = page.getByRole('heading', { level: 1, name: 'Total count of kept' });
  await heading.waitFor();
  await context.clearCookies();
  await page.getByLabel('Interval').selectOption('hour');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await fillSignIn(page, connection.password);
  await heading.waitFor();
  assert.equal(await page.getByLabel('Interval').inputValue(), 'hour');
});

test('the page fits a phone', async () => {
  const { page, problems } = await openPage(browser, {
    expected: isSignInRequest, origin: kOrigin, viewport: { width: 390, height: 844 },
  });
  await page.goto(address('/trends'));
  await fillSignIn(page, connection.password);
  await page.getByRole('button', { name: 'Open navigation' }).waitFor();
  for (const path of ['/live', '/data-health', '/trends', '/funnel', '/retention', '/sql', '/data-collection', '/settings']) {
    await page.goto(address(path));
    await page.getByRole('heading', { level: 1 }).waitFor();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `${path} is ${overflow} px too wide`);
    await keepPicture(page, `phone_${path.slice(1)}`);
  }
  await page.getByRole('button', { name: 'Open navigation' }).click();
  await page.getByRole('link', { name: 'Funnel' }).click();
  await page.waitForURL('**/funnel');
  assert.deepEqual(problems, []);
});
