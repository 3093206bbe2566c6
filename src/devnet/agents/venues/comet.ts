import { encodeFunctionData, type Hex, parseAbi } from 'viem'
import { type CometCurve, cometSupplyAprWad } from '../../../venues/comet/rates.ts'
import type { DevnetDeployment } from '../../deployment.ts'
import type { VenueCalibration } from '../calibration.ts'
import {
  type Agent,
  type AgentTransaction,
  agentPurse,
  approve,
  type ContractRead,
  gasLimits,
  lendingAgents,
  type MarketVenue,
  mint,
  wethCollateral,
  wrapEther,
} from '../market-venue.ts'

const abi = parseAbi([
  'function supply(address asset, uint256 amount)',
  'function withdraw(address asset, uint256 amount)',
  'function totalSupply() view returns (uint256)',
  'function totalBorrow() view returns (uint256)',
  'function balanceOf(address account) view returns (uint256)',
  'function borrowBalanceOf(address account) view returns (uint256)',
  'function supplyKink() view returns (uint256)',
  'function supplyPerSecondInterestRateBase() view returns (uint256)',
  'function supplyPerSecondInterestRateSlopeLow() view returns (uint256)',
  'function supplyPerSecondInterestRateSlopeHigh() view returns (uint256)',
])

/** Calls whose answers `cometVenue` needs once. */
export function cometParameterReads({ comet }: DevnetDeployment): ContractRead[] {
  return (
    [
      'supplyKink',
      'supplyPerSecondInterestRateBase',
      'supplyPerSecondInterestRateSlopeLow',
      'supplyPerSecondInterestRateSlopeHigh',
    ] as const
  ).map((functionName) => ({ to: comet.usdc, data: encodeFunctionData({ abi, functionName }) }))
}

/** Decodes the supply curve. */
export function cometParameters(answers: readonly Hex[]): CometCurve {
  const [kinkWad = 0n, basePerSecondWad = 0n, slopeLowPerSecondWad = 0n, slopeHighPerSecondWad = 0n] =
    answers.map(BigInt)
  return { kinkWad, basePerSecondWad, slopeLowPerSecondWad, slopeHighPerSecondWad }
}

/** USDC on the Comet: suppliers hold a positive principal, borrowers a negative one against WETH. */
export function cometVenue(
  deployment: DevnetDeployment,
  calibration: VenueCalibration,
  supplyCurve: CometCurve,
): MarketVenue {
  const { comet, tokens, accounts } = deployment
  const name = 'comet:usdc'
  const agents = lendingAgents(name, { supplier: accounts.cometSupplier, borrower: accounts.cometBorrower })
  const call = (agent: Agent, data: Hex): AgentTransaction => ({
    from: agent.address,
    to: comet.usdc,
    data,
    gas: gasLimits.action,
  })
  const supply = (agent: Agent, assets: bigint): AgentTransaction =>
    call(agent, encodeFunctionData({ abi, functionName: 'supply', args: [tokens.usdc, assets] }))
  const withdraw = (agent: Agent, assets: bigint): AgentTransaction =>
    call(agent, encodeFunctionData({ abi, functionName: 'withdraw', args: [tokens.usdc, assets] }))
  return {
    name,
    kind: 'comet',
    calibration,
    kink: Number(supplyCurve.kinkWad) / 1e18,
    agents,
    reads: [
      { to: comet.usdc, data: encodeFunctionData({ abi, functionName: 'totalSupply' }) },
      { to: comet.usdc, data: encodeFunctionData({ abi, functionName: 'totalBorrow' }) },
      { to: tokens.usdc, data: encodeFunctionData({ abi, functionName: 'balanceOf', args: [comet.usdc] }) },
      ...agents.map(({ role, address }) => ({
        to: comet.usdc,
        data: encodeFunctionData({
          abi,
          functionName: role === 'supplier' ? 'balanceOf' : 'borrowBalanceOf',
          args: [address],
        }),
      })),
    ],
    view(answers) {
      const [totalSupply = 0n, totalBorrow = 0n, available = 0n, ...positions] = answers.map(BigInt)
      const utilisationWad = totalSupply === 0n ? 0n : (totalBorrow * 10n ** 18n) / totalSupply
      return {
        totalSupply,
        totalBorrow,
        available,
        positions,
        supplyAprWad: cometSupplyAprWad(supplyCurve, utilisationWad),
      }
    },
    funding() {
      const collateral = wethCollateral(calibration)
      return agents.flatMap((agent) => [
        mint(agent, tokens.usdc, agentPurse(calibration)),
        approve(agent, tokens.usdc, comet.usdc),
        ...(agent.role === 'supplier'
          ? []
          : [
              wrapEther(agent, tokens.weth, collateral),
              approve(agent, tokens.weth, comet.usdc),
              call(agent, encodeFunctionData({ abi, functionName: 'supply', args: [tokens.weth, collateral] })),
            ]),
      ])
    },
    deposit: supply,
    repay: supply,
    withdraw,
    borrow: withdraw,
  }
}
