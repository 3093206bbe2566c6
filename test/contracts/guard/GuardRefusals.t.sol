// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { GuardLimits } from "../../../contracts/interfaces/IGuard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Deployed } from "../Deployed.sol";
import { Fixture } from "../Fixture.sol";

/// @notice More leaves of Guard.tree: who may call what, and what configuration tells.
/// forge-config: default.isolate = true
contract GuardRefusalsTest is Fixture {
    function _expectRefused(address caller, bytes memory data, bytes memory reason) private {
        vm.prank(caller);
        (bool success, bytes memory result) = address(guard).call(data);
        assertFalse(success);
        assertEq(result, reason);
    }

    function _unauthorized(address account) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, account);
    }

    function create(GuardLimits calldata limits) external {
        Deployed.create("Guard", abi.encode(address(vault), limits, TIMELOCK));
    }

    function test_theFirstLimitsStandInsideTheHardOnesToo() public {
        GuardLimits[4] memory wrong = [
            GuardLimits(10 minutes - 1, 20, 50, 10_000, 0),
            GuardLimits(10 minutes, 21, 50, 10_000, 0),
            GuardLimits(10 minutes, 20, 51, 10_000, 0),
            GuardLimits(10 minutes, 20, 50, 10_000, 10_001)
        ];
        bytes32[4] memory names = [
            bytes32("cooldownSeconds"),
            "maxLossPerPlanBps",
            "lossBudgetPerDayBps",
            "liquidFloorBps"
        ];
        for (uint256 i; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LimitOutOfBounds.selector, names[i]));
            this.create(wrong[i]);
        }
        this.create(GuardLimits(10 minutes, 20, 50, 10_000, 10_000));
    }

    function test_everyTimelockedFunctionIsForItsProposerAfterTheTimelock() public {
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(guard.addKeeper, (bob));
        calls[1] = abi.encodeCall(guard.setLimits, (_limits()));
        calls[2] = abi.encodeCall(guard.setInflowPerDay, (_id(0), 1));
        address[4] memory others = [anyone, owner, sentinel, keeper];
        for (uint256 i; i < calls.length; ++i) {
            for (uint256 j; j < others.length; ++j) _expectRefused(others[j], calls[i], _unauthorized(others[j]));
            _expectRefused(
                curator,
                calls[i],
                abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, bytes4(calls[i]))
            );
        }
        // Of this one the owner is the proposer.
        bytes memory thaw = abi.encodeCall(guard.unfreeze, ());
        address[4] memory noOwners = [anyone, curator, sentinel, keeper];
        for (uint256 i; i < 4; ++i) _expectRefused(noOwners[i], thaw, _unauthorized(noOwners[i]));
        _expectRefused(
            owner,
            thaw,
            abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, guard.unfreeze.selector)
        );
    }

    function test_whatTightensIsForCuratorSentinelAndOwnerAndIsTold() public {
        address[3] memory officers = [curator, sentinel, owner];
        GuardLimits memory limits = _limits();
        for (uint128 i; i < 3; ++i) {
            vm.startPrank(officers[i]);
            limits.cooldownSeconds += 1;
            vm.expectEmit(address(guard));
            emit EventsLib.SetLimits(officers[i], limits);
            guard.tightenLimits(limits);
            vm.expectEmit(address(guard));
            emit EventsLib.SetInflowPerDay(officers[i], _id(0), 100 - i);
            guard.lowerInflowPerDay(_id(0), 100 - i);
            vm.expectEmit(address(guard));
            emit EventsLib.SetKeeper(officers[i], keeper, false);
            guard.removeKeeper(keeper);
            vm.expectEmit(address(guard));
            emit EventsLib.SetFrozen(officers[i], true);
            guard.freeze();
            vm.stopPrank();
        }
        assertEq(guard.inflowPerDay(_id(0)), 98);
        address[2] memory others = [anyone, keeper];
        for (uint256 i; i < 2; ++i) {
            bytes memory reason = _unauthorized(others[i]);
            _expectRefused(others[i], abi.encodeCall(guard.tightenLimits, (limits)), reason);
            _expectRefused(others[i], abi.encodeCall(guard.lowerInflowPerDay, (_id(0), 0)), reason);
            _expectRefused(others[i], abi.encodeCall(guard.removeKeeper, (keeper)), reason);
            _expectRefused(others[i], abi.encodeCall(guard.freeze, ()), reason);
        }
    }

    function test_whatLoosensIsTold() public {
        GuardLimits memory limits = GuardLimits(10 minutes, 20, 50, 10_000, 0);
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(guard.addKeeper, (bob));
        calls[1] = abi.encodeCall(guard.setLimits, (limits));
        calls[2] = abi.encodeCall(guard.setInflowPerDay, (_id(0), 7));
        vm.startPrank(curator);
        for (uint256 i; i < 3; ++i) guard.submit(calls[i]);
        vm.stopPrank();
        skip(TIMELOCK);
        vm.startPrank(anyone);
        vm.expectEmit(address(guard));
        emit EventsLib.SetKeeper(anyone, bob, true);
        guard.execute(calls[0]);
        vm.expectEmit(address(guard));
        emit EventsLib.SetLimits(anyone, limits);
        guard.execute(calls[1]);
        vm.expectEmit(address(guard));
        emit EventsLib.SetInflowPerDay(anyone, _id(0), 7);
        guard.execute(calls[2]);
        vm.stopPrank();
    }

    /// @dev What is no looser than before may still be nonsense.
    function test_limitsAreNotTightenedBeyondTheWhole() public {
        GuardLimits memory limits = _limits();
        limits.liquidFloorBps = 10_001;
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LimitOutOfBounds.selector, bytes32("liquidFloorBps")));
        vm.prank(sentinel);
        guard.tightenLimits(limits);
        limits.liquidFloorBps = 10_000;
        vm.prank(sentinel);
        guard.tightenLimits(limits);
        assertEq(guard.limits().liquidFloorBps, 10_000);
    }
}
