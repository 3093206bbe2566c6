// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../../contracts/Vault.sol";
import { Timelocked } from "../../../contracts/base/Timelocked.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Deployed } from "../Deployed.sol";
import { Fixture } from "../Fixture.sol";
import { MockInexactAdapter } from "../mocks/MockAdapter.sol";

/// @notice Who stands behind a pending call, and how short a timelock may be.
/// forge-config: default.isolate = true
contract TimelockedTest is Fixture {
    function test_aPendingCallDiesWithItsProposersRole() public {
        bytes memory data = abi.encodeCall(vault.increaseAbsoluteCap, (_id(0), uint128(20_000_000 * UNIT)));
        bytes32 dataHash = keccak256(data);
        vm.prank(curator);
        vault.submit(data);
        assertEq(vault.proposerOf(dataHash), curator);
        skip(TIMELOCK);
        vm.prank(owner);
        vault.setCurator(bob);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ProposerGone.selector, curator));
        vault.execute(data);

        // The new curator may propose the same, and waits for it.
        vm.startPrank(bob);
        vault.submit(data);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AlreadySubmitted.selector, dataHash));
        vault.submit(data);
        vm.stopPrank();
        uint256 readyAt = vm.getBlockTimestamp() + TIMELOCK;
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotMatured.selector, readyAt));
        vault.execute(data);
        skip(TIMELOCK);
        vault.execute(data);
        assertEq(vault.proposerOf(dataHash), address(0));
    }

    function test_theOwnersCallsDieWithTheOwner() public {
        bytes memory data = abi.encodeCall(vault.removeSentinel, (sentinel));
        vm.startPrank(owner);
        vault.submit(data);
        vault.transferOwnership(bob);
        vm.stopPrank();
        vm.prank(bob);
        vault.acceptOwnership();
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ProposerGone.selector, owner));
        vault.execute(data);
    }

    /// @dev Named again, the same curator has nothing in store.
    function test_aPendingCallDoesNotReviveWithItsProposer() public {
        bytes memory data = abi.encodeCall(vault.increaseAbsoluteCap, (_id(0), uint128(20_000_000 * UNIT)));
        bytes memory ofGuard = abi.encodeCall(guard.addKeeper, (bob));
        bytes memory ofAdapter = abi.encodeCall(adapters[0].increaseMaxPrice, (uint128(20 * WAD)));
        uint32 term = vault.term();
        vm.startPrank(curator);
        vault.submit(data);
        guard.submit(ofGuard);
        adapters[0].submit(ofAdapter);
        vm.stopPrank();
        assertGt(vault.executableAt(keccak256(data)), 0);
        vm.startPrank(owner);
        vault.setCurator(bob);
        vault.setCurator(curator);
        vm.stopPrank();
        assertEq(vault.term(), term + 2);
        skip(TIMELOCK);
        Timelocked[3] memory targets = [Timelocked(vault), guard, adapters[0]];
        bytes[3] memory calls = [data, ofGuard, ofAdapter];
        for (uint256 i; i < 3; ++i) {
            assertEq(targets[i].executableAt(keccak256(calls[i])), 0);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ProposerGone.selector, curator));
            targets[i].execute(calls[i]);
            // Submitted anew it waits anew.
            vm.prank(curator);
            targets[i].submit(calls[i]);
            uint256 readyAt = vm.getBlockTimestamp() + TIMELOCK;
            assertEq(targets[i].executableAt(keccak256(calls[i])), readyAt);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotMatured.selector, readyAt));
            targets[i].execute(calls[i]);
        }
        skip(TIMELOCK);
        for (uint256 i; i < 3; ++i) {
            targets[i].execute(calls[i]);
        }
    }

    function test_theOwnersCallsDoNotReviveWithTheOwner() public {
        bytes memory data = abi.encodeCall(vault.removeSentinel, (sentinel));
        vm.startPrank(owner);
        vault.submit(data);
        vault.transferOwnership(bob);
        vm.startPrank(bob);
        vault.acceptOwnership();
        vault.transferOwnership(owner);
        vm.startPrank(owner);
        vault.acceptOwnership();
        vm.stopPrank();
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ProposerGone.selector, owner));
        vault.execute(data);
        assertTrue(vault.isSentinel(sentinel));
    }

    function test_theGuardAsksTheVaultWhoStillProposes() public {
        bytes memory data = abi.encodeCall(guard.addKeeper, (bob));
        vm.prank(curator);
        guard.submit(data);
        skip(TIMELOCK);
        vm.prank(owner);
        vault.setCurator(bob);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ProposerGone.selector, curator));
        guard.execute(data);
    }

    function test_outsideTestChainsATimelockIsADayAtLeast() public {
        bytes memory quick = abi.encode(address(token), owner, "n", "s", 1 days - 1, address(0));
        bytes memory slow = abi.encode(address(token), owner, "n", "s", 1 days, address(0));
        bytes4 selector = vault.addAdapter.selector;
        uint256[2] memory chains = [uint256(31_337), 1_337];
        for (uint256 i; i < 2; ++i) {
            vm.chainId(chains[i]);
            Deployed.create("Vault", quick);
        }
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TimelockTooShort.selector, 1 days - 1, 1 days));
        this.create(quick);
        Vault fresh = Vault(Deployed.create("Vault", slow));
        // Not even in setup.
        vm.startPrank(owner);
        fresh.increaseTimelock(selector, 2 days);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TimelockTooShort.selector, 1 days - 1, 1 days));
        fresh.decreaseTimelock(selector, 1 days - 1);
        fresh.decreaseTimelock(selector, 1 days);
        assertEq(fresh.timelock(selector), 1 days);
    }

    function create(bytes calldata args) external {
        Deployed.create("Vault", args);
    }

    function test_onlyExactExitsStandInTheExitList() public {
        address inexact = address(new MockInexactAdapter(address(vault)));
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.addAdapter, (inexact)));
        ExitEntry[] memory exits = new ExitEntry[](1);
        exits[0] = ExitEntry(inexact, "");
        bytes memory data = abi.encodeCall(vault.setExitList, (exits));
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.InexactExit.selector, inexact));
        vault.execute(data);
    }

    /// @dev Two adapters of one venue drain one pool of liquidity.
    function test_noPoolOfLiquidityStandsTwiceInTheExitList() public {
        address twin = address(_newErc4626Adapter(address(vault), address(venues[0])));
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.addAdapter, (twin)));
        ExitEntry[] memory exits = new ExitEntry[](2);
        exits[0] = ExitEntry(address(adapters[0]), "");
        exits[1] = ExitEntry(twin, "");
        bytes memory data = abi.encodeCall(vault.setExitList, (exits));
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.DuplicateExit.selector, adapters[0].liquidityId("")));
        vault.execute(data);
    }

    function test_theOwnerMayReduceRiskToo() public {
        vm.startPrank(owner);
        vault.decreaseAbsoluteCap(_id(0), 1);
        vault.decreaseRelativeCap(_id(0), 1);
        vault.retire(address(adapters[0]));
        vault.quarantine(address(adapters[1]), 0);
        vm.stopPrank();
        (uint128 cap, ) = vault.capOf(_id(0));
        assertEq(cap, 1);
    }
}
