import { decodeFunctionResult, encodeFunctionData, type Hex, parseAbi } from 'viem'
import type { AaveRateParameters } from '../../venues/aave-v3/rates.ts'
import type { CometCurve } from '../../venues/comet/rates.ts'
import type { VenueKind } from '../../venues/venue.ts'
import { aaveParameterReads, aaveParameters } from '../agents/venues/aave.ts'
import { cometParameterReads, cometParameters } from '../agents/venues/comet.ts'
import type { DevnetDeployment } from '../deployment.ts'
import type { Rpc } from '../rpc.ts'

/** What the protocols themselves say about the curve of a venue, in their own units. */
export type ExactCurve =
  | { kind: 'aave-v3'; parameters: AaveRateParameters }
  | { kind: 'comet'; supply: CometCurve; borrow: CometCurve }
  | { kind: 'morpho-blue'; rateAtTargetWad: bigint; feeWad: bigint }
  | { kind: 'erc4626'; ratePerYearWad: bigint }

/** Curve, and cash in the pool in asset units; an ERC-4626 names none. */
export type ExactVenue = { curve: ExactCurve; cash: bigint | null }

const abi = parseAbi([
  'function getVirtualUnderlyingBalance(address asset) view returns (uint128)',
  'function balanceOf(address account) view returns (uint256)',
  'function borrowKink() view returns (uint256)',
  'function borrowPerSecondInterestRateBase() view returns (uint256)',
  'function borrowPerSecondInterestRateSlopeLow() view returns (uint256)',
  'function borrowPerSecondInterestRateSlopeHigh() view returns (uint256)',
  'function market(bytes32 id) view returns (uint128 totalSupplyAssets, uint128 totalSupplyShares, uint128 totalBorrowAssets, uint128 totalBorrowShares, uint128 lastUpdate, uint128 fee)',
  'function rateAtTarget(bytes32 id) view returns (int256)',
  'function ratePerYearWad() view returns (uint256)',
])

/**
 * Reads curves and cash of the devnet's USDC venues at the head, in the order of the vault's venues.
 *
 * @throws DEVNET_CALL_FAILED
 */
export async function readExactVenues(
  rpc: Rpc,
  deployment: DevnetDeployment,
  venues: readonly { name: string; kind: VenueKind }[],
): Promise<ExactVenue[]> {
  const { aave, comet, morpho, erc4626, tokens } = deployment
  const call = async (to: Hex, data: Hex): Promise<Hex> => (await rpc('eth_call', [{ to, data }, 'latest'])) as Hex
  const number = async (to: Hex, data: Hex): Promise<bigint> => BigInt(await call(to, data))

  return Promise.all(
    venues.map(async ({ name, kind }): Promise<ExactVenue> => {
      if (kind === 'aave-v3') {
        const answers = await Promise.all(aaveParameterReads(deployment).map(({ to, data }) => call(to, data)))
        const cash = encodeFunctionData({ abi, functionName: 'getVirtualUnderlyingBalance', args: [tokens.usdc] })
        return { curve: { kind, parameters: aaveParameters(answers) }, cash: await number(aave.pool, cash) }
      }
      if (kind === 'comet') {
        const supply = await Promise.all(cometParameterReads(deployment).map(({ to, data }) => call(to, data)))
        const borrow = await Promise.all(
          (
            [
              'borrowKink',
              'borrowPerSecondInterestRateBase',
              'borrowPerSecondInterestRateSlopeLow',
              'borrowPerSecondInterestRateSlopeHigh',
            ] as const
          ).map((functionName) => call(comet.usdc, encodeFunctionData({ abi, functionName }))),
        )
        const cash = encodeFunctionData({ abi, functionName: 'balanceOf', args: [comet.usdc] })
        return {
          curve: { kind, supply: cometParameters(supply), borrow: cometParameters(borrow) },
          cash: await number(tokens.usdc, cash),
        }
      }
      if (kind === 'morpho-blue') {
        const market = morpho.markets.find((one) => name.endsWith(one.name))
        if (market === undefined) throw new Error(`unreachable: the devnet has no market ${name}`)
        const [totalSupplyAssets, , totalBorrowAssets, , , feeWad] = decodeFunctionResult({
          abi,
          functionName: 'market',
          data: await call(morpho.morpho, encodeFunctionData({ abi, functionName: 'market', args: [market.id] })),
        })
        const rate = encodeFunctionData({ abi, functionName: 'rateAtTarget', args: [market.id] })
        return {
          curve: { kind, rateAtTargetWad: await number(morpho.irm, rate), feeWad },
          cash: totalSupplyAssets - totalBorrowAssets,
        }
      }
      const rate = encodeFunctionData({ abi, functionName: 'ratePerYearWad' })
      return { curve: { kind: 'erc4626', ratePerYearWad: await number(erc4626.usdc, rate) }, cash: null }
    }),
  )
}
