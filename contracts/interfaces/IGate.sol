// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice Who may come into a vault. It may refuse entry and receipt of shares, never an exit; a gate that reverts refuses.
interface IGate {
    /// @return True where `caller` may deposit or mint for `receiver`.
    function mayEnter(address caller, address receiver) external view returns (bool);

    /// @return True where `account` may receive shares by a transfer.
    function mayReceiveShares(address account) external view returns (bool);
}
