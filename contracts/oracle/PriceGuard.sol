// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { FixedPointMathLib } from "solady/utils/FixedPointMathLib.sol";
import { LibCall } from "solady/utils/LibCall.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { TickMath } from "@uniswap/v4-core/src/libraries/TickMath.sol";
import { IPriceGuard, OracleUse } from "../interfaces/IPriceGuard.sol";
import { IAggregatorV3 } from "../interfaces/external/IAggregatorV3.sol";
import { IUniswapV3Pool } from "../interfaces/external/IUniswapV3.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { MathLib } from "../libraries/MathLib.sol";

/// @notice One price feed of one token.
/// @param aggregator The feed; zero where the other token's feed is quoted in this token.
/// @param maxAgeSeconds Oldest answer that counts; a little more than the feed's heartbeat.
/// @param minAnswer Lowest answer that counts, in the feed's decimals. Below it the feed is taken to be broken or at its
/// own floor.
/// @param maxAnswer Highest answer that counts.
struct Feed {
    address aggregator;
    uint32 maxAgeSeconds;
    uint128 minAnswer;
    uint128 maxAnswer;
}

/// @param pool Uniswap v3 pool.
/// @param feed0 Price of its token0 in a currency that both feeds share.
/// @param feed1 Price of its token1 in the same currency.
/// @param sequencerFeed Uptime feed of the chain's sequencer; zero where the chain has none.
/// @param sequencerGraceSeconds How long after a restart of the sequencer prices do not count.
/// @param twapSeconds Window of the mean price.
/// @param blockSeconds Shortest time between two blocks; decides how many observations the pool must keep.
/// @param maxSpotDeviationBps How far the pool's price may be from the mean.
/// @param maxOracleDeviationBps How far the mean may be from the oracle.
struct PriceGuardConfig {
    address pool;
    Feed feed0;
    Feed feed1;
    address sequencerFeed;
    uint32 sequencerGraceSeconds;
    uint32 twapSeconds;
    uint32 blockSeconds;
    uint16 maxSpotDeviationBps;
    uint16 maxOracleDeviationBps;
}

/// @title PriceGuard
/// @notice The price of a Uniswap v3 pool's tokens from two sources, and the refusal where they or the pool's own price
/// disagree. Immutable: other feeds or bounds are another guard, hence another adapter, hence a timelock.
///
/// MEAN PRICE
/// - Arithmetic mean of the tick over the window, rounded down, so geometric mean of the price. What happens in the
///   block itself has no weight in it.
/// - The pool must keep one observation for every block of the window, so nobody can push the window out of its memory by
///   trading in each block.
///
/// ORACLE
/// - Chainlink-style feeds of both tokens in one currency, or one feed of one token in the other.
/// - The oracle is dead where a feed does not answer, answers out of its bounds or too long ago, and while the chain's
///   sequencer is down or has just come back. It is then 0, and the caller decides what that means (`OracleUse`).
/// - A feed cannot be made to look dead by calling with little gas: 1/64 of what a feed needs does not finish the call.
///
/// DEVIATION
/// - In relation of prices: `bps` = 100 allows 1.01 and 1 / 1.01. A hard ceiling holds whatever the deployer asks for.
contract PriceGuard is IPriceGuard {
    using FixedPointMathLib for uint256;

    /// @notice No deviation above 2 % is ever allowed.
    uint256 public constant MAX_DEVIATION_BPS = 200;
    uint256 public constant MIN_TWAP_SECONDS = 10 minutes;
    uint256 public constant MAX_TWAP_SECONDS = 1 days;

    uint256 private constant Q96 = 1 << 96;
    /// @dev What `latestRoundData` returns.
    uint256 private constant ROUND_LENGTH = 5 * 32;

    address public immutable pool;
    uint32 public immutable twapSeconds;
    uint16 public immutable maxSpotDeviationBps;
    uint16 public immutable maxOracleDeviationBps;
    address public immutable aggregator0;
    address public immutable aggregator1;
    address public immutable sequencerFeed;
    uint32 public immutable sequencerGraceSeconds;

    uint32 private immutable _maxAge0;
    uint32 private immutable _maxAge1;
    uint128 private immutable _minAnswer0;
    uint128 private immutable _minAnswer1;
    uint128 private immutable _maxAnswer0;
    uint128 private immutable _maxAnswer1;
    /// @dev Token1 units per token0 unit = answer0 x scale0 / (answer1 x scale1).
    uint256 private immutable _scale0;
    uint256 private immutable _scale1;
    /// @dev Square roots of 1 + deviation, 2^96 = 1.
    uint256 private immutable _spotFactor;
    uint256 private immutable _oracleFactor;

    constructor(PriceGuardConfig memory config) {
        _checkBps(config.maxSpotDeviationBps, "maxSpotDeviationBps");
        _checkBps(config.maxOracleDeviationBps, "maxOracleDeviationBps");
        require(
            config.twapSeconds >= MIN_TWAP_SECONDS && config.twapSeconds <= MAX_TWAP_SECONDS,
            ErrorsLib.LimitOutOfBounds("twapSeconds")
        );
        require(config.blockSeconds != 0, ErrorsLib.LimitOutOfBounds("blockSeconds"));
        require(
            config.feed0.aggregator != address(0) || config.feed1.aggregator != address(0),
            ErrorsLib.ZeroAddress()
        );
        _checkFeed(config.feed0);
        _checkFeed(config.feed1);

        pool = config.pool;
        twapSeconds = config.twapSeconds;
        maxSpotDeviationBps = config.maxSpotDeviationBps;
        maxOracleDeviationBps = config.maxOracleDeviationBps;
        aggregator0 = config.feed0.aggregator;
        aggregator1 = config.feed1.aggregator;
        sequencerFeed = config.sequencerFeed;
        sequencerGraceSeconds = config.sequencerGraceSeconds;
        _maxAge0 = config.feed0.maxAgeSeconds;
        _maxAge1 = config.feed1.maxAgeSeconds;
        _minAnswer0 = config.feed0.minAnswer;
        _minAnswer1 = config.feed1.minAnswer;
        _maxAnswer0 = config.feed0.maxAnswer;
        _maxAnswer1 = config.feed1.maxAnswer;
        _spotFactor = _factor(config.maxSpotDeviationBps);
        _oracleFactor = _factor(config.maxOracleDeviationBps);
        (_scale0, _scale1) = _scales(config);

        // One more than the blocks of the window: the oldest one must lie at or before its start.
        uint256 needed = (uint256(config.twapSeconds) + config.blockSeconds - 1) / config.blockSeconds + 1;
        (, , , uint16 cardinality, , , ) = IUniswapV3Pool(config.pool).slot0();
        require(cardinality >= needed, ErrorsLib.CardinalityTooLow(cardinality, needed));
        (uint160 mean, uint160 fed) = prices();
        require(fed != 0, ErrorsLib.OracleUnavailable());
        _checkNear(mean, fed);
    }

    /* READS */

    /// @inheritdoc IPriceGuard
    function prices() public view returns (uint160 mean, uint160 fed) {
        return (twap(), oracle());
    }

    /// @inheritdoc IPriceGuard
    function twap() public view returns (uint160) {
        uint32[] memory secondsAgos = new uint32[](2);
        secondsAgos[0] = twapSeconds;
        (int56[] memory cumulatives, ) = IUniswapV3Pool(pool).observe(secondsAgos);
        int56 window = int56(uint56(twapSeconds));
        int56 growth;
        unchecked {
            growth = cumulatives[1] - cumulatives[0];
        }
        int24 tick = int24(growth / window);
        if (growth < 0 && growth % window != 0) --tick;
        return TickMath.getSqrtPriceAtTick(tick);
    }

    /// @return Price of the feeds; 0 where they give none.
    function oracle() public view returns (uint160) {
        if (!_sequencerIsUp()) return 0;
        uint256 answer0 = _answer(aggregator0, _maxAge0, _minAnswer0, _maxAnswer0);
        if (answer0 == 0) return 0;
        uint256 answer1 = _answer(aggregator1, _maxAge1, _minAnswer1, _maxAnswer1);
        if (answer1 == 0) return 0;
        return _toSqrtPrice(answer0 * _scale0, answer1 * _scale1);
    }

    /// @inheritdoc IPriceGuard
    function check(OracleUse use) external view returns (uint160 low, uint160 high) {
        uint160 mean = twap();
        if (use != OracleUse.Ignored) {
            uint160 fed = oracle();
            require(fed != 0 || use != OracleUse.Required, ErrorsLib.OracleUnavailable());
            if (fed != 0) _checkNear(mean, fed);
        }
        (low, high) = _around(mean, _spotFactor);
        (uint160 spot, , , , , , ) = IUniswapV3Pool(pool).slot0();
        require(spot >= low && spot <= high, ErrorsLib.SpotDeviation(spot, low, high));
    }

    /* PRIVATE */

    function _checkNear(uint160 mean, uint160 fed) private view {
        (uint160 low, uint160 high) = _around(fed, _oracleFactor);
        require(mean >= low && mean <= high, ErrorsLib.OracleDeviation(mean, fed));
    }

    function _around(uint160 price, uint256 factor) private pure returns (uint160 low, uint160 high) {
        // The highest price of a pool is a little below 2^160.
        uint256 upper = MathLib.mulDivDown(price, factor, Q96);
        high = upper > type(uint160).max ? type(uint160).max : uint160(upper);
        low = uint160(MathLib.mulDivUp(price, Q96, factor));
    }

    /// @return The feed's answer; 1 without a feed, 0 where it does not count.
    function _answer(address aggregator, uint256 maxAge, uint256 min, uint256 max) private view returns (uint256) {
        if (aggregator == address(0)) return 1;
        (bool ok, int256 answer, , uint256 updatedAt) = _latestRound(aggregator);
        if (!ok || answer <= 0 || uint256(answer) < min || uint256(answer) > max) return 0;
        if (updatedAt > block.timestamp || block.timestamp - updatedAt > maxAge) return 0;
        return uint256(answer);
    }

    function _sequencerIsUp() private view returns (bool) {
        if (sequencerFeed == address(0)) return true;
        (bool ok, int256 answer, uint256 startedAt, ) = _latestRound(sequencerFeed);
        return
            ok &&
            answer == 0 &&
            startedAt != 0 &&
            startedAt <= block.timestamp &&
            block.timestamp - startedAt > sequencerGraceSeconds;
    }

    /// @dev `try` would revert on an answer that cannot be decoded.
    function _latestRound(
        address aggregator
    ) private view returns (bool ok, int256 answer, uint256 startedAt, uint256 updatedAt) {
        bytes memory data;
        (ok, , data) = LibCall.tryStaticCall(
            aggregator,
            gasleft(),
            uint16(ROUND_LENGTH),
            abi.encodeCall(IAggregatorV3.latestRoundData, ())
        );
        if (!ok || data.length < ROUND_LENGTH) return (false, 0, 0, 0);
        (, answer, startedAt, updatedAt, ) = abi.decode(data, (uint256, int256, uint256, uint256, uint256));
    }

    /// @return Square root of numerator / denominator, 2^96 = 1; 0 where a pool cannot have such a price.
    function _toSqrtPrice(uint256 numerator, uint256 denominator) private pure returns (uint160) {
        uint256 whole = numerator / denominator;
        if (whole >= 1 << 128) return 0;
        uint256 price =
            whole < 1 << 64
                ? MathLib.mulDivDown(numerator, 1 << 192, denominator).sqrt()
                : MathLib.mulDivDown(numerator, 1 << 128, denominator).sqrt() << 32;
        return price < TickMath.MIN_SQRT_PRICE || price >= TickMath.MAX_SQRT_PRICE ? 0 : uint160(price);
    }

    function _scales(PriceGuardConfig memory config) private view returns (uint256 scale0, uint256 scale1) {
        IUniswapV3Pool target = IUniswapV3Pool(config.pool);
        uint256 power0 = _feedDecimals(config.feed1) + IERC20Metadata(target.token1()).decimals();
        uint256 power1 = _feedDecimals(config.feed0) + IERC20Metadata(target.token0()).decimals();
        // Answers have at most 128 bits, so nothing overflows.
        require(power0 <= 36 && power1 <= 36, ErrorsLib.LimitOutOfBounds("decimals"));
        scale0 = 10 ** MathLib.zeroFloorSub(power0, power1);
        scale1 = 10 ** MathLib.zeroFloorSub(power1, power0);
    }

    function _feedDecimals(Feed memory feed) private view returns (uint256) {
        return feed.aggregator == address(0) ? 0 : IAggregatorV3(feed.aggregator).decimals();
    }

    function _checkFeed(Feed memory feed) private pure {
        if (feed.aggregator == address(0)) return;
        require(feed.maxAgeSeconds != 0, ErrorsLib.LimitOutOfBounds("maxAgeSeconds"));
        require(feed.minAnswer != 0 && feed.minAnswer < feed.maxAnswer, ErrorsLib.LimitOutOfBounds("answers"));
    }

    function _checkBps(uint256 bps, bytes32 name) private pure {
        require(bps != 0 && bps <= MAX_DEVIATION_BPS, ErrorsLib.LimitOutOfBounds(name));
    }

    function _factor(uint256 bps) private pure returns (uint256) {
        return MathLib.mulDivDown(MathLib.BPS + bps, 1 << 192, MathLib.BPS).sqrt();
    }
}
