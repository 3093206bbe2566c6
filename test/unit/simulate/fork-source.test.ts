import type { Hex } from 'viem'
import { afterEach, describe, expect, test } from 'vitest'
import { createForkSource, type ForkedBlock, type ForkSource } from '../../../src/simulate/fork-source.ts'
import { createRpc, type Rpc, type RpcAnswer, type RpcCall } from '../../../src/simulate/rpc.ts'

const token = '0x1111111111111111111111111111111111111111'
const wallet = '0x2222222222222222222222222222222222222222'

const at = (number: bigint, hash = '0x01'): ForkedBlock => ({ number, hash: hash as Hex })

let source: ForkSource | undefined
let fork: Rpc | undefined
afterEach(async () => {
  fork?.close()
  await source?.close()
})

function upstreamOf(answer: (call: RpcCall) => RpcAnswer): Rpc & { batches: RpcCall[][] } {
  const batches: RpcCall[][] = []
  return {
    batches,
    label: 'simulate',
    request: async (method, params) => {
      const found = answer({ method, params })
      if ('error' in found) throw new Error(found.error.message)
      return found.result
    },
    batch: async (calls) => {
      batches.push([...calls])
      return calls.map(answer)
    },
    close: () => {},
  }
}

async function start(answer: (call: RpcCall) => RpcAnswer) {
  const upstream = upstreamOf(answer)
  source = await createForkSource({ upstream, chainId: 31337 })
  fork = createRpc({ url: source.url, label: 'fork', timeoutMs: 1_000 })
  return { upstream, source, fork }
}

const node = (call: RpcCall): RpcAnswer => {
  switch (call.method) {
    case 'eth_createAccessList':
      return { result: { accessList: [{ address: token, storageKeys: [`0x${'0'.repeat(62)}2a`] }] } }
    case 'eth_getCode':
      return { result: call.params[0] === token ? '0x6001' : '0x' }
    default:
      return { result: `${call.method} ${JSON.stringify(call.params)}` }
  }
}

describe('the source of a fork', () => {
  test('answers from what was read ahead, whatever way the question is spelt', async () => {
    const { upstream, source: own, fork: rpc } = await start(node)
    await own.readAhead(at(16n), { from: wallet, to: token, data: '0x' })
    const before = upstream.batches.length
    expect(await rpc.request('eth_getStorageAt', [token.toUpperCase().replace('0X', '0x'), '0x2a', '0x10'])).toBe(
      `eth_getStorageAt ["${token}","0x2a","0x10"]`,
    )
    expect(await rpc.request('eth_getStorageAt', [token, `0x${'0'.repeat(62)}2a`, '0x010'])).toContain('0x2a')
    expect(await rpc.request('eth_getCode', [token, '0x10'])).toBe('0x6001')
    expect(await rpc.request('eth_chainId', [])).toBe('0x7a69')
    expect(upstream.batches.length).toBe(before)
    expect(own.figures()).toMatchObject({ asked: 4, missed: 0 })
  })

  test('asks the node once for what it lacks, and reads it ahead in one batch for the next block', async () => {
    const { upstream, source: own, fork: rpc } = await start(node)
    await own.readAhead(at(16n), null)
    await Promise.all([
      rpc.request('eth_getStorageAt', [wallet, '0x1', '0x10']),
      rpc.request('eth_getStorageAt', [wallet, '0x1', '0x10']),
    ])
    expect(own.figures()).toMatchObject({ missed: 1, missedMethods: { eth_getStorageAt: 1 } })
    const before = upstream.batches.length
    await own.readAhead(at(17n), null)
    expect(upstream.batches.length).toBe(before + 1)
    expect(await rpc.request('eth_getStorageAt', [wallet, '0x1', '0x11'])).toContain('"0x11"')
    expect(own.figures()).toMatchObject({ missed: 0 })
  })

  test('keeps the code of a contract over blocks, but not of an account that has none or delegates', async () => {
    let code = '0x'
    const {
      upstream,
      source: own,
      fork: rpc,
    } = await start((call) => (call.method === 'eth_getCode' ? { result: code } : { result: '0x0' }))
    await own.readAhead(at(16n), null)
    expect(await rpc.request('eth_getCode', [wallet, '0x10'])).toBe('0x')
    code = '0xef0100aa'
    await own.readAhead(at(17n), null)
    expect(await rpc.request('eth_getCode', [wallet, '0x11'])).toBe('0xef0100aa')
    code = '0x6002'
    await own.readAhead(at(18n), null)
    expect(await rpc.request('eth_getCode', [wallet, '0x12'])).toBe('0x6002')
    const before = upstream.batches.flat().filter(({ method }) => method === 'eth_getCode').length
    await own.readAhead(at(19n), null)
    expect(await rpc.request('eth_getCode', [wallet, '0x13'])).toBe('0x6002')
    expect(upstream.batches.flat().filter(({ method }) => method === 'eth_getCode').length).toBe(before)
  })

  test('goes on without an access list, and passes an error of the node on', async () => {
    const { source: own, fork: rpc } = await start((call) =>
      call.method === 'eth_createAccessList' || call.method === 'eth_gasPrice'
        ? { error: { code: -32601, message: 'no such method' } }
        : { result: '0x0' },
    )
    await own.readAhead(at(16n), { from: wallet, to: token, data: '0x' })
    await expect(rpc.request('eth_gasPrice', [])).rejects.toMatchObject({ code: 'RPC_ERROR' })
  })

  test('asks anew for a block that replaced another one of the same number', async () => {
    let value = '0x1'
    const { source: own, fork: rpc } = await start(() => ({ result: value }))
    await own.readAhead(at(16n), null)
    expect(await rpc.request('eth_getStorageAt', [token, '0x0', '0x10'])).toBe('0x1')
    value = '0x2'
    await own.readAhead(at(16n), null)
    expect(await rpc.request('eth_getStorageAt', [token, '0x0', '0x10'])).toBe('0x1')
    await own.readAhead(at(16n, '0x02'), null)
    expect(await rpc.request('eth_getStorageAt', [token, '0x0', '0x10'])).toBe('0x2')
  })

  test('does not remember an error, neither of what it read ahead nor of what it was asked', async () => {
    let limited = true
    const { source: own, fork: rpc } = await start(() =>
      limited ? { error: { code: -32005, message: 'too many requests' } } : { result: '0x7' },
    )
    await own.readAhead(at(16n), null)
    const ask = (): Promise<unknown> => rpc.request('eth_getStorageAt', [token, '0x0', '0x10'])
    await expect(ask()).rejects.toMatchObject({ code: 'RPC_ERROR' })
    await own.readAhead(at(16n), null)
    limited = false
    expect(await ask()).toBe('0x7')
  })

  test('reads ahead what the last runs touched, and no slot of long ago', async () => {
    const { upstream, source: own, fork: rpc } = await start(() => ({ result: '0x7' }))
    await own.readAhead(at(100n), null)
    await rpc.request('eth_getStorageAt', [token, '0x99', '0x64'])
    const readAhead = async (number: bigint): Promise<boolean> => {
      upstream.batches.length = 0
      await own.readAhead(at(number), null)
      return upstream.batches.flat().some(({ params }) => params[1] === '0x99')
    }
    const found: boolean[] = []
    for (let number = 101n; number < 130n; number++) found.push(await readAhead(number))
    expect(found.slice(0, 24)).not.toContain(false)
    expect(found.slice(24)).not.toContain(true)
  })
})
