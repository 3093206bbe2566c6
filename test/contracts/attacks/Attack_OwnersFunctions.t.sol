// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Timelocked } from "../../../contracts/base/Timelocked.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";

/// @notice The curator must not give up, or shorten the timelock of, what the owner alone proposes: lifting a freeze and
/// removing a sentinel. And the owner must be able to shorten what the owner has lengthened.
/// forge-config: default.isolate = true
contract Attack_OwnersFunctions is Fixture {
    function _expectOwnerOnly(Timelocked target, bytes memory data) private {
        vm.prank(curator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, curator));
        target.submit(data);
        (bool success, ) = address(target).call(data);
        assertFalse(success);
        vm.prank(owner);
        target.submit(data);
        skip(TIMELOCK);
        target.execute(data);
    }

    function test_theCuratorDoesNotShortenTheOwnersTimelocks() public {
        _expectOwnerOnly(vault, abi.encodeCall(vault.decreaseTimelock, (vault.removeSentinel.selector, 1 days)));
        _expectOwnerOnly(guard, abi.encodeCall(guard.decreaseTimelock, (guard.unfreeze.selector, 1 days)));
        assertEq(vault.timelock(vault.removeSentinel.selector), 1 days);
        assertEq(guard.timelock(guard.unfreeze.selector), 1 days);
    }

    function test_theCuratorDoesNotGiveUpTheOwnersFunctions() public {
        _expectOwnerOnly(vault, abi.encodeCall(vault.abdicate, (vault.removeSentinel.selector)));
        _expectOwnerOnly(guard, abi.encodeCall(guard.abdicate, (guard.unfreeze.selector)));
        assertTrue(guard.abdicated(guard.unfreeze.selector));
    }

    function test_aSentinelDoesNotHoldUpItsRemovalByRevokingAShorterTimelock() public {
        bytes memory data = abi.encodeCall(vault.decreaseTimelock, (vault.removeSentinel.selector, 1 days));
        vm.prank(owner);
        vault.submit(data);
        vm.prank(sentinel);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, sentinel));
        vault.revoke(data);
    }

    function test_calldataTooShortToNameAFunctionIsRefused() public {
        vm.startPrank(curator);
        vm.expectRevert(ErrorsLib.MalformedCalldata.selector);
        vault.submit(abi.encodePacked(vault.abdicate.selector, bytes4(0)));
        // One byte less than a word after the selector is refused, too; the word alone is enough.
        vm.expectRevert(ErrorsLib.MalformedCalldata.selector);
        vault.submit(abi.encodePacked(vault.abdicate.selector, vault.setGuard.selector, bytes27(0)));
        vault.submit(abi.encodePacked(vault.abdicate.selector, vault.setGuard.selector, bytes28(0)));
    }
}
