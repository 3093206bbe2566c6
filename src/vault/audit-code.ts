import { type Address, getAddress, type Hex, keccak256 } from 'viem'
import { type Artifact, loadArtifact } from '../chain/artifacts.ts'
import type { ChainClient } from '../chain/endpoint.ts'
import { codeAt } from './audit-reader.ts'

/** Compares code with what this build deploys; immutables, which each deployment fills in, count for nothing. */
export async function compareCode(
  client: ChainClient,
  blockNumber: bigint,
  contracts: readonly { name: string; address: Address }[],
) {
  const artifacts = new Map<string, Promise<Artifact | undefined>>()
  return Promise.all(
    contracts.map(async ({ name, address }) => {
      const artifact = artifacts.get(name) ?? loadArtifact(name).catch(() => undefined)
      artifacts.set(name, artifact)
      const [built, code] = await Promise.all([artifact, codeAt(client, address, blockNumber)])
      const matches = built !== undefined && withoutImmutables(code, built) === built.deployedBytecode
      return { name, address: getAddress(address), codeHash: keccak256(code), matches }
    }),
  )
}

function withoutImmutables(code: Hex, { immutables }: Pick<Artifact, 'immutables'>): Hex {
  let text = code.slice(2)
  for (const { start, length } of immutables) {
    text = `${text.slice(0, 2 * start)}${'00'.repeat(length)}${text.slice(2 * (start + length))}`
  }
  return `0x${text}`
}
