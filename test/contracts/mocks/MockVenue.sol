// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ERC4626 } from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { MockToken } from "./MockToken.sol";

/// @notice An ERC-4626 venue that can be short of liquidity, charge for entry and exit (for those who stay), underpay,
/// break, and call back.
contract MockVenue is ERC4626 {
    uint256 public freeLiquidity = type(uint256).max;
    uint256 public entryFeeBps;
    uint256 public exitFeeBps;
    bool public isBroken;
    bool public isShort;
    uint256 public shortPayment;
    address public callbackTarget;
    bytes public callbackData;
    bytes public callbackResult;
    bool public callbackSucceeded;

    constructor(address asset_) ERC20("Mock venue", "VENUE") ERC4626(IERC20(asset_)) {}

    function setFreeLiquidity(uint256 assets) external {
        freeLiquidity = assets;
    }

    function setEntryFeeBps(uint256 bps) external {
        entryFeeBps = bps;
    }

    function setExitFeeBps(uint256 bps) external {
        exitFeeBps = bps;
    }

    function setBroken(bool broken) external {
        isBroken = broken;
    }

    /// @dev Mints one share less in ten than it quotes.
    function setShort(bool short) external {
        isShort = short;
    }

    /// @dev Pays less than it says.
    function setShortPayment(uint256 assets) external {
        shortPayment = assets;
    }

    function setCallback(address target, bytes calldata data) external {
        callbackTarget = target;
        callbackData = data;
    }

    function earn(uint256 assets) external {
        MockToken(asset()).mint(address(this), assets);
    }

    function lose(uint256 assets) external {
        MockToken(asset()).burn(address(this), assets);
    }

    function totalAssets() public view virtual override returns (uint256) {
        require(!isBroken, "broken");
        return super.totalAssets();
    }

    function maxWithdraw(address owner) public view override returns (uint256) {
        return Math.min(super.maxWithdraw(owner), freeLiquidity);
    }

    function previewDeposit(uint256 assets) public view override returns (uint256) {
        return super.previewDeposit(assets - (assets * entryFeeBps) / 10_000);
    }

    function previewRedeem(uint256 shares) public view override returns (uint256) {
        uint256 assets = super.previewRedeem(shares);
        return assets - Math.ceilDiv(assets * exitFeeBps, 10_000);
    }

    function previewWithdraw(uint256 assets) public view override returns (uint256) {
        if (exitFeeBps == 0) return super.previewWithdraw(assets);
        return super.previewWithdraw(Math.ceilDiv(assets * 10_000, 10_000 - exitFeeBps));
    }

    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override {
        super._deposit(caller, receiver, assets, isShort ? (shares * 9) / 10 : shares);
        _callBack();
    }

    function _withdraw(
        address caller,
        address receiver,
        address owner,
        uint256 assets,
        uint256 shares
    ) internal override {
        require(assets <= freeLiquidity, "no liquidity");
        super._withdraw(caller, receiver, owner, assets, shares);
        if (shortPayment != 0) MockToken(asset()).burn(receiver, shortPayment);
        _callBack();
    }

    function _decimalsOffset() internal pure override returns (uint8) {
        return 6;
    }

    function _callBack() private {
        if (callbackTarget == address(0)) return;
        (callbackSucceeded, callbackResult) = callbackTarget.call(callbackData);
    }
}

/// @notice Carries losses as MetaMorpho 1.1 and Euler Earn do: the price stays flat, `lostAssets` counts as an asset.
contract MockLossVenue is MockVenue {
    uint256 public lostAssets;

    constructor(address asset_) MockVenue(asset_) {}

    /// @dev Real assets go, the price stays.
    function loseHidden(uint256 assets) external {
        MockToken(asset()).burn(address(this), assets);
        lostAssets += assets;
    }

    function totalAssets() public view override returns (uint256) {
        return super.totalAssets() + lostAssets;
    }
}
