/**
 * Figures of the simulated market. Measured on hourly histories of USDC on Aave v3 and Compound v3, 2023-02 to 2024-08:
 * change of log deposits per hour 0.4 to 1.2 % (standard deviation), of log borrows 0.4 to 0.8 %; deviations of
 * logit utilisation halve in 18 to 40 h seen hour to hour and in 50 to 106 h seen day to day, so there are two time
 * scales; spikes last 2 to 3 h; all venues move with one level of demand; deposits follow a rate advantage by 0.11 to
 * 0.22 % per percentage point and day, borrows flee it by 0.03 to 0.32 %.
 *
 * Standard deviations are stationary; half-lives in hours; utilisation in logit units; sizes in log units.
 */
export type VenueCalibration = {
  /** Deposits of others around which the venue moves, whole asset units. */
  supplyUnits: number
  /** Mean of logit utilisation less the logit of the curve's kink (or of the adaptive curve's target). */
  offsetFromKink: number
  /** Standard deviation of logit utilisation without jumps. */
  utilisationSd: number
  /** Standard deviation of log deposits. */
  supplySd: number
  /** Expected jumps in logit utilisation per hour, and their scale; two thirds go up. */
  jumpsPerHour: number
  jumpScale: number
  /** Expected freezes per hour: utilisation pinned at 1 for `freezeHours` on average. */
  freezesPerHour: number
  freezeHours: number
  /** Adaptive curves only: how far logit utilisation gives way per unit of log(rate at target / market rate). */
  pull?: number
}

/** Half-lives in hours, the same for every venue, and the shares of variance that they carry. */
export const timeScales = {
  fastHours: 24,
  slowHours: 168,
  /** Share of the variance of utilisation and of deposits on the fast scale; the rest is slow. */
  fastShare: 0.25,
  /** A jump's excess utilisation halves in this time. */
  jumpHours: 2,
  /** Share of the variance of utilisation that all venues have in common. */
  commonShare: 0.5,
} as const

/** Response of other participants to a rate advantage over the mean of all venues. */
export const elasticity = {
  /** Change of log deposits and of log borrows per percentage point and day. */
  supplyPerPointDay: 0.0016,
  borrowPerPointDay: -0.0015,
  /** Half-life with which a response is forgotten, hours, and its bound in log units. */
  memoryHours: 168,
  bound: 0.25,
} as const

/** The level of rates that borrowers pay anywhere, fraction per year: it anchors adaptive curves. */
export const marketRate = { median: 0.047, commonLoading: 0.35 } as const

/** Ether's price and the base fee: log deviations from a median, Ornstein and Uhlenbeck. */
export const gasAndPrice = {
  /** US dollars. The median base fee is the one at which 400,000 gas cost `usdPer400kGas` at this price. */
  ethPriceUsd: 3_000,
  ethSd: 0.25,
  ethHours: 1_000,
  usdPer400kGas: 5,
  gasFastSd: 0.3,
  gasFastHours: 5,
  gasSlowSd: 0.5,
  gasSlowHours: 120,
} as const

/** Savings rate of the ERC-4626 vault: log deviation from a median, set anew every `everyHours`. */
export const savingsRate = {
  median: 0.042,
  sd: 0.3,
  hours: 720,
  everyHours: 24,
  minimum: 0.005,
  maximum: 0.12,
} as const

const kinked = { jumpsPerHour: 1 / 110, jumpScale: 0.6, freezesPerHour: 0, freezeHours: 0 }

/** By venue kind; the markets of Morpho Blue take `morpho-blue` in the order of the deployment. */
export const calibrations: {
  'aave-v3': VenueCalibration
  comet: VenueCalibration
  'morpho-blue': readonly VenueCalibration[]
  erc4626: VenueCalibration
} = {
  'aave-v3': { ...kinked, supplyUnits: 160e6, offsetFromKink: -0.5, utilisationSd: 0.45, supplySd: 0.05 },
  comet: {
    ...kinked,
    supplyUnits: 90e6,
    offsetFromKink: -0.4,
    utilisationSd: 0.38,
    supplySd: 0.06,
    freezesPerHour: 1 / 4_000,
    freezeHours: 8,
  },
  'morpho-blue': [
    {
      ...kinked,
      supplyUnits: 60e6,
      jumpScale: 0.25,
      offsetFromKink: -0.05,
      utilisationSd: 0.13,
      supplySd: 0.06,
      pull: 1.5,
    },
    {
      ...kinked,
      supplyUnits: 30e6,
      jumpScale: 0.3,
      offsetFromKink: -0.05,
      utilisationSd: 0.17,
      supplySd: 0.07,
      pull: 1.5,
      freezesPerHour: 1 / 4_000,
      freezeHours: 8,
    },
  ],
  erc4626: {
    supplyUnits: 20e6,
    offsetFromKink: 0,
    utilisationSd: 0,
    supplySd: 0.08,
    jumpsPerHour: 0,
    jumpScale: 0,
    freezesPerHour: 0,
    freezeHours: 0,
  },
}
