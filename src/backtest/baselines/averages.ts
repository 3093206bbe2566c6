import { supplyAprAt } from '../../market/venue-model.ts'
import type { PolicyView } from '../replay.ts'

/**
 * Exponential averages, over data steps, of what each venue would pay on k of `points` steps of our capital, own impact
 * inside: fractions per year of the capital, `[venue][k]`. A half-life of 0 is no average. While a memory is young, it is
 * the mean of all it has seen, as in the policy specification.
 */
export type IncomeAverages = {
  points: number
  /** What is paid now. */
  now: readonly Float64Array[]
  /** `[half-life][venue][k]` */
  averages: readonly (readonly Float64Array[])[]
  observe(view: Pick<PolicyView, 'frame' | 'capital'>): void
}

/** @param halfLives in steps of the panel. */
export function createAverages(venues: number, points: number, halfLives: readonly number[]): IncomeAverages {
  const tables = (): Float64Array[] => Array.from({ length: venues }, () => new Float64Array(points + 1))
  const now = tables()
  const averages = halfLives.map(tables)
  const alphas = halfLives.map((halfLife) => (halfLife === 0 ? 1 : 1 - 0.5 ** (1 / halfLife)))
  let count = 0
  return {
    points,
    now,
    averages,
    observe({ frame, capital }) {
      count += 1
      for (let j = 0; j < venues; j += 1) {
        const row = now[j] as Float64Array
        for (let k = 1; k <= points; k += 1) row[k] = (supplyAprAt(frame, j, (k / points) * capital) * k) / points
        for (let h = 0; h < averages.length; h += 1) {
          const alpha = Math.max(alphas[h] as number, 1 / count)
          const average = (averages[h] as Float64Array[])[j] as Float64Array
          for (let k = 1; k <= points; k += 1) {
            average[k] = (average[k] as number) + alpha * ((row[k] as number) - (average[k] as number))
          }
        }
      }
    },
  }
}
