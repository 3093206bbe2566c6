// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { Ledger } from "./Ledger.sol";
import { Properties } from "./Properties.sol";

/// @notice Whoever has the keeper's key: plans that fit the bounds, any other plan, calls past the Guard, and a sandwich of
/// plans and venue moves within one transaction.
abstract contract Keepers is Ledger {
    uint256 private immutable _startedAt = block.timestamp;
    /// @dev Shares of total assets that plans destroyed, 1e18 = all.
    uint256 private lostWad;

    /// @dev Of one plan, before it.
    uint256 private totalBefore;
    uint256 private heldByOthers;
    uint256 private lastPlanAt;

    /* PLANS */

    /// @dev As much of idle into a venue as fits every bound.
    function allocate(uint256 index, uint256 share) external step("allocate") {
        if (!_isReadable()) return;
        _wait();
        Plan memory plan = _empty(1);
        plan.legs[0] = _leg(index, true, (_room(index) * bound(share, 1, 100)) / 100);
        _send(plan);
    }

    /// @dev From one venue into another, within the bounds.
    function rotate(uint256 from, uint256 to, uint256 share) external step("rotate") {
        if (!_isReadable()) return;
        _wait();
        from = from % VENUES;
        to = (from + 1 + (to % (VENUES - 1))) % VENUES;
        uint256 assets = _least4(
            _room(to),
            guard.turnoverAvailable(),
            _withdrawable(from),
            (vault.totalAssets() * bound(share, 1, 100)) / 100
        );
        Plan memory plan = _empty(2);
        plan.legs[0] = _leg(from, false, assets);
        plan.legs[1] = _leg(to, true, assets);
        _send(plan);
    }

    function unwind(uint256 index, uint256 share) external step("unwind") {
        if (!_isReadable()) return;
        Plan memory plan = _empty(1);
        plan.legs[0] = _leg(index, false, (_withdrawable(index) * bound(share, 1, 100)) / 100);
        _send(plan);
    }

    /// @dev Any legs in any order and size, and every other field wrong now and then; most are refused, which is the point.
    function rebalance(uint256 seed, uint256 legs) external step("rebalance") {
        Plan memory plan = _empty(bound(legs, 0, 4));
        for (uint256 i; i < plan.legs.length; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            uint256 most = draw & 2 == 0 ? vault.idle() : 2e13;
            plan.legs[i] = _leg(draw >> 8, draw & 1 == 0, (most * ((draw >> 16) % 101)) / 100);
            if (draw & 0xfc == 0) plan.legs[i].adapter = address(this);
            if (draw & 0xfc == 4) plan.legs[i].data = "x";
            if (draw & 0xfc == 8) plan.legs[i].assets = type(uint128).max;
        }
        if (seed % 11 == 0) plan.nonce += uint64(seed >> 8);
        if (seed % 13 == 0) plan.deadline -= 1;
        _send(plan);
    }

    function _send(Plan memory plan) private {
        bool readable = _isReadable();
        totalBefore = readable ? vault.totalAssets() : 0;
        heldByOthers = _heldByOthers();
        lastPlanAt = guard.lastRebalanceAt();
        uint256 nonce = guard.nextNonce();
        bool frozen = guard.frozen();
        (bool ok, ) = _as(keeper, address(guard), abi.encodeCall(guard.rebalance, (plan)));
        if (!ok) {
            ++done["plan refused"];
            return;
        }
        ++done["plan"];
        _must(!frozen, Properties.I16);
        // Without a price there is no bound on a loss.
        _must(readable, Properties.I15);
        _must(plan.nonce == nonce && guard.nextNonce() == nonce + 1, Properties.I15);
        _must(plan.deadline >= vm.getBlockTimestamp(), Properties.I15);
        _must(_heldByOthers() <= heldByOthers, Properties.I12);
        _noteLoss();
        if (plan.legs[plan.legs.length - 1].deposit) _checkDeposits(plan);
    }

    function _checkDeposits(Plan memory plan) private {
        ++done["plan with deposits"];
        _must(vm.getBlockTimestamp() >= lastPlanAt + guard.limits().cooldownSeconds, Properties.I15);
        uint256 floor = (vault.totalAssets() * guard.limits().liquidFloorBps) / 10_000;
        _must(vault.liquid() >= floor, Properties.I15);
        for (uint256 i; i < plan.legs.length; ++i) {
            if (!plan.legs[i].deposit) continue;
            bytes32[] memory ids = IAdapter(plan.legs[i].adapter).ids(plan.legs[i].data);
            for (uint256 j; j < ids.length; ++j) {
                (uint128 absoluteCap, uint64 relativeCapWad) = vault.capOf(ids[j]);
                uint256 allocation = vault.allocation(ids[j]);
                _must(allocation <= absoluteCap, Properties.I10);
                _must(allocation <= (totalBefore * relativeCapWad) / WAD, Properties.I10);
            }
            (, bool retired, bool quarantined, , , ) = vault.adapterState(plan.legs[i].adapter);
            _must(!retired && !quarantined, Properties.I10);
        }
    }

    /// @dev The default budget, 5 bp, and as much a day. Rounded up as the Guard rounds what it allows down.
    function _noteLoss() private {
        uint256 afterwards = vault.totalAssets();
        if (afterwards >= totalBefore) return;
        uint256 loss = totalBefore - afterwards;
        _must(loss <= (totalBefore * 2) / 10_000, Properties.I12);
        lostWad += (loss * WAD) / totalBefore;
        ++done["plan that lost"];
        uint256 budget = 0.0005e18;
        uint256 refill = (budget * (vm.getBlockTimestamp() - _startedAt)) / 1 days;
        _must(lostWad <= budget + refill + 2, Properties.I17);
    }

    /// @dev What neither vault nor adapters nor venues hold of the asset.
    function _heldByOthers() private view returns (uint256 assets) {
        assets = token.totalSupply() - token.balanceOf(address(vault));
        for (uint256 i; i < adapterList.length; ++i) assets -= token.balanceOf(adapterList[i]);
        for (uint256 i; i < VENUES; ++i) {
            if (i != WBTC) assets -= token.balanceOf(venues[i].target);
        }
    }

    /* PAST THE GUARD */

    /// @dev I13, I18: nobody else moves a position, and the vault asks no other allocator.
    function trespass(uint256 who, uint256 index, uint256 assets) external step("trespass") {
        address account = who % 4 == 3 ? keeper : _actor(who);
        Venue storage venue = venues[index % VENUES];
        assets = bound(assets, 0, 1e13);
        (bool ok, ) = _as(account, venue.adapter, abi.encodeCall(IAdapter.allocate, (venue.data, assets)));
        _must(!ok, Properties.I13);
        (ok, ) = _as(account, venue.adapter, abi.encodeCall(IAdapter.deallocate, (venue.data, assets)));
        _must(!ok, Properties.I13);
        (ok, ) = _as(account, address(vault), abi.encodeCall(vault.allocate, (venue.adapter, venue.data, assets)));
        _must(!ok, Properties.I13);
        (ok, ) = _as(account, address(vault), abi.encodeCall(vault.deallocate, (venue.adapter, venue.data, assets)));
        _must(!ok, Properties.I13);
        (ok, ) = _as(account, address(vault), abi.encodeCall(vault.noteMark, (false)));
        _must(!ok, Properties.I18);
        (ok, ) = _as(_actor(who), address(guard), abi.encodeCall(guard.rebalance, (_empty(1))));
        _must(!ok, Properties.I18);
        ++done["trespass"];
    }

    /// @dev I9, I8: all in one transaction, with plans, venues and gifts at hand.
    function attack(uint256 seed, uint256 assets) external step("attack") {
        if (!_isSound()) return;
        assets = bound(assets, 1, 1e13);
        token.mint(address(sandwich), assets);
        uint256 before = token.balanceOf(address(sandwich));
        (bool ok, bytes memory result) = address(sandwich).call(abi.encodeCall(sandwich.run, (seed)));
        _must(ok, "the sandwich itself failed");
        if (!ok) return;
        (uint256 worth, bool overpaid, uint256 depositedNow, uint256 takenNow) = abi.decode(
            result,
            (uint256, bool, uint256, uint256)
        );
        entered += depositedNow;
        left += takenNow;
        // Deposits and exits round against it, venues by a unit or two.
        _must(worth <= before + ROUNDING, Properties.I9);
        _must(!overpaid, Properties.I8);
        if (depositedNow != 0) ++done["attack"];
    }

    /* PRIVATE */

    function _empty(uint256 legs) private view returns (Plan memory) {
        return Plan(guard.nextNonce(), uint64(vm.getBlockTimestamp()), 0, new Leg[](legs));
    }

    function _leg(uint256 index, bool isDeposit, uint256 assets) private view returns (Leg memory) {
        Venue storage venue = venues[index % VENUES];
        return Leg(venue.adapter, isDeposit, uint128(assets), venue.data);
    }

    /// @dev The cooldown; a well-behaved keeper waits for it.
    function _wait() private {
        uint256 readyAt = uint256(guard.lastRebalanceAt()) + guard.limits().cooldownSeconds;
        if (vm.getBlockTimestamp() >= readyAt) return;
        vm.warp(readyAt);
        _setCeiling();
    }

    /// @return What could go into a venue without breaking a bound that is known beforehand.
    function _room(uint256 index) private view returns (uint256) {
        Venue storage venue = venues[index % VENUES];
        (bool ok, bytes memory result) = venue.adapter.staticcall{ gas: BLOCK_GAS }(
            abi.encodeCall(IAdapter.depositable, (venue.data))
        );
        uint256 depositable = ok ? abi.decode(result, (uint256)) : 0;
        (ok, result) = address(vault).staticcall{ gas: BLOCK_GAS }(
            abi.encodeCall(vault.effectiveCap, (venue.adapter, venue.data))
        );
        uint256 cap = ok ? abi.decode(result, (uint256)) : 0;
        uint256 allocation = vault.allocation(venue.id);
        return
            _least4(
                vault.idle() / 2,
                depositable,
                cap > allocation ? cap - allocation : 0,
                guard.inflowAvailable(venue.id)
            );
    }

    function _withdrawable(uint256 index) private view returns (uint256) {
        Venue storage venue = venues[index % VENUES];
        (bool ok, bytes memory result) = venue.adapter.staticcall{ gas: BLOCK_GAS }(
            abi.encodeCall(IAdapter.withdrawable, (venue.data))
        );
        return ok ? abi.decode(result, (uint256)) : 0;
    }

    function _least4(uint256 a, uint256 b, uint256 c, uint256 d) private pure returns (uint256) {
        uint256 first = a < b ? a : b;
        uint256 second = c < d ? c : d;
        return uint128(first < second ? first : second);
    }
}
