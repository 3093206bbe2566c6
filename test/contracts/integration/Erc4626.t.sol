// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { DevnetFixture } from "./DevnetFixture.sol";

/// @notice OpenZeppelin's ERC-4626 and Aave's StataToken: a vault without limits, and one whose limits are a reserve's.
/// forge-config: default.isolate = true
contract Erc4626IntegrationTest is DevnetFixture {
    function setUp() public override {
        super.setUp();
        if (address(vault) != address(0)) _spread();
    }

    function test_savingsPayAllOfIt() public {
        skip(30 days);
        uint256 worth = _venueAssets(SAVINGS);
        assertGt(worth, 1_000_000 * UNIT);
        assertEq(_withdrawable(SAVINGS), worth);
        assertEq(_deallocate(SAVINGS, type(uint128).max), worth);
    }

    function test_savingsWhoseReserveIsSpentStopEarning() public {
        vm.prank(savings.owner());
        savings.setRate(100e18);
        skip(365 days);
        uint256 worth = _venueAssets(SAVINGS);
        skip(365 days);
        assertEq(_venueAssets(SAVINGS), worth);
        assertEq(_withdrawable(SAVINGS), worth);
        assertEq(_deallocate(SAVINGS, type(uint128).max), worth);
    }

    function test_aPausedReserveClosesTheStataTokenBothWays() public {
        uint256 worth = _venueAssets(STATA);
        vm.prank(deployer);
        configurator.setReservePause(address(usdc), true);
        assertEq(_depositable(STATA), 0);
        assertEq(_withdrawable(STATA), 0);
        assertGe(_venueAssets(STATA), worth);
        vm.prank(address(guard));
        vm.expectRevert();
        vault.deallocate(venues[STATA].adapter, "", UNIT);
    }

    function test_aFrozenReserveClosesTheStataTokenForDepositsOnly() public {
        vm.prank(deployer);
        configurator.setReserveFreeze(address(usdc), true);
        assertEq(_depositable(STATA), 0);
        assertApproxEqAbs(_withdrawable(STATA), _venueAssets(STATA), 1);
        assertLe(_withdrawable(STATA), _venueAssets(STATA));
        uint256 worth = _venueAssets(STATA);
        assertEq(_deallocate(STATA, type(uint128).max), worth);
    }

    function test_theStataTokenPaysWhatItsReserveHasFree() public {
        _drainAave();
        assertEq(_withdrawable(STATA), 0);
        _fund(bob, 100_000 * UNIT);
        vm.startPrank(bob);
        usdc.approve(address(pool), type(uint256).max);
        pool.supply(address(usdc), 100_000 * UNIT, bob, 0);
        vm.stopPrank();
        uint256 free = _withdrawable(STATA);
        assertApproxEqAbs(free, 100_000 * UNIT, 1);
        assertLe(free, 100_000 * UNIT);
        assertEq(_deallocate(STATA, free), free);
    }

    function test_aSupplyCapBoundsDepositsOfTheStataToken() public {
        uint256 capUnits = _supplied() / UNIT + 10_001;
        vm.prank(deployer);
        configurator.setSupplyCap(address(usdc), capUnits);
        uint256 room = _depositable(STATA);
        assertGt(room, 9_990 * UNIT);
        assertLe(room, 10_001 * UNIT);
        vm.prank(address(guard));
        vm.expectRevert();
        vault.allocate(venues[STATA].adapter, "", room + 2 * UNIT);
        _allocate(STATA, room - 2 * UNIT);
    }

    function test_sharesThatSomebodySendsCountForNothing() public {
        uint256 worth = _venueAssets(SAVINGS);
        _fund(bob, 1_000 * UNIT);
        vm.startPrank(bob);
        usdc.approve(address(savings), type(uint256).max);
        savings.deposit(1_000 * UNIT, venues[SAVINGS].adapter);
        vm.stopPrank();
        assertEq(_venueAssets(SAVINGS), worth);
    }
}
