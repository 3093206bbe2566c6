import { basename } from 'node:path'
import { parseConfig } from '../../config/parse-config.ts'
import type { Config, ConfigInput } from '../../config/schema.ts'
import type { OpenSeason } from './open-season.ts'

/** The configuration file of the season's keeper, as `tiller init` would write it for this chain and vault. */
export function seasonConfigFile(
  { devnet, vault }: OpenSeason,
  policyReference: string,
  journalFile: string,
): ConfigInput {
  return {
    chain: { id: devnet.chainId, rpc: { read: [devnet.url] } },
    vault: {
      address: vault.vault,
      guard: vault.guard,
      asset: vault.asset,
      venues: vault.venues.map(({ name, kind, adapter, data }) => ({ name, kind, adapter, data })),
      ethUsdFeed: devnet.deployment.feeds.ethUsd,
      ...vault.periphery,
      idleReserveBps: 0,
    },
    policy: { reference: policyReference },
    keeper: {
      mode: 'live',
      limits: {
        maxHeadAgeSeconds: 0, // the chain's clock is simulated
        maxFeePerGasGwei: 5_000,
        maxPriorityFeeGwei: 0.000001,
        maxGasEthPerDay: 10,
        minLegAssets: 1_000_000_000, // a thousand units
      },
    },
    signer: { privateKey: { env: 'TILLER_DEVNET_KEEPER_KEY' } },
    store: { path: basename(journalFile) },
  }
}

/** The configuration as a keeper takes it. */
export function parseSeasonConfig(file: ConfigInput): Config {
  const { config, faults } = parseConfig(file, { env: {} })
  if (config === undefined) throw new Error(`The season's own configuration is at fault: ${JSON.stringify(faults)}`)
  const { chain, ...rest } = config.file
  return { ...rest, chain: { id: chain.id, rpc: config.endpoints } }
}
