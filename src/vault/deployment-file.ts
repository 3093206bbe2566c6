import { readFileSync } from 'node:fs'
import { type Address, getAddress, type Hex, isAddress } from 'viem'
import { z } from 'zod'
import { findJsonFault } from '../config/find-json-fault.ts'
import { deploymentFileInvalid } from '../errors/vault.ts'
import { venueKinds } from '../venues/venue.ts'

const address = z
  .string()
  .refine((value) => isAddress(value), { error: 'must be an address' })
  .transform((value): Address => getAddress(value))
const hex = (bytes?: number) =>
  z
    .string()
    .regex(bytes === undefined ? /^0x([0-9a-f]{2})*$/i : new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`, 'i'))
    .transform((value) => value as Hex)
const quantity = z
  .union([z.int().min(0), z.string().regex(/^[0-9]+$/)], { error: 'must be a whole number' })
  .transform((value) => BigInt(value))
const seconds = z.record(z.string(), quantity)

/** What `tiller vault deploy` writes and the keeper, `init` and a verifier read. */
const deploymentSchema = z.strictObject({
  version: z.literal(1),
  chainId: z.int().min(1),
  /** The block of the last transaction. */
  block: z.strictObject({ number: quantity, hash: hex(32), timestamp: quantity }),
  vault: address,
  guard: address,
  /** Absent where the vault was deployed without one. */
  factory: address.optional(),
  deployer: address,
  asset: z.strictObject({ address, symbol: z.string(), decimals: z.int().min(0).max(18) }),
  roles: z.strictObject({
    owner: address,
    /** True until the owner has accepted. */
    ownerMustAccept: z.boolean(),
    curator: address,
    sentinels: z.array(address),
    keepers: z.array(address),
    feeRecipient: address.optional(),
    gate: address.optional(),
  }),
  /** Seconds by function; `default` for those that have none of their own. */
  timelocks: z.strictObject({ vault: seconds, guard: seconds }),
  venues: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        kind: z.enum(venueKinds),
        adapter: address,
        data: hex(),
        id: hex(32),
      }),
    )
    .min(1)
    .max(16),
  periphery: z
    .strictObject({ router: address.optional(), redeemQueue: address.optional(), rewardSeller: address.optional() })
    .prefault({})
    .transform(({ router, redeemQueue, rewardSeller }) => ({
      ...(router === undefined ? {} : { router }),
      ...(redeemQueue === undefined ? {} : { redeemQueue }),
      ...(rewardSeller === undefined ? {} : { rewardSeller }),
    })),
  ethUsdFeed: address.optional(),
  contracts: z.array(
    z.strictObject({
      contract: z.string().min(1),
      address,
      /** keccak256 of the code on the chain. */
      codeHash: hex(32),
      /** keccak256 of the creation code, without arguments, of the build that deployed it. */
      creationCodeHash: hex(32),
      constructorArguments: hex(),
    }),
  ),
  transactions: z.array(z.strictObject({ title: z.string(), hash: hex(32), gasUsed: quantity, blockNumber: quantity })),
  build: z.strictObject({
    version: z.string(),
    /** Commit of the checkout; null where there is none. */
    revision: z.string().nullable(),
    compiler: z.string(),
    settings: z.record(z.string(), z.unknown()),
  }),
})

/** One deployed vault. */
export type DeploymentFile = z.output<typeof deploymentSchema>

/** JSON text of a deployment; bigints become decimal strings. */
export function formatDeploymentFile(deployment: DeploymentFile): string {
  const text = JSON.stringify(
    deployment,
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    2,
  )
  return `${text}\n`
}

/** Reads what `formatDeploymentFile` wrote. Raises CONFIG_DEPLOYMENT_FILE with every fault at once. */
export function readDeploymentFile(file: string): DeploymentFile {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw deploymentFileInvalid(file, ['it can not be read'])
  }
  const fault = findJsonFault(text)
  if (fault !== undefined) {
    throw deploymentFileInvalid(file, [`line ${fault.line}, column ${fault.column}: ${fault.reason}`])
  }
  const parsed = deploymentSchema.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  throw deploymentFileInvalid(
    file,
    parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the whole file'}: ${issue.message}`),
  )
}

/** The section `vault` of a configuration, as a deployment file gives it. */
export function sectionOfDeployment({ vault, guard, asset, venues, ethUsdFeed, periphery }: DeploymentFile) {
  return {
    address: vault,
    guard,
    asset: asset.address,
    venues: venues.map(({ name, kind, adapter, data }) => ({ name, kind, adapter, data })),
    ...(ethUsdFeed === undefined ? {} : { ethUsdFeed }),
    ...periphery,
  }
}
