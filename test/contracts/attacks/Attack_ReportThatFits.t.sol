// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";

/// @notice A broken or hostile venue answers the largest number that still passes for a report, so that the sum does not
/// fit. Accrual stops, and with it entries and exits; the sentinel must be able to contain it.
/// forge-config: test.isolate = true
contract AttackReportThatFitsTest is Fixture {
    function test_aReportThatFitsAloneAndNotInTheSumCanBeQuarantined() public {
        _deposit(alice, 1_000_000 * UNIT);
        _invest(0, 200_000 * UNIT);
        _invest(1, 200_000 * UNIT);
        // Every answer is 2^128 - 1.
        vm.etch(address(venues[0]), hex"6fffffffffffffffffffffffffffffffff5f5260205ff3");
        vm.expectPartialRevert(ErrorsLib.TotalAssetsOverflow.selector);
        vault.accrue();

        uint256 others = vault.idle() + adapters[1].realAssets();
        vm.prank(sentinel);
        vault.quarantine(address(adapters[0]), 0);

        assertEq(vault.totalAssets(), others);
        uint256 most = vault.maxWithdraw(alice);
        vm.prank(alice);
        vault.withdraw(most, alice, alice);
        assertEq(token.balanceOf(alice), most);
    }

    function test_itsMarkIsBoundedByWhatIsLeftWithoutTheRest() public {
        _deposit(alice, 1_000_000 * UNIT);
        _invest(0, 200_000 * UNIT);
        vm.etch(address(venues[0]), hex"6fffffffffffffffffffffffffffffffff5f5260205ff3");
        vm.startPrank(sentinel);
        vm.expectPartialRevert(ErrorsLib.MarkTooHigh.selector);
        vault.quarantine(address(adapters[0]), uint128(200_001 * UNIT));
        vault.quarantine(address(adapters[0]), uint128(199_999 * UNIT));
        assertLe(vault.storedAssets(), 1_000_010 * UNIT);
    }
}
