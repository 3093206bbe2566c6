import type { Command } from 'commander'
import { loadConfig } from '../../config/load-config.ts'
import { ConfigError } from '../../errors/config.ts'
import type { Context } from '../context.ts'
import { configuredChecks, machineChecks } from '../doctor-checks.ts'
import { type Check, findingOf, renderChecks, runChecks } from '../run-checks.ts'
import { locationOf } from './config.ts'

/** `tiller doctor` */
export function register(command: Command, context: Context): void {
  command.action(async () => {
    const { env } = context.io
    const results = await runChecks([...machineChecks(), ...configChecks(context, env)])
    const failed = results.some(({ status }) => status === 'fail')
    context.answer({
      document: { ok: !failed, checks: results },
      lines: renderChecks(results, context.paint, context.columns),
      exitCode: failed ? 1 : 0,
    })
  })
}

function configChecks(context: Context, env: Context['io']['env']): Check[] {
  try {
    const { config, file, warnings } = loadConfig(locationOf(context))
    const warned = warnings.map(
      (detail) => ({ status: 'warn', detail, remedy: 'Unset it or correct its name.' }) as const,
    )
    const found = { status: 'ok', detail: `${file}, mode ${config.keeper.mode}` } as const
    return [
      { name: 'configuration', run: async () => [found, ...warned] },
      ...configuredChecks({ config, env, now: context.io.now() }),
    ]
  } catch (error) {
    const faults = error instanceof ConfigError ? error.faults : []
    const findings =
      faults.length === 0
        ? [findingOf(error)]
        : faults.map(({ path, found, remedy }) => ({ status: 'fail' as const, detail: `${path}: ${found}`, remedy }))
    const skipped = { status: 'skip' as const, detail: 'waits for a valid configuration' }
    return [
      { name: 'configuration', run: async () => findings },
      { name: 'everything else', run: async () => skipped },
    ]
  }
}
