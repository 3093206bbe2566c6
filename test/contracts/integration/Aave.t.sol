// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { AaveV3Adapter } from "../../../contracts/adapters/AaveV3Adapter.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { DevnetFixture } from "./DevnetFixture.sol";

/// @notice A reserve of the real Aave v3.6 in every state that its governance or its borrowers can bring it into.
/// forge-config: default.isolate = true
contract AaveIntegrationTest is DevnetFixture {
    error ReserveFrozen();
    error ReservePaused();
    error SupplyCapExceeded();

    function setUp() public override {
        super.setUp();
        if (address(vault) != address(0)) _spread();
    }

    function _allocateExpecting(uint256 assets, bytes4 selector) private {
        vm.prank(address(guard));
        vm.expectRevert(selector);
        vault.allocate(venues[AAVE].adapter, "", assets);
    }

    function test_aFrozenReserveTakesNothingAndPaysEverything() public {
        uint256 worth = _venueAssets(AAVE);
        vm.prank(deployer);
        configurator.setReserveFreeze(address(usdc), true);

        assertEq(_depositable(AAVE), 0);
        assertEq(_withdrawable(AAVE), _venueAssets(AAVE));
        assertGe(_venueAssets(AAVE), worth, "it still counts in full");
        _allocateExpecting(UNIT, ReserveFrozen.selector);
        _checkMaxWithdrawIsExact(alice);
        uint256 received = _deallocate(AAVE, type(uint128).max);
        assertGe(received + 1, worth);
        assertEq(_venueAssets(AAVE), 0);
    }

    function test_aPausedReserveNeitherTakesNorPaysAndExitsTakeTheOtherVenues() public {
        uint256 worth = _venueAssets(AAVE);
        vm.prank(deployer);
        configurator.setReservePause(address(usdc), true);

        assertEq(_depositable(AAVE), 0);
        assertEq(_withdrawable(AAVE), 0);
        assertGe(_venueAssets(AAVE), worth, "a pause is no loss");
        _allocateExpecting(UNIT, ReservePaused.selector);
        vm.prank(address(guard));
        vm.expectRevert(ReservePaused.selector);
        vault.deallocate(venues[AAVE].adapter, "", UNIT);

        // Idle, Comet, two markets and the savings vault.
        uint256 liquid = vault.maxWithdraw(alice);
        assertApproxEqAbs(liquid, 4_100_000 * UNIT + SEED, 10 * UNIT);
        _checkMaxWithdrawIsExact(alice);

        vm.prank(deployer);
        configurator.setReservePause(address(usdc), false);
        assertEq(_withdrawable(AAVE), _venueAssets(AAVE));
        _deallocate(AAVE, type(uint128).max);
    }

    function test_aSupplyCapLeavesRoomForWhatDepositableSays() public {
        uint256 capUnits = _supplied() / UNIT + 50_001;
        vm.prank(deployer);
        configurator.setSupplyCap(address(usdc), capUnits);

        uint256 room = _depositable(AAVE);
        assertGt(room, 50_000 * UNIT - UNIT);
        assertLe(room, 50_001 * UNIT);
        _allocateExpecting(room + UNIT, SupplyCapExceeded.selector);
        // The treasury's share of the interest due comes first; it is a unit or so here.
        _allocate(AAVE, room - UNIT);
        assertLe(_depositable(AAVE), 2 * UNIT);
        _checkMaxWithdrawIsExact(alice);
    }

    function test_aReserveAtItsCapHasNoRoom() public {
        uint256 supplied = _supplied();
        vm.prank(deployer);
        configurator.setSupplyCap(address(usdc), supplied / UNIT);
        assertEq(_depositable(AAVE), 0);
        _allocateExpecting(UNIT, SupplyCapExceeded.selector);
    }

    function test_aFullyUtilisedReservePaysNothingUntilSomebodyRepays() public {
        _drainAave();
        uint256 worth = _venueAssets(AAVE);
        assertEq(_withdrawable(AAVE), 0);
        assertGt(_depositable(AAVE), 0, "deposits are welcome");
        vm.prank(address(guard));
        vm.expectRevert();
        vault.deallocate(venues[AAVE].adapter, "", UNIT);
        uint256 liquid = vault.maxWithdraw(alice);
        assertApproxEqAbs(liquid, 4_100_000 * UNIT + SEED, 100 * UNIT);
        _checkMaxWithdrawIsExact(alice);

        // Interest still accrues at the top of the curve.
        skip(1 days);
        assertGt(_venueAssets(AAVE), worth);
        // A deposit of somebody else is liquidity again.
        _fund(bob, 300_000 * UNIT);
        vm.startPrank(bob);
        usdc.approve(address(pool), type(uint256).max);
        pool.supply(address(usdc), 300_000 * UNIT, bob, 0);
        vm.stopPrank();
        assertEq(_withdrawable(AAVE), 300_000 * UNIT);
        assertEq(_deallocate(AAVE, 300_000 * UNIT), 300_000 * UNIT);
        assertEq(_withdrawable(AAVE), 0);
    }

    function test_whatSomebodySendsToTheAdapterCountsForNothing() public {
        uint256 worth = _venueAssets(AAVE);
        _fund(bob, 1_000 * UNIT);
        vm.startPrank(bob);
        usdc.approve(address(pool), type(uint256).max);
        pool.supply(address(usdc), 1_000 * UNIT, venues[AAVE].adapter, 0);
        vm.stopPrank();
        assertEq(_venueAssets(AAVE), worth);
        _deallocate(AAVE, type(uint128).max);
        assertEq(AaveV3Adapter(venues[AAVE].adapter).scaledBalance(), 0);
        assertEq(_venueAssets(AAVE), 0);
    }

    function test_moreThanThePositionIsRefused() public {
        uint256 worth = _venueAssets(AAVE);
        vm.prank(address(guard));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PositionTooSmall.selector, worth, worth + 1));
        vault.deallocate(venues[AAVE].adapter, "", worth + 1);
    }
}
