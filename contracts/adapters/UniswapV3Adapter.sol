// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { TickMath } from "@uniswap/v4-core/src/libraries/TickMath.sol";
import { Adapter } from "../base/Adapter.sol";
import { IAdapter } from "../interfaces/IAdapter.sol";
import { IPriceGuard, OracleUse } from "../interfaces/IPriceGuard.sol";
import { IUniswapV3Factory, IUniswapV3Pool } from "../interfaces/external/IUniswapV3.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { EventsLib } from "../libraries/EventsLib.sol";
import { IdsLib } from "../libraries/IdsLib.sol";
import { MathLib } from "../libraries/MathLib.sol";
import { RangeMathLib } from "../libraries/RangeMathLib.sol";

/// @notice Where the vault's liquidity may stand, and what a swap may cost.
/// @param tickMin Lowest tick of a range.
/// @param tickMax Highest tick of a range.
/// @param minWidth Least distance between a range's ticks.
/// @param maxWidth Greatest distance.
/// @param maxSlippageBps How far one operation's swaps may move the pool's price.
struct RangeBounds {
    int24 tickMin;
    int24 tickMax;
    uint24 minWidth;
    uint24 maxWidth;
    uint16 maxSlippageBps;
}

/// @notice One position of the vault in the pool.
/// @param tickLower Lower tick.
/// @param tickUpper Upper tick.
/// @param liquidity Liquidity that the vault paid for.
/// @param unsold Units of the other token that no swap would take within the bounds.
/// @param feeGrowthInside0X128 Fees of token0 per liquidity inside the range up to the last touch.
/// @param feeGrowthInside1X128 Fees of token1.
struct Range {
    int24 tickLower;
    int24 tickUpper;
    uint128 liquidity;
    uint80 unsold;
    uint256 feeGrowthInside0X128;
    uint256 feeGrowthInside1X128;
}

/// @title UniswapV3Adapter
/// @notice The vault's asset as liquidity in up to four ranges of one Uniswap v3 pool; `data` is
/// `abi.encode(int24 tickLower, int24 tickUpper)`. Asset goes in and asset comes out.
///
/// POSITION
/// - Stands in the core pool itself, keyed by (this, tickLower, tickUpper): nobody else can burn or collect it, there is no
///   token to lose, and one contract less to trust. Others can add to it; liquidity and fees are reckoned from what the
///   vault paid for, so what they add counts for nothing before it is collected as a gain.
///
/// VALUE
/// - What the position would hold, fees owed included, if the pool stood at a price P, in asset at P. That rises with the
///   other token's price, so the lower of the values at the mean and at the oracle's price is the value at the price at
///   which the other token is cheaper. The pool's own price has no part in it: a swap in the same block changes nothing but
///   the fees that it pays.
/// - While the oracle is dead the mean price alone counts: a dead feed must not hold up the exits of the vault.
///
/// DEPOSIT
/// - Swaps through the pool what the range needs of the other token, adds liquidity together with the fees due, and
///   returns to the vault what did not fit.
/// - Needs the oracle alive, the mean price near it, and the pool's price near the mean, before and after.
///
/// WITHDRAWAL
/// - `assets` is the value to take out: fees and what lay unsold first, then a share of the liquidity. What comes in is
///   what the other token sells for, hence not exact: such a venue stands in no exit list.
/// - The pool's price must be near the mean before and after, and the mean near the oracle where that is alive. A dead
///   oracle holds up nobody's way out. One that lives and disagrees does, until the curator, after the timelock, has it
///   ignored; deposits are refused meanwhile.
/// - What the pool would not take within the bounds stays here, counted, and is sold by the next call.
///
/// BOUNDS
/// - Ticks, width and slippage hold for deposits and swaps. They are tightened at once by curator, sentinel or owner and
///   loosened by the curator after the timelock.
///
/// Trust: the pool (immutable code of its factory), the price guard, both tokens. Neither token takes a fee on transfer.
contract UniswapV3Adapter is Adapter {
    using SafeTransferLib for address;

    uint256 public constant MAX_RANGES = 4;
    /// @notice Hard limit of how far the swaps of one operation may move the price.
    uint256 public constant MAX_SLIPPAGE_BPS = 100;

    /// @dev Swaps until the proportion is right; one suffices unless a swap meets another liquidity on its way.
    uint256 private constant MAX_SWAPS = 3;
    uint256 private constant DATA_LENGTH = 2 * 32;
    uint256 private constant Q128 = 1 << 128;

    IUniswapV3Pool public immutable pool;
    IPriceGuard public immutable priceGuard;
    /// @notice The pool's token that is not the asset.
    address public immutable otherToken;
    bool private immutable _assetIsToken0;
    uint24 private immutable _fee;
    int24 private immutable _tickSpacing;

    RangeBounds private _bounds;
    /// @notice True where a live oracle that disagrees no longer holds up withdrawals; nothing may go in then.
    bool public oracleIgnored;
    Range[] private _ranges;

    /// @dev Price of the pool between which an operation must stay, and which its swaps must not pass.
    struct Band {
        uint160 low;
        uint160 high;
        uint160 lowest;
        uint160 highest;
    }

    struct Amounts {
        uint256 amount0;
        uint256 amount1;
    }

    /// @dev What the pool says once for all ranges.
    struct Growth {
        int24 tick;
        uint256 global0X128;
        uint256 global1X128;
    }

    /// @param vault_ The vault that this adapter holds a position for.
    /// @param priceGuard_ Price guard of the pool.
    /// @param bounds_ First bounds.
    constructor(address vault_, address priceGuard_, RangeBounds memory bounds_) Adapter(vault_) {
        priceGuard = IPriceGuard(priceGuard_);
        pool = IUniswapV3Pool(priceGuard.pool());
        address token0 = pool.token0();
        address token1 = pool.token1();
        require(asset == token0 || asset == token1, ErrorsLib.WrongAsset(asset, token0));
        _assetIsToken0 = asset == token0;
        otherToken = asset == token0 ? token1 : token0;
        _fee = pool.fee();
        _tickSpacing = pool.tickSpacing();
        require(
            IUniswapV3Factory(pool.factory()).getPool(token0, token1, _fee) == address(pool),
            ErrorsLib.WrongPool(address(pool))
        );
        _setBounds(bounds_);
    }

    /* CURATOR, TIMELOCKED */

    /// @notice Replaces the bounds, within the hard ones.
    function setBounds(RangeBounds calldata newBounds) external {
        _checkTimelocked(0);
        _setBounds(newBounds);
    }

    /// @notice Lets withdrawals pass although a live oracle disagrees with the mean price.
    function ignoreOracle() external {
        _checkTimelocked(0);
        oracleIgnored = true;
        emit EventsLib.SetOracleIgnored(msg.sender, true);
    }

    /* CURATOR, SENTINEL OR OWNER, AT ONCE */

    /// @notice Replaces the bounds by ones none of which is looser. Ranges outside them can only be left.
    function tightenBounds(RangeBounds calldata newBounds) external {
        _checkMayReduceRisk();
        RangeBounds memory old = _bounds;
        require(
            newBounds.tickMin >= old.tickMin &&
                newBounds.tickMax <= old.tickMax &&
                newBounds.minWidth >= old.minWidth &&
                newBounds.maxWidth <= old.maxWidth &&
                newBounds.maxSlippageBps <= old.maxSlippageBps,
            ErrorsLib.BoundsLoosened()
        );
        _noteTightened(this.setBounds.selector, 0);
        _setBounds(newBounds);
    }

    /// @notice Heeds the oracle again.
    function heedOracle() external {
        _checkMayReduceRisk();
        _noteTightened(this.ignoreOracle.selector, 0);
        oracleIgnored = false;
        emit EventsLib.SetOracleIgnored(msg.sender, false);
    }

    /* READS */

    /// @inheritdoc IAdapter
    function kind() external pure returns (bytes32) {
        return "uniswap-v3";
    }

    /// @inheritdoc IAdapter
    function exact() external view override returns (bool) {
        return false;
    }

    function bounds() external view returns (RangeBounds memory) {
        return _bounds;
    }

    /// @return The ranges that hold anything.
    function ranges() external view returns (Range[] memory) {
        return _ranges;
    }

    /// @inheritdoc IAdapter
    function realAssets() external view returns (uint256 assets) {
        uint256 count = _ranges.length;
        if (count == 0) return 0;
        uint160 price = _valuationPrice();
        Growth memory growth = _growth();
        for (uint256 i; i < count; ++i) {
            (uint256 principal, uint256 free) = _worth(_ranges[i], price, growth);
            assets += principal + free;
        }
    }

    /// @notice The whole position while prices allow a withdrawal, else nothing. How much asset that gives is not exact.
    function withdrawable(bytes calldata data) external view returns (uint256) {
        if (!_passes(_exitUse())) return 0;
        return _venueAssets(data);
    }

    /// @notice Without limit while prices and bounds allow a deposit, else nothing. What the pool cannot take comes back.
    function depositable(bytes calldata data) external view returns (uint256) {
        (int24 tickLower, int24 tickUpper) = _decode(data);
        if (!_isWithinBounds(tickLower, tickUpper)) return 0;
        if (_find(tickLower, tickUpper) == _ranges.length && _ranges.length == MAX_RANGES) return 0;
        if (oracleIgnored || !_passes(OracleUse.Required)) return 0;
        return uint256(type(uint96).max);
    }

    /* CALLBACKS */

    /// @dev Only the pool, and the pool calls back only who called it.
    function uniswapV3MintCallback(uint256 amount0Owed, uint256 amount1Owed, bytes calldata) external {
        require(msg.sender == address(pool), ErrorsLib.Unauthorized(msg.sender));
        _pay(amount0Owed, amount1Owed);
    }

    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata) external {
        require(msg.sender == address(pool), ErrorsLib.Unauthorized(msg.sender));
        _pay(amount0Delta > 0 ? uint256(amount0Delta) : 0, amount1Delta > 0 ? uint256(amount1Delta) : 0);
    }

    function _pay(uint256 amount0, uint256 amount1) private {
        (address token0, address token1) = _assetIsToken0 ? (asset, otherToken) : (otherToken, asset);
        if (amount0 != 0) token0.safeTransfer(address(pool), amount0);
        if (amount1 != 0) token1.safeTransfer(address(pool), amount1);
    }

    /* DEPOSIT */

    function _deposit(bytes calldata data, uint256 assets) internal override returns (uint256 left) {
        (int24 tickLower, int24 tickUpper) = _decode(data);
        require(_isWithinBounds(tickLower, tickUpper), ErrorsLib.RangeOutOfBounds(tickLower, tickUpper));
        require(!oracleIgnored, ErrorsLib.OracleUnavailable());
        Band memory band = _band(OracleUse.Required);

        uint256 index = _find(tickLower, tickUpper);
        if (index == _ranges.length) {
            require(index < MAX_RANGES, ErrorsLib.TooManyRanges(MAX_RANGES));
            _ranges.push(Range(tickLower, tickUpper, 0, 0, 0, 0));
        }
        Range memory range = _ranges[index];

        Amounts memory held = _assetIsToken0 ? Amounts(assets, range.unsold) : Amounts(range.unsold, assets);
        _burnAndCollect(range, 0, held);
        uint160 price = _swapToProportion(range, band, held);
        _mint(range, price, held);

        uint256 unused = _assetIsToken0 ? held.amount0 : held.amount1;
        _store(index, range, held);
        if (unused != 0) asset.safeTransfer(vault, unused);
        _checkSpot(band);
        return _venueAssets(data);
    }

    /// @return price Price of the pool after the swaps.
    function _swapToProportion(
        Range memory range,
        Band memory band,
        Amounts memory held
    ) private returns (uint160 price) {
        RangeMathLib.Market memory market = RangeMathLib.Market({
            price: 0,
            lower: TickMath.getSqrtPriceAtTick(range.tickLower),
            upper: TickMath.getSqrtPriceAtTick(range.tickUpper),
            lowest: band.lowest,
            highest: band.highest,
            liquidity: 0,
            feePips: _fee
        });
        for (uint256 i; i < MAX_SWAPS; ++i) {
            (market.price, market.liquidity) = (_spot(), pool.liquidity());
            (bool zeroForOne, uint160 target) = RangeMathLib.swapTarget(market, held.amount0, held.amount1);
            if (target == market.price) return target;
            _swap(zeroForOne, target, held);
        }
        return _spot();
    }

    function _mint(Range memory range, uint160 price, Amounts memory held) private {
        uint128 liquidity = RangeMathLib.liquidityFor(
            price,
            TickMath.getSqrtPriceAtTick(range.tickLower),
            TickMath.getSqrtPriceAtTick(range.tickUpper),
            held.amount0,
            held.amount1
        );
        if (liquidity == 0) return;
        (uint256 amount0, uint256 amount1) = pool.mint(address(this), range.tickLower, range.tickUpper, liquidity, "");
        held.amount0 -= amount0;
        held.amount1 -= amount1;
        // The swaps above have paid fees to what stood there before.
        _collect(range, held);
        range.liquidity += liquidity;
    }

    /* WITHDRAWAL */

    function _withdraw(bytes calldata data, uint256 assets) internal override returns (uint256 left) {
        (int24 tickLower, int24 tickUpper) = _decode(data);
        uint256 index = _find(tickLower, tickUpper);
        if (index == _ranges.length) {
            require(assets == WHOLE_POSITION, ErrorsLib.PositionTooSmall(0, assets));
            return 0;
        }
        Range memory range = _ranges[index];
        Band memory band = _band(_exitUse());

        Amounts memory held = _assetIsToken0 ? Amounts(0, range.unsold) : Amounts(range.unsold, 0);
        _burnAndCollect(range, assets == WHOLE_POSITION ? range.liquidity : _liquidityFor(range, assets), held);
        _swap(!_assetIsToken0, _assetIsToken0 ? band.highest : band.lowest, held);
        uint256 received = _assetIsToken0 ? held.amount0 : held.amount1;
        _store(index, range, held);
        if (received != 0) asset.safeTransfer(vault, received);
        _checkSpot(band);
        return _venueAssets(data);
    }

    /// @return Liquidity to burn so that value of `assets` comes out.
    function _liquidityFor(Range memory range, uint256 assets) private view returns (uint128) {
        (uint256 principal, uint256 free) = _worth(range, _valuationPrice(), _growth());
        require(assets <= principal + free, ErrorsLib.PositionTooSmall(principal + free, assets));
        if (assets <= free) return 0;
        // At most the whole, since what is asked for is at most the principal.
        return uint128(MathLib.mulDivUp(range.liquidity, assets - free, principal));
    }

    /* POOL */

    /// @dev Takes liquidity out of a range, and with it all fees.
    function _burnAndCollect(Range memory range, uint128 liquidity, Amounts memory held) private {
        if (range.liquidity == 0) return;
        pool.burn(range.tickLower, range.tickUpper, liquidity);
        range.liquidity -= liquidity;
        _collect(range, held);
    }

    function _collect(Range memory range, Amounts memory held) private {
        (uint128 amount0, uint128 amount1) = pool.collect(
            address(this),
            range.tickLower,
            range.tickUpper,
            type(uint128).max,
            type(uint128).max
        );
        held.amount0 += amount0;
        held.amount1 += amount1;
        bytes32 key = keccak256(abi.encodePacked(address(this), range.tickLower, range.tickUpper));
        (, range.feeGrowthInside0X128, range.feeGrowthInside1X128, , ) = pool.positions(key);
    }

    /// @dev Sells what is held of one token, as far as the price allows.
    function _swap(bool zeroForOne, uint160 limit, Amounts memory held) private {
        uint256 amount = zeroForOne ? held.amount0 : held.amount1;
        uint160 spot = _spot();
        if (amount == 0 || (zeroForOne ? limit >= spot : limit <= spot)) return;
        // Amounts of a token are far below 2^255.
        (int256 delta0, int256 delta1) = pool.swap(address(this), zeroForOne, int256(amount), limit, "");
        held.amount0 = uint256(int256(held.amount0) - delta0);
        held.amount1 = uint256(int256(held.amount1) - delta1);
    }

    function _store(uint256 index, Range memory range, Amounts memory held) private {
        uint256 unsold = _assetIsToken0 ? held.amount1 : held.amount0;
        require(unsold <= type(uint80).max, ErrorsLib.TooMuchUnsold(unsold));
        range.unsold = uint80(unsold);
        emit EventsLib.SetRange(range.tickLower, range.tickUpper, range.liquidity, unsold);
        if (range.liquidity != 0 || unsold != 0) {
            _ranges[index] = range;
            return;
        }
        uint256 last = _ranges.length - 1;
        if (index != last) _ranges[index] = _ranges[last];
        _ranges.pop();
    }

    function _spot() private view returns (uint160 price) {
        (price, , , , , , ) = pool.slot0();
    }

    function _growth() private view returns (Growth memory growth) {
        (, growth.tick, , , , , ) = pool.slot0();
        growth.global0X128 = pool.feeGrowthGlobal0X128();
        growth.global1X128 = pool.feeGrowthGlobal1X128();
    }

    /* PRICES */

    function _exitUse() private view returns (OracleUse) {
        return oracleIgnored ? OracleUse.Ignored : OracleUse.IfAlive;
    }

    function _passes(OracleUse use) private view returns (bool) {
        try priceGuard.check(use) returns (uint160, uint160) {
            return true;
        } catch {
            return false;
        }
    }

    /// @dev Checks prices before anything moves, and says where they must be afterwards.
    function _band(OracleUse use) private view returns (Band memory band) {
        (band.low, band.high) = priceGuard.check(use);
        uint160 spot = _spot();
        uint256 slippageBps = _bounds.maxSlippageBps;
        uint160 lowest = RangeMathLib.below(spot, slippageBps);
        uint160 highest = RangeMathLib.above(spot, slippageBps);
        band.lowest = lowest > band.low ? lowest : band.low;
        band.highest = highest < band.high ? highest : band.high;
    }

    /// @dev Mean and oracle cannot have moved; the pool's price can.
    function _checkSpot(Band memory band) private view {
        uint160 spot = _spot();
        require(spot >= band.low && spot <= band.high, ErrorsLib.SpotDeviation(spot, band.low, band.high));
    }

    /// @return The price of mean and oracle at which the other token is cheaper.
    function _valuationPrice() private view returns (uint160) {
        if (oracleIgnored) return priceGuard.twap();
        (uint160 mean, uint160 fed) = priceGuard.prices();
        if (fed == 0) return mean;
        return (fed > mean) == _assetIsToken0 ? fed : mean;
    }

    /// @return principal Worth of the range's liquidity in asset, rounded down.
    /// @return free Worth of the fees owed and of what is unsold, rounded down.
    function _worth(
        Range memory range,
        uint160 price,
        Growth memory growth
    ) private view returns (uint256 principal, uint256 free) {
        Amounts memory loose = _assetIsToken0 ? Amounts(0, range.unsold) : Amounts(range.unsold, 0);
        if (range.liquidity != 0) {
            (uint256 amount0, uint256 amount1) = RangeMathLib.amountsFor(
                price,
                TickMath.getSqrtPriceAtTick(range.tickLower),
                TickMath.getSqrtPriceAtTick(range.tickUpper),
                range.liquidity
            );
            principal = _toAssets(price, amount0, amount1);
            _addFees(range, growth, loose);
        }
        free = _toAssets(price, loose.amount0, loose.amount1);
    }

    function _toAssets(uint160 price, uint256 amount0, uint256 amount1) private view returns (uint256) {
        return
            _assetIsToken0
                ? amount0 + RangeMathLib.toToken0(price, amount1)
                : amount1 + RangeMathLib.toToken1(price, amount0);
    }

    /// @dev Fees since the last touch (v3-core: `Tick.getFeeGrowthInside`, `Position.update`). Growths wrap around.
    function _addFees(Range memory range, Growth memory growth, Amounts memory loose) private view {
        (, , uint256 lower0, uint256 lower1, , , , ) = pool.ticks(range.tickLower);
        (, , uint256 upper0, uint256 upper1, , , , ) = pool.ticks(range.tickUpper);
        unchecked {
            // Below, inside and above: the growth outside a tick is that of the side on which the price is not.
            uint256 inside0 = lower0 - upper0;
            uint256 inside1 = lower1 - upper1;
            if (growth.tick >= range.tickUpper) {
                (inside0, inside1) = (upper0 - lower0, upper1 - lower1);
            } else if (growth.tick >= range.tickLower) {
                (inside0, inside1) = (growth.global0X128 - lower0 - upper0, growth.global1X128 - lower1 - upper1);
            }
            inside0 -= range.feeGrowthInside0X128;
            inside1 -= range.feeGrowthInside1X128;
            loose.amount0 += MathLib.mulDivDown(inside0, range.liquidity, Q128);
            loose.amount1 += MathLib.mulDivDown(inside1, range.liquidity, Q128);
        }
    }

    /* RANGES */

    function _ids(bytes calldata data) internal view override returns (bytes32[] memory venueIds) {
        _decode(data);
        venueIds = new bytes32[](3);
        venueIds[0] = IdsLib.venueOf(address(this), data);
        venueIds[1] = IdsLib.protocol(address(pool));
        venueIds[2] = IdsLib.held(otherToken);
    }

    function _liquidityId(bytes calldata data) internal view override returns (bytes32) {
        _decode(data);
        return IdsLib.protocol(address(pool));
    }

    function _mayPayLess() internal pure override returns (bool) {
        return true;
    }

    function _isPositionToken(address token) internal view override returns (bool) {
        return token == otherToken;
    }

    function _venueAssets(bytes calldata data) internal view override returns (uint256) {
        (int24 tickLower, int24 tickUpper) = _decode(data);
        uint256 index = _find(tickLower, tickUpper);
        if (index == _ranges.length) return 0;
        (uint256 principal, uint256 free) = _worth(_ranges[index], _valuationPrice(), _growth());
        return principal + free;
    }

    /// @return index Place of the range; the number of ranges where there is none.
    function _find(int24 tickLower, int24 tickUpper) private view returns (uint256 index) {
        uint256 count = _ranges.length;
        for (; index < count; ++index) {
            Range storage range = _ranges[index];
            if (range.tickLower == tickLower && range.tickUpper == tickUpper) return index;
        }
    }

    /// @dev One range has one encoding, hence one id: decoding refuses ticks that are no int24.
    function _decode(bytes calldata data) private view returns (int24 tickLower, int24 tickUpper) {
        require(data.length == DATA_LENGTH, ErrorsLib.UnexpectedData());
        (tickLower, tickUpper) = abi.decode(data, (int24, int24));
        require(
            tickLower < tickUpper &&
                tickLower >= TickMath.MIN_TICK &&
                tickUpper <= TickMath.MAX_TICK &&
                tickLower % _tickSpacing == 0 &&
                tickUpper % _tickSpacing == 0,
            ErrorsLib.UnexpectedData()
        );
    }

    function _isWithinBounds(int24 tickLower, int24 tickUpper) private view returns (bool) {
        RangeBounds memory bound = _bounds;
        uint256 width = uint256(int256(tickUpper) - tickLower);
        return
            tickLower >= bound.tickMin &&
            tickUpper <= bound.tickMax &&
            width >= bound.minWidth &&
            width <= bound.maxWidth;
    }

    function _setBounds(RangeBounds memory newBounds) private {
        require(
            newBounds.tickMin >= TickMath.MIN_TICK && newBounds.tickMax <= TickMath.MAX_TICK,
            ErrorsLib.LimitOutOfBounds("ticks")
        );
        require(newBounds.minWidth != 0, ErrorsLib.LimitOutOfBounds("minWidth"));
        // Without any, nothing could be sold on the way out.
        require(
            newBounds.maxSlippageBps != 0 && newBounds.maxSlippageBps <= MAX_SLIPPAGE_BPS,
            ErrorsLib.LimitOutOfBounds("maxSlippageBps")
        );
        _bounds = newBounds;
        emit EventsLib.SetRangeBounds(
            msg.sender,
            newBounds.tickMin,
            newBounds.tickMax,
            newBounds.minWidth,
            newBounds.maxWidth,
            newBounds.maxSlippageBps
        );
    }
}
