// The market of a detached devnet: told by one message what to play, answers once the market lives, and goes on until
// SIGTERM or the end of a replay. Standard output is its log; the last line says how it stands.
import { TillerError } from '../errors/base.ts'
import { marketProcessEnded } from '../errors/market.ts'
import { runMarket } from './agents/run-market.ts'
import type { MarketMessage, MarketRequest } from './start-market-process.ts'

/** Reverts that are logged; a market of months must not fill the disk. */
const loggedReverts = 1_000

const controller = new AbortController()
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => controller.abort())

process.once('message', async (request: MarketRequest) => {
  try {
    await play(request)
    // Kept connections to the node would hold the process for seconds.
    process.exit(0)
  } catch (error) {
    const known = error instanceof TillerError ? error : marketProcessEnded(String(error))
    log(`failed: ${known.code} ${known.message.replace(/\s*\n\s*/g, ' ')}`)
    const { code, shortMessage: message, remedy, retryable, details } = known
    send({ kind: 'failed', error: { code, message, remedy, retryable, details } }, () => process.exit(1))
  }
})

async function play(request: MarketRequest): Promise<void> {
  let reverts = 0
  const logReverts = (list: readonly { what: string; reason: string }[]): void => {
    for (const { what, reason } of list) {
      reverts += 1
      if (reverts <= loggedReverts) log(`reverted: ${what}: ${reason}`)
    }
  }
  const { steps } = await runMarket({
    ...request,
    signal: controller.signal,
    onPrepared: ({ failed }) => {
      logReverts(failed)
      send({ kind: 'prepared' })
    },
    onStep: ({ failed }) => logReverts(failed),
  })
  log(controller.signal.aborted ? `stopped after ${steps} hours` : `the recorded history ended after ${steps} hours`)
}

function log(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Tells the parent, which leaves once it has its answer. */
function send(message: MarketMessage, then: () => void = () => undefined): void {
  if (process.connected) process.send?.(message, then)
  else then()
}
