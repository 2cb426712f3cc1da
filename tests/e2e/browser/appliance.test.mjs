// SPDX-License-Identifier: LicenseRef-Project
// Goal: the appliance's pages show the machine, ask before they act, follow the log, work by keyboard and in the dark;
// without an appliance nothing of them is seen. Method: the started product is no appliance, so the browser is given
// the answers of one; what the API asks the real service is proved in tests/integration/controlplane.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { connection } from '../sdk/product.mjs';
import { assertAccessible, keepPicture, launch, openPage } from './browser.mjs';

const kOrigin = new URL(connection.url).origin;
const kAnswers = new URL('../../console/answers/', import.meta.url);
let browser;

before(async () => {
  browser = await launch();
});

after(() => browser?.close());

const isSignInRequest = (url) => /\/api\/(users\/@me\/|login)$/.test(url);

function answer(name) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, kAnswers), 'utf8'));
}

async function signedIn(options = {}) {
  const opened = await openPage(browser, { expected: isSignInRequest, origin: kOrigin, ...options });
  const { page } = opened;
  await opened.context.route('**/api/appliance/**', options.serve ?? ((route) => route.continue()));
  await page.goto(`${connection.url}/settings`);
  await page.getByLabel('Email').fill(connection.email);
  await page.getByLabel('Password', { exact: true }).fill(connection.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  return opened;
}

// A machine in trouble; remembers what it was asked to do.
function machine() {
  const asked = [];
  let looks = 0;
  let lines = 0;
  const entry = (message) => ({
    cursor: `c${++lines}`, time_us: 1_795_000_000_000_000 + lines * 1e6, priority: 6, unit: 'bristle-api.service', message,
  });
  const operation = () => {
    looks += 1;
    return looks < 3
      ? { id: '7', state: 'running', progress: looks / 3, step: 'Waiting until it is ready', result: '' }
      : { id: '7', state: 'done', progress: 1, step: '', result: 'It runs again.' };
  };
  const answers = {
    '': () => answer('health-problems'),
    'availability/': () => ({ available: true }),
    'services/': () => answer('services'),
    'services/plan/': () => answer('plan'),
    'services/act/': (body) => (asked.push(body), { operation: '7' }),
    'operations/7/': operation,
    'logs/': (_, query) => {
      const entries = query.get('cursor') === '' ? [entry('first line')] : [entry('a later line')];
      return { entries: entries.filter(({ message }) => message.includes(query.get('filter'))), next: `c${lines}` };
    },
  };
  const serve = (route) => {
    const request = route.request();
    const url = new URL(request.url());
    const body = request.postDataJSON();
    return route.fulfill({ json: answers[url.pathname.replace('/api/appliance/', '')](body, url.searchParams) });
  };
  return { asked, serve };
}

test('without an appliance the navigation has none', async () => {
  const { page, context, problems } = await signedIn();
  const availability = await page.evaluate(async () => (await fetch('/api/appliance/availability/')).json());
  assert.deepEqual(availability, { available: false });
  await page.getByRole('link', { name: 'Project settings' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Services' }).count(), 0);
  assert.deepEqual(problems, []);
  await context.close();
});

for (const colorScheme of ['light', 'dark']) {
  test(`the appliance's pages, ${colorScheme}`, async () => {
    const { asked, serve } = machine();
    const { page, context, problems } = await signedIn({ colorScheme, serve });
    await page.getByRole('link', { name: 'Overview' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.getByText('Something needs you now').waitFor();
    await page.getByText(/% of rebuild/).waitFor();
    await keepPicture(page, `appliance_${colorScheme}`);
    await assertAccessible(page, 'the overview');

    await page.keyboard.press('g');
    await page.keyboard.press('v');
    const { title } = answer('services').services.find(({ unit }) => unit === 'bristle-api.service');
    await page.getByRole('button', { name: `Restart ${title}` }).focus();
    await keepPicture(page, `appliance_services_${colorScheme}`);
    await assertAccessible(page, 'the services');
    await page.keyboard.press('Enter');
    await page.getByText('What will happen').waitFor();
    assert.deepEqual(asked, [], 'nothing happens before the answer');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Waiting until it is ready').waitFor();
    await page.getByText('It runs again.').waitFor();
    assert.deepEqual(asked, [{ unit: 'bristle-api.service', verb: 'restart' }]);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    await page.keyboard.press('g');
    await page.keyboard.press('o');
    await page.getByRole('log').getByText('first line').waitFor();
    await page.getByRole('log').getByText('a later line').first().waitFor();
    await keepPicture(page, `appliance_logs_${colorScheme}`);
    await assertAccessible(page, 'the log');
    await page.getByLabel('Contains').fill('nothing like it');
    await page.getByText('No entries').waitFor();
    assert.deepEqual(problems, []);
    await context.close();
  });
}
