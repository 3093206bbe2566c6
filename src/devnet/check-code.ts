import { type Hex, keccak256 } from 'viem'
import type { DeployedCode } from './deployment.ts'
import type { Rpc } from './rpc.ts'

/** Names of the contracts whose code on the chain is not the one that was deployed. */
export async function checkCode(rpc: Rpc, codes: readonly DeployedCode[]): Promise<string[]> {
  const equal = await Promise.all(
    codes.map(async ({ address, codeHash }) => {
      const code = (await rpc('eth_getCode', [address, 'latest'])) as Hex
      return keccak256(code) === codeHash
    }),
  )
  return codes.filter((_, index) => !equal[index]).map(({ name }) => name)
}
