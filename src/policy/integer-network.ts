import { type Hex, keccak256 } from 'viem'
import { integerOutOfRange, observationLength, rowBoundExceeded } from '../errors/observe.ts'
import { clamp } from './integer-math.ts'
import { specification } from './specification.ts'

const architecture = specification.architecture
const { inputs, hidden, scores, activationMax, scoreMin, scoreMax, biasScale, parameterMax, rowBound } = architecture
const scale = 2 ** architecture.shift
const poolScale = 2 ** architecture.poolShift

/** int8 parameters of `pooled-mlp-17-16-16-8`, matrices row-major. */
export type NetworkParameters = {
  /** [16][17] and [16] */
  w1: ArrayLike<number>
  b1: ArrayLike<number>
  /** [16][32] over [own, pool], and [16] */
  w2: ArrayLike<number>
  b2: ArrayLike<number>
  /** [8][16], [8][17] and [8] */
  w3: ArrayLike<number>
  ws: ArrayLike<number>
  b3: ArrayLike<number>
}

/**
 * Reads the canonical bytes of a network: int8, row-major, in the order of the specification. Raises OBSERVATION_LENGTH,
 * INTEGER_OUT_OF_RANGE and NETWORK_ROW_BOUND.
 */
export function parseParameters(bytes: Uint8Array): NetworkParameters {
  const expected = parameterCount()
  if (bytes.length !== expected) throw observationLength('parameter bytes', expected, bytes.length)
  const values = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  const parts: Record<string, Int8Array> = {}
  let at = 0
  for (const { name, shape } of architecture.parameters) {
    const length = shape.reduce((product, size) => product * size, 1)
    parts[name] = values.slice(at, at + length)
    at += length
  }
  const empty = new Int8Array()
  const { w1 = empty, b1 = empty, w2 = empty, b2 = empty, w3 = empty, ws = empty, b3 = empty } = parts
  const parameters = { w1, b1, w2, b2, w3, ws, b3 }
  checkParameters(parameters)
  return parameters
}

/** The canonical bytes of a network, int8 in two's complement; the inverse of `parseParameters`. */
export function parameterBytes(parameters: NetworkParameters): Uint8Array {
  const all = [parameters.w1, parameters.b1, parameters.w2, parameters.b2, parameters.w3, parameters.ws, parameters.b3]
  return new Uint8Array(Int8Array.from(all.flatMap((part) => Array.from(part))).buffer)
}

/** keccak256 of the canonical bytes: what a registry commits to. */
export function parametersHash(parameters: NetworkParameters): Hex {
  return keccak256(parameterBytes(parameters))
}

/** Number of parameters of the architecture, 1088. */
export function parameterCount(): number {
  return architecture.parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)
}

/**
 * Checks shapes, the int8 range and the bound of every row: Σ|w|·4096 + |b|·1024 < 2^24, with which float32 carries every
 * partial sum exactly. Raises OBSERVATION_LENGTH, INTEGER_OUT_OF_RANGE, NETWORK_ROW_BOUND.
 */
export function checkParameters(parameters: NetworkParameters): void {
  const parts: Readonly<Record<string, ArrayLike<number>>> = parameters
  for (const { name, shape } of architecture.parameters) {
    const part = parts[name] ?? []
    const length = shape.reduce((product, size) => product * size, 1)
    if (part.length !== length) throw observationLength(`parameters ${name}`, length, part.length)
    for (let i = 0; i < length; i += 1) {
      const value = part[i] ?? Number.NaN
      if (!Number.isInteger(value) || Math.abs(value) > parameterMax) {
        throw integerOutOfRange(`Parameter ${name}[${i}]`, value, -parameterMax, parameterMax)
      }
    }
  }
  checkRows('1', hidden, parameters.b1, [{ w: parameters.w1, columns: inputs }])
  checkRows('2', hidden, parameters.b2, [{ w: parameters.w2, columns: 2 * hidden }])
  checkRows('3', scores, parameters.b3, [
    { w: parameters.w3, columns: hidden },
    { w: parameters.ws, columns: inputs },
  ])
}

/**
 * The network in integers: `[venues][17] → [venues][8]`. Every sum stays below 2^24, so numbers carry it exactly.
 *
 * @param parameters as `checkParameters` accepts them.
 * @param observation per venue its twelve features and the five global ones, each within ±4095.
 *
 * Raises OBSERVATION_LENGTH, INTEGER_OUT_OF_RANGE. Source: docs/policy-spec.md section 5.
 */
export function forward(parameters: NetworkParameters, observation: readonly ArrayLike<number>[]): number[][] {
  const venues = observation.length
  const recip = architecture.recip[venues - 1]
  if (recip === undefined) throw observationLength('venues', architecture.recip.length, venues)
  for (const row of observation) checkInput(row)

  const sums = new Array<number>(hidden).fill(0)
  const own = observation.map((row) =>
    Array.from({ length: hidden }, (_, i) => {
      const sum = dot(parameters.w1, i * inputs, row, inputs) + (parameters.b1[i] ?? 0) * biasScale
      const value = clamp(Math.floor(sum / scale), 0, activationMax)
      sums[i] = (sums[i] ?? 0) + value
      return value
    }),
  )
  const pool = sums.map((sum) => Math.floor((sum * recip) / poolScale))
  return observation.map((row, j) => {
    const first = own[j] ?? []
    const second = Array.from({ length: hidden }, (_, i) => {
      const sum =
        dot(parameters.w2, i * 2 * hidden, first, hidden) +
        dot(parameters.w2, i * 2 * hidden + hidden, pool, hidden) +
        (parameters.b2[i] ?? 0) * biasScale
      return clamp(Math.floor(sum / scale), 0, activationMax)
    })
    return Array.from({ length: scores }, (_, i) => {
      const sum =
        dot(parameters.w3, i * hidden, second, hidden) +
        dot(parameters.ws, i * inputs, row, inputs) +
        (parameters.b3[i] ?? 0) * biasScale
      return clamp(Math.floor(sum / scale), scoreMin, scoreMax)
    })
  })
}

function dot(matrix: ArrayLike<number>, from: number, vector: ArrayLike<number>, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i += 1) sum += (matrix[from + i] ?? 0) * (vector[i] ?? 0)
  return sum
}

function checkInput(row: ArrayLike<number>): void {
  if (row.length !== inputs) throw observationLength('values of a venue', inputs, row.length)
  for (let i = 0; i < inputs; i += 1) {
    const value = row[i] ?? Number.NaN
    if (!Number.isInteger(value) || Math.abs(value) > architecture.inputMax) {
      throw integerOutOfRange(`Input ${i}`, value, -architecture.inputMax, architecture.inputMax)
    }
  }
}

function checkRows(
  layer: string,
  rows: number,
  bias: ArrayLike<number>,
  matrices: readonly { w: ArrayLike<number>; columns: number }[],
): void {
  for (let row = 0; row < rows; row += 1) {
    let sum = Math.abs(bias[row] ?? 0) * biasScale
    for (const { w, columns } of matrices) {
      for (let i = 0; i < columns; i += 1) sum += Math.abs(w[row * columns + i] ?? 0) * 4096
    }
    if (sum >= rowBound) throw rowBoundExceeded(layer, row, sum, rowBound)
  }
}
