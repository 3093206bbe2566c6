import { TillerError } from './base.ts'

/** The signing policy is default-deny: whatever is not named is refused. */
export function signingRefused(violations: readonly { rule: string; detail: string }[]): TillerError {
  return new TillerError('The signing policy refuses the transaction.', {
    code: 'SIGNING_REFUSED',
    remedy: 'Nothing was signed. If the transaction is wanted, correct the vault or the limits in the configuration.',
    details: Object.fromEntries(violations.map(({ rule, detail }) => [rule, detail])),
  })
}

/** What came back from the signer is not what was simulated. The signed bytes are not kept. */
export function signedDiffers(
  differences: readonly { field: string; simulated: string; signed: string }[],
): TillerError {
  return new TillerError('The signed transaction is not the one that was simulated; it was destroyed.', {
    code: 'SIGNED_DIFFERS',
    remedy: 'Stop the keeper and look at the signer: it changes what it signs.',
    details: Object.fromEntries(
      differences.map(({ field, simulated, signed }) => [field, `simulated ${simulated}, signed ${signed}`]),
    ),
  })
}

export function signerMismatch(expected: string, found: string): TillerError {
  return new TillerError('The key belongs to another account than the keeper that is configured.', {
    code: 'SIGNER_MISMATCH',
    remedy: 'Configure the keystore of the keeper, or the address that the key belongs to.',
    details: { expected, found },
  })
}

export function keyMalformed(): TillerError {
  return new TillerError('The private key is malformed.', {
    code: 'KEY_MALFORMED',
    remedy: 'Give 0x and 64 hexadecimal digits; `tiller keys import` makes a keystore of it.',
  })
}

export type BroadcastFailureCode =
  | 'NONCE_TOO_LOW'
  | 'GAS_MONEY'
  | 'UNDERPRICED'
  | 'BROADCAST_REJECTED'
  | 'BROADCAST_UNKNOWN'

const broadcastTexts: Record<BroadcastFailureCode, { message: string; remedy: string; retryable: boolean }> = {
  NONCE_TOO_LOW: {
    message: 'The nonce of the transaction is used already.',
    remedy: 'Look for another program that uses the same key; the journal asks the chain what became of the attempt.',
    retryable: true,
  },
  GAS_MONEY: {
    message: 'The signer can’t pay for the gas.',
    remedy: 'Send ether to the signer.',
    retryable: true,
  },
  UNDERPRICED: {
    message: 'The node asks for a higher fee.',
    remedy: 'Raise keeper.limits.maxFeePerGasGwei or wait for lower fees.',
    retryable: true,
  },
  BROADCAST_REJECTED: {
    message: 'The node refuses the transaction.',
    remedy: 'Read the reason; nothing was sent by this endpoint.',
    retryable: false,
  },
  BROADCAST_UNKNOWN: {
    message: 'It is not known whether the node took the transaction.',
    remedy: 'Nothing to do: the attempt is in the journal, and the chain is asked about it at the next pass.',
    retryable: true,
  },
}

export function broadcastFailed(
  code: BroadcastFailureCode,
  hash: string,
  reason: string,
  cause?: unknown,
): TillerError {
  const { message, remedy, retryable } = broadcastTexts[code]
  return new TillerError(message, { code, remedy, retryable, details: { hash, reason }, cause })
}
