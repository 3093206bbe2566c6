// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { console } from "forge-std/console.sol";
import { UniswapFixture } from "./UniswapFixture.sol";

/// forge-config: default.isolate = true
contract UniswapV3AdapterTest is UniswapFixture {
    function test_smoke() public {
        uint256 before = token.balanceOf(address(vault));
        int256 change = _allocate(_range(100), 100_000 * one);
        console.log("change", uint256(change), token.balanceOf(address(vault)) - before, adapter.realAssets());
        console.log(adapter.ranges()[0].unsold);
        _trade(3);
        console.log("after trade", adapter.realAssets());
        uint256 got = _deallocate(_range(100), 50_000 * one);
        console.log("got", got, adapter.realAssets());
        got = _deallocate(_range(100), WHOLE);
        console.log("got", got, adapter.realAssets(), other.balanceOf(address(adapter)));
    }
}
