// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vm } from "forge-std/Vm.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { MathLib } from "../../../contracts/libraries/MathLib.sol";
import { MockAdapterFixture } from "./MockAdapterFixture.sol";

/// @notice Executes announced calldata and calls the same function again at once.
contract Repeater {
    function run(Vault target, bytes calldata data) external returns (bool again, bytes memory result) {
        target.execute(data);
        (again, result) = address(target).call(data);
    }
}

/// @notice The last unit, the last gate and the last second: what only an exact test tells from its neighbour.
/// forge-config: default.isolate = true
contract ExactnessTest is MockAdapterFixture {
    address private recipient = makeAddr("recipient");

    function test_theManagementFeeIsRoundedDown() public {
        vm.prank(owner);
        vault.setFeeRecipient(recipient);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increaseManagementFee, (137)));
        uint256 stored = vault.storedAssets();
        uint256 shares = vault.totalSupply() + 1e12;
        for (uint256 seconds_ = 1; seconds_ < 1e5; seconds_ = seconds_ * 3 + 1) {
            uint256 snapshot = vm.snapshotState();
            skip(seconds_);
            uint256 due = stored * seconds_ * 137;
            uint256 whole = (stored + 1) * 10_000 * 365 days - due;
            assertNotEq(mulmod(shares, due, whole), 0, "a remainder to round");
            vault.accrue();
            assertEq(vault.unclaimedFeeShares(), MathLib.mulDivDown(shares, due, whole));
            vm.revertToState(snapshot);
        }
    }

    function test_onlyANewLossIsToldAsOne() public {
        _investMock(500 * UNIT);
        mock.setPosition(mock.realAssets() - 5 * UNIT);
        vm.recordLogs();
        vault.accrue();
        assertEq(_count(EventsLib.Recoverable.selector), 1);
        skip(1 hours);
        vault.accrue();
        assertEq(_count(EventsLib.Recoverable.selector), 0);
        assertGt(vault.recoverable(), 0);
    }

    function test_aReportThatFitsToTheUnitIsOne() public {
        _investMock(500 * UNIT);
        mock.setPosition(uint256(type(uint112).max) + 1);
        vm.prank(sentinel);
        vm.expectRevert(
            abi.encodeWithSelector(ErrorsLib.MarkTooHigh.selector, uint256(type(uint112).max) + 1, 500 * UNIT)
        );
        vault.quarantine(address(mock), uint128(type(uint112).max) + 1);
        mock.setPosition(type(uint112).max);
        _quarantine(mock, type(uint112).max);
        assertEq(vault.totalAssets(), vault.idle() + type(uint112).max);
    }

    function test_aSentinelThatIsAVenueFindsQuarantineLocked() public {
        vm.prank(owner);
        vault.addSentinel(address(venues[0]));
        venues[0].setCallback(address(vault), abi.encodeCall(vault.quarantine, (address(adapters[1]), 0)));
        vm.prank(address(guard));
        vault.allocate(address(adapters[0]), "", UNIT);
        assertFalse(venues[0].callbackSucceeded());
        assertEq(bytes4(venues[0].callbackResult()), ErrorsLib.Reentered.selector);
        assertTrue(vault.entriesOpen());
    }

    function test_noLiftBeneathAMove() public {
        _quarantine(mock, 0);
        bytes memory call = abi.encodeCall(vault.lift, (address(mock)));
        vm.prank(curator);
        vault.submit(call);
        skip(TIMELOCK);
        venues[0].setCallback(address(vault), abi.encodeCall(vault.execute, (call)));
        vm.prank(address(guard));
        vault.allocate(address(adapters[0]), "", UNIT);
        assertFalse(venues[0].callbackSucceeded());
        assertEq(bytes4(venues[0].callbackResult()), ErrorsLib.Reentered.selector);
        assertFalse(vault.entriesOpen());
    }

    /// @dev Flags are carried over whenever an adapter comes or goes; only the last mark's end gives what it took a day.
    function test_anAdapterThatGoesLeavesTheDayOfALossAsItIs() public {
        bytes memory call = abi.encodeCall(vault.removeAdapter, (address(mock)));
        vm.prank(curator);
        vault.submit(call);
        skip(TIMELOCK);
        token.burn(address(vault), 5 * UNIT);
        vault.accrue();
        skip(20 hours);
        vault.execute(call);
        assertEq(vault.recoverable(), 5 * UNIT);
        skip(4 hours);
        assertEq(vault.recoverable(), 0);
    }

    function test_whatWasExecutedOpensNoLockForASecondCallInTheTransaction() public {
        bytes memory call = abi.encodeCall(vault.setMaxRate, (uint64(vault.maxRatePerSecondWad()) / 2));
        vm.prank(curator);
        vault.submit(call);
        skip(TIMELOCK);
        Repeater repeater = new Repeater();
        (bool again, bytes memory result) = repeater.run(vault, call);
        assertFalse(again);
        assertEq(result, abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, repeater));
    }

    function test_withoutAnExitListExitsArePaidFromIdle() public {
        (Vault bare, Guard bareGuard) = _newVault(address(token));
        _open(bare, bareGuard);
        assertEq(bare.exitList().length, 0);
        _fund(bob, 100 * UNIT);
        vm.startPrank(bob);
        token.approve(address(bare), 100 * UNIT);
        bare.deposit(100 * UNIT, bob);
        uint256 idle = bare.idle();
        assertEq(bare.liquid(), idle);
        assertFalse(bare.canPay(idle + 1));
        uint256 most = bare.maxWithdraw(bob);
        bare.withdraw(most, bob, bob);
        vm.stopPrank();
        assertEq(token.balanceOf(bob), most);
    }

    function _count(bytes32 topic) private returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == topic) ++count;
        }
    }
}
