import { expect, test } from 'vitest'
import * as errors from '../../../src/errors/queue.ts'

test('every error of the redeem queue says what was found and what to do', () => {
  const all = [
    errors.queueMissing(),
    errors.queueForeign('0xa1', '0xb2', '0xc3'),
    errors.queueRequestTooSmall({ account: '0xa1', worth: '99.5', least: '100' }),
    errors.queueRequestTooLarge({ account: '0xa1', wanted: '20', own: '10' }),
    errors.queueNothingToClaim({ account: '0xa1', waits: '20' }),
    errors.queueRequestUnknown({ account: '0xa1', request: '7', waiting: '2, 3' }),
  ]
  expect(all.map(({ code, message }) => `${code}\n${message}`).join('\n\n')).toMatchInlineSnapshot(`
    "CONFIG_QUEUE_MISSING
    The configuration names no redeem queue.
    Remedy: Name it as vault.redeemQueue; its deployment file has the address, and a vault may have none.

    CONFIG_QUEUE_FOREIGN
    The configured redeem queue is not one of this vault.
      queue: 0xa1
      vault: 0xb2
      found: 0xc3
    Remedy: Correct vault.redeemQueue; nothing was sent.

    QUEUE_REQUEST_TOO_SMALL
    The request is smaller than the queue takes.
      account: 0xa1
      worth:   99.5
      least:   100
    Remedy: Ask for at least that much, or take what is free with \`tiller vault withdraw\`.

    QUEUE_REQUEST_TOO_LARGE
    The shares of the account are worth less than that.
      account: 0xa1
      wanted:  20
      own:     10
    Remedy: Ask for at most what the shares are worth, or say "all"; shares that wait in the queue already do not count.

    QUEUE_NOTHING_TO_CLAIM
    None of the requests of the account is filled: there is nothing to claim.
      account: 0xa1
      waits:   20
    Remedy: Look at \`tiller vault queue status\`; anyone may fill with \`tiller vault queue fill\` as far as the vault can pay.

    QUEUE_REQUEST_UNKNOWN
    The account has no such request that still waits.
      account: 0xa1
      request: 7
      waiting: 2, 3
    Remedy: Give the number of a request of this account, or "all"; what is filled already is claimed, not cancelled."
  `)
})
