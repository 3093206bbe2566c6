// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { Adapter } from "../base/Adapter.sol";
import { IAdapter } from "../interfaces/IAdapter.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { IdsLib } from "../libraries/IdsLib.sol";
import { MathLib } from "../libraries/MathLib.sol";

/// @notice The vault's asset in one ERC-4626 vault.
///
/// Shares are tracked. A deposit must give the shares that the venue quotes, and their worth may be at most 10 bp below
/// what was paid: this refuses a venue whose price was inflated between two looks; the Guard bounds the loss of the whole
/// plan more tightly. Value is `previewRedeem`. Trust: the venue's own report of its price; the vault's caps bound what a
/// lie can cost.
contract Erc4626Adapter is Adapter {
    using SafeTransferLib for address;

    uint256 private constant MAX_ENTRY_LOSS_BPS = 10;
    /// @dev Rounding, in asset units.
    uint256 private constant TOLERANCE = 2;

    IERC4626 public immutable target;

    /// @notice Shares that the vault paid for.
    uint256 public shares;

    constructor(address vault_, address target_) Adapter(vault_) {
        target = IERC4626(target_);
        address targetAsset = target.asset();
        require(targetAsset == asset, ErrorsLib.WrongAsset(asset, targetAsset));
        asset.safeApprove(target_, type(uint256).max);
    }

    /// @inheritdoc IAdapter
    function kind() external pure returns (bytes32) {
        return "erc4626";
    }

    /// @inheritdoc IAdapter
    function realAssets() public view returns (uint256) {
        uint256 tracked = shares;
        return tracked == 0 ? 0 : target.previewRedeem(tracked);
    }

    /// @inheritdoc IAdapter
    function withdrawable(bytes calldata data) external view returns (uint256) {
        _checkNoData(data);
        if (shares == 0) return 0;
        return MathLib.min(realAssets(), target.maxWithdraw(address(this)));
    }

    /// @inheritdoc IAdapter
    function depositable(bytes calldata data) external view returns (uint256) {
        _checkNoData(data);
        return target.maxDeposit(address(this));
    }

    function _deposit(bytes calldata data, uint256 assets) internal override {
        _checkNoData(data);
        uint256 minShares = target.previewDeposit(assets);
        uint256 before = target.balanceOf(address(this));
        target.deposit(assets, address(this));
        uint256 minted = target.balanceOf(address(this)) - before;
        require(minted >= minShares, ErrorsLib.ShortCredit(minted, minShares));
        shares += minted;

        uint256 credited = target.previewRedeem(minted);
        uint256 minimum = MathLib.zeroFloorSub(
            assets - MathLib.mulDivDown(assets, MAX_ENTRY_LOSS_BPS, MathLib.BPS),
            TOLERANCE
        );
        require(credited >= minimum, ErrorsLib.ShortCredit(credited, minimum));
    }

    function _withdraw(bytes calldata data, uint256 assets) internal override {
        _checkNoData(data);
        uint256 tracked = shares;
        if (assets == WHOLE_POSITION) {
            shares = 0;
            if (tracked != 0) target.redeem(tracked, address(this), address(this));
            return;
        }
        uint256 before = target.balanceOf(address(this));
        target.withdraw(assets, address(this), address(this));
        uint256 burnt = before - target.balanceOf(address(this));
        require(burnt <= tracked, ErrorsLib.PositionTooSmall(tracked, burnt));
        shares = tracked - burnt;
    }

    function _ids(bytes calldata data) internal view override returns (bytes32[] memory venueIds) {
        _checkNoData(data);
        venueIds = new bytes32[](1);
        venueIds[0] = IdsLib.venue(address(this), data);
    }

    function _liquidityId(bytes calldata data) internal view override returns (bytes32) {
        _checkNoData(data);
        return IdsLib.protocol(address(target));
    }

    function _venueAssets(bytes calldata data) internal view override returns (uint256) {
        _checkNoData(data);
        return realAssets();
    }
}
