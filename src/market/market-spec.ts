/**
 * What a simulated market is made of. Rates are fractions per year, sizes whole asset units, deviations of utilisation in
 * logit units and of sizes in log units; standard deviations are stationary, half-lives in hours.
 */
export type MarketSpec = {
  seed: bigint
  asset: string
  /** Unix seconds of the first step. Steps are hours. */
  startSeconds: number
  venues: readonly VenueSpec[]
  gas: GasSpec
}

/** The curve that a venue starts with; governance may move it. */
type CurveSpec =
  | { kind: 'kinked'; kink: number; base: number; slope1: number; slope2: number; reserveFactor: number }
  /** Supply curve: `slope1` is what it rises by up to the kink, `slope2` what it rises by from there to full use. */
  | { kind: 'comet'; kink: number; base: number; slope1: number; slope2: number }
  /** Morpho's adaptive curve; `marketRate` is what borrowers pay anywhere and gives its rate at target an anchor. */
  | { kind: 'adaptive'; marketRate: number; fee: number }
  /** Log rate around `apr`, set once a day. */
  | { kind: 'exogenous'; apr: number; sd: number; halfLifeHours: number }

export type VenueSpec = {
  id: string
  asset: string
  curve: CurveSpec
  /** Deposits of others around which the venue moves. */
  supply: number
  sizeSd: number
  /** Mean of logit utilisation less that of the curve's kink, and standard deviation of its slow and fast motion. */
  offset: number
  utilisationSd: number
  /** Share of the motion above the kink that is left: borrowers who flee a dear market push it back. */
  aboveKink: number
  /** Share of a change of utilisation that comes from deposits; the rest comes from borrows. */
  supplyShare: number
  /** Jumps of logit utilisation: expected per hour, scale of |Student t3|, half-life; two of three go up. */
  jumpsPerHour: number
  jumpScale: number
  jumpHours: number
  /** Single large deposits and withdrawals: expected per hour, scale of Student t3 in log deposits. */
  whalesPerHour: number
  whaleScale: number
  /** Freezes, in which utilisation is pinned at 1 for 1 to 120 hours: expected per hour. */
  freezesPerHour: number
  /** Governance's moves of kink and slopes: expected per hour. */
  governancePerHour: number
  /** Answer of log deposits and log borrows per percentage point above the mean venue and day. */
  supplyElasticity: number
  borrowElasticity: number
  capShare?: number
  depositLimit?: number
}

/** US dollars per gas: log deviation from a median on two time scales. */
export type GasSpec = {
  usdPer400k: number
  fastSd: number
  fastHours: number
  slowSd: number
  slowHours: number
}

/** The two time scales of all motion, and what venues have in common; measured in 2023 and 2024. */
export const motion = {
  fastHours: 20,
  slowHours: 240,
  /** Share of the variance on the fast scale. */
  fastShare: 0.15,
  /** Share of the variance of utilisation that all venues have in common. */
  commonShare: 0.6,
  /** Surges of demand everywhere: expected hours between two, sizes in standard deviations of the common motion, half-life. */
  surgeEveryHours: 4_000,
  surgeSize: { min: 3, max: 5.5 },
  surgeHours: 150,
  /** Half-lives with which a large single move leaves the size, and the utilisation that it upset. */
  whaleHours: 1_000,
  whaleGapHours: 3,
  /** Half-life with which others forget a rate advantage, and the largest answer in log units. */
  answerHours: 168,
  answerBound: 0.5,
  /** Time in which utilisation follows a kink that governance has moved. */
  kinkHours: 72,
  /** How far logit utilisation gives way per unit of log(rate at target / market rate), and how the market rate moves. */
  adaptivePull: 1.5,
  marketRateLoading: 0.35,
} as const

/** Where governance may put a curve. */
export const governance = {
  kink: { min: 0.8, max: 0.93 },
  slope1: { min: 0.02, max: 0.12 },
  slope2: { min: 0.08, max: 0.75 },
  /** Standard deviation of one move of the first slope, in log units. */
  slope1Sd: 0.2,
} as const

export const freezeHours = { min: 1, max: 120 } as const

const lending = {
  asset: 'USDC',
  sizeSd: 0.03,
  supplyShare: 0.5,
  jumpsPerHour: 1 / 120,
  jumpScale: 0.65,
  jumpHours: 3,
  whalesPerHour: 1 / 60,
  whaleScale: 0.03,
  freezesPerHour: 1 / 40_000,
  governancePerHour: 1 / 4_000,
  supplyElasticity: 0.0016,
  borrowElasticity: -0.0015,
} as const

/** Usual markets; figures as measured on hourly histories of 2023 and 2024, sizes likewise. */
export const venueProfiles = {
  aaveUsdc: {
    ...lending,
    id: 'aave-v3:usdc',
    curve: { kind: 'kinked', kink: 0.9, base: 0, slope1: 0.055, slope2: 0.6, reserveFactor: 0.1 },
    supply: 420e6,
    offset: 0,
    utilisationSd: 0.5,
    aboveKink: 0.22,
    jumpScale: 0.6,
  },
  cometUsdc: {
    ...lending,
    id: 'comet:usdc',
    curve: { kind: 'comet', kink: 0.93, base: 0.005, slope1: 0.04, slope2: 0.18 },
    supply: 370e6,
    offset: 0.25,
    utilisationSd: 0.7,
    aboveKink: 1,
    jumpsPerHour: 1 / 70,
    jumpScale: 0.65,
    governancePerHour: 1 / 16_000,
  },
  aaveUsdt: {
    ...lending,
    id: 'aave-v3:usdt',
    asset: 'USDT',
    curve: { kind: 'kinked', kink: 0.9, base: 0, slope1: 0.055, slope2: 0.75, reserveFactor: 0.1 },
    supply: 430e6,
    offset: -0.5,
    utilisationSd: 0.45,
    aboveKink: 0.33,
  },
  morphoUsdc: {
    ...lending,
    id: 'morpho-blue:usdc',
    curve: { kind: 'adaptive', marketRate: 0.047, fee: 0 },
    supply: 60e6,
    offset: -0.05,
    utilisationSd: 0.15,
    aboveKink: 1,
    jumpScale: 0.2,
    governancePerHour: 0,
  },
  savings: {
    ...lending,
    id: 'erc4626:usdc',
    curve: { kind: 'exogenous', apr: 0.042, sd: 0.3, halfLifeHours: 720 },
    supply: 200e6,
    offset: 0,
    utilisationSd: 0,
    aboveKink: 1,
    jumpsPerHour: 0,
    freezesPerHour: 0,
    governancePerHour: 0,
    supplyElasticity: 0,
    borrowElasticity: 0,
  },
} as const satisfies Record<string, VenueSpec>

/** Gas as it was in 2023 and 2024. */
export const gas2024: GasSpec = { usdPer400k: 19, fastSd: 0.3, fastHours: 5, slowSd: 0.5, slowHours: 120 }

/** Five usual markets at the gas of 2023 and 2024: Aave v3 with USDC and USDT, Comet, Morpho Blue and savings with USDC. */
export function usualMarket(seed: bigint, startSeconds = 0): MarketSpec {
  return { seed, asset: 'USDC', startSeconds, venues: Object.values(venueProfiles), gas: gas2024 }
}
