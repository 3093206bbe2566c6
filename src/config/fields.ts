import { z } from 'zod'
import { configSchema } from './schema.ts'

/** One value of the configuration, as the reference page, the environment and the remedies need it. */
export type Field = {
  /** Dotted path, e.g. `keeper.limits.minEdgeBps`. */
  path: string
  /** Name of the environment variable that overrides it, e.g. `TILLER_KEEPER_LIMITS_MIN_EDGE_BPS`. */
  env: string
  /** How the text of the environment variable is read. */
  kind: 'text' | 'number' | 'list' | 'json'
  description: string
  /** Completes "Give …". */
  expected: string
  default: unknown
  required: boolean
}

type Node = {
  type?: string
  description?: string
  'x-expected'?: string
  enum?: unknown[]
  minimum?: number
  maximum?: number
  default?: unknown
  properties?: Record<string, Node>
  required?: string[]
  items?: Node
  anyOf?: Node[]
}

/** The JSON Schema of the configuration file, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: 'input' })
}

/** The same, where a deployment file may stand in place of the addresses that it gives. */
export function editorSchema(): Record<string, unknown> {
  const schema = configJsonSchema() as { properties: Record<string, { required?: string[] }> }
  const { vault } = schema.properties
  if (vault === undefined) return schema
  const { required = [], ...rest } = vault
  const properties = { ...schema.properties, vault: { ...rest, anyOf: [{ required: ['deployment'] }, { required }] } }
  return { ...schema, properties }
}

/** Every value that the schema knows, in its order; list items are one field. */
export function configFields(): Field[] {
  return walk(configJsonSchema() as Node, '', true).filter((field) => field.path !== '$schema')
}

/** What stands at a path of the schema, list indices included, or undefined for an unknown name. */
export function describePath(path: readonly PropertyKey[]): { expected: string; description: string } | undefined {
  let nodes: Node[] = [configJsonSchema() as Node]
  let nearest = nodes[0]
  for (const part of path) {
    const next = nodes.flatMap((node) => step(node, part))
    if (next.length === 0) return undefined
    nodes = next
    nearest = nodes.find((node) => node['x-expected'] !== undefined) ?? nodes[0]
  }
  return nearest === undefined ? undefined : { expected: expectedOf(nearest), description: nearest.description ?? '' }
}

/** The names that may stand in the object at a path. */
export function namesAt(path: readonly PropertyKey[]): string[] {
  let nodes: Node[] = [configJsonSchema() as Node]
  for (const part of path) nodes = nodes.flatMap((node) => step(node, part))
  return [...new Set(nodes.flatMap(branches).flatMap((node) => Object.keys(node.properties ?? {})))]
}

/** `chain.rpc.read` → `TILLER_CHAIN_RPC_READ`. */
export function environmentNameOf(path: string): string {
  return `TILLER_${path
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`
}

function branches(node: Node): Node[] {
  return node.anyOf === undefined ? [node] : [node, ...node.anyOf.flatMap(branches)]
}

function step(node: Node, part: PropertyKey): Node[] {
  return branches(node).flatMap((branch) => {
    const child = typeof part === 'number' ? branch.items : branch.properties?.[String(part)]
    return child === undefined ? [] : [child]
  })
}

function walk(node: Node, path: string, required: boolean): Field[] {
  const objects = branches(node).filter((branch) => branch.properties !== undefined)
  const isEndpoint = node.anyOf?.some((branch) => branch.type === 'string') ?? false
  if (objects.length > 0 && !isEndpoint) {
    const fields = objects.flatMap((branch) =>
      Object.entries(branch.properties ?? {}).flatMap(([name, child]) =>
        walk(
          child,
          path === '' ? name : `${path}.${name}`,
          required && objects.length === 1 && node.default === undefined && (branch.required?.includes(name) ?? false),
        ),
      ),
    )
    return fields.filter((field, index) => fields.findIndex((other) => other.path === field.path) === index)
  }
  const field: Field = {
    path,
    env: environmentNameOf(path),
    kind: kindOf(node),
    description: node.description ?? '',
    expected: expectedOf(node),
    default: node.default,
    required,
  }
  const items = node.items?.properties
  return items === undefined ? [field] : [field, ...walk(node.items as Node, `${path}[]`, required)]
}

function kindOf(node: Node): Field['kind'] {
  if (node.type === 'array') return node.items?.properties === undefined ? 'list' : 'json'
  return node.type === 'integer' || node.type === 'number' ? 'number' : 'text'
}

function expectedOf(node: Node): string {
  if (node['x-expected'] !== undefined) return node['x-expected']
  if (node.enum !== undefined) return `one of ${node.enum.join(', ')}`
  if (node.type === 'integer') {
    return node.maximum === Number.MAX_SAFE_INTEGER
      ? `a whole number from ${node.minimum}`
      : `a whole number from ${node.minimum} to ${node.maximum}`
  }
  if (node.type === 'number') return `a number from ${node.minimum} to ${node.maximum}`
  if (node.type === 'object' || node.properties !== undefined) {
    return `an object with ${(node.required ?? Object.keys(node.properties ?? {})).join(', ')}`
  }
  return node.type === 'string' ? 'a text' : 'another value'
}
