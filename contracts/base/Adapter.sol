// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { IAdapter } from "../interfaces/IAdapter.sol";
import { IVault } from "../interfaces/IVault.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { EventsLib } from "../libraries/EventsLib.sol";
import { MathLib } from "../libraries/MathLib.sol";
import { Timelocked } from "./Timelocked.sol";

/// @notice What all adapters share: one vault, one asset, measured amounts, the vault's roles and timelock.
///
/// An adapter tracks the position tokens that the vault paid for, so position tokens that somebody sends to it count for
/// nothing. It holds no asset between transactions; its one allowance is to its own venue. What else comes to lie here,
/// a reward or a mistake, `skim` sends on: the asset to the vault, where it is a gain like any other, and every other
/// token to one recipient, which the curator names after the timelock.
abstract contract Adapter is IAdapter, Timelocked {
    using SafeTransferLib for address;

    /// @notice Asks a withdrawal for the whole position.
    uint256 public constant WHOLE_POSITION = type(uint128).max;

    /// @dev No position is booked for more: sixteen such fit the field of a group that they share, so one venue's lie does not
    /// cut off what the others have there.
    uint256 private constant MOST_BOOKED = (1 << 108) - 1;

    /// @inheritdoc IAdapter
    address public immutable vault;
    /// @inheritdoc IAdapter
    address public immutable asset;

    /// @notice Gets the tokens that are neither asset nor position; zero = they stay here.
    address public skimRecipient;

    /// @dev True while the vault moves a position: what lies here then is not a stray.
    bool private transient _isMoving;

    constructor(address vault_) Timelocked(Timelocked(vault_).defaultTimelock()) {
        vault = vault_;
        asset = IERC4626(vault_).asset();
    }

    modifier onlyVault() {
        require(msg.sender == vault, ErrorsLib.NotVault(msg.sender));
        _isMoving = true;
        _;
        _isMoving = false;
    }

    /// @inheritdoc IAdapter
    function allocate(
        bytes calldata data,
        uint256 assets
    ) external onlyVault returns (bytes32[] memory venueIds, int256 change) {
        return _report(data, _deposit(data, assets));
    }

    /// @inheritdoc IAdapter
    function deallocate(
        bytes calldata data,
        uint256 assets
    ) external onlyVault returns (bytes32[] memory venueIds, int256 change) {
        uint256 before = asset.balanceOf(vault);
        uint256 left = _withdraw(data, assets);
        uint256 received = asset.balanceOf(vault) - before;
        require(
            assets == WHOLE_POSITION || received >= assets || _mayPayLess(),
            ErrorsLib.ShortPayment(received, assets)
        );
        return _report(data, left);
    }

    /// @notice Sends on what lies here and is no position: the asset to the vault, another token to `skimRecipient`.
    /// Anyone may call it.
    function skim(address token) external returns (uint256 amount) {
        _checkNotMoving();
        require(!_isPositionToken(token), ErrorsLib.PositionToken(token));
        address to = token == asset ? vault : skimRecipient;
        require(to != address(0), ErrorsLib.ZeroAddress());
        amount = token.safeTransferAll(to);
        emit EventsLib.Skim(msg.sender, token, to, amount);
    }

    /// @notice Names who gets the tokens that are neither asset nor position. Timelocked; the curator proposes.
    function setSkimRecipient(address newSkimRecipient) external {
        _checkTimelocked();
        skimRecipient = newSkimRecipient;
        emit EventsLib.SetSkimRecipient(newSkimRecipient);
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
    function exact() external view virtual returns (bool) {
        return true;
    }

    /// @dev The change since the vault last booked this venue: what was moved, and the interest since then.
    function _report(
        bytes calldata data,
        uint256 left
    ) private view returns (bytes32[] memory venueIds, int256 change) {
        venueIds = _ids(data);
        // Both are far below 2^255.
        change = int256(MathLib.min(left, MOST_BOOKED)) - int256(IVault(vault).allocation(venueIds[0]));
    }

    /// @dev Puts `assets`, which lie here, into the venue and tracks what the venue gave for them.
    /// @return left What `_venueAssets` says afterwards.
    function _deposit(bytes calldata data, uint256 assets) internal virtual returns (uint256 left);

    /// @dev Brings `assets` out of the venue to the vault, or everything for `WHOLE_POSITION`.
    /// @return left What `_venueAssets` says afterwards.
    function _withdraw(bytes calldata data, uint256 assets) internal virtual returns (uint256 left);

    function _ids(bytes calldata data) internal view virtual returns (bytes32[] memory);

    function _venueAssets(bytes calldata data) internal view virtual returns (uint256);

    function _liquidityId(bytes calldata data) internal view virtual returns (bytes32);

    /// @dev True where `assets` is the value to take out, and what it fetches may be less.
    function _mayPayLess() internal pure virtual returns (bool) {
        return false;
    }

    /// @dev True for a token in which a position is held; `skim` never touches it.
    function _isPositionToken(address token) internal view virtual returns (bool);

    /// @dev First line of what anyone may call and what would change the books beneath a move.
    function _checkNotMoving() internal view {
        require(!_isMoving, ErrorsLib.Reentered());
    }

    /// @dev For adapters of one venue.
    function _checkNoData(bytes calldata data) internal pure {
        require(data.length == 0, ErrorsLib.UnexpectedData());
    }

    /* ROLES: THE VAULT'S */

    /// @dev First line of what only tightens.
    function _checkMayReduceRisk() internal view {
        require(_isInOffice(msg.sender), ErrorsLib.Unauthorized(msg.sender));
    }

    function _mayPropose(bytes4, address account) internal view override returns (bool) {
        return account == IVault(vault).curator();
    }

    function _term() internal view override returns (uint32) {
        return IVault(vault).term();
    }

    function _mayRevoke(bytes4, address account) internal view override returns (bool) {
        return _isInOffice(account);
    }

    function _inSetup() internal view override returns (bool) {
        return IERC4626(vault).totalSupply() == 0;
    }

    function _isInOffice(address account) private view returns (bool) {
        IVault roles = IVault(vault);
        return account == roles.curator() || account == roles.owner() || roles.isSentinel(account);
    }
}
