import type { Hex } from 'viem'
import { bytesToHex } from 'viem'
import { advanceMemory } from '../src/observe/advance-memory.ts'
import { gridPlaces } from '../src/observe/grid-places.ts'
import type { VenueMemory } from '../src/observe/observation.ts'
import { gasShareE12, globalFeatures, levelOf, venueFeatures } from '../src/observe/observe.ts'
import { packScores, packValues } from '../src/observe/pack.ts'
import { allocate, type RuleObservation, valueTable } from '../src/plan/allocation-rule.ts'
import { exp2Q10, ilog2Q10 } from '../src/policy/integer-math.ts'
import { checkParameters, forward, type NetworkParameters, parameterBytes } from '../src/policy/integer-network.ts'
import { specification } from '../src/policy/specification.ts'
import type { RateCurve, VenueState } from '../src/venues/venue.ts'
import { rangeVectors } from './make-range-vectors.ts'

/** A number where it is safe, else a decimal string; forge and Python read both as integers. */
type Cell = number | string

/** One file: what the columns of a row are, and the rows. */
export type Vectors = { columns: string; rows: Cell[][]; parameters?: Hex[] }

const curveModes = ['none', 'borrow', 'supply'] as const

/** All shared vectors, by file name. Deterministic. */
export function makeVectors(): Record<string, Vectors> {
  return {
    math: mathVectors(),
    memory: memoryVectors(),
    features: featureVectors(),
    levels: levelVectors(),
    places: placeVectors(),
    allocation: allocationVectors(),
    network: networkVectors(),
    'range-math': rangeVectors(createRandom(8)),
  }
}

/** One row per line, so that a change shows as the rows it changed. */
export function formatVectors(vectors: Vectors): string {
  const { rows, ...head } = vectors
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n')
  return `${JSON.stringify({ count: rows.length, ...head }, null, 2).slice(0, -2)},\n  "rows": [\n${lines}\n  ]\n}\n`
}

function mathVectors(): Vectors {
  const random = createRandom(1)
  const rows: Cell[][] = []
  const operands = [1n, 2n, 3n, 511n, 512n, 513n, 65599n, 65600n, 99999n, 100000n, 100001n, 2000000n, 40000000n]
  for (let bit = 1n; bit < 63n; bit += 1n) operands.push((1n << bit) - 1n, 1n << bit, (1n << bit) + 1n)
  operands.push((1n << 63n) - 1n)
  for (let i = 0; i < 150; i += 1) operands.push(1n + random.big(1n << BigInt(random.integer(1, 62))))
  for (const x of operands) rows.push([0, cell(x), ilog2Q10(x)])
  const exponents = [-16384, -3584, -1, 0, 1, 2, 512, 1023, 1024, 3072, 14336, 15359]
  for (let i = 0; i < 80; i += 1) exponents.push(random.integer(-16384, 15359))
  for (const v of exponents) rows.push([1, v, exp2Q10(v, specification.allocation.exp2.constantsQ30)])
  return { columns: 'function (0 ilog2Q10, 1 exp2Q10), argument, result', rows }
}

function memoryVectors(): Vectors {
  const random = createRandom(2)
  const rows: Cell[][] = []
  for (let sequence = 0; sequence < 10; sequence += 1) {
    const indexOne = [10n ** 15n, 10n ** 27n, 10n ** 18n][sequence % 3] ?? 1n
    let timestamp = 1_790_000_000n + BigInt(random.integer(0, 3599))
    let index = indexOne + random.big(indexOne)
    let memory: VenueMemory | undefined
    const steps = sequence === 0 ? 12 : 16
    for (let step = 0; step < steps; step += 1) {
      const stale = sequence > 2 && random.chance(0.06)
      const touched = random.chance(0.25)
      const supply = random.chance(0.03) ? 2n ** 70n : random.big(10n ** 14n)
      const state: VenueState = {
        ...blankVenue,
        status: stale ? 'stale' : 'ok',
        index,
        lastUpdateAt: touched ? timestamp : timestamp - BigInt(random.integer(1, 900)),
        totalSupply: supply,
        totalBorrow: random.chance(0.1) ? 0n : (supply * BigInt(random.integer(0, 1000))) / 1000n,
        assets: random.big(supply / 2n + 1n),
        depositable: random.chance(0.5) ? 2n ** 200n : random.big(10n ** 13n),
      }
      // One that shot up for a moment, at the first look and at a later one.
      if ((sequence === 4 && step === 0) || (sequence === 5 && step === 9)) state.index *= 3n
      memory = advanceMemory(memory, state, { timestamp })
      rows.push([
        sequence,
        cell(timestamp),
        stale ? 1 : 0,
        cell(state.index),
        cell(state.lastUpdateAt),
        cell(state.totalSupply),
        cell(state.totalBorrow),
        cell(state.assets),
        cell(state.depositable),
        ...memoryCells(memory),
      ])
      const pause = random.chance(0.12)
        ? random.integer(1, 1799)
        : random.chance(0.15)
          ? random.integer(2, 60) * 3600
          : random.integer(3300, 3900)
      timestamp += BigInt(pause)
      const rate = random.chance(0.1) ? random.integer(0, 3_000_000_000) : random.integer(10_000_000, 90_000_000)
      index += (index * BigInt(rate) * BigInt(pause)) / (31_536_000n * 10n ** 9n)
      if (random.chance(0.05)) index -= index / 100_000n
    }
  }
  return {
    columns:
      'sequence (fresh memory at the first row of each), timestamp, stale, index, lastUpdateAt, totalSupply, totalBorrow, assets, depositable (6 decimals), then the memory after: slot, observedAt, index, aprE9, averagesQ8 x 5, volatilityQ8, spikeSlots, count, sizeSlot, supplyQ6, borrowQ6, supply72Q6, borrow72Q6, own72Q6, roomQ6',
    rows,
  }
}

function featureVectors(): Vectors {
  const random = createRandom(3)
  const rows: Cell[][] = []
  for (let i = 0; i < 160; i += 1) {
    const edge = i < 50
    const gridSteps = random.chance(0.4) ? 20 : 10
    const memory = randomMemory(random, edge)
    const curve = randomCurve(random, edge)
    const levelE9 = random.integer(2_000_000, edge ? 2_147_483_647 : 120_000_000)
    const capitalQ6 = edge && random.chance(0.2) ? random.pick([0n, 1n, 2n ** 42n - 1n]) : randomSize(random)
    const features = venueFeatures(memory, curve, { levelE9, level24E9: 0, level504E9: 0 }, capitalQ6, gridSteps)
    rows.push([
      levelE9,
      cell(capitalQ6),
      gridSteps,
      ...ruleMemoryCells(memory),
      cell(memory.aprE9),
      cell(memory.volatilityQ8),
      memory.spikeSlots,
      cell(memory.supplyQ6),
      cell(memory.borrowQ6),
      memory.count,
      ...curveCells(curve),
      ...features,
      cell(packValues(features)),
    ])
  }
  return {
    columns:
      'levelE9, capitalQ6, gridSteps, averagesQ8 x 5, supply72Q6, borrow72Q6, own72Q6, aprE9, volatilityQ8, spikeSlots, supplyQ6, borrowQ6, count, curve mode (0 none, 1 borrow, 2 supply), kinkQ16, rate0E9, rateKinkE9, rateMaxE9, then the 12 features and their word',
    rows,
  }
}

function levelVectors(): Vectors {
  const random = createRandom(4)
  const rows: Cell[][] = []
  for (let i = 0; i < 40; i += 1) {
    const venues = random.integer(1, 16)
    const memories = Array.from({ length: venues }, () => randomMemory(random, random.chance(0.2)))
    const level = levelOf(memories)
    const units = BigInt(random.integer(1, 400_000))
    const gasPriceWei = random.big(10n ** BigInt(random.integer(6, 12)))
    const ethPriceE8 = random.big(10n ** 12n)
    const capitalQ6 = random.chance(0.1) ? random.pick([0n, 1n]) : randomSize(random)
    const gas = gasShareE12(units, gasPriceWei, ethPriceE8, capitalQ6)
    const features = globalFeatures(level, gas)
    rows.push([
      venues,
      ...memories.flatMap((memory) => [
        memory.count,
        cell(memory.averagesQ8[1]),
        cell(memory.averagesQ8[2]),
        cell(memory.averagesQ8[4]),
      ]),
      cell(units),
      cell(gasPriceWei),
      cell(ethPriceE8),
      cell(capitalQ6),
      level.levelE9,
      level.level24E9,
      level.level504E9,
      cell(gas),
      ...features,
      cell(packValues(features)),
    ])
  }
  return {
    columns:
      'venues, per venue: count, averagesQ8 of 24, 72, 504; gas units, gas price in wei, assets per ETH E8, capitalQ6; then levelE9, level24E9, level504E9, gasPerLegE12, the 5 global features and their word',
    rows,
  }
}

function placeVectors(): Vectors {
  const random = createRandom(5)
  const rows: Cell[][] = [placeRow([0n, 0n], 0n, 20), placeRow([5n, 5n, 5n], 15n, 10), placeRow([1n, 1n, 1n], 60n, 10)]
  for (let i = 0; i < 80; i += 1) {
    const venues = random.integer(1, 16)
    const positions = Array.from({ length: venues }, () => (random.chance(0.3) ? 0n : randomSize(random)))
    const sum = positions.reduce((total, position) => total + position, 0n)
    const idle = random.chance(0.3) ? 0n : random.big(sum + 2n)
    rows.push(placeRow(positions, sum + idle, venues <= 2 ? 20 : 10))
  }
  return { columns: 'capitalQ6, gridSteps, venues, positionsQ6 x venues, then steps x venues', rows }
}

function placeRow(positions: bigint[], capitalQ6: bigint, gridSteps: number): Cell[] {
  return [
    cell(capitalQ6),
    gridSteps,
    positions.length,
    ...positions.map(cell),
    ...gridPlaces(positions, capitalQ6, gridSteps),
  ]
}

function allocationVectors(): Vectors {
  const random = createRandom(6)
  const rows: Cell[][] = []
  for (let i = 0; i < 200; i += 1) {
    const venues = i < 5 ? 16 : i < 20 ? 1 : i < 70 ? 2 : random.integer(3, 5)
    const edge = random.chance(0.25)
    const gridSteps = venues <= 2 ? 20 : 10
    const capitalQ6 = random.chance(0.03) ? random.pick([0n, 1n]) : randomSize(random)
    let left = gridSteps
    const same = random.chance(0.1)
    const twin = { memory: randomMemory(random, edge), curve: randomCurve(random, edge) }
    const observation: RuleObservation = {
      capitalQ6,
      gridSteps,
      gasPerLegE12: random.pick([
        0n,
        1n,
        random.big(10n ** 4n),
        random.big(10n ** 7n),
        random.big(10n ** 9n),
        2n ** 40n - 1n,
      ]),
      venues: Array.from({ length: venues }, () => {
        const ownSteps = random.chance(0.4) ? 0 : random.integer(0, left)
        left -= ownSteps
        const { memory, curve } = same ? twin : { memory: randomMemory(random, edge), curve: randomCurve(random, edge) }
        return {
          memory,
          curve,
          ownSteps,
          capSteps: random.chance(0.5) ? gridSteps : random.integer(0, gridSteps),
          stale: random.chance(0.08),
        }
      }),
    }
    const kind = random.integer(0, 3)
    const scores = observation.venues.map(() => randomScores(random, kind))
    const maxStep = random.chance(0.8) ? gridSteps : random.integer(0, gridSteps)
    const values = valueTable(observation, scores)
    const maxOutSteps = random.chance(0.7) ? gridSteps : random.integer(0, gridSteps)
    const steps = allocate(observation, scores, { maxStep, maxOutSteps })
    const best = steps.reduce((sum, k, j) => sum + (values[j]?.[k] ?? 0), 0)
    rows.push([
      gridSteps,
      cell(capitalQ6),
      cell(observation.gasPerLegE12),
      maxStep,
      maxOutSteps,
      venues,
      ...observation.venues.flatMap((venue, j) => [
        ...ruleMemoryCells(venue.memory),
        ...curveCells(venue.curve),
        venue.ownSteps,
        venue.capSteps,
        venue.stale ? 1 : 0,
        ...(scores[j] ?? []),
      ]),
      ...steps,
      cell(BigInt(best)),
    ])
  }
  return {
    columns:
      'gridSteps, capitalQ6, gasPerLegE12, maxStep, maxOutSteps, venues, per venue: averagesQ8 x 5, supply72Q6, borrow72Q6, own72Q6, curve mode, kinkQ16, rate0E9, rateKinkE9, rateMaxE9, own steps, cap steps, stale, 8 scores; then the steps and the sum of their values',
    rows,
  }
}

function networkVectors(): Vectors {
  const random = createRandom(7)
  const networks = [1, 4, 12, 127].map((size, i) => randomParameters(random, size, i === 3))
  const rows: Cell[][] = []
  networks.forEach((parameters, i) => {
    for (const venues of [1, 2, 3, 5, 8, 16]) {
      const observation = Array.from({ length: venues }, () =>
        Array.from({ length: 17 }, () =>
          random.chance(0.2) ? random.pick([-4095, 4095, 0]) : random.integer(-1500, 1500),
        ),
      )
      const scores = forward(parameters, observation)
      rows.push([i, venues, ...observation.flat(), ...scores.flat(), ...packScores(scores).map(cell)])
    }
  })
  return {
    columns: 'network, venues, 17 inputs per venue, 8 scores per venue, then the score words',
    parameters: networks.map((parameters) => bytesToHex(parameterBytes(parameters))),
    rows,
  }
}

/* Inputs */

export type Random = {
  integer(low: number, high: number): number
  big(below: bigint): bigint
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
}

/** Mulberry32: small, and the same everywhere. */
function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  const integer = (low: number, high: number) => low + (((next() % 2 ** 21) * 2 ** 32 + next()) % (high - low + 1))
  return {
    integer,
    big: (below) => (below <= 0n ? 0n : ((BigInt(next()) << 64n) | (BigInt(next()) << 32n) | BigInt(next())) % below),
    chance: (probability) => next() < probability * 2 ** 32,
    pick: (from) => from[integer(0, from.length - 1)] as (typeof from)[number],
  }
}

function randomSize(random: Random): bigint {
  return 64n * (1n + random.big(10n ** BigInt(random.integer(3, 9))))
}

function randomMemory(random: Random, edge: boolean): VenueMemory {
  const base = random.integer(5_000_000, 90_000_000)
  const around = () => {
    if (edge && random.chance(0.3)) return random.pick([0n, 1n, 2_147_483_647n << 8n, 99_999n << 8n])
    return BigInt(Math.floor((base * random.integer(500, 1600)) / 1000)) * 256n + BigInt(random.integer(0, 255))
  }
  const supply = edge && random.chance(0.2) ? random.pick([0n, 1n, 2n ** 42n - 1n]) : randomSize(random)
  const share = edge && random.chance(0.3) ? random.pick([0, 1000, 1300]) : random.integer(300, 980)
  const saturated = (x: bigint) => (x < 2n ** 42n ? x : 2n ** 42n - 1n)
  return {
    slot: 500_000,
    index: 10n ** 27n,
    observedAt: 1_800_000_000n,
    aprE9: around() >> 8n,
    averagesQ8: [around(), around(), around(), around(), around()],
    volatilityQ8: edge ? random.pick([0n, 3_772_160n, 256n]) : BigInt(random.integer(0, 100_000)),
    spikeSlots: edge ? random.pick([0, 1, 254, 255, 1023]) : random.integer(0, 40),
    sizeSlot: 500_000,
    supplyQ6: saturated((supply * BigInt(random.integer(600, 1400))) / 1000n),
    borrowQ6: saturated((supply * BigInt(share)) / 1000n),
    supply72Q6: supply,
    borrow72Q6: saturated((supply * BigInt(share)) / 1000n),
    own72Q6: random.chance(0.4) ? 0n : edge && random.chance(0.3) ? supply + 5n : random.big(supply + 1n),
    roomQ6: 2n ** 42n - 1n,
    count: edge && random.chance(0.15) ? random.integer(0, 2) : random.integer(2, 65_535),
  }
}

function randomCurve(random: Random, edge: boolean): RateCurve {
  const mode = random.pick(curveModes)
  if (edge && random.chance(0.4)) {
    return {
      mode,
      kinkQ16: random.pick([0, 1, 65_535, 65_536, 58_982]),
      rate0E9: random.pick([0n, 50_000_000n, 2n ** 41n]),
      rateKinkE9: random.pick([0n, 40_000_000n, 2n ** 40n - 1n]),
      rateMaxE9: random.pick([0n, 1_000_000_000n, 2n ** 40n - 1n]),
    }
  }
  return {
    mode,
    kinkQ16: random.integer(50_000, 62_000),
    rate0E9: BigInt(random.integer(0, 15_000_000)),
    rateKinkE9: BigInt(random.integer(20_000_000, 90_000_000)),
    rateMaxE9: BigInt(random.integer(200_000_000, 4_000_000_000)),
  }
}

/** Kind 0: the rule; 1: small corrections; 2: anything; 3: only the ends. */
function randomScores(random: Random, kind: number): number[] {
  return Array.from({ length: 8 }, (_, i) => {
    if (kind === 0 || i === 7) return 0
    if (kind === 1) return random.integer(-200, 200)
    return kind === 2 ? random.integer(-4096, 4095) : random.pick([-4096, 4095, -1024, 1024])
  })
}

function randomParameters(random: Random, size: number, toTheBound: boolean): NetworkParameters {
  const part = (length: number, limit = size) => Array.from({ length }, () => random.integer(-limit, limit))
  const parameters: NetworkParameters = {
    w1: part(272),
    b1: part(16),
    w2: toTheBound ? new Array<number>(512).fill(127) : part(512),
    b2: toTheBound ? new Array<number>(16).fill(127) : part(16),
    w3: [...part(112), ...new Array<number>(16).fill(0)],
    ws: [...part(119), ...new Array<number>(17).fill(0)],
    b3: [...part(7), 0],
  }
  checkParameters(parameters)
  return parameters
}

const blankVenue: VenueState = {
  ref: { name: 'vector', kind: 'aave-v3', adapter: '0x0000000000000000000000000000000000000001', data: '0x', id: '0x' },
  status: 'ok',
  assets: 0n,
  withdrawable: 0n,
  depositable: 0n,
  cap: 0n,
  totalSupply: 0n,
  totalBorrow: 0n,
  index: 0n,
  indexOne: 0n,
  lastUpdateAt: 0n,
  supplyAprWad: 0n,
  curve: { mode: 'none', kinkQ16: 0, rate0E9: 0n, rateKinkE9: 0n, rateMaxE9: 0n },
}

/* Cells */

function cell(value: bigint): Cell {
  return value <= 9_007_199_254_740_991n && value >= -9_007_199_254_740_991n ? Number(value) : value.toString()
}

function memoryCells(memory: VenueMemory): Cell[] {
  return [
    memory.slot,
    cell(memory.observedAt),
    cell(memory.index),
    cell(memory.aprE9),
    ...memory.averagesQ8.map(cell),
    cell(memory.volatilityQ8),
    memory.spikeSlots,
    memory.count,
    memory.sizeSlot,
    cell(memory.supplyQ6),
    cell(memory.borrowQ6),
    cell(memory.supply72Q6),
    cell(memory.borrow72Q6),
    cell(memory.own72Q6),
    cell(memory.roomQ6),
  ]
}

function ruleMemoryCells(memory: VenueMemory): Cell[] {
  return [...memory.averagesQ8.map(cell), cell(memory.supply72Q6), cell(memory.borrow72Q6), cell(memory.own72Q6)]
}

function curveCells(curve: RateCurve): Cell[] {
  return [
    curveModes.indexOf(curve.mode),
    curve.kinkQ16,
    cell(curve.rate0E9),
    cell(curve.rateKinkE9),
    cell(curve.rateMaxE9),
  ]
}
