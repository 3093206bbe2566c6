// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice One venue kind, bound to one vault. An adapter holds the vault's position; it never calls a target that its
/// constructor or its typed `data` does not name. A venue is one position: the pair (adapter, data).
interface IAdapter {
    /// @return The only address that may call `allocate` and `deallocate`.
    function vault() external view returns (address);

    /// @return The vault's asset.
    function asset() external view returns (address);

    /// @return A short constant name of the venue kind: "aave-v3", "comet", "morpho-blue", "erc4626", "uniswap-v3".
    function kind() external pure returns (bytes32);

    /// @notice The ids that one position counts against: its own venue id first, then group ids (protocol, collateral,
    /// oracle). The venue's own id is `keccak256(abi.encode(adapter, data))`.
    function ids(bytes calldata data) external view returns (bytes32[] memory);

    /// @return Id of the pool of liquidity that a withdrawal from the position named by `data` drains. Two positions with the
    /// same id compete for the same assets.
    function liquidityId(bytes calldata data) external view returns (bytes32);

    /// @return True where a withdrawal costs the position what it pays, up to rounding; only then may it stand in the
    /// exit list.
    function exact() external view returns (bool);

    /// @notice Puts `assets`, which the vault has already sent to this adapter, into the venue named by `data`.
    /// @return venueIds What `ids(data)` returns.
    /// @return change Change of the position's value since the vault last booked it, in asset units: what was moved, less
    /// rounding, and the interest since then.
    function allocate(bytes calldata data, uint256 assets) external returns (bytes32[] memory venueIds, int256 change);

    /// @notice Takes `assets` out of the venue named by `data`; they come in at the vault, where they are measured.
    /// `type(uint128).max` takes the whole position.
    /// @return venueIds What `ids(data)` returns.
    /// @return change Change of the position's value since the vault last booked it, in asset units.
    function deallocate(
        bytes calldata data,
        uint256 assets
    ) external returns (bytes32[] memory venueIds, int256 change);

    /// @return Value of everything that this adapter holds, interest due included, in asset units, rounded down.
    function realAssets() external view returns (uint256);

    /// @return Value of the one position named by `data`, interest due included, in asset units, rounded down.
    function venueAssets(bytes calldata data) external view returns (uint256);

    /// @return What could be taken out of the position named by `data` at this moment: min(position, free liquidity).
    function withdrawable(bytes calldata data) external view returns (uint256);

    /// @return The largest deposit that the venue would accept at this moment (its own cap, frozen or paused reserves = 0).
    function depositable(bytes calldata data) external view returns (uint256);
}
