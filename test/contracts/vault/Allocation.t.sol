// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Fixture } from "../Fixture.sol";

/// forge-config: default.isolate = true
contract AllocationTest is Fixture {
    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT); // with the seed, 1000
    }

    function test_onlyTheGuardAllocates() public {
        address[4] memory others = [owner, curator, sentinel, keeper];
        for (uint256 i; i < 4; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, others[i]));
            vault.allocate(address(adapters[0]), "", 1);
        }
    }

    function test_allocateMovesIdleAndBooksThePosition() public {
        vm.prank(address(guard));
        vm.expectEmit(address(vault));
        emit EventsLib.Allocate(address(guard), address(adapters[0]), _id(0), 300 * UNIT, int256(300 * UNIT));
        vault.allocate(address(adapters[0]), "", 300 * UNIT);
        assertEq(vault.idle(), 700 * UNIT);
        assertEq(vault.allocation(_id(0)), 300 * UNIT);
        assertEq(vault.totalAssets(), 1000 * UNIT);
    }

    function test_allocateRefusesUnknownAdaptersAndMoreThanIsIdle() public {
        vm.startPrank(address(guard));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnknownAdapter.selector, anyone));
        vault.allocate(anyone, "", 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.InsufficientIdle.selector, 1000 * UNIT, 1000 * UNIT + 1));
        vault.allocate(address(adapters[0]), "", 1000 * UNIT + 1);
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        vault.allocate(address(adapters[0]), "x", 1);
    }

    function test_capsAreCheckedWhenAssetsAreAllocated() public {
        vm.startPrank(sentinel);
        vault.decreaseAbsoluteCap(_id(0), uint128(100 * UNIT));
        vault.decreaseRelativeCap(_id(1), uint64(WAD / 4));
        vault.decreaseAbsoluteCap(_id(2), 0);
        vm.stopPrank();
        vm.startPrank(address(guard));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AbsoluteCapExceeded.selector, _id(0), 101 * UNIT, 100 * UNIT));
        vault.allocate(address(adapters[0]), "", 101 * UNIT);
        vault.allocate(address(adapters[0]), "", 100 * UNIT);

        vm.expectRevert(
            abi.encodeWithSelector(ErrorsLib.RelativeCapExceeded.selector, _id(1), 250 * UNIT + 1, 250 * UNIT)
        );
        vault.allocate(address(adapters[1]), "", 250 * UNIT + 1);
        vault.allocate(address(adapters[1]), "", 250 * UNIT);

        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AbsoluteCapExceeded.selector, _id(2), 1, 0));
        vault.allocate(address(adapters[2]), "", 1);
    }

    function test_interestIsBookedAtTheNextTouchAndCountsAgainstTheCap() public {
        vm.prank(sentinel);
        vault.decreaseAbsoluteCap(_id(0), uint128(400 * UNIT));
        vm.startPrank(address(guard));
        vault.allocate(address(adapters[0]), "", 300 * UNIT);
        venues[0].earn(venues[0].totalAssets() / 2);
        assertEq(vault.allocation(_id(0)), 300 * UNIT);
        vm.expectPartialRevert(ErrorsLib.AbsoluteCapExceeded.selector);
        vault.allocate(address(adapters[0]), "", 1);
        // Withdrawing is never held up by a cap.
        vault.deallocate(address(adapters[0]), "", 10 * UNIT);
        assertApproxEqAbs(vault.allocation(_id(0)), 440 * UNIT, 2);
    }

    function test_guardAndSentinelDeallocateAndNobodyElse() public {
        vm.startPrank(address(guard));
        vault.allocate(address(adapters[0]), "", 300 * UNIT);
        assertEq(vault.deallocate(address(adapters[0]), "", 100 * UNIT), 100 * UNIT);
        vm.stopPrank();

        vm.prank(sentinel);
        assertEq(vault.deallocate(address(adapters[0]), "", WHOLE), 200 * UNIT);
        assertEq(vault.allocation(_id(0)), 0);
        assertEq(adapters[0].shares(), 0);

        vm.prank(keeper);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, keeper));
        vault.deallocate(address(adapters[0]), "", 1);
        vm.prank(sentinel);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnknownAdapter.selector, anyone));
        vault.deallocate(anyone, "", 1);
    }

    function test_aVenueThatCallsBackFindsTheVaultLocked() public {
        bytes[3] memory calls = [
            abi.encodeCall(vault.deposit, (0, anyone)),
            abi.encodeCall(vault.totalAssets, ()),
            abi.encodeCall(vault.previewRedeem, (1e18))
        ];
        for (uint256 i; i < 3; ++i) {
            venues[0].setCallback(address(vault), calls[i]);
            vm.prank(address(guard));
            vault.allocate(address(adapters[0]), "", UNIT);
            assertFalse(venues[0].callbackSucceeded());
            assertEq(bytes4(venues[0].callbackResult()), ErrorsLib.Reentered.selector);
        }
    }

    function test_onlyTheVaultMovesAnAdapter() public {
        vm.startPrank(address(guard));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotVault.selector, address(guard)));
        adapters[0].allocate("", 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotVault.selector, address(guard)));
        adapters[0].deallocate("", 1);
    }
}
