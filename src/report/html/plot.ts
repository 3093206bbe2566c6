import { type Content, html, type Markup } from './markup.ts'
import { fieldWidth, placeOf, type Scale, type TimeTick } from './scale.ts'

/** Room above the highest line of the grid, for its label, and below the field for the times. */
const above = 16
const below = 20

/** What all pictures over time share. */
export type TimeAxis = { from: number; to: number; ticks: readonly TimeTick[]; marks: readonly number[] }

export type Plot = {
  /** What the picture says, for whoever can't see it. */
  label: string
  scale: Scale
  axis: TimeAxis
  /** Text of a tick of the scale. */
  text(value: number): string
  /** Drawn into the field, whose width is `fieldWidth`. */
  field: Content
  /** Drawn over it in places of the screen; x in percent. */
  over?: Content
  /** Without times below. */
  bare?: boolean
}

/**
 * A picture over time as wide as it may be: the field is stretched, while texts and marks stand at shares of the width and
 * keep their size, so that it reads the same on a phone.
 */
export function plot({ label, scale, axis, text, field, over, bare }: Plot): Markup {
  const { height, ticks } = scale
  const y = (value: number): string => (above + placeOf(scale, value)).toFixed(1)
  return html`<svg class="plot" data-plot height="${above + height + (bare === true ? 4 : below)}" role="img" aria-label="${label}">
${ticks.map((tick) => html`<line class="grid" x2="100%" y1="${y(tick)}" y2="${y(tick)}"/>`)}
<svg y="${above}" height="${height}" width="100%" viewBox="0 0 ${fieldWidth} ${height}" preserveAspectRatio="none">
${axis.marks.map((time) => html`<path class="mark-line" d="M${(share(axis, time) * fieldWidth).toFixed(1)} 0V${height}"/>`)}
${field}</svg>
${over}
${ticks.map((tick) => html`<text class="tick" y="${(above + placeOf(scale, tick) - 3).toFixed(1)}">${text(tick)}</text>`)}
${bare === true ? '' : timeLabels(axis, above + height + 15)}
<line class="cursor" y1="${above}" y2="${above + height}" visibility="hidden"/></svg>`
}

/** Share of the axis at which a time stands, 0 to 1. */
function share({ from, to }: Pick<TimeAxis, 'from' | 'to'>, time: number): number {
  return (time - from) / (to - from)
}

/** `12.3%` of the width. */
export function across(axis: Pick<TimeAxis, 'from' | 'to'>, time: number): string {
  return `${(100 * share(axis, time)).toFixed(2)}%`
}

function timeLabels(axis: TimeAxis, y: number): Markup[] {
  // On a narrow screen every third label is left.
  return axis.ticks.map(({ time, label }, i) => {
    const at = share(axis, time)
    const anchor = at < 0.04 ? 'start' : at > 0.96 ? 'end' : 'middle'
    return html`<text class="tick time${i % 3 === 0 ? '' : ' narrow-off'}" x="${across(axis, time)}" y="${y}" text-anchor="${anchor}">${label}</text>`
  })
}

export { above as plotTop }
