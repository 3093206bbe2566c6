// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { MockAdapter } from "../mocks/MockAdapter.sol";
import { MockAdapterFixture } from "../vault/MockAdapterFixture.sol";

/// @notice A stolen sentinel key and an accomplice with capital: write a sound venue down, come in cheap, have it written up
/// again. Nobody can come in while anything is written down, and what comes back belongs to who was there.
/// forge-config: default.isolate = true
contract Attack_SentinelDilution is MockAdapterFixture {
    /// @dev Asset units of rounding over a whole attack.
    uint256 private constant DUST = 200;
    uint256 private constant CAPITAL = 1_000_000 * UNIT;

    MockAdapter private second;
    address private accomplice = makeAddr("accomplice");

    function setUp() public override {
        super.setUp();
        second = _addMock();
        _investMock(400 * UNIT);
        _investIn(second, 300 * UNIT);
        _fund(accomplice, CAPITAL);
        vm.prank(accomplice);
        token.approve(address(vault), type(uint256).max);
    }

    function _enter(uint256 assets) private {
        vm.prank(accomplice);
        try vault.deposit(assets, accomplice) {} catch {}
    }

    function _leave(uint256 part) private {
        uint256 shares = vault.maxRedeem(accomplice);
        vm.prank(accomplice);
        vault.redeem((shares * part) / 100, accomplice, accomplice);
    }

    /// @dev Everything that was written down comes back, and the accomplice has all that it can have.
    function _assertNothingGained() private {
        MockAdapter[2] memory mocks = [mock, second];
        for (uint256 i; i < 2; ++i) {
            (, , bool quarantined, , , ) = vault.adapterState(address(mocks[i]));
            if (quarantined) _lift(mocks[i]);
        }
        skip(365 days);
        vault.accrue();
        uint256 has = token.balanceOf(accomplice) + _worth(accomplice);
        assertLe(has, CAPITAL + DUST);
        assertGe(_worth(alice) + DUST, 990 * UNIT);
    }

    function testFuzz_enteringUnderAMarkIsImpossible(uint256 mark, uint256 assets) public {
        _quarantine(mock, bound(mark, 0, 400 * UNIT));
        vm.prank(accomplice);
        vm.expectRevert(ErrorsLib.EntryClosed.selector);
        vault.deposit(bound(assets, 1, CAPITAL), accomplice);
        // Not even once the sentinel has emptied the venue.
        vm.prank(sentinel);
        vault.deallocate(address(mock), "", WHOLE);
        vm.prank(accomplice);
        vm.expectRevert(ErrorsLib.EntryClosed.selector);
        vault.deposit(bound(assets, 1, CAPITAL), accomplice);
        _assertNothingGained();
    }

    function testFuzz_beingInBeforeTheMarkGainsNothing(uint256 mark, uint256 assets) public {
        _enter(bound(assets, 1, CAPITAL));
        _quarantine(mock, bound(mark, 0, 400 * UNIT));
        _lift(mock);
        _enter(UNIT);
        _assertNothingGained();
    }

    /// @dev The moment after a lift: what came back is in the price already.
    function testFuzz_enteringRightAfterTheLiftGainsNothing(uint256 mark, uint256 assets, bool other) public {
        _quarantine(mock, bound(mark, 0, 400 * UNIT));
        if (other) _quarantine(second, 1);
        _lift(mock);
        if (other) _lift(second);
        assertTrue(vault.entriesOpen());
        _enter(bound(assets, 1, CAPITAL));
        _assertNothingGained();
    }

    /// @dev Both venues at once, one of them made unreadable: the write-down of the first comes back slowly, and who enters
    /// then has paid for it.
    function testFuzz_twoBrokenVenuesGainNothing(uint256 assets) public {
        mock.setMode(MockAdapter.Mode.Reverting);
        second.setMode(MockAdapter.Mode.Burning);
        _quarantine(mock, 0);
        _quarantine(second, 0);
        mock.setMode(MockAdapter.Mode.Honest);
        second.setMode(MockAdapter.Mode.Honest);
        _lift(mock);
        _lift(second);
        _enter(bound(assets, 1, CAPITAL));
        _assertNothingGained();
    }

    /// @dev Any order of entering, leaving, forcing exits, marking, emptying, lifting and waiting.
    function testFuzz_noOrderOfStepsGains(uint256[24] calldata steps) public {
        for (uint256 i; i < steps.length; ++i) {
            uint256 amount = steps[i] >> 8;
            MockAdapter target = steps[i] & 128 == 0 ? mock : second;
            uint256 step = steps[i] % 8;
            if (step == 0) _enter(bound(amount, 1, token.balanceOf(accomplice) + 1));
            if (step == 1) _leave(amount % 101);
            if (step == 2) {
                vm.prank(accomplice);
                try vault.forceExit(address(target), "", amount % (100 * UNIT), accomplice, accomplice) {} catch {}
            }
            if (step == 3) {
                (, , bool quarantined, , uint256 most, ) = vault.adapterState(address(target));
                if (!quarantined) most = target.position();
                vm.prank(sentinel);
                try vault.quarantine(address(target), uint128(amount % (most + 1))) {} catch {}
            }
            if (step == 4) {
                amount = amount % (target.position() + 1);
                vm.prank(sentinel);
                vault.deallocate(address(target), "", amount);
            }
            if (step == 5) {
                (, , bool quarantined, , , ) = vault.adapterState(address(target));
                if (quarantined) _lift(target);
            }
            if (step == 6) skip(amount % 2 days);
            if (step == 7) vault.accrue();
        }
        _assertNothingGained();
    }

    /// @dev The same without a quarantine: an adapter's own mark closes entries as well.
    function test_anAdaptersOwnMarkOpensNoCheapEntry() public {
        mock.noteMark(true);
        mock.setPosition(100 * UNIT);
        vault.accrue();
        skip(2 days);
        vm.prank(accomplice);
        vm.expectRevert(ErrorsLib.EntryClosed.selector);
        vault.deposit(CAPITAL, accomplice);
        mock.setPosition(400 * UNIT);
        mock.noteMark(false);
        _enter(CAPITAL);
        _assertNothingGained();
    }
}
