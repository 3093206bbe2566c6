import { expect, test } from 'vitest'
import { exitCodeOf } from '../../../src/cli/exit-code.ts'
import * as errors from '../../../src/errors/market.ts'

test('every error of the market says what is wrong and what to do, and its exit code who can do it', () => {
  const all = [
    errors.agentTransactionsStuck('comet:usdc supplier-0 deposit 5', 14),
    errors.historyEnded('a.csv', 30, 31),
    errors.historyEmpty('a.csv', 1, 'two hours'),
    errors.venueNotReplayable('erc4626:usdc'),
    errors.invalidPace(0),
    errors.marketProcessEnded('no output'),
  ]
  const text = all.map((error) => `${error.code}, exit ${exitCodeOf(error)}\n${error.message}`)
  expect(text.join('\n\n')).toMatchInlineSnapshot(`
    "AGENT_TRANSACTIONS_STUCK, exit 75
    Transactions of the market agents were not mined.
      first:        comet:usdc supplier-0 deposit 5
      transactions: 14
    Remedy: Start the devnet anew; if others send transactions to it, leave room in its blocks.

    HISTORY_ENDED, exit 1
    The recorded history has ended.
      file:  a.csv
      step:  30
      hours: 31
    Remedy: Stop at the last hour, or bring a longer history.

    HISTORY_EMPTY, exit 2
    A recorded history has too few rows to replay.
      file:   a.csv
      rows:   1
      needed: two hours
    Remedy: Bring a longer history, or start it earlier with \`--replay-from\`.

    VENUE_NOT_REPLAYABLE, exit 2
    This venue can not be driven by a recorded history.
      venue: erc4626:usdc
    Remedy: Name a lending venue of the devnet, e.g. \`aave-v3:usdc\` or \`comet:usdc\`.

    INVALID_PACE, exit 2
    The pace of simulated time is not positive.
      hoursPerSecond: 0
    Remedy: Pass \`--hours-per-second\` with a number above zero.

    MARKET_PROCESS_ENDED, exit 1
    The process of the market ended before the market lived.
      reason: no output
    Remedy: Run \`npm run build\`, then the command again; without --detach the market runs in the foreground."
  `)
})
