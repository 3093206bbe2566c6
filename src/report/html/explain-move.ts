import type { RunHead, RunMove } from '../run-record.ts'
import { amount, fraction, hoursText, percent, points, timeText } from './numbers.ts'

export type MoveExplanation = {
  /** `35 % of the capital: aave 60 → 25 %, comet 40 → 75 %` */
  what: string
  /** What was known, what was to be gained, and what it cost. */
  why: string
  /** The policy's own words, where it has some. */
  words?: string
  /** What came of it until the next move. */
  outcome: string
  /** What liquidity or caps kept back. */
  limits?: string
}

/** Says of a move what it did, on what knowledge and at what price, and what came of it. */
export function explainMove(move: RunMove, head: Pick<RunHead, 'venues' | 'report' | 'settings'>): MoveExplanation {
  const { capital } = head.report
  const { asset } = head.settings
  const limits = limitsOf(move, asset)
  return {
    what: `${fraction(movedShare(move), 1)} of the capital: ${move.legs
      .map(({ venue, from, to }) => `${nameOf(head, venue)} ${shareText(from)}\u00a0→\u00a0${shareText(to)}\u00a0%`)
      .join(', ')}`,
    why: whyOf(move, head, capital, asset),
    ...(move.reason === undefined ? {} : { words: move.reason }),
    outcome: outcomeOf(move, asset),
    ...(limits === undefined ? {} : { limits }),
  }
}

/** Share of the capital that changed its place: the larger of what went in and what came out. */
export function movedShare({ legs }: Pick<RunMove, 'legs'>): number {
  const into = legs.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0)
  const out = legs.reduce((sum, { from, to }) => sum + Math.max(0, from - to), 0)
  return Math.max(into, out)
}

function whyOf(move: RunMove, head: Pick<RunHead, 'venues'>, capital: number, asset: string): string {
  const { mixBefore, mixAfter, known, gas, swap } = move
  const cost = `${amount(gas, asset)} of gas${swap > 0 ? ` and ${amount(swap, asset)} of swaps` : ''}`
  if (known === null || mixBefore === null || mixAfter === null) return `Nothing was known yet. It cost ${cost}.`
  const rates = move.legs
    .map(({ venue, aprBefore, aprAfter }) => {
      if (aprBefore === null || aprAfter === null) return `${nameOf(head, venue)} was closed`
      const change = Math.abs(aprAfter - aprBefore) < 5e-5 ? '' : `, ${fraction(aprAfter)} after the move`
      return `${nameOf(head, venue)} paid ${fraction(aprBefore)}${change}`
    })
    .join('; ')
  const gainPerDay = ((mixAfter - mixBefore) * capital) / 365
  const seen = `On the data of ${timeText(known)}: ${rates}. All of the capital would go from ${fraction(mixBefore)} to ${fraction(mixAfter)}`
  if (gainPerDay <= 0) {
    return `${seen}, ${points(100 * (mixAfter - mixBefore), 2)}: that hour alone does not speak for the move. It cost ${cost}.`
  }
  const hours = (24 * (gas + swap)) / gainPerDay
  const paid = gas + swap > 0 ? `, paid back in ${hoursText(hours)} at those rates` : ''
  return `${seen}: ${amount(gainPerDay, asset)} a day more, for ${cost}${paid}.`
}

function outcomeOf({ heldHours, brought }: RunMove, asset: string): string {
  const what = brought < 0 ? `${amount(-brought, asset)} less` : `${amount(brought, asset)} more`
  return `It then stood for ${hoursText(heldHours)} and brought ${what} than staying would have, its cost paid.`
}

function limitsOf({ lockedIn, shutOut }: RunMove, asset: string): string | undefined {
  const parts = [
    ...(lockedIn >= 1 ? [`${amount(lockedIn, asset)} was wanted out and not free`] : []),
    ...(shutOut >= 1 ? [`${amount(shutOut, asset)} found no room`] : []),
  ]
  return parts.length === 0 ? undefined : `${parts.join('; ')}.`
}

function nameOf({ venues }: Pick<RunHead, 'venues'>, venue: number): string {
  return venues[venue]?.id ?? `venue ${venue}`
}

function shareText(share: number): string {
  return percent(100 * share, 1)
    .replace(/\.0(?=\u00a0)/, '')
    .replace(/\u00a0%$/, '')
}
