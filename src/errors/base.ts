export type TillerErrorOptions = {
  /** Stable, documented code, e.g. `CHAIN_ID_MISMATCH`. Callers branch on it, never on the text. */
  code: string
  /** What to do about it, one sentence in the imperative. */
  remedy: string
  /** Facts that belong to the message: the values that were found. Printed as aligned `name: value` lines. */
  details?: Readonly<Record<string, string | number | bigint | boolean>>
  /** True where the same call may succeed later without a change by a person. */
  retryable?: boolean
  cause?: unknown
}

/**
 * Root of every error that Tiller raises on purpose.
 *
 * The message is the short sentence, the details as aligned lines, and the remedy. It never carries a secret or an
 * endpoint URL, because messages go to logs.
 */
export class TillerError extends Error {
  readonly code: string
  readonly shortMessage: string
  readonly remedy: string
  readonly details: Readonly<Record<string, string | number | bigint | boolean>>
  readonly retryable: boolean
  override readonly name: string = 'TillerError'

  constructor(shortMessage: string, options: TillerErrorOptions) {
    const details = options.details ?? {}
    super(formatMessage(shortMessage, details, options.remedy), { cause: options.cause })
    this.code = options.code
    this.shortMessage = shortMessage
    this.remedy = options.remedy
    this.details = details
    this.retryable = options.retryable ?? false
  }

  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      message: this.shortMessage,
      remedy: this.remedy,
      retryable: this.retryable,
      details: Object.fromEntries(
        Object.entries(this.details).map(([name, value]) => [
          name,
          typeof value === 'bigint' ? value.toString() : value,
        ]),
      ),
    }
  }
}

function formatMessage(
  shortMessage: string,
  details: Readonly<Record<string, string | number | bigint | boolean>>,
  remedy: string,
): string {
  const names = Object.keys(details)
  const width = Math.max(0, ...names.map((name) => name.length))
  const lines = names.map((name) => `  ${`${name}:`.padEnd(width + 1)} ${details[name]}`)
  return [shortMessage, ...lines, `Remedy: ${remedy}`].join('\n')
}
