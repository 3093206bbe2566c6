// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ERC4626 } from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { MockToken } from "./MockToken.sol";

/// @notice An ERC-4626 venue that lends out what it holds: what it can pay is what lies there. It may charge for entry.
contract MockLendingVenue is ERC4626 {
    uint256 public lent;
    uint256 public entryFeeBps;

    constructor(address asset_) ERC20("Mock lending venue", "LEND") ERC4626(IERC20(asset_)) {}

    function lend(address to, uint256 assets) external {
        lent += assets;
        MockToken(asset()).transfer(to, assets);
    }

    function setEntryFeeBps(uint256 bps) external {
        entryFeeBps = bps;
    }

    function totalAssets() public view override returns (uint256) {
        return super.totalAssets() + lent;
    }

    function previewDeposit(uint256 assets) public view override returns (uint256) {
        return super.previewDeposit(assets - (assets * entryFeeBps) / 10_000);
    }

    function maxWithdraw(address account) public view override returns (uint256) {
        return Math.min(super.maxWithdraw(account), MockToken(asset()).balanceOf(address(this)));
    }

    function _decimalsOffset() internal pure override returns (uint8) {
        return 6;
    }
}
