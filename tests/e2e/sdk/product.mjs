// What every SDK test needs of the running product: where it is, and a look at what is stored.
import { readFileSync } from 'node:fs'

export const connection = JSON.parse(readFileSync(process.env.BRISTLE_CONNECTION, 'utf8'))

export async function query(body) {
  const answer = await fetch(`${connection.url}/api/projects/${connection.project_id}/query/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${connection.personal_api_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: body }),
  })
  if (answer.status !== 200) throw new Error(`query answered ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

// Waits until the events named `name` are `expected` in number, then until nothing more comes: a late duplicate shows.
export async function storedEvents(name, expected) {
  const body = {
    kind: 'EventsQuery', select: ['uuid', 'event', 'distinct_id', 'timestamp', 'properties'], event: name,
    after: 'all', orderBy: ['timestamp ASC'], limit: 10000,
  }
  const deadline = Date.now() + 30000
  for (;;) {
    const { results } = await query(body)
    if (results.length >= expected) break
    if (Date.now() > deadline) return results.map(asObject)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  await new Promise((resolve) => setTimeout(resolve, 1500))
  return (await query(body)).results.map(asObject)
}

function asObject([uuid, event, distinctId, timestamp, properties]) {
  return {
    uuid, event, distinctId, timestamp,
    properties: typeof properties === 'string' ? JSON.parse(properties) : properties,
  }
}

// A name no other run has used.
export const unique = (prefix) => `${prefix} ${Date.now()}-${Math.random().toString(36).slice(2, 8)}`
