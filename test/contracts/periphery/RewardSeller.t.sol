// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { FixedPointMathLib } from "solady/utils/FixedPointMathLib.sol";
import { Hop, Route } from "../../../contracts/interfaces/IRewardSeller.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { RewardFixture } from "./RewardFixture.sol";

/// @notice Leaves of RewardSeller.tree.
/// forge-config: default.isolate = true
contract RewardSellerTest is RewardFixture {
    Hop private none;

    /* SELL */

    function test_sell_givesTheProceedsToTheVaultAndNobodyElse() public {
        _deposit(alice, 1_000_000 * UNIT);
        _reward(direct, 100 * ETHER);
        uint256 idle = vault.idle();
        uint256 worth = vault.previewRedeem(vault.balanceOf(alice));
        vm.prank(anyone);
        uint256 received = seller.sell(address(direct), 100 * ETHER);
        // 5,000 less the pool's 0.3 % and its depth.
        assertApproxEqRel(received, 4_985 * UNIT, 1e14);
        assertEq(vault.idle() - idle, received);
        assertEq(token.balanceOf(address(seller)), 0);
        assertEq(direct.balanceOf(address(seller)), 0);
        // Smoothed in: nothing at once, all of it in time.
        assertEq(vault.previewRedeem(vault.balanceOf(alice)), worth);
        assertEq(vault.pendingGain(), received);
        skip(1 days);
        vault.accrue();
        assertEq(vault.pendingGain(), 0);
        assertApproxEqRel(vault.previewRedeem(vault.balanceOf(alice)), worth + received, 1e13);
    }

    function test_sell_throughTwoPools() public {
        _reward(indirect, 100 * ETHER);
        uint256 minimum = seller.minimumProceeds(address(indirect), 100 * ETHER);
        assertApproxEqRel(minimum, 4_950 * UNIT, 1e12);
        uint256 received = seller.sell(address(indirect), 100 * ETHER);
        assertGe(received, minimum);
        assertApproxEqRel(received, 4_982 * UNIT, 2e14);
        assertEq(weth.balanceOf(address(seller)), 0);
        assertEq(token.balanceOf(address(seller)), 0);
    }

    function test_minimumProceeds_isWhatTheFeedsSayLessTheSlippage() public view {
        // 50 less 1 %; the square root of a price has 80 bits here.
        assertApproxEqRel(seller.minimumProceeds(address(direct), ETHER), 49.5e6, 1e12);
    }

    function test_sell_revertsWhereThePoolsPayLessThanTheFeedsSay() public {
        // The feeds say 0.9 % more than the pool, which is near enough for the guard; 0.3 % go to the pool.
        directFeed.set(50.45e8);
        _reward(direct, 100 * ETHER);
        uint256 minimum = seller.minimumProceeds(address(direct), 100 * ETHER);
        vm.expectPartialRevert(ErrorsLib.BelowMinimum.selector);
        seller.sell(address(direct), 100 * ETHER);
        assertGt(minimum, 4_985 * UNIT);
    }

    function test_sell_revertsOnAStaleFeed() public {
        _reward(direct, ETHER);
        skip(1 days + 1);
        directFeed.set(50e8);
        vm.expectRevert(ErrorsLib.OracleUnavailable.selector);
        seller.sell(address(direct), ETHER);
        assetFeed.set(1e8);
        seller.sell(address(direct), ETHER);
    }

    function test_sell_revertsWhereTheFeedsAnswerNothing() public {
        _reward(direct, ETHER);
        directFeed.set(0);
        vm.expectRevert(ErrorsLib.OracleUnavailable.selector);
        seller.sell(address(direct), ETHER);
    }

    function test_sell_revertsWhereThePoolIsFarFromItsMean() public {
        _reward(direct, ETHER);
        directMarket.trader.swap(directMarket.pool.token0() == address(direct), 50_000 * ETHER);
        vm.expectPartialRevert(ErrorsLib.SpotDeviation.selector);
        seller.sell(address(direct), ETHER);
    }

    function test_sell_revertsWhereTheMeanIsFarFromTheFeeds() public {
        _reward(direct, ETHER);
        directFeed.set(52e8);
        vm.expectPartialRevert(ErrorsLib.OracleDeviation.selector);
        seller.sell(address(direct), ETHER);
    }

    function test_sell_revertsBeyondWhatLiesHereAndBeyondTheDaysLimit() public {
        _reward(direct, 400 * ETHER);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SaleOutOfBounds.selector, 400 * ETHER + 1, 400 * ETHER));
        seller.sell(address(direct), 400 * ETHER + 1);

        _reward(direct, 2_000 * ETHER);
        seller.sell(address(direct), PER_DAY);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SaleOutOfBounds.selector, ETHER, 0));
        seller.sell(address(direct), ETHER);
        skip(6 hours);
        assertEq(seller.available(address(direct)), PER_DAY / 4);
        seller.sell(address(direct), PER_DAY / 4);
        assertEq(seller.available(address(direct)), 0);
    }

    /// @dev In every window what is sold is at most the limit once and the refill.
    function testFuzz_sell_neverSellsMoreThanTheBucketHolds(uint256[8] memory amounts, uint256[8] memory waits) public {
        _reward(direct, 100_000 * ETHER);
        uint256 sold;
        uint256 begin = vm.getBlockTimestamp();
        for (uint256 i; i < amounts.length; ++i) {
            uint256 most = seller.available(address(direct));
            uint256 amount = bound(amounts[i], 0, most);
            if (amount > 1e13) {
                sold += amount;
                seller.sell(address(direct), amount);
                assertEq(seller.available(address(direct)), most - amount);
            }
            uint256 elapsed = vm.getBlockTimestamp() - begin;
            assertLe(sold, PER_DAY + (uint256(PER_DAY) * elapsed) / 1 days);
            // The pool's mean price follows the sales, and the others bring the price back.
            skip(bound(waits[i], 0, 2 hours));
            _bringBack();
            _refreshFeeds();
        }
    }

    function _bringBack() private {
        bool directIsFirst = directMarket.pool.token0() == address(direct);
        (uint256 amount0, uint256 amount1) = directIsFirst ? (ETHER, 50 * UNIT) : (50 * UNIT, ETHER);
        directMarket.trader.swapTo(
            uint160(FixedPointMathLib.sqrt(FixedPointMathLib.fullMulDiv(amount1, 1 << 192, amount0)))
        );
    }

    /// @dev The feeds and the pool's own prices say nothing of how much there is to buy.
    function test_sell_revertsWhereThePoolTakesOnlyAPart() public {
        int24 spacing = directMarket.pool.tickSpacing();
        (, int24 tick, , , , , ) = directMarket.pool.slot0();
        int24 middle = (tick / spacing) * spacing;
        directMarket.trader.burn(middle - 6000, middle + 6000, directMarket.pool.liquidity());
        _reward(direct, 100 * ETHER);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PartialSale.selector, 0, 100 * ETHER));
        seller.sell(address(direct), 100 * ETHER);
        assertEq(direct.balanceOf(address(seller)), 100 * ETHER);
        assertEq(seller.available(address(direct)), 100 * ETHER);
    }

    function test_sell_ofNothingOrDustIsRefused() public {
        _reward(direct, ETHER);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WorthNothing.selector, address(direct), 0));
        seller.sell(address(direct), 0);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WorthNothing.selector, address(direct), 1e9));
        seller.sell(address(direct), 1e9);
    }

    function test_sell_ofWhatHasNoRouteIsRefused() public {
        MockToken stranger = new MockToken(18);
        stranger.mint(address(seller), ETHER);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotForSale.selector, address(stranger)));
        seller.sell(address(stranger), ETHER);
    }

    function test_sell_ofWhatHasBecomeAPositionIsRefused() public {
        // A reward that the vault has begun to hold as a position at a venue.
        vm.mockCall(address(adapters[2]), abi.encodeWithSignature("target()"), abi.encode(address(direct)));
        _reward(direct, ETHER);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotForSale.selector, address(direct)));
        seller.sell(address(direct), ETHER);
    }

    function test_sell_insideACallOfTheVaultIsRefused() public {
        _deposit(alice, 1_000 * UNIT);
        vm.prank(address(guard));
        vault.allocate(address(adapters[0]), "", 500 * UNIT);
        _reward(direct, ETHER);
        venues[0].setCallback(address(seller), abi.encodeCall(seller.sell, (address(direct), ETHER)));
        vm.prank(sentinel);
        assertEq(vault.deallocate(address(adapters[0]), "", 100 * UNIT), 100 * UNIT);
        assertFalse(venues[0].callbackSucceeded());
        assertEq(bytes4(venues[0].callbackResult()), ErrorsLib.Reentered.selector);
    }

    function test_uniswapV3SwapCallback_isRefusedOutsideASale() public {
        _reward(direct, ETHER);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, bob));
        vm.prank(bob);
        seller.uniswapV3SwapCallback(1, 0, "");
        address pool = address(directMarket.pool);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, pool));
        vm.prank(pool);
        seller.uniswapV3SwapCallback(1, 0, "");
    }

    /* SET ROUTE */

    function test_setRoute_waitsForTheTimelock() public {
        Route memory route = _directRoute();
        route.perDay = 2 * PER_DAY;
        bytes memory data = abi.encodeCall(seller.setRoute, (address(direct), route));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, seller.setRoute.selector));
        vm.prank(curator);
        seller.setRoute(address(direct), route);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, owner));
        vm.prank(owner);
        seller.submit(data);

        vm.prank(curator);
        seller.submit(data);
        skip(TIMELOCK - 1);
        vm.expectPartialRevert(ErrorsLib.NotMatured.selector);
        seller.execute(data);
        skip(1);
        seller.execute(data);
        assertEq(seller.routeOf(address(direct)).perDay, 2 * PER_DAY);
    }

    function _refused(address reward, Route memory route, bytes memory reason) private {
        bytes memory data = abi.encodeCall(seller.setRoute, (reward, route));
        vm.prank(curator);
        seller.submit(data);
        skip(TIMELOCK);
        vm.expectRevert(reason);
        seller.execute(data);
    }

    function test_setRoute_refusesWhatTheVaultHolds() public {
        address[3] memory held = [address(token), address(vault), address(venues[1])];
        for (uint256 i; i < 3; ++i) {
            _refused(held[i], _directRoute(), abi.encodeWithSelector(ErrorsLib.NotForSale.selector, held[i]));
        }
    }

    function test_setRoute_refusesBoundsBeyondTheHardLimits() public {
        Route memory route = _directRoute();
        bytes memory reason = abi.encodeWithSelector(ErrorsLib.LimitOutOfBounds.selector, bytes32("maxSlippageBps"));
        route.maxSlippageBps = 201;
        _refused(address(direct), route, reason);
        route.maxSlippageBps = 0;
        _refused(address(direct), route, reason);
        route = _directRoute();
        route.perDay = 0;
        _refused(
            address(direct),
            route,
            abi.encodeWithSelector(ErrorsLib.LimitOutOfBounds.selector, bytes32("perDay"))
        );
    }

    function test_setRoute_refusesPoolsThatDoNotLeadThere() public {
        // Another token's pool.
        Route memory route = _directRoute();
        bytes memory reason = abi.encodeWithSelector(ErrorsLib.WrongPool.selector, address(directMarket.pool));
        _refused(address(indirect), route, reason);
        // Another pool's guard.
        route.first.priceGuard = secondMarket.priceGuard;
        _refused(address(direct), route, reason);
        // A way that ends in ether.
        route = _indirectRoute();
        route.second = none;
        _refused(
            address(indirect),
            route,
            abi.encodeWithSelector(ErrorsLib.WrongAsset.selector, address(token), address(weth))
        );
        // A second pool without the first one's token.
        route.second = _hop(directMarket);
        _refused(address(indirect), route, reason);
    }

    function test_setRoute_refusesAPoolThatIsNotTheFactorys() public {
        // A contract that says of itself what the pool says.
        address copy = makeAddr("copy");
        vm.etch(copy, address(directMarket.pool).code);
        Route memory route = _directRoute();
        route.first.pool = copy;
        _refused(address(direct), route, abi.encodeWithSelector(ErrorsLib.WrongPool.selector, copy));
    }

    /* AT ONCE */

    function test_lowerDailyLimit_andRemoveRouteActAtOnceAndKeepNothingInReserve() public {
        _reward(direct, 1_000 * ETHER);
        Route memory route = _directRoute();
        bytes memory data = abi.encodeCall(seller.setRoute, (address(direct), route));
        vm.prank(curator);
        seller.submit(data);
        skip(TIMELOCK);

        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LimitLoosened.selector, bytes32("perDay")));
        vm.prank(sentinel);
        seller.lowerDailyLimit(address(direct), PER_DAY);
        vm.prank(sentinel);
        seller.lowerDailyLimit(address(direct), uint128(ETHER));
        assertEq(seller.available(address(direct)), ETHER);
        vm.expectPartialRevert(ErrorsLib.NotMatured.selector);
        seller.execute(data);

        vm.prank(sentinel);
        seller.removeRoute(address(direct));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotForSale.selector, address(direct)));
        seller.sell(address(direct), ETHER);
    }

    function test_lowerDailyLimit_andRemoveRouteAreNotForAnyone() public {
        bytes memory reason = abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone);
        vm.startPrank(anyone);
        vm.expectRevert(reason);
        seller.lowerDailyLimit(address(direct), 1);
        vm.expectRevert(reason);
        seller.removeRoute(address(direct));
        vm.stopPrank();
    }
}
