// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Fixture } from "../Fixture.sol";

/// @notice Gains that somebody knows of beforehand: a donation, a reward sale, a venue that books its yield once a week.
/// forge-config: default.isolate = true
contract Attack_Donation is Fixture {
    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT);
    }

    /// @dev In before a gift of 5 %, out a day later: no more than a holder has for the same day, which the maximum rate
    /// bounds at 0.55 %.
    function testFuzz_whoComesForAGiftHasNoMoreThanAHolder(uint256 assets, bool inVenue, uint256 wait) public {
        assets = bound(assets, UNIT, 1_000_000 * UNIT);
        wait = bound(wait, 0, 1 days);
        if (inVenue) _invest(0, 500 * UNIT);
        uint256 before = vault.previewRedeem(vault.balanceOf(alice));
        uint256 shares = _deposit(bob, assets);
        uint256 gift = vault.totalAssets() / 20;
        if (inVenue) {
            venues[0].earn(gift * 2000);
        } else {
            token.mint(address(vault), gift);
        }
        skip(wait);
        vm.prank(bob);
        uint256 paid = vault.redeem(shares, bob, bob);
        uint256 aliceNow = vault.previewRedeem(vault.balanceOf(alice));
        // Gain of bob over his assets against gain of alice over hers.
        assertLe((paid * 1e18) / assets, (aliceNow * 1e18) / before + 2e18 / UNIT);
        assertLe(paid, assets + (assets * 56) / 10_000 + 1);
    }

    /// @dev In after the gift, before it has come in: pays for all of it.
    function testFuzz_whoComesAfterAGiftPaysForIt(uint256 assets, uint256 wait) public {
        assets = bound(assets, 1, 1_000_000 * UNIT);
        token.mint(address(vault), 50 * UNIT);
        skip(bound(wait, 0, 10 days));
        uint256 shares = _deposit(bob, assets);
        assertLe(vault.previewRedeem(shares), assets);
        skip(3650 days);
        assertLe(vault.previewRedeem(shares), assets);
    }

    /// @dev The giver has less than before, whatever he holds.
    function testFuzz_aGiverNeverGains(uint256 assets, uint256 gift) public {
        assets = bound(assets, 1, 1_000_000 * UNIT);
        gift = bound(gift, 0, 1_000 * UNIT);
        uint256 shares = _deposit(bob, assets);
        token.mint(address(vault), gift);
        skip(3650 days);
        assertLe(vault.previewRedeem(shares), assets + gift);
    }
}
