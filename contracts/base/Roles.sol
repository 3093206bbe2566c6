// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IRoles } from "../interfaces/IRoles.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { EventsLib } from "../libraries/EventsLib.sol";
import { Timelocked } from "./Timelocked.sol";

/// @notice Owner, curator and sentinels of a vault, and who of them may propose and revoke.
abstract contract Roles is IRoles, Timelocked {
    /// @inheritdoc IRoles
    address public owner;
    /// @inheritdoc IRoles
    address public pendingOwner;
    /// @inheritdoc IRoles
    address public curator;
    /// @inheritdoc IRoles
    uint32 public term;
    /// @inheritdoc IRoles
    mapping(address account => bool) public isSentinel;

    /// @param owner_ First owner; also the first curator until it names another.
    constructor(address owner_) {
        require(owner_ != address(0), ErrorsLib.ZeroAddress());
        owner = owner_;
        curator = owner_;
        emit EventsLib.SetOwner(owner_);
        emit EventsLib.SetCurator(owner_);
    }

    /// @notice Begins a hand-over; the new owner must accept. Zero takes the offer back.
    function transferOwnership(address newOwner) external {
        _checkOwner();
        pendingOwner = newOwner;
        emit EventsLib.TransferOwnership(msg.sender, newOwner);
    }

    /// @notice Ends a hand-over; whatever was pending dies.
    function acceptOwnership() external {
        require(msg.sender == pendingOwner, ErrorsLib.Unauthorized(msg.sender));
        owner = msg.sender;
        delete pendingOwner;
        ++term;
        emit EventsLib.SetOwner(msg.sender);
    }

    /// @notice Names the curator; whatever was pending dies, also where the same one is named. Zero leaves the vault without
    /// one.
    function setCurator(address newCurator) external {
        _checkOwner();
        curator = newCurator;
        ++term;
        emit EventsLib.SetCurator(newCurator);
    }

    /// @notice Adds a sentinel, at once.
    function addSentinel(address account) external {
        _checkOwner();
        require(account != address(0), ErrorsLib.ZeroAddress());
        isSentinel[account] = true;
        _noteTightened(this.removeSentinel.selector, _subject(account));
        emit EventsLib.SetSentinel(account, true);
    }

    /// @notice Removes a sentinel. Timelocked; the owner proposes.
    function removeSentinel(address account) external {
        _checkTimelocked(_subject(account));
        isSentinel[account] = false;
        emit EventsLib.SetSentinel(account, false);
    }

    function _checkOwner() internal view {
        require(msg.sender == owner, ErrorsLib.Unauthorized(msg.sender));
    }

    /// @dev First line of what only tightens.
    function _checkMayReduceRisk() internal view {
        require(
            msg.sender == curator || msg.sender == owner || isSentinel[msg.sender],
            ErrorsLib.Unauthorized(msg.sender)
        );
    }

    function _mayPropose(bytes4 selector, address account) internal view override returns (bool) {
        return selector == this.removeSentinel.selector ? account == owner : account == curator;
    }

    function _term() internal view override returns (uint32) {
        return term;
    }

    function _mayRevoke(bytes4 selector, address account) internal view override returns (bool) {
        // A sentinel cannot keep itself in office.
        if (selector == this.removeSentinel.selector) return account == owner;
        return account == owner || account == curator || isSentinel[account];
    }
}
