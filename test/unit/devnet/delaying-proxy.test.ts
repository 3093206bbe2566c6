import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DelayingProxy, startDelayingProxy } from '../../../src/devnet/delaying-proxy.ts'

describe('the delaying proxy', () => {
  const node = createServer((incoming, outgoing) => {
    let text = ''
    incoming.on('data', (chunk) => {
      text += chunk
    })
    incoming.on('end', () => outgoing.end(JSON.stringify({ echoed: text })))
  })
  let proxy: DelayingProxy

  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      node.listen(0, '127.0.0.1', resolve)
    })
    proxy = await startDelayingProxy({
      targetUrl: `http://127.0.0.1:${(node.address() as AddressInfo).port}`,
      rttMs: 40,
    })
  })

  afterAll(async () => {
    await proxy.stop()
    node.close()
  })

  test('passes bodies through, no sooner than the round-trip time, and counts requests', async () => {
    const started = performance.now()
    const answer = await fetch(proxy.url, { method: 'POST', body: 'hello' })
    expect(await answer.json()).toEqual({ echoed: 'hello' })
    // setTimeout may fire up to a millisecond early.
    expect(performance.now() - started).toBeGreaterThanOrEqual(38)
    expect(proxy.requests()).toBe(1)
  })
})
