// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vm } from "forge-std/Vm.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Fixture } from "../Fixture.sol";

/// @notice A loss closes entries for a day. Small losses after it, which some venue can always be made to have, must not
/// start the day anew.
/// forge-config: default.isolate = true
contract Attack_Recovery is Fixture {
    uint256 private constant DAY = 1 days;

    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT);
    }

    function test_smallLossesDoNotKeepEntriesClosed() public {
        _lose(100 * UNIT);
        for (uint256 i; i < 23; ++i) {
            skip(1 hours);
            // Just more than what passes for rounding.
            _lose(200);
            assertFalse(vault.entriesOpen());
        }
        skip(1 hours + 10);
        assertTrue(vault.entriesOpen());
    }

    /// @dev What may come back, times the time that it has left, grows by the new loss times a day and by no more.
    function testFuzz_aNewLossMovesTheEndByItsWeight(uint256[6] memory losses, uint256[6] memory times) public {
        uint256 until;
        uint256 sum;
        for (uint256 i; i < losses.length; ++i) {
            uint256 loss = bound(losses[i], 200, 120 * UNIT);
            skip(bound(times[i], 1, DAY / 2));
            uint256 now_ = vm.getBlockTimestamp();
            uint256 left = until > now_ ? until - now_ : 0;
            uint256 weighed = (left == 0 ? 0 : sum * left) + loss * DAY;
            sum = left == 0 ? loss : sum + loss;
            uint256 moved = _lose(loss);

            assertGe(moved, until);
            assertLe(moved, now_ + DAY);
            assertLe((moved - now_) * sum, weighed);
            assertGt((moved - now_ + 1) * sum, weighed);
            assertEq(vault.recoverable(), sum);
            until = moved;
        }
        vm.warp(until - 1);
        assertEq(vault.recoverable(), sum);
        vm.warp(until);
        assertEq(vault.recoverable(), 0);
        assertTrue(vault.entriesOpen());
    }

    /// @dev A large loss after a small one has nearly its whole day.
    function test_aLargeLossAfterASmallOneHasItsDay() public {
        _lose(1 * UNIT);
        skip(23 hours);
        assertGt(_lose(200 * UNIT), vm.getBlockTimestamp() + DAY - 10 minutes);
    }

    /// @return until The end that the vault announced.
    function _lose(uint256 assets) private returns (uint256 until) {
        token.burn(address(vault), assets);
        vm.recordLogs();
        vault.accrue();
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == EventsLib.Recoverable.selector)
                (, until) = abi.decode(logs[i].data, (uint256, uint256));
        }
    }
}
