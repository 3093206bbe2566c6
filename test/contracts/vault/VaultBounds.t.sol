// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { MockAdapter } from "../mocks/MockAdapter.sol";
import { MockAdapterFixture } from "./MockAdapterFixture.sol";

/// @notice More leaves of Vault.tree: limits on both sides of the unit, and a full exit list.
/// forge-config: default.isolate = true
contract VaultBoundsTest is MockAdapterFixture {
    uint64 private constant LOWEST_RATE = uint64(0.1e18 / uint256(365 days));
    uint64 private constant HIGHEST_RATE = uint64(2e18 / uint256(365 days));

    function _execute(bytes memory data, bytes memory reason) private {
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        if (reason.length != 0) vm.expectRevert(reason);
        vault.execute(data);
    }

    function test_theMaximumRateHoldsToTheUnit() public {
        _execute(
            abi.encodeCall(vault.setMaxRate, (LOWEST_RATE - 1)),
            abi.encodeWithSelector(ErrorsLib.MaxRateOutOfBounds.selector, LOWEST_RATE - 1)
        );
        _execute(
            abi.encodeCall(vault.setMaxRate, (HIGHEST_RATE + 1)),
            abi.encodeWithSelector(ErrorsLib.MaxRateOutOfBounds.selector, HIGHEST_RATE + 1)
        );
        _execute(abi.encodeCall(vault.setMaxRate, (LOWEST_RATE)), "");
        assertEq(vault.maxRatePerSecondWad(), LOWEST_RATE);
        _execute(abi.encodeCall(vault.setMaxRate, (HIGHEST_RATE)), "");
        assertEq(vault.maxRatePerSecondWad(), HIGHEST_RATE);
    }

    function test_feesAndPenaltyReachTheirLimits() public {
        vm.prank(owner);
        vault.setFeeRecipient(bob);
        _execute(abi.encodeCall(vault.increasePerformanceFee, (3_000)), "");
        _execute(abi.encodeCall(vault.increaseManagementFee, (200)), "");
        assertEq(vault.performanceFeeBps(), 3_000);
        assertEq(vault.managementFeeBps(), 200);
        _execute(abi.encodeCall(vault.setForcedExitPenalty, (1)), "");
        assertEq(vault.forcedExitPenaltyBps(), 1);
        _execute(abi.encodeCall(vault.setForcedExitPenalty, (200)), "");
        assertEq(vault.forcedExitPenaltyBps(), 200);
    }

    function test_claimFees_withoutAnyDoesNothing() public {
        uint256 supply = vault.totalSupply();
        vm.prank(anyone);
        assertEq(vault.claimFees(), 0);
        assertEq(vault.totalSupply(), supply);
    }

    /// @dev As many adapters and exits as there may be; the last of them pays, too.
    function test_sixteenExitsAreTakenAndTheLastPays() public {
        ExitEntry[] memory exits = new ExitEntry[](16);
        for (uint256 i; i < 3; ++i) exits[i] = ExitEntry(address(adapters[i]), "");
        exits[3] = ExitEntry(address(mock), "");
        MockAdapter last;
        for (uint256 i = 4; i < 16; ++i) {
            last = _addMock();
            exits[i] = ExitEntry(address(last), "");
        }
        _execute(abi.encodeCall(vault.setExitList, (exits)), "");
        assertEq(vault.exitList().length, 16);
        _investIn(last, 900 * UNIT);
        assertEq(vault.liquid(), 1_000 * UNIT);
        vm.prank(alice);
        vault.withdraw(500 * UNIT, alice, alice);
        assertEq(last.position(), 500 * UNIT);
        assertEq(token.balanceOf(alice), 500 * UNIT);
    }

    /// @dev No adapter of ours does that; what did not come in is not paid with what belongs to others.
    function test_withdraw_fromAVenueThatPaysLessThanItSaidIsRefused() public {
        ExitEntry[] memory exits = new ExitEntry[](1);
        exits[0] = ExitEntry(address(mock), "");
        _execute(abi.encodeCall(vault.setExitList, (exits)), "");
        _investMock(900 * UNIT);
        vm.mockCall(
            address(mock),
            abi.encodeWithSelector(IAdapter.deallocate.selector),
            abi.encode(mock.ids(""), -int256(400 * UNIT))
        );
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.InsufficientLiquidity.selector, 100 * UNIT, 500 * UNIT));
        vm.prank(alice);
        vault.withdraw(500 * UNIT, alice, alice);
    }
}
