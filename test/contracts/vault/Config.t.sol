// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC20 } from "solady/tokens/ERC20.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { Timelocked } from "../../../contracts/base/Timelocked.sol";
import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockVenue } from "../mocks/MockVenue.sol";
import { Deployed } from "../Deployed.sol";

/// forge-config: default.isolate = true
contract ConfigTest is Fixture {
    function _unauthorized(address account) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, account);
    }

    /* OWNER */

    function test_ownershipMovesInTwoSteps() public {
        vm.prank(anyone);
        vm.expectRevert(_unauthorized(anyone));
        vault.transferOwnership(anyone);

        vm.prank(owner);
        vault.transferOwnership(bob);
        assertEq(vault.owner(), owner);
        assertEq(vault.pendingOwner(), bob);

        vm.prank(anyone);
        vm.expectRevert(_unauthorized(anyone));
        vault.acceptOwnership();

        vm.prank(bob);
        vault.acceptOwnership();
        assertEq(vault.owner(), bob);
        assertEq(vault.pendingOwner(), address(0));
    }

    function test_onlyTheOwnerNamesCuratorAndSentinels() public {
        vm.startPrank(curator);
        vm.expectRevert(_unauthorized(curator));
        vault.setCurator(bob);
        vm.expectRevert(_unauthorized(curator));
        vault.addSentinel(bob);
        vm.stopPrank();

        vm.startPrank(owner);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        vault.addSentinel(address(0));
        vault.addSentinel(bob);
        assertTrue(vault.isSentinel(bob));
    }

    function test_aSentinelIsRemovedAfterTheTimelockAndCannotRevokeThat() public {
        bytes memory data = abi.encodeCall(vault.removeSentinel, (sentinel));
        vm.prank(curator);
        vm.expectRevert(_unauthorized(curator));
        vault.submit(data);

        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, vault.removeSentinel.selector));
        vault.removeSentinel(sentinel);
        vault.submit(data);
        vm.stopPrank();

        vm.prank(sentinel);
        vm.expectRevert(_unauthorized(sentinel));
        vault.revoke(data);
        skip(TIMELOCK);
        vault.execute(data);
        assertFalse(vault.isSentinel(sentinel));
    }

    /* CAPS */

    function test_capsRiseAfterTheTimelockAndFallAtOnce() public {
        bytes32 id = _id(0);
        uint128 cap = uint128(10_000_000 * UNIT);
        vm.startPrank(curator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, vault.increaseAbsoluteCap.selector));
        vault.increaseAbsoluteCap(id, cap + 1);
        vault.decreaseAbsoluteCap(id, cap - 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.CapNotDecreased.selector, id));
        vault.decreaseAbsoluteCap(id, cap - 1);
        vm.stopPrank();

        vm.startPrank(sentinel);
        vault.decreaseAbsoluteCap(id, 7);
        vm.expectEmit(address(vault));
        emit EventsLib.SetRelativeCap(sentinel, id, 5e9);
        vault.decreaseRelativeCap(id, 6e9 - 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.CapNotDecreased.selector, id));
        vault.decreaseRelativeCap(id, 5e9);
        vm.stopPrank();
        (uint128 absoluteCap, uint64 relativeCapWad) = vault.capOf(id);
        assertEq(absoluteCap, 7);
        assertEq(relativeCapWad, 5e9);

        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increaseAbsoluteCap, (id, 8)));
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increaseRelativeCap, (id, 7e9 - 1)));
        (absoluteCap, relativeCapWad) = vault.capOf(id);
        assertEq(absoluteCap, 8);
        assertEq(relativeCapWad, 6e9);

        vm.startPrank(anyone);
        vm.expectRevert(_unauthorized(anyone));
        vault.decreaseAbsoluteCap(id, 0);
        vm.expectRevert(_unauthorized(anyone));
        vault.decreaseRelativeCap(id, 0);
        vm.expectRevert(_unauthorized(anyone));
        vault.increaseAbsoluteCap(id, 9);
    }

    function test_capsOnlyRiseWhereTheyShouldRise() public {
        bytes32 id = _id(0);
        bytes memory same = abi.encodeCall(vault.increaseAbsoluteCap, (id, uint128(10_000_000 * UNIT)));
        bytes memory above = abi.encodeCall(vault.increaseRelativeCap, (id, uint64(WAD + 1)));
        bytes memory equal = abi.encodeCall(vault.increaseRelativeCap, (id, uint64(WAD)));
        vm.startPrank(curator);
        vault.submit(same);
        vault.submit(above);
        vault.submit(equal);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.CapNotIncreased.selector, id));
        vault.execute(same);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.RelativeCapAboveOne.selector, WAD + 1));
        vault.execute(above);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.CapNotIncreased.selector, id));
        vault.execute(equal);
    }

    function test_effectiveCapIsTheSmallestOfAll() public {
        _deposit(alice, 990 * UNIT);
        assertEq(vault.effectiveCap(address(adapters[0]), ""), 1000 * UNIT);
        vm.startPrank(sentinel);
        vault.decreaseRelativeCap(_id(0), uint64(WAD / 4));
        assertEq(vault.effectiveCap(address(adapters[0]), ""), 250 * UNIT);
        vault.decreaseAbsoluteCap(_id(0), uint128(100 * UNIT));
        assertEq(vault.effectiveCap(address(adapters[0]), ""), 100 * UNIT);
    }

    /* ADAPTERS */

    function test_adaptersAreAddedOnceAndBelongToTheVault() public {
        (Vault other, ) = _newVault(address(token));
        Erc4626Adapter foreign = _newErc4626Adapter(address(other), address(venues[0]));
        bytes memory again = abi.encodeCall(vault.addAdapter, (address(adapters[0])));
        bytes memory wrong = abi.encodeCall(vault.addAdapter, (address(foreign)));
        vm.startPrank(curator);
        vault.submit(again);
        vault.submit(wrong);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AdapterExists.selector, address(adapters[0])));
        vault.execute(again);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WrongVault.selector, address(foreign)));
        vault.execute(wrong);
    }

    function test_thereAreAtMost16Adapters() public {
        bytes[] memory data = new bytes[](14);
        vm.startPrank(curator);
        for (uint256 i; i < 14; ++i) {
            address adapter = address(_newErc4626Adapter(address(vault), address(venues[0])));
            data[i] = abi.encodeCall(vault.addAdapter, (adapter));
            vault.submit(data[i]);
        }
        skip(TIMELOCK);
        for (uint256 i; i < 13; ++i) vault.execute(data[i]);
        assertEq(vault.adapters().length, 16);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TooManyAdapters.selector, 16));
        vault.execute(data[13]);
    }

    function test_anAdapterIsRemovedOnlyWhenEmptyAndOutOfTheExitList() public {
        bytes memory remove = abi.encodeCall(vault.removeAdapter, (address(adapters[0])));
        bytes memory unknown = abi.encodeCall(vault.removeAdapter, (anyone));
        ExitEntry[] memory exits = new ExitEntry[](1);
        exits[0] = ExitEntry({ adapter: address(adapters[1]), data: "" });
        bytes memory setExits = abi.encodeCall(vault.setExitList, (exits));
        _deposit(alice, 100 * UNIT);
        _invest(0, 10 * UNIT);
        vm.startPrank(curator);
        vault.submit(remove);
        vault.submit(unknown);
        vault.submit(setExits);
        vm.stopPrank();
        skip(TIMELOCK);

        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AdapterInUse.selector, address(adapters[0])));
        vault.execute(remove);
        _rebalance(_plan(_leg(0, false, WHOLE)));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AdapterInUse.selector, address(adapters[0])));
        vault.execute(remove);
        vault.execute(setExits);
        vm.expectEmit(address(vault));
        emit EventsLib.RemoveAdapter(address(adapters[0]));
        vault.execute(remove);
        assertFalse(vault.isAdapter(address(adapters[0])));
        assertEq(vault.adapters().length, 2);
        assertEq(vault.adapters()[0], address(adapters[2]));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnknownAdapter.selector, anyone));
        vault.execute(unknown);
    }

    /* GUARD AND EXIT LIST */

    function test_theGuardMustBelongToTheVault() public {
        (, Guard foreign) = _newVault(address(token));
        bytes memory wrong = abi.encodeCall(vault.setGuard, (address(foreign)));
        bytes memory zero = abi.encodeCall(vault.setGuard, (address(0)));
        vm.startPrank(curator);
        vault.submit(wrong);
        vault.submit(zero);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WrongVault.selector, address(foreign)));
        vault.execute(wrong);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        vault.execute(zero);
    }

    function _submitExits(ExitEntry[] memory exits) private returns (bytes memory data) {
        data = abi.encodeCall(vault.setExitList, (exits));
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
    }

    function test_theExitListNamesRegisteredVenuesOnce() public {
        ExitEntry[] memory exits = new ExitEntry[](2);
        exits[0] = ExitEntry({ adapter: address(adapters[0]), data: "" });
        exits[1] = exits[0];
        bytes memory data = _submitExits(exits);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.DuplicateExit.selector, adapters[0].liquidityId("")));
        vault.execute(data);

        exits[1] = ExitEntry({ adapter: address(adapters[0]), data: "x" });
        data = _submitExits(exits);
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        vault.execute(data);

        exits[1] = ExitEntry({ adapter: anyone, data: "" });
        data = _submitExits(exits);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnknownAdapter.selector, anyone));
        vault.execute(data);

        data = _submitExits(new ExitEntry[](17));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TooManyExits.selector, 16));
        vault.execute(data);

        assertEq(vault.exitList().length, 3);
        assertEq(vault.exitList()[2].adapter, address(adapters[2]));
    }

    /* SETUP */

    function test_configurationAppliesAtOnceWhileNobodyHoldsAShare() public {
        (Vault fresh, Guard freshGuard) = _newVault(address(token));
        Erc4626Adapter adapter = _newErc4626Adapter(address(fresh), address(venues[0]));
        vm.startPrank(owner);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(vault.addAdapter, (address(adapter)));
        calls[1] = abi.encodeCall(vault.setGuard, (address(freshGuard)));
        fresh.multicall(calls);
        assertTrue(fresh.isAdapter(address(adapter)));

        _fund(owner, UNIT);
        token.approve(address(fresh), UNIT);
        fresh.deposit(UNIT, DEAD);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, vault.setGuard.selector));
        fresh.setGuard(address(freshGuard));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, vault.addAdapter.selector));
        fresh.multicall(calls);
    }

    /* TIMELOCKED */

    function test_submittedCalldataRunsOnceAndNotEarly() public {
        bytes memory data = abi.encodeCall(vault.increaseAbsoluteCap, (_id(0), uint128(20_000_000 * UNIT)));
        bytes32 dataHash = keccak256(data);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotSubmitted.selector, dataHash));
        vault.execute(data);

        vm.startPrank(curator);
        vm.expectEmit(address(vault));
        emit EventsLib.Submit(vault.increaseAbsoluteCap.selector, data, vm.getBlockTimestamp() + TIMELOCK);
        vault.submit(data);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AlreadySubmitted.selector, dataHash));
        vault.submit(data);
        vm.stopPrank();

        uint256 matureAt = vm.getBlockTimestamp() + TIMELOCK;
        assertEq(vault.executableAt(dataHash), matureAt);
        skip(TIMELOCK - 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotMatured.selector, matureAt));
        vault.execute(data);
        skip(1);
        vm.prank(anyone);
        vault.execute(data);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotSubmitted.selector, dataHash));
        vault.execute(data);
    }

    function test_onlyProposersSubmitAndManyMayRevoke() public {
        bytes memory data = abi.encodeCall(vault.increaseAbsoluteCap, (_id(0), uint128(20_000_000 * UNIT)));
        vm.prank(anyone);
        vm.expectRevert(_unauthorized(anyone));
        vault.submit(data);
        address[3] memory revokers = [owner, curator, sentinel];
        for (uint256 i; i < 3; ++i) {
            vm.prank(curator);
            vault.submit(data);
            vm.prank(anyone);
            vm.expectRevert(_unauthorized(anyone));
            vault.revoke(data);
            vm.prank(revokers[i]);
            vault.revoke(data);
            assertEq(vault.executableAt(keccak256(data)), 0);
        }
        vm.prank(curator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotSubmitted.selector, keccak256(data)));
        vault.revoke(data);
        vm.prank(curator);
        vm.expectRevert(ErrorsLib.MalformedCalldata.selector);
        vault.submit("abc");
    }

    function test_calldataInAMulticallPassesNoLock() public {
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(vault.increaseAbsoluteCap, (_id(0), uint128(20_000_000 * UNIT)));
        bytes memory wrapped = abi.encodeWithSignature("multicall(bytes[])", calls);
        vm.prank(curator);
        vault.submit(wrapped);
        skip(TIMELOCK);
        vm.prank(anyone);
        vm.expectRevert(_unauthorized(anyone));
        vault.execute(wrapped);
        vm.prank(curator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, vault.increaseAbsoluteCap.selector));
        vault.execute(wrapped);
    }

    function test_submittedCalldataGainsNoPowerOfTheVault() public {
        _deposit(alice, 100 * UNIT);
        bytes memory steal = abi.encodeCall(vault.transferFrom, (alice, curator, 100e18));
        vm.prank(curator);
        vault.submit(steal);
        skip(TIMELOCK);
        vm.prank(curator);
        vm.expectPartialRevert(ERC20.InsufficientAllowance.selector);
        vault.execute(steal);
    }

    function test_timelocksGrowAtOnceAndShrinkAfterTheTimeThatTheyShrink() public {
        bytes4 selector = vault.setExitList.selector;
        vm.startPrank(curator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TimelockNotIncreased.selector, selector));
        vault.increaseTimelock(selector, TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TimelockTooLong.selector, 31 days, 30 days));
        vault.increaseTimelock(selector, 31 days);
        vault.increaseTimelock(selector, 9 days);
        assertEq(vault.timelock(selector), 9 days);

        bytes memory data = abi.encodeCall(vault.decreaseTimelock, (selector, 1 days));
        vault.submit(data);
        assertEq(vault.executableAt(keccak256(data)), vm.getBlockTimestamp() + 9 days);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, vault.decreaseTimelock.selector));
        vault.decreaseTimelock(selector, 1 days);
        skip(9 days);
        vault.execute(data);
        assertEq(vault.timelock(selector), 1 days);

        data = abi.encodeCall(vault.decreaseTimelock, (selector, 1 days));
        vault.submit(data);
        skip(9 days);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TimelockNotDecreased.selector, selector));
        vault.execute(data);
        vm.expectRevert(ErrorsLib.MalformedCalldata.selector);
        vault.submit(abi.encodePacked(vault.decreaseTimelock.selector));
        vm.stopPrank();

        vm.prank(anyone);
        vm.expectRevert(_unauthorized(anyone));
        vault.increaseTimelock(selector, 10 days);
    }

    function test_anAbdicatedFunctionNeverRunsAgain() public {
        bytes4 selector = vault.addAdapter.selector;
        address adapter = address(_newErc4626Adapter(address(vault), address(venues[0])));
        bytes memory waiting = abi.encodeCall(vault.addAdapter, (adapter));
        vm.prank(curator);
        vault.submit(waiting);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.abdicate, (selector)));
        assertTrue(vault.abdicated(selector));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SelectorAbdicated.selector, selector));
        vault.execute(waiting);
    }

    function test_aTimelockOfZeroLetsTheCuratorActAtOnce() public {
        Vault quick = Vault(Deployed.create("Vault", abi.encode(address(token), owner, "n", "s", 0, address(0))));
        Guard quickGuard = Guard(Deployed.create("Guard", abi.encode(address(quick), _limits(), 0)));
        vm.startPrank(owner);
        quick.setGuard(address(quickGuard));
        _fund(owner, UNIT);
        token.approve(address(quick), UNIT);
        quick.deposit(UNIT, DEAD);
        quick.increaseAbsoluteCap(_id(0), 1);
        quickGuard.addKeeper(bob);
        vm.stopPrank();
        vm.prank(anyone);
        vm.expectRevert(_unauthorized(anyone));
        quick.increaseAbsoluteCap(_id(0), 2);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TimelockTooLong.selector, 31 days, 30 days));
        Vault(Deployed.create("Vault", abi.encode(address(token), owner, "n", "s", 31 days, address(0))));
    }
}
