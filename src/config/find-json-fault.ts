export type JsonFault = { line: number; column: number; reason: string }

/**
 * Finds where a text stops being JSON, with line and column from 1.
 *
 * The parser of the platform quotes the text around the fault in its message, which could be a secret; this one says
 * only what it expected there. Returns undefined for valid JSON.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  let at = 0

  class Stop extends Error {}
  let reason = ''
  const stop = (why: string): never => {
    reason = why
    throw new Stop()
  }
  const space = () => {
    while (/[ \t\r\n]/.test(text.charAt(at))) at += 1
  }
  const literal = () => {
    const match = /^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)/.exec(
      text.slice(at, at + 64),
    )
    if (match === null) return stop('a value was expected')
    at += match[0].length
  }
  const string = () => {
    at += 1
    while (true) {
      const char = text.charAt(at)
      if (char === '') stop('a string is not closed')
      if (char === '"') break
      if (char < ' ') stop('a line break or control character inside a string')
      if (char === '\\') {
        if (!/^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(text.slice(at + 1, at + 6))) stop('an escape is not known')
        at += 1
      }
      at += 1
    }
    at += 1
  }
  const list = (close: string, item: () => void) => {
    at += 1
    space()
    if (text.charAt(at) === close) {
      at += 1
      return
    }
    while (true) {
      item()
      space()
      const char = text.charAt(at)
      if (char === close) break
      if (char !== ',') stop(`a comma or ${close} was expected`)
      at += 1
      space()
    }
    at += 1
  }
  const value = (): void => {
    space()
    const char = text.charAt(at)
    if (char === '{') {
      list('}', () => {
        if (text.charAt(at) !== '"') stop('a name in double quotes was expected')
        string()
        space()
        if (text.charAt(at) !== ':') stop('a colon was expected')
        at += 1
        value()
      })
    } else if (char === '[') list(']', value)
    else if (char === '"') string()
    else literal()
  }

  try {
    value()
    space()
    if (at < text.length) stop('the file should end here')
    return undefined
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    const before = text.slice(0, at).split('\n')
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, reason }
  }
}
