import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { inspectPolicy } from '../../policy/inspect-policy.ts'
import { verifyPolicy } from '../../policy/verify-policy.ts'
import type { Context } from '../context.ts'
import { renderKeyValues } from '../render/key-values.ts'
import { mark } from '../render/marks.ts'
import { renderTable } from '../render/table.ts'

/** `tiller policy inspect|verify` */
export function register(command: Command, context: Context): void {
  const reference = 'a rule, a folder, or a name under strategies/; the configured policy when absent'
  const { paint } = context

  command
    .command('inspect')
    .description('what a policy is, where it comes from and how it was measured; runs nothing')
    .argument('[policy]', reference)
    .action(async (given: string | undefined) => {
      const found = await inspectPolicy((await chosen(context, given)).reference)
      if (found.kind === 'rule') {
        const lines = renderKeyValues(
          [
            ['rule', found.name],
            ['what', found.description],
            ['hash', found.hash],
          ],
          { paint },
        )
        context.answer({ document: found, lines })
        return
      }
      const { manifest, files } = found
      const { training } = manifest
      context.answer({
        document: found,
        lines: [
          ...renderKeyValues(
            [
              ['policy', `${manifest.name} ${manifest.version}`],
              ['what', manifest.description],
              ['hash', found.hash],
              ['architecture', manifest.architecture],
              [
                'specification',
                `${manifest.specification.id}${found.schemaMatches ? '' : ', another one than this version runs'}`,
              ],
              ['features', manifest.featureGroups.map(({ name, version }) => `${name} v${version}`).join(', ')],
              ['scores', manifest.action.scores.join(', ')],
              ['training', `${training.method}, seeds ${training.seeds.join(', ')}, on ${training.device}`],
              ['data', training.data.map(({ name }) => name).join('\n')],
              ['licence', manifest.licence],
            ],
            { paint },
          ),
          '',
          ...files.map(
            ({ file, bytes, intact }) =>
              `${mark(intact ? 'ok' : 'fail', paint)} ${file}  ${intact ? `${bytes} bytes` : bytes === 0 ? 'missing' : 'changed'}`,
          ),
          '',
          ...renderTable(
            [{ name: 'metric' }, { name: 'value', align: 'right' }, { name: '95 % interval' }, { name: 'unit' }],
            manifest.metrics.map(({ name, value, interval95, unit }) => [
              name,
              shortNumber(value),
              interval95 === undefined ? '' : `${shortNumber(interval95[0])} … ${shortNumber(interval95[1])}`,
              unit,
            ]),
            paint,
          ),
        ],
      })
    })

  command
    .command('verify')
    .description('files, hashes, golden vectors on every execution provider, model against integer reference')
    .argument('[policy]', reference)
    .option('--providers <list>', 'execution providers in order, e.g. cuda,cpu')
    .action(async (given: string | undefined, options: { providers?: string }) => {
      const wanted = await chosen(context, given)
      const providers = options.providers?.split(',').map((name) => name.trim()) ?? wanted.providers
      const found = await verifyPolicy({
        reference: wanted.reference,
        ...(providers === undefined ? {} : { providers }),
      })
      const pinned = wanted.hash === undefined || wanted.hash === found.hash
      context.answer({
        document: {
          ...found,
          ok: found.ok && pinned,
          ...(wanted.hash === undefined ? {} : { pinnedHash: wanted.hash }),
        },
        lines: [
          ...found.checks.flatMap(({ name, ok, detail, remedy }) => [
            `${mark(ok ? 'ok' : 'fail', paint)} ${name}  ${detail}`,
            ...(remedy === undefined ? [] : [`  ${paint.bold('Remedy:')} ${remedy}`]),
          ]),
          ...(pinned
            ? []
            : [`${mark('fail', paint)} hash  ${found.hash ?? 'none'}, and the configuration pins ${wanted.hash}`]),
          `${found.name} ${found.ok && pinned ? `is good, on ${found.executionProvider ?? 'no provider'}` : 'must not be used'}.`,
        ],
        exitCode: found.ok && pinned ? 0 : 1,
      })
    })
}

type Chosen = { reference: string; providers?: readonly string[]; hash?: string }

/** What the argument names, or the configuration: a package may be looked at without any configuration. */
async function chosen(context: Context, given: string | undefined): Promise<Chosen> {
  if (given !== undefined) {
    const own = resolve(context.io.cwd, given)
    return { reference: existsSync(own) ? own : given }
  }
  const { policy } = (await context.loadConfig()).config
  return {
    reference: policy.reference,
    providers: policy.providers,
    ...(policy.hash === undefined ? {} : { hash: policy.hash }),
  }
}

/** At most four digits: a manifest may hold the rounding of its arithmetic. */
function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)))
}
