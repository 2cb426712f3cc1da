// SPDX-License-Identifier: LicenseRef-Project
// Goal: what is set on the data collection page holds for the next event, is shown where it was refused, and a value
// that cannot be used is explained at its field; all of it by keyboard, in the dark and on a phone. Method: headless
// Chromium against the started product; events go through the front door. The project has its old settings afterwards.
import assert from 'node:assert/strict';
import test, { after, afterEach, before } from 'node:test';
import { connection, storedEvents, unique } from '../sdk/product.mjs';
import { assertAccessible, keepPicture, launch, openPage } from './browser.mjs';
import { sendBatch } from './fixture.mjs';

const kOrigin = new URL(connection.url).origin;
const kProject = `${connection.url}/api/projects/${connection.project_id}`;
let browser;

before(async () => {
  await takeSettingsAway();
  browser = await launch();
});

after(() => browser?.close());

afterEach(takeSettingsAway);

async function takeSettingsAway() {
  for (const document of ['privacy', 'limits']) {
    assert.equal((await api(`/${document}/`, 'DELETE')).status, 200);
  }
  assert.equal((await api('/', 'PATCH', { cookieless_server_hash_mode: 0 })).status, 200);
}

function api(path, method, body) {
  return fetch(`${kProject}${path}`, {
    method,
    headers: { authorization: `Bearer ${connection.personal_api_key}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

// The refusals of the server that a test provokes, and the questions before sign-in, are failed requests.
const isExpected = (url) => /\/api\/(users\/@me\/|login)$|\/(privacy|limits)\/$/.test(url);

async function opened(options = {}) {
  const { page, problems } = await openPage(browser, { expected: isExpected, origin: kOrigin, ...options });
  await page.goto(`${connection.url}/data-collection`);
  await page.getByLabel('Email').fill(connection.email);
  await page.getByLabel('Password', { exact: true }).fill(connection.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Data collection' }).waitFor();
  await page.getByRole('radio', { name: /^Installation default/ }).waitFor();
  return { page, problems };
}

const section = (page, name) => page.getByRole('region', { name, exact: true });

async function save(page, what, name) {
  await page.getByRole('button', { name: `Save ${what}` }).click();
  await section(page, name).getByText('Saved. It holds from the next request on.').waitFor();
}

// Sends one event of `properties` and returns what the live page shows of it.
async function shownOnLivePage(page, name, properties) {
  await sendBatch([{ event: name, distinct_id: 'collected', properties }]);
  await storedEvents(name, 1);
  await page.goto(`${connection.url}/live?q=${encodeURIComponent(JSON.stringify({ event: name, distinctId: '' }))}`);
  const row = page.getByRole('table', { name: 'Live events' }).locator('tbody tr').filter({ hasText: 'collected' });
  await row.getByRole('button').first().click();
  return JSON.parse(await page.getByRole('region', { name: `JSON of ${name}` }).textContent());
}

test('a privacy policy set on the page takes values out of the next event', async () => {
  const { page, problems } = await opened();
  await page.getByRole('radio', { name: 'Custom' }).check();
  await page.getByRole('combobox', { name: 'E-mail addresses' }).selectOption('redact');
  await page.getByText('Values that look like e-mail addresses are replaced by a mark before anything is written to disk.').waitFor();
  await page.getByRole('textbox', { name: 'Names of properties' }).fill('password\nsecret_*');
  await keepPicture(page, 'data_collection_custom');
  await assertAccessible(page, 'data collection, custom policy');
  await save(page, 'privacy policy', 'Privacy');

  const name = unique('guarded');
  const event = await shownOnLivePage(page, name, {
    note: 'mail jane.doe@example.com', password: 'hunter2', secret_code: '1234', plan: 'paid',
  });
  assert.equal(event.properties.plan, 'paid');
  assert.ok(!JSON.stringify(event).includes('jane.doe'), JSON.stringify(event));
  assert.ok(!('password' in event.properties) && !('secret_code' in event.properties));
  await keepPicture(page, 'live_guarded');

  await page.goto(`${connection.url}/data-collection`);
  await page.getByRole('radio', { name: 'Custom' }).waitFor();
  assert.equal(await page.getByRole('radio', { name: 'Custom' }).isChecked(), true);
  await page.getByRole('combobox', { name: 'E-mail addresses' }).selectOption('quarantine');
  await save(page, 'privacy policy', 'Privacy');
  const quarantined = unique('quarantined');
  await sendBatch([{ event: quarantined, distinct_id: 'collected', properties: { note: 'jane.doe@example.com' } }]);
  await page.waitForFunction(() => document.readyState === 'complete');
  const row = section(page, 'Kept out in the last 24 hours').getByRole('row').filter({ hasText: quarantined });
  for (let tries = 0; tries < 20 && (await row.count()) === 0; tries++) {
    await page.reload();
    await row.waitFor({ timeout: 1_500 }).catch(() => undefined);
  }
  assert.match(await row.textContent(), /note/);

  await page.getByRole('radio', { name: 'Off', exact: true }).check();
  await save(page, 'privacy policy', 'Privacy');
  const free = await shownOnLivePage(page, unique('unguarded'), { note: 'jane.doe@example.com' });
  assert.equal(free.properties.note, 'jane.doe@example.com');
  assert.deepEqual(problems, []);
});

test('a value that cannot be used is explained at its field and changes nothing', async () => {
  const { page, problems } = await opened();
  await page.getByRole('radio', { name: 'Custom' }).check();
  const names = page.getByRole('textbox', { name: 'Names of properties' });
  await names.fill(`plan\n${'x'.repeat(201)}`);
  await page.getByRole('button', { name: 'Save privacy policy' }).click();
  await page.getByText(/^“x+…”: Expected a name of 1 to 200 bytes\.$/).waitFor();
  assert.equal(await names.getAttribute('aria-invalid'), 'true');
  const described = (await names.getAttribute('aria-describedby')).split(' ');
  assert.match(await page.locator(`[id="${described.at(-1)}"]`).textContent(), /Expected a name/);
  assert.equal((await (await api('/privacy/', 'GET')).json()).policy, null);
  await names.fill('plan');
  assert.equal(await names.getAttribute('aria-invalid'), 'false');

  await page.getByRole('combobox', { name: 'Events per second' }).selectOption('limit');
  const limit = page.getByRole('textbox', { name: 'Events per second: limit' });
  await limit.fill('lots');
  await limit.press('Enter');
  await page.getByText('Expected a whole number from 0 to 4000000000.').waitFor();
  assert.equal(await limit.getAttribute('aria-invalid'), 'true');
  await keepPicture(page, 'data_collection_refused');
  await assertAccessible(page, 'data collection with an error');
  await page.getByRole('button', { name: 'Discard changes of limits' }).click();
  await limit.waitFor({ state: 'detached' });
  assert.equal((await (await api('/limits/', 'GET')).json()).limits, null);
  assert.deepEqual(problems, []);
});

test('a rate and a quota set on the page are seen in data health', async () => {
  const { page, problems } = await opened();
  const limits = section(page, 'Rates and quotas');
  await limits.getByRole('combobox', { name: 'Events per second' }).selectOption('limit');
  await limits.getByRole('textbox', { name: 'Events per second: limit' }).fill('1');
  await limits.getByRole('checkbox', { name: 'Survey answers' }).check();
  await save(page, 'limits', 'Rates and quotas');
  assert.deepEqual((await (await api('/limits/', 'GET')).json()).limits, {
    events_per_second: 1, quota_limited: ['surveys'],
  });

  const statuses = new Set();
  const send = async (event) => {
    const answer = await fetch(`${connection.url}/i/v0/e/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: connection.project_token, event, distinct_id: 'collected' }),
    });
    statuses.add(answer.status);
  };
  await send('survey sent');
  for (let count = 0; count < 60 && !statuses.has(503); count++) {
    await send('too many');
  }
  assert.deepEqual([...statuses].sort(), [200, 503]);

  await page.getByRole('link', { name: 'Open Data health' }).click();
  await page.getByRole('heading', { level: 1, name: 'Data health' }).waitFor();
  const refused = page.getByRole('table', { name: 'Refusals of this project by reason' }).getByRole('row');
  await refused.filter({ hasText: 'rate_limited' }).getByText('Above this project’s rate.').waitFor();
  await refused.filter({ hasText: 'over_quota' }).getByText('stopped in Data collection').waitFor();
  await page.getByText(/Every event is accounted for|Balanced, with events in flight/).waitFor();
  await keepPicture(page, 'data_health_limits');
  await assertAccessible(page, 'data health with refusals');
  assert.deepEqual(problems, []);
});

test('cookieless mode is switched by keyboard; the page fits a phone and the dark', async () => {
  const { page, problems } = await opened({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  const toggle = page.getByRole('switch', { name: 'Count people who accepted no cookies' });
  await toggle.focus();
  await page.keyboard.press('Space');
  await page.getByText('so nobody can follow the person from one day to the next').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await section(page, 'Cookieless mode').getByText('Saved. It holds from the next request on.').waitFor();
  assert.equal((await (await api('/', 'GET')).json()).cookieless_server_hash_mode, 1);
  await page.getByRole('radio', { name: 'Custom' }).check();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), 0);
  await keepPicture(page, 'data_collection_phone_dark');
  await assertAccessible(page, 'data collection on a phone in the dark');
  assert.deepEqual(problems, []);
});
