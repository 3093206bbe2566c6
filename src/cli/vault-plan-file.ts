import { readFileSync } from 'node:fs'
import { isAddress } from 'viem'
import { z } from 'zod'
import { findJsonFault } from '../config/find-json-fault.ts'
import { planFileInvalid } from '../errors/cli.ts'
import { keysFileMissing } from '../errors/keys.ts'
import type { VaultPlanConfig } from '../vault/deploy.ts'
import { collateralId, heldId, oracleId, protocolId } from '../vault/venue-ids.ts'

const address = z
  .string()
  .refine((value) => isAddress(value), { error: 'must be an address' })
  .transform((value) => value as `0x${string}`)
const amount = z
  .union([z.int().min(0), z.string().regex(/^[0-9]{1,39}$/)], { error: 'must be a whole number, as number or text' })
  .transform((value) => BigInt(value))
const whole = z.int().min(0)
const wad = amount.refine((value) => value <= 10n ** 18n, { error: 'must be at most 1e18' })

const cap = { name: z.string().min(1), absoluteCap: amount, relativeCapWad: wad, inflowPerDay: amount.optional() }

const priceFeed = z.strictObject({ aggregator: address, maxAgeSeconds: whole, minAnswer: amount, maxAnswer: amount })

/** What `tiller vault deploy --plan` reads; amounts in asset units. */
const planSchema = z.strictObject({
  asset: address,
  name: z.string().min(1).max(60),
  symbol: z.string().min(1).max(12),
  owner: address,
  curator: address,
  sentinels: z.array(address),
  keepers: z.array(address),
  timelockSeconds: amount.optional(),
  boundsTimelockSeconds: amount.optional(),
  timelocks: z.record(z.string(), amount).optional(),
  gate: address.optional(),
  performanceFeeBps: whole.optional(),
  managementFeeBps: whole.optional(),
  feeRecipient: address.optional(),
  forcedExitPenaltyBps: whole.optional(),
  limits: z.strictObject({
    cooldownSeconds: whole,
    maxLossPerPlanBps: whole,
    lossBudgetPerDayBps: whole,
    turnoverPerDayBps: whole,
    liquidFloorBps: whole,
  }),
  venues: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ ...cap, kind: z.literal('aave-v3'), pool: address }),
        z.strictObject({ ...cap, kind: z.literal('comet'), comet: address }),
        z.strictObject({
          ...cap,
          kind: z.literal('morpho-blue'),
          morpho: address,
          market: z.strictObject({
            loanToken: address,
            collateralToken: address,
            oracle: address,
            irm: address,
            lltv: amount,
          }),
        }),
        z.strictObject({
          ...cap,
          kind: z.literal('erc4626'),
          target: address,
          underlyingPool: address.optional(),
          maxSharePriceWad: amount,
          minShareSupply: amount,
        }),
        z.strictObject({
          ...cap,
          kind: z.literal('uniswap-v3'),
          pool: address,
          otherToken: address,
          range: z.strictObject({ tickLower: z.int(), tickUpper: z.int() }),
          bounds: z.strictObject({
            tickMin: z.int(),
            tickMax: z.int(),
            minWidth: whole,
            maxWidth: whole,
            maxSlippageBps: whole,
          }),
          prices: z.strictObject({
            feed0: priceFeed,
            feed1: priceFeed,
            sequencerFeed: address,
            sequencerGraceSeconds: whole,
            twapSeconds: whole,
            blockSeconds: whole,
            maxSpotDeviationBps: whole,
            maxOracleDeviationBps: whole,
          }),
        }),
      ]),
    )
    .min(1)
    .max(16),
  exitList: z.array(z.string()).optional(),
  sharedCaps: z
    .array(
      z.strictObject({
        risk: z.enum(['protocol', 'collateral', 'oracle', 'held']),
        address,
        absoluteCap: amount,
        relativeCapWad: wad,
      }),
    )
    .optional(),
  periphery: z
    .strictObject({
      router: z.strictObject({ flashLender: address.optional() }).optional(),
      redeemQueue: z.strictObject({ minRequestAssets: amount }).optional(),
    })
    .optional(),
  factory: address.optional(),
  salt: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/)
    .transform((value) => value as `0x${string}`)
    .optional(),
  maxRatePerSecondWad: amount.optional(),
  seedAssets: amount,
})

/** Reads the plan of a deployment. Raises KEYS_FILE_MISSING or USAGE_PLAN_FILE with every fault at once. */
export function readVaultPlan(file: string): VaultPlanConfig {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw keysFileMissing(file)
  }
  const fault = findJsonFault(text)
  if (fault !== undefined) throw planFileInvalid(file, [`line ${fault.line}, column ${fault.column}: ${fault.reason}`])
  const parsed = planSchema.safeParse(JSON.parse(text))
  if (!parsed.success) {
    throw planFileInvalid(
      file,
      parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the whole file'}: ${issue.message}`),
    )
  }
  const { sharedCaps, venues, ...rest } = parsed.data
  return {
    ...given(rest),
    venues: venues.map(given),
    ...(sharedCaps === undefined
      ? {}
      : { sharedCaps: sharedCaps.map(({ risk, address, ...bounds }) => ({ id: idOf[risk](address), ...bounds })) }),
  }
}

const idOf = { protocol: protocolId, collateral: collateralId, oracle: oracleId, held: heldId }

/** The same without names that have no value: absent is not undefined. */
function given<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
