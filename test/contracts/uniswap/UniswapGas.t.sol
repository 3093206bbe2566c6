// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { RangeMathLib } from "../../../contracts/libraries/RangeMathLib.sol";
import { UniswapFixture } from "./UniswapFixture.sol";

/// @notice Gas of whole transactions (21,000 base and calldata included). The pool is the real one, all of its 200
/// observations written, one in each block, which is the dearest history to look the mean price up in. Feeds are mocks that
/// read four slots, about what a Chainlink proxy and its aggregator read.
/// forge-config: default.isolate = true
contract UniswapGasTest is UniswapFixture {
    function setUp() public override {
        super.setUp();
        uint160 spot = _spot();
        for (uint256 i; i < 260; ++i) {
            skip(12);
            trader.swapTo(i % 2 == 0 ? RangeMathLib.above(spot, 2) : RangeMathLib.below(spot, 2));
        }
        trader.swapTo(spot);
        _refreshFeeds();
        vault.accrue();
    }

    function _accrueIn(uint256 seconds_) private {
        skip(seconds_);
        vault.accrue();
    }

    function test_gasOfAccrual() public {
        _accrueIn(12);
        uint256 without = vm.snapshotGasLastCall("uniswap", "accrue, no range held");
        uint256[4] memory used;
        for (int24 i; i < 4; ++i) {
            _allocate(_range(100 + 10 * i), 10_000 * one);
            trader.swapTo(_spot() + 1);
            _accrueIn(12);
            used[uint24(i)] = vm.snapshotGasLastCall(
                "uniswap",
                string.concat("accrue, ranges held: ", vm.toString(uint256(uint24(i)) + 1))
            );
        }
        vm.snapshotValue("uniswap", "accrual of a second Uniswap v3 range", (used[3] - used[0]) / 3);
        vm.snapshotValue("uniswap", "accrual of a Uniswap v3 range", used[0] - without);
    }

    function test_gasOfMoves() public {
        bytes memory data = _range(100);
        _fund(address(adapter), 20_000 * one);
        vm.prank(address(vault));
        adapter.allocate(data, 10_000 * one);
        vm.snapshotGasLastCall("uniswap", "deposit into a new range");
        skip(12);
        vm.prank(address(vault));
        adapter.allocate(data, 10_000 * one);
        vm.snapshotGasLastCall("uniswap", "deposit into a held range");
        skip(12);
        vm.prank(address(vault));
        adapter.deallocate(data, 5_000 * one);
        vm.snapshotGasLastCall("uniswap", "withdrawal of a part");
        skip(12);
        vm.prank(address(vault));
        adapter.deallocate(data, WHOLE);
        vm.snapshotGasLastCall("uniswap", "withdrawal of the whole");
    }

    function test_codeFitsTheLimitOfEip170() public {
        vm.snapshotValue("uniswap", "code size of UniswapV3Adapter", address(adapter).code.length);
        vm.snapshotValue("uniswap", "code size of PriceGuard", address(priceGuard).code.length);
        assertLe(address(adapter).code.length, 24_576);
    }
}
