import type { z } from 'zod'
import type { ConfigFault } from '../errors/config.ts'
import { configFields, describePath, type Field, namesAt } from './fields.ts'
import { looksLikeKey, maskName, maskValue, mayHoldHash } from './mask.ts'
import { nearest } from './nearest.ts'
import {
  type ConfigFile,
  configSchema,
  configWithoutVaultSchema,
  type Endpoints,
  isHttpUrl,
  longestDeadlineSeconds,
} from './schema.ts'

export type ParseConfigOptions = {
  env: Readonly<Record<string, string | undefined>>
  /** @default true */
  vaultRequired?: boolean
}

export type ParsedConfig = {
  /** Absent exactly where there are faults. */
  config?: { file: ConfigFile; endpoints: Endpoints }
  faults: readonly ConfigFault[]
  /** What is odd and no fault, one sentence each. */
  warnings: readonly string[]
  /** Which environment variable gave a value, by path. */
  overrides: Readonly<Record<string, string>>
}

/** Variables of the same prefix that are no values of the configuration. */
const otherVariables = ['TILLER_CONFIG', 'TILLER_CACHE_DIR']

/**
 * Checks a configuration that was read from a file, with overrides from the environment, and lists every fault.
 *
 * Pure: file and environment come in as values. Nothing that it returns as text carries a secret or a URL.
 */
export function parseConfig(raw: unknown, options: ParseConfigOptions): ParsedConfig {
  const { env, vaultRequired = true } = options
  const { value, overrides, warnings } = applyOverrides(raw, env)
  const place = (path: readonly PropertyKey[]) => placeOf(path, overrides)
  const faults: ConfigFault[] = literalKeys(value, [], place)

  const schema = vaultRequired ? configSchema : configWithoutVaultSchema
  const parsed = schema.safeParse(value)
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap((issue) => faultsOf(issue, value, [], place)))
  faults.push(...crossFaults(value, place))
  const endpoints = lookUpEndpoints(value, env, place, faults)

  const seen = new Set<string>()
  const distinct = faults.filter((fault) => !seen.has(fault.path) && seen.add(fault.path))
  if (!parsed.success || endpoints === undefined || distinct.length > 0) {
    return { faults: distinct, warnings, overrides }
  }
  return { config: { file: parsed.data as ConfigFile, endpoints }, faults: [], warnings, overrides }
}

type Place = (path: readonly PropertyKey[]) => string

function placeOf(path: readonly PropertyKey[], overrides: Readonly<Record<string, string>>): string {
  const dotted = path.map((part) => (typeof part === 'string' ? maskName(part) : String(part))).join('.')
  const variable = Object.entries(overrides).find(([name]) => dotted === name || dotted.startsWith(`${name}.`))?.[1]
  const shown = dotted === '' ? '(the whole file)' : dotted
  return variable === undefined ? shown : `${shown} (from ${variable})`
}

function applyOverrides(raw: unknown, env: ParseConfigOptions['env']) {
  const value: unknown = structuredClone(raw)
  const fields = configFields().filter((field) => !field.path.includes('[]'))
  const overrides: Record<string, string> = {}
  if (isRecord(value)) {
    for (const field of fields) {
      const text = env[field.env]
      if (text === undefined || text === '') continue
      setAt(value, field.path.split('.'), readText(text, field))
      overrides[field.path] = field.env
    }
  }
  const known = new Set([...fields.map((field) => field.env), ...otherVariables, ...referencedNames(value)])
  const warnings = Object.keys(env)
    .filter((name) => name.startsWith('TILLER_') && !known.has(name))
    .sort()
    .map((name) => {
      const near = nearest(name, [...known])
      return `${name} is set and overrides nothing${near === undefined ? '' : `; ${near} exists`}.`
    })
  return { value, overrides, warnings }
}

function readText(text: string, field: Field): unknown {
  if (field.kind === 'number') return /^-?[0-9.]+(?:e-?[0-9]+)?$/i.test(text.trim()) ? Number(text) : text
  if (field.kind === 'text') return text
  if (text.trim().startsWith('[')) {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  return field.kind === 'list' ? text.split(',').map((item) => item.trim()) : text
}

function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path
  if (name === undefined) return
  if (rest.length === 0) {
    target[name] = value
    return
  }
  const child = target[name]
  const next = isRecord(child) ? child : {}
  target[name] = next
  setAt(next, rest, value)
}

/** Names of environment variables that the file refers to: they may start with TILLER_ too. */
function referencedNames(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencedNames)
  if (!isRecord(value)) return []
  const own = typeof value['env'] === 'string' ? [value['env']] : []
  return [...own, ...Object.values(value).flatMap(referencedNames)]
}

function literalKeys(value: unknown, path: readonly PropertyKey[], place: Place): ConfigFault[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => literalKeys(item, [...path, index], place))
  if (isRecord(value)) {
    return Object.entries(value).flatMap(([name, item]) => [
      ...(looksLikeKey(name) ? [keyFault(place([...path, name]))] : []),
      ...literalKeys(item, [...path, name], place),
    ])
  }
  if (typeof value !== 'string' || !looksLikeKey(value) || mayHoldHash(path.join('.'))) return []
  return [keyFault(place(path))]
}

function keyFault(path: string): ConfigFault {
  return {
    code: 'CONFIG_LITERAL_KEY',
    path,
    found: 'Found what looks like a private key or seed phrase',
    remedy: 'Refer to it: { "privateKey": { "env": "NAME" } }, or a keystore with a password by reference.',
  }
}

type Issue = z.core.$ZodIssue

function faultsOf(issue: Issue, root: unknown, base: readonly PropertyKey[], place: Place): ConfigFault[] {
  const path = [...base, ...issue.path]
  const value = valueAt(root, path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => {
      const near = nearest(name, namesAt(path))
      return {
        code: 'CONFIG_UNKNOWN_NAME',
        path: place([...path, name]),
        found: 'There is no such name',
        remedy: near === undefined ? 'Remove it.' : `Did you mean ${near}?`,
      }
    })
  }
  if (issue.code === 'invalid_union' && isRecord(value)) {
    // Speak about the branch that the person most likely meant: the one with the fewest faults, names weighing most.
    const branches = issue.errors.filter((errors) => !errors.some((error) => isWrongType(error, value)))
    const meant = branches.sort((a, b) => weight(a) - weight(b))[0]
    if (meant !== undefined && Object.keys(value).length > 0) {
      return meant.flatMap((error) => faultsOf(error, root, path, place))
    }
  }
  const expected = describePath(path)?.expected ?? 'another value'
  if (value === undefined) {
    return [{ code: 'CONFIG_MISSING', path: place(path), found: 'Missing', remedy: `Give ${expected}.` }]
  }
  const found = `Found ${maskValue(path.join('.'), value)}`
  return [{ code: 'CONFIG_VALUE', path: place(path), found, remedy: `Give ${expected}.` }]
}

function isWrongType(issue: Issue, value: unknown): boolean {
  return issue.path.length === 0 && issue.code === 'invalid_type' && isRecord(value)
}

function weight(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? 2 * issue.keys.length : 1), 0)
}

/** What no single value is wrong about. Runs on values that may be faulty themselves. */
function crossFaults(value: unknown, place: Place): ConfigFault[] {
  const faults: ConfigFault[] = []
  const add = (path: readonly PropertyKey[], found: string, remedy: string) =>
    faults.push({ code: 'CONFIG_VALUE', path: place(path), found, remedy })

  const venues = valueAt(value, ['vault', 'venues'])
  if (Array.isArray(venues)) {
    venues.forEach((venue, index) => {
      if (!isRecord(venue)) return
      const before = venues.slice(0, index).filter(isRecord)
      const sameName = typeof venue['name'] === 'string' && before.some((other) => other['name'] === venue['name'])
      if (sameName) {
        add(
          ['vault', 'venues', index, 'name'],
          `Found ${maskValue('', venue['name'])} a second time`,
          'Give each venue a name of its own.',
        )
      }
      if (typeof venue['adapter'] === 'string' && before.some((other) => positionOf(other) === positionOf(venue))) {
        add(['vault', 'venues', index], 'Found the same adapter and data a second time', 'List each position once.')
      }
    })
  }

  const read = valueAt(value, ['chain', 'rpc', 'read'])
  if (Array.isArray(read) && read.length === 2 && JSON.stringify(read[0]) === JSON.stringify(read[1])) {
    add(['chain', 'rpc', 'read', 1], 'Found the first endpoint again', 'Name another endpoint, or only one.')
  }

  const providers = valueAt(value, ['policy', 'providers'])
  if (Array.isArray(providers) && new Set(providers).size < providers.length) {
    add(['policy', 'providers'], 'Found a provider twice', 'Name each provider once.')
  }

  const deadline = valueAt(value, ['keeper', 'limits', 'deadlineSeconds'])
  const simulatedTime = valueAt(value, ['keeper', 'limits', 'maxHeadAgeSeconds']) === 0
  if (typeof deadline === 'number' && deadline > longestDeadlineSeconds && !simulatedTime) {
    add(
      ['keeper', 'limits', 'deadlineSeconds'],
      `Found ${deadline}, and keeper.limits.maxHeadAgeSeconds is not 0`,
      `Give at most ${longestDeadlineSeconds}; only on a chain of simulated time, which has maxHeadAgeSeconds 0, may a plan land later.`,
    )
  }

  const mode = valueAt(value, ['keeper', 'mode'])
  const signer = valueAt(value, ['signer'])
  if (mode === 'canary' || mode === 'live') {
    const remedy = 'Give a keystore or a private key by reference, or take the mode readonly, dry or paper.'
    if (signer === undefined) {
      faults.push({ code: 'CONFIG_MISSING', path: place(['signer']), found: `Missing, and mode ${mode} signs`, remedy })
    } else if (isRecord(signer) && 'address' in signer && !('keystore' in signer || 'privateKey' in signer)) {
      add(['signer'], `Found an address only, and mode ${mode} signs`, remedy)
    }
  }
  return faults
}

function positionOf(venue: Record<string, unknown>): string {
  return `${venue['adapter']}:${venue['data'] ?? '0x'}`.toLowerCase()
}

function lookUpEndpoints(
  value: unknown,
  env: ParseConfigOptions['env'],
  place: Place,
  faults: ConfigFault[],
): Endpoints | undefined {
  const lookUp = (item: unknown, path: readonly PropertyKey[]): string | undefined => {
    if (typeof item === 'string') return item
    if (!isRecord(item) || typeof item['env'] !== 'string' || looksLikeKey(item['env'])) return undefined
    const name = item['env']
    const text = env[name]
    if (text !== undefined && isHttpUrl(text)) return text
    faults.push({
      code: 'CONFIG_ENV_MISSING',
      path: place(path),
      found: text === undefined || text === '' ? `${maskName(name)} is not set` : `${maskName(name)} holds no URL`,
      remedy: `Set ${maskName(name)} to an http or https URL in the environment of the process.`,
    })
    return undefined
  }
  const rpc = valueAt(value, ['chain', 'rpc'])
  if (!isRecord(rpc) || !Array.isArray(rpc['read'])) return undefined
  const read = rpc['read'].map((item, index) => lookUp(item, ['chain', 'rpc', 'read', index]))
  const send = rpc['send'] === undefined ? read[0] : lookUp(rpc['send'], ['chain', 'rpc', 'send'])
  const simulate = rpc['simulate'] === undefined ? read[0] : lookUp(rpc['simulate'], ['chain', 'rpc', 'simulate'])
  const [first, second] = read
  if (first === undefined || send === undefined || simulate === undefined) return undefined
  if (read.length === 2 && second === undefined) return undefined
  return { read: second === undefined ? [first] : [first, second], send, simulate }
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.hasOwn(value, part) ? (value as Record<PropertyKey, unknown>)[part] : undefined
  }
  return value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
