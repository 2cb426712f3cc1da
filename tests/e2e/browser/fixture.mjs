// SPDX-License-Identifier: LicenseRef-Project
// Events with known answers, sent through the front door under names that no other run has used.
import assert from 'node:assert/strict';
import { connection, storedEvents, unique } from '../sdk/product.mjs';

const kDayMs = 86_400_000;
const kHourMs = 3_600_000;
const kMinuteMs = 60_000;

// Noon, `days` ago: far from midnight in the project's time zone, which is UTC on a new installation.
function noon(days) {
  const today = new Date();
  today.setUTCHours(12, 0, 0, 0);
  return today.getTime() - days * kDayMs;
}

export async function sendBatch(events) {
  const answer = await fetch(`${connection.url}/batch/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ api_key: connection.project_token, batch: events }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

function event(name, user, time, properties = {}) {
  return { event: name, distinct_id: user, timestamp: new Date(time).toISOString(), properties };
}

async function sendAndWait(events) {
  await sendBatch(events);
  for (const name of new Set(events.map((each) => each.event))) {
    const expected = events.filter((each) => each.event === name).length;
    assert.equal((await storedEvents(name, expected)).length, expected, name);
  }
}

// Eight people open; five sign up after 1, 2, 3, 4 and 5 minutes; two of them buy within the hour. Left out: a purchase two
// hours after step 1, a sign-up before opening, and a purchase without a sign-up. Half of the people are on a plan.
export async function sendFunnel() {
  const names = { open: unique('opened'), sign: unique('signed up'), buy: unique('bought') };
  const user = (index) => `${names.open} user ${index}`;
  const start = noon(2);
  const events = [];
  for (let index = 0; index < 8; index++) {
    const plan = index % 2 === 0 ? 'paid' : 'free';
    events.push(event(names.open, user(index), start, { plan }));
    if (index < 5) {
      events.push(event(names.sign, user(index), start + (index + 1) * kMinuteMs, { plan }));
    }
  }
  events.push(event(names.buy, user(0), start + 10 * kMinuteMs));
  events.push(event(names.buy, user(1), start + 59 * kMinuteMs));
  events.push(event(names.buy, user(2), start + 2 * kHourMs));
  events.push(event(names.sign, user(6), start - kMinuteMs));
  events.push(event(names.buy, user(7), start + kMinuteMs));
  await sendAndWait(events);
  return names;
}

// Ten events of six people two days ago, four of three people yesterday; platforms iOS 9, Android 5.
export async function sendTrend() {
  const name = unique('trend');
  const user = (index) => `${name} user ${index}`;
  const events = [];
  for (let index = 0; index < 10; index++) {
    events.push(event(name, user(index % 6), noon(2) + index * 1000, { platform: 'iOS' }));
  }
  for (let index = 0; index < 4; index++) {
    events.push(event(name, user(index % 3), noon(1) + index * 1000, { platform: 'Android' }));
  }
  events[9].properties.platform = 'Android';
  await sendAndWait(events);
  return name;
}

// Cohorts of four people (three days ago) and two (two days ago). Of the four, two come back after a day and one after two; of
// the two, one comes back after a day.
export async function sendRetention() {
  const names = { start: unique('joined'), back: unique('came back') };
  const user = (index) => `${names.start} user ${index}`;
  const events = [];
  for (let index = 0; index < 4; index++) {
    events.push(event(names.start, user(index), noon(3)));
  }
  for (let index = 4; index < 6; index++) {
    events.push(event(names.start, user(index), noon(2)));
  }
  events.push(event(names.back, user(0), noon(2)));
  events.push(event(names.back, user(0), noon(2) + kMinuteMs));
  events.push(event(names.back, user(1), noon(2)));
  events.push(event(names.back, user(0), noon(1)));
  events.push(event(names.back, user(4), noon(1)));
  await sendAndWait(events);
  return names;
}
