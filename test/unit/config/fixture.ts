/** A configuration that is valid as it stands; tests change it by path. */
export function validConfig(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const config: Record<string, unknown> = {
    chain: { id: 31337, rpc: { read: ['http://127.0.0.1:8545'] } },
    vault: {
      address: '0x00000000000000000000000000000000000000a1',
      guard: '0x00000000000000000000000000000000000000a2',
      venues: [
        { name: 'aave-v3:usdc', kind: 'aave-v3', adapter: '0x00000000000000000000000000000000000000b1' },
        {
          name: 'morpho:weth-usdc-86',
          kind: 'morpho-blue',
          adapter: '0x00000000000000000000000000000000000000b2',
          data: `0x${'ab'.repeat(32)}`,
        },
      ],
    },
  }
  for (const [path, value] of Object.entries(changes)) setAt(config, path.split('.'), value)
  return config
}

/** A private key that guards nothing: the first account of anvil. */
export const knownKey = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
export const knownAddress = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'

function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path
  if (rest.length === 0) {
    if (value === undefined) delete target[name]
    else target[name] = value
    return
  }
  target[name] ??= {}
  setAt(target[name] as Record<string, unknown>, rest, value)
}
