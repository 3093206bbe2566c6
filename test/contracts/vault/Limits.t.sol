// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { MockAdapter } from "../mocks/MockAdapter.sol";
import { MockAdapterFixture } from "./MockAdapterFixture.sol";

/// @notice What limits say where venues fail, and how large caps and allocations may be.
/// forge-config: default.isolate = true
contract LimitsTest is MockAdapterFixture {
    uint256 private constant MOST = type(uint112).max;

    /* ERC-4626: limits must not revert */

    function test_limitsAreZeroWhereAVenueFails() public {
        _investMock(400 * UNIT);
        assertGt(vault.maxRedeem(alice), 0);
        MockAdapter.Mode[5] memory modes = [
            MockAdapter.Mode.Reverting,
            MockAdapter.Mode.RevertingWithMuch,
            MockAdapter.Mode.AnsweringNothing,
            MockAdapter.Mode.Burning,
            MockAdapter.Mode.Huge
        ];
        for (uint256 i; i < modes.length; ++i) {
            mock.setMode(modes[i]);
            assertEq(vault.maxDeposit{ gas: 5_000_000 }(alice), 0);
            assertEq(vault.maxMint{ gas: 5_000_000 }(alice), 0);
            assertEq(vault.maxWithdraw{ gas: 5_000_000 }(alice), 0);
            assertEq(vault.maxRedeem{ gas: 5_000_000 }(alice), 0);
            vm.expectRevert();
            vault.previewDeposit{ gas: 5_000_000 }(1);
        }
        mock.setMode(MockAdapter.Mode.Honest);
        assertGt(vault.maxDeposit(alice), 0);
        assertGt(vault.maxMint(alice), 0);
        assertGt(vault.maxWithdraw(alice), 0);
        assertGt(vault.maxRedeem(alice), 0);
    }

    /// @dev A venue of the exit list that reports but does not say what it could pay.
    function test_limitsOfExitsAreZeroWhereTheExitListFails() public {
        ExitEntry[] memory exits = new ExitEntry[](1);
        exits[0] = ExitEntry(address(mock), "");
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.setExitList, (exits)));
        _investMock(400 * UNIT);
        vm.mockCallRevert(address(mock), abi.encodeWithSelector(mock.withdrawable.selector), "broken");
        assertEq(vault.maxWithdraw(alice), 0);
        assertEq(vault.maxRedeem(alice), 0);
        // The vault's own word is the same.
        vm.prank(address(vault));
        vm.expectRevert(bytes("broken"));
        vault.maxRedeem(alice);
    }

    /* REMOVAL */

    /// @dev Whoever executes it may not make a sound venue look dead by bringing little gas.
    function test_aStarvedReportDoesNotLetAVenueBeRemoved() public {
        _investMock(400 * UNIT);
        _quarantine(mock, 0);
        bytes memory removal = abi.encodeCall(vault.removeAdapter, (address(mock)));
        vm.prank(curator);
        vault.submit(removal);
        skip(TIMELOCK);
        bytes memory data = abi.encodeCall(vault.execute, (removal));
        for (uint256 i; i < 60; ++i) {
            (bool success, ) = address(vault).call{ gas: 50_000 + i * 50_000 }(data);
            assertFalse(success);
        }
        (, bytes memory reason) = address(vault).call{ gas: 700_000 }(data);
        assertEq(bytes4(reason), ErrorsLib.OutOfGas.selector);
        assertTrue(vault.isAdapter(address(mock)));
    }

    /* CAPS */

    function test_aCapThatFillsItsFieldIsNoBound() public {
        bytes32 id = keccak256("id");
        _raise(id, uint128(MOST - 1));
        _checkCap(id, MOST - 1);
        _raise(id, uint128(MOST));
        _checkCap(id, type(uint128).max);
        bytes memory data = abi.encodeCall(vault.increaseAbsoluteCap, (id, type(uint128).max));
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.CapNotIncreased.selector, id));
        vault.execute(data);
        vm.prank(sentinel);
        vault.decreaseAbsoluteCap(id, uint128(MOST - 1));
        _checkCap(id, MOST - 1);
        _raise(id, type(uint128).max - 1);
        _checkCap(id, type(uint128).max);
    }

    function testFuzz_relativeCapsAreRoundedDownToBillionths(uint64 capWad) public {
        capWad = uint64(bound(capWad, 1e9, WAD));
        bytes32 id = keccak256("id");
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increaseRelativeCap, (id, capWad)));
        (, uint64 stored) = vault.capOf(id);
        assertEq(stored, (capWad / 1e9) * 1e9);
    }

    /// @dev What does not fit is no reason to hold up an exit, and no further allocation passes.
    function test_anAllocationStopsAtItsFieldAndNoExitDoes() public {
        bytes32 id = IdsLib.venue(address(mock), "");
        _investMock(400 * UNIT);
        mock.setPosition(2 * MOST);
        vm.prank(sentinel);
        assertEq(vault.deallocate(address(mock), "", 100 * UNIT), 100 * UNIT);
        assertEq(vault.allocation(id), MOST);
        uint256 allocated = 2 * MOST - 100 * UNIT + 1;
        vm.prank(address(guard));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AbsoluteCapExceeded.selector, id, allocated, MOST));
        vault.allocate(address(mock), "", 1);
        // A true report again, and the books are right again.
        mock.setPosition(300 * UNIT);
        vm.prank(sentinel);
        vault.deallocate(address(mock), "", 100 * UNIT);
        assertEq(vault.allocation(id), 200 * UNIT);
    }

    function _raise(bytes32 id, uint128 cap) private {
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increaseAbsoluteCap, (id, cap)));
    }

    function _checkCap(bytes32 id, uint256 expected) private view {
        (uint128 cap, ) = vault.capOf(id);
        assertEq(cap, expected);
    }
}
