// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice The part of Compound v3 (Comet) that adapter and Router use.
interface IComet {
    function supply(address asset, uint256 amount) external;

    /// @dev A debt of `account` is paid back first.
    function supplyTo(address account, address asset, uint256 amount) external;

    /// @dev `type(uint256).max` as amount takes the whole base balance.
    function withdrawTo(address to, address asset, uint256 amount) external;

    function baseToken() external view returns (address);

    /// @return Present value of a supplied base balance, interest due included, rounded down.
    function balanceOf(address account) external view returns (uint256);

    /// @return Present value of a borrowed base balance, interest due included, rounded up.
    function borrowBalanceOf(address account) external view returns (uint256);

    /// @return principal The first of the five values that Comet returns; below zero for a debt.
    function userBasic(address account) external view returns (int104 principal);

    function isSupplyPaused() external view returns (bool);

    function isWithdrawPaused() external view returns (bool);
}
