// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IAdapter } from "../interfaces/IAdapter.sol";
import { GuardLimits, IGuard } from "../interfaces/IGuard.sol";
import { IRedeemQueue } from "../interfaces/IRedeemQueue.sol";
import { ExitEntry, IVault } from "../interfaces/IVault.sol";
import {
    AaveCurve,
    AaveReserve,
    CometTotals,
    IAavePoolReader,
    IAaveRateStrategyReader,
    IAaveTokenReader,
    IAaveV3AdapterReader,
    IAggregatorReader,
    ICometAdapterReader,
    ICometReader,
    IErc4626AdapterReader,
    IMorphoBlueAdapterReader,
    IMorphoIrmReader,
    IMorphoReader,
    MorphoMarket,
    MorphoParams
} from "./LensInterfaces.sol";

/// @notice Kinds in the order of `venueKinds` in src/venues/venue.ts.
enum VenueKind {
    AaveV3,
    Comet,
    MorphoBlue,
    Erc4626,
    UniswapV3
}

struct VenueQuery {
    VenueKind kind;
    address adapter;
    bytes data;
}

struct Query {
    IVault vault;
    IGuard guard;
    address keeper;
    address ethUsdFeed; // zero: no price
    IRedeemQueue redeemQueue; // zero: none
    VenueQuery[] venues;
}

struct VenueReading {
    bool ok;
    bytes failure; // revert data where `ok` is false; everything below the vault's flags is then zero
    bool retired; // the vault's word on the adapter: nothing may go in
    bool quarantined; // it counts at a mark, and the vault calls it no more
    bool marked; // one of its positions counts below what its venue reports
    uint256 assets;
    uint256 withdrawable;
    uint256 depositable;
    uint256 inflowAvailable;
    uint256 totalSupply;
    uint256 totalBorrow;
    uint256 index;
    uint256 lastUpdateAt;
    uint256 supplyAprWad;
    uint256[4] curve; // raw parameters of the kind; src/venues/<kind>/read.ts gives them their meaning
    bytes32[] ids;
    uint256[] caps; // of each id, in asset units
}

struct VaultReading {
    address asset;
    uint8 assetDecimals;
    uint8 shareDecimals;
    uint256 totalAssets;
    uint256 totalSupply;
    uint256 idle;
    uint256 liquid;
    uint256 sharePrice;
    bytes32[] exitIds;
    bool entriesOpen;
    uint256 queuedAssets; // what waits in the redeem queue, at the exit price
}

struct GuardReading {
    uint64 nextNonce;
    uint64 lastRebalanceAt;
    bool frozen;
    bool keeperAllowed;
    GuardLimits limits;
    uint256 turnoverAvailable;
    uint256 turnoverOwed;
    uint256 lossAvailable;
}

struct Reading {
    uint256 chainId;
    uint256 blockNumber;
    uint256 timestamp;
    VaultReading vault;
    GuardReading guard;
    VenueReading[] venues;
    uint256 ethUsdE8; // zero: no price
    uint256 ethUsdUpdatedAt;
}

/// @title VaultLens
/// @notice Reads a vault, its Guard and its venues at one block in one `eth_call`. Never deployed: the call carries the
/// code.
///
/// A venue is read in a call of its own with a share of the gas of its own, so that one that reverts, answers garbage or
/// burns its gas is reported as failed and never blocks the others. Vault, Guard and queue are read plainly: without them
/// nothing can be decided, and their revert is the caller's error.
///
/// Every index is accrued to the time of the block and monotone:
/// - Aave v3: normalised income, 1e27 = 1.
/// - Comet: `baseSupplyIndex` grown to now as `accruedInterestIndices` does, 1e15 = 1.
/// - Morpho Blue: assets per share with Morpho's virtual amounts, interest and fee accrued as `_accrueInterest` does,
///   1e21 = 1.
/// - ERC-4626: assets of 10^(share decimals + 21 - asset decimals) shares, 1e21 = 1.
contract VaultLens {
    uint256 private constant WAD = 1e18;
    uint256 private constant RAY = 1e27;
    uint256 private constant YEAR = 365 days;
    uint256 private constant MAX_FAILURE = 256;

    /// @notice The feed answers zero or less, which is no price.
    error FeedNotPositive(int256 answer);

    /// @notice The redeem queue that is asked about belongs to `vault`.
    error QueueOfAnotherVault(address vault);

    function read(Query calldata query) external view returns (Reading memory reading) {
        reading.chainId = block.chainid;
        reading.blockNumber = block.number;
        reading.timestamp = block.timestamp;
        reading.vault = _readVault(query.vault);
        reading.guard = _readGuard(query.guard, query.keeper);
        reading.vault.queuedAssets = _readQueue(query.redeemQueue, query.vault);

        uint256 count = query.venues.length;
        reading.venues = new VenueReading[](count);
        for (uint256 i; i < count; ++i) {
            // One more share than calls that are left, for what follows.
            uint256 share = gasleft() / (count - i + 1);
            try
                this.readVenue{ gas: share }(
                    query.vault,
                    query.guard,
                    query.venues[i],
                    reading.vault.asset,
                    reading.vault.totalAssets
                )
            returns (VenueReading memory venue) {
                reading.venues[i] = venue;
            } catch {
                reading.venues[i].failure = _failure();
            }
            VenueReading memory flags = reading.venues[i];
            (, flags.retired, flags.quarantined, flags.marked, , ) = query.vault.adapterState(query.venues[i].adapter);
        }

        if (query.ethUsdFeed != address(0)) {
            try this.readFeed{ gas: gasleft() / 2 }(query.ethUsdFeed) returns (uint256 priceE8, uint256 updatedAt) {
                reading.ethUsdE8 = priceE8;
                reading.ethUsdUpdatedAt = updatedAt;
            } catch {}
        }
    }

    /// @dev External so that `read` can catch it; also what decodes untrusted return data, which a plain `try` on the
    /// venue itself would not catch.
    function readVenue(
        IVault vault,
        IGuard guard,
        VenueQuery calldata query,
        address asset,
        uint256 totalAssets
    ) external view returns (VenueReading memory venue) {
        if (query.kind == VenueKind.AaveV3) _readAaveV3(venue, query, asset);
        else if (query.kind == VenueKind.Comet) _readComet(venue, query);
        else if (query.kind == VenueKind.MorphoBlue) _readMorphoBlue(venue, query);
        else if (query.kind == VenueKind.Erc4626) _readErc4626(venue, query, asset);
        // A range of a pool has neither index nor rate: what its adapter says below is all there is.

        IAdapter adapter = IAdapter(query.adapter);
        venue.assets = adapter.venueAssets(query.data);
        venue.withdrawable = adapter.withdrawable(query.data);
        venue.depositable = adapter.depositable(query.data);
        venue.ids = adapter.ids(query.data);
        venue.caps = new uint256[](venue.ids.length);
        for (uint256 i; i < venue.ids.length; ++i) {
            (uint256 absoluteCap, uint256 relativeCapWad) = vault.capOf(venue.ids[i]);
            venue.caps[i] = Math.min(absoluteCap, Math.mulDiv(totalAssets, relativeCapWad, WAD));
        }
        venue.inflowAvailable = guard.inflowAvailable(venue.ids[0]);
        venue.ok = true;
    }

    /// @dev External for the same reason as `readVenue`.
    function readFeed(address feed) external view returns (uint256 priceE8, uint256 updatedAt) {
        int256 answer;
        (, answer, , updatedAt, ) = IAggregatorReader(feed).latestRoundData();
        if (answer <= 0) revert FeedNotPositive(answer);
        priceE8 = Math.mulDiv(uint256(answer), 1e8, 10 ** IAggregatorReader(feed).decimals());
    }

    /* VAULT AND GUARD */

    function _readVault(IVault vault) private view returns (VaultReading memory reading) {
        IERC4626 shares = IERC4626(address(vault));
        reading.asset = shares.asset();
        reading.assetDecimals = IERC20Metadata(reading.asset).decimals();
        reading.shareDecimals = shares.decimals();
        reading.totalAssets = shares.totalAssets();
        reading.totalSupply = shares.totalSupply();
        reading.idle = vault.idle();
        reading.liquid = vault.liquid();
        reading.sharePrice = shares.convertToAssets(10 ** reading.shareDecimals);
        ExitEntry[] memory exits = vault.exitList();
        reading.exitIds = new bytes32[](exits.length);
        for (uint256 i; i < exits.length; ++i) {
            reading.exitIds[i] = keccak256(abi.encode(exits[i].adapter, exits[i].data));
        }
        reading.entriesOpen = vault.entriesOpen();
    }

    function _readGuard(IGuard guard, address keeper) private view returns (GuardReading memory reading) {
        reading.nextNonce = guard.nextNonce();
        reading.lastRebalanceAt = guard.lastRebalanceAt();
        reading.frozen = guard.frozen();
        reading.keeperAllowed = guard.isKeeper(keeper);
        reading.limits = guard.limits();
        reading.turnoverAvailable = guard.turnoverAvailable();
        reading.turnoverOwed = guard.turnoverOwed();
        reading.lossAvailable = guard.lossAvailable();
    }

    function _readQueue(IRedeemQueue queue, IVault vault) private view returns (uint256 queuedAssets) {
        if (address(queue) == address(0)) return 0;
        address own = queue.vault();
        if (own != address(vault)) revert QueueOfAnotherVault(own);
        queuedAssets = queue.pendingAssets();
    }

    /* VENUES */

    /// @dev Supply is the aToken's and what is due to the treasury. Free liquidity plus debt would be the same but for
    /// rounding and a deficit, and falls within a flash loan's callback, in which nothing says that the reserve was touched.
    function _readAaveV3(VenueReading memory venue, VenueQuery calldata query, address asset) private view {
        IAavePoolReader pool = IAavePoolReader(IAaveV3AdapterReader(query.adapter).pool());
        AaveReserve memory reserve = pool.getReserveData(asset);
        venue.totalBorrow = IERC20(reserve.variableDebtToken).totalSupply();
        venue.index = pool.getReserveNormalizedIncome(asset);
        venue.totalSupply = Math.mulDiv(
            IAaveTokenReader(reserve.aToken).scaledTotalSupply() + reserve.accruedToTreasury,
            venue.index,
            RAY
        );
        venue.lastUpdateAt = reserve.lastUpdateTimestamp;
        venue.supplyAprWad = reserve.currentLiquidityRate / 1e9;
        AaveCurve memory curve = IAaveRateStrategyReader(reserve.interestRateStrategy).getInterestRateDataBps(asset);
        venue.curve = [
            uint256(curve.optimalUsageRatio),
            curve.baseVariableBorrowRate,
            curve.variableRateSlope1,
            curve.variableRateSlope2
        ];
    }

    function _readComet(VenueReading memory venue, VenueQuery calldata query) private view {
        ICometReader comet = ICometReader(ICometAdapterReader(query.adapter).comet());
        CometTotals memory totals = comet.totalsBasic();
        uint256 ratePerSecond = comet.getSupplyRate(comet.getUtilization());
        uint256 elapsed = block.timestamp - totals.lastAccrualTime;
        venue.totalSupply = comet.totalSupply();
        venue.totalBorrow = comet.totalBorrow();
        venue.index = totals.baseSupplyIndex + (totals.baseSupplyIndex * (ratePerSecond * elapsed)) / WAD;
        venue.lastUpdateAt = totals.lastAccrualTime;
        venue.supplyAprWad = ratePerSecond * YEAR;
        venue.curve = [
            comet.supplyKink(),
            comet.supplyPerSecondInterestRateBase(),
            comet.supplyPerSecondInterestRateSlopeLow(),
            comet.supplyPerSecondInterestRateSlopeHigh()
        ];
    }

    function _readMorphoBlue(VenueReading memory venue, VenueQuery calldata query) private view {
        IMorphoReader morpho = IMorphoReader(IMorphoBlueAdapterReader(query.adapter).morpho());
        MorphoParams memory params = abi.decode(query.data, (MorphoParams));
        bytes32 id = keccak256(query.data);
        MorphoMarket memory market = morpho.market(id);
        uint256 supplyAssets = market.totalSupplyAssets;
        uint256 supplyShares = market.totalSupplyShares;
        uint256 borrowAssets = market.totalBorrowAssets;
        uint256 ratePerSecond =
            params.irm == address(0) ? 0 : IMorphoIrmReader(params.irm).borrowRateView(params, market);
        {
            // Morpho._accrueInterest: three terms of the Taylor series of e^(rate x elapsed) - 1, fee minted as shares.
            uint256 growth = _compounded(ratePerSecond, block.timestamp - market.lastUpdate);
            uint256 interest = (borrowAssets * growth) / WAD;
            borrowAssets += interest;
            supplyAssets += interest;
            uint256 fee = (interest * market.fee) / WAD;
            supplyShares += Math.mulDiv(fee, supplyShares + 1e6, supplyAssets - fee + 1);
        }
        venue.totalSupply = supplyAssets;
        venue.totalBorrow = borrowAssets;
        venue.index = Math.mulDiv(supplyAssets + 1, 1e27, supplyShares + 1e6);
        venue.lastUpdateAt = market.lastUpdate;
        if (supplyAssets > 0) {
            uint256 utilisationWad = Math.mulDiv(borrowAssets, WAD, supplyAssets);
            venue.supplyAprWad = (((ratePerSecond * YEAR * utilisationWad) / WAD) * (WAD - market.fee)) / WAD;
        }
        if (params.irm != address(0)) venue.curve[0] = uint256(IMorphoIrmReader(params.irm).rateAtTarget(id));
    }

    function _readErc4626(VenueReading memory venue, VenueQuery calldata query, address asset) private view {
        IERC4626 target = IERC4626(IErc4626AdapterReader(query.adapter).target());
        venue.totalSupply = target.totalAssets();
        venue.index = target.convertToAssets(
            10 ** (uint256(target.decimals()) + 21 - IERC20Metadata(asset).decimals())
        );
    }

    /// @dev MathLib.wTaylorCompounded of Morpho Blue.
    function _compounded(uint256 ratePerSecond, uint256 elapsed) private pure returns (uint256) {
        uint256 first = ratePerSecond * elapsed;
        uint256 second = (first * first) / (2 * WAD);
        return first + second + (second * first) / (3 * WAD);
    }

    /// @dev The first bytes of what the last call reverted with. `catch (bytes memory)` would copy all of them, and the
    /// memory of a few venues that revert with megabytes costs more than the call has.
    function _failure() private pure returns (bytes memory head) {
        assembly ("memory-safe") {
            let size := returndatasize()
            if gt(size, MAX_FAILURE) {
                size := MAX_FAILURE
            }
            head := mload(0x40)
            mstore(head, size)
            returndatacopy(add(head, 0x20), 0, size)
            mstore(0x40, add(head, and(add(size, 0x3f), not(0x1f))))
        }
    }
}
