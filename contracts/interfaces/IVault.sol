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

    /// @return False while a deposit would be refused whoever makes it: before the Guard is set, while a venue is
    /// quarantined or marked below its report, and while a sudden loss may still be recovered.
    function entriesOpen() external view returns (bool);

    /// @return Asset units of sudden losses that may still come back at once: entries pay for them, and are closed while they
    /// are more than 25 bp.
    function recoverable() external view returns (uint256);

    /// @return Who may refuse entry and receipt of shares; zero = nobody.
    function gate() external view returns (address);

    /// @return Largest growth of stored assets per second, 1e18 = 100 % a second.
    function maxRatePerSecondWad() external view returns (uint64);

    /// @return Registered adapters, in the order of registration.
    function adapters() external view returns (address[] memory);

    function isAdapter(address adapter) external view returns (bool);

    /// @param adapter Any address.
    /// @return registered What `isAdapter` returns.
    /// @return retired True where nothing may go in any more.
    /// @return quarantined True where the adapter counts at `mark` and is not called by accrual and exits.
    /// @return marked True where the adapter counts one of its positions below what its venue reports.
    /// @return mark Asset units at which a quarantined adapter counts.
    /// @return writtenOff Asset units that its quarantine has taken out of total assets and that may still come back.
    function adapterState(
        address adapter
    )
        external
        view
        returns (bool registered, bool retired, bool quarantined, bool marked, uint128 mark, uint128 writtenOff);

    /// @return The ordered exit list.
    function exitList() external view returns (ExitEntry[] memory);

    /// @return absoluteCap Largest allocation of the id in asset units; 0 forbids it, 2^128 - 1 is no bound.
    /// @return relativeCapWad Largest allocation of the id as a share of total assets, 1e18 = all, in whole billionths; 0
    /// forbids it.
    function capOf(bytes32 id) external view returns (uint128 absoluteCap, uint64 relativeCapWad);

    /// @return Asset units recorded for the id at its last touch, interest since then not included.
    function allocation(bytes32 id) external view returns (uint256);

    /// @return Minimum over the venue's ids of absolute cap and relative cap x live total assets, in asset units.
    function effectiveCap(address adapter, bytes calldata data) external view returns (uint256);

    /* FEES */

    /// @return Share of new gains, in basis points.
    function performanceFeeBps() external view returns (uint16);

    /// @return Share of total assets in a year, in basis points.
    function managementFeeBps() external view returns (uint16);

    function feeRecipient() external view returns (address);

    /// @return Fee shares that nobody has claimed yet; they count in `totalSupply()` and as the vault's own balance.
    function unclaimedFeeShares() external view returns (uint128);

    /// @return Largest exit price so far on which a performance fee was taken, in asset units for 1e18 shares, times 1e12.
    function highWaterMark() external view returns (uint128);

    /// @return Penalty of a forced exit, in basis points.
    function forcedExitPenaltyBps() external view returns (uint16);

    /// @notice Mints the unclaimed fee shares to the fee recipient. Anyone may call it.
    function claimFees() external returns (uint256 shares);

    /// @dev The curator raises after the timelock and lowers at once; the owner names the recipient.
    function increasePerformanceFee(uint16 newFeeBps) external;

    function decreasePerformanceFee(uint16 newFeeBps) external;

    function increaseManagementFee(uint16 newFeeBps) external;

    function decreaseManagementFee(uint16 newFeeBps) external;

    function setFeeRecipient(address newFeeRecipient) external;

    function setForcedExitPenalty(uint16 newPenaltyBps) external;

    /* VENUES IN TROUBLE */

    /// @notice Forbids further inflow. Sentinel, curator or owner, at once.
    function retire(address adapter) external;

    /// @notice Allows inflow again. Timelocked; the curator proposes.
    function reinstate(address adapter) external;

    /// @notice Counts the adapter at `mark` and calls it no more. Sentinel, curator or owner, at once; again only with a
    /// lower mark.
    function quarantine(address adapter, uint128 mark) external;

    /// @notice Ends a quarantine with a fresh read. Timelocked; the curator proposes.
    function lift(address adapter) external;

    /// @notice An adapter says whether it counts a position below what its venue reports.
    function noteMark(bool marked) external;

    /* FORCED EXIT */

    /// @notice Takes `assets` out of one venue for a leaver, who bears the measured cost and a penalty.
    /// @param adapter Adapter of the venue, not quarantined.
    /// @param data Names the venue inside the adapter.
    /// @param assets Asset units to take out of the venue.
    /// @param receiver Gets what was measured to come in.
    /// @param account Whose shares are burnt; the caller needs its allowance unless it is the account.
    /// @return shares Shares that were burnt.
    function forceExit(
        address adapter,
        bytes calldata data,
        uint256 assets,
        address receiver,
        address account
    ) external returns (uint256 shares);

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
