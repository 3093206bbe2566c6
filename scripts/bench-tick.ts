// Measures one tick of the keeper on the warm devnet, stage by stage: observe → decide → plan → both gates. Nothing is
// signed, so nothing waits for a block.
//   npm run bench:tick [-- --ticks 200 --rtt 50 --policy seed-lending --seed 7 --json]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../src/chain/paths.ts'
import { planSettings } from '../src/config/plan-settings.ts'
import { type DelayingProxy, startDelayingProxy } from '../src/devnet/delaying-proxy.ts'
import { prepareDevnet } from '../src/devnet/devnet.ts'
import { openPosition } from '../src/devnet/season/open-position.ts'
import { openSeason } from '../src/devnet/season/open-season.ts'
import { parseSeasonConfig, seasonConfigFile } from '../src/devnet/season/season-config.ts'
import { openJournal } from '../src/journal/open-journal.ts'
import { createKeeper } from '../src/keeper/create-keeper.ts'
import { noopLogger } from '../src/keeper/logger.ts'
import { type TickReport, tickStages } from '../src/keeper/run-tick.ts'
import { planRebalance } from '../src/plan/plan-rebalance.ts'
import { loadPolicy } from '../src/policy/load-policy.ts'
import type { Policy } from '../src/policy/policy.ts'

const { values } = parseArgs({
  options: {
    ticks: { type: 'string', default: '100' },
    rtt: { type: 'string', default: '0' },
    policy: { type: 'string', default: 'seed-lending' },
    seed: { type: 'string', default: '7' },
    json: { type: 'boolean', default: false },
  },
})
const ticks = Number(values.ticks)
const rttMs = Number(values.rtt)
const warmUp = 10
let stepIndex = 0

const folder = mkdtempSync(join(tmpdir(), 'tiller-bench-'))
const network = await loadPolicy({ reference: values.policy })
const season = await openSeason({
  prepared: await prepareDevnet({}),
  seed: Number(values.seed),
  capitalUnits: 5_000_000n,
})
let proxy: DelayingProxy | undefined
try {
  await openPosition(season)
  if (rttMs > 0) proxy = await startDelayingProxy({ targetUrl: season.devnet.url, rttMs })
  const withPlan = await measure('with a plan', true)
  const withoutPlan = await measure('without a plan', false)
  report([withPlan, withoutPlan])
} finally {
  await proxy?.stop()
  await season.stop()
  await network.close?.()
  rmSync(folder, { recursive: true, force: true })
}

type Measured = { name: string; reports: TickReport[]; requests: number }

/**
 * Ticks at one block each, the market moved in between. With a plan: the network runs as ever, then its answer is
 * replaced by weights that swing between two mixes, so that every tick plans two legs.
 */
async function measure(name: string, withPlan: boolean): Promise<Measured> {
  const file = seasonConfigFile(season, values.policy, join(folder, `${name}.db`))
  const config = parseSeasonConfig({
    ...file,
    chain: { id: season.devnet.chainId, rpc: { read: [proxy?.url ?? season.devnet.url] } },
    keeper: { ...file.keeper, mode: 'dry' },
  })
  const journal = await openJournal({ path: join(folder, `${name}.db`) })
  let turn = 0
  const policy: Policy = {
    ...network,
    decide: async (observation) => {
      const decision = await network.decide(observation)
      if (!withPlan) return { kind: 'hold' }
      turn += 1
      return decision.kind === 'scores'
        ? { kind: 'weights', weightsBps: swing(observation.venues.length, turn) }
        : decision
    },
  }
  const keeper = await createKeeper({
    config,
    journal,
    policy,
    keeper: season.devnet.deployment.accounts.keeper,
    logger: noopLogger(),
    // The swing is no bargain, so the edge is not asked for.
    wrapEffects: (effects) => ({
      ...effects,
      plan: ({ reading, observation, decision, now }) =>
        planRebalance({
          market: reading.market,
          vault: reading.vault,
          observation,
          decision,
          settings: { ...planSettings(config), minEdgeBps: null },
          now,
          ethPriceE8: reading.ethPriceUsdE8 ?? 0n,
        }),
    }),
  })
  const reports: TickReport[] = []
  let before = 0
  try {
    await keeper.start()
    await keeper.warm()
    for (let step = 0; step < warmUp + ticks; step += 1) {
      stepIndex += 1
      await season.agents.step(stepIndex)
      if (step === warmUp) before = proxy?.requests() ?? 0
      const tick = await keeper.tick()
      if (step >= warmUp) reports.push(tick)
    }
  } finally {
    await keeper.close()
    await journal.close()
  }
  return { name, reports, requests: (proxy?.requests() ?? 0) - before }
}

/** Even weights, with a tenth of the capital moved from the first venue to the second, or back. */
function swing(venues: number, turn: number): number[] {
  const share = Math.floor(9_900 / venues)
  return Array.from({ length: venues }, (_, index) => {
    if (index > 1) return share
    return (turn % 2 === 0) === (index === 0) ? share + 1_000 : share - 1_000
  })
}

function report(measured: readonly Measured[]): void {
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, node ${process.version}`
  const revision = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: projectRoot(),
    encoding: 'utf8',
  }).trim()
  const documents = measured.map(({ name, reports, requests }) => ({
    name,
    ticks: reports.length,
    planned: reports.filter(({ plan }) => plan !== null).length,
    simulated: reports.filter(({ outcome }) => outcome === 'simulated').length,
    requestsPerTick: rttMs > 0 ? requests / reports.length : null,
    stages: Object.fromEntries(
      tickStages
        .map((stage) => [stage, reports.flatMap(({ timings }) => timings[stage] ?? [])] as const)
        .filter(([, list]) => list.length > 0)
        .map(([stage, list]) => [stage, quantiles(list)]),
    ),
    total: quantiles(reports.map(({ totalMs }) => totalMs)),
  }))
  if (values.json) {
    process.stdout.write(
      `${JSON.stringify({ machine, revision, seed: Number(values.seed), rttMs, executionProvider: network.executionProvider, runs: documents }, null, 2)}\n`,
    )
    return
  }
  const lines = [
    `machine   ${machine}`,
    `revision  ${revision}, seed ${values.seed}, policy ${network.name} on ${network.executionProvider}, round-trip time ${rttMs} ms`,
  ]
  for (const { name, ticks: count, simulated, requestsPerTick, stages, total } of documents) {
    const requests = requestsPerTick === null ? '' : `, ${requestsPerTick.toFixed(1)} requests a tick`
    lines.push('', `tick ${name}: ${count} ticks, ${simulated} simulated on both gates${requests}`)
    for (const [stage, { p50, p99 }] of [...Object.entries(stages), ['total', total] as const]) {
      lines.push(`  ${stage.padEnd(10)}  p50 ${p50.toFixed(2).padStart(8)} ms   p99 ${p99.toFixed(2).padStart(8)} ms`)
    }
  }
  process.stdout.write(`${lines.join('\n')}\n`)
}

function quantiles(list: readonly number[]): { p50: number; p99: number } {
  const sorted = [...list].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { p50: at(0.5), p99: at(0.99) }
}
