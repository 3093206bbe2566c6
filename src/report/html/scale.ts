/** From values to places: pictures are drawn on a field that is `fieldWidth` wide, whatever its width on the screen. */
export const fieldWidth = 1_000

export type Scale = { low: number; high: number; height: number; ticks: number[] }

/** A scale with round ticks from at or below `low` to at or above `high`, `height` high; 0 is at the top of the field. */
export function scaleOf(low: number, high: number, height: number, count = 4): Scale {
  const size = Math.max(Math.abs(low), Math.abs(high))
  // What does not differ gets a tenth of its size to stand in.
  const span = high - low > Math.max(size * 1e-9, 1e-12) ? high - low : Math.max(size * 0.1, 1e-9)
  const step = niceStep(span / count)
  const bottom = Math.floor(low / step + 1e-9) * step
  const top = Math.max(Math.ceil((low + span) / step - 1e-9) * step, bottom + step)
  const ticks = Array.from({ length: Math.round((top - bottom) / step) + 1 }, (_, i) => bottom + i * step)
  return { low: bottom, high: top, height, ticks: ticks.map((tick) => Number(tick.toPrecision(12))) }
}

/** Decimals with which the ticks of a scale differ from each other, times `unit`: 100 where they are shown as percent. */
export function tickDigits({ ticks }: Scale, unit = 1): number {
  const fits = (digits: number): boolean =>
    ticks.every((tick) => {
      const scaled = tick * unit * 10 ** digits
      return Math.abs(scaled - Math.round(scaled)) < 1e-6 * Math.max(1, Math.abs(scaled))
    })
  return [0, 1, 2, 3, 4, 5, 6, 7].find(fits) ?? 8
}

/** Place of a value, counted from the top. */
export function placeOf({ low, high, height }: Scale, value: number): number {
  return height - ((value - low) / (high - low)) * height
}

/** 1, 2, 2.5 or 5 times a power of ten, at or above a size. */
function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size))
  const factor = [1, 2, 2.5, 5, 10].find((one) => one * power >= size * (1 - 1e-9)) ?? 10
  return factor * power
}

export type TimeTick = { time: number; label: string }

const hour = 3_600
const day = 24 * hour
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Ticks of a time axis, at most `most`, on whole hours, days or months of UTC. */
export function timeTicks(from: number, to: number, most = 10): TimeTick[] {
  for (const step of [hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day]) {
    if ((to - from) / step > most) continue
    const first = Math.ceil(from / step) * step
    const count = Math.max(0, Math.floor((to - 1 - first) / step) + 1)
    return Array.from({ length: count }, (_, i) => {
      const time = first + i * step
      const at = new Date(time * 1_000)
      const date = `${at.getUTCDate()} ${months[at.getUTCMonth()]}`
      return { time, label: step < day && time % day !== 0 ? at.toISOString().slice(11, 16) : date }
    })
  }
  const start = new Date(from * 1_000)
  const monthOf = (index: number): number => Date.UTC(start.getUTCFullYear(), index, 1) / 1_000
  for (const step of [1, 2, 3, 6, 12, 24, 60]) {
    const first = Math.ceil(start.getUTCMonth() / step) * step
    const ticks: TimeTick[] = []
    for (let index = first; monthOf(index) < to; index += step) {
      if (monthOf(index) < from) continue
      const at = new Date(monthOf(index) * 1_000)
      ticks.push({ time: monthOf(index), label: `${months[at.getUTCMonth()]} ${at.getUTCFullYear()}` })
    }
    if (ticks.length <= most) return ticks
  }
  return []
}
