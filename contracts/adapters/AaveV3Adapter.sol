// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { Adapter } from "../base/Adapter.sol";
import { IAdapter } from "../interfaces/IAdapter.sol";
import { AaveReserveData, IAaveV3Pool, IAToken } from "../interfaces/external/IAaveV3Pool.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { IdsLib } from "../libraries/IdsLib.sol";
import { MathLib } from "../libraries/MathLib.sol";

/// @notice The vault's asset in one Aave v3 pool (3.4 and later, which count the pool's underlying virtually).
///
/// Scaled balances are tracked. Aave rounds a mint down and a burn up (TokenMath, v3.5), so a deposit is credited short and
/// a withdrawal costs more by up to the worth of one scaled unit and 1. Frozen reserves refuse deposits and pay
/// withdrawals; paused ones refuse both. What is free is what the pool counts virtually: a gift to the aToken is out of
/// reach. A deficit (bad debt that Aave has booked and not covered, v3.3) is not taken off: suppliers' balances are the
/// claims that Aave honours, first come, first served; where it matters, a sentinel quarantines the adapter at a mark.
/// Trust: the pool is upgradeable by Aave's governance; the vault's caps bound what that can cost.
contract AaveV3Adapter is Adapter {
    using SafeTransferLib for address;

    // Bits of the reserve's configuration (ReserveConfiguration.sol).
    uint256 private constant ACTIVE = 1 << 56;
    uint256 private constant FROZEN = 1 << 57;
    uint256 private constant PAUSED = 1 << 60;
    uint256 private constant DECIMALS_AT = 48;
    uint256 private constant SUPPLY_CAP_AT = 116;
    uint256 private constant SUPPLY_CAP_MASK = (1 << 36) - 1;

    IAaveV3Pool public immutable pool;
    IAToken public immutable aToken;

    /// @notice Scaled aTokens that the vault paid for.
    uint256 public scaledBalance;

    constructor(address vault_, address pool_) Adapter(vault_) {
        pool = IAaveV3Pool(pool_);
        address aToken_ = pool.getReserveAToken(asset);
        require(aToken_ != address(0), ErrorsLib.WrongAsset(asset, address(0)));
        aToken = IAToken(aToken_);
        asset.safeApprove(pool_, type(uint256).max);
    }

    /// @inheritdoc IAdapter
    function kind() external pure returns (bytes32) {
        return "aave-v3";
    }

    /// @inheritdoc IAdapter
    function realAssets() public view returns (uint256) {
        uint256 scaled = scaledBalance;
        if (scaled == 0) return 0;
        return MathLib.mulDivDown(scaled, pool.getReserveNormalizedIncome(asset), MathLib.RAY);
    }

    /// @inheritdoc IAdapter
    function withdrawable(bytes calldata data) external view returns (uint256) {
        _checkNoData(data);
        uint256 configuration = pool.getConfiguration(asset);
        if (configuration & ACTIVE == 0 || configuration & PAUSED != 0) return 0;
        return MathLib.min(realAssets(), pool.getVirtualUnderlyingBalance(asset));
    }

    /// @inheritdoc IAdapter
    /// @dev The pool adds the treasury's share of the interest due before it checks its cap, so the last few units under
    /// the cap may be refused.
    function depositable(bytes calldata data) external view returns (uint256) {
        _checkNoData(data);
        AaveReserveData memory reserve = pool.getReserveData(asset);
        uint256 configuration = reserve.configuration;
        if (configuration & ACTIVE == 0 || configuration & (FROZEN | PAUSED) != 0) return 0;
        uint256 cap = (configuration >> SUPPLY_CAP_AT) & SUPPLY_CAP_MASK;
        if (cap == 0) return type(uint128).max;
        uint256 supplied = MathLib.mulDivUp(
            aToken.scaledTotalSupply() + reserve.accruedToTreasury,
            pool.getReserveNormalizedIncome(asset),
            MathLib.RAY
        );
        return MathLib.zeroFloorSub(cap * 10 ** ((configuration >> DECIMALS_AT) & 0xff), supplied);
    }

    function _deposit(bytes calldata data, uint256 assets) internal override returns (uint256 left) {
        _checkNoData(data);
        uint256 before = aToken.scaledBalanceOf(address(this));
        pool.supply(asset, assets, address(this), 0);
        uint256 minted = aToken.scaledBalanceOf(address(this)) - before;
        uint256 tracked = scaledBalance + minted;
        scaledBalance = tracked;

        // One scaled unit is worth `index`, and the balance rounds down once more.
        uint256 index = pool.getReserveNormalizedIncome(asset);
        uint256 credited = MathLib.mulDivDown(minted, index, MathLib.RAY);
        uint256 minimum = MathLib.zeroFloorSub(assets, 1 + index / MathLib.RAY);
        require(credited >= minimum, ErrorsLib.ShortCredit(credited, minimum));
        return MathLib.mulDivDown(tracked, index, MathLib.RAY);
    }

    function _withdraw(bytes calldata data, uint256 assets) internal override returns (uint256 left) {
        _checkNoData(data);
        uint256 tracked = scaledBalance;
        uint256 position = realAssets();
        if (assets == WHOLE_POSITION) {
            // Aave refuses to withdraw nothing.
            if (position == 0) return 0;
            assets = position;
        }
        require(assets <= position, ErrorsLib.PositionTooSmall(position, assets));

        uint256 before = aToken.scaledBalanceOf(address(this));
        pool.withdraw(asset, assets, vault);
        // Never more than tracked: the burn of floor(tracked x index) rounds up to at most `tracked`.
        scaledBalance = tracked - (before - aToken.scaledBalanceOf(address(this)));
        return realAssets();
    }

    function _ids(bytes calldata data) internal view override returns (bytes32[] memory venueIds) {
        _checkNoData(data);
        venueIds = new bytes32[](2);
        venueIds[0] = IdsLib.venueOf(address(this), data);
        venueIds[1] = IdsLib.protocol(address(pool));
    }

    function _liquidityId(bytes calldata data) internal view override returns (bytes32) {
        _checkNoData(data);
        return IdsLib.protocol(address(pool));
    }

    function _isPositionToken(address token) internal view override returns (bool) {
        return token == address(aToken);
    }

    function _venueAssets(bytes calldata data) internal view override returns (uint256) {
        _checkNoData(data);
        return realAssets();
    }
}
