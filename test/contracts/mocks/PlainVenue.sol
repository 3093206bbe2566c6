// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { MockToken } from "./MockToken.sol";

/// @notice The naive ERC-4626 of many incidents: no virtual shares, the balance counts, the first depositor gets one share
/// for one unit. No more of the standard than the adapter uses.
contract PlainVenue {
    address public immutable asset;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;

    constructor(address asset_) {
        asset = asset_;
    }

    function decimals() external view returns (uint8) {
        return MockToken(asset).decimals();
    }

    function totalAssets() public view returns (uint256) {
        return MockToken(asset).balanceOf(address(this));
    }

    function previewDeposit(uint256 assets) public view returns (uint256) {
        return totalSupply == 0 ? assets : (assets * totalSupply) / totalAssets();
    }

    function previewRedeem(uint256 shares) public view returns (uint256) {
        return totalSupply == 0 ? shares : (shares * totalAssets()) / totalSupply;
    }

    function convertToAssets(uint256 shares) external view returns (uint256) {
        return previewRedeem(shares);
    }

    function maxDeposit(address) external pure returns (uint256) {
        return type(uint256).max;
    }

    function maxWithdraw(address account) external view returns (uint256) {
        return previewRedeem(balanceOf[account]);
    }

    function deposit(uint256 assets, address receiver) external returns (uint256 shares) {
        shares = previewDeposit(assets);
        totalSupply += shares;
        balanceOf[receiver] += shares;
        MockToken(asset).transferFrom(msg.sender, address(this), assets);
    }

    function withdraw(uint256 assets, address receiver, address account) external returns (uint256 shares) {
        uint256 total = totalAssets();
        shares = (assets * totalSupply + total - 1) / total;
        _burn(account, shares, receiver, assets);
    }

    function redeem(uint256 shares, address receiver, address account) external returns (uint256 assets) {
        assets = previewRedeem(shares);
        _burn(account, shares, receiver, assets);
    }

    function _burn(address account, uint256 shares, address receiver, uint256 assets) private {
        require(msg.sender == account, "allowance");
        totalSupply -= shares;
        balanceOf[account] -= shares;
        MockToken(asset).transfer(receiver, assets);
    }
}
