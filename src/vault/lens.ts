import {
  decodeFunctionResult,
  deploylessCallViaBytecodeBytecode,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  parseAbi,
  zeroAddress,
} from 'viem'
import { loadArtifact } from '../chain/artifacts.ts'
import { venueKinds } from '../venues/venue.ts'
import type { StateQuery } from './state-query.ts'

export const lensContract = 'VaultLens'

/** contracts/lens/VaultLens.sol; a test compares it with the compiled ABI. */
export const vaultLensAbi = parseAbi([
  'struct VenueQuery { uint8 kind; address adapter; bytes data; }',
  'struct Query { address vault; address guard; address keeper; address ethUsdFeed; address redeemQueue; VenueQuery[] venues; }',
  'struct VenueReading { bool ok; bytes failure; bool retired; bool quarantined; bool marked; uint256 assets; uint256 withdrawable; uint256 depositable; uint256 inflowAvailable; uint256 totalSupply; uint256 totalBorrow; uint256 index; uint256 lastUpdateAt; uint256 supplyAprWad; uint256[4] curve; bytes32[] ids; uint256[] caps; }',
  'struct VaultReading { address asset; uint8 assetDecimals; uint8 shareDecimals; uint256 totalAssets; uint256 totalSupply; uint256 idle; uint256 liquid; uint256 sharePrice; bytes32[] exitIds; bool entriesOpen; uint256 queuedAssets; }',
  'struct GuardLimits { uint32 cooldownSeconds; uint16 maxLossPerPlanBps; uint16 lossBudgetPerDayBps; uint16 turnoverPerDayBps; uint16 liquidFloorBps; }',
  'struct GuardReading { uint64 nextNonce; uint64 lastRebalanceAt; bool frozen; bool keeperAllowed; GuardLimits limits; uint256 turnoverAvailable; uint256 turnoverOwed; uint256 lossAvailable; }',
  'struct Reading { uint256 chainId; uint256 blockNumber; uint256 timestamp; VaultReading vault; GuardReading guard; VenueReading[] venues; uint256 ethUsdE8; uint256 ethUsdUpdatedAt; }',
  'function read(Query query) view returns (Reading reading)',
  'error QueueOfAnotherVault(address vault)',
])

/** viem's wrapper: a creation that creates `code`, calls it with `data` and returns the answer instead of code. */
const wrapperAbi = parseAbi(['constructor(bytes code, bytes data)'])

/** Loads the lens' creation code from the compiler's cache. */
export async function loadLens(): Promise<Hex> {
  return (await loadArtifact(lensContract)).bytecode
}

/**
 * Encodes an `eth_call` without `to` that answers `VaultLens.read(query)`. The lens is never deployed, and no state
 * override is needed, so that every node can answer.
 *
 * @param lens - Creation code from `loadLens`.
 */
export function encodeLensCall(lens: Hex, query: StateQuery): Hex {
  const data = encodeFunctionData({
    abi: vaultLensAbi,
    functionName: 'read',
    args: [
      {
        vault: query.vault,
        guard: query.guard,
        keeper: query.keeper,
        ethUsdFeed: query.ethUsdFeed ?? zeroAddress,
        redeemQueue: query.redeemQueue ?? zeroAddress,
        venues: query.venues.map(({ kind, adapter, data }) => ({ kind: venueKinds.indexOf(kind), adapter, data })),
      },
    ],
  })
  return encodeDeployData({ abi: wrapperAbi, bytecode: deploylessCallViaBytecodeBytecode, args: [lens, data] })
}

/** Decodes what `encodeLensCall` brought back. */
export function decodeLensResult(data: Hex) {
  return decodeFunctionResult({ abi: vaultLensAbi, functionName: 'read', data })
}

export type LensReading = ReturnType<typeof decodeLensResult>
