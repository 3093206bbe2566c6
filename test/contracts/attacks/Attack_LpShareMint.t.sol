// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { RangeMathLib } from "../../../contracts/libraries/RangeMathLib.sol";
import { PriceGuard, PriceGuardConfig } from "../../../contracts/oracle/PriceGuard.sol";
import { Deployed } from "../Deployed.sol";
import { UniswapFixture } from "../uniswap/UniswapFixture.sol";

/// @notice Incident 15 (Gamma, January 2024): shares of an LP vault were minted at a price that the attacker had moved, since
/// the allowed deviation was 50 to 200 % and a check was skipped for one-sided deposits. Here the deviation has a hard
/// ceiling, no branch skips it, nobody enters with pool tokens, and a price moved within the bounds pays the attacker less
/// than it costs the vault, which is bounded and printed.
/// forge-config: default.isolate = true
contract Attack_LpShareMint is UniswapFixture {
    uint256 private constant CAPITAL = 100_000;

    function test_noDeployerCanAllowMoreThanTwoPercent() public {
        PriceGuardConfig memory config = _guardConfig();
        config.maxSpotDeviationBps = 201;
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LimitOutOfBounds.selector, bytes32("maxSpotDeviationBps")));
        PriceGuard(Deployed.create("PriceGuard", abi.encode(config)));
    }

    /// @dev One-sided deposits, where the range lies beside the price, are checked as any other.
    function testFuzz_noRangeEscapesTheCheck(int24 offset, uint24 halfWidth, bool up) public {
        halfWidth = uint24(bound(halfWidth, 5, 500));
        offset = int24(bound(offset, -1_400, 1_400));
        bytes memory data = _range(startTick + offset - int24(halfWidth), startTick + offset + int24(halfWidth));
        uint160 mean = priceGuard.twap();
        trader.swapTo(up ? RangeMathLib.above(mean, SPOT_BPS + 1) : RangeMathLib.below(mean, SPOT_BPS + 1));
        _fund(address(adapter), one);
        vm.prank(address(vault));
        vm.expectPartialRevert(ErrorsLib.SpotDeviation.selector);
        adapter.allocate(data, one);
    }

    /// @dev Worth of what the attacker got less what it paid, in asset units at the true price of 1.
    function _gain() private view returns (int256) {
        return trader.gain0() + trader.gain1();
    }

    function _sandwich(uint160 to, bytes memory data, bool deposit) private returns (uint256 lossBps1e4, int256 gain) {
        uint160 fair = _spot();
        if (deposit) _fund(address(vault), CAPITAL * one);
        uint256 before = _wealth();
        trader.settle();
        trader.swapTo(to);
        if (deposit) {
            vm.startPrank(address(vault));
            token.transfer(address(adapter), CAPITAL * one);
            adapter.allocate(data, CAPITAL * one);
            vm.stopPrank();
        } else {
            _deallocate(data, WHOLE);
        }
        // Where arbitrage leaves the pool.
        trader.swapTo(fair);
        gain = _gain();
        uint256 afterwards = _wealth();
        lossBps1e4 = afterwards >= before ? 0 : ((before - afterwards) * 1e8) / (CAPITAL * one);
    }

    /// @dev The worst of many pushes within the bounds, for ranges narrow and wide, on the way in and on the way out.
    function test_whatASandwichTakesIsBounded() public {
        int24[3] memory widths = [int24(20), 100, 1000];
        uint256 worstIn;
        uint256 worstOut;
        int256 bestGain;
        uint256 state = vm.snapshotState();
        for (uint256 w; w < 3; ++w) {
            for (uint16 bps = 5; bps <= SPOT_BPS; bps += 5) {
                for (uint256 side; side < 2; ++side) {
                    bytes memory data = _range(widths[w]);
                    uint160 fair = _spot();
                    uint160 to = side == 0 ? RangeMathLib.above(fair, bps) : RangeMathLib.below(fair, bps);
                    (uint256 loss, int256 gain) = _sandwich(to, data, true);
                    if (loss > worstIn) worstIn = loss;
                    if (gain > bestGain) bestGain = gain;
                    vm.revertToState(state);

                    _allocate(data, CAPITAL * one);
                    trader.swapTo(fair);
                    (loss, gain) = _sandwich(to, data, false);
                    if (loss > worstOut) worstOut = loss;
                    if (gain > bestGain) bestGain = gain;
                    vm.revertToState(state);
                }
            }
        }
        emit log_named_decimal_uint("worst loss of a sandwiched deposit, bp of it", worstIn, 4);
        emit log_named_decimal_uint("worst loss of a sandwiched withdrawal, bp of it", worstOut, 4);
        emit log_named_decimal_int("best gain of the attacker, in asset", bestGain, 6);
        // Half of what is moved is swapped, at most as far from the mean as the bound allows, and mints off the true
        // price cost at most the same again. The Guard's loss bound, of the vault's total, stands above this.
        assertLe(worstIn, uint256(SPOT_BPS) * 1e4);
        assertLe(worstOut, uint256(SPOT_BPS) * 1e4);
    }
}
