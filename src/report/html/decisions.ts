import type { RunMove, RunRecord } from '../run-record.ts'
import { explainMove, movedShare } from './explain-move.ts'
import { html, type Markup } from './markup.ts'
import { timeText } from './numbers.ts'
import { across, type TimeAxis } from './plot.ts'

/** So many marks have room beside each other on a desk; on a phone they stand close. */
const slots = 96
const listed = 300

/** Moves that stand so close that they share a mark. */
type Cluster = { time: number; moves: number[]; share: number }

/** Which moves are explained one by one: all, or the largest. */
export function listedMoves({ moves }: RunRecord): number[] {
  const all = moves.map((_, i) => i)
  if (all.length <= listed) return all
  const sizes = moves.map(movedShare)
  return all
    .sort((a, b) => (sizes[b] as number) - (sizes[a] as number) || a - b)
    .slice(0, listed)
    .sort((a, b) => a - b)
}

/** A row of marks, one for each move or few moves, as large as what was moved; each leads to its explanation. */
export function decisionMarks({ moves }: RunRecord, axis: TimeAxis, shown: readonly number[]): Markup {
  const isShown = new Set(shown)
  const clusters = clustersOf(moves, axis)
  const height = 26
  return html`<svg class="plot marks" data-plot height="${height}" role="group" aria-label="Decisions: ${moves.length} moves in ${clusters.length} marks. Left and right lead from mark to mark.">
<line class="grid" x2="100%" y1="13" y2="13"/>
${clusters.map(({ time, moves: inside, share }, i) => {
  const explained = inside.filter((move) => isShown.has(move))
  const first = explained[0] ?? inside[0] ?? 0
  const name = `${timeText(time)}: ${inside.length === 1 ? 'a move' : `${inside.length} moves`}, ${Math.round(100 * share)} % of the capital`
  return html`<a href="#${isShown.has(first) ? `move-${first}` : 'decisions'}" tabindex="${i === 0 ? 0 : -1}" data-moves="${explained.join(' ')}" data-count="${inside.length}" data-time="${time}" aria-label="${name}"><circle class="hit" cx="${across(axis, time)}" cy="13" r="12"/><circle class="mark" cx="${across(axis, time)}" cy="13" r="${(2 + 3.5 * Math.sqrt(Math.min(1, share))).toFixed(1)}"/></a>`
})}</svg>`
}

/** The moves with their reasons, in order. */
export function decisionList(run: RunRecord, shown: readonly number[]): Markup {
  return html`<ol class="moves">${shown.map((index) => {
    const move = run.moves[index] as RunMove
    const { what, why, words, outcome, limits } = explainMove(move, run.head)
    return html`<li id="move-${index}"><p class="when"><time datetime="${new Date(move.time * 1_000).toISOString()}">${timeText(move.time)}</time></p><p class="what">${what}</p><p>${why}</p>${
      words === undefined ? '' : html`<p>The policy says: ${words}.</p>`
    }${limits === undefined ? '' : html`<p class="loss">${limits}</p>`}<p class="outcome">${outcome}</p></li>`
  })}</ol>`
}

function clustersOf(moves: readonly RunMove[], axis: TimeAxis): Cluster[] {
  const slot = (axis.to - axis.from) / slots
  const clusters: (Cluster & { slot: number; largest: number })[] = []
  for (const [index, move] of moves.entries()) {
    const at = Math.floor((move.time - axis.from) / slot)
    const share = movedShare(move)
    const last = clusters.at(-1)
    if (last === undefined || last.slot !== at) {
      clusters.push({ slot: at, time: move.time, moves: [index], share, largest: share })
      continue
    }
    last.moves.push(index)
    last.share += share
    // The mark stands where the most was moved.
    if (share > last.largest) {
      last.largest = share
      last.time = move.time
    }
  }
  return clusters
}
