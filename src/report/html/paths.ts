import { fieldWidth, placeOf, type Scale } from './scale.ts'

/** Outline between the least and the greatest of each bucket, broken where nothing is known. */
export function bandPath(low: Float64Array, high: Float64Array, scale: Scale): string {
  const count = low.length
  const parts: string[] = []
  for (const [from, to] of knownRuns(high)) {
    const there: string[] = []
    const back: string[] = []
    for (let b = from; b < to; b += 1) {
      const x = middle(b, count)
      there.push(`${x} ${place(scale, high[b] as number)}`)
      back.push(`${x} ${place(scale, low[b] as number)}`)
    }
    parts.push(`M${there.join('L')}L${back.reverse().join('L')}Z`)
  }
  return parts.join('')
}

/** A line through the middle of each bucket, broken where nothing is known. */
export function linePath(values: Float64Array, scale: Scale): string {
  const count = values.length
  return knownRuns(values)
    .map(([from, to]) => {
      const places: string[] = []
      for (let b = from; b < to; b += 1) places.push(`${middle(b, count)} ${place(scale, values[b] as number)}`)
      // A single known bucket is a dot as wide as itself.
      return places.length === 1 ? `M${places[0]}h${short(fieldWidth / count)}` : `M${places.join('L')}`
    })
    .join('')
}

/** A line through the end of each bucket, from a value at the beginning: for sums. */
export function sumPath(first: number, last: Float64Array, scale: Scale): string {
  const count = last.length
  const places = Array.from(last, (value, b) => `${edge(b + 1, count)} ${place(scale, value)}`)
  return `M0 ${place(scale, first)}L${places.join('L')}`
}

/** The area of stairs between two heights of each bucket; equal steps after each other become one. */
export function stairs(bottom: Float64Array, top: Float64Array, scale: Scale): string {
  const count = top.length
  return `M0 ${place(scale, top[0] as number)}${walk(top, scale, 0, 1)}L${edge(count, count)} ${place(
    scale,
    bottom[count - 1] as number,
  )}${walk(bottom, scale, count - 1, -1)}Z`
}

function walk(values: Float64Array, scale: Scale, from: number, step: 1 | -1): string {
  const count = values.length
  const parts: string[] = []
  let at = place(scale, values[from] as number)
  for (let b = from; b >= 0 && b < count; b += step) {
    const next = place(scale, values[b] as number)
    if (next !== at) parts.push(`H${edge(step === 1 ? b : b + 1, count)}V${next}`)
    at = next
  }
  parts.push(`H${step === 1 ? edge(count, count) : '0'}`)
  return parts.join('')
}

/** Stretches of buckets in which something is known: first, and first after. */
function knownRuns(values: Float64Array): [from: number, to: number][] {
  const runs: [number, number][] = []
  for (let b = 0; b < values.length; b += 1) {
    if (Number.isNaN(values[b] as number)) continue
    const last = runs.at(-1)
    if (last !== undefined && last[1] === b) last[1] = b + 1
    else runs.push([b, b + 1])
  }
  return runs
}

function middle(bucket: number, count: number): string {
  return short(((bucket + 0.5) / count) * fieldWidth)
}

function edge(bucket: number, count: number): string {
  return short((bucket / count) * fieldWidth)
}

function place(scale: Scale, value: number): string {
  return short(placeOf(scale, value))
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10)
}
