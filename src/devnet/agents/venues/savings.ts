import { encodeFunctionData, type Hex, parseAbi } from 'viem'
import type { DevnetDeployment } from '../../deployment.ts'
import type { VenueCalibration } from '../calibration.ts'
import {
  type Agent,
  type AgentTransaction,
  agentAddress,
  agentPurse,
  approve,
  gasLimits,
  type MarketVenue,
  mint,
} from '../market-venue.ts'

const abi = parseAbi([
  'function deposit(uint256 assets, address receiver)',
  'function withdraw(uint256 assets, address receiver, address owner)',
  'function totalAssets() view returns (uint256)',
  'function maxWithdraw(address owner) view returns (uint256)',
  'function ratePerYearWad() view returns (uint256)',
  'function setRate(uint256 newRatePerYearWad)',
])

/** The savings vault: two savers; nobody borrows, and its owner sets the rate. */
export function savingsVenue(deployment: DevnetDeployment, calibration: VenueCalibration): MarketVenue {
  const { erc4626, tokens, accounts } = deployment
  const name = 'erc4626:usdc'
  const agents: Agent[] = [
    { name: 'supplier-0', role: 'supplier', address: accounts.saver },
    { name: 'supplier-1', role: 'supplier', address: agentAddress(name, 'supplier-1') },
  ]
  const call = (agent: Agent, data: Hex): AgentTransaction => ({
    from: agent.address,
    to: erc4626.usdc,
    data,
    gas: gasLimits.action,
  })
  const nobodyBorrows = (): never => {
    throw new Error('unreachable: nobody borrows from an ERC-4626')
  }
  return {
    name,
    kind: 'erc4626',
    calibration,
    kink: 0,
    agents,
    reads: [
      { to: erc4626.usdc, data: encodeFunctionData({ abi, functionName: 'totalAssets' }) },
      { to: erc4626.usdc, data: encodeFunctionData({ abi, functionName: 'ratePerYearWad' }) },
      ...agents.map(({ address }) => ({
        to: erc4626.usdc,
        data: encodeFunctionData({ abi, functionName: 'maxWithdraw', args: [address] }),
      })),
    ],
    view(answers) {
      const [totalSupply = 0n, supplyAprWad = 0n, ...positions] = answers.map(BigInt)
      return { totalSupply, totalBorrow: 0n, available: totalSupply, positions, supplyAprWad }
    },
    funding() {
      const reserve: Agent = { name: 'reserve', role: 'supplier', address: erc4626.usdc }
      const [saver] = agents
      return [
        ...agents.flatMap((agent) => [
          mint(agent, tokens.usdc, agentPurse(calibration)),
          approve(agent, tokens.usdc, erc4626.usdc),
        ]),
        // What the vault holds beyond its deposits is the reserve that interest is paid from.
        ...(saver === undefined
          ? []
          : [{ ...mint(reserve, tokens.usdc, agentPurse(calibration)), from: saver.address }]),
      ]
    },
    deposit: (agent, assets) =>
      call(agent, encodeFunctionData({ abi, functionName: 'deposit', args: [assets, agent.address] })),
    withdraw: (agent, assets) =>
      call(agent, encodeFunctionData({ abi, functionName: 'withdraw', args: [assets, agent.address, agent.address] })),
    borrow: nobodyBorrows,
    repay: nobodyBorrows,
  }
}

/** The transaction with which the vault's owner sets its rate, 1e18 = 100 % a year. */
export function setSavingsRate({ erc4626, accounts }: DevnetDeployment, ratePerYearWad: bigint): AgentTransaction {
  return {
    from: accounts.saver,
    to: erc4626.usdc,
    data: encodeFunctionData({ abi, functionName: 'setRate', args: [ratePerYearWad] }),
    gas: gasLimits.action,
  }
}
