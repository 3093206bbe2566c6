import { TillerError } from './base.ts'

/** One thing that is wrong with a configuration. `found` never carries a secret or a URL. */
export type ConfigFault = {
  code: 'CONFIG_VALUE' | 'CONFIG_MISSING' | 'CONFIG_UNKNOWN_NAME' | 'CONFIG_LITERAL_KEY' | 'CONFIG_ENV_MISSING'
  /** Dotted path, e.g. `chain.rpc.read.0`; with the environment variable it came from, if one. */
  path: string
  found: string
  remedy: string
}

/** A configuration that can't be used. `faults` lists everything that is wrong with it. */
export class ConfigError extends TillerError {
  override readonly name = 'ConfigError'
  readonly faults: readonly ConfigFault[]

  constructor(
    shortMessage: string,
    options: ConstructorParameters<typeof TillerError>[1] & { faults?: readonly ConfigFault[] },
  ) {
    super(shortMessage, options)
    this.faults = options.faults ?? []
  }

  override toJSON(): Record<string, unknown> {
    return this.faults.length === 0 ? super.toJSON() : { ...super.toJSON(), faults: this.faults }
  }
}

export function configNotFound(file: string): ConfigError {
  return new ConfigError('There is no configuration.', {
    code: 'CONFIG_NOT_FOUND',
    details: { file },
    remedy: 'Write one with `tiller init`, or name another file with --config.',
  })
}

export function configUnreadable(file: string, reason: string): ConfigError {
  return new ConfigError('The configuration can not be read.', {
    code: 'CONFIG_UNREADABLE',
    details: { file, reason },
    remedy: 'Check that it is a file and that this user may read it.',
  })
}

export function configNotJson(file: string, line: number, column: number, reason: string): ConfigError {
  return new ConfigError('The configuration is not valid JSON.', {
    code: 'CONFIG_NOT_JSON',
    details: { file, place: `line ${line}, column ${column}`, reason },
    remedy: 'Correct the file at that place; JSON knows no comments and no trailing commas.',
  })
}

export function configInvalid(file: string, faults: readonly ConfigFault[]): ConfigError {
  const leaked = faults.some((fault) => fault.code === 'CONFIG_LITERAL_KEY')
  const details = Object.fromEntries(faults.map((fault) => [fault.path, `${fault.found}. ${fault.remedy}`]))
  return new ConfigError(
    `The configuration ${file} has ${faults.length === 1 ? 'one fault' : `${faults.length} faults`}.`,
    {
      code: leaked ? 'CONFIG_LITERAL_KEY' : 'CONFIG_INVALID',
      details,
      remedy: leaked
        ? 'Take the key out of the file, keep it in a keystore (`tiller keys import`), and treat it as known to others.'
        : 'Correct each value; `tiller config schema` prints what is allowed.',
      faults,
    },
  )
}

export function configExists(file: string): ConfigError {
  return new ConfigError('There is a configuration already.', {
    code: 'CONFIG_EXISTS',
    details: { file },
    remedy: 'Name another file with --config, or overwrite this one with --force.',
  })
}
