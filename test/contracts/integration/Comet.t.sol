// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { DevnetFixture } from "./DevnetFixture.sol";

/// @notice The devnet's Comet, paused on either side and without a unit left.
/// forge-config: default.isolate = true
contract CometIntegrationTest is DevnetFixture {
    error Paused();

    function setUp() public override {
        super.setUp();
        if (address(vault) != address(0)) _spread();
    }

    function test_aPausedSupplyTakesNothingAndPaysEverything() public {
        vm.prank(deployer);
        comet.pause(true, false, false, false, false);
        assertEq(_depositable(COMET), 0);
        assertEq(_withdrawable(COMET), _venueAssets(COMET));
        vm.prank(address(guard));
        vm.expectRevert(Paused.selector);
        vault.allocate(venues[COMET].adapter, "", UNIT);
        _checkMaxWithdrawIsExact(alice);
        uint256 worth = _venueAssets(COMET);
        assertEq(_deallocate(COMET, type(uint128).max), worth);
    }

    function test_aPausedWithdrawalPaysNothingAndExitsTakeTheOtherVenues() public {
        uint256 worth = _venueAssets(COMET);
        vm.prank(deployer);
        comet.pause(false, false, true, false, false);
        assertEq(_withdrawable(COMET), 0);
        assertGe(_venueAssets(COMET), worth, "a pause is no loss");
        assertGt(_depositable(COMET), 0);
        vm.prank(address(guard));
        vm.expectRevert(Paused.selector);
        vault.deallocate(venues[COMET].adapter, "", UNIT);
        assertApproxEqAbs(vault.maxWithdraw(alice), 4_100_000 * UNIT + SEED, 10 * UNIT);
        _checkMaxWithdrawIsExact(alice);
    }

    function test_aFullyUtilisedCometPaysNothingUntilSomebodySupplies() public {
        _drainComet();
        uint256 worth = _venueAssets(COMET);
        assertEq(_withdrawable(COMET), 0);
        vm.prank(address(guard));
        vm.expectRevert();
        vault.deallocate(venues[COMET].adapter, "", UNIT);
        assertApproxEqAbs(vault.maxWithdraw(alice), 4_100_000 * UNIT + SEED, 100 * UNIT);
        _checkMaxWithdrawIsExact(alice);

        skip(1 days);
        assertGt(_venueAssets(COMET), worth, "interest accrues");
        _fund(bob, 200_000 * UNIT);
        vm.startPrank(bob);
        usdc.approve(address(comet), type(uint256).max);
        comet.supply(address(usdc), 200_000 * UNIT);
        vm.stopPrank();
        assertEq(_withdrawable(COMET), 200_000 * UNIT);
        assertEq(_deallocate(COMET, 200_000 * UNIT), 200_000 * UNIT);
    }

    function test_whatSomebodySuppliesForTheAdapterCountsForNothing() public {
        uint256 worth = _venueAssets(COMET);
        _fund(bob, 1_000 * UNIT);
        vm.startPrank(bob);
        usdc.approve(address(comet), type(uint256).max);
        (bool ok, ) = address(comet).call(
            abi.encodeWithSignature("supplyTo(address,address,uint256)", venues[COMET].adapter, usdc, 1_000 * UNIT)
        );
        vm.stopPrank();
        assertTrue(ok);
        assertApproxEqAbs(_venueAssets(COMET), worth, 1);
        assertLe(_venueAssets(COMET), worth + 1);
        _deallocate(COMET, type(uint128).max);
        assertLe(_venueAssets(COMET), 1);
    }
}
