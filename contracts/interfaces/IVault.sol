// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IRoles } from "./IRoles.sol";

/// @notice One place of the exit list: a venue from which an exit may pull when idle does not suffice.
/// @param adapter Adapter of the venue, registered in the vault.
/// @param data Names the venue inside the adapter.
struct ExitEntry {
    address adapter;
    bytes data;
}

/// @notice What the Guard, the adapters, the lens and the periphery need of the vault beyond ERC-4626 and ERC-2612.
interface IVault is IRoles {
    /// @return The only allocator.
    function guard() external view returns (address);

    /* READS */

    /// @return Asset units that lie in the vault itself.
    function idle() external view returns (uint256);

    /// @return Asset units that an exit could be paid with now: idle and what the exit list could pull.
    function liquid() external view returns (uint256);

    /// @return True where `liquid() >= assets`; stops looking as soon as it knows.
    function canPay(uint256 assets) external view returns (bool);

    /// @return Live gains, in asset units, that the maximum rate has not yet let into the exit price.
    function pendingGain() external view returns (uint256);

    /// @return Total assets at the last accrual, in asset units.
    function storedAssets() external view returns (uint128);

    /// @return Unix second of the last accrual.
    function lastAccrualAt() external view returns (uint64);

    /// @return Largest growth of stored assets per second, 1e18 = 100 % a second.
    function maxRatePerSecondWad() external view returns (uint64);

    /// @return Registered adapters, in the order of registration.
    function adapters() external view returns (address[] memory);

    function isAdapter(address adapter) external view returns (bool);

    /// @return The ordered exit list.
    function exitList() external view returns (ExitEntry[] memory);

    /// @return absoluteCap Largest allocation of the id in asset units; 0 forbids it.
    /// @return relativeCapWad Largest allocation of the id as a share of total assets, 1e18 = all; 0 forbids it.
    function capOf(bytes32 id) external view returns (uint128 absoluteCap, uint64 relativeCapWad);

    /// @return Asset units recorded for the id at its last touch, interest since then not included.
    function allocation(bytes32 id) external view returns (uint256);

    /// @return Minimum over the venue's ids of absolute cap and relative cap x live total assets, in asset units.
    function effectiveCap(address adapter, bytes calldata data) external view returns (uint256);

    /* ACTIONS OF THE GUARD */

    /// @notice Takes in what is due. Anyone may call it.
    /// @return liveAssets Live total assets.
    function accrue() external returns (uint256 liveAssets);

    /// @notice Moves idle asset into a venue; only the Guard.
    function allocate(address adapter, bytes calldata data, uint256 assets) external;

    /// @notice Moves asset out of a venue to idle; the Guard or a sentinel. `type(uint128).max` takes the whole position.
    /// @return received Measured asset units that came in.
    function deallocate(address adapter, bytes calldata data, uint256 assets) external returns (uint256 received);
}
