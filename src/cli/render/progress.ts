import { formatDuration } from './format.ts'
import { createPaint, type Paint } from './marks.ts'

export type Progress = {
  label: string
  /** 0 to 1. */
  fraction: number
  elapsedMs: number
  /** @default 40 */
  width?: number
}

/** `label ████░░░░  50 %  12.0 s left`: the time left is the elapsed time carried on. */
export function renderProgress(progress: Progress, paint: Paint = createPaint(false)): string {
  const { label, elapsedMs, width = 40 } = progress
  const fraction = Number.isFinite(progress.fraction) ? Math.min(1, Math.max(0, progress.fraction)) : 0
  const filled = Math.floor(fraction * width)
  const bar = `${paint.cyan('█'.repeat(filled))}${paint.dim('░'.repeat(width - filled))}`
  const percent = `${String(Math.floor(fraction * 100)).padStart(3)} %`
  const left = (elapsedMs * (1 - fraction)) / fraction
  const time =
    fraction >= 1 ? formatDuration(elapsedMs) : fraction > 0 && elapsedMs >= 500 ? `${formatDuration(left)} left` : ''
  return `${label} ${bar} ${percent}  ${time}`.trimEnd()
}
