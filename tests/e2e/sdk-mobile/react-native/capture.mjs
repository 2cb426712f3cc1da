// The core that posthog-react-native is built on, with the storage and transport a phone would give it.
// Usage: node capture.mjs EVENT COUNT
import { PostHogCore } from '@posthog/core'
import { readFileSync } from 'node:fs'

const connection = JSON.parse(readFileSync(process.env.BRISTLE_CONNECTION, 'utf8'))
const [name, count] = [process.argv[2], Number(process.argv[3])]

class Phone extends PostHogCore {
  storage = new Map()
  getPersistedProperty(key) { return this.storage?.get(key) }
  setPersistedProperty(key, value) {
    this.storage ??= new Map()
    if (value === null) this.storage.delete(key)
    else this.storage.set(key, value)
  }
  fetch(url, options) { return fetch(url, options) }
  getLibraryId() { return 'posthog-react-native' }
  getLibraryVersion() { return '4.78.0' }
  getCustomUserAgent() { return 'posthog-react-native/4.78.0' }
}

const phone = new Phone(connection.project_token, { host: connection.url, flushAt: 20, flushInterval: 200 })
const config = await (await fetch(`${connection.url}/array/${connection.project_token}/config`)).json()
if (!config.supportedCompression?.includes('gzip-js')) throw new Error('remote config lists no gzip-js')
for (let index = 0; index < count; index++) phone.capture(name, { index })
await phone.shutdown(20000)
