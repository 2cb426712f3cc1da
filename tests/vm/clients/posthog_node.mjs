// 500 events through the unmodified SDK. Its module is found from the end-to-end tests' folder, where it is installed.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const require = createRequire(`${process.cwd()}/`)
const { PostHog } = await import(pathToFileURL(require.resolve('posthog-node')))

const client = new PostHog(process.env.BRISTLE_TOKEN, { host: process.env.BRISTLE_URL, flushAt: 50, flushInterval: 200 })
client.on('error', (error) => {
  console.error(error)
  process.exitCode = 1
})
for (let index = 0; index < 500; index++) {
  client.capture({ distinctId: `node-${index % 25}`, event: process.env.BRISTLE_EVENT, properties: { index } })
}
await client.shutdown()
console.log('sent 500')
