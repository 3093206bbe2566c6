/**
 * Counter-based random numbers: every draw is a pure function of (seed, step, venue, agent, index). Nothing is
 * advanced, so draws do not depend on their order, on how many others were made, or on the state of any chain; two
 * chains with different vaults see the same market.
 *
 * Generator: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011), key =
 * seed, counter = (step, venue, agent, index), names hashed by 32-bit FNV-1a.
 *
 * Floating point: these numbers steer simulated participants and never touch a vault's money.
 */

type Four = [number, number, number, number]

/** Returns Philox4x32-10 of a counter under a key; all words are unsigned 32-bit integers. */
export function philox4x32(counter: Readonly<Four>, key: readonly [number, number]): Four {
  const out = new Uint32Array(4)
  philoxInto(counter[0], counter[1], counter[2], counter[3], key[0], key[1], out)
  return [out[0] as number, out[1] as number, out[2] as number, out[3] as number]
}

/** The same from plain numbers into `out`, four words: nothing is allocated. */
export function philoxInto(
  step: number,
  venue: number,
  agent: number,
  index: number,
  keyLow: number,
  keyHigh: number,
  out: Uint32Array,
): void {
  let c0 = step >>> 0
  let c1 = venue | 0
  let c2 = agent >>> 0
  let c3 = index | 0
  let k0 = keyLow | 0
  let k1 = keyHigh | 0
  for (let round = 0; round < 10; round += 1) {
    const low0 = Math.imul(0xd2511f53, c0)
    const low1 = Math.imul(0xcd9e8d57, c2)
    const next0 = (mulHigh(0xcd9e8d57, c2, low1) ^ c1 ^ k0) >>> 0
    const next2 = (mulHigh(0xd2511f53, c0, low0) ^ c3 ^ k1) >>> 0
    c0 = next0
    c1 = low1
    c2 = next2
    c3 = low0
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
}

/** Returns an unsigned 32-bit integer. `step` and `index` are non-negative integers below 2^32; `seed` is cut to 64 bits. */
export function drawUint32(seed: bigint, step: number, venue: string, agent: string, index = 0): number {
  return drawFour(seed, step, venue, agent, index)[0]
}

/** Returns a float64 in the open interval (0, 1). */
export function drawUniform(seed: bigint, step: number, venue: string, agent: string, index = 0): number {
  return toOpenUnit(drawUint32(seed, step, venue, agent, index))
}

/** Returns a standard normal float64 (Box and Muller). */
export function drawNormal(seed: bigint, step: number, venue: string, agent: string, index = 0): number {
  const [a, b] = drawFour(seed, step, venue, agent, index)
  return Math.sqrt(-2 * Math.log(toOpenUnit(a))) * Math.cos(2 * Math.PI * toOpenUnit(b))
}

/** Returns a draw of Student's t with three degrees of freedom, scaled to variance one. Uses indices `index`…`index + 1`. */
export function drawStudentT3(seed: bigint, step: number, venue: string, agent: string, index = 0): number {
  const [a, b, c] = drawFour(seed, step, venue, agent, index)
  const normal = Math.sqrt(-2 * Math.log(toOpenUnit(a))) * Math.cos(2 * Math.PI * toOpenUnit(b))
  const another = drawNormal(seed, step, venue, agent, index + 1)
  // Chi-square with three degrees: an exponential is one with two, a squared normal one with one. Variance of t is 3.
  const chiSquare = -2 * Math.log(toOpenUnit(c)) + another * another
  return normal / Math.sqrt(chiSquare)
}

function drawFour(seed: bigint, step: number, venue: string, agent: string, index: number): Four {
  const key: [number, number] = [Number(BigInt.asUintN(32, seed)), Number(BigInt.asUintN(32, seed >> 32n))]
  return philox4x32([step, hashName(venue), hashName(agent), index], key)
}

/** 32-bit FNV-1a of the name's UTF-16 units. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** A 32-bit word as a float64 in the open interval (0, 1). */
export function toOpenUnit(word: number): number {
  return (word + 0.5) / 4_294_967_296
}

/**
 * The upper 32 bits of the product of two unsigned 32-bit integers whose lower 32 bits are `low`. The product in float64 is
 * off by less than 2^11; what is left after taking `low` away is a multiple of 2^32 but for that.
 */
function mulHigh(a: number, b: number, low: number): number {
  return Math.round((a * b - (low >>> 0)) / 4_294_967_296)
}
