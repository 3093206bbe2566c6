import type { Config } from './schema.ts'

/** The configuration as it may be shown: endpoints masked, amounts as decimal strings, references as references. */
export function showConfig(config: Omit<Config, 'vault'> & { vault?: Config['vault'] }): Record<string, unknown> {
  const { chain, ...rest } = config
  const masked = '[endpoint]'
  const shown = {
    chain: { id: chain.id, rpc: { read: chain.rpc.read.map(() => masked), send: masked, simulate: masked } },
    ...rest,
  }
  return JSON.parse(JSON.stringify(shown, (_, value) => (typeof value === 'bigint' ? value.toString() : value)))
}
