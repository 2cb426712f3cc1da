// SPDX-License-Identifier: LicenseRef-Project
// Goal: what the official posthog-js captures in a browser arrives exactly once, also when the page is left.
// Method: a page on another loopback port (so every request is cross-origin) runs the unmodified SDK.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { connection, query, unique } from '../sdk/product.mjs';
import { launch, openPage } from './browser.mjs';

const kSdk = join(
  dirname(createRequire(import.meta.url).resolve('posthog-js/package.json')),
  'dist/array.full.no-external.js',
);
const kDeadlineMs = 30_000;
const kPollMs = 300;
const kGuard = JSON.parse(readFileSync(new URL('../guard/values.json', import.meta.url), 'utf8'));
const kLateMs = 2000;

let browser;
let server;
let site;

function html(run) {
  const options = {
    api_host: connection.url,
    autocapture: false,
    capture_pageview: true,
    capture_pageleave: true,
    capture_performance: false,
    capture_dead_clicks: false,
    disable_session_recording: true,
    disable_surveys: true,
    opt_out_useragent_filter: true,
    persistence: 'localStorage',
  };
  return `<!doctype html><title>Shop</title><link rel="icon" href="data:,">
<script src="/posthog.js"></script>
<script>
  window.posthog.init(${JSON.stringify(connection.project_token)}, {
    ...${JSON.stringify(options)},
    loaded: (sdk) => sdk.register({ run: ${JSON.stringify(run)} }),
  });
</script>`;
}

before(async () => {
  browser = await launch();
  server = createServer((request, response) => {
    const url = new URL(request.url, 'http://site');
    const isSdk = url.pathname === '/posthog.js';
    response.writeHead(200, { 'content-type': isSdk ? 'text/javascript' : 'text/html' });
    response.end(isSdk ? readFileSync(kSdk) : html(url.searchParams.get('run')));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  site = `http://127.0.0.1:${server.address().port}`;
});

after(async () => {
  await browser?.close();
  server?.close();
});

async function eventsOf(run) {
  const { results } = await query({
    kind: 'EventsQuery',
    select: ['uuid', 'event', 'distinct_id', 'properties'],
    where: [`properties.run = '${run}'`],
    after: 'all',
    limit: 1000,
  });
  return results.map(([uuid, event, distinctId, properties]) => ({
    uuid,
    event,
    distinctId,
    properties: typeof properties === 'string' ? JSON.parse(properties) : properties,
  }));
}

// Waits for `expected` events of the run, then a while longer: a late duplicate shows.
async function storedOf(run, expected) {
  const deadline = Date.now() + kDeadlineMs;
  while ((await eventsOf(run)).length < expected && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, kPollMs));
  }
  await new Promise((resolve) => setTimeout(resolve, kLateMs));
  return eventsOf(run);
}

// Answers of the capture routes to a page, in their order.
function captureAnswers(page) {
  const answers = [];
  page.on('response', (response) => {
    if (/\/(e|i\/v0\/e)\/$/.test(new URL(response.url()).pathname)) {
      answers.push(response);
    }
  });
  return answers;
}

// The events that a page sent to the capture routes, with their properties.
function eventsOnTheWire(page) {
  const events = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && /\/(e|i\/v0\/e)\/$/.test(new URL(request.url()).pathname)) {
      const body = request.postDataBuffer();
      const text = (body[0] === 0x1f ? gunzipSync(body) : body).toString('utf8');
      const parsed = JSON.parse(text);
      events.push(...(parsed.batch ?? [parsed].flat()));
    }
  });
  return events;
}

async function until(isReached, what) {
  const deadline = Date.now() + kDeadlineMs;
  while (!isReached()) {
    assert.ok(Date.now() < deadline, `waited ${kDeadlineMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('captured, identified and left: every event arrives exactly once', async () => {
  const run = unique('posthog-js');
  const { page, problems } = await openPage(browser);
  const answers = captureAnswers(page);
  await page.goto(`${site}/?run=${encodeURIComponent(run)}`);
  await page.waitForFunction(() => window.posthog.__loaded);
  await page.evaluate((user) => {
    for (let index = 0; index < 20; index++) {
      window.posthog.capture('viewed', { index, text: 'snow ☃ "quoted"' });
    }
    window.posthog.identify(user, { plan: 'paid' });
    window.posthog.capture('bought', { amount: 12.5 });
  }, `${run} user`);
  // $pageview and $identify go at once with fetch, which leaving would cancel: the SDK's own loss, not the server's.
  await until(() => answers.length === 2, 'the answers to $pageview and $identify');
  // The SDK holds the others for three seconds; leaving now sends them with sendBeacon.
  await page.goto('about:blank');

  const stored = await storedOf(run, 24);
  const names = stored.map((event) => event.event).sort();
  const expected = ['$identify', '$pageleave', '$pageview', 'bought', ...Array(20).fill('viewed')];
  assert.deepEqual(names, expected.sort());
  assert.equal(new Set(stored.map((event) => event.uuid)).size, 24);
  const viewed = stored.filter((event) => event.event === 'viewed');
  assert.deepEqual(
    viewed.map((event) => event.properties.index).sort((left, right) => left - right),
    [...Array(20).keys()],
  );
  assert.ok(viewed.every((event) => event.properties.text === 'snow ☃ "quoted"'));
  const bought = stored.find((event) => event.event === 'bought');
  assert.equal(bought.distinctId, `${run} user`);
  assert.equal(bought.properties.amount, 12.5);
  assert.equal(bought.properties.$lib, 'web');
  assert.notEqual(viewed[0].distinctId, bought.distinctId);
  assert.deepEqual(problems, []);
});

test('events sent by the timer, not by leaving, arrive exactly once too', async () => {
  const run = unique('posthog-js timer');
  const { page, problems } = await openPage(browser);
  await page.goto(`${site}/?run=${encodeURIComponent(run)}`);
  await page.waitForFunction(() => window.posthog.__loaded);
  await page.evaluate(() => window.posthog.capture('kept open'));
  const stored = await storedOf(run, 2);
  assert.deepEqual(stored.map((event) => event.event).sort(), ['$pageview', 'kept open']);
  assert.deepEqual(problems, []);
});

// The product runs under the appliance's privacy policy: whatever it does not mind is stored as the SDK sent it.
test('only what the privacy policy forbids is marked', async () => {
  const run = unique('posthog-js guard');
  const { page, problems } = await openPage(browser);
  const sent = eventsOnTheWire(page);
  const answers = captureAnswers(page);
  await page.goto(`${site}/?run=${encodeURIComponent(run)}&utm_campaign=4006381333825`);
  await page.waitForFunction(() => window.posthog.__loaded);
  await page.evaluate(({ harmless, forbidden }) => {
    window.posthog.capture('harmless', harmless, { send_instantly: true });
    window.posthog.capture('forbidden', forbidden, { send_instantly: true });
  }, kGuard);
  const stored = await storedOf(run, 3);
  assert.deepEqual(stored.map((event) => event.event).sort(), ['$pageview', 'forbidden', 'harmless']);
  assert.equal(sent.length, 3);
  for (const event of stored) {
    const { properties } = sent.find((one) => one.uuid === event.uuid);
    assert.match(event.properties.$session_id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
    assert.equal(event.properties.$lib, 'web');
    assert.ok(event.properties.$browser.length > 0 && event.properties.$os.length > 0);
    const isForbidden = event.event === 'forbidden';
    // Nothing is set of somebody anonymous.
    const { password, $set, ...others } = isForbidden ? { ...properties, ...kGuard.marked } : properties;
    assert.deepEqual([password, $set], isForbidden ? [kGuard.forbidden.password, kGuard.marked.$set] : [undefined, undefined]);
    const kept = Object.fromEntries(Object.keys(others).map((name) => [name, event.properties[name]]));
    assert.deepEqual(kept, others);
    assert.ok(!('password' in event.properties));
  }
  assert.ok(answers.every((answer) => answer.status() === 200));
  assert.deepEqual(problems, []);
});
