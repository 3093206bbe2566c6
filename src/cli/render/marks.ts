import pc from 'picocolors'

export type Paint = ReturnType<typeof pc.createColors>

export type Status = 'ok' | 'warn' | 'fail' | 'skip'

/** Colours, or none of them. */
export function createPaint(color: boolean): Paint {
  return pc.createColors(color)
}

/** One character for a status: shape carries the meaning, colour only repeats it. */
export function mark(status: Status, paint: Paint): string {
  if (status === 'ok') return paint.green('✓')
  if (status === 'warn') return paint.yellow('!')
  if (status === 'fail') return paint.red('✗')
  return paint.dim('·')
}
