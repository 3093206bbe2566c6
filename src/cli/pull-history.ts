import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Address } from 'viem'
import { createClients } from '../chain/create-clients.ts'
import type { ChainClient } from '../chain/endpoint.ts'
import { toChainError } from '../chain/to-chain-error.ts'
import type { DevnetDeployment } from '../devnet/deployment.ts'
import { usageError } from '../errors/cli.ts'
import { pullInterrupted } from '../errors/history.ts'
import { type Pulled, type PullProgress, pullPanel } from '../history/pull/pull-panel.ts'
import { openPullStore } from '../history/pull/store.ts'
import { type PullSpec, parsePullSpec } from '../history/pull/venue-spec.ts'
import { writePanel } from '../history/write-panel.ts'
import type { Context } from './context.ts'
import { findDevnet } from './find-devnet.ts'
import { createLiveRegion } from './render/live-region.ts'
import { renderProgress } from './render/progress.ts'

export type PullFlags = {
  out: string
  rpc?: string
  rpcEnv?: string
  venue?: string[]
  name?: string
  from?: number
  to?: number
  step: number
  ethUsdFeed?: Address
  usdPerEth?: number
  confirmations?: number
  concurrency: number
}

/** Pulls a panel into `folder`, with a bar on a terminal and a line per phase elsewhere. */
export async function pullHistory(context: Context, flags: PullFlags, folder: string, name: string): Promise<Pulled> {
  const target = await targetOf(context, flags)
  const { etherPrice } = target
  if (etherPrice === undefined) {
    throw usageError('What ether costs is needed for the price of gas: give --eth-usd-feed or --usd-per-eth.')
  }
  const client = createClients({ chainId: 1, read: [target.url] }).read[0].client as ChainClient
  const chainId = await client.getChainId().catch((error: unknown) => {
    throw toChainError(error, 'read[0]', 'eth_chainId')
  })
  // A long pull meets every limit that an endpoint has: it waits rather than fails.
  const endpoint = createClients({ chainId, read: [target.url], timeoutMs: 30_000, retries: 6, retryDelayMs: 300 })
    .read[0]

  mkdirSync(folder, { recursive: true })
  const store = openPullStore(join(folder, 'pull.jsonl'))
  if (store.found > 0) context.note(`${store.found} answers of an earlier pull are used.`)
  const signal = context.signal()
  const bar = createPullBar(context)
  try {
    const pulled = await pullPanel({
      name,
      endpoint,
      specs: target.specs,
      stepSeconds: flags.step,
      etherPrice,
      store,
      concurrency: flags.concurrency,
      onProgress: bar.draw,
      checkInterrupt: () => {
        if (signal.aborted) throw pullInterrupted(flags.out)
      },
      ...(flags.from === undefined ? {} : { from: flags.from }),
      ...(flags.to === undefined ? {} : { to: flags.to }),
      ...(target.confirmations === undefined ? {} : { confirmations: target.confirmations }),
    })
    await writePanel(folder, pulled.source, {
      by: 'tiller data pull',
      chainId: pulled.chainId,
      blocks: { from: pulled.firstBlock, to: pulled.lastBlock, hash: pulled.lastBlockHash },
      venues: target.specs,
    })
    return pulled
  } finally {
    bar.end()
  }
}

type Target = {
  url: string
  specs: readonly PullSpec[]
  etherPrice?: { feed: Address } | { usd: number }
  confirmations?: number
}

/** The endpoint and venues that were named, or those of the devnet that runs. */
async function targetOf(context: Context, flags: PullFlags): Promise<Target> {
  const given = flags.rpc ?? (flags.rpcEnv === undefined ? undefined : context.io.env[flags.rpcEnv])
  if (flags.rpcEnv !== undefined && given === undefined) throw usageError(`${flags.rpcEnv} is not set.`)
  if (given !== undefined && !/^https?:\/\//.test(given)) throw usageError('An endpoint is an http or https URL.')
  const devnet = given === undefined ? await findDevnet() : undefined
  const url = given ?? devnet?.url
  if (url === undefined) throw usageError('An endpoint is needed: give --rpc or --rpc-env, or start a devnet.')
  const named = (flags.venue ?? []).map(parsePullSpec)
  const specs = named.length > 0 || devnet === undefined ? named : devnetSpecs(devnet.deployment)
  if (specs.length === 0) throw usageError('A venue is needed: give --venue, once for each.')
  const doubled = specs.find(({ id }, index) => specs.findIndex((other) => other.id === id) !== index)
  if (doubled !== undefined) throw usageError(`Two venues are called ${doubled.id}: write <name>= before one of them.`)
  const feed = flags.ethUsdFeed ?? devnet?.deployment.feeds.ethUsd
  // A devnet does not reorganise, and its market makes two blocks an hour.
  const confirmations = flags.confirmations ?? (devnet === undefined ? undefined : 0)
  const price = flags.usdPerEth !== undefined ? { usd: flags.usdPerEth } : feed === undefined ? undefined : { feed }
  return {
    url,
    specs,
    ...(price === undefined ? {} : { etherPrice: price }),
    ...(confirmations === undefined ? {} : { confirmations }),
  }
}

/** Every USDC venue of the devnet. */
export function devnetSpecs({ aave, comet, morpho, erc4626, tokens }: DevnetDeployment): PullSpec[] {
  return [
    { id: 'aave-v3-usdc', kind: 'aave-v3', pool: aave.pool, asset: tokens.usdc },
    { id: 'comet-usdc', kind: 'comet', comet: comet.usdc },
    ...morpho.markets
      .filter(({ params }) => params.loanToken === tokens.usdc)
      .map(({ name, id }) => ({
        id: `morpho-blue-${name}`,
        kind: 'morpho-blue' as const,
        morpho: morpho.morpho,
        market: id,
      })),
    { id: 'erc4626-usdc', kind: 'erc4626', vault: erc4626.usdc },
  ]
}

const phases: Record<PullProgress['phase'], { label: string; from: number; to: number }> = {
  blocks: { label: 'finding the block of each step', from: 0, to: 0.4 },
  events: { label: 'looking for what happened', from: 0.4, to: 0.5 },
  reads: { label: 'reading venues', from: 0.5, to: 1 },
}

function createPullBar(context: Pick<Context, 'io' | 'redraws' | 'note'>) {
  const { io } = context
  const region = createLiveRegion(io.stderr)
  const started = io.now()
  let shown: string | undefined
  return {
    draw({ phase, done, total }: PullProgress): void {
      const { label, from, to } = phases[phase]
      if (context.redraws) {
        const fraction = from + ((to - from) * done) / Math.max(1, total)
        region.draw([renderProgress({ label: 'pull', fraction, elapsedMs: io.now() - started }), label])
      } else if (shown !== label) context.note(label)
      shown = label
    },
    end: () => region.end({ clear: true }),
  }
}
