import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../chain/paths.ts'
import type { Remapping } from './resolve-imports.ts'
import type { CompilerSettings } from './unit.ts'

/** The compiler settings of foundry.toml's default profile: the one place where they are written down. */
export function foundrySettings(root: string = projectRoot()): CompilerSettings {
  return parseFoundrySettings(readFileSync(join(root, 'foundry.toml'), 'utf8'))
}

/**
 * Reads the keys that matter from the text of a foundry.toml; a missing one is an error, never a default. Only the
 * optimizer's steps may be absent: then they are solc's own.
 */
export function parseFoundrySettings(text: string): CompilerSettings {
  const profile = /\[profile\.default\]\n([\s\S]*?)(?=\n\[(?!profile\.default\])|$(?![\s\S]))/.exec(text)?.[1] ?? ''
  const value = (key: string): string => {
    const found = new RegExp(`^${key}\\s*=\\s*(\\[[^\\]]*\\]|"[^"]*"|\\S+)`, 'm').exec(profile)?.[1]
    if (found === undefined) throw new Error(`foundry.toml has no ${key} in [profile.default]`)
    return found
  }
  const steps = /^optimizerSteps\s*=\s*"([^"]*)"/m.exec(text)?.[1]
  const quoted = (list: string): string[] => [...list.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '')
  return {
    remappings: quoted(value('remappings')) as Remapping[],
    optimizer: {
      enabled: value('optimizer') === 'true',
      runs: Number(value('optimizer_runs')),
      ...(steps === undefined
        ? {}
        : { details: { yul: true, yulDetails: { stackAllocation: true, optimizerSteps: steps } } }),
    },
    evmVersion: quoted(value('evm_version'))[0] ?? '',
    viaIR: value('via_ir') === 'true',
  }
}
