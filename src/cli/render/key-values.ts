import { createPaint, type Paint } from './marks.ts'
import { wrap } from './text.ts'

/** Aligned `name  value` lines under an optional title; a value of several lines, or wider than `columns`, keeps its indent. */
export function renderKeyValues(
  entries: readonly (readonly [name: string, value: string])[],
  options: { title?: string; paint?: Paint; columns?: number } = {},
): string[] {
  const paint = options.paint ?? createPaint(false)
  const indent = options.title === undefined ? '' : '  '
  const width = Math.max(0, ...entries.map(([name]) => name.length))
  // Below twenty columns a terminal breaks better than words do.
  const room = Math.max(20, (options.columns ?? Number.POSITIVE_INFINITY) - indent.length - width - 2)
  const lines = entries.flatMap(([name, value]) =>
    value
      .split('\n')
      .flatMap((line) => wrap(line, room, '  '))
      .map((line, index) => `${indent}${paint.dim((index === 0 ? name : '').padEnd(width))}  ${line}`.trimEnd()),
  )
  return options.title === undefined ? lines : [paint.bold(options.title), ...lines]
}
