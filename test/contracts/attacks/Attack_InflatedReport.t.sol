// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Plan } from "../../../contracts/interfaces/IGuard.sol";
import { Fixture } from "../Fixture.sol";

/// @notice A venue in which next to nothing lies reports a fortune while a plan runs: what is a share of total assets is wide
/// for all, what is counted in asset units is not.
/// forge-config: default.isolate = true
contract Attack_InflatedReport is Fixture {
    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT);
        _invest(0, UNIT);
        vm.startPrank(sentinel);
        vault.decreaseRelativeCap(_id(1), uint64(0.4e18));
        vault.decreaseAbsoluteCap(_id(1), uint128(500 * UNIT));
        vm.stopPrank();
    }

    function test_anInflatedReportWidensRelativeCapsAndNotAbsoluteOnes() public {
        Plan memory plan = _plan(_leg(1, true, 450 * UNIT));
        vm.prank(keeper);
        vm.expectPartialRevert(ErrorsLib.RelativeCapExceeded.selector);
        guard.rebalance(plan);

        venues[0].earn(1e9 * 1e6 * UNIT);
        vm.prank(keeper);
        guard.rebalance(plan);
        assertApproxEqAbs(vault.allocation(_id(1)), 450 * UNIT, 2);

        skip(2 days);
        plan = _plan(_leg(1, true, 100 * UNIT));
        vm.prank(keeper);
        vm.expectPartialRevert(ErrorsLib.AbsoluteCapExceeded.selector);
        guard.rebalance(plan);
    }
}
