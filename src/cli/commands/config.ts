import type { Command } from 'commander'
import { editorSchema } from '../../config/fields.ts'
import { configPath, loadConfig } from '../../config/load-config.ts'
import { showConfig } from '../../config/show-config.ts'
import type { Context } from '../context.ts'
import { jsonText } from '../output.ts'
import { mark } from '../render/marks.ts'

/** `tiller config show|validate|schema` */
export function register(command: Command, context: Context): void {
  command
    .command('show')
    .description('the configuration as it is in force: defaults and TILLER_* in place, endpoints masked')
    .action(async () => {
      const { config, file, overrides } = await context.loadConfig()
      const shown = showConfig(config)
      const notes = Object.entries(overrides).map(([path, name]) => `${path} comes from ${name}`)
      context.answer({
        document: { file, config: shown, overrides },
        lines: [context.paint.dim(file), jsonText(shown), ...notes.map((note) => context.paint.dim(note))],
      })
    })

  command
    .command('validate')
    .description('check the configuration; lists every fault at once')
    .action(() => {
      const file = configPath(locationOf(context))
      const { config, warnings } = loadConfig(locationOf(context))
      context.answer({
        document: { file, valid: true, mode: config.keeper.mode, venues: config.vault.venues.length, warnings },
        lines: [
          `${mark('ok', context.paint)} ${file} is valid: ${config.vault.venues.length} ${config.vault.venues.length === 1 ? 'venue' : 'venues'} on chain ${config.chain.id}, mode ${config.keeper.mode}.`,
          ...warnings.map((warning) => `${mark('warn', context.paint)} ${warning}`),
        ],
      })
    })

  command
    .command('schema')
    .description('the JSON Schema of the configuration, for editors')
    .action(() => {
      const schema = editorSchema()
      context.answer({ document: schema, lines: [jsonText(schema)] })
    })
}

/** Where this run of the command line looks for its configuration. */
export function locationOf(context: Context) {
  const { io, options } = context
  return { env: io.env, cwd: io.cwd, ...(options.config === undefined ? {} : { file: options.config }) }
}
