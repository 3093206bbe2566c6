// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { GuardLimits } from "../../../contracts/interfaces/IGuard.sol";
import { Timelocked } from "../../../contracts/base/Timelocked.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";

/// @notice Matured calldata does not expire. What was submitted before a bound was tightened, and kept in reserve, must not
/// undo the tightening at once; anyone could execute it.
/// forge-config: default.isolate = true
contract Attack_LooseningInReserve is Fixture {
    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT);
    }

    function _reserve(address target, address proposer, bytes memory data) private {
        vm.prank(proposer);
        Timelocked(target).submit(data);
        skip(30 days);
    }

    function _expectWaits(address target, bytes memory data) private {
        uint256 readyAt = vm.getBlockTimestamp() + TIMELOCK;
        bytes memory refusal = abi.encodeWithSelector(ErrorsLib.NotMatured.selector, readyAt);
        vm.prank(anyone);
        vm.expectRevert(refusal);
        Timelocked(target).execute(data);
        skip(TIMELOCK - 1);
        vm.expectRevert(refusal);
        Timelocked(target).execute(data);
        skip(1);
        Timelocked(target).execute(data);
    }

    function test_aCapThatWasCutDoesNotComeBackAtOnce() public {
        bytes memory data = abi.encodeCall(vault.increaseAbsoluteCap, (_id(0), uint128(20_000_000 * UNIT)));
        _reserve(address(vault), curator, data);
        vm.prank(sentinel);
        vault.decreaseAbsoluteCap(_id(0), 0);
        _expectWaits(address(vault), data);
    }

    function test_aRelativeCapThatWasCutDoesNotComeBackAtOnce() public {
        vm.prank(sentinel);
        vault.decreaseRelativeCap(_id(0), uint64(WAD / 2));
        bytes memory data = abi.encodeCall(vault.increaseRelativeCap, (_id(0), uint64(WAD)));
        _reserve(address(vault), curator, data);
        vm.prank(sentinel);
        vault.decreaseRelativeCap(_id(0), 0);
        _expectWaits(address(vault), data);
    }

    function test_cuttingOneCapDoesNotHoldUpAnother() public {
        bytes memory data = abi.encodeCall(vault.increaseAbsoluteCap, (_id(1), uint128(20_000_000 * UNIT)));
        _reserve(address(vault), curator, data);
        vm.prank(sentinel);
        vault.decreaseAbsoluteCap(_id(0), 0);
        vault.execute(data);
    }

    function test_aFreezeIsNotLiftedAtOnce() public {
        bytes memory data = abi.encodeCall(guard.unfreeze, ());
        _reserve(address(guard), owner, data);
        vm.prank(sentinel);
        guard.freeze();
        uint256 frozenAt = vm.getBlockTimestamp();
        skip(1 days);
        // Freezing what is frozen does not start the clock anew.
        vm.prank(sentinel);
        guard.freeze();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotMatured.selector, frozenAt + TIMELOCK));
        guard.execute(data);
        skip(2 days);
        guard.execute(data);
        assertFalse(guard.frozen());
    }

    /// @dev Bytes after the arguments make another hash of the same call.
    function test_trailingBytesGainNothing() public {
        bytes memory data = bytes.concat(abi.encodeCall(guard.unfreeze, ()), "spare");
        _reserve(address(guard), owner, data);
        vm.prank(sentinel);
        guard.freeze();
        _expectWaits(address(guard), data);
    }

    function test_aRemovedKeeperDoesNotComeBackAtOnce() public {
        bytes memory data = abi.encodeCall(guard.addKeeper, (keeper));
        _reserve(address(guard), curator, data);
        vm.prank(sentinel);
        guard.removeKeeper(keeper);
        _expectWaits(address(guard), data);
    }

    function test_tightenedLimitsDoNotLoosenAtOnce() public {
        bytes memory data = abi.encodeCall(guard.setLimits, (GuardLimits(10 minutes, 20, 50, 10_000, 0)));
        _reserve(address(guard), curator, data);
        vm.prank(sentinel);
        guard.tightenLimits(GuardLimits(1 hours, 1, 1, 1_000, 500));
        _expectWaits(address(guard), data);
    }

    function test_aLoweredInflowDoesNotRiseAtOnce() public {
        bytes memory data = abi.encodeCall(guard.setInflowPerDay, (_id(0), uint128(500 * UNIT)));
        _reserve(address(guard), curator, data);
        vm.prank(sentinel);
        guard.lowerInflowPerDay(_id(0), 0);
        _expectWaits(address(guard), data);
    }

    function test_aSentinelIsNotRemovedTheMomentItIsAdded() public {
        bytes memory data = abi.encodeCall(vault.removeSentinel, (bob));
        _reserve(address(vault), owner, data);
        vm.prank(owner);
        vault.addSentinel(bob);
        _expectWaits(address(vault), data);
    }

    function test_aLengthenedTimelockIsNotShortenedAtOnce() public {
        bytes4 selector = vault.addAdapter.selector;
        bytes memory data = abi.encodeCall(vault.decreaseTimelock, (selector, 0));
        _reserve(address(vault), curator, data);
        vm.prank(curator);
        vault.increaseTimelock(selector, 20 days);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotMatured.selector, vm.getBlockTimestamp() + 20 days));
        vault.execute(data);
        skip(20 days);
        vault.execute(data);
        assertEq(vault.timelock(selector), 0);
    }
}
