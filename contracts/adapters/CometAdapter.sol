// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { Adapter } from "../base/Adapter.sol";
import { IAdapter } from "../interfaces/IAdapter.sol";
import { IComet } from "../interfaces/external/IComet.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { IdsLib } from "../libraries/IdsLib.sol";
import { MathLib } from "../libraries/MathLib.sol";

/// @notice The vault's asset as the base asset of one Comet (Compound v3).
///
/// Principal is tracked. Comet rounds principal and present value down, so a deposit is credited short and a withdrawal
/// costs more by up to the worth of one unit of principal and 2. Trust: Comet is upgradeable by Compound's governance and
/// may pause supply and withdrawal; the vault's caps bound what that can cost.
contract CometAdapter is Adapter {
    using SafeTransferLib for address;

    IComet public immutable comet;

    /// @notice Principal that the vault paid for, in Comet's units (present value over the base supply index).
    uint256 public principal;

    constructor(address vault_, address comet_) Adapter(vault_) {
        comet = IComet(comet_);
        address base = comet.baseToken();
        require(base == asset, ErrorsLib.WrongAsset(asset, base));
        asset.safeApprove(comet_, type(uint256).max);
    }

    /// @inheritdoc IAdapter
    function kind() external pure returns (bytes32) {
        return "comet";
    }

    /// @inheritdoc IAdapter
    function realAssets() public view returns (uint256) {
        uint256 tracked = principal;
        if (tracked == 0) return 0;
        return _valueOf(tracked, comet.balanceOf(address(this)), _principal());
    }

    /// @inheritdoc IAdapter
    function withdrawable(bytes calldata data) external view returns (uint256) {
        _checkNoData(data);
        if (comet.isWithdrawPaused()) return 0;
        return MathLib.min(realAssets(), asset.balanceOf(address(comet)));
    }

    /// @inheritdoc IAdapter
    function depositable(bytes calldata data) external view returns (uint256) {
        _checkNoData(data);
        return comet.isSupplyPaused() ? 0 : uint256(type(uint96).max);
    }

    function _deposit(bytes calldata data, uint256 assets) internal override returns (uint256 left) {
        _checkNoData(data);
        uint256 before = _principal();
        uint256 presentBefore = comet.balanceOf(address(this));
        comet.supply(asset, assets);

        // Present value rounds down before and after, and one unit of principal is worth `present / actual`.
        uint256 present = comet.balanceOf(address(this));
        uint256 actual = _principal();
        uint256 credited = present - presentBefore;
        uint256 minimum = MathLib.zeroFloorSub(assets, 2 + present / MathLib.max(actual, 1));
        require(credited >= minimum, ErrorsLib.ShortCredit(credited, minimum));
        uint256 tracked = principal + actual - before;
        principal = tracked;
        return _valueOf(tracked, present, actual);
    }

    function _withdraw(bytes calldata data, uint256 assets) internal override returns (uint256 left) {
        _checkNoData(data);
        uint256 tracked = principal;
        uint256 before = _principal();
        uint256 position = realAssets();
        bool isWhole = assets == WHOLE_POSITION;
        if (isWhole) assets = position;
        require(assets <= position, ErrorsLib.PositionTooSmall(position, assets));

        comet.withdrawTo(vault, asset, assets);
        if (isWhole) {
            // Beside a gift a unit may stay behind; tracked, it would keep the adapter in use for good.
            principal = 0;
            return 0;
        }
        // Where others supplied for this account, rounding may burn a unit of theirs.
        principal = MathLib.zeroFloorSub(tracked, before - _principal());
        return realAssets();
    }

    function _ids(bytes calldata data) internal view override returns (bytes32[] memory venueIds) {
        _checkNoData(data);
        venueIds = new bytes32[](2);
        venueIds[0] = IdsLib.venueOf(address(this), data);
        venueIds[1] = IdsLib.protocol(address(comet));
    }

    function _liquidityId(bytes calldata data) internal view override returns (bytes32) {
        _checkNoData(data);
        return IdsLib.protocol(address(comet));
    }

    function _isPositionToken(address token) internal view override returns (bool) {
        return token == address(comet);
    }

    function _venueAssets(bytes calldata data) internal view override returns (uint256) {
        _checkNoData(data);
        return realAssets();
    }

    /// @dev What others supplied for this account counts for nothing.
    function _valueOf(uint256 tracked, uint256 present, uint256 actual) private pure returns (uint256) {
        return actual > tracked ? MathLib.mulDivDown(present, tracked, actual) : present;
    }

    /// @dev Never negative: the adapter does not borrow, since Comet would need collateral for it.
    function _principal() private view returns (uint256) {
        int104 actual = comet.userBasic(address(this));
        return actual > 0 ? uint256(uint104(actual)) : 0;
    }
}
