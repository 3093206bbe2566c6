// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IUniswapV3Pool } from "../../../contracts/interfaces/external/IUniswapV3.sol";
import { MockToken } from "../mocks/MockToken.sol";

/// @notice Everybody else at a pool, with as much of both tokens as it takes. Keeps the sum of what it paid and got.
contract Trader {
    IUniswapV3Pool public immutable pool;

    /// @notice What has come in less what was paid, since the last `settle`.
    int256 public gain0;
    int256 public gain1;

    constructor(address pool_) {
        pool = IUniswapV3Pool(pool_);
    }

    function settle() external {
        (gain0, gain1) = (0, 0);
    }

    /// @notice Swaps until the pool stands at `price`, whatever that takes.
    function swapTo(uint160 price) external {
        (uint160 spot, , , , , , ) = pool.slot0();
        if (price != spot) _swap(price < spot, type(int128).max, price);
    }

    function swap(bool zeroForOne, uint256 amountIn) external {
        // The ends of what a pool allows.
        _swap(
            zeroForOne,
            int256(amountIn),
            zeroForOne ? 4295128740 : 1461446703485210103287273052203988822378723970341
        );
    }

    function _swap(bool zeroForOne, int256 amount, uint160 limit) private {
        (int256 delta0, int256 delta1) = pool.swap(address(this), zeroForOne, amount, limit, "");
        gain0 -= delta0;
        gain1 -= delta1;
    }

    function mint(address recipient, int24 tickLower, int24 tickUpper, uint128 liquidity) external {
        (uint256 amount0, uint256 amount1) = pool.mint(recipient, tickLower, tickUpper, liquidity, "");
        gain0 -= int256(amount0);
        gain1 -= int256(amount1);
    }

    function burn(int24 tickLower, int24 tickUpper, uint128 liquidity) external {
        pool.burn(tickLower, tickUpper, liquidity);
        (uint128 amount0, uint128 amount1) = pool.collect(
            address(this),
            tickLower,
            tickUpper,
            type(uint128).max,
            type(uint128).max
        );
        gain0 += int256(uint256(amount0));
        gain1 += int256(uint256(amount1));
    }

    function uniswapV3MintCallback(uint256 amount0, uint256 amount1, bytes calldata) external {
        _pay(amount0, amount1);
    }

    function uniswapV3SwapCallback(int256 delta0, int256 delta1, bytes calldata) external {
        _pay(delta0 > 0 ? uint256(delta0) : 0, delta1 > 0 ? uint256(delta1) : 0);
    }

    function _pay(uint256 amount0, uint256 amount1) private {
        MockToken(pool.token0()).mint(address(pool), amount0);
        MockToken(pool.token1()).mint(address(pool), amount1);
    }
}
