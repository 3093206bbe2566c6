// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { MockVenue } from "../mocks/MockVenue.sol";
import { Ledger } from "./Ledger.sol";
import { Properties } from "./Properties.sol";

/// @notice Accrual, the clock, donors, and venues: gains, losses, fees, droughts, dips, and failures of every kind.
abstract contract Nature is Ledger {
    /// @dev Code that a broken venue has: reverts; burns all gas; answers nothing; answers 0, 1, 2^128 - 1 or 2^256 - 1.
    bytes[7] private broken = [
        bytes(hex"5f5ffd"),
        bytes(hex"fe"),
        bytes(hex"00"),
        bytes(hex"5f5f5260205ff3"),
        bytes(hex"60015f5260205ff3"),
        bytes(hex"6fffffffffffffffffffffffffffffffff5f5260205ff3"),
        bytes(hex"5f195f5260205ff3")
    ];
    mapping(address target => bytes) private healthy;

    /* ACCRUAL AND THE CLOCK */

    /// @dev I2, I7.
    function accrue(uint256 time) external step("accrue") {
        vm.warp(vm.getBlockTimestamp() + bound(time, 0, 2 days));
        _setCeiling();
        if (!_isReadable()) return;
        uint256 sharesBefore = vault.totalSupply() + 1e12;
        uint256 untaxed = (sharesBefore * vault.highWaterMark()) / 1e30;
        uint256 elapsed = vm.getBlockTimestamp() - vault.lastAccrualAt();
        uint256 gain = vault.pendingGain();
        vault.accrue();

        uint256 stored = vault.storedAssets();
        _must(stored <= vault.totalAssets(), Properties.I2);
        _must(vault.pendingGain() == gain, Properties.I2);
        _must(stored + gain == vault.totalAssets(), Properties.I2);
        _must(stored >= _least(vault.totalAssets(), ceiling), Properties.I2);
        uint256 sharesAfter = vault.totalSupply() + 1e12;
        // What the fee shares are worth, and what they may be.
        uint256 worth = ((stored + 1) * (sharesAfter - sharesBefore)) / sharesAfter;
        uint256 most = ((stored + 1) * _least(elapsed, 365 days) * vault.managementFeeBps()) / (10_000 * 365 days);
        if (stored + 1 > untaxed) most += ((stored + 1 - untaxed) * vault.performanceFeeBps()) / 10_000;
        _must(worth <= most + 1, Properties.I7);

        vault.accrue();
        _must(vault.totalSupply() + 1e12 == sharesAfter && vault.storedAssets() == stored, Properties.I7);
        ++done["accrue"];
    }

    function pass(uint256 time) external step("pass") {
        vm.warp(vm.getBlockTimestamp() + bound(time, 1, 6 hours));
        _setCeiling();
    }

    /* DONORS */

    function donate(uint256 assets) external step("donate") {
        token.mint(address(vault), bound(assets, 0, 1e11));
    }

    /// @dev The asset in an adapter is a stray; anyone sends it on to the vault.
    function stray(uint256 index, uint256 assets) external step("stray") {
        address adapter = venues[index % VENUES].adapter;
        token.mint(adapter, bound(assets, 0, 1e9));
        (bool ok, ) = adapter.call(abi.encodeWithSignature("skim(address)", address(token)));
        _must(ok && token.balanceOf(adapter) == 0, Properties.I13);
    }

    /// @dev A position given to an adapter counts for nothing.
    function giveShares(uint256 index, uint256 assets) external step("giveShares") {
        index = index % VENUES;
        if (unruly[index]) return;
        Venue storage venue = venues[index];
        assets = bound(assets, 1, 1e9);
        token.mint(address(this), assets);
        token.approve(venue.target, assets);
        uint256 before = IAdapter(venue.adapter).realAssets();
        if (index == AAVE) aave.supply(address(token), assets, venue.adapter, 0);
        else if (index == COMET) comet.supplyTo(venue.adapter, address(token), assets);
        else if (index == PLAIN) plain.deposit(assets, venue.adapter);
        else if (index == HIDING) hiding.deposit(assets, venue.adapter);
        else morpho.supply(markets[index - WETH], assets, 0, venue.adapter, "");
        uint256 afterwards = IAdapter(venue.adapter).realAssets();
        // Whoever enters a venue that hides a loss takes his part of it over from those who are in it.
        if (index == HIDING && hiding.lostAssets() != 0) return;
        // An entry fee of the venue belongs to those who are in it.
        _must(afterwards <= before + (assets * 10) / 10_000 + 2, Properties.I11);
    }

    /* VENUES */

    function earn(uint256 index, uint256 bps) external step("earn") {
        _move(index % VENUES, bound(bps, 0, 50), true);
    }

    function lose(uint256 index, uint256 bps) external step("lose") {
        _move(index % VENUES, bound(bps, 0, 100), false);
    }

    /// @dev A venue's report dips and comes back; a leaver in between leaves the rest no poorer than the dip.
    function dip(uint256 index, uint256 bps, uint256 who) external step("dip") {
        index = index % VENUES;
        if (!_isSound() || unruly[index]) return;
        bps = bound(bps, 1, 100);
        _move(index, bps, false);
        address account = depositors[who % 3];
        uint256 assets = vault.maxWithdraw(account) / 3;
        (bool ok, ) = _as(account, address(vault), abi.encodeCall(vault.withdraw, (assets, account, account)));
        _must(ok, Properties.I8);
        if (ok) left += assets;
        _move(index, bps, true);
        ++done["dip"];
    }

    function charge(uint256 entryBps, uint256 exitBps) external step("charge") {
        if (unruly[PLAIN]) return;
        plain.setEntryFeeBps(bound(entryBps, 0, 6));
        plain.setExitFeeBps(bound(exitBps, 0, 4));
    }

    function hideLoss(uint256 bps) external step("hideLoss") {
        if (unruly[HIDING]) return;
        hiding.loseHidden((token.balanceOf(address(hiding)) * bound(bps, 0, 50)) / 10_000);
    }

    /// @dev A venue lends out all it has, or gets it back.
    function dryUp(uint256 index, bool dry) external step("dryUp") {
        index = index % VENUES;
        if (unruly[index]) return;
        uint256 free = dry ? 1_000 * UNIT : type(uint256).max;
        if (index == AAVE) aave.setVirtualBalance(uint128(_least(free, token.balanceOf(address(aave)))));
        else if (index == COMET) comet.setPaused(dry, dry);
        else if (index == PLAIN) plain.setFreeLiquidity(free);
        else if (index == HIDING) hiding.setFreeLiquidity(free);
        else {
            uint128 supplied = morpho.market(morpho.id(markets[index - WETH])).totalSupplyAssets;
            morpho.setBorrowed(markets[index - WETH], dry ? supplied - uint128(_least(free, supplied)) : 0);
        }
        ++done["dryUp"];
    }

    /* FAILURES */

    function breakVenue(uint256 index, uint256 way) external step("breakVenue") {
        index = index % VENUES;
        address target = venues[index].target;
        if (healthy[target].length != 0) return;
        healthy[target] = target.code;
        vm.etch(target, broken[way % broken.length]);
        for (uint256 i; i < VENUES; ++i) {
            if (venues[i].target == target) unruly[i] = true;
        }
        ++done["breakVenue"];
    }

    function repairVenues() external step("repairVenues") {
        for (uint256 i; i < VENUES; ++i) {
            address target = venues[i].target;
            if (healthy[target].length != 0) {
                vm.etch(target, healthy[target]);
                delete healthy[target];
            }
            unruly[i] = false;
        }
        plain.setShort(false);
        plain.setShortPayment(0);
        aave.setShortBy(0);
        ++done["repairVenues"];
    }

    /// @dev Venues that credit or pay less than they say.
    function cheat(uint256 way, uint256 assets) external step("cheat") {
        assets = bound(assets, 1, 1e6);
        way = way % 3;
        if (unruly[way == 2 ? AAVE : PLAIN]) return;
        if (way == 0) plain.setShort(true);
        else if (way == 1) plain.setShortPayment(assets);
        else aave.setShortBy(assets);
        unruly[way == 2 ? AAVE : PLAIN] = true;
        ++done["cheat"];
    }

    /* PRIVATE */

    function _move(uint256 index, uint256 bps, bool up) private {
        if (unruly[index]) return;
        if (index == AAVE) {
            // Aave's index never falls.
            if (up) aave.setIndex((aave.index() * (10_000 + bps)) / 10_000);
        } else if (index == COMET) {
            comet.setIndex((comet.index() * (up ? 10_000 + bps : 10_000 - bps)) / 10_000);
        } else if (index == PLAIN || index == HIDING) {
            uint256 assets = (token.balanceOf(venues[index].target) * bps) / 10_000;
            MockVenue target = MockVenue(venues[index].target);
            if (up) target.earn(assets);
            else target.lose(assets);
        } else {
            uint128 assets = uint128(
                (morpho.market(morpho.id(markets[index - WETH])).totalSupplyAssets * bps) / 10_000
            );
            if (up) return morpho.earn(markets[index - WETH], assets);
            // Bad debt is debt no longer.
            morpho.setBorrowed(markets[index - WETH], 0);
            morpho.loseBadDebt(markets[index - WETH], assets);
        }
    }
}
