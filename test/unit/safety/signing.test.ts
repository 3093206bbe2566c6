import fc from 'fast-check'
import { encodeFunctionData, type Hex, parseTransaction, serializeTransaction, type TransactionSerialized } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { TillerError } from '../../../src/errors/base.ts'
import type { Signer } from '../../../src/keeper/effects.ts'
import { encodePlan } from '../../../src/keeper/encode-plan.ts'
import { checkTransaction, type SigningPolicy } from '../../../src/safety/signing/check-transaction.ts'
import { compareSigned } from '../../../src/safety/signing/compare-signed.ts'
import type { UnsignedTransaction } from '../../../src/safety/signing/unsigned-transaction.ts'
import { signChecked } from '../../../src/send/sign-checked.ts'
import { createSigner } from '../../../src/send/signer.ts'
import { guardAbi } from '../../../src/vault/abi.ts'
import { venueId } from '../../../src/venues/venue-id.ts'

const key: Hex = `0x${'11'.repeat(32)}`
const account = privateKeyToAccount(key)
const guard = '0x2222222222222222222222222222222222222222'
const adapter = '0x3333333333333333333333333333333333333333'
const elsewhere = '0x9999999999999999999999999999999999999999'

const plan = {
  nonce: 1n,
  deadline: 2n,
  minTotalAssetsAfter: 3n,
  legs: [{ adapter, deposit: true, assets: 5n, data: '0xabcd' }],
} as const
const transaction: UnsignedTransaction = {
  kind: 'rebalance',
  chainId: 31337,
  from: account.address,
  to: guard,
  data: encodePlan(plan),
  value: 0n,
  gas: 500_000n,
  nonce: 7,
  maxFeePerGas: 100n,
  maxPriorityFeePerGas: 10n,
}
const policy: SigningPolicy = {
  chainId: 31337,
  signer: account.address,
  guard,
  venueIds: [venueId(adapter, '0xabcd')],
  gasCeiling: 1_000_000n,
  maxFeePerGasCeiling: 200n,
  maxCalldataBytes: 1_000,
  knownNonces: [7],
}
const rules = (change: Partial<UnsignedTransaction>): string[] =>
  checkTransaction({ ...transaction, ...change }, policy).map(({ rule }) => rule)
const errorOf = async (action: Promise<unknown>): Promise<TillerError> => {
  const error = await action.catch((reason: unknown) => reason)
  if (!(error instanceof TillerError)) throw new Error(`Expected a TillerError, got ${String(error)}`)
  return error
}

describe('the signing policy', () => {
  test('allows a plan on the vault’s own venues', () => {
    expect(checkTransaction(transaction, policy)).toEqual([])
  })

  test.each<[string, Partial<UnsignedTransaction>, string[]]>([
    ['another chain', { chainId: 1 }, ['chain']],
    ['another sender', { from: elsewhere }, ['signer']],
    ['another target', { to: elsewhere }, ['target']],
    ['value', { value: 1n }, ['value']],
    ['too much gas', { gas: 1_000_001n }, ['gas']],
    ['no gas', { gas: 0n }, ['gas']],
    ['a fee above the ceiling', { maxFeePerGas: 201n }, ['fee']],
    ['a tip above the fee', { maxPriorityFeePerGas: 101n }, ['tip']],
    ['a negative nonce', { nonce: -1 }, ['nonce']],
    ['no data', { data: '0x' }, ['selector']],
    [
      'another function of the Guard',
      { data: encodeFunctionData({ abi: guardAbi, functionName: 'freeze' }) },
      ['selector'],
    ],
    ['cut arguments', { data: transaction.data.slice(0, -64) as Hex }, ['arguments']],
    ['a plan without legs', { data: encodePlan({ ...plan, legs: [] }) }, ['legs']],
    [
      'a foreign adapter',
      { data: encodePlan({ ...plan, legs: [{ ...plan.legs[0], adapter: elsewhere }] }) },
      ['leg_0'],
    ],
    ['a foreign position', { data: encodePlan({ ...plan, legs: [{ ...plan.legs[0], data: '0xabce' }] }) }, ['leg_0']],
    ['a cancel to the Guard', { kind: 'cancel' }, ['target', 'data']],
    ['a fill of an unknown nonce', { kind: 'fill', to: account.address, data: '0x', nonce: 8 }, ['known_nonce']],
  ])('refuses %s', (_name, change, expected) => {
    expect(rules(change)).toEqual(expected)
  })

  test('refuses more calldata than a plan needs', () => {
    const long = encodePlan({ ...plan, legs: Array.from({ length: 20 }, () => plan.legs[0]) })
    expect(rules({ data: long })).toEqual(['size'])
  })

  test('allows a cancel of a known nonce: nothing, to the signer itself', () => {
    expect(rules({ kind: 'cancel', to: account.address, data: '0x' })).toEqual([])
  })

  test('refuses whatever calldata is not a plan', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(rules({ data: `0x${Buffer.from(bytes).toString('hex')}` }).length).toBeGreaterThan(0)
      }),
    )
  })
})

describe('signing', () => {
  test('gives bytes that decode to what was simulated', async () => {
    const signer = await createSigner({ loadKey: async () => key, expected: account.address })
    const { raw } = await signChecked(signer, transaction, policy)
    expect(await compareSigned(transaction, raw)).toEqual([])
    expect(parseTransaction(raw as TransactionSerialized).nonce).toBe(7)
  })

  test('never happens against the policy', async () => {
    let asked = 0
    const signer: Signer = {
      address: account.address,
      sign: async () => {
        asked++
        return '0x'
      },
    }
    const error = await errorOf(signChecked(signer, { ...transaction, to: elsewhere, value: 3n }, policy))
    expect(asked).toBe(0)
    expect(error.message).toMatchInlineSnapshot(`
      "The signing policy refuses the transaction.
        value:  3 wei, allowed 0
        target: to 0x9999999999999999999999999999999999999999, allowed 0x2222222222222222222222222222222222222222
      Remedy: Nothing was signed. If the transaction is wanted, correct the vault or the limits in the configuration."
    `)
  })

  test('destroys what differs from the simulation', async () => {
    const sign = async (change: Record<string, unknown>): Promise<Signer> => ({
      address: account.address,
      sign: ({ kind: _kind, from: _from, ...fields }) =>
        account.signTransaction({ type: 'eip1559', ...fields, ...change }),
    })
    const signer = await sign({ value: 1n, maxFeePerGas: 101n })
    expect((await errorOf(signChecked(signer, transaction, policy))).message).toMatchInlineSnapshot(`
      "The signed transaction is not the one that was simulated; it was destroyed.
        value:        simulated 0, signed 1
        maxFeePerGas: simulated 100, signed 101
      Remedy: Stop the keeper and look at the signer: it changes what it signs."
    `)
    for (const change of [
      { chainId: 1 },
      { nonce: 8 },
      { gas: 1n },
      { to: elsewhere },
      { data: '0x' },
      { type: 'legacy', gasPrice: 1n, maxFeePerGas: undefined, maxPriorityFeePerGas: undefined },
    ]) {
      expect((await errorOf(signChecked(await sign(change), transaction, policy))).code).toBe('SIGNED_DIFFERS')
    }
  })

  test('by another key, or by none, is a difference', async () => {
    const stranger = privateKeyToAccount(generatePrivateKey())
    const { kind: _kind, from: _from, ...fields } = transaction
    const raw = await stranger.signTransaction({ type: 'eip1559', ...fields })
    expect((await compareSigned(transaction, raw)).map(({ field }) => field)).toEqual(['from'])
    const unsigned = serializeTransaction({ type: 'eip1559', ...fields })
    expect((await compareSigned(transaction, unsigned)).map(({ field }) => field)).toEqual(['bytes'])
    expect((await compareSigned(transaction, '0x02')).map(({ field }) => field)).toEqual(['bytes'])
  })
})

describe('a signer', () => {
  test('refuses a malformed key without quoting it', async () => {
    for (const malformed of ['0x11', `0x${'00'.repeat(32)}`, `0x${'ff'.repeat(32)}`, 'secret'] as Hex[]) {
      const error = await errorOf(createSigner({ loadKey: async () => malformed }))
      expect(error.code).toBe('KEY_MALFORMED')
      expect(error.message).not.toContain(malformed)
      expect(error.cause).toBe(undefined)
    }
  })

  test('refuses a key of another account than the keeper', async () => {
    const error = await errorOf(createSigner({ loadKey: async () => key, expected: elsewhere }))
    expect(error.message).toMatchInlineSnapshot(`
      "The key belongs to another account than the keeper that is configured.
        expected: 0x9999999999999999999999999999999999999999
        found:    0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A
      Remedy: Configure the keystore of the keeper, or the address that the key belongs to."
    `)
  })
})
