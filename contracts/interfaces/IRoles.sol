// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice Who may do what in a vault; its Guard asks here too.
interface IRoles {
    /// @return Sets curator and sentinels; two-step.
    function owner() external view returns (address);

    /// @return The account that must accept ownership, or zero.
    function pendingOwner() external view returns (address);

    /// @return Proposes configuration; what loosens waits for its timelock.
    function curator() external view returns (address);

    /// @return How often a curator was named or ownership was taken over; what was submitted in an earlier term is dead.
    function term() external view returns (uint32);

    /// @return True for an account that may only reduce risk.
    function isSentinel(address account) external view returns (bool);
}
