import { decodeFunctionResult, encodeFunctionData, type Hex, parseAbi } from 'viem'
import { type AaveRateParameters, aaveRates, aaveSupplyAprWad } from '../../../venues/aave-v3/rates.ts'
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
  'function supply(address asset, uint256 amount, address onBehalfOf, uint16 referralCode)',
  'function withdraw(address asset, uint256 amount, address to)',
  'function borrow(address asset, uint256 amount, uint256 interestRateMode, uint16 referralCode, address onBehalfOf)',
  'function repay(address asset, uint256 amount, uint256 interestRateMode, address onBehalfOf)',
  'function getVirtualUnderlyingBalance(address asset) view returns (uint128)',
  'function getReserveDeficit(address asset) view returns (uint256)',
  'function totalSupply() view returns (uint256)',
  'function balanceOf(address account) view returns (uint256)',
  'struct InterestRateDataRay { uint256 optimalUsageRatio; uint256 baseVariableBorrowRate; uint256 variableRateSlope1; uint256 variableRateSlope2; }',
  'function getInterestRateData(address reserve) view returns (InterestRateDataRay)',
  'function getReserveConfigurationData(address asset) view returns (uint256 decimals, uint256 ltv, uint256 liquidationThreshold, uint256 liquidationBonus, uint256 reserveFactor, bool usageAsCollateralEnabled, bool borrowingEnabled, bool stableBorrowRateEnabled, bool isActive, bool isFrozen)',
])

const variable = 2n

/** Calls whose answers `aaveVenue` needs once. */
export function aaveParameterReads({ aave, tokens }: DevnetDeployment): ContractRead[] {
  return [
    {
      to: aave.rateStrategy,
      data: encodeFunctionData({ abi, functionName: 'getInterestRateData', args: [tokens.usdc] }),
    },
    {
      to: aave.dataProvider,
      data: encodeFunctionData({ abi, functionName: 'getReserveConfigurationData', args: [tokens.usdc] }),
    },
  ]
}

/** Decodes the reserve's rate parameters. */
export function aaveParameters([rates, configuration]: readonly Hex[]): AaveRateParameters {
  const data = decodeFunctionResult({ abi, functionName: 'getInterestRateData', data: rates ?? '0x' })
  const reserve = decodeFunctionResult({
    abi,
    functionName: 'getReserveConfigurationData',
    data: configuration ?? '0x',
  })
  return {
    optimalUsageRatioRay: data.optimalUsageRatio,
    baseVariableBorrowRateRay: data.baseVariableBorrowRate,
    variableRateSlope1Ray: data.variableRateSlope1,
    variableRateSlope2Ray: data.variableRateSlope2,
    reserveFactorBps: reserve[4],
  }
}

/** USDC on Aave v3: suppliers hold aUSDC, borrowers owe variable debt against WETH. */
export function aaveVenue(
  deployment: DevnetDeployment,
  calibration: VenueCalibration,
  parameters: AaveRateParameters,
): MarketVenue {
  const { aave, tokens, accounts } = deployment
  const name = 'aave-v3:usdc'
  const agents = lendingAgents(name, { supplier: accounts.aaveSupplier, borrower: accounts.aaveBorrower })
  const call = (agent: Agent, data: Hex): AgentTransaction => ({
    from: agent.address,
    to: aave.pool,
    data,
    gas: gasLimits.action,
  })
  return {
    name,
    kind: 'aave-v3',
    calibration,
    kink: Number(parameters.optimalUsageRatioRay) / 1e27,
    agents,
    reads: [
      { to: aave.aUsdc, data: encodeFunctionData({ abi, functionName: 'totalSupply' }) },
      { to: aave.variableDebtUsdc, data: encodeFunctionData({ abi, functionName: 'totalSupply' }) },
      {
        to: aave.pool,
        data: encodeFunctionData({ abi, functionName: 'getVirtualUnderlyingBalance', args: [tokens.usdc] }),
      },
      { to: aave.pool, data: encodeFunctionData({ abi, functionName: 'getReserveDeficit', args: [tokens.usdc] }) },
      ...agents.map(({ role, address }) => ({
        to: role === 'supplier' ? aave.aUsdc : aave.variableDebtUsdc,
        data: encodeFunctionData({ abi, functionName: 'balanceOf', args: [address] }),
      })),
    ],
    view(answers) {
      const [totalSupply = 0n, totalBorrow = 0n, available = 0n, deficit = 0n, ...positions] = answers.map(BigInt)
      const rates = aaveRates(parameters, { availableLiquidity: available, totalDebt: totalBorrow, deficit })
      return { totalSupply, totalBorrow, available, positions, supplyAprWad: aaveSupplyAprWad(rates.liquidityRateRay) }
    },
    funding() {
      const collateral = wethCollateral(calibration)
      return agents.flatMap((agent) => [
        mint(agent, tokens.usdc, agentPurse(calibration)),
        approve(agent, tokens.usdc, aave.pool),
        ...(agent.role === 'supplier'
          ? []
          : [
              wrapEther(agent, tokens.weth, collateral),
              approve(agent, tokens.weth, aave.pool),
              call(
                agent,
                encodeFunctionData({ abi, functionName: 'supply', args: [tokens.weth, collateral, agent.address, 0] }),
              ),
            ]),
      ])
    },
    deposit: (agent, assets) =>
      call(agent, encodeFunctionData({ abi, functionName: 'supply', args: [tokens.usdc, assets, agent.address, 0] })),
    withdraw: (agent, assets) =>
      call(agent, encodeFunctionData({ abi, functionName: 'withdraw', args: [tokens.usdc, assets, agent.address] })),
    borrow: (agent, assets) =>
      call(
        agent,
        encodeFunctionData({ abi, functionName: 'borrow', args: [tokens.usdc, assets, variable, 0, agent.address] }),
      ),
    repay: (agent, assets) =>
      call(
        agent,
        encodeFunctionData({ abi, functionName: 'repay', args: [tokens.usdc, assets, variable, agent.address] }),
      ),
  }
}
