import {
  type Address,
  createWalletClient,
  defineChain,
  encodeFunctionData,
  erc20Abi,
  http,
  numberToHex,
  parseAbi,
} from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { vaultAbi } from '../../vault/abi.ts'
import { deployVault, type VaultDeployment } from '../../vault/deploy.ts'
import { createMarketAgents, type MarketAgents } from '../agents/create-market-agents.ts'
import { devnetAccountNames, devnetMnemonic } from '../deployment.ts'
import { type Devnet, type PreparedDevnet, startDevnet } from '../devnet.ts'
import { devnetVaultPlan } from '../devnet-vault-plan.ts'
import { createRpc, type Rpc } from '../rpc.ts'

export type OpenSeason = {
  devnet: Devnet
  rpc: Rpc
  agents: MarketAgents
  vault: VaultDeployment
  /** Asset units that the depositors put in. */
  capital: bigint
  stop(): Promise<void>
}

export type OpenSeasonOptions = {
  prepared: PreparedDevnet
  seed: number
  /** Whole asset units: three fifths by alice, two fifths by bob. */
  capitalUnits: bigint
  /** Share of new gains that the vault keeps for its fee recipient, basis points. @default 0 */
  performanceFeeBps?: number
  port?: number
}

const usdc = 1_000_000n
const tokenAbi = parseAbi(['function mint(address to, uint256 amount)'])

/**
 * Opens a chain of its own for a season: real protocols, agents with their first positions, a vault over every lending
 * venue of the asset, and two depositors whose money lies idle.
 *
 * Two seasons of one seed and capital start from the same state.
 */
export async function openSeason(options: OpenSeasonOptions): Promise<OpenSeason> {
  const { prepared, seed, capitalUnits } = options
  const devnet = await startDevnet({
    prepared,
    noMining: true,
    ...(options.port === undefined ? {} : { port: options.port }),
  })
  try {
    const rpc = createRpc(devnet.url)
    const { deployment } = devnet
    const agents = await createMarketAgents({ rpcUrl: devnet.url, deployment, seed })
    await agents.prepare()
    const mine = (): Promise<void> => mineBlock(rpc)
    const vault = await deploySeasonVault(devnet, rpc, options, mine)
    await depositAll(devnet, rpc, vault.vault, capitalUnits, mine)
    return { devnet, rpc, agents, vault, capital: capitalUnits * usdc, stop: () => devnet.stop() }
  } catch (error) {
    await devnet.stop()
    throw error
  }
}

/**
 * Mines one block twelve seconds after the last, at one gwei: by its own clock a node would give blocks the time that
 * passes here, and no two openings would be alike.
 */
export async function mineBlock(rpc: Rpc): Promise<void> {
  const head = (await rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: string }
  await rpc('evm_setNextBlockTimestamp', [numberToHex(BigInt(head.timestamp) + 12n)])
  await rpc('anvil_setNextBlockBaseFeePerGas', [numberToHex(1_000_000_000n)])
  await rpc('evm_mine', [])
}

async function deploySeasonVault(
  devnet: Devnet,
  rpc: Rpc,
  { capitalUnits, performanceFeeBps = 0 }: OpenSeasonOptions,
  mine: () => Promise<void>,
): Promise<VaultDeployment> {
  const { accounts, tokens } = devnet.deployment
  const client = createWalletClient({
    account: mnemonicToAccount(devnetMnemonic, { addressIndex: devnetAccountNames.indexOf('deployer') }),
    chain: defineChain({
      id: devnet.chainId,
      name: 'devnet',
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [devnet.url] } },
    }),
    transport: http(devnet.url),
    pollingInterval: 20,
  })
  await sendAs(rpc, accounts.deployer, tokens.usdc, mintCall(accounts.deployer, 100n * usdc))
  await mine()
  return deployVault(
    client,
    {
      ...devnetVaultPlan(devnet.deployment, capitalUnits),
      owner: accounts.deployer,
      timelockSeconds: 0n,
      ...(performanceFeeBps === 0 ? {} : { performanceFeeBps, feeRecipient: accounts.deployer }),
    },
    { afterSend: mine },
  )
}

async function depositAll(
  devnet: Devnet,
  rpc: Rpc,
  vault: Address,
  capitalUnits: bigint,
  mine: () => Promise<void>,
): Promise<void> {
  const { accounts, tokens } = devnet.deployment
  const alice = (capitalUnits * usdc * 3n) / 5n
  const deposits = [
    { from: accounts.alice, assets: alice },
    { from: accounts.bob, assets: capitalUnits * usdc - alice },
  ]
  const hashes: unknown[] = []
  for (const { from, assets } of deposits) {
    hashes.push(
      await sendAs(rpc, from, tokens.usdc, mintCall(from, assets)),
      await sendAs(
        rpc,
        from,
        tokens.usdc,
        encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [vault, assets] }),
      ),
      await sendAs(
        rpc,
        from,
        vault,
        encodeFunctionData({ abi: vaultAbi, functionName: 'deposit', args: [assets, from] }),
      ),
    )
  }
  await mine()
  for (const hash of hashes) {
    const receipt = (await rpc('eth_getTransactionReceipt', [hash])) as { status?: string } | null
    if (receipt?.status !== '0x1')
      throw new Error(`A transaction of the season's opening was not successful: ${String(hash)}`)
  }
}

function mintCall(to: Address, amount: bigint): `0x${string}` {
  return encodeFunctionData({ abi: tokenAbi, functionName: 'mint', args: [to, amount] })
}

/** Sends from an account that the node holds; the devnet's named accounts are all of that kind. */
function sendAs(rpc: Rpc, from: Address, to: Address, data: `0x${string}`): Promise<unknown> {
  return rpc('eth_sendTransaction', [{ from, to, data, gas: numberToHex(2_000_000n) }])
}
