import { validate as isCron } from 'node-cron'
import { type Address, getAddress, type Hex, isAddress } from 'viem'
import { z } from 'zod'
import { type KeeperMode, keeperModes } from '../journal/journal.ts'
import { defaultPlanSettings } from '../plan/plan-settings.ts'
import { executionProviders } from '../policy/execution-providers.ts'
import { venueKinds } from '../venues/venue.ts'

/**
 * The configuration of Tiller, once: the type, the JSON Schema, the reference page and the names of the environment
 * variables all come from this file. `x-expected` completes the sentence "Give …" of a remedy where the JSON Schema
 * itself can't say it.
 */

const address = (description: string) =>
  z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/)
    .refine((value) => !/^0x[0-9a-fA-F]{40}$/.test(value) || isAddress(value), { error: 'checksum' })
    .transform((value): Address => getAddress(value))
    .meta({
      description,
      'x-expected': 'an address: 0x and 40 hexadecimal digits, in lower case or with a valid checksum',
    })

const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
  .meta({ description: 'Name of an environment variable.', 'x-expected': 'the name of an environment variable' })

const environmentReference = z.strictObject({ env: environmentName })

const endpoint = (description: string) =>
  z.union([z.string().refine(isHttpUrl, { error: 'url' }), environmentReference]).meta({
    description,
    'x-expected': 'an http or https URL, or { "env": "NAME" } where the URL holds a token',
  })

const wholeNumber = (description: string, minimum: number, maximum: number) =>
  z.int().min(minimum).max(maximum).meta({ description })

const assetUnits = (description: string) =>
  z
    .union([z.int().min(0), z.string().regex(/^[0-9]{1,38}$/)])
    .transform((value): bigint => BigInt(value))
    .meta({ description, 'x-expected': 'a whole number of asset units, as a number or as a decimal string' })

const path = (description: string) => z.string().min(1).meta({ description, 'x-expected': 'a path' })

const venueSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9:._-]{0,47}$/)
    .meta({
      description: 'Short name that a person reads, unique inside the vault, e.g. `aave-v3:usdc`.',
      'x-expected': 'up to 48 lower-case letters, digits and : . _ -',
    }),
  kind: z.enum(venueKinds).meta({ description: 'Which protocol the venue belongs to.' }),
  adapter: address('The adapter that holds the position.'),
  data: z
    .string()
    .regex(/^0x([0-9a-fA-F]{2})*$/)
    .transform((value) => value as Hex)
    .default('0x')
    .meta({
      description: 'Names the position inside the adapter, e.g. a Morpho market; `0x` where it has only one.',
      'x-expected': 'bytes: 0x and an even number of hexadecimal digits',
    }),
})

const vaultSchema = z
  .strictObject({
    deployment: path(
      'A deployment file of `tiller vault deploy`, seen from the configuration: it gives address, guard, asset, venues, redeem queue and Router, so that those need not stand here.',
    ).optional(),
    address: address('The vault.'),
    guard: address('The Guard that is the sole allocator of the vault.'),
    asset: address('The asset of the vault; checked against the chain when given.').optional(),
    venues: z.array(venueSchema).min(1).max(16).meta({
      description: 'The venues, in the order of every vector of the policy.',
      'x-expected': 'a list of 1 to 16 venues',
    }),
    ethUsdFeed: address(
      'Chainlink-style feed of ETH in USD, with which gas is valued in the asset. Without it gas is priced at keeper.limits.fallbackEthPriceUsd.',
    ).optional(),
    redeemQueue: address(
      'The redeem queue of the vault. Plans keep and free the liquidity that the shares waiting in it need.',
    ).optional(),
    router: address(
      'The Router through which `tiller vault exit` leaves into a venue; it has no role in the vault.',
    ).optional(),
    rewardSeller: address(
      'The reward seller of the vault, for `tiller vault audit`; the keeper does not use it. It has no role in the vault.',
    ).optional(),
    idleReserveBps: wholeNumber(
      'Share of total assets that always stays idle, in basis points; never below what the Guard asks for.',
      0,
      10_000,
    ).default(500),
  })
  .meta({ description: 'The vault that is kept. `tiller vault deploy` writes this section.' })

/** Where time is real, a plan that may land later than this was decided on a market that is gone. */
export const longestDeadlineSeconds = 3_600

const limitsSchema = z.strictObject({
  horizonHours: wholeNumber('Time over which a move must pay for itself.', 1, 8_760).default(168),
  minEdgeBps: wholeNumber(
    'A plan is withheld when its expected gain less all costs over the horizon is below this share of the assets that move, in basis points.',
    0,
    1_000,
  ).default(0),
  minLegAssets: assetUnits('Legs smaller than this many asset units are dropped from a plan.').prefault('1000000'),
  minObservedSlots: wholeNumber(
    'A venue that was observed in fewer slots than this holds every plan back.',
    1,
    10_000,
  ).default(1),
  maxLossBps: wholeNumber(
    'Largest share of total assets that a plan itself may lose; both simulation gates and the vault refuse more. In basis points.',
    0,
    20,
  ).default(1),
  canaryCapBps: wholeNumber(
    'In mode canary, the largest share of total assets that one plan may move, in basis points.',
    1,
    10_000,
  ).default(100),
  maxFeePerGasGwei: z
    .number()
    .min(0.000001)
    .max(100_000)
    .default(100)
    .meta({ description: 'No plan is made or sent while base fee and tip together exceed this, in gwei.' }),
  maxPriorityFeeGwei: z
    .number()
    .min(0.000001)
    .max(10_000)
    .default(0.1)
    .meta({ description: 'Tip per gas offered to the block builder, in gwei.' }),
  maxGasPerPlan: wholeNumber('A plan that needs more gas than this is not sent.', 21_000, 30_000_000).default(
    4_000_000,
  ),
  maxGasEthPerDay: z
    .number()
    .min(0.000001)
    .max(1_000)
    .default(0.1)
    .meta({ description: 'Rolling budget of the gas money of the signer over 24 hours, in ETH.' }),
  gasPerPlan: wholeNumber('Gas of a plan without legs, for the estimate of its cost.', 0, 10_000_000).default(
    Number(defaultPlanSettings.gasPerPlan),
  ),
  gasPerLeg: wholeNumber('Gas of one leg, for the estimate of its cost.', 0, 10_000_000).default(
    Number(defaultPlanSettings.gasPerLeg),
  ),
  fallbackEthPriceUsd: z
    .number()
    .min(1)
    .max(10_000_000)
    .default(3_000)
    .meta({ description: 'Price of ETH in USD with which gas is valued where vault.ethUsdFeed is absent.' }),
  deadlineSeconds: wholeNumber(
    `A plan must land within this many seconds, or it reverts. More than ${longestDeadlineSeconds} only where limits.maxHeadAgeSeconds is 0: on a chain of simulated time, whose blocks may be an hour apart.`,
    12,
    14_400,
  ).default(300),
  receiptTimeoutSeconds: wholeNumber(
    'How long a tick waits for a receipt before it parks the attempt.',
    1,
    3_600,
  ).default(120),
  confirmations: wholeNumber('Blocks on top of a receipt before the attempt counts as settled.', 0, 1_000).default(0),
  maxHeadAgeSeconds: wholeNumber(
    'An endpoint whose head is older than this is behind; 0 turns the check off.',
    0,
    86_400,
  ).default(180),
  maxEndpointLagBlocks: wholeNumber('How many blocks two read endpoints may be apart.', 0, 1_000).default(3),
  forkGateTimeoutMs: wholeNumber('Hard time-out of the fork simulation, in milliseconds.', 100, 120_000).default(
    10_000,
  ),
})

export { type KeeperMode, keeperModes }

const keeperSchema = z.strictObject({
  mode: z.enum(keeperModes).default('dry').meta({
    description:
      'The rung the keeper stands on. readonly observes and decides; dry also plans and simulates; paper does the same as a rehearsal, keeps each forecast and carries no paper position into the next pass; canary sends plans of at most limits.canaryCapBps; live sends.',
  }),
  schedule: z
    .string()
    .refine((value) => isCron(value), { error: 'cron' })
    .default('0 * * * *')
    .meta({
      description:
        'When a tick is due, in the notation of cron (an optional sixth field in front means seconds), in UTC.',
      'x-expected': 'a cron expression such as "0 * * * *"',
    }),
  limits: limitsSchema.prefault({}).meta({ description: 'What the keeper withholds on its own side.' }),
})

const passwordSchema = z
  .union([environmentReference, z.strictObject({ file: path('A file that holds the password on its first line.') })])
  .meta({
    description: 'Where the password of the keystore is found.',
    'x-expected': '{ "env": "NAME" } or { "file": "path" }; a password itself never stands in the configuration',
  })

const signerSchema = z
  .union([
    z.strictObject({
      keystore: path('An encrypted keystore (web3 secret storage version 3), e.g. from `tiller keys new`.'),
      password: passwordSchema,
    }),
    z.strictObject({ privateKey: environmentReference }),
    z.strictObject({ address: address('The keeper that plans are made for; enough for readonly, dry and paper.') }),
  ])
  .meta({
    description: 'Who signs. Needed in canary and live.',
    'x-expected':
      '{ "keystore": "path", "password": { "env": "NAME" } }, { "privateKey": { "env": "NAME" } } or { "address": "0x…" }',
  })

const chainSchema = z.strictObject({
  id: wholeNumber('Chain id; an endpoint that answers another one is refused.', 1, Number.MAX_SAFE_INTEGER),
  rpc: z
    .strictObject({
      read: z.array(endpoint('An endpoint.')).min(1).max(2).meta({
        description: 'Endpoints that are read. With two, the values that decide money are compared.',
        'x-expected': 'a list of one or two endpoints',
      }),
      send: endpoint('Where signed transactions go; the first read endpoint when absent.').optional(),
      simulate: endpoint('What is simulated on and forked from; the first read endpoint when absent.').optional(),
    })
    .meta({ description: 'Endpoints of the chain.' }),
})

const policySchema = z.strictObject({
  reference: z.string().min(1).default('smoothed-water-filling').meta({
    description: 'A rule (hold, equal-weight, greedy, smoothed-water-filling) or the folder of a policy package.',
    'x-expected': 'the name of a rule or the folder of a policy package',
  }),
  providers: z
    .array(z.enum(executionProviders))
    .min(1)
    .default([...executionProviders])
    .meta({
      description: 'Execution providers in the order in which they are tried.',
      'x-expected': `a list out of ${executionProviders.join(', ')}`,
    }),
  hash: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/)
    .transform((value) => value as Hex)
    .optional()
    .meta({
      description: 'Hash of the policy; a policy with another one is refused.',
      'x-expected': 'a hash: 0x and 64 lower-case hexadecimal digits',
    }),
})

const storeSchema = z.strictObject({
  path: path('File of the journal, relative to the configuration.').default('.tiller/journal.db'),
})

const logLevels = ['debug', 'info', 'warn', 'error'] as const

const logSchema = z.strictObject({
  level: z.enum(logLevels).default('info').meta({ description: 'The least important level that is written.' }),
  format: z
    .enum(['auto', 'pretty', 'json'])
    .default('auto')
    .meta({ description: 'auto is pretty on a terminal and JSON elsewhere.' }),
})

/** The file `tiller.config.json`. */
export const configSchema = z
  .strictObject({
    $schema: z.string().optional().meta({ description: 'Where an editor finds the JSON Schema.' }),
    chain: chainSchema.meta({ description: 'The chain and how it is reached.' }),
    vault: vaultSchema,
    policy: policySchema.prefault({}).meta({ description: 'What decides.' }),
    keeper: keeperSchema.prefault({}).meta({ description: 'How the keeper runs.' }),
    signer: signerSchema.optional(),
    store: storeSchema.prefault({}).meta({ description: 'Where the journal is kept.' }),
    log: logSchema.prefault({}).meta({ description: 'What is logged.' }),
  })
  .meta({ title: 'Tiller', description: 'Configuration of a Tiller vault and its keeper.' })

/** The same file before the vault exists: what `vault deploy` and `doctor` can start from. */
export const configWithoutVaultSchema = configSchema.partial({ vault: true })

/** What a person may write. */
export type ConfigInput = z.input<typeof configSchema>

/** The file after parsing: defaults in place, references not yet looked up. */
export type ConfigFile = z.output<typeof configSchema>

export type VaultConfig = ConfigFile['vault']

export type SignerConfig = NonNullable<ConfigFile['signer']>

/** Endpoints with references looked up. They hold tokens: never log them. */
export type Endpoints = { read: [string] | [string, string]; send: string; simulate: string }

/** The configuration that the program runs on: defaults in place, endpoints looked up, paths absolute. */
export type Config = Omit<ConfigFile, '$schema' | 'chain'> & { chain: { id: number; rpc: Endpoints } }

/** True for an absolute http or https URL. */
export function isHttpUrl(value: string): boolean {
  try {
    const { protocol } = new URL(value)
    return protocol === 'http:' || protocol === 'https:'
  } catch {
    return false
  }
}
