// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { Range, RangeBounds, UniswapV3Adapter } from "../../../contracts/adapters/UniswapV3Adapter.sol";
import { IUniswapV3Pool } from "../../../contracts/interfaces/external/IUniswapV3.sol";
import { RangeMathLib } from "../../../contracts/libraries/RangeMathLib.sol";
import { PriceGuard } from "../../../contracts/oracle/PriceGuard.sol";
import { MockFeed } from "../mocks/MockFeed.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { Trader } from "./Trader.sol";
import { UniswapFixture } from "./UniswapFixture.sol";

/// @notice Everybody around the adapter: the vault, traders small and large, donors, feeds and time.
contract UniswapHandler is Test {
    uint256 private constant WAD = 1e18;

    UniswapV3Adapter private immutable adapter;
    PriceGuard private immutable priceGuard;
    IUniswapV3Pool private immutable pool;
    Trader private immutable trader;
    MockFeed private immutable feed;
    MockFeed private immutable assetFeed;
    MockToken private immutable token;
    MockToken private immutable other;
    address private immutable vault;
    address private immutable sentinel;
    int24 private immutable startTick;

    /// @notice Asset and other token that were given to the adapter.
    uint256 public givenAsset;
    uint256 public givenOther;
    /// @notice Moves that went through, and that were refused.
    uint256 public moves;
    uint256 public refusals;

    constructor(
        UniswapV3Adapter adapter_,
        Trader trader_,
        MockFeed feed_,
        MockFeed assetFeed_,
        address sentinel_,
        int24 startTick_
    ) {
        assetFeed = assetFeed_;
        adapter = adapter_;
        priceGuard = PriceGuard(address(adapter_.priceGuard()));
        pool = adapter_.pool();
        trader = trader_;
        feed = feed_;
        token = MockToken(adapter_.asset());
        other = MockToken(adapter_.otherToken());
        vault = adapter_.vault();
        sentinel = sentinel_;
        startTick = startTick_;
    }

    function deposit(uint256 assets, int24 lower, uint24 width) external {
        // Mostly a range that is allowed, and mostly prices that agree.
        bool sane = assets % 8 != 0;
        if (assets % 3 != 0) settle();
        lower = startTick + int24(bound(lower, -2_000, sane ? int256(1_000) : int256(2_000)));
        bytes memory data = abi.encode(lower, lower + int24(uint24(bound(width, sane ? 10 : 1, sane ? 800 : 4_200))));
        // Now and then one that is held.
        Range[] memory held = adapter.ranges();
        if (width % 2 == 0 && held.length != 0) {
            Range memory range = held[width % held.length];
            data = abi.encode(range.tickLower, range.tickUpper);
        }
        assets = bound(assets, 1, 100_000e6);
        token.mint(address(adapter), assets);
        uint256 valueBefore = adapter.realAssets();
        uint256 idleBefore = token.balanceOf(vault);
        bool near = _isNear();
        // Fees and what lay unsold in the range are moved, too.
        uint256 touched = assets + _worth(data);
        vm.prank(vault);
        try adapter.allocate(data, assets) {
            _checkBounds(data);
            _checkMove(near, touched, valueBefore + assets, adapter.realAssets() + token.balanceOf(vault) - idleBefore);
        } catch {
            // The vault's call would have reverted as a whole.
            token.burn(address(adapter), assets);
            ++refusals;
        }
    }

    function withdraw(uint256 pick, uint256 assets) external {
        Range[] memory held = adapter.ranges();
        if (held.length == 0) return;
        if (assets % 3 != 0) settle();
        Range memory range = held[pick % held.length];
        bytes memory data = abi.encode(range.tickLower, range.tickUpper);
        uint256 whole = adapter.venueAssets(data);
        if (whole == 0) return;
        assets = pick % 3 == 0 ? type(uint128).max : bound(assets, 1, whole);
        uint256 valueBefore = adapter.realAssets();
        uint256 idleBefore = token.balanceOf(vault);
        bool near = _isNear();
        vm.prank(vault);
        try adapter.deallocate(data, assets) {
            _checkMove(near, whole, valueBefore, adapter.realAssets() + token.balanceOf(vault) - idleBefore);
        } catch {
            ++refusals;
        }
    }

    function swap(uint256 bps, bool up) external {
        (uint160 price, , , , , , ) = pool.slot0();
        // Within what 60 % around the first price leaves liquid, so that the pool stays a market.
        uint160 fair = priceGuard.twap();
        uint160 to = up ? RangeMathLib.above(price, bound(bps, 1, 300)) : RangeMathLib.below(price, bound(bps, 1, 300));
        if (to > RangeMathLib.above(fair, 1_000) || to < RangeMathLib.below(fair, 1_000)) to = fair;
        trader.swapTo(to);
    }

    /// @dev What arbitrage does.
    function settle() public {
        feed.set(1e8);
        trader.swapTo(1 << 96);
        skip(30 minutes);
        feed.set(1e8);
        assetFeed.set(1e8);
    }

    function passTime(uint256 seconds_) external {
        skip(bound(seconds_, 12, 6 hours));
    }

    function moveFeed(uint256 answer) external {
        feed.set(int256(bound(answer, 0.985e8, 1.015e8)));
        assetFeed.set(1e8);
    }

    function give(uint256 asset_, uint256 other_, uint128 liquidity, uint256 pick) external {
        asset_ = bound(asset_, 0, 1_000e6);
        other_ = bound(other_, 0, 1_000e6);
        token.mint(address(adapter), asset_);
        other.mint(address(adapter), other_);
        givenAsset += asset_;
        givenOther += other_;
        Range[] memory held = adapter.ranges();
        if (held.length == 0) return;
        Range memory range = held[pick % held.length];
        uint256 value = adapter.realAssets();
        trader.mint(address(adapter), range.tickLower, range.tickUpper, uint128(bound(liquidity, 1, 1e9)));
        assertEq(adapter.realAssets(), value, "a gift counts");
    }

    function tighten(uint24 narrower) external {
        RangeBounds memory bounds = adapter.bounds();
        if (bounds.maxWidth < 1_000) return;
        bounds.maxWidth -= uint24(bound(narrower, 0, 20));
        vm.prank(sentinel);
        adapter.tightenBounds(bounds);
    }

    /* WHAT MUST HOLD OF EACH MOVE */

    /// @dev I24, reckoned apart from the guard: prices squared, in 1e18.
    function _isNear() private view returns (bool) {
        (uint160 mean, uint160 fed) = priceGuard.prices();
        (uint160 spot, , , , , , ) = pool.slot0();
        if (_apart(spot, mean) > 0.010001e18) return false;
        return fed == 0 || _apart(mean, fed) <= 0.010001e18;
    }

    function _apart(uint256 a, uint256 b) private pure returns (uint256) {
        if (a < b) (a, b) = (b, a);
        uint256 ratio = (a * WAD) / b;
        return (ratio * ratio) / WAD - WAD;
    }

    function _checkMove(bool near, uint256 moved, uint256 before, uint256 afterwards) private {
        ++moves;
        assertTrue(near, "moved although prices disagree");
        assertTrue(_isNear(), "prices disagree afterwards");
        // Within both deviations and the slippage, of what was touched; swaps also pay fees to the other ranges.
        assertGe(afterwards + (moved * 35) / 1_000 + 10, before, "a move costs more than the bounds allow");
        assertLe(afterwards, before + (moved * 35) / 1_000 + 10 + givenOther, "a move makes rich");
    }

    function _worth(bytes memory data) private view returns (uint256) {
        try adapter.venueAssets(data) returns (uint256 assets) {
            return assets;
        } catch {
            return 0;
        }
    }

    function _checkBounds(bytes memory data) private view {
        (int24 lower, int24 upper) = abi.decode(data, (int24, int24));
        RangeBounds memory bounds = adapter.bounds();
        assertTrue(lower >= bounds.tickMin && upper <= bounds.tickMax, "ticks");
        uint256 width = uint256(int256(upper - lower));
        assertTrue(width >= bounds.minWidth && width <= bounds.maxWidth, "width");
    }
}

contract UniswapInvariants is UniswapFixture {
    UniswapHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new UniswapHandler(adapter, trader, otherFeed, assetFeed, sentinel, startTick);
        targetContract(address(handler));
    }

    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_positionsAreThePoolsAndTheAdaptersOnly() public view {
        Range[] memory held = adapter.ranges();
        assertLe(held.length, adapter.MAX_RANGES());
        uint256 unsold;
        uint256 sum;
        for (uint256 i; i < held.length; ++i) {
            bytes32 key = keccak256(abi.encodePacked(address(adapter), held[i].tickLower, held[i].tickUpper));
            (uint128 liquidity, , , , ) = pool.positions(key);
            assertLe(held[i].liquidity, liquidity, "more liquidity than the pool has");
            assertTrue(held[i].liquidity != 0 || held[i].unsold != 0, "an empty range is held");
            for (uint256 j; j < i; ++j) {
                assertTrue(
                    held[j].tickLower != held[i].tickLower || held[j].tickUpper != held[i].tickUpper,
                    "a range twice"
                );
            }
            unsold += held[i].unsold;
            sum += adapter.venueAssets(abi.encode(held[i].tickLower, held[i].tickUpper));
        }
        assertEq(other.balanceOf(address(adapter)), unsold + handler.givenOther(), "other token");
        assertEq(token.balanceOf(address(adapter)), handler.givenAsset(), "asset");
        assertEq(adapter.realAssets(), sum, "value");
    }

    /// @dev Once prices agree, everything can be left.
    function afterInvariant() public {
        Range[] memory held = adapter.ranges();
        uint256 value = adapter.realAssets();
        uint256 got;
        for (uint256 round; round < 4 && held.length != 0; ++round) {
            for (uint256 i; i < held.length; ++i) {
                trader.swapTo(_sqrtPrice(1e8));
                skip(2 * TWAP_SECONDS);
                otherFeed.set(1e8);
                assetFeed.set(1e8);
                got += _deallocate(abi.encode(held[i].tickLower, held[i].tickUpper), WHOLE);
            }
            held = adapter.ranges();
        }
        assertEq(held.length, 0, "something is left");
        assertEq(adapter.realAssets(), 0);
        assertGe(got + got / 20 + 100, value, "less came back than counted");
        emit log_named_uint("moves", handler.moves());
        emit log_named_uint("refusals", handler.refusals());
    }
}
