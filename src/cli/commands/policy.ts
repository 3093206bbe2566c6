import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { formatDuration } from '../render/format.ts'
import { renderKeyValues } from '../render/key-values.ts'
import { mark } from '../render/marks.ts'
import { renderTable } from '../render/table.ts'

/** `tiller policy inspect|verify` */
export function register(command: Command, context: Context): void {
  const reference = 'a rule, a folder, or a name under strategies/; the configured policy when absent'

  command
    .command('inspect')
    .description('what a policy is, where it comes from and how it was measured; runs nothing')
    .argument('[policy]', reference)
    .action(async (given: string | undefined) => {
      const { findPackage, ruleHash, ruleNames } = await import('../../policy/load-policy.ts')
      const wanted = await chosen(context, given)
      const rule = ruleNames.find((name) => name === wanted.reference)
      if (rule !== undefined) {
        const hash = ruleHash(rule)
        context.answer({
          document: { kind: 'rule', name: rule, hash },
          lines: [
            ...renderKeyValues(
              [
                ['rule', rule],
                ['hash', hash],
              ],
              { paint: context.paint },
            ),
          ],
        })
        return
      }
      const { readManifest } = await import('../../policy/package.ts')
      const folder = await findPackage(wanted.reference)
      const { manifest, hash } = await readManifest(folder)
      const { training } = manifest
      context.answer({
        document: { kind: 'package', folder, hash, manifest },
        lines: [
          ...renderKeyValues(
            [
              ['policy', `${manifest.name} ${manifest.version}`],
              ['what', manifest.description],
              ['hash', hash],
              ['architecture', manifest.architecture],
              ['specification', `${manifest.specification.id} ${manifest.specification.schemaHash}`],
              ['features', manifest.featureGroups.map(({ name, version }) => `${name} v${version}`).join(', ')],
              ['scores', manifest.action.scores.join(', ')],
              ['parameters', manifest.parametersHash],
              ['training', `${training.method}, seeds ${training.seeds.join(', ')}, on ${training.device}`],
              ['data', training.data.map(({ name }) => name).join('\n')],
              ['licence', manifest.licence],
              ['folder', folder],
            ],
            { paint: context.paint },
          ),
          '',
          ...renderTable(
            [{ name: 'metric' }, { name: 'value', align: 'right' }, { name: '95 % interval' }, { name: 'unit' }],
            manifest.metrics.map(({ name, value, interval95, unit }) => [
              name,
              String(value),
              interval95 === undefined ? '' : `${interval95[0]} … ${interval95[1]}`,
              unit,
            ]),
            context.paint,
          ),
        ],
      })
    })

  command
    .command('verify')
    .description('load a policy as the keeper would: files, hashes, golden vectors on the execution provider')
    .argument('[policy]', reference)
    .option('--providers <list>', 'execution providers in order, e.g. cuda,cpu')
    .action(async (given: string | undefined, options: { providers?: string }) => {
      const { loadPolicy } = await import('../../policy/load-policy.ts')
      const wanted = await chosen(context, given)
      const providers = options.providers?.split(',').map((name) => name.trim()) ?? wanted.providers
      const started = performance.now()
      const policy = await loadPolicy({
        reference: wanted.reference,
        ...(providers === undefined ? {} : { providers }),
      })
      const loadMs = performance.now() - started
      const goldenVectors = policy.package?.goldenVectors.length ?? 0
      await policy.close?.()
      const pinned = wanted.hash === undefined || wanted.hash === policy.hash
      context.answer({
        document: {
          ok: pinned,
          name: policy.name,
          hash: policy.hash,
          ...(wanted.hash === undefined ? {} : { pinnedHash: wanted.hash }),
          executionProvider: policy.executionProvider,
          refusedProviders: policy.refusedProviders,
          goldenVectors,
          loadMs: Math.round(loadMs),
        },
        lines: [
          `${mark('ok', context.paint)} ${policy.name} runs on ${policy.executionProvider}${goldenVectors === 0 ? '' : `; ${goldenVectors} golden vectors are met bit for bit`} (${formatDuration(loadMs)}).`,
          ...policy.refusedProviders.map(
            ({ provider, reason, remedy }) =>
              `${mark('skip', context.paint)} ${provider} is not used: ${reason}\n  Remedy: ${remedy}`,
          ),
          pinned
            ? `  hash ${policy.hash}`
            : `${mark('fail', context.paint)} The hash is ${policy.hash}, and the configuration pins ${wanted.hash}.`,
        ],
        exitCode: pinned ? 0 : 1,
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
  const { config } = await context.loadConfig()
  return config.policy.hash === undefined
    ? { reference: config.policy.reference, providers: config.policy.providers }
    : { reference: config.policy.reference, providers: config.policy.providers, hash: config.policy.hash }
}
