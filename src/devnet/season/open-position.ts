import { type Address, encodeFunctionData, erc20Abi, type Hex, numberToHex } from 'viem'
import { guardAbi } from '../../vault/abi.ts'
import { mineBlock, type OpenSeason } from './open-season.ts'

/**
 * Spreads the depositors' money evenly over the venues with one plan of the Guard, in which a tenth of a percent stays
 * idle. Sent by the keeper's account, which pays for it before the season counts gas.
 */
export async function openPosition({ devnet, rpc, vault, capital }: OpenSeason): Promise<void> {
  const { accounts } = devnet.deployment
  const share = (capital * 999n) / 1000n / BigInt(vault.venues.length)
  const nonce = await readGuardNonce(rpc, vault.guard)
  const data = encodeFunctionData({
    abi: guardAbi,
    functionName: 'rebalance',
    args: [
      {
        nonce,
        deadline: (1n << 64n) - 1n,
        minTotalAssetsAfter: 0n,
        legs: vault.venues.map((venue) => ({ adapter: venue.adapter, deposit: true, assets: share, data: venue.data })),
      },
    ],
  })
  const hash = await rpc('eth_sendTransaction', [
    { from: accounts.keeper, to: vault.guard, data, gas: numberToHex(5_000_000n) },
  ])
  await mineBlock(rpc)
  const receipt = (await rpc('eth_getTransactionReceipt', [hash])) as { status?: string } | null
  if (receipt?.status !== '0x1') {
    const idle = await rpc('eth_call', [
      { to: vault.asset, data: encodeFunctionData({ abi: erc20Abi, functionName: 'balanceOf', args: [vault.vault] }) },
      'latest',
    ])
    throw new Error(`The opening position was not bought (${String(hash)}); idle assets: ${BigInt(String(idle))}`)
  }
}

async function readGuardNonce(rpc: OpenSeason['rpc'], guard: Address): Promise<bigint> {
  const data = encodeFunctionData({ abi: guardAbi, functionName: 'nextNonce' })
  return BigInt((await rpc('eth_call', [{ to: guard, data }, 'latest'])) as Hex)
}
