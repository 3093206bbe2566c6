// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../../contracts/Vault.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Deployed } from "../Deployed.sol";
import { Fixture } from "../Fixture.sol";

/// @notice More leaves of Timelocked.tree: the locks around the locks themselves.
/// forge-config: default.isolate = true
contract TimelockedRefusalsTest is Fixture {
    function create(uint256 timelock) external {
        Deployed.create("Vault", abi.encode(address(token), owner, "n", "s", timelock, address(0)));
    }

    function test_aTimelockIsThirtyDaysAtMost() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TimelockTooLong.selector, 30 days + 1, 30 days));
        this.create(30 days + 1);
        this.create(30 days);
        bytes4 selector = vault.setExitList.selector;
        vm.startPrank(curator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TimelockTooLong.selector, 30 days + 1, 30 days));
        vault.increaseTimelock(selector, 30 days + 1);
        vault.increaseTimelock(selector, 30 days);
        bytes memory data = abi.encodeCall(vault.decreaseTimelock, (selector, 30 days + 1));
        vault.submit(data);
        skip(30 days);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TimelockTooLong.selector, 30 days + 1, 30 days));
        vault.execute(data);
        vm.stopPrank();
    }

    /// @dev A timelock of zero comes from a test chain only; there is no way from it to one of less than a day.
    function test_aShortTimelockGrowsToADayAtLeast() public {
        bytes memory args = abi.encode(address(token), owner, "n", "s", 0, address(0));
        Vault quick = Vault(Deployed.create("Vault", args));
        bytes4 selector = vault.setExitList.selector;
        vm.chainId(1);
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TimelockTooShort.selector, 1 hours, 1 days));
        quick.increaseTimelock(selector, 1 hours);
        quick.increaseTimelock(selector, 1 days);
        vm.stopPrank();
        assertEq(quick.timelock(selector), 1 days);
    }

    function test_givingUpAndShorteningAreForProposersAfterTheTimelock() public {
        bytes4 selector = vault.addAdapter.selector;
        vm.startPrank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
        vault.abdicate(selector);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
        vault.decreaseTimelock(selector, 1 days);
        vm.stopPrank();
        vm.startPrank(curator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, vault.abdicate.selector));
        vault.abdicate(selector);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, vault.decreaseTimelock.selector));
        vault.decreaseTimelock(selector, 1 days);
        vm.stopPrank();
    }

    function test_givingUpAndShorteningCanBeGivenUpThemselves() public {
        bytes4 shorten = vault.decreaseTimelock.selector;
        bytes4 giveUp = vault.abdicate.selector;
        // For good: nothing brings back what was given up.
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.abdicate, (shorten)));
        bytes memory data = abi.encodeCall(vault.decreaseTimelock, (vault.addAdapter.selector, 1 days));
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SelectorAbdicated.selector, shorten));
        vault.execute(data);

        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.abdicate, (giveUp)));
        data = abi.encodeCall(vault.abdicate, (vault.addAdapter.selector));
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SelectorAbdicated.selector, giveUp));
        vault.execute(data);
        assertFalse(vault.abdicated(vault.addAdapter.selector));
    }

    function test_calldataThatNamesNoFunctionIsNotRevokedEither() public {
        vm.startPrank(sentinel);
        vm.expectRevert(ErrorsLib.MalformedCalldata.selector);
        vault.revoke("abc");
        vm.expectRevert(ErrorsLib.MalformedCalldata.selector);
        vault.revoke(abi.encodePacked(vault.abdicate.selector));
        vm.stopPrank();
    }

    function test_everyStepIsTold() public {
        bytes4 selector = vault.increaseAbsoluteCap.selector;
        bytes memory data = abi.encodeCall(vault.increaseAbsoluteCap, (_id(0), uint128(20_000_000 * UNIT)));
        vm.prank(curator);
        vault.submit(data);
        vm.expectEmit(address(vault));
        emit EventsLib.Revoke(sentinel, selector, data);
        vm.prank(sentinel);
        vault.revoke(data);

        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        vm.expectEmit(address(vault));
        emit EventsLib.Execute(anyone, selector, data);
        vm.prank(anyone);
        vault.execute(data);

        vm.expectEmit(address(vault));
        emit EventsLib.SetTimelock(selector, 5 days);
        vm.prank(curator);
        vault.increaseTimelock(selector, 5 days);

        data = abi.encodeCall(vault.decreaseTimelock, (selector, 2 days));
        vm.prank(curator);
        vault.submit(data);
        skip(5 days);
        vm.expectEmit(address(vault));
        emit EventsLib.SetTimelock(selector, 2 days);
        vault.execute(data);

        data = abi.encodeCall(vault.abdicate, (selector));
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        vm.expectEmit(address(vault));
        emit EventsLib.Abdicate(selector);
        vault.execute(data);
    }
}
