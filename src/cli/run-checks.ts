import { TillerError } from '../errors/base.ts'
import { redactText } from '../keeper/logger.ts'
import { formatDuration } from './render/format.ts'
import { mark, type Paint, type Status } from './render/marks.ts'
import { wrap } from './render/text.ts'

export type Finding = { status: Status; detail: string; remedy?: string }

export type Check = { name: string; run(): Promise<Finding | readonly Finding[]> }

export type CheckResult = Finding & { name: string; ms: number }

/**
 * Runs all checks at once; a check that raises or never ends becomes a finding and hides none of the others.
 *
 * @param timeoutMs how long one check may take.
 */
export async function runChecks(checks: readonly Check[], timeoutMs = 20_000): Promise<CheckResult[]> {
  const results = await Promise.all(
    checks.map(async ({ name, run }) => {
      const started = performance.now()
      const findings = await withTimeout(run, timeoutMs).catch((error: unknown) => findingOf(error))
      const ms = Math.round(performance.now() - started)
      return (Array.isArray(findings) ? findings : [findings]).map((finding: Finding) => ({ name, ...finding, ms }))
    }),
  )
  return results.flat()
}

/** Turns an error into a finding that says what to do. */
export function findingOf(error: unknown): Finding {
  if (error instanceof TillerError) {
    const details = Object.entries(error.details).map(([name, value]) => `${name} ${value}`)
    const detail = details.length === 0 ? error.shortMessage : `${error.shortMessage} (${details.join(', ')})`
    return { status: 'fail', detail: redactText(detail), remedy: error.remedy }
  }
  const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  return { status: 'fail', detail: redactText(text), remedy: 'Run it again with --log-level debug.' }
}

/** One finding after the other, its remedy below it, and a closing line; broken at `columns` under its own column. */
export function renderChecks(
  results: readonly CheckResult[],
  paint: Paint,
  columns = Number.POSITIVE_INFINITY,
): string[] {
  const width = Math.max(0, ...results.map(({ name }) => name.length))
  const count = (status: Status) => results.filter((result) => result.status === status).length
  const indent = ' '.repeat(width + 4)
  const lines = results.flatMap(({ name, status, detail, remedy, ms }) => {
    const time = ms >= 1_000 ? paint.dim(` (${formatDuration(ms)})`) : ''
    return [
      ...wrap(`${indent}${detail}${time}`, columns, indent).map((line, index) =>
        index === 0 ? `${mark(status, paint)} ${name.padEnd(width)}  ${line.slice(indent.length)}` : line,
      ),
      ...(remedy === undefined || status === 'ok'
        ? []
        : wrap(`${indent}${paint.bold('Remedy:')} ${remedy}`, columns, indent)),
    ]
  })
  const failed = count('fail')
  const closing =
    failed === 0
      ? `All is well: ${count('ok')} ${count('ok') === 1 ? 'check' : 'checks'} passed${count('warn') === 0 ? '' : `, ${count('warn')} with a warning`}.`
      : `${failed} ${failed === 1 ? 'check' : 'checks'} failed, ${count('warn')} with a warning, ${count('ok')} passed.`
  return [...lines, '', closing]
}

async function withTimeout<result>(run: () => Promise<result>, timeoutMs: number): Promise<result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It did not end within ${timeoutMs / 1_000} s.`)), timeoutMs)
  })
  try {
    return await Promise.race([run(), late])
  } finally {
    clearTimeout(timer)
  }
}
