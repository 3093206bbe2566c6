import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { vaultSection } from '../../../src/cli/devnet-vault.ts'
import { writeVaultSection } from '../../../src/cli/write-config.ts'
import { temporaryFolder } from './fake-io.ts'

const address = (digit: number) => `0x${String(digit).repeat(40)}` as const
const venue = { name: 'aave', kind: 'aave-v3', adapter: address(4), data: '0x', id: `0x${'00'.repeat(32)}` } as const
const deployed = {
  ...{ vault: address(1), guard: address(2), asset: address(3), venues: [venue] },
  ...{ transactions: [], ownerMustAccept: false },
}

function written(before: object | undefined, section: object) {
  const folder = temporaryFolder()
  const chain = { id: 1, rpc: { read: ['http://127.0.0.1:1'] } }
  const own = before === undefined ? { chain } : { chain, vault: before }
  writeFileSync(join(folder, 'tiller.config.json'), JSON.stringify(own))
  const file = writeVaultSection({ cwd: folder, env: {} }, section)
  return JSON.parse(readFileSync(file, 'utf8')).vault
}

test('the section of a deployment keeps its redeem queue and its Router', () => {
  const periphery = { router: address(5), redeemQueue: address(6) }
  expect(written(undefined, vaultSection({ ...deployed, periphery }))).toMatchObject(periphery)
})

test('what belongs to the chain or the keeper stays, and the queue of another vault does not', () => {
  const before = {
    ...vaultSection({ ...deployed, vault: address(8), periphery: { router: address(5), redeemQueue: address(6) } }),
    ...{ ethUsdFeed: address(7), idleReserveBps: 700 },
  }
  const after = written(before, vaultSection({ ...deployed, periphery: {} }))
  expect(after).toMatchObject({ address: address(1), router: address(5), ethUsdFeed: address(7), idleReserveBps: 700 })
  expect(after).not.toHaveProperty('redeemQueue')
})
