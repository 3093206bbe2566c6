// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice What MetaMorpho 1.1 and Euler Earn have beyond ERC-4626.
interface ILostAssets {
    /// @return Assets that were lost and are still counted in `totalAssets`.
    function lostAssets() external view returns (uint256);
}
