import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { findJsonFault } from '../config/find-json-fault.ts'
import { maskName, maskValue } from '../config/mask.ts'
import { nearest } from '../config/nearest.ts'
import { planFileInvalid, planFileUnreadable } from '../errors/cli.ts'
import type { VaultPlanConfig } from '../vault/deploy.ts'
import { collateralId, heldId, oracleId, protocolId } from '../vault/venue-ids.ts'
import { namesOfPlan, vaultPlanSchema } from './vault-plan-schema.ts'

/** Reads the plan of a deployment. Raises USAGE_PLAN_UNREADABLE, or USAGE_PLAN_FILE with every fault at once. */
export function readVaultPlan(file: string): VaultPlanConfig {
  let text: string
  try {
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    throw planFileUnreadable(file, error instanceof Error && 'code' in error ? String(error.code) : 'unknown')
  }
  const fault = findJsonFault(text)
  if (fault !== undefined) {
    throw planFileInvalid(file, { [`line ${fault.line}, column ${fault.column}`]: fault.reason })
  }
  const raw: unknown = JSON.parse(text)
  const parsed = vaultPlanSchema.safeParse(raw)
  if (!parsed.success) {
    throw planFileInvalid(file, Object.fromEntries(parsed.error.issues.flatMap((issue) => faultsOf(issue, raw))))
  }
  const { $schema: _, sharedCaps, venues, ...rest } = parsed.data
  return {
    ...given(rest),
    venues: venues.map(given),
    ...(sharedCaps === undefined
      ? {}
      : { sharedCaps: sharedCaps.map(({ risk, address, ...bounds }) => ({ id: idOf[risk](address), ...bounds })) }),
  }
}

const idOf = { protocol: protocolId, collateral: collateralId, oracle: oracleId, held: heldId }

/** What is wrong, by path: what was found and what was expected. */
function faultsOf(issue: z.core.$ZodIssue, raw: unknown): [path: string, fault: string][] {
  if (issue.code === 'unrecognized_keys') {
    const known = namesOfPlan(issue.path, raw)
    return issue.keys.map((name) => {
      const near = nearest(name, known)
      const hint = near === undefined ? `the names here are ${known.join(', ')}` : `did you mean ${near}?`
      return [pathText([...issue.path, maskName(name)]), `there is no such name; ${hint}`]
    })
  }
  const value = issue.path.reduce<unknown>(
    (at, part) => (at as Record<PropertyKey, unknown> | null | undefined)?.[part],
    raw,
  )
  const found = value === undefined ? 'is missing' : `is ${maskValue('', value)}`
  return [[pathText(issue.path), `${found}; give ${issue.message}`]]
}

/** `venues[0].pool` */
function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  return text === '' ? 'the whole file' : text.replace(/^\./, '')
}

/** The same without names that have no value: absent is not undefined. */
function given<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
