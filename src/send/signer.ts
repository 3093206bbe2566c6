import { type Address, type Hex, isAddressEqual, isHex, size } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { keyMalformed, signerMismatch } from '../errors/send.ts'
import type { Signer } from '../keeper/effects.ts'

export type CreateSignerParameters = {
  /** Gives the private key; called once. The key is held by the returned signer alone and is never printed. */
  loadKey(): Promise<Hex>
  /** The account that the key must belong to. */
  expected?: Address
}

/**
 * Creates a signer from a private key.
 *
 * @throws KEY_MALFORMED, SIGNER_MISMATCH, and what `loadKey` raises
 */
export async function createSigner({ loadKey, expected }: CreateSignerParameters): Promise<Signer> {
  const key = await loadKey()
  if (!isHex(key) || size(key) !== 32) throw keyMalformed()
  const account = accountOf(key)
  if (expected !== undefined && !isAddressEqual(account.address, expected)) {
    throw signerMismatch(expected, account.address)
  }
  return {
    address: account.address,
    sign: ({ chainId, to, data, value, gas, nonce, maxFeePerGas, maxPriorityFeePerGas }) =>
      account.signTransaction({
        type: 'eip1559',
        chainId,
        to,
        data,
        value,
        gas,
        nonce,
        maxFeePerGas,
        maxPriorityFeePerGas,
      }),
  }
}

function accountOf(key: Hex): ReturnType<typeof privateKeyToAccount> {
  try {
    return privateKeyToAccount(key)
  } catch {
    // Zero, or beyond the order of the curve. The cause is not attached: it may quote the key.
    throw keyMalformed()
  }
}
