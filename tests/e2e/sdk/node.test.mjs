// Goal: what the official posthog-node captures arrives exactly once, with its identity, properties and time kept.
// Method: the unmodified SDK against the started product; stored events are read back through EventsQuery.
import assert from 'node:assert/strict'
import test from 'node:test'
import { PostHog } from 'posthog-node'
import { connection, storedEvents, unique } from './product.mjs'

test('500 events arrive exactly once, in batches', async () => {
  const name = unique('node batch')
  const client = new PostHog(connection.project_token, { host: connection.url, flushAt: 50, flushInterval: 200 })
  for (let index = 0; index < 500; index++) {
    client.capture({ distinctId: `node-${index % 25}`, event: name, properties: { index, text: 'snow ☃ "quoted"' } })
  }
  await client.shutdown()

  const stored = await storedEvents(name, 500)
  assert.equal(stored.length, 500)
  assert.equal(new Set(stored.map((event) => event.uuid)).size, 500)
  assert.deepEqual(stored.map((event) => event.properties.index).sort((a, b) => a - b), [...Array(500).keys()])
  assert.ok(stored.every((event) => event.properties.text === 'snow ☃ "quoted"'))
  assert.ok(stored.every((event) => event.properties.$lib === 'posthog-node'))
})

test('a given timestamp and uuid are kept', async () => {
  const name = unique('node past')
  const uuid = '0191d5c0-7b1e-7a3c-9a50-' + String(Date.now()).padStart(12, '0').slice(-12)
  const client = new PostHog(connection.project_token, { host: connection.url, flushAt: 1 })
  client.capture({ distinctId: 'node-past', event: name, timestamp: new Date('2026-01-02T03:04:05.678Z'), uuid })
  await client.shutdown()

  const [event] = await storedEvents(name, 1)
  assert.equal(event.uuid, uuid)
  const skewMs = Math.abs(new Date(event.timestamp).getTime() - Date.parse('2026-01-02T03:04:05.678Z'))
  assert.ok(skewMs < 1000, `stored ${event.timestamp}`)
})

test('identify and alias are stored as events', async () => {
  const person = unique('node-person')
  const client = new PostHog(connection.project_token, { host: connection.url, flushAt: 1 })
  client.identify({ distinctId: person, properties: { plan: 'pro' } })
  await client.shutdown()

  const stored = (await storedEvents('$identify', 1)).filter((event) => event.distinctId === person)
  assert.equal(stored.length, 1)
  assert.equal(stored[0].properties.$set.plan, 'pro')
})

test('flags answer: nothing is on, and nothing fails', async () => {
  const client = new PostHog(connection.project_token, { host: connection.url })
  assert.deepEqual(await client.getAllFlags('somebody'), {})
  assert.ok(!(await client.isFeatureEnabled('absent-flag', 'somebody')))
  await client.shutdown()
})
