import { type Address, decodeFunctionResult, encodeFunctionData, type Hex, parseAbi } from 'viem'
import {
  adaptiveCurve,
  adaptiveCurveRates,
  morphoInterest,
  morphoSupplyAprWad,
  morphoUtilisationWad,
} from '../../../venues/morpho-blue/rates.ts'
import type { DevnetDeployment, DevnetMorphoMarket } from '../../deployment.ts'
import type { VenueCalibration } from '../calibration.ts'
import {
  type Agent,
  type AgentTransaction,
  agentPurse,
  approve,
  gasLimits,
  lendingAgents,
  type MarketVenue,
  mint,
  wethCollateral,
  wrapEther,
} from '../market-venue.ts'

const abi = parseAbi([
  'struct MarketParams { address loanToken; address collateralToken; address oracle; address irm; uint256 lltv; }',
  'function supply(MarketParams marketParams, uint256 assets, uint256 shares, address onBehalf, bytes data)',
  'function withdraw(MarketParams marketParams, uint256 assets, uint256 shares, address onBehalf, address receiver)',
  'function borrow(MarketParams marketParams, uint256 assets, uint256 shares, address onBehalf, address receiver)',
  'function repay(MarketParams marketParams, uint256 assets, uint256 shares, address onBehalf, bytes data)',
  'function supplyCollateral(MarketParams marketParams, uint256 assets, address onBehalf, bytes data)',
  'function market(bytes32 id) view returns (uint128 totalSupplyAssets, uint128 totalSupplyShares, uint128 totalBorrowAssets, uint128 totalBorrowShares, uint128 lastUpdate, uint128 fee)',
  'function position(bytes32 id, address user) view returns (uint256 supplyShares, uint128 borrowShares, uint128 collateral)',
  'function rateAtTarget(bytes32 id) view returns (int256)',
])

/** One Morpho Blue market over USDC with the adaptive curve. */
export function morphoVenue(
  deployment: DevnetDeployment,
  market: DevnetMorphoMarket,
  calibration: VenueCalibration,
): MarketVenue {
  const { morpho, tokens, accounts } = deployment
  const { params, id } = market
  const name = `morpho-blue:${market.name}`
  const agents = lendingAgents(name, { supplier: accounts.morphoSupplier, borrower: accounts.morphoBorrower })
  const call = (agent: Agent, data: Hex): AgentTransaction => ({
    from: agent.address,
    to: morpho.morpho,
    data,
    gas: gasLimits.action,
  })
  return {
    name,
    kind: 'morpho-blue',
    calibration,
    kink: Number(adaptiveCurve.targetUtilisationWad) / 1e18,
    agents,
    reads: [
      { to: morpho.morpho, data: encodeFunctionData({ abi, functionName: 'market', args: [id] }) },
      { to: morpho.irm, data: encodeFunctionData({ abi, functionName: 'rateAtTarget', args: [id] }) },
      ...agents.map(({ address }) => ({
        to: morpho.morpho,
        data: encodeFunctionData({ abi, functionName: 'position', args: [id, address] }),
      })),
    ],
    view([marketAnswer, rateAnswer, ...positionAnswers], timestamp) {
      const [totalSupplyAssets, totalSupplyShares, totalBorrowAssets, totalBorrowShares, lastUpdate, fee] =
        decodeFunctionResult({ abi, functionName: 'market', data: marketAnswer ?? '0x' })
      const elapsed = timestamp - lastUpdate
      const utilisationWad = morphoUtilisationWad({ totalSupplyAssets, totalBorrowAssets })
      const rates = adaptiveCurveRates(utilisationWad, BigInt(rateAnswer ?? '0x0'), elapsed)
      const interest = morphoInterest(totalBorrowAssets, rates.meanBorrowRateWad, elapsed)
      const totalSupply = totalSupplyAssets + interest
      const totalBorrow = totalBorrowAssets + interest
      const positions = agents.map(({ role }, index) => {
        const [supplyShares, borrowShares] = decodeFunctionResult({
          abi,
          functionName: 'position',
          data: positionAnswers[index] ?? '0x',
        })
        return role === 'supplier'
          ? toAssets(supplyShares, totalSupply, totalSupplyShares)
          : toAssets(borrowShares, totalBorrow, totalBorrowShares)
      })
      return {
        totalSupply,
        totalBorrow,
        available: totalSupply - totalBorrow,
        positions,
        supplyAprWad: morphoSupplyAprWad(
          rates.endBorrowRateWad,
          morphoUtilisationWad({ totalSupplyAssets: totalSupply, totalBorrowAssets: totalBorrow }),
          fee,
        ),
        rateAtTarget: (Number(rates.endRateAtTargetWad) * 31_536_000) / 1e18,
      }
    },
    funding() {
      const isWeth = sameAddress(params.collateralToken, tokens.weth)
      const collateral = isWeth ? wethCollateral(calibration) : agentPurse(calibration) / 2n
      return agents.flatMap((agent) => [
        mint(agent, tokens.usdc, agentPurse(calibration)),
        approve(agent, tokens.usdc, morpho.morpho),
        ...(agent.role === 'supplier'
          ? []
          : [
              isWeth ? wrapEther(agent, tokens.weth, collateral) : mint(agent, params.collateralToken, collateral),
              approve(agent, params.collateralToken, morpho.morpho),
              call(
                agent,
                encodeFunctionData({
                  abi,
                  functionName: 'supplyCollateral',
                  args: [params, collateral, agent.address, '0x'],
                }),
              ),
            ]),
      ])
    },
    deposit: (agent, assets) =>
      call(agent, encodeFunctionData({ abi, functionName: 'supply', args: [params, assets, 0n, agent.address, '0x'] })),
    withdraw: (agent, assets) =>
      call(
        agent,
        encodeFunctionData({
          abi,
          functionName: 'withdraw',
          args: [params, assets, 0n, agent.address, agent.address],
        }),
      ),
    borrow: (agent, assets) =>
      call(
        agent,
        encodeFunctionData({ abi, functionName: 'borrow', args: [params, assets, 0n, agent.address, agent.address] }),
      ),
    repay: (agent, assets) =>
      call(agent, encodeFunctionData({ abi, functionName: 'repay', args: [params, assets, 0n, agent.address, '0x'] })),
  }
}

/** Shares to assets with Morpho's virtual shares (1e6) and asset (1), rounded down. */
function toAssets(shares: bigint, totalAssets: bigint, totalShares: bigint): bigint {
  return (shares * (totalAssets + 1n)) / (totalShares + 1_000_000n)
}

function sameAddress(a: Address, b: Address): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
