// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { MockToken } from "./MockToken.sol";

/// @notice The supply side of a Comet with a settable index. The devnet's Comet is exercised end to end; this one reaches
/// its pauses and a short credit.
contract MockComet {
    address public immutable baseToken;
    uint256 public index = 1e15;
    mapping(address => int104) private _principal;
    bool public isSupplyPaused;
    bool public isWithdrawPaused;
    uint256 public shortBy;

    constructor(address baseToken_) {
        baseToken = baseToken_;
    }

    function setIndex(uint256 newIndex) external {
        MockToken(baseToken).mint(address(this), (MockToken(baseToken).balanceOf(address(this)) * newIndex) / index);
        index = newIndex;
    }

    function setPaused(bool supplyPaused, bool withdrawPaused) external {
        isSupplyPaused = supplyPaused;
        isWithdrawPaused = withdrawPaused;
    }

    function setShortBy(uint256 assets) external {
        shortBy = assets;
    }

    function supply(address asset, uint256 amount) external {
        supplyTo(msg.sender, asset, amount);
    }

    function supplyTo(address to, address, uint256 amount) public {
        MockToken(baseToken).transferFrom(msg.sender, address(this), amount);
        _principal[to] = int104(int256(((balanceOf(to) + amount - shortBy) * 1e15) / index));
    }

    function withdrawTo(address to, address, uint256 amount) external {
        uint256 left = balanceOf(msg.sender) - amount;
        _principal[msg.sender] = int104(int256((left * 1e15) / index));
        MockToken(baseToken).transfer(to, amount);
    }

    function balanceOf(address account) public view returns (uint256) {
        return (uint256(int256(_principal[account])) * index) / 1e15;
    }

    function borrowBalanceOf(address) external pure returns (uint256) {
        return 0;
    }

    function userBasic(address account) external view returns (int104, uint64, uint64, uint16, uint8) {
        return (_principal[account], 0, 0, 0, 0);
    }
}
