// Goal: of a known mix of requests the running product's ledger says exactly what became of each event, by reason.
// Method: the numbers before, the mix, then the numbers after, which have to grow by exactly the mix and stay balanced.
// Other tests send at the same time, so what names no project only has to grow by at least its part.
import assert from 'node:assert/strict'
import test from 'node:test'
import { connection, unique } from './product.mjs'

const token = connection.project_token
const headers = { authorization: `Bearer ${connection.personal_api_key}` }
const COLUMNS = ['received', 'stored', 'duplicate', 'quarantined', 'dropped', 'refused', 'in_flight', 'missing']

async function ledger() {
  const from = new Date(Date.now() - 3600_000).toISOString()
  const answer = await fetch(`${connection.url}/api/projects/${connection.project_id}/ingestion_ledger/?from=${from}`,
    { headers })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}

const sum = (state, column) => state.minutes.reduce((total, minute) => total + minute[column], 0)
const refused = (list, reason) => list.find((row) => row.reason === reason)?.requests ?? 0

async function waitFor(what, holds) {
  const deadline = Date.now() + 30000
  for (;;) {
    const state = await ledger()
    if (holds(state)) return state
    assert.ok(Date.now() < deadline, `${what}: ${JSON.stringify(state)}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

const send = (body) => fetch(`${connection.url}/batch/`, { method: 'POST', body })
const batch = (key, events) => JSON.stringify({ api_key: key, batch: events })

test('the ledger says what became of every event of a known mix', async () => {
  const event = () => ({ event: unique('ledger'), distinct_id: 'ledger', uuid: crypto.randomUUID() })
  const twice = event()
  const before = await waitFor('idle before', (state) => state.state === 'balanced')
  assert.equal((await send(batch(token, [event(), event(), twice]))).status, 200)
  assert.equal((await send(batch(token, [twice, twice]))).status, 200)
  assert.equal((await send('{"api_key":')).status, 400)
  assert.equal((await send(batch('phx_personal', [event()]))).status, 401)
  assert.equal((await send(batch(`phc_${crypto.randomUUID()}`, [event(), event()]))).status, 200)

  const wanted = {
    invalid_json: refused(before.without_project.refusals, 'invalid_json') + 1,
    token_personal_key: refused(before.without_project.refusals, 'token_personal_key') + 1,
  }
  const after = await waitFor('the counters of capture', (state) => state.state === 'balanced' &&
    sum(state, 'received') >= sum(before, 'received') + 5 &&
    refused(state.without_project.refusals, 'invalid_json') >= wanted.invalid_json &&
    refused(state.without_project.refusals, 'token_personal_key') >= wanted.token_personal_key)
  const grown = Object.fromEntries(COLUMNS.map((column) => [column, sum(after, column) - sum(before, column)]))
  assert.deepEqual(grown, {
    received: 5, stored: 3, duplicate: 2, quarantined: 0, dropped: 0, refused: 0, in_flight: 0, missing: 0,
  })
  assert.ok(after.without_project.unknown_token_events >= before.without_project.unknown_token_events + 2)
  const reason = after.without_project.refusals.find((row) => row.reason === 'token_personal_key')
  assert.equal(reason.status, 401)
  assert.equal(reason.text, 'API key is not valid: personal_api_key')
  for (const minute of after.minutes) {
    const ends = COLUMNS.slice(1).reduce((total, column) => total + minute[column], 0)
    assert.equal(ends, minute.received, JSON.stringify(minute))
    assert.ok(minute.acknowledged <= minute.received)
  }
})

test('a time that is none is refused by name', async () => {
  const answer = await fetch(
    `${connection.url}/api/projects/${connection.project_id}/ingestion_ledger/?from=2026-99-99`, { headers })
  assert.equal(answer.status, 400)
  assert.equal((await answer.json()).attr, 'from')
})
