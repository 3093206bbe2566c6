import { readFileSync } from 'node:fs'
import { planSettings } from '../../src/config/plan-settings.ts'
import { configSchema } from '../../src/config/schema.ts'
import { openJournal } from '../../src/journal/open-journal.ts'
import { createKeeper } from '../../src/keeper/create-keeper.ts'
import { createLogger } from '../../src/keeper/logger.ts'
import { runKeeper } from '../../src/keeper/run-keeper.ts'
import type { Observation } from '../../src/observe/observation.ts'
import { planRebalance } from '../../src/plan/plan-rebalance.ts'
import { createSigner } from '../../src/send/signer.ts'

// A keeper in a process of its own, to be killed. It goes back and forth between two allocations, so that every slot
// has a plan, by what it holds and not by what it remembers.
const [file = ''] = process.argv.slice(2)
const { input, url, key } = JSON.parse(readFileSync(file, 'utf8'))
const { $schema: _schema, ...parsed } = configSchema.parse(input)
const config = { ...parsed, chain: { id: parsed.chain.id, rpc: { read: [url] as [string], send: url, simulate: url } } }
const logger = createLogger({ format: 'json', level: process.env['TILLER_CHILD_LEVEL'] === 'debug' ? 'debug' : 'info' })
const controller = new AbortController()
process.once('SIGTERM', () => controller.abort())
const journal = await openJournal({ path: config.store.path })
const settings = { ...planSettings(config), minEdgeBps: null }
const signer = await createSigner({ loadKey: async () => key })
const keeper = await createKeeper({
  config,
  journal,
  policy: {
    name: 'back-and-forth',
    hash: `0x${'88'.repeat(32)}`,
    executionProvider: 'rule',
    decide: ({ venues }: Observation) => ({
      kind: 'weights',
      weightsBps: (venues[2]?.ownSteps ?? 0) > 0 ? [3000, 3000, 0, 2000] : [2000, 2000, 2000, 2000],
    }),
  },
  keeper: signer.address,
  signer,
  logger,
  blockSeconds: 1,
  receiptPollMs: 20,
  wrapEffects: (own) => ({
    ...own,
    plan: ({ reading, observation, decision, now }) =>
      planRebalance({ ...reading, observation, decision, settings, now, ethPriceE8: reading.ethPriceUsdE8 ?? 1n }),
  }),
})
await runKeeper({ keeper, schedule: '* * * * * *', logger, signal: controller.signal })
await journal.close()
