// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Leg } from "../../../contracts/interfaces/IGuard.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockAdapter } from "../mocks/MockAdapter.sol";

/// @notice The fixture's vault with a fourth adapter that can misbehave. A thousand units are in, of which alice holds 990.
abstract contract MockAdapterFixture is Fixture {
    MockAdapter internal mock;

    function setUp() public virtual override {
        super.setUp();
        mock = _addMock();
        _deposit(alice, 990 * UNIT);
    }

    function _addMock() internal returns (MockAdapter added) {
        added = new MockAdapter(address(vault), address(token));
        bytes32 id = IdsLib.venue(address(added), "");
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.addAdapter, (address(added))));
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increaseAbsoluteCap, (id, WHOLE)));
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increaseRelativeCap, (id, uint64(WAD))));
    }

    function _investMock(uint256 assets) internal {
        _investIn(mock, assets);
    }

    function _investIn(MockAdapter adapter, uint256 assets) internal {
        _rebalance(_plan(Leg(address(adapter), true, uint128(assets), "")));
        skip(1 hours);
    }

    function _quarantine(MockAdapter adapter, uint256 mark) internal {
        vm.prank(sentinel);
        vault.quarantine(address(adapter), uint128(mark));
    }

    function _lift(MockAdapter adapter) internal {
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.lift, (address(adapter))));
    }

    function _worth(address account) internal view returns (uint256) {
        return vault.previewRedeem(vault.balanceOf(account));
    }
}
