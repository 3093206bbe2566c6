// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice An exit through one venue of a vault.
/// @param vault Vault that the caller leaves; the Router needs its allowance of shares.
/// @param adapter Adapter of the venue, registered in the vault.
/// @param data Names the venue inside the adapter.
/// @param assets Asset units that come out of the venue.
/// @param maxShares Most shares that it may cost.
/// @param deadline Last Unix second at which it may land.
struct VenueExit {
    address vault;
    address adapter;
    bytes data;
    uint256 assets;
    uint256 maxShares;
    uint256 deadline;
}

/// @notice What ERC-4626 leaves out for a person: bounds, deadlines, permits, and exits through a venue. The caller pays
/// with its own asset and its own shares, never with another's; shares of every vault and their asset need an allowance
/// for the Router, by `approve` or by `permit` in one `multicall`.
interface IRouter {
    /// @return Morpho Blue, whose flash loans are free; zero where in-kind exits are not offered.
    function flashLender() external view returns (address);

    /// @notice Gives the Router the caller's allowance by an ERC-2612 signature. A permit that does not apply, because
    /// somebody has already sent it or because it is out of date, does no harm where the allowance suffices.
    function permit(address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Deposits `assets` of the caller for at least `minShares`.
    function deposit(
        address vault,
        uint256 assets,
        address receiver,
        uint256 minShares,
        uint256 deadline
    ) external returns (uint256 shares);

    /// @notice Mints exactly `shares` for at most `maxAssets` of the caller.
    function mint(
        address vault,
        uint256 shares,
        address receiver,
        uint256 maxAssets,
        uint256 deadline
    ) external returns (uint256 assets);

    /// @notice Pays out exactly `assets` for at most `maxShares` of the caller.
    function withdraw(
        address vault,
        uint256 assets,
        address receiver,
        uint256 maxShares,
        uint256 deadline
    ) external returns (uint256 shares);

    /// @notice Redeems `shares` of the caller, or all for `type(uint256).max`, for at least `minAssets`.
    /// @return assets What was measured to reach the receiver.
    function redeem(
        address vault,
        uint256 shares,
        address receiver,
        uint256 minAssets,
        uint256 deadline
    ) external returns (uint256 assets);

    /// @notice Moves `shares` of the caller, or all for `type(uint256).max`, into a successor vault of the same asset.
    function migrate(
        address fromVault,
        address toVault,
        uint256 shares,
        uint256 minSharesOut,
        uint256 deadline
    ) external returns (uint256 sharesOut);

    /// @notice The vault's forced exit, with bounds.
    /// @param minAssets Least asset units that must be measured to reach the receiver.
    /// @return assets What was measured to reach the receiver.
    /// @return shares What it cost.
    function forceExit(
        VenueExit calldata exit,
        address receiver,
        uint256 minAssets
    ) external returns (uint256 assets, uint256 shares);

    /// @notice Turns shares into a position at a lending venue, even where the venue has nothing free: borrowed assets are
    /// supplied for the caller, the forced exit takes as much out of the vault's position, and the loan is paid back.
    /// Where the lender holds less than is wanted, several smaller exits do, in one `multicall`.
    /// @param minPosition Least worth, in asset units, of what the venue credits to the caller.
    /// @return position Worth of what the venue credited.
    /// @return shares What it cost.
    function exitInKind(
        VenueExit calldata exit,
        uint256 minPosition
    ) external returns (uint256 position, uint256 shares);
}
