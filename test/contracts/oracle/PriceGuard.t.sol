// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { OracleUse } from "../../../contracts/interfaces/IPriceGuard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { RangeMathLib } from "../../../contracts/libraries/RangeMathLib.sol";
import { PriceGuard, PriceGuardConfig } from "../../../contracts/oracle/PriceGuard.sol";
import { Deployed } from "../Deployed.sol";
import { MockFeed } from "../mocks/MockFeed.sol";
import { IPoolSetup, UniswapFixture } from "../uniswap/UniswapFixture.sol";

contract PriceGuardTest is UniswapFixture {
    function _create(PriceGuardConfig memory config) private returns (PriceGuard) {
        return PriceGuard(Deployed.create("PriceGuard", abi.encode(config)));
    }

    /* CONSTRUCTION */

    function test_tooFewObservationsAreRefusedWithTheNumberNeeded() public {
        PriceGuardConfig memory config = _guardConfig();
        config.blockSeconds = 2;
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.CardinalityTooLow.selector, 200, 901));
        _create(config);
        // The pool must have grown, not only been told to.
        IPoolSetup(address(pool)).increaseObservationCardinalityNext(901);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.CardinalityTooLow.selector, 200, 901));
        _create(config);
    }

    function test_aWindowLongerThanThePoolsMemoryIsRefused() public {
        PriceGuardConfig memory config = _guardConfig();
        config.twapSeconds = 1 days;
        config.blockSeconds = 1 days;
        // The pool is an hour old.
        vm.expectRevert(bytes("OLD"));
        _create(config);
    }

    function test_boundsOutsideTheHardLimitsAreRefused() public {
        PriceGuardConfig memory config = _guardConfig();
        config.maxSpotDeviationBps = 201;
        _refuses(config, "maxSpotDeviationBps");
        config = _guardConfig();
        config.maxSpotDeviationBps = 0;
        _refuses(config, "maxSpotDeviationBps");
        config = _guardConfig();
        config.maxOracleDeviationBps = 201;
        _refuses(config, "maxOracleDeviationBps");
        config = _guardConfig();
        config.twapSeconds = 10 minutes - 1;
        _refuses(config, "twapSeconds");
        config.twapSeconds = 1 days + 1;
        _refuses(config, "twapSeconds");
        config = _guardConfig();
        config.blockSeconds = 0;
        _refuses(config, "blockSeconds");
        config = _guardConfig();
        config.feed0.maxAgeSeconds = 0;
        _refuses(config, "maxAgeSeconds");
        config = _guardConfig();
        config.feed1.minAnswer = 0;
        _refuses(config, "answers");
        config.feed1.minAnswer = config.feed1.maxAnswer;
        _refuses(config, "answers");
    }

    function _refuses(PriceGuardConfig memory config, bytes32 limit) private {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LimitOutOfBounds.selector, limit));
        _create(config);
    }

    function test_feedsThatAreMissingDeadOrTheWrongWayRoundAreRefused() public {
        PriceGuardConfig memory config = _guardConfig();
        config.feed0.aggregator = address(0);
        config.feed1.aggregator = address(0);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        _create(config);

        otherFeed.setMode(MockFeed.Mode.Reverts);
        config = _guardConfig();
        vm.expectRevert(ErrorsLib.OracleUnavailable.selector);
        _create(config);

        otherFeed.setMode(MockFeed.Mode.Answers);
        otherFeed.set(1.03e8);
        (uint160 mean, uint160 fed) = priceGuard.prices();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.OracleDeviation.selector, mean, fed));
        _create(config);
    }

    /* PRICES */

    function testFuzz_feedsGiveThePriceOfTheTokensUnits(uint256 priceE8, uint256 pick) public {
        uint8[3] memory decimals = [6, 8, 18];
        priceE8 = bound(priceE8, 0.0001e8, 100_000e8);
        _open(Setup(decimals[pick % 3], decimals[(pick / 3) % 3], (pick / 9) % 2 == 0, priceE8, 500, 10));
        (uint160 mean, uint160 fed) = priceGuard.prices();
        assertApproxEqRel(fed, _sqrtPrice(priceE8), 1e12);
        // A tick is a basis point, and the mean is rounded down to one.
        assertApproxEqRel(mean, fed, 0.0001e18);
    }

    function test_oneFeedOfOneTokenInTheOtherIsEnough() public {
        _open(Setup(6, 18, false, 2_500e8, 500, 10));
        PriceGuardConfig memory config = _guardConfig();
        uint160 fed = _create(config).oracle();
        config.feed1.aggregator = address(0);
        assertEq(_create(config).oracle(), fed);
        config = _guardConfig();
        // Asset in the other token, with 18 decimals.
        config.feed1.aggregator = address(new MockFeed(18, 0.0004e18));
        config.feed1.minAnswer = 1;
        config.feed1.maxAnswer = 1e18;
        config.feed0.aggregator = address(0);
        assertApproxEqRel(_create(config).oracle(), fed, 1e9);
    }

    function test_anAnswerThatDoesNotCountLeavesTheOracleDead() public {
        assertGt(priceGuard.oracle(), 0);
        int256[5] memory answers = [int256(0), -1, 0.4e8, 2.1e8, type(int256).min];
        for (uint256 i; i < answers.length; ++i) {
            otherFeed.set(answers[i]);
            assertEq(priceGuard.oracle(), 0);
        }
        otherFeed.set(1e8);
        assetFeed.setMode(MockFeed.Mode.Garbage);
        assertEq(priceGuard.oracle(), 0);
        assetFeed.setMode(MockFeed.Mode.Reverts);
        assertEq(priceGuard.oracle(), 0);
        assetFeed.setMode(MockFeed.Mode.Answers);
        assertGt(priceGuard.oracle(), 0);

        skip(1 days);
        assertGt(priceGuard.oracle(), 0);
        skip(1);
        assertEq(priceGuard.oracle(), 0);
        _refreshFeeds();
        assertGt(priceGuard.oracle(), 0);
        // From the future.
        assetFeed.setTimes(0, vm.getBlockTimestamp() + 1);
        assertEq(priceGuard.oracle(), 0);
        vm.etch(address(assetFeed), "");
        assertEq(priceGuard.oracle(), 0);
    }

    function test_theSequencerMustBeUpForTheGracePeriod() public {
        MockFeed sequencer = new MockFeed(0, 0);
        PriceGuardConfig memory config = _guardConfig();
        config.sequencerFeed = address(sequencer);
        config.sequencerGraceSeconds = 1 hours;
        vm.expectRevert(ErrorsLib.OracleUnavailable.selector);
        _create(config);
        skip(1 hours + 1);
        PriceGuard guarded = _create(config);
        assertGt(guarded.oracle(), 0);
        sequencer.set(1);
        skip(2 hours);
        assertEq(guarded.oracle(), 0);
        sequencer.set(0);
        skip(1 hours);
        assertEq(guarded.oracle(), 0);
        skip(1);
        assertGt(guarded.oracle(), 0);
        sequencer.setTimes(0, vm.getBlockTimestamp());
        assertEq(guarded.oracle(), 0);
    }

    /* THE MEAN PRICE */

    function testFuzz_noSwapMovesTheMeanInItsBlock(uint256 price) public {
        (uint160 mean, ) = priceGuard.prices();
        uint160 spot = _spot();
        trader.swapTo(uint160(bound(price, spot / 100, uint256(spot) * 100)));
        assertEq(priceGuard.twap(), mean);
    }

    function test_theMeanFollowsWithTheShareOfTheWindow() public {
        trader.swapTo(RangeMathLib.above(_spot(), 1000));
        uint160 before = priceGuard.twap();
        skip(15 minutes);
        // Half of 953 ticks.
        assertApproxEqRel(priceGuard.twap(), RangeMathLib.above(before, 488), 0.0003e18);
    }

    function test_tradingInEveryBlockCannotPushTheWindowOutOfThePoolsMemory() public {
        uint160 spot = _spot();
        for (uint256 i; i < 450; ++i) {
            skip(12);
            trader.swapTo(i % 2 == 0 ? RangeMathLib.above(spot, 3) : RangeMathLib.below(spot, 3));
            priceGuard.twap();
        }
    }

    /* DEVIATION */

    function testFuzz_thePoolsPriceMayBeAsFarFromTheMeanAsAllowed(uint16 bps, bool up) public {
        bps = uint16(bound(bps, 1, 400));
        uint160 mean = priceGuard.twap();
        uint160 spot = up ? RangeMathLib.above(mean, bps) : RangeMathLib.below(mean, bps);
        trader.swapTo(spot);
        uint160 low = RangeMathLib.below(mean, SPOT_BPS);
        uint160 high = RangeMathLib.above(mean, SPOT_BPS);
        if (bps > SPOT_BPS) {
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SpotDeviation.selector, spot, low, high));
        }
        (uint160 foundLow, uint160 foundHigh) = priceGuard.check(OracleUse.Required);
        if (bps <= SPOT_BPS) {
            assertApproxEqAbs(foundLow, low, 2);
            assertApproxEqAbs(foundHigh, high, 2);
        }
    }

    function testFuzz_theMeanMayBeAsFarFromTheOracleAsAllowed(uint256 answer) public {
        answer = bound(answer, 0.97e8, 1.03e8);
        otherFeed.set(int256(answer));
        bool near = answer >= 0.9902e8 && answer <= 1.0099e8;
        bool far = answer <= 0.99e8 || answer >= 1.0101e8;
        try priceGuard.check(OracleUse.Required) {
            assertFalse(far);
        } catch (bytes memory failure) {
            assertFalse(near);
            assertEq(bytes4(failure), ErrorsLib.OracleDeviation.selector);
        }
        // Nobody asks it then.
        priceGuard.check(OracleUse.Ignored);
    }

    function test_aDeadOracleStopsOnlyWhoNeedsIt() public {
        otherFeed.setMode(MockFeed.Mode.Reverts);
        vm.expectRevert(ErrorsLib.OracleUnavailable.selector);
        priceGuard.check(OracleUse.Required);
        priceGuard.check(OracleUse.IfAlive);
        priceGuard.check(OracleUse.Ignored);
    }

    /// @dev With less gas than the feeds need the call fails; it never answers that the oracle is dead.
    function testFuzz_littleGasDoesNotMakeAnOracleLookDead(uint256 gasGiven) public {
        gasGiven = bound(gasGiven, 5_000, 150_000);
        try priceGuard.prices{ gas: gasGiven }() returns (uint160, uint160 fed) {
            assertGt(fed, 0);
        } catch {}
    }
}
