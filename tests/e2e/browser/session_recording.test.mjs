// SPDX-License-Identifier: LicenseRef-Project
// Goal: what the official posthog-js records of a session comes back byte for byte and once, but for what the appliance's
// privacy policy forbids; it records only when the project says so. Method: a page on another loopback port runs the unmodified SDK with its recorder; what it sends is
// read off the wire and compared with what a player is given.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { connection } from '../sdk/product.mjs';
import { launch, openPage } from './browser.mjs';

const kSdk = join(
  dirname(createRequire(import.meta.url).resolve('posthog-js/package.json')),
  'dist/array.full.no-external.js',
);
const kDeadlineMs = 30_000;
const kFullSnapshot = 2;
const kRecorderFlushMs = 2_500; // the recorder sends what it has every two seconds
const kPausedFlushes = 3;
const kProject = `${connection.url}/api/projects/${connection.project_id}`;
// Compressed, each of these bytes is as likely as any other: the privacy guard must not take some for an address.
const kNoiseBytes = 60_000;
const kNoise = randomBytes(kNoiseBytes).toString('base64');
const kPage = `<!doctype html><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">
<h1>Schöne Dinge ☃</h1><p hidden>${kNoise}</p><button>Buy</button><input><ul></ul>
<script src="/posthog.js"></script>
<script>
  window.posthog.init(${JSON.stringify(connection.project_token)}, {
    api_host: ${JSON.stringify(connection.url)},
    autocapture: false, capture_pageview: false, capture_performance: false, capture_dead_clicks: false,
    disable_surveys: true, opt_out_useragent_filter: true, persistence: 'memory',
  });
</script>`;

let browser;
let server;
let site;

async function api(path, options = {}) {
  const answer = await fetch(path, {
    ...options,
    headers: { authorization: `Bearer ${connection.personal_api_key}`, 'content-type': 'application/json' },
  });
  return { status: answer.status, text: await answer.text() };
}

async function setLimits(limits) {
  const options = limits ? { method: 'PUT', body: JSON.stringify(limits) } : { method: 'DELETE' };
  const { status, text } = await api(`${kProject}/limits/`, options);
  assert.equal(status, 200, text);
}

async function allowRecording(isAllowed) {
  const body = JSON.stringify({ session_recording_opt_in: isAllowed });
  const { status, text } = await api(`${kProject}/`, { method: 'PATCH', body });
  assert.equal(status, 200, text);
}

before(async () => {
  browser = await launch();
  server = createServer((request, response) => {
    const isSdk = request.url === '/posthog.js';
    response.writeHead(200, { 'content-type': isSdk ? 'text/javascript' : 'text/html' });
    response.end(isSdk ? readFileSync(kSdk) : kPage);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  site = `http://127.0.0.1:${server.address().port}/`;
});

after(async () => {
  await browser?.close();
  server?.close();
  await allowRecording(false);
  await setLimits(null);
});

async function until(isReached, what) {
  const deadline = Date.now() + kDeadlineMs;
  while (!(await isReached())) {
    assert.ok(Date.now() < deadline, `waited ${kDeadlineMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// The requests of a page to `/s/`, and the statuses of their answers.
function recordingTraffic(page) {
  const traffic = { bodies: [], statuses: [] };
  const isRecording = (url) => new URL(url).pathname === '/s/';
  page.on('request', (request) => {
    if (isRecording(request.url()) && request.method() === 'POST') {
      traffic.bodies.push(request.postDataBuffer());
    }
  });
  page.on('response', (response) => {
    if (isRecording(response.url()) && response.request().method() === 'POST') {
      traffic.statuses.push(response.status());
    }
  });
  return traffic;
}

// The lines a player reads for a request: JSON.stringify of what JSON.stringify made is the same text.
function linesOf(body) {
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  const parsed = JSON.parse((isGzip ? gunzipSync(body) : body).toString('utf8'));
  const elements = Array.isArray(parsed) ? parsed : [parsed];
  const window = elements[0].properties.$window_id;
  return elements
    .flatMap((element) => element.properties.$snapshot_data)
    .map((item) => `[${JSON.stringify(window)},${JSON.stringify(item)}]`);
}

async function storedLines(session) {
  const path = `${kProject}/session_recordings/${session}/snapshots`;
  const list = await api(path);
  if (list.status === 404) {
    return [];
  }
  const { sources } = JSON.parse(list.text);
  const last = sources.length - 1;
  const blocks = await api(`${path}?source=blob_v2&start_blob_key=0&end_blob_key=${last}`);
  assert.equal(blocks.status, 200, blocks.text);
  return blocks.text.split('\n');
}

test('without the project’s consent nothing is recorded', async () => {
  await allowRecording(false);
  const { page, context, problems } = await openPage(browser);
  const traffic = recordingTraffic(page);
  const config = page.waitForResponse((response) => /\/array\/[^/]+\/config/.test(response.url()));
  await page.goto(site);
  assert.equal((await (await config).json()).sessionRecording, false);
  await page.getByRole('button').click();
  assert.equal(await page.evaluate(() => window.posthog.sessionRecordingStarted()), false);
  assert.deepEqual(traffic.bodies, []);
  assert.deepEqual(problems, []);
  await context.close();
});

test('a recorded session comes back byte for byte, once', async () => {
  await allowRecording(true);
  const { page, context, problems } = await openPage(browser);
  const traffic = recordingTraffic(page);
  await page.goto(`${site}?mail=guarded.person%40seeded.example`);
  await until(() => page.evaluate(() => window.posthog.sessionRecordingStarted()), 'the recorder');
  await page.getByRole('button').click();
  await page.getByRole('textbox').fill('secret words');
  await until(() => traffic.statuses.length > 0, 'the first snapshots to be answered');
  await page.evaluate(() => {
    for (let index = 0; index < 300; index++) {
      const item = document.createElement('li');
      item.textContent = `Ding ${index} ☃ "quoted" \u0001\u007f\u00ff`;
      document.querySelector('ul').append(item);
    }
  });
  await page.mouse.move(200, 200, { steps: 20 });
  const before = traffic.bodies.length;
  await until(() => traffic.bodies.length > before, 'the snapshots of the change');
  const session = await page.evaluate(() => window.posthog.get_session_id());
  await page.evaluate(() => window.posthog.stopSessionRecording());
  await page.goto('about:blank');

  await until(() => traffic.statuses.length === traffic.bodies.length, 'every answer');
  assert.ok(traffic.statuses.every((status) => status === 200), traffic.statuses.join());
  const sent = traffic.bodies.flatMap(linesOf).map((line) => line.replaceAll('guarded.person%40seeded.example', '[email]'));
  assert.ok(sent.some((line) => line.includes('?mail=[email]')), 'the recorder names the page');
  await until(async () => (await storedLines(session)).length >= sent.length, 'the stored items');
  const stored = await storedLines(session);
  assert.deepEqual([...stored].sort(), [...new Set(sent)].sort());

  // What a player does with it: the full snapshot is gzip in the code points of a string.
  const items = stored.map((line) => JSON.parse(line)[1]);
  assert.deepEqual(items.map((item) => item.timestamp), items.map((item) => item.timestamp).sort());
  const full = items.find((item) => item.type === kFullSnapshot);
  assert.equal(full.cv, '2024-10');
  const tree = gunzipSync(Buffer.from(full.data, 'latin1')).toString('utf8');
  assert.match(tree, /Schöne Dinge ☃/);
  assert.ok(tree.includes(kNoise));
  assert.ok(!stored.some((line) => line.includes('secret words')), 'the SDK masks inputs');
  assert.deepEqual(problems, []);
  await context.close();
});

// The answer names the resource, and the SDK sends none of it for a minute; everything else goes on.
test('the SDK pauses when the quota of recordings is used up', async () => {
  await allowRecording(true);
  const { page, context } = await openPage(browser);
  const traffic = recordingTraffic(page);
  const act = () => page.getByRole('button').click();
  await page.goto(site);
  await until(() => page.evaluate(() => window.posthog.sessionRecordingStarted()), 'the recorder');
  await act();
  await until(() => traffic.statuses.length > 0, 'the first snapshots to be answered');
  await setLimits({ quota_limited: ['recordings'] });
  const limited = page.waitForResponse(
    async (response) => response.url().includes('/s/') && (await response.text()).includes('quota_limited'),
  );
  await act();
  assert.deepEqual(await (await limited).json(), { status: 'Ok', quota_limited: ['recordings'] });
  await until(() => traffic.statuses.length === traffic.bodies.length, 'every answer');
  const before = traffic.bodies.length;
  const events = page.waitForResponse((response) => /\/(e|i\/v0\/e)\/$/.test(new URL(response.url()).pathname));
  for (let flush = 0; flush < kPausedFlushes; flush++) {
    await act();
    await new Promise((resolve) => setTimeout(resolve, kRecorderFlushMs));
  }
  await page.evaluate(() => window.posthog.capture('still here'));
  assert.equal((await events).status(), 200);
  assert.equal(traffic.bodies.length, before, 'recordings sent during the pause');
  await context.close();
});

test('a recording that does not exist is none', async () => {
  for (const session of ['nobody', 'a_b']) {
    const { status } = await api(`${kProject}/session_recordings/${session}/snapshots`);
    assert.equal(status, 404, session);
  }
});
