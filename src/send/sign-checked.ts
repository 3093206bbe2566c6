import { type Hex, keccak256 } from 'viem'
import { signedDiffers, signingRefused } from '../errors/send.ts'
import type { Signer } from '../keeper/effects.ts'
import { checkTransaction, type SigningPolicy } from '../safety/signing/check-transaction.ts'
import { compareSigned } from '../safety/signing/compare-signed.ts'
import type { UnsignedTransaction } from '../safety/signing/unsigned-transaction.ts'

/**
 * Signs what the policy allows, and hands the bytes out only if they decode to exactly what was simulated.
 *
 * @throws SIGNING_REFUSED before anything is signed, SIGNED_DIFFERS after
 */
export async function signChecked(
  signer: Signer,
  transaction: UnsignedTransaction,
  policy: SigningPolicy,
): Promise<{ raw: Hex; hash: Hex }> {
  const violations = checkTransaction(transaction, policy)
  if (violations.length > 0) throw signingRefused(violations)
  const raw = await signer.sign(transaction)
  const differences = await compareSigned(transaction, raw)
  if (differences.length > 0) throw signedDiffers(differences)
  return { raw, hash: keccak256(raw) }
}
