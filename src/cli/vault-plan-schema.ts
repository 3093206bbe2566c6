import { type Address, isAddress } from 'viem'
import { z } from 'zod'

// What each kind of value should be: said where another one is found, or none.
const anAddress = 'an address: 0x and 40 hexadecimal digits'
const units = 'a whole number of the smallest unit of the asset, e.g. "1000000" for one USDC'
const basisPoints = 'a whole number of basis points, e.g. 100 for 1 %'
const secondsText = 'a whole number of seconds, e.g. 259200 for 3 days'
const shareOfWad = 'a share of 1e18, e.g. "400000000000000000" for 40 %'

const address = z
  .string({ error: anAddress })
  .refine((value) => isAddress(value), {
    error: ({ input }) =>
      typeof input === 'string' && isAddress(input, { strict: false })
        ? 'the address as its owner wrote it: a digit or the case of a letter is off, for its checksum does not fit'
        : anAddress,
  })
  .transform((value) => value as Address)
const addresses = z.array(address, { error: 'a list of addresses, e.g. [] for nobody' })
const natural = (error: string) =>
  z
    .union([z.int({ error }).min(0, { error }), z.string().regex(/^[0-9]{1,39}$/, { error })], { error })
    .transform((value) => BigInt(value))
const amount = natural(units)
const seconds = natural(secondsText)
const wholeSeconds = z.int({ error: secondsText }).min(0, { error: secondsText })
const bps = z.int({ error: basisPoints }).min(0, { error: basisPoints })
const wad = natural(shareOfWad).refine((value) => value <= 10n ** 18n, { error: `${shareOfWad}; 1e18 at most` })
const tick = z.int({ error: 'a tick, a whole number' })
const ticks = tick.min(0, { error: 'a number of ticks, 0 or more' })
const text = (longest: number) => {
  const error = `a text of 1 to ${longest} characters`
  return z.string({ error }).min(1, { error }).max(longest, { error })
}
const object = <shape extends z.core.$ZodLooseShape>(shape: shape) => z.strictObject(shape, { error: 'an object' })

const cap = { name: text(60), absoluteCap: amount, relativeCapWad: wad, inflowPerDay: amount.optional() }

const priceFeed = object({
  aggregator: address,
  maxAgeSeconds: wholeSeconds,
  minAnswer: natural('a whole number in the unit of the feed'),
  maxAnswer: natural('a whole number in the unit of the feed'),
})

const prices = object({
  feed0: priceFeed,
  feed1: priceFeed,
  sequencerFeed: address,
  sequencerGraceSeconds: wholeSeconds,
  twapSeconds: wholeSeconds,
  blockSeconds: wholeSeconds,
  maxSpotDeviationBps: bps,
  maxOracleDeviationBps: bps,
})

const oneGuard = 'either "priceGuard", the address of one for this pool, or "prices", the parameters of a new one'
const hop = object({ pool: address, priceGuard: address.optional(), prices: prices.optional() }).refine(
  ({ priceGuard, prices: own }) => (priceGuard === undefined) !== (own === undefined),
  { error: oneGuard },
)
const hopCount = 'a list of one or two pools, the last of which trades the asset'
const route = object({
  token: address,
  hops: z.array(hop, { error: hopCount }).min(1, { error: hopCount }).max(2, { error: hopCount }),
  perDay: natural(
    'a whole number of the smallest unit of the reward token, e.g. "5000000000000000000" for 5 of 18 decimals',
  ),
  maxSlippageBps: bps,
})
const routeCount = 'a list of routes, e.g. [] for none yet; 32 at most'

const kinds = ['aave-v3', 'comet', 'morpho-blue', 'erc4626', 'uniswap-v3']

const venue = z.discriminatedUnion(
  'kind',
  [
    object({ ...cap, kind: z.literal('aave-v3'), pool: address }),
    object({ ...cap, kind: z.literal('comet'), comet: address }),
    object({
      ...cap,
      kind: z.literal('morpho-blue'),
      morpho: address,
      market: object({
        loanToken: address,
        collateralToken: address,
        oracle: address,
        irm: address,
        lltv: wad,
      }),
    }),
    object({
      ...cap,
      kind: z.literal('erc4626'),
      target: address,
      underlyingPool: address.optional(),
      maxSharePriceWad: natural('the price of a whole share, 1e18 for one whole unit of the asset'),
      minShareSupply: natural('a whole number of shares in their smallest unit'),
    }),
    object({
      ...cap,
      kind: z.literal('uniswap-v3'),
      pool: address,
      otherToken: address,
      range: object({ tickLower: tick, tickUpper: tick }),
      bounds: object({
        tickMin: tick,
        tickMax: tick,
        minWidth: ticks,
        maxWidth: ticks,
        maxSlippageBps: bps,
      }),
      prices,
    }),
  ],
  { error: `one of ${kinds.join(', ')}` },
)

const risks = ['protocol', 'collateral', 'oracle', 'held'] as const
const venueCount = 'a list of 1 to 16 venues'

/** What `tiller vault deploy --plan` reads; amounts in asset units. */
export const vaultPlanSchema = object({
  $schema: z.string().optional(),
  chainId: z.int({ error: 'the id of a chain, e.g. 1' }).min(1, { error: 'the id of a chain, e.g. 1' }).optional(),
  asset: address,
  name: text(60),
  symbol: text(12),
  owner: address,
  curator: address,
  sentinels: addresses,
  keepers: addresses,
  timelockSeconds: seconds.optional(),
  boundsTimelockSeconds: seconds.optional(),
  timelocks: z
    .record(z.string(), seconds, { error: 'an object of functions and seconds, e.g. { "setExitList": 864000 }' })
    .optional(),
  gate: address.optional(),
  performanceFeeBps: bps.optional(),
  managementFeeBps: bps.optional(),
  feeRecipient: address.optional(),
  forcedExitPenaltyBps: bps.optional(),
  limits: object({
    cooldownSeconds: wholeSeconds,
    maxLossPerPlanBps: bps,
    lossBudgetPerDayBps: bps,
    turnoverPerDayBps: bps,
    liquidFloorBps: bps,
  }),
  venues: z.array(venue, { error: venueCount }).min(1, { error: venueCount }).max(16, { error: venueCount }),
  exitList: z.array(z.string({ error: 'the name of a venue' }), { error: 'a list of names of venues' }).optional(),
  sharedCaps: z
    .array(
      object({
        risk: z.enum(risks, { error: `one of ${risks.join(', ')}` }),
        address,
        absoluteCap: amount,
        relativeCapWad: wad,
      }),
      { error: 'a list of { "risk", "address", "absoluteCap", "relativeCapWad" }' },
    )
    .optional(),
  periphery: object({
    router: object({ flashLender: address.optional() }).optional(),
    redeemQueue: object({ minRequestAssets: amount }).optional(),
    rewardSeller: object({
      uniswapFactory: address,
      routes: z.array(route, { error: routeCount }).max(32, { error: routeCount }),
      skimFrom: z
        .array(z.string({ error: 'the name of a venue' }), { error: 'a list of names of venues; all when absent' })
        .optional(),
    }).optional(),
  }).optional(),
  factory: address.optional(),
  salt: z
    .string({ error: '32 bytes: 0x and 64 hexadecimal digits' })
    .regex(/^0x[0-9a-fA-F]{64}$/, { error: '32 bytes: 0x and 64 hexadecimal digits' })
    .transform((value) => value as `0x${string}`)
    .optional(),
  maxRatePerSecondWad: natural('a share of 1e18 a second, e.g. "15854895991" for 50 % a year').optional(),
  seedAssets: amount,
})

/** Names that a plan may have at a path, as far as its values tell which; empty where it may have none. Pure. */
export function namesOfPlan(path: readonly PropertyKey[], raw: unknown): string[] {
  let schema: unknown = vaultPlanSchema
  let value = raw
  for (const part of path) {
    schema = within(schema, value, part)
    value = (value as Record<PropertyKey, unknown> | undefined)?.[part]
  }
  const found = resolved(schema, value)
  return found instanceof z.ZodObject ? Object.keys(found.shape) : []
}

function within(schema: unknown, value: unknown, part: PropertyKey): unknown {
  const own = resolved(schema, value)
  if (own instanceof z.ZodArray) return own.element
  return own instanceof z.ZodObject ? (own.shape as Record<PropertyKey, unknown>)[part] : undefined
}

/** The schema without `optional`, and the branch of a union whose kind the value names. */
function resolved(schema: unknown, value: unknown): unknown {
  if (schema instanceof z.ZodOptional) return resolved(schema.unwrap(), value)
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema
  const { kind } = (value ?? {}) as { kind?: unknown }
  return schema.options.find((option) => option instanceof z.ZodObject && option.shape['kind'].value === kind)
}
