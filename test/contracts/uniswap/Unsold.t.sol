// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Range } from "../../../contracts/adapters/UniswapV3Adapter.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { UniswapFixture } from "./UniswapFixture.sol";

/// @notice A position that holds more of the other token than 80 bits, in a pool that buys hardly any of it.
contract UnsoldTest is UniswapFixture {
    uint256 private constant MOST = type(uint80).max;

    function setUp() public override {
        _open(Setup(6, 18, true, 1e8, 100, 1));
    }

    function test_moreThanTheAdapterCanRecordIsNotTakenAtOnce() public {
        bytes memory data = _range(100);
        (int24 lower, int24 upper) = (_aligned(startTick - 6000), _aligned(startTick + 6000));
        trader.mint(address(trader), lower, upper, _depth(2_000_000_000));
        _allocate(data, 5_000_000 * one);
        assertApproxEqRel(adapter.realAssets(), 5_000_000 * one, 0.01e18);
        trader.burn(lower, upper, _depth(2_000_000_000));
        trader.burn(lower, upper, (_depth(20_000_000) * 99) / 100);
        trader.swapTo(priceGuard.oracle());
        _settlePrices();
        uint256 held = adapter.realAssets();
        vm.prank(address(vault));
        (bool success, bytes memory reason) = address(adapter).call(abi.encodeCall(adapter.deallocate, (data, WHOLE)));
        assertFalse(success);
        // Half of the position is in the other token, of which the pool buys some.
        uint256 unsold = _argument(reason);
        assertGt(unsold, MOST);
        assertLt(unsold, 2_600_000e18);
        vm.prank(address(vault));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TooMuchUnsold.selector, unsold));
        adapter.deallocate(data, WHOLE);

        // A part of it goes, and leaves what fits.
        _deallocate(data, held / 4);
        Range[] memory left = adapter.ranges();
        assertEq(left.length, 1);
        assertLe(left[0].unsold, MOST);
        assertGt(left[0].liquidity, 0);
    }

    function _argument(bytes memory reason) private pure returns (uint256 argument) {
        assertEq(reason.length, 36);
        assertEq(bytes4(reason), ErrorsLib.TooMuchUnsold.selector);
        assembly ("memory-safe") {
            argument := mload(add(reason, 0x24))
        }
    }
}
