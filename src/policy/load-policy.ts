import { readdir } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { type Hex, keccak256, toHex } from 'viem'
import { projectRoot } from '../chain/paths.ts'
import { policyUnknown, policyVectorLength } from '../errors/policy.ts'
import type { Logger } from '../keeper/logger.ts'
import type { Observation } from '../observe/observation.ts'
import {
  type ExecutionProvider,
  executionProviders,
  parseProviders,
  type RefusedProvider,
} from './execution-providers.ts'
import { type NetworkShape, openNetworkSession } from './onnx-session.ts'
import { isPolicyPackage, type PolicyPackage, readPolicyPackage } from './package.ts'
import type { Policy, PolicyDecision } from './policy.ts'
import { equalWeight } from './rules/equal-weight.ts'
import { greedy } from './rules/greedy.ts'
import { hold } from './rules/hold.ts'
import { smoothedWaterFilling } from './rules/smoothed-water-filling.ts'
import { networkShape } from './specification.ts'

/** The built-in baselines; each is a policy like any other. */
export const ruleNames = ['hold', 'equal-weight', 'greedy', 'smoothed-water-filling'] as const

export type RuleName = (typeof ruleNames)[number]

export type LoadPolicyOptions = {
  /** Name of a rule, a folder, or the name of a folder under `strategies/`. */
  reference: string
  /** Order in which execution providers are tried; `cuda`, `webgpu`, `cpu` when absent. A rule needs none. */
  providers?: readonly string[]
  logger?: Logger
  /** Names that the caller knows beside these rules, for the message where nothing is found. */
  otherNames?: readonly string[]
}

export type LoadedPolicy = Policy & {
  /** One decision per observation, in order; networks run one batch per number of venues. */
  decideMany(observations: readonly Observation[]): Promise<PolicyDecision[]>
  /** Execution providers that were tried before the one in use, and why not. */
  refusedProviders: readonly RefusedProvider[]
  /** Values outside the range of the specification that were saturated so far. */
  saturatedValues(): number
  /** Absent for a rule. */
  package?: PolicyPackage
}

/**
 * Loads a policy: a built-in rule, or a package whose files, schema hash, architecture and golden vectors are checked
 * before it may decide anything.
 *
 * Raises POLICY_UNKNOWN, POLICY_PROVIDER_UNKNOWN and everything that `readPolicyPackage` and `openNetworkSession` raise.
 */
export async function loadPolicy(options: LoadPolicyOptions): Promise<LoadedPolicy> {
  const rule = ruleNames.find((name) => name === options.reference)
  if (rule !== undefined) return createRule(rule)
  const providers = parseProviders(options.providers ?? executionProviders)
  const folder = await findPackage(options.reference, options.otherNames)
  return openPackage(await readPolicyPackage(folder), providers, options.logger)
}

/** The folder that a reference names: as a path first, then under `strategies/`. Raises POLICY_UNKNOWN. */
export async function findPackage(reference: string, otherNames: readonly string[] = []): Promise<string> {
  const places = [resolve(reference)]
  if (!isAbsolute(reference)) places.push(join(projectRoot(), reference), join(projectRoot(), 'strategies', reference))
  for (const place of places) {
    if (await isPolicyPackage(place)) return place
  }
  throw policyUnknown(reference, [...new Set([...otherNames, ...ruleNames])], await shippedPackages())
}

/** Names of the folders under `strategies/` that hold a package. */
export async function shippedPackages(): Promise<string[]> {
  const folder = join(projectRoot(), 'strategies')
  const names = await readdir(folder).catch((): string[] => [])
  const held = await Promise.all(names.map((name) => isPolicyPackage(join(folder, name))))
  return names.filter((_, index) => held[index] === true).sort()
}

/** keccak256 of the name: rules have no manifest to hash. */
export function ruleHash(name: RuleName): Hex {
  return keccak256(toHex(name))
}

function createRule(name: RuleName): LoadedPolicy {
  const decide: Readonly<Record<RuleName, (observation: Observation) => PolicyDecision>> = {
    hold,
    'equal-weight': (observation) => equalWeight(observation),
    greedy: (observation) => greedy(observation),
    'smoothed-water-filling': (observation) => smoothedWaterFilling(observation, networkShape.scores),
  }
  return {
    name,
    hash: ruleHash(name),
    executionProvider: 'rule',
    refusedProviders: [],
    saturatedValues: () => 0,
    decide: decide[name],
    decideMany: async (observations) => observations.map(decide[name]),
  }
}

async function openPackage(
  pack: PolicyPackage,
  providers: readonly ExecutionProvider[],
  logger: Logger | undefined,
): Promise<LoadedPolicy> {
  const session = await openNetworkSession({
    model: pack.model,
    shape: networkShape,
    goldenVectors: pack.goldenVectors,
    providers,
  })
  for (const { provider, reason } of session.refused) {
    logger?.info('policy.provider_refused', { provider, reason })
  }
  logger?.info('policy.loaded', {
    policy: pack.manifest.name,
    version: pack.manifest.version,
    hash: pack.hash,
    executionProvider: session.executionProvider,
    goldenVectors: pack.goldenVectors.length,
  })

  let saturated = 0

  function networkInput(observations: readonly Observation[]): Int32Array {
    const venues = observations[0]?.venues.length ?? 0
    const input = new Int32Array(observations.length * venues * networkShape.inputs)
    observations.forEach((observation, i) => {
      saturated += writeNetworkInput(observation, networkShape, input, i * venues * networkShape.inputs)
    })
    return input
  }

  async function decideSameSize(observations: readonly Observation[]): Promise<PolicyDecision[]> {
    const venues = observations[0]?.venues.length ?? 0
    const scores = await session.run(networkInput(observations), observations.length, venues)
    return observations.map((_, i) => ({ kind: 'scores', scores: readScores(scores, i, venues, networkShape) }))
  }

  async function decideMany(observations: readonly Observation[]): Promise<PolicyDecision[]> {
    const groups = new Map<number, number[]>()
    observations.forEach((observation, i) => {
      const group = groups.get(observation.venues.length)
      if (group === undefined) groups.set(observation.venues.length, [i])
      else group.push(i)
    })
    const decisions = new Array<PolicyDecision>(observations.length).fill({ kind: 'hold' })
    for (const indices of groups.values()) {
      const group = indices.flatMap((i) => observations[i] ?? [])
      const answers = await decideSameSize(group)
      answers.forEach((answer, at) => {
        decisions[indices[at] ?? 0] = answer
      })
    }
    return decisions
  }

  return {
    name: pack.manifest.name,
    hash: pack.hash,
    executionProvider: session.executionProvider,
    refusedProviders: session.refused,
    saturatedValues: () => saturated,
    package: pack,
    async decide(observation) {
      const venues = observation.venues.length
      const scores = await session.run(networkInput([observation]), 1, venues)
      return { kind: 'scores', scores: readScores(scores, 0, venues, networkShape) }
    },
    decideMany,
    close: () => session.close(),
  }
}

/**
 * Writes the network's input for one vault at `offset`: per venue its own features, then the global ones. Values out of
 * range saturate; their number is returned. Raises POLICY_VECTOR_LENGTH.
 */
function writeNetworkInput(observation: Observation, shape: NetworkShape, target: Int32Array, offset: number): number {
  let saturated = 0
  let at = offset
  for (const venue of observation.venues) {
    const found = venue.features.length + observation.globalFeatures.length
    if (found !== shape.inputs) throw policyVectorLength(`The observation of ${venue.name}`, shape.inputs, found)
    for (const values of [venue.features, observation.globalFeatures]) {
      for (const value of values) {
        const clamped = Math.min(shape.inputMax, Math.max(shape.inputMin, value))
        if (clamped !== value) saturated += 1
        target[at++] = clamped
      }
    }
  }
  return saturated
}

function readScores(scores: Int32Array, vault: number, venues: number, shape: NetworkShape): number[][] {
  const start = vault * venues * shape.scores
  return Array.from({ length: venues }, (_, j) =>
    Array.from(scores.subarray(start + j * shape.scores, start + (j + 1) * shape.scores)),
  )
}
