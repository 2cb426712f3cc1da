// Goal: requests shaped by hand, as curl and old SDKs send them, are each stored exactly once; bad ones say why.
// Method: raw requests to the started product; the exact answers are those of capture-protocol section 10.
import assert from 'node:assert/strict'
import test from 'node:test'
import { gzipSync } from 'node:zlib'
import { connection, storedEvents, unique } from './product.mjs'

const token = connection.project_token
const send = (path, body, headers = {}) => fetch(connection.url + path, { method: 'POST', body, headers })
const json = (value) => JSON.stringify(value)
const base64 = (value) => Buffer.from(value).toString('base64')
const event = (name, more = {}) => ({ event: name, distinct_id: 'raw', properties: { shape: name }, ...more })

const SHAPES = {
  'a single event to /i/v0/e': (name) => send('/i/v0/e', json({ api_key: token, ...event(name) })),
  'a single event to /e/': (name) => send('/e/', json({ token, ...event(name) })),
  'a single event to /capture/': (name) => send('/capture/', json({ token, ...event(name) })),
  'a single event to /track': (name) => send('/track', json({ token, ...event(name) })),
  'an array': (name) => send('/e/', json([event(name, { token })])),
  'a batch': (name) => send('/batch/', json({ api_key: token, batch: [event(name)] })),
  'gzip without any hint': (name) =>
    send('/e/', gzipSync(json({ api_key: token, batch: [event(name)] })), { 'content-type': 'text/plain' }),
  'gzip with Content-Encoding': (name) =>
    send('/batch', gzipSync(json({ api_key: token, batch: [event(name)] })), { 'content-encoding': 'gzip' }),
  'a base64 form': (name) =>
    send('/e/?compression=base64', `data=${encodeURIComponent(base64(json({ token, ...event(name) })))}`,
      { 'content-type': 'application/x-www-form-urlencoded' }),
  'a GET with data': (name) =>
    fetch(`${connection.url}/e/?data=${encodeURIComponent(base64(json({ token, ...event(name) })))}`),
  'a token in the properties': (name) =>
    send('/e/', json({ event: name, properties: { shape: name, token, distinct_id: 'raw' } })),
}

for (const [shape, request] of Object.entries(SHAPES)) {
  test(`${shape} is stored once`, async () => {
    const name = unique(shape)
    const answer = await request(name)
    assert.equal(answer.status, 200, await answer.clone().text())
    assert.deepEqual(await answer.json(), { status: 'Ok' })
    const stored = await storedEvents(name, 1)
    assert.equal(stored.length, 1)
    assert.equal(stored[0].distinctId, 'raw')
    assert.equal(stored[0].properties.shape, name)
  })
}

test('the same uuid sent three times is stored once', async () => {
  const name = unique('retried')
  const body = json({ api_key: token, batch: [event(name, { uuid: crypto.randomUUID() })] })
  for (let attempt = 0; attempt < 3; attempt++) {
    assert.equal((await send('/batch/', body)).status, 200)
    await new Promise((resolve) => setTimeout(resolve, 800)) // across batches of the worker, not only within one
  }
  assert.equal((await storedEvents(name, 1)).length, 1)
})

test('beacon answers 204 and is stored', async () => {
  const name = unique('beacon')
  const answer = await send('/e/?beacon=1', json({ token, ...event(name) }))
  assert.equal(answer.status, 204)
  assert.equal((await storedEvents(name, 1)).length, 1)
})

const REFUSED = [
  ['malformed JSON', '/e/', '{"event":', 400, /^failed to parse request/],
  ['no token', '/e/', json({ event: 'a', distinct_id: 'u' }), 401, /^event submitted without an api_key$/],
  ['a personal key as token', '/e/', json({ token: 'phx_secret', ...event('a') }), 401,
    /^API key is not valid: personal_api_key$/],
  ['no distinct_id', '/e/', json({ token, event: 'a' }), 400, /^event submitted without a distinct_id$/],
  ['an empty batch', '/batch/', json({ api_key: token, batch: [] }), 400, /^request holds no event$/],
  ['nothing', '/e/', '', 400, /request missing data payload/],
  ['a truncated gzip', '/e/', gzipSync(json({ token, ...event('a') })).subarray(0, 40), 400, /^failed to decode request/],
]

for (const [what, path, body, status, text] of REFUSED) {
  test(`${what} is refused with ${status} and the reason`, async () => {
    const answer = await send(path, body, { origin: 'http://app.example' })
    assert.equal(answer.status, status)
    assert.match(await answer.text(), text)
    assert.equal(answer.headers.get('access-control-allow-origin'), 'http://app.example')
  })
}
