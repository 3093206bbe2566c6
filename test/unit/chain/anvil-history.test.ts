import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type AnvilProcess, startAnvil } from '../../../src/chain/anvil.ts'
import { createRpc } from '../../../src/simulate/rpc.ts'

let anvil: AnvilProcess | undefined
const folder = mkdtempSync(join(tmpdir(), 'tiller-anvil-'))
afterEach(async () => {
  await anvil?.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('a long run of anvil', () => {
  test('writes no past state to the disk and still answers about the last hundred blocks', async () => {
    anvil = await startAnvil({ args: ['--cache-path', folder] })
    const rpc = createRpc({ url: anvil.url, label: 'anvil', timeoutMs: 30_000 })
    await rpc.request('anvil_mine', ['0x400'])
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    expect(files).toEqual([])
    const account = '0x0000000000000000000000000000000000000001'
    expect(await rpc.request('eth_getBalance', [account, `0x${(1024 - 100).toString(16)}`])).toBe('0x0')
    rpc.close()
  })
})
