// Goal: what the official posthog-node captures in its v1 mode arrives exactly once, with its identity, properties and
// time kept. Method: the unmodified SDK against the started product; its fetch is watched to see that it really spoke
// v1; stored events are read back through EventsQuery.
import assert from 'node:assert/strict'
import test from 'node:test'
import { PostHog } from 'posthog-node'
import { connection, storedEvents, unique } from './product.mjs'

test('v1: 500 events arrive exactly once, in batches', async () => {
  const name = unique('node v1')
  const seen = []
  const watchedFetch = async (url, options) => {
    const answer = await fetch(url, options)
    seen.push({ path: new URL(url).pathname, status: answer.status, id: answer.headers.get('posthog-request-id') })
    return answer
  }
  process.env.POSTHOG_CAPTURE_MODE = 'v1'
  const client = new PostHog(connection.project_token, {
    host: connection.url, flushAt: 50, flushInterval: 200, fetch: watchedFetch,
  })
  delete process.env.POSTHOG_CAPTURE_MODE
  const errors = []
  client.on('error', (error) => errors.push(error))
  const timestamp = new Date(Date.now() - 3600_000)
  for (let index = 0; index < 500; index++) {
    client.capture({
      distinctId: `node-${index % 25}`, event: name, timestamp,
      properties: { index, text: 'snow ☃ "quoted"', $session_id: 'node session', $process_person_profile: false },
    })
  }
  await client.shutdown()

  const stored = await storedEvents(name, 500)
  assert.equal(stored.length, 500)
  assert.equal(new Set(stored.map((event) => event.uuid)).size, 500)
  assert.deepEqual(stored.map((event) => event.properties.index).sort((a, b) => a - b), [...Array(500).keys()])
  assert.ok(stored.every((event) => event.properties.text === 'snow ☃ "quoted"'))
  assert.ok(stored.every((event) => event.properties.$lib === 'posthog-node'))
  assert.ok(stored.every((event) => event.properties.$session_id === 'node session'))
  assert.ok(stored.every((event) => event.properties.$process_person_profile === false))
  const skewMs = Math.abs(new Date(stored[0].timestamp).getTime() - timestamp.getTime())
  assert.ok(skewMs < 1000, `stored ${stored[0].timestamp}`)
  assert.deepEqual(errors, [])
  assert.ok(seen.length > 0)
  assert.ok(seen.every((one) => one.path === '/i/v1/analytics/events' && one.status === 200 && one.id !== null))
})
