import { createPaint, type Paint } from './marks.ts'

/** Aligned `name  value` lines under an optional title; a value of several lines keeps its indent. */
export function renderKeyValues(
  entries: readonly (readonly [name: string, value: string])[],
  options: { title?: string; paint?: Paint } = {},
): string[] {
  const paint = options.paint ?? createPaint(false)
  const indent = options.title === undefined ? '' : '  '
  const width = Math.max(0, ...entries.map(([name]) => name.length))
  const lines = entries.flatMap(([name, value]) =>
    value
      .split('\n')
      .map((line, index) => `${indent}${paint.dim((index === 0 ? name : '').padEnd(width))}  ${line}`.trimEnd()),
  )
  return options.title === undefined ? lines : [paint.bold(options.title), ...lines]
}
