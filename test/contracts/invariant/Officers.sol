// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Timelocked } from "../../../contracts/base/Timelocked.sol";
import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { GuardLimits } from "../../../contracts/interfaces/IGuard.sol";
import { Ledger } from "./Ledger.sol";
import { Properties } from "./Properties.sol";

/// @notice Owner, curator and sentinel: what loosens goes through the timelock or not at all, what tightens works at once
/// and whatever the venues do.
abstract contract Officers is Ledger {
    struct Proposal {
        address target;
        address proposer;
        bytes data;
        uint256 readyAt; // 0 where nothing waits under this calldata
    }

    uint256 private constant KINDS = 14;
    /// @dev More than an honest adapter needs to report, as the vault sees it.
    uint256 private constant REPORT_GAS = 1_000_000;

    Proposal[] private proposals;
    uint256[] private requested;
    mapping(bytes32 callHash => uint256) private placePlusOne;

    /* WHAT LOOSENS */

    function submit(uint256 kind, uint256 argument) external step("submit") {
        _submit(kind, argument);
    }

    /// @dev I19: now and then too early, or again.
    function execute(uint256 index) external step("execute") {
        if (proposals.length != 0) _execute(index % proposals.length);
    }

    /// @dev Waits until a proposal is ripe, and executes it.
    function mature(uint256 index) external step("mature") {
        if (proposals.length == 0) return;
        index = index % proposals.length;
        uint256 readyAt = proposals[index].readyAt;
        if (readyAt > vm.getBlockTimestamp()) {
            vm.warp(readyAt);
            _setCeiling();
        }
        _execute(index);
    }

    /// @dev I20.
    function revoke(uint256 index) external step("revoke") {
        if (proposals.length == 0) return;
        Proposal storage proposal = proposals[index % proposals.length];
        bool waits = proposal.readyAt != 0;
        bool isOwners = proposal.target == address(vault) && bytes4(proposal.data) == vault.removeSentinel.selector;
        (bool ok, ) = _as(
            isOwners ? owner : sentinel,
            proposal.target,
            abi.encodeCall(Timelocked.revoke, (proposal.data))
        );
        _must(ok == waits, Properties.I20);
        proposal.readyAt = 0;
        ++done["revoke"];
    }

    /// @dev I18: the same calls straight away, by anybody in office or none, and wrapped in a multicall.
    function usurp(uint256 kind, uint256 argument, uint256 who) external step("usurp") {
        (address target, , bytes memory data) = _call(kind, argument);
        address account = [curator, owner, sentinel, keeper, depositors[0]][who % 5];
        (bool ok, ) = _as(account, target, data);
        _must(!ok, Properties.I18);
        bytes[] memory calls = new bytes[](1);
        calls[0] = data;
        (ok, ) = _as(account, target, abi.encodeWithSignature("multicall(bytes[])", calls));
        _must(!ok, Properties.I18);
        (ok, ) = _as(sentinel, target, abi.encodeCall(Timelocked.submit, (data)));
        _must(!ok, Properties.I18);
        ++done["usurp"];
    }

    /// @dev All that is in trouble is taken back the proper way.
    function recover() external step("recover") {
        for (uint256 i; i < VENUES; ++i) {
            if (unruly[i]) return;
        }
        for (uint256 i; i < adapterList.length; ++i) {
            (, bool retired, bool quarantined, , , ) = vault.adapterState(adapterList[i]);
            if (retired) _request(address(vault), curator, abi.encodeCall(vault.reinstate, (adapterList[i])));
            if (quarantined) _request(address(vault), curator, abi.encodeCall(vault.lift, (adapterList[i])));
        }
        if (guard.frozen()) _request(address(guard), owner, abi.encodeCall(guard.unfreeze, ()));
        if (requested.length == 0) return;
        vm.warp(vm.getBlockTimestamp() + TIMELOCK);
        _setCeiling();
        for (uint256 i; i < requested.length; ++i) _execute(requested[i]);
        delete requested;
        ++done["recover"];
    }

    function _submit(uint256 kind, uint256 argument) private {
        (address target, address proposer, bytes memory data) = _call(kind, argument);
        _submitCall(target, proposer, data);
    }

    function _request(address target, address proposer, bytes memory data) private {
        _submitCall(target, proposer, data);
        requested.push(placePlusOne[keccak256(abi.encode(target, data))] - 1);
    }

    function _submitCall(address target, address proposer, bytes memory data) private {
        bytes32 callHash = keccak256(abi.encode(target, data));
        uint256 place = placePlusOne[callHash];
        bool waits = place != 0 && proposals[place - 1].readyAt != 0;
        // A shortening waits as long as what it shortens.
        bytes4 governed = bytes4(data);
        if (governed == Timelocked.decreaseTimelock.selector) (governed, ) = _timelockArguments(data);
        uint256 readyAt = vm.getBlockTimestamp() + Timelocked(target).timelock(governed);
        (bool ok, ) = _as(proposer, target, abi.encodeCall(Timelocked.submit, (data)));
        _must(ok == !waits, Properties.I19);
        if (!ok) return;
        ++done["submit"];
        if (place == 0) {
            proposals.push(Proposal(target, proposer, data, readyAt));
            placePlusOne[callHash] = proposals.length;
        } else {
            proposals[place - 1].readyAt = readyAt;
        }
    }

    function _execute(uint256 index) private {
        Proposal storage proposal = proposals[index];
        uint256 readyAt = proposal.readyAt;
        (bool ok, ) = _as(depositors[1], proposal.target, abi.encodeCall(Timelocked.execute, (proposal.data)));
        if (!ok) return;
        executed = true;
        ++done["execute"];
        proposal.readyAt = 0;
        _must(readyAt != 0 && vm.getBlockTimestamp() >= readyAt, Properties.I19);
        _must(bytes4(proposal.data) != vault.setForcedExitPenalty.selector, Properties.I19);
    }

    function _timelockArguments(bytes memory data) private pure returns (bytes4 selector, uint256 duration) {
        assembly ("memory-safe") {
            selector := mload(add(data, 0x24))
            duration := mload(add(data, 0x44))
        }
    }

    function _call(
        uint256 kind,
        uint256 argument
    ) private view returns (address target, address proposer, bytes memory data) {
        kind = kind % KINDS;
        proposer = curator;
        if (kind < 9) return (address(vault), proposer, _vaultCall(kind, argument));
        target = address(guard);
        if (kind == 9) return (target, owner, abi.encodeCall(guard.unfreeze, ()));
        if (kind == 10) {
            return (target, proposer, abi.encodeCall(guard.setLimits, (GuardLimits(30 minutes, 2, 5, 6_000, 100))));
        }
        if (kind == 11) return (target, proposer, abi.encodeCall(guard.addKeeper, (depositors[0])));
        if (kind == 12) {
            return (address(plainAdapter), proposer, abi.encodeCall(plainAdapter.increaseMark, (type(uint128).max)));
        }
        return (address(vault), owner, abi.encodeCall(vault.removeSentinel, (spareSentinel)));
    }

    function _vaultCall(uint256 kind, uint256 argument) private view returns (bytes memory) {
        Venue storage venue = venues[(argument >> 8) % VENUES];
        if (kind == 0) return abi.encodeCall(vault.increaseAbsoluteCap, (venue.id, uint128(60_000_000 * UNIT)));
        if (kind == 1) return abi.encodeCall(vault.increaseRelativeCap, (venue.id, uint64(WAD - (argument % 1e17))));
        if (kind == 2) return abi.encodeCall(vault.increasePerformanceFee, (uint16(1 + (argument % 3_001))));
        if (kind == 3) return abi.encodeCall(vault.increaseManagementFee, (uint16(1 + (argument % 201))));
        if (kind == 4) return abi.encodeCall(vault.setMaxRate, (uint64((1e18 + (argument % 9e17)) / 365 days)));
        if (kind == 5) return abi.encodeCall(vault.reinstate, (venue.adapter));
        if (kind == 6) return abi.encodeCall(vault.lift, (venue.adapter));
        if (kind == 7) {
            return abi.encodeCall(vault.decreaseTimelock, (vault.lift.selector, 1 days + (argument % 1 days)));
        }
        if (argument & 1 == 0) return abi.encodeCall(vault.setExitList, (_exits(argument >> 8)));
        return abi.encodeCall(vault.setForcedExitPenalty, (uint16(1 + (argument % 200))));
    }

    /* WHAT TIGHTENS */

    /// @dev I20.
    function cutCap(uint256 index, uint256 share, bool relative) external step("cutCap") {
        bytes32 id = venues[index % VENUES].id;
        (uint128 absoluteCap, uint64 relativeCapWad) = vault.capOf(id);
        // Rarely to nothing, or soon nothing is allocated any more.
        share = share % 32 == 0 ? 0 : 90 + (share % 10);
        uint256 old = relative ? relativeCapWad : absoluteCap;
        if (old == 0) return;
        uint256 cap = (old * share) / 100;
        bytes memory data =
            relative
                ? abi.encodeCall(vault.decreaseRelativeCap, (id, uint64(cap)))
                : abi.encodeCall(vault.decreaseAbsoluteCap, (id, uint128(cap)));
        (bool ok, ) = _as(sentinel, address(vault), data);
        _must(ok, Properties.I20);
        ++done["cutCap"];
    }

    /// @dev I20.
    function retire(uint256 index) external step("retire") {
        (bool ok, ) = _as(sentinel, address(vault), abi.encodeCall(vault.retire, (venues[index % VENUES].adapter)));
        _must(ok, Properties.I20);
        ++done["retire"];
    }

    /// @dev I20.
    function freeze() external step("freeze") {
        (bool ok, ) = _as(sentinel, address(guard), abi.encodeCall(guard.freeze, ()));
        _must(ok && guard.frozen(), Properties.I20);
        ++done["freeze"];
    }

    /// @dev I20: down to any mark that is not above the report, where there is one.
    function quarantine(uint256 index, uint256 share) external step("quarantine") {
        _quarantine(venues[index % VENUES].adapter, bound(share, 0, 100));
    }

    /// @dev I20: all at once that breaks or lies, as a sentinel would; I21: then everybody is paid what is liquid elsewhere.
    function contain() external step("contain") {
        bool any;
        for (uint256 i; i < VENUES; ++i) {
            if (!unruly[i] || _isQuarantined(venues[i].adapter)) continue;
            _quarantine(venues[i].adapter, 0);
            any = true;
        }
        if (!any) return;
        _must(_isReadable(), Properties.I21);
        if (!_isReadable()) return;
        _must(!vault.entriesOpen() && vault.maxDeposit(depositors[0]) == 0, Properties.I21);
        uint256 most = vault.maxWithdraw(depositors[2]) / 2;
        (bool ok, ) = _as(
            depositors[2],
            address(vault),
            abi.encodeCall(vault.withdraw, (most, depositors[2], depositors[2]))
        );
        _must(ok, Properties.I21);
        if (ok) left += most;
        ++done["contain"];
    }

    /// @dev I20.
    function lowerMark(uint256 share) external step("lowerMark") {
        uint256 mark = plainAdapter.markWad();
        if (mark == type(uint128).max) mark = 2e18;
        mark = (mark * bound(share, 50, 99)) / 100;
        (bool ok, ) = _as(sentinel, address(plainAdapter), abi.encodeCall(plainAdapter.decreaseMark, (uint128(mark))));
        (, , , bool marked, , ) = vault.adapterState(address(plainAdapter));
        _must(ok && marked, Properties.I20);
        ++done["lowerMark"];
    }

    /// @dev A sentinel takes assets out of a venue, of one in quarantine, too.
    function evacuate(uint256 index, uint256 share) external step("evacuate") {
        Venue storage venue = venues[index % VENUES];
        (bool ok, bytes memory result) = venue.adapter.staticcall{ gas: BLOCK_GAS }(
            abi.encodeCall(IAdapter.withdrawable, (venue.data))
        );
        if (!ok) return;
        uint256 assets = abi.decode(result, (uint256)) / (1 + (share % 4));
        if (assets > type(uint128).max) return;
        (ok, ) = _as(sentinel, address(vault), abi.encodeCall(vault.deallocate, (venue.adapter, venue.data, assets)));
        if (ok) ++done["evacuate"];
    }

    function lowerFees(uint256 bps) external step("lowerFees") {
        if (!_isReadable()) return;
        uint256 old = vault.performanceFeeBps();
        if (old == 0) return;
        (bool ok, ) = _as(curator, address(vault), abi.encodeCall(vault.decreasePerformanceFee, (uint16(bps % old))));
        _must(ok, Properties.I7);
        (ok, ) = _as(owner, address(vault), abi.encodeCall(vault.setFeeRecipient, (address(0))));
        _must(!ok || vault.managementFeeBps() == 0, Properties.I7);
        if (ok) _as(owner, address(vault), abi.encodeCall(vault.setFeeRecipient, (feeRecipient)));
        ++done["lowerFees"];
    }

    function _quarantine(address adapter, uint256 share) private {
        (, , bool quarantined, , uint128 mark, ) = vault.adapterState(adapter);
        uint256 newMark;
        if (quarantined) {
            if (mark == 0) return;
            newMark = (uint256(mark - 1) * share) / 100;
        } else {
            (bool ok, bytes memory result) = adapter.staticcall{ gas: REPORT_GAS }(
                abi.encodeCall(IAdapter.realAssets, ())
            );
            if (ok && result.length == 32) {
                uint256 report = abi.decode(result, (uint256));
                // Beyond what a vault can hold it is no report.
                if (report < 1e30) newMark = (report * share) / 100;
            }
        }
        (bool done_, ) = _as(sentinel, address(vault), abi.encodeCall(vault.quarantine, (adapter, uint128(newMark))));
        _must(done_, Properties.I20);
        ++done["quarantine"];
    }
}
