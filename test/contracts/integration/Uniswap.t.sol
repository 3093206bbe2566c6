// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { RangeBounds, UniswapV3Adapter } from "../../../contracts/adapters/UniswapV3Adapter.sol";
import { Leg } from "../../../contracts/interfaces/IGuard.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { IUniswapV3Pool } from "../../../contracts/interfaces/external/IUniswapV3.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { RangeMathLib } from "../../../contracts/libraries/RangeMathLib.sol";
import { Feed, PriceGuard, PriceGuardConfig } from "../../../contracts/oracle/PriceGuard.sol";
import { Deployed } from "../Deployed.sol";
import { Trader } from "../uniswap/Trader.sol";
import { DevnetFixture } from "./DevnetFixture.sol";
import { IFeedSetup, INonfungiblePositionManager, IPoolMemory } from "./Protocols.sol";

/// @notice A range of the devnet's USDC/USDT pool beside the lending venues of one vault.
/// forge-config: default.isolate = true
contract UniswapTest is DevnetFixture {
    uint256 private constant RANGE = VENUES;
    uint32 private constant TWAP_SECONDS = 10 minutes;
    uint32 private constant BLOCK_SECONDS = 12;
    uint16 private constant DEVIATION_BPS = 50;
    int24 private constant HALF_WIDTH = 20;
    uint256 private constant WHOLE = type(uint128).max;

    IUniswapV3Pool private _pool;
    PriceGuard private _priceGuard;
    UniswapV3Adapter private _range;
    Trader private _others;
    address[2] private _feeds;
    int24 private _lower;
    int24 private _upper;

    function _addVenues() internal override {
        super._addVenues();
        _pool = IUniswapV3Pool(_address(".uniswap.pools[0].address"));
        bool usdcIsToken0 = _pool.token0() == address(usdc);
        _feeds = [_address(".feeds.usdcUsd"), _address(".feeds.usdtUsd")];
        if (!usdcIsToken0) (_feeds[0], _feeds[1]) = (_feeds[1], _feeds[0]);
        _others = new Trader(address(_pool));
        _fillMemory();

        Feed memory feed0 = Feed(_feeds[0], 1 days, 0.9e8, 1.1e8);
        Feed memory feed1 = Feed(_feeds[1], 1 days, 0.9e8, 1.1e8);
        PriceGuardConfig memory config = PriceGuardConfig({
            pool: address(_pool),
            feed0: feed0,
            feed1: feed1,
            sequencerFeed: address(0),
            sequencerGraceSeconds: 0,
            twapSeconds: TWAP_SECONDS,
            blockSeconds: BLOCK_SECONDS,
            maxSpotDeviationBps: DEVIATION_BPS,
            maxOracleDeviationBps: DEVIATION_BPS
        });
        _priceGuard = PriceGuard(Deployed.create("PriceGuard", abi.encode(config)));
        (, int24 tick, , , , , ) = _pool.slot0();
        _lower = tick - HALF_WIDTH;
        _upper = tick + HALF_WIDTH;
        RangeBounds memory bounds = RangeBounds({
            tickMin: tick - 100,
            tickMax: tick + 100,
            minWidth: 10,
            maxWidth: 200,
            maxSlippageBps: 10
        });
        _range = UniswapV3Adapter(
            Deployed.create("UniswapV3Adapter", abi.encode(address(vault), address(_priceGuard), bounds))
        );
        _addVenue(address(_range), abi.encode(_lower, _upper));
    }

    /// @dev The pool remembers the whole window, however often it is traded in: a trade back and forth in every block.
    function _fillMemory() private {
        IPoolMemory(address(_pool)).increaseObservationCardinalityNext(64);
        for (uint256 i; i < 66; ++i) {
            skip(BLOCK_SECONDS);
            _tradeBackAndForth();
        }
        _refreshFeeds();
    }

    function _tradeBackAndForth() private {
        (uint160 price, , , , , , ) = _pool.slot0();
        _others.swapTo(RangeMathLib.above(price, 1));
        _others.swapTo(price);
    }

    function _refreshFeeds() private {
        IFeedSetup(_feeds[0]).setAnswer(1e8);
        IFeedSetup(_feeds[1]).setAnswer(1e8);
    }

    function _spot() private view returns (uint160 price) {
        (price, , , , , , ) = _pool.slot0();
    }

    function test_theGuardMovesAssetsBetweenARangeAndALendingVenue() public {
        _deposit(alice, 1_000_000 * UNIT);
        uint256 before = vault.totalAssets();
        Leg[] memory legs = new Leg[](2);
        legs[0] = _leg(AAVE, true, 400_000 * UNIT);
        legs[1] = _leg(RANGE, true, 100_000 * UNIT);
        _rebalance(legs);
        assertApproxEqRel(_venueAssets(RANGE), 100_000 * UNIT, 0.0005e18, "in the range");
        // What the swap cost is within the loss that a plan may make.
        assertGe(vault.totalAssets(), before - (before * 2) / 10_000, "cost");
        assertEq(usdt.balanceOf(address(_range)), 0, "no other token lies around");

        skip(1 hours);
        _refreshFeeds();
        legs[0] = _leg(RANGE, false, 60_000 * UNIT);
        legs[1] = _leg(AAVE, true, 50_000 * UNIT);
        _rebalance(legs);
        assertApproxEqRel(_venueAssets(RANGE), 40_000 * UNIT, 0.001e18, "left in the range");
    }

    /// @dev The position manager's own books are the truth for liquidity and fees.
    function test_earnsWhatThePositionManagerPaysForTheSameRange() public {
        _deposit(alice, 500_000 * UNIT);
        _allocate(RANGE, 200_000 * UNIT);
        uint128 liquidity = _range.ranges()[0].liquidity;

        // Bob provides the same liquidity through Uniswap's own periphery.
        INonfungiblePositionManager manager = INonfungiblePositionManager(_address(".uniswap.positionManager"));
        _fund(bob, 1_000_000 * UNIT);
        deal(address(usdt), bob, 1_000_000 * UNIT);
        vm.startPrank(bob);
        usdc.approve(address(manager), type(uint256).max);
        usdt.approve(address(manager), type(uint256).max);
        (uint256 id, uint128 bobs, , ) = manager.mint(
            INonfungiblePositionManager.MintParams({
                token0: _pool.token0(),
                token1: _pool.token1(),
                fee: _pool.fee(),
                tickLower: _lower,
                tickUpper: _upper,
                amount0Desired: 100_000 * UNIT,
                amount1Desired: 100_000 * UNIT,
                amount0Min: 0,
                amount1Min: 0,
                recipient: bob,
                deadline: vm.getBlockTimestamp()
            })
        );
        vm.stopPrank();

        uint256 before = _range.realAssets();
        for (uint256 i; i < 20; ++i) {
            _tradeBackAndForth();
        }
        uint256 earned = _range.realAssets() - before;
        vm.prank(bob);
        (uint256 fees0, uint256 fees1) = manager.collect(
            INonfungiblePositionManager.CollectParams(id, bob, type(uint128).max, type(uint128).max)
        );
        assertGt(earned, 0);
        // Both tokens are worth one dollar to a thousandth on the devnet.
        assertApproxEqRel(earned, ((fees0 + fees1) * liquidity) / bobs, 0.001e18, "fees by liquidity");

        // And they are paid: everything comes out, for what it was reported at less the cost of the sale.
        uint256 reported = _range.realAssets();
        uint256 received = _deallocate(RANGE, WHOLE);
        assertApproxEqRel(received, reported, 0.0002e18, "paid");
        assertEq(_range.realAssets(), 0);
    }

    function test_aPushedPriceMovesNoReportAndHoldsUpTheRangeOnly() public {
        _deposit(alice, 1_000_000 * UNIT);
        _allocate(AAVE, 400_000 * UNIT);
        _allocate(RANGE, 100_000 * UNIT);
        uint256 reported = _range.realAssets();
        uint256 price = vault.convertToAssets(1e18);

        _others.swapTo(RangeMathLib.above(_priceGuard.twap(), DEVIATION_BPS + 2));
        // More by the fees of the push alone, which are real.
        assertGe(_range.realAssets(), reported, "no less");
        assertLe(_range.realAssets(), reported + reported / 5_000, "no more than the fees");
        assertGe(vault.convertToAssets(1e18), price);
        assertEq(_withdrawable(RANGE), 0);
        assertEq(_depositable(RANGE), 0);

        vm.startPrank(address(guard));
        vm.expectPartialRevert(ErrorsLib.SpotDeviation.selector);
        vault.deallocate(address(_range), venues[RANGE].data, WHOLE);
        vm.expectPartialRevert(ErrorsLib.SpotDeviation.selector);
        vault.allocate(address(_range), venues[RANGE].data, UNIT);
        vm.stopPrank();
        _checkMaxWithdrawIsExact(alice);
    }

    function test_deadFeedsStopDepositsAndNoWayOut() public {
        _deposit(alice, 1_000_000 * UNIT);
        _allocate(RANGE, 100_000 * UNIT);
        skip(1 days + 1);
        assertEq(_depositable(RANGE), 0);
        vm.prank(address(guard));
        vm.expectRevert(ErrorsLib.OracleUnavailable.selector);
        vault.allocate(address(_range), venues[RANGE].data, UNIT);
        assertApproxEqRel(_deallocate(RANGE, WHOLE), 100_000 * UNIT, 0.001e18);
    }

    function test_aFeedThatLosesItsPegIsTheLowerValueAndStopsBothWays() public {
        _deposit(alice, 1_000_000 * UNIT);
        _allocate(RANGE, 100_000 * UNIT);
        uint256 reported = _range.realAssets();
        bool usdcIsToken0 = _pool.token0() == address(usdc);
        IFeedSetup(_feeds[usdcIsToken0 ? 1 : 0]).setAnswer(0.98e8);
        // At 0.98 the whole range would stand in USDT.
        assertApproxEqRel(_range.realAssets(), (reported * 98) / 100, 0.002e18, "valued at the feed");
        assertEq(_withdrawable(RANGE), 0);
        vm.prank(address(guard));
        vm.expectPartialRevert(ErrorsLib.OracleDeviation.selector);
        vault.deallocate(address(_range), venues[RANGE].data, WHOLE);
        // The other way the mean price is the lower one.
        IFeedSetup(_feeds[usdcIsToken0 ? 1 : 0]).setAnswer(1.02e8);
        assertApproxEqRel(_range.realAssets(), reported, 0.0001e18, "valued at the mean");
    }

    function test_whoForcesAnExitOutOfARangePaysItsCost() public {
        _deposit(alice, 500_000 * UNIT);
        _deposit(bob, 500_000 * UNIT);
        _allocate(RANGE, 300_000 * UNIT);
        uint256 bobsWorth = vault.convertToAssets(vault.balanceOf(bob));
        uint256 alicesShares = vault.balanceOf(alice);
        vm.prank(alice);
        uint256 burnt = vault.forceExit(address(_range), venues[RANGE].data, 100_000 * UNIT, alice, alice);
        assertApproxEqRel(usdc.balanceOf(alice), 100_000 * UNIT, 0.001e18);
        assertLt(burnt, alicesShares);
        assertGe(vault.convertToAssets(vault.balanceOf(bob)), bobsWorth, "who stays loses nothing");
        assertGt(vault.convertToAssets(burnt), usdc.balanceOf(alice), "cost and penalty");
    }

    function test_aRangeStandsInNoExitList() public {
        bytes memory call = abi.encodeCall(vault.setExitList, (_exitsWithRange()));
        vm.prank(owner);
        vault.submit(call);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.InexactExit.selector, address(_range)));
        vault.execute(call);
    }

    function _exitsWithRange() private view returns (ExitEntry[] memory exits) {
        exits = new ExitEntry[](1);
        exits[0] = ExitEntry(address(_range), venues[RANGE].data);
    }
}
