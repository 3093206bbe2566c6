// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockVenue } from "../mocks/MockVenue.sol";

/// @notice Answers a read only where little gas is left and only the first time in a transaction, so that a survey passes
/// and whatever reads it afterwards fails.
contract ShyVenue is MockVenue {
    bool public isShy;

    constructor(address asset_) MockVenue(asset_) {}

    function setShy(bool shy) external {
        isShy = shy;
    }

    function totalAssets() public view override returns (uint256) {
        if (isShy) {
            uint256 before = gasleft();
            // Its own probe, cold at the first read of a transaction.
            uint256 probed = address(uint160(address(this)) ^ 1).balance;
            require(before <= 1_000_000 && before - gasleft() > 2_000 && probed == 0, "shy");
        }
        return super.totalAssets();
    }
}

/// @notice Marks: no venue escapes its quarantine, no mark takes from who stays, and no fee is charged on what comes back.
/// forge-config: default.isolate = true
contract Attack_Marks is Fixture {
    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT);
    }

    function _worth() private view returns (uint256) {
        return vault.previewRedeem(vault.balanceOf(alice));
    }

    /* QUARANTINE */

    /// @dev A report that fits 128 bits while the sum does not: accrual reverts, and the quarantine must not.
    function test_aVenueThatReportsTooMuchIsQuarantined() public {
        _invest(0, 400 * UNIT);
        vm.mockCall(
            address(venues[0]),
            abi.encodeWithSelector(venues[0].previewRedeem.selector),
            abi.encode(uint256(type(uint128).max))
        );
        vm.expectPartialRevert(ErrorsLib.TotalAssetsOverflow.selector);
        vault.accrue();
        vm.prank(sentinel);
        vault.quarantine(address(adapters[0]), uint128(400 * UNIT));
        assertApproxEqAbs(_worth(), 990 * UNIT, 2);
        vm.prank(alice);
        vault.withdraw(500 * UNIT, alice, alice);
    }

    function test_venuesThatAnswerTheSurveyOnlyAreQuarantined() public {
        address[2] memory shy;
        for (uint256 i; i < 2; ++i) {
            ShyVenue venue = new ShyVenue(address(token));
            shy[i] = address(_newErc4626Adapter(address(vault), address(venue)));
            venues[i] = venue;
            adapters[i] = _newErc4626Adapter(address(vault), address(venue));
            _fund(anyone, 1_000_000 * UNIT);
            vm.startPrank(anyone);
            token.approve(address(venue), type(uint256).max);
            venue.deposit(1_000_000 * UNIT, anyone);
            vm.stopPrank();
            _admit(i);
        }
        for (uint256 i; i < 2; ++i) {
            _invest(i, 200 * UNIT);
        }
        for (uint256 i; i < 2; ++i) {
            ShyVenue(address(venues[i])).setShy(true);
        }
        vm.expectRevert(bytes("shy"));
        vault.accrue();
        for (uint256 i; i < 2; ++i) {
            vm.prank(sentinel);
            vault.quarantine(address(adapters[i]), uint128(100 * UNIT));
        }
        assertApproxEqAbs(_worth(), 792 * UNIT, UNIT);
        vm.prank(alice);
        vault.withdraw(500 * UNIT, alice, alice);
    }

    function _admit(uint256 i) private {
        bytes32 pool = adapters[i].liquidityId("");
        bytes[] memory calls = new bytes[](5);
        calls[0] = abi.encodeCall(vault.addAdapter, (address(adapters[i])));
        calls[1] = abi.encodeCall(vault.increaseAbsoluteCap, (_id(i), uint128(10_000_000 * UNIT)));
        calls[2] = abi.encodeCall(vault.increaseRelativeCap, (_id(i), uint64(WAD)));
        calls[3] = abi.encodeCall(vault.increaseAbsoluteCap, (pool, type(uint128).max));
        calls[4] = abi.encodeCall(vault.increaseRelativeCap, (pool, uint64(WAD)));
        for (uint256 j; j < calls.length; ++j) {
            _submitAndExecute(address(vault), curator, calls[j]);
        }
    }

    /* MARKS OF ADAPTERS */

    /// @dev A stolen sentinel's key marks a sound venue down to nothing. Once the mark is lifted, who stayed has all again,
    /// although the timelock is longer than a dip may take.
    function test_aMarkThatIsLiftedGivesBackWhatItTook() public {
        _invest(0, 500 * UNIT);
        _invest(1, 450 * UNIT);
        uint256 before = _worth();
        vm.startPrank(sentinel);
        adapters[0].decreaseMark(0);
        adapters[1].decreaseMark(0);
        vm.stopPrank();
        vault.accrue();
        assertLt(_worth(), 51 * UNIT);

        bytes memory data = abi.encodeCall(adapters[0].increaseMark, (type(uint128).max));
        vm.prank(curator);
        adapters[0].submit(data);
        vm.prank(curator);
        adapters[1].submit(data);
        skip(TIMELOCK);
        vault.accrue();
        adapters[0].execute(data);
        assertFalse(vault.entriesOpen());
        vault.accrue();
        skip(2 days);
        // What comes in at the maximum rate is not counted against what may come back.
        vault.accrue();
        adapters[1].execute(data);
        vault.accrue();
        assertApproxEqAbs(_worth(), before, 2);
        assertTrue(vault.entriesOpen());
    }

    /// @dev Where a part of it does not come back, it is forgotten after a day.
    function test_whatDoesNotComeBackWithTheMarkIsForgottenAfterADay() public {
        _invest(0, 500 * UNIT);
        vm.prank(sentinel);
        adapters[0].decreaseMark(0);
        vault.accrue();
        venues[0].lose(500_000 * UNIT);
        _submitAndExecute(address(adapters[0]), curator, abi.encodeCall(adapters[0].increaseMark, (type(uint128).max)));
        vault.accrue();
        assertFalse(vault.entriesOpen());
        skip(1 days);
        assertTrue(vault.entriesOpen());
        assertEq(vault.recoverable(), 0);
    }

    /* FEES ON WHAT COMES BACK */

    /// @dev Anyone may execute what has matured, hence also within a dip.
    function test_aFeeThatBeginsInADipIsNotChargedOnItsReturn() public {
        _matureFee();
        token.burn(address(vault), 200 * UNIT);
        vault.execute(abi.encodeCall(vault.increasePerformanceFee, (3_000)));
        token.mint(address(vault), 200 * UNIT);
        vault.accrue();
        assertApproxEqAbs(_worth(), 990 * UNIT, 2);
        assertEq(vault.unclaimedFeeShares(), 0);
    }

    function test_noFeeBeginsInAQuarantine() public {
        _invest(0, 400 * UNIT);
        _matureFee();
        vm.prank(sentinel);
        vault.quarantine(address(adapters[0]), 0);
        bytes memory data = abi.encodeCall(vault.increasePerformanceFee, (3_000));
        vm.expectRevert(ErrorsLib.EntryClosed.selector);
        vault.execute(data);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.lift, (address(adapters[0]))));
        vault.execute(data);
        skip(1);
        vault.accrue();
        assertApproxEqAbs(_worth(), 990 * UNIT, 2);
        assertEq(vault.unclaimedFeeShares(), 0);
    }

    function _matureFee() private {
        vm.prank(owner);
        vault.setFeeRecipient(bob);
        vm.prank(curator);
        vault.submit(abi.encodeCall(vault.increasePerformanceFee, (3_000)));
        skip(TIMELOCK);
    }
}
