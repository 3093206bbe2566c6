// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { IAdapter } from "../interfaces/IAdapter.sol";
import { IVault } from "../interfaces/IVault.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";

/// @notice What all adapters share: one vault, one asset, measured amounts.
///
/// An adapter tracks the position tokens that the vault paid for, so position tokens that somebody sends to it count for
/// nothing. It holds no asset between transactions; its one allowance is to its own venue.
abstract contract Adapter is IAdapter {
    using SafeTransferLib for address;

    /// @notice Asks a withdrawal for the whole position.
    uint256 public constant WHOLE_POSITION = type(uint128).max;

    /// @inheritdoc IAdapter
    address public immutable vault;
    /// @inheritdoc IAdapter
    address public immutable asset;

    constructor(address vault_) {
        vault = vault_;
        asset = IERC4626(vault_).asset();
    }

    /// @inheritdoc IAdapter
    function allocate(bytes calldata data, uint256 assets) external returns (bytes32[] memory venueIds, int256 change) {
        require(msg.sender == vault, ErrorsLib.NotVault(msg.sender));
        _deposit(data, assets);
        return _report(data);
    }

    /// @inheritdoc IAdapter
    function deallocate(
        bytes calldata data,
        uint256 assets
    ) external returns (bytes32[] memory venueIds, int256 change) {
        require(msg.sender == vault, ErrorsLib.NotVault(msg.sender));
        uint256 before = asset.balanceOf(address(this));
        _withdraw(data, assets);
        uint256 received = asset.balanceOf(address(this)) - before;
        require(assets == WHOLE_POSITION || received >= assets, ErrorsLib.ShortPayment(received, assets));
        asset.safeTransfer(vault, received);
        return _report(data);
    }

    /// @inheritdoc IAdapter
    function ids(bytes calldata data) external view returns (bytes32[] memory) {
        return _ids(data);
    }

    /// @inheritdoc IAdapter
    function venueAssets(bytes calldata data) external view returns (uint256) {
        return _venueAssets(data);
    }

    /// @inheritdoc IAdapter
    function liquidityId(bytes calldata data) external view returns (bytes32) {
        return _liquidityId(data);
    }

    /// @inheritdoc IAdapter
    function exact() external pure virtual returns (bool) {
        return true;
    }

    /// @dev The change since the vault last booked this venue: what was moved, and the interest since then.
    function _report(bytes calldata data) private view returns (bytes32[] memory venueIds, int256 change) {
        venueIds = _ids(data);
        // Both are amounts of a token and far below 2^255.
        change = int256(_venueAssets(data)) - int256(IVault(vault).allocation(venueIds[0]));
    }

    /// @dev Puts `assets`, which lie here, into the venue and tracks what the venue gave for them.
    function _deposit(bytes calldata data, uint256 assets) internal virtual;

    /// @dev Brings `assets` here out of the venue, or everything for `WHOLE_POSITION`.
    function _withdraw(bytes calldata data, uint256 assets) internal virtual;

    function _ids(bytes calldata data) internal view virtual returns (bytes32[] memory);

    function _venueAssets(bytes calldata data) internal view virtual returns (uint256);

    function _liquidityId(bytes calldata data) internal view virtual returns (bytes32);

    /// @dev For adapters of one venue.
    function _checkNoData(bytes calldata data) internal pure {
        require(data.length == 0, ErrorsLib.UnexpectedData());
    }
}
