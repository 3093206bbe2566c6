// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { TickMath } from "@uniswap/v4-core/src/libraries/TickMath.sol";
import { Range, RangeBounds, UniswapV3Adapter } from "../../../contracts/adapters/UniswapV3Adapter.sol";
import { Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { RangeMathLib } from "../../../contracts/libraries/RangeMathLib.sol";
import { Query, Reading, VaultLens, VenueKind, VenueQuery } from "../../../contracts/lens/VaultLens.sol";
import { Deployed } from "../Deployed.sol";
import { MockFeed } from "../mocks/MockFeed.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { UniswapFixture } from "./UniswapFixture.sol";

/// forge-config: default.isolate = true
contract UniswapV3AdapterTest is UniswapFixture {
    /* WHAT IT IS */

    function test_tellsItsKindItsIdsAndThatItsExitsAreNotExact() public {
        bytes memory data = _range(100);
        assertEq(adapter.kind(), "uniswap-v3");
        assertFalse(adapter.exact());
        bytes32[] memory ids = adapter.ids(data);
        assertEq(ids.length, 3);
        assertEq(ids[0], IdsLib.venue(address(adapter), data));
        assertEq(ids[1], IdsLib.protocol(address(pool)));
        assertEq(ids[2], IdsLib.held(address(other)));
        assertEq(adapter.liquidityId(data), ids[1]);
        bytes[4] memory wrong = [
            bytes(""),
            abi.encode(int24(10), int24(10)),
            abi.encode(TickMath.MIN_TICK - 1, int24(0)),
            abi.encodePacked(data, uint8(0))
        ];
        for (uint256 i; i < wrong.length; ++i) {
            vm.expectRevert(ErrorsLib.UnexpectedData.selector);
            adapter.ids(wrong[i]);
        }
        // Ticks that are no int24 would be a second name for the same range.
        vm.expectRevert();
        adapter.ids(abi.encode(uint256(1 << 24), int24(100)));
        _open(Setup(6, 6, true, 1e8, 500, 10));
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        adapter.ids(abi.encode(int24(5), int24(20)));
    }

    function test_aForeignAssetOrAPoolThatItsFactoryDoesNotKnowIsRefused() public {
        MockToken foreign = new MockToken(6);
        address elsewhere = Deployed.create(
            "Vault",
            abi.encode(address(foreign), owner, "Tiller", "T", TIMELOCK, address(0))
        );
        address token0 = pool.token0();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WrongAsset.selector, address(foreign), token0));
        Deployed.create("UniswapV3Adapter", abi.encode(elsewhere, address(priceGuard), _bounds()));

        vm.mockCall(pool.factory(), abi.encodeWithSignature("getPool(address,address,uint24)"), abi.encode(address(1)));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WrongPool.selector, address(pool)));
        Deployed.create("UniswapV3Adapter", abi.encode(address(vault), address(priceGuard), _bounds()));
    }

    function test_onlyTheVaultMovesAndOnlyThePoolCallsBack() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotVault.selector, address(this)));
        adapter.allocate(_range(100), 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotVault.selector, address(this)));
        adapter.deallocate(_range(100), 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, address(this)));
        adapter.uniswapV3MintCallback(1, 1, "");
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, address(this)));
        adapter.uniswapV3SwapCallback(1, 1, "");
    }

    /* BOUNDS */

    function test_rangesStandInsideTheBoundsOnly() public {
        int24[2][4] memory outside = [
            [startTick - 2001, startTick],
            [startTick, startTick + 2001],
            [startTick, startTick + 9],
            [startTick - 2000, startTick + 2000 + 1]
        ];
        for (uint256 i; i < outside.length; ++i) {
            (int24 lower, int24 upper) = (outside[i][0], outside[i][1]);
            bytes memory data = abi.encode(lower, upper);
            assertEq(adapter.depositable(data), 0);
            _fund(address(adapter), one);
            vm.prank(address(vault));
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.RangeOutOfBounds.selector, lower, upper));
            adapter.allocate(data, one);
        }
    }

    function test_boundsAreTightenedAtOnceAndThenARangeCanOnlyBeLeft() public {
        bytes memory data = _range(100);
        _allocate(data, 10_000 * one);
        RangeBounds memory tight = adapter.bounds();
        tight.tickMax = startTick + 50;
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, address(this)));
        adapter.tightenBounds(tight);
        vm.prank(sentinel);
        adapter.tightenBounds(tight);
        assertEq(adapter.bounds().tickMax, startTick + 50);
        assertEq(adapter.depositable(data), 0);

        tight.tickMax = startTick + 51;
        vm.prank(sentinel);
        vm.expectRevert(ErrorsLib.BoundsLoosened.selector);
        adapter.tightenBounds(tight);
        vm.prank(curator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, adapter.setBounds.selector));
        adapter.setBounds(tight);
        _submitAndExecute(address(adapter), curator, abi.encodeCall(adapter.setBounds, (tight)));
        assertEq(adapter.bounds().tickMax, startTick + 51);

        _refreshFeeds();
        assertGt(_deallocate(data, WHOLE), 9_900 * one);
        assertEq(adapter.ranges().length, 0);
    }

    function test_hardLimitsHoldForTheCuratorToo() public {
        RangeBounds memory wide = _bounds();
        wide.maxSlippageBps = 101;
        _refusesBounds(wide, "maxSlippageBps");
        wide.maxSlippageBps = 0;
        _refusesBounds(wide, "maxSlippageBps");
        wide = _bounds();
        wide.minWidth = 0;
        _refusesBounds(wide, "minWidth");
        wide = _bounds();
        wide.tickMin = TickMath.MIN_TICK - 1;
        _refusesBounds(wide, "ticks");
    }

    function _refusesBounds(RangeBounds memory bounds, bytes32 limit) private {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LimitOutOfBounds.selector, limit));
        Deployed.create("UniswapV3Adapter", abi.encode(address(vault), address(priceGuard), bounds));
    }

    function test_fourRangesAreHeldAndNoFifth() public {
        for (int24 i; i < 4; ++i) _allocate(_range(100 + i), 1_000 * one);
        assertEq(adapter.ranges().length, 4);
        assertEq(adapter.depositable(_range(200)), 0);
        _fund(address(adapter), one);
        vm.prank(address(vault));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TooManyRanges.selector, 4));
        adapter.allocate(_range(200), one);
        // One that is held takes more, and what is left makes room.
        _allocate(_range(101), 1_000 * one);
        _deallocate(_range(100), WHOLE);
        _allocate(_range(200), 1_000 * one);
        uint256 sum;
        for (int24 i = 1; i < 4; ++i) sum += adapter.venueAssets(_range(100 + i));
        assertEq(adapter.realAssets(), sum + adapter.venueAssets(_range(200)));
    }

    /* IN AND OUT */

    /// @dev Both orders of the tokens, decimals of 6, 8 and 18, prices from thousandths to thousands, any range that holds
    /// the price: nearly everything goes in and comes back, and nothing of the other token stays.
    function testFuzz_assetGoesInAndComesBack(uint256 seed, uint256 assets, uint24 below, uint24 over) public {
        uint8[3] memory decimals = [6, 8, 18];
        uint256[4] memory prices = [uint256(1e8), 2_500e8, 0.0004e8, 1.08e8];
        _open(
            Setup(decimals[seed % 3], decimals[(seed / 3) % 3], (seed / 9) % 2 == 0, prices[(seed / 18) % 4], 500, 10)
        );
        // Enough that a unit of the other token is little beside it.
        assets = bound(assets, 1_000 * one, 50_000 * one);
        bytes memory data = _range(
            startTick - int24(uint24(bound(below, 20, 1900))),
            startTick + int24(uint24(bound(over, 20, 1900)))
        );
        int256 change = _allocate(data, assets);
        uint256 returned = token.balanceOf(address(vault)) - 10 * one;
        // What went in is worth what was paid less fee (0.05 % of about a half), price impact and the mean's rounding.
        assertGe(uint256(change) + returned, assets - assets / 300 - 2);
        assertLe(uint256(change) + returned, assets + assets / 10_000);
        assertLe(returned, assets / 500 + 2);
        assertEq(adapter.realAssets(), uint256(change));
        assertEq(token.balanceOf(address(adapter)), 0);

        uint256 part = uint256(change) / 3;
        uint256 got = _deallocate(data, part);
        assertApproxEqRel(got, part, 0.004e18);
        // Value went out as asked; half of a third was sold.
        assertApproxEqRel(adapter.realAssets(), uint256(change) - part, 0.002e18);
        got += _deallocate(data, WHOLE);
        assertGe(got + returned, assets - assets / 100 - 10);
        assertEq(adapter.realAssets(), 0);
        assertEq(adapter.ranges().length, 0);
        assertEq(other.balanceOf(address(adapter)), 0);
        assertEq(token.balanceOf(address(adapter)), 0);
    }

    /// @dev Beside the price a range holds one token only.
    function test_rangesBesideThePriceAreEnteredAndLeft() public {
        int24[2][2] memory beside = [[startTick + 50, startTick + 150], [startTick - 150, startTick - 50]];
        for (uint256 i; i < 2; ++i) {
            bytes memory data = abi.encode(beside[i][0], beside[i][1]);
            int256 change = _allocate(data, 10_000 * one);
            assertApproxEqRel(uint256(change), 10_000 * one, 0.001e18);
            assertApproxEqRel(_deallocate(data, WHOLE), 10_000 * one, 0.001e18);
            assertEq(other.balanceOf(address(adapter)), 0);
        }
    }

    function test_moreThanThereIsIsRefused() public {
        bytes memory data = _range(100);
        vm.prank(address(vault));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PositionTooSmall.selector, 0, 1));
        adapter.deallocate(data, 1);
        assertEq(_deallocate(data, WHOLE), 0);
        _allocate(data, 1_000 * one);
        uint256 held = adapter.realAssets();
        assertEq(adapter.withdrawable(data), held);
        vm.prank(address(vault));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PositionTooSmall.selector, held, held + 1));
        adapter.deallocate(data, held + 1);
        _deallocate(data, held);
        assertLe(adapter.realAssets(), 1);
    }

    /// @dev A pool with hardly anybody else in it takes only what the bounds allow; the rest counts and goes the next time.
    function test_whatThePoolDoesNotTakeStaysAndIsSoldLater() public {
        bytes memory data = _range(100);
        _allocate(data, 100_000 * one);
        int24 lower = _aligned(startTick - 6000);
        int24 upper = _aligned(startTick + 6000);
        uint128 deep = _depth(20_000_000);
        trader.burn(lower, upper, deep - deep / 100);
        // The swap of the deposit has moved the price; let the mean follow.
        trader.swapTo(priceGuard.oracle());
        _settlePrices();
        uint256 before = _wealth();
        _deallocate(data, WHOLE);
        Range[] memory left = adapter.ranges();
        assertEq(left.length, 1);
        assertEq(left[0].liquidity, 0);
        assertGt(left[0].unsold, 40_000 * one);
        assertEq(left[0].unsold, other.balanceOf(address(adapter)));
        assertApproxEqRel(_wealth(), before, 0.005e18);

        for (uint256 i; i < 100 && adapter.ranges().length != 0; ++i) {
            trader.swapTo(priceGuard.oracle());
            _settlePrices();
            _deallocate(data, WHOLE);
        }
        assertEq(adapter.realAssets(), 0);
        assertEq(other.balanceOf(address(adapter)), 0);
        assertApproxEqRel(_wealth(), before, 0.008e18);
    }

    /* VALUE */

    /// @dev What the adapter reckons from the growth of fees is what the pool owes: fees and principal to 2 units.
    function testFuzz_feesAndPrincipalAreTheValue(uint256 assets, uint8 trades, uint8 pokes, int24 shift) public {
        bytes memory data = _range(100);
        assets = bound(assets, 100 * one, 1_000_000 * one);
        _allocate(data, assets);
        _trade(bound(trades, 0, 6));
        // Inside, below and above the range.
        shift = int24(bound(shift, -180, 180));
        uint160 to = TickMath.getSqrtPriceAtTick(startTick + shift);
        if (to != _spot()) trader.swapTo(to);
        uint256 value = adapter.realAssets();
        (int24 lower, int24 upper) = abi.decode(data, (int24, int24));
        for (uint256 i; i < bound(pokes, 0, 5); ++i) {
            // Anybody can make the pool book the fees, by adding a unit of liquidity to our position.
            trader.mint(address(adapter), lower, upper, 1);
            assertEq(adapter.realAssets(), value);
        }

        assertApproxEqAbs(value, _bookedWorth(lower, upper), 2 + 2 * uint256(pokes % 6));
        assertEq(adapter.realAssets(), value);
    }

    /// @dev Lets the pool book the fees, and adds what it says to the principal, at the price that counts.
    function _bookedWorth(int24 lower, int24 upper) private returns (uint256) {
        vm.prank(address(adapter));
        pool.burn(lower, upper, 0);
        (, , , uint128 owed0, uint128 owed1) = pool.positions(
            keccak256(abi.encodePacked(address(adapter), lower, upper))
        );
        (uint160 mean, uint160 fed) = priceGuard.prices();
        uint160 price = fed > mean ? fed : mean;
        (uint256 amount0, uint256 amount1) = RangeMathLib.amountsFor(
            price,
            TickMath.getSqrtPriceAtTick(lower),
            TickMath.getSqrtPriceAtTick(upper),
            adapter.ranges()[0].liquidity
        );
        return amount0 + owed0 + RangeMathLib.toToken0(price, amount1 + owed1);
    }

    /// @dev Neither tokens nor liquidity that somebody gives count before they are collected.
    function testFuzz_giftsDoNotCount(uint128 gift, uint128 liquidity) public {
        bytes memory data = _range(100);
        _allocate(data, 10_000 * one);
        uint256 value = adapter.realAssets();
        _fund(address(adapter), gift);
        other.mint(address(adapter), gift);
        (int24 lower, int24 upper) = abi.decode(data, (int24, int24));
        trader.mint(address(adapter), lower, upper, uint128(bound(liquidity, 1, 1e18)));
        assertEq(adapter.realAssets(), value);
        assertEq(adapter.venueAssets(data), value);
        uint256 got = _deallocate(data, WHOLE);
        assertApproxEqRel(got, value, 0.001e18);
        assertEq(adapter.realAssets(), 0);
        // What was sent here is no part of an exit, and the asset among it goes to the vault as a stray.
        assertEq(other.balanceOf(address(adapter)), gift);
        uint256 before = token.balanceOf(address(vault));
        adapter.skim(address(token));
        assertEq(token.balanceOf(address(vault)), before + gift);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PositionToken.selector, address(other)));
        adapter.skim(address(other));
    }

    function test_theLowerOfMeanAndOracleCounts() public {
        bytes memory data = _range(100);
        _allocate(data, 100_000 * one);
        uint256 value = adapter.realAssets();
        otherFeed.set(1.005e8);
        // The mean is lower, and the price of the feeds before was about the mean.
        assertApproxEqRel(adapter.realAssets(), value, 0.0005e18);
        otherFeed.set(0.995e8);
        assertLt(adapter.realAssets(), value - value / 1_000);
        // Half of it, and more and more as it is sold into: at most the whole fall.
        assertGt(adapter.realAssets(), value - (value * 5) / 1_000);
    }

    /* PRICES THAT DISAGREE */

    function test_aPriceFarFromTheMeanStopsBothWays() public {
        bytes memory data = _range(100);
        _allocate(data, 10_000 * one);
        uint160 mean = priceGuard.twap();
        trader.swapTo(RangeMathLib.above(mean, SPOT_BPS + 2));
        _bothRevert(data, ErrorsLib.SpotDeviation.selector);
        trader.swapTo(RangeMathLib.below(mean, SPOT_BPS + 2));
        _bothRevert(data, ErrorsLib.SpotDeviation.selector);
        trader.swapTo(mean);
        assertGt(adapter.depositable(data), 0);
        _deallocate(data, WHOLE);
    }

    function _bothRevert(bytes memory data, bytes4 selector) private {
        assertEq(adapter.depositable(data), 0);
        assertEq(adapter.withdrawable(data), 0);
        _fund(address(adapter), one);
        vm.startPrank(address(vault));
        vm.expectPartialRevert(selector);
        adapter.allocate(data, one);
        vm.expectPartialRevert(selector);
        adapter.deallocate(data, one);
        vm.expectPartialRevert(selector);
        adapter.deallocate(data, WHOLE);
        vm.stopPrank();
    }

    function test_anOracleFarFromTheMeanStopsBothWaysUntilItIsIgnored() public {
        bytes memory data = _range(100);
        _allocate(data, 10_000 * one);
        otherFeed.set(0.98e8);
        _bothRevert(data, ErrorsLib.OracleDeviation.selector);
        uint256 low = adapter.realAssets();

        bytes memory ignore = abi.encodeCall(adapter.ignoreOracle, ());
        vm.prank(sentinel);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, sentinel));
        adapter.submit(ignore);
        _submitAndExecute(address(adapter), curator, ignore);
        otherFeed.set(0.98e8);
        assetFeed.set(1e8);
        assertTrue(adapter.oracleIgnored());
        // The mean price alone counts then.
        assertGt(adapter.realAssets(), low);
        assertEq(adapter.depositable(data), 0);
        _fund(address(adapter), one);
        vm.prank(address(vault));
        vm.expectRevert(ErrorsLib.OracleUnavailable.selector);
        adapter.allocate(data, one);
        assertGt(_deallocate(data, 5_000 * one), 4_900 * one);

        vm.prank(sentinel);
        adapter.heedOracle();
        assertEq(adapter.withdrawable(data), 0);
        _refreshFeeds();
        _deallocate(data, WHOLE);
    }

    /// @dev A feed that dies stops deposits; it stops neither withdrawals nor the accrual of the vault.
    function test_aDeadOracleStopsDepositsOnly() public {
        bytes memory data = _range(100);
        _allocate(data, 10_000 * one);
        otherFeed.setMode(MockFeed.Mode.Reverts);
        assertEq(adapter.depositable(data), 0);
        _fund(address(adapter), one);
        vm.prank(address(vault));
        vm.expectRevert(ErrorsLib.OracleUnavailable.selector);
        adapter.allocate(data, one);
        assertApproxEqRel(adapter.realAssets(), 10_000 * one, 0.001e18);
        vault.accrue();
        assertApproxEqRel(_deallocate(data, WHOLE), 10_000 * one, 0.001e18);
    }

    /// @dev I24: whatever is swapped in the same block, the value changes by the fees that the swaps pay and by nothing else.
    function testFuzz_noSwapMovesTheValueInItsBlock(uint256 price, uint256 back, uint256 assets, int24 offset) public {
        assets = bound(assets, 100 * one, 1_000_000 * one);
        offset = int24(bound(offset, -150, 150));
        _allocate(_range(startTick + offset - 100, startTick + offset + 100), assets);
        uint256 value = adapter.realAssets();
        uint160 spot = _spot();
        trader.swapTo(uint160(bound(price, spot / 1_000, uint256(spot) * 1_000)));
        uint256 during = adapter.realAssets();
        trader.swapTo(uint160(bound(back, spot / 1_000, uint256(spot) * 1_000)));
        uint256 afterwards = adapter.realAssets();
        // Fees never fall; crossing the whole range pays 0.01 % of it, and twice is the most here.
        assertGe(during, value);
        assertGe(afterwards, during);
        assertLe(afterwards, value + (value * 21) / 100_000 + 2);
    }

    /* IN THE VAULT */

    function test_theGuardMovesAssetsInAndOutAndTheLensReadsThem() public {
        _fund(alice, 1_000_000 * one);
        vm.startPrank(alice);
        token.approve(address(vault), type(uint256).max);
        vault.deposit(1_000_000 * one, alice);
        vm.stopPrank();
        bytes memory data = _range(100);
        _rebalance(_plan(Leg(address(adapter), true, uint128(50_000 * one), data)));
        uint256 inRange = adapter.realAssets();
        assertApproxEqRel(inRange, 50_000 * one, 0.001e18);
        assertEq(vault.totalAssets(), vault.idle() + inRange);
        assertEq(vault.allocation(IdsLib.venue(address(adapter), data)), inRange);

        VaultLens lens = VaultLens(Deployed.create("VaultLens", ""));
        Query memory query;
        query.vault = vault;
        query.guard = guard;
        query.venues = new VenueQuery[](1);
        query.venues[0] = VenueQuery(VenueKind.UniswapV3, address(adapter), data);
        Reading memory reading = lens.read(query);
        assertTrue(reading.venues[0].ok);
        assertEq(reading.venues[0].assets, inRange);
        assertEq(reading.venues[0].withdrawable, inRange);
        assertGt(reading.venues[0].depositable, 1e24);
        assertEq(reading.venues[0].ids.length, 3);
        assertEq(reading.venues[0].caps.length, 3);
        assertEq(reading.venues[0].index, 0);

        skip(1 hours);
        _refreshFeeds();
        _rebalance(_plan(Leg(address(adapter), false, uint128(20_000 * one), data)));
        assertApproxEqRel(adapter.realAssets(), inRange - 20_000 * one, 0.001e18);
        vm.prank(sentinel);
        vault.deallocate(address(adapter), data, WHOLE);
        assertEq(adapter.realAssets(), 0);
        assertEq(vault.allocation(IdsLib.venue(address(adapter), data)), 0);
        assertApproxEqRel(vault.totalAssets(), 1_000_010 * one, 0.0002e18);
    }

    function test_aPlanThatCostsMoreThanTheGuardAllowsIsRefused() public {
        _fund(alice, 1_000_000 * one);
        vm.startPrank(alice);
        token.approve(address(vault), type(uint256).max);
        vault.deposit(1_000_000 * one, alice);
        vm.stopPrank();
        Plan memory plan = _plan(Leg(address(adapter), true, uint128(900_000 * one), _range(100)));
        vm.prank(keeper);
        vm.expectPartialRevert(ErrorsLib.LossExceeded.selector);
        guard.rebalance(plan);
    }
}
