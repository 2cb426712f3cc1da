// Goal: under the appliance's privacy policy what the official posthog-node captures is stored unharmed but for what the
// policy forbids, on both routes; a quarantined event is named by what offended and the ledger balances; a project may
// say that it takes everything. Method: the unmodified SDK sends harmless values that look like forbidden ones, and
// forbidden ones (../guard/values.json); guard/sweep.py then looks for these everywhere.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test, { after } from 'node:test'
import { PostHog } from 'posthog-node'
import { connection, storedEvents, unique } from './product.mjs'

const values = JSON.parse(readFileSync(new URL('../guard/values.json', import.meta.url), 'utf8'))
const project = `${connection.url}/api/projects/${connection.project_id}`
const headers = { authorization: `Bearer ${connection.personal_api_key}`, 'content-type': 'application/json' }

async function setPolicy(policy) {
  const options = policy ? { method: 'PUT', body: JSON.stringify(policy) } : { method: 'DELETE' }
  const answer = await fetch(`${project}/privacy/`, { ...options, headers })
  assert.equal(answer.status, 200, await answer.text())
}

after(() => setPolicy(null))

// Captures with a client of its own in `mode`; what went wrong, and the statuses of the answers.
async function capture(mode, ...events) {
  const seen = { errors: [], statuses: [] }
  process.env.POSTHOG_CAPTURE_MODE = mode
  const client = new PostHog(connection.project_token, {
    host: connection.url, flushAt: 50,
    fetch: async (url, options) => {
      const answer = await fetch(url, options)
      seen.statuses.push(answer.status)
      return answer
    },
  })
  delete process.env.POSTHOG_CAPTURE_MODE
  client.on('error', (error) => seen.errors.push(error))
  events.forEach((event) => client.capture(event))
  await client.shutdown()
  assert.deepEqual(seen.errors, [])
  assert.ok(seen.statuses.length > 0 && seen.statuses.every((status) => status === 200), seen.statuses.join())
}

const of = (properties, names) => Object.fromEntries(Object.keys(names).map((name) => [name, properties[name]]))

for (const mode of ['v0', 'v1']) {
  test(`${mode}: only what is forbidden is marked`, async () => {
    const event = unique(`node guard ${mode}`)
    const properties = { ...values.harmless, ...values.forbidden, $session_id: '018a981f-4b35-7c66-825e-8b0eeae65714' }
    await capture(mode, { event, distinctId: 'node-guard', properties },
      { event, distinctId: 'guarded.person@seeded.example', properties })
    const stored = (await storedEvents(event, 2)).sort((a, b) => a.distinctId.localeCompare(b.distinctId))
    assert.equal(stored[0].distinctId, 'node-guard')
    assert.match(stored[1].distinctId, /^redacted-[0-9a-f]{32}$/)
    for (const one of stored) {
      const wanted = { ...values.harmless, ...values.marked }
      assert.deepEqual(of(one.properties, wanted), wanted)
      assert.ok(!('password' in one.properties))
      assert.equal(one.properties.$lib, 'posthog-node')
      assert.equal(one.properties.$session_id, properties.$session_id)
    }
  })
}

async function ledger() {
  const from = new Date(Date.now() - 3600_000).toISOString()
  return (await fetch(`${project}/ingestion_ledger/?from=${from}`, { headers })).json()
}

test('an event in quarantine says what offended, and has its end in the ledger', async () => {
  const event = unique('node quarantine')
  await setPolicy({ patterns: { email: 'quarantine' } })
  await capture('v0', { event, distinctId: 'node-guard', properties: { contact: values.forbidden.contact } },
    { event, distinctId: 'node-guard', properties: { plan: 'pro' } })
  assert.deepEqual((await storedEvents(event, 1)).map((one) => one.properties.plan), ['pro'])
  const shape = (await storedEvents('$privacy_quarantine', 1)).find((one) => one.properties.$quarantined_event === event)
  assert.equal(shape.properties.$quarantined_by, 'patterns.email')
  assert.equal(shape.properties.$quarantined_property, 'contact')
  assert.equal(shape.properties.$quarantined_shape.contact, `text(${values.forbidden.contact.length})`)
  const deadline = Date.now() + 30000
  let state = await ledger()
  while (state.state !== 'balanced' && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    state = await ledger()
  }
  assert.equal(state.state, 'balanced', JSON.stringify(state))
})

test('a project that takes everything gets everything', async () => {
  const event = unique('node unguarded')
  await setPolicy({ enabled: false })
  await capture('v0', { event, distinctId: 'node-guard', properties: { contact: 'open@unguarded.example' } })
  assert.equal((await storedEvents(event, 1))[0].properties.contact, 'open@unguarded.example')
})
