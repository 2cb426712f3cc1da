// A phone: the core that posthog-react-native is built on, with the storage and transport a phone gives it.
// Usage: node phone.mjs SCENARIO EVENT COUNT STORAGE. The product is named by BRISTLE_CONNECTION.
//   capture  COUNT events, not compressed: Hermes, which runs React Native, has no CompressionStream
//   gzip     COUNT events, compressed: an app that brings a polyfill
//   fill     COUNT events without a network, then the app ends
//   drain    sends what an earlier app has left in STORAGE
//   refused  COUNT events; the first request is refused with 503, the answer of the second is lost
// Prints what happened as one line of JSON.
import { PostHogCore } from '@posthog/core'
import { readFileSync, writeFileSync } from 'node:fs'

const connection = JSON.parse(readFileSync(process.env.BRISTLE_CONNECTION, 'utf8'))
const [scenario, name, storageFile] = [process.argv[2], process.argv[3], process.argv[5]]
const count = Number(process.argv[4])
const report = { exchanges: {}, errors: [], left: 0 }

// As React Native's storage: all in memory, written to one file after each change.
class Storage {
  constructor(file) {
    this.file = file
    try {
      this.content = JSON.parse(readFileSync(file, 'utf8'))
    } catch {
      this.content = {}
    }
  }
  get(key) { return this.content[key] }
  set(key, value) {
    if (value === null) delete this.content[key]
    else this.content[key] = value
    writeFileSync(this.file, JSON.stringify(this.content))
  }
}

const storage = new Storage(storageFile)
const troubles = scenario === 'refused' ? ['refuse', 'lose'] : []

async function send(url, options) {
  const trouble = scenario === 'fill' ? 'offline' : troubles.shift()
  if (trouble === 'offline') throw new TypeError('Network request failed')
  if (trouble === 'refuse') {
    return new Response('transient error, please retry', { status: 503, headers: { 'retry-after': '1' } })
  }
  const answer = await fetch(url, options)
  const exchange = `${new URL(url).pathname} ${answer.status} ${options.headers?.['Content-Encoding'] ?? ''}`
  report.exchanges[exchange] = (report.exchanges[exchange] ?? 0) + 1
  if (trouble === 'lose') throw new TypeError('Network request failed')
  return answer
}

class Phone extends PostHogCore {
  getPersistedProperty(key) { return storage.get(key) }
  setPersistedProperty(key, value) { storage.set(key, value) }
  fetch(url, options) { return send(url, options) }
  getLibraryId() { return 'posthog-react-native' }
  getLibraryVersion() { return '4.78.0' }
  getCustomUserAgent() { return 'posthog-react-native/4.78.0' }
}

const phone = new Phone(connection.project_token, {
  host: connection.url, flushAt: 20, flushInterval: 200, preloadFeatureFlags: false, fetchRetryDelay: 50,
  disableCompression: scenario !== 'gzip', maxQueueSize: 1000,
})
console.error = () => {} // what the SDK prints of a failed flush is what it tells here as well
phone.on('error', (error) => report.errors.push(String(error)))
if (scenario === 'capture') {
  const config = await (await fetch(`${connection.url}/array/${connection.project_token}/config`)).json()
  if (!config.supportedCompression?.includes('gzip-js')) throw new Error('remote config lists no gzip-js')
  const flags = await phone.reloadFeatureFlagsAsync()
  if (Object.keys(flags ?? {}).length !== 0) throw new Error(`flags ${JSON.stringify(flags)}`)
}
for (let index = 0; index < (scenario === 'drain' ? 0 : count); index++) {
  phone.capture(name, { index, text: 'snow ☃ <b>&\'"' })
}
await phone.shutdown(30000)
report.left = (storage.get('queue') ?? []).length
console.log(JSON.stringify(report))
process.exit(0)
