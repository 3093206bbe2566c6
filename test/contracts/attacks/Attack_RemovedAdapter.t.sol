// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { MockAdapter } from "../mocks/MockAdapter.sol";
import { MockAdapterFixture } from "../vault/MockAdapterFixture.sol";

/// @notice A curator who makes a venue count for nothing, removes it, lets an accomplice in at the lower price and adds it
/// again. What could still be counted cannot be removed.
/// forge-config: default.isolate = true
contract Attack_RemovedAdapter is MockAdapterFixture {
    function setUp() public override {
        super.setUp();
        ExitEntry[] memory none = new ExitEntry[](0);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.setExitList, (none)));
    }

    /// @dev Marked to zero the adapter reports nothing while it holds shares.
    function test_anAdapterThatIsMarkedByItselfCannotBeRemoved() public {
        _invest(0, 400 * UNIT);
        vm.prank(sentinel);
        adapters[0].decreaseMark(0);
        assertEq(adapters[0].realAssets(), 0);
        vault.accrue();
        _refuseRemovalOf(address(adapters[0]));
        // Nor in quarantine.
        vm.prank(sentinel);
        vault.quarantine(address(adapters[0]), 0);
        _refuseRemovalOf(address(adapters[0]));
        assertFalse(vault.entriesOpen());
    }

    function test_whatAQuarantinedVenueStillReportsIsNotGivenUp() public {
        _investMock(400 * UNIT);
        _quarantine(mock, 0);
        _refuseRemovalOf(address(mock));
        assertFalse(vault.entriesOpen());
        // Lifted it counts again, for those who were there.
        uint256 marked = _worth(alice);
        vm.prank(curator);
        vault.submit(abi.encodeCall(vault.lift, (address(mock))));
        skip(TIMELOCK);
        vault.execute(abi.encodeCall(vault.lift, (address(mock))));
        assertApproxEqAbs(_worth(alice), marked + 396 * UNIT, 2);
        _refuseRemovalOf(address(mock));
    }

    function test_aVenueThatBreaksAloneCannotBeRemovedBeforeItIsMarkedDown() public {
        _investMock(400 * UNIT);
        mock.setMode(MockAdapter.Mode.Reverting);
        _refuseRemovalOf(address(mock));
        _quarantine(mock, 1);
        _refuseRemovalOf(address(mock));
        _quarantine(mock, 0);
        vault.execute(abi.encodeCall(vault.removeAdapter, (address(mock))));
        assertFalse(vault.isAdapter(address(mock)));
        assertTrue(vault.entriesOpen());
    }

    /// @dev More than can have been booked is no report: such a venue can be removed.
    function test_aVenueThatReportsNonsenseCanBeRemoved() public {
        _investMock(400 * UNIT);
        mock.setPosition(uint256(1) << 112);
        _quarantine(mock, 0);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.removeAdapter, (address(mock))));
        assertFalse(vault.isAdapter(address(mock)));
    }

    function _refuseRemovalOf(address adapter) private {
        bytes memory data = abi.encodeCall(vault.removeAdapter, (adapter));
        if (vault.executableAt(keccak256(data)) == 0) {
            vm.prank(curator);
            vault.submit(data);
        }
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AdapterInUse.selector, adapter));
        vault.execute(data);
    }
}
