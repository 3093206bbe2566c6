// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { AaveReserveData } from "../../../contracts/interfaces/external/IAaveV3Pool.sol";
import { MockToken } from "./MockToken.sol";

/// @notice One reserve of an Aave pool with settable index, flags, cap and liquidity. It is its own aToken. The real pool is
/// exercised on the devnet; this one reaches the states that are hard to bring about there.
contract MockAavePool {
    uint256 private constant RAY = 1e27;

    address public immutable asset;
    mapping(address => uint256) public scaledBalanceOf;
    uint256 public scaledTotalSupply;
    uint256 public index = RAY;
    uint256 public configuration = (1 << 56) | (6 << 48);
    uint128 public virtualBalance;
    uint128 public accruedToTreasury;
    uint256 public shortBy;

    constructor(address asset_) {
        asset = asset_;
    }

    function setIndex(uint256 newIndex) external {
        // The growth is there in cash.
        MockToken(asset).mint(address(this), (scaledTotalSupply * (newIndex - index)) / RAY + 1);
        virtualBalance += uint128((scaledTotalSupply * (newIndex - index)) / RAY + 1);
        index = newIndex;
    }

    function setFlags(bool active, bool frozen, bool paused, uint256 supplyCap) external {
        configuration =
            (6 << 48) |
            (active ? 1 << 56 : 0) |
            (frozen ? 1 << 57 : 0) |
            (paused ? 1 << 60 : 0) |
            (supplyCap << 116);
    }

    function setVirtualBalance(uint128 balance) external {
        virtualBalance = balance;
    }

    function setAccruedToTreasury(uint128 scaled) external {
        accruedToTreasury = scaled;
    }

    function setShortBy(uint256 assets) external {
        shortBy = assets;
    }

    function supply(address, uint256 amount, address onBehalfOf, uint16) external {
        MockToken(asset).transferFrom(msg.sender, address(this), amount);
        uint256 scaled = ((amount - shortBy) * RAY) / index;
        scaledBalanceOf[onBehalfOf] += scaled;
        scaledTotalSupply += scaled;
        virtualBalance += uint128(amount);
    }

    function withdraw(address, uint256 amount, address to) external returns (uint256) {
        require(amount != 0, "InvalidAmount()");
        uint256 scaled = (amount * RAY + index - 1) / index;
        scaledBalanceOf[msg.sender] -= scaled;
        scaledTotalSupply -= scaled;
        virtualBalance -= uint128(amount);
        MockToken(asset).transfer(to, amount - shortBy);
        return amount;
    }

    function balanceOf(address user) external view returns (uint256) {
        return (scaledBalanceOf[user] * index) / RAY;
    }

    function getConfiguration(address) external view returns (uint256) {
        return configuration;
    }

    function getReserveData(address) external view returns (AaveReserveData memory reserve) {
        reserve.configuration = configuration;
        reserve.liquidityIndex = uint128(index);
        reserve.accruedToTreasury = accruedToTreasury;
    }

    function getReserveNormalizedIncome(address) external view returns (uint256) {
        return index;
    }

    function getVirtualUnderlyingBalance(address) external view returns (uint128) {
        return virtualBalance;
    }

    function getReserveAToken(address wanted) external view returns (address) {
        return wanted == asset ? address(this) : address(0);
    }
}
