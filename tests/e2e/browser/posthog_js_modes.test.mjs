// SPDX-License-Identifier: LicenseRef-Project
// Goal: what the official posthog-js sends in two of its modes ends where it belongs. Heatmaps: every click is a point of
// `heatmaps` at its place, and no event keeps its points. Without cookies: the server makes the id, the same for a visitor
// all day and another one for another visitor, and the browser keeps none.
// Method: a page on another loopback port runs the unmodified SDK; visitors are browsers of different names.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { connection, query, unique } from '../sdk/product.mjs';
import { launch, openPage } from './browser.mjs';

const kSdk = join(
  dirname(createRequire(import.meta.url).resolve('posthog-js/package.json')),
  'dist/array.full.no-external.js',
);
const kDeadlineMs = 30_000;
const kPollMs = 300;
const kUnit = 16; // pixels a step of a heatmap
const kProject = `${connection.url}/api/projects/${connection.project_id}`;

let browser;
let server;
let site;

function html(run, options) {
  const settings = {
    api_host: connection.url,
    autocapture: false,
    capture_performance: false,
    capture_dead_clicks: false,
    disable_session_recording: true,
    disable_surveys: true,
    opt_out_useragent_filter: true,
    ...options,
  };
  return `<!doctype html><title>Shop</title><link rel="icon" href="data:,">
<body style="margin:0;height:4000px"><nav style="position:fixed;top:0;height:48px;width:100%">Shop</nav>
<script src="/posthog.js"></script>
<script>
  window.posthog.init(${JSON.stringify(connection.project_token)}, {
    ...${JSON.stringify(settings)},
    before_send: (event) => ({ ...event, properties: { ...event.properties, run: ${JSON.stringify(run)} } }),
  });
</script>`;
}

async function setCookieless(mode) {
  const answer = await fetch(`${kProject}/`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${connection.personal_api_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ cookieless_server_hash_mode: mode }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

before(async () => {
  browser = await launch();
  server = createServer((request, response) => {
    const url = new URL(request.url, 'http://site');
    const isSdk = url.pathname === '/posthog.js';
    response.writeHead(200, { 'content-type': isSdk ? 'text/javascript' : 'text/html' });
    const options = JSON.parse(url.searchParams.get('options') ?? '{}');
    response.end(isSdk ? readFileSync(kSdk) : html(url.searchParams.get('run'), options));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  site = `http://127.0.0.1:${server.address().port}`;
  await setCookieless(1);
});

after(async () => {
  await browser?.close();
  server?.close();
  await setCookieless(0);
});

const address = (run, options) =>
  `${site}/shop?${new URLSearchParams({ run, options: JSON.stringify(options) })}`;

async function visit(run, options, context = {}) {
  const opened = await openPage(browser, context);
  await opened.page.goto(address(run, options));
  await opened.page.waitForFunction(() => window.posthog.__loaded);
  return opened;
}

const send = (page, name) =>
  page.evaluate((event) => window.posthog.capture(event, {}, { send_instantly: true }), name);

async function eventsOf(run) {
  const { results } = await query({
    kind: 'EventsQuery',
    select: ['event', 'distinct_id', 'properties'],
    where: [`properties.run = '${run}'`],
    after: 'all',
    limit: 1000,
  });
  return results.map(([event, distinctId, properties]) => ({
    event,
    distinctId,
    properties: typeof properties === 'string' ? JSON.parse(properties) : properties,
  }));
}

async function poll(read, isDone, what) {
  const deadline = Date.now() + kDeadlineMs;
  for (;;) {
    const found = await read();
    if (isDone(found)) {
      return found;
    }
    assert.ok(Date.now() < deadline, `${what}: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, kPollMs));
  }
}

test('clicks become points of a heatmap where they were made', async () => {
  const run = unique('posthog-js heatmap');
  const { page, context, problems } = await visit(run, {
    capture_heatmaps: { flush_interval_milliseconds: 300 },
    capture_pageleave: true,
    persistence: 'localStorage',
  });
  const user = await page.evaluate(() => window.posthog.get_distinct_id());
  await page.mouse.click(192, 336);
  await page.mouse.click(640, 16); // on what stays in its place
  await page.evaluate(() => window.scrollTo(0, 640));
  await page.mouse.click(800, 336);
  await page.evaluate(() =>
    window.posthog.capture('bought', {
      amount: 12.5,
      $heatmap_data: { [location.href]: [{ x: 320, y: 160, target_fixed: false, type: 'tap' }] },
    }),
  );
  const points = async () =>
    (
      await query({
        kind: 'HogQLQuery',
        query: `SELECT type, x, y, pointer_target_fixed, viewport_width, current_url FROM heatmaps
                WHERE distinct_id = '${user}' AND type NOT IN ('deadclick', 'mousemove') ORDER BY type, x`,
      })
    ).results;
  await poll(points, (found) => found.length >= 4, 'the points of clicks');
  await page.goto('about:blank'); // leaving tells how far the page was scrolled
  const found = await poll(points, (all) => all.length >= 5, 'the depth of scrolling');
  const url = address(run, {
    capture_heatmaps: { flush_interval_milliseconds: 300 },
    capture_pageleave: true,
    persistence: 'localStorage',
  });
  const clicks = found.filter(([type]) => type !== 'scrolldepth');
  assert.deepEqual(
    clicks.map(([type, x, y, isFixed, width, link]) => [type, x, y, Boolean(isFixed), width, link]),
    [
      ['click', 192 / kUnit, 336 / kUnit, false, 1440 / kUnit, url],
      ['click', 640 / kUnit, 16 / kUnit, true, 1440 / kUnit, url],
      ['click', 800 / kUnit, (336 + 640) / kUnit, false, 1440 / kUnit, url],
      ['tap', 320 / kUnit, 160 / kUnit, false, 1440 / kUnit, url],
    ],
  );
  const depths = found.filter(([type]) => type === 'scrolldepth');
  assert.deepEqual(depths.map(([, x, y]) => [x, y]), [[0, 640 / kUnit]]);

  const events = await eventsOf(run);
  assert.deepEqual(events.map(({ event }) => event).sort(), ['$pageleave', '$pageview', 'bought']);
  assert.ok(events.every(({ properties }) => !('$heatmap_data' in properties)));
  assert.equal(events.find(({ event }) => event === 'bought').properties.amount, 12.5);
  assert.deepEqual(problems, []);
  await context.close();
});

// What the browser keeps for the page, but for the answer to the question of consent.
async function keptBy({ page, context }) {
  const stores = await page.evaluate(() => [Object.entries(localStorage), Object.entries(sessionStorage)].flat());
  const cookies = (await context.cookies()).map(({ name, value }) => [name, value]);
  return [...stores, ...cookies].filter(([name]) => !name.startsWith('__ph_opt_in_out_'));
}

const kAlways = { cookieless_mode: 'always', capture_pageview: false };

// A time zone in which it is neither night nor near it: a visitor's day is that of his browser, and must not end in a test.
function daytimeZone() {
  const hour = new Date().getUTCHours();
  return hour < 8 ? 'Asia/Tokyo' : hour < 16 ? 'UTC' : 'Pacific/Honolulu';
}

test('without cookies a visitor is the same all day, and the browser keeps nothing', async () => {
  const run = unique('posthog-js cookieless');
  const zone = { timezoneId: daytimeZone() };
  const one = await visit(run, kAlways, zone);
  // The worker reads a project's settings again after ten seconds at most; events before that are dropped.
  let probes = 0;
  const probe = async () => {
    await send(one.page, `probe ${probes++}`);
    return eventsOf(run);
  };
  await poll(probe, (found) => found.length > 0, 'the first event without cookies');

  await send(one.page, 'first');
  await one.page.reload();
  await one.page.waitForFunction(() => window.posthog.__loaded);
  await send(one.page, 'reloaded');
  const fresh = await visit(run, kAlways, zone);
  await send(fresh.page, 'fresh');
  const other = await visit(run, kAlways, { ...zone, userAgent: 'Mozilla/5.0 (X11; Linux) Other/1.0' });
  await send(other.page, 'other');
  for (const visitor of [one, fresh, other]) {
    assert.deepEqual(await keptBy(visitor), []);
  }

  const wanted = ['first', 'reloaded', 'fresh', 'other'];
  const stored = await poll(
    () => eventsOf(run),
    (found) => wanted.every((name) => found.some(({ event }) => event === name)),
    'the events of all visitors',
  );
  const of = Object.fromEntries(stored.map((event) => [event.event, event]));
  assert.match(of.first.distinctId, /^cookieless_[A-Za-z0-9+/]{22}$/);
  for (const same of ['reloaded', 'fresh']) {
    assert.equal(of[same].distinctId, of.first.distinctId);
    assert.equal(of[same].properties.$session_id, of.first.properties.$session_id);
  }
  assert.notEqual(of.other.distinctId, of.first.distinctId);
  assert.notEqual(of.other.properties.$session_id, of.first.properties.$session_id);
  for (const { distinctId, properties } of stored) {
    assert.equal(properties.$device_id, distinctId.replace('cookieless_', 'cookielessd_'));
    assert.equal(properties.$cookieless_mode, true);
    assert.ok(!('$raw_user_agent' in properties) && !('$ip' in properties));
  }

  // Who is asked and says no is the same person; who says yes has an id of his own, in his browser.
  const onReject = { ...kAlways, cookieless_mode: 'on_reject' };
  const asked = await visit(run, onReject, zone);
  await send(asked.page, 'before the answer');
  assert.deepEqual(await keptBy(asked), []);
  await asked.page.evaluate(() => window.posthog.opt_out_capturing());
  await send(asked.page, 'rejected');
  assert.deepEqual(await keptBy(asked), []);
  const agreed = await visit(run, onReject, zone);
  await agreed.page.evaluate(() => window.posthog.opt_in_capturing());
  await send(agreed.page, 'agreed');
  const own = await agreed.page.evaluate(() => window.posthog.get_distinct_id());
  assert.ok((await keptBy(agreed)).some(([, value]) => value.includes(own)));
  const answered = await poll(
    () => eventsOf(run),
    (found) => ['rejected', 'agreed'].every((name) => found.some(({ event }) => event === name)),
    'the events after the answer',
  );
  const idOf = (name) => answered.find(({ event }) => event === name)?.distinctId;
  assert.equal(idOf('rejected'), of.first.distinctId);
  assert.equal(idOf('agreed'), own);
  assert.equal(idOf('before the answer'), undefined);
  for (const visitor of [one, fresh, other, asked, agreed]) {
    assert.deepEqual(visitor.problems, []);
    await visitor.context.close();
  }
});
