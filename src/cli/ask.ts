import { cancelled, notInteractive } from '../errors/cli.ts'
import type { Context } from './context.ts'

export type Ask = {
  text(
    message: string,
    options?: { initial?: string; validate?: (value: string) => string | undefined },
  ): Promise<string>
  secret(message: string, options?: { validate?: (value: string) => string | undefined }): Promise<string>
  select<value extends string>(
    message: string,
    choices: readonly { value: value; label: string; hint?: string }[],
  ): Promise<value>
  confirm(message: string, initial: boolean): Promise<boolean>
}

/**
 * Prompts on standard error, so that standard output stays the command's answer.
 *
 * Raises USAGE_NOT_INTERACTIVE where nobody can be asked, and CANCELLED where the person ends it.
 */
export async function createAsk(context: Context, missing: readonly string[]): Promise<Ask> {
  if (!context.interactive) throw notInteractive(missing)
  const prompts = await import('@clack/prompts')
  const output = context.io.stderr
  const input = context.io.stdin
  const given = <value>(answer: value): Exclude<value, symbol> => {
    if (typeof answer === 'symbol') throw cancelled()
    return answer as Exclude<value, symbol>
  }
  const check = (validate?: (value: string) => string | undefined) =>
    validate === undefined ? {} : { validate: (value: string | undefined) => validate(value ?? '') }
  return {
    async text(message, options = {}) {
      const initial = options.initial === undefined ? {} : { initialValue: options.initial }
      return given(await prompts.text({ message, input, output, ...initial, ...check(options.validate) }))
    },
    async secret(message, options = {}) {
      return given(await prompts.password({ message, input, output, ...check(options.validate) }))
    },
    async select(message, choices) {
      const options = choices.map(({ value, label, hint }) =>
        hint === undefined ? { value, label } : { value, label, hint },
      )
      return given(await prompts.select({ message, input, output, options: options as never })) as never
    },
    async confirm(message, initial) {
      return given(await prompts.confirm({ message, input, output, initialValue: initial }))
    },
  }
}
