// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Multicallable } from "solady/utils/Multicallable.sol";
import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { Timelocked } from "../base/Timelocked.sol";
import { IAdapter } from "../interfaces/IAdapter.sol";
import { IPriceGuard, OracleUse } from "../interfaces/IPriceGuard.sol";
import { Hop, IRewardSeller, Route } from "../interfaces/IRewardSeller.sol";
import { IVault } from "../interfaces/IVault.sol";
import { IUniswapV3Factory, IUniswapV3Pool } from "../interfaces/external/IUniswapV3.sol";
import { BucketLib } from "../libraries/BucketLib.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { EventsLib } from "../libraries/EventsLib.sol";
import { MathLib } from "../libraries/MathLib.sol";
import { IAaveV3Venue, ICometVenue, IErc4626Venue } from "./VenueInterfaces.sol";

/// @title RewardSeller
/// @notice Sells what venues pay beside the asset, and gives the proceeds to one vault.
///
/// WHERE REWARDS COME FROM
/// - Distributors that pay to a named account at anybody's request (CometRewards, Morpho's URD) pay to the adapter, and
///   anyone sends that on with the adapter's `skim`, whose recipient this contract is. Those that pay to any recipient
///   (Merkl, Aave's controller) may be told to pay here. So nothing is claimed from here.
///
/// SALES
/// - Anyone may sell, any amount within the day's limit. The caller chooses amount and moment, and nothing else.
/// - A sale goes through one or two Uniswap v3 pools. The price guard of each pool must find pool, mean price and feeds in
///   agreement, and the sale must bring what the feeds say less the route's slippage, or it reverts. So whoever trades
///   around it takes at most the slippage, on at most the day's limit.
/// - The last pool pays the vault itself. For the vault it is a gain like any other: it comes in at its maximum rate.
/// - Not within a call of the vault, which could take the proceeds for what a venue pays.
///
/// WHAT IT CANNOT DO
/// - Send anything anywhere but to the pools of a route, at a price that holds, and to the vault. There is no other way out,
///   for nobody; a token without a route stays here.
/// - Sell the vault's asset, its shares, or a token that is a position at one of its venues.
///
/// ROLES
/// - The vault's. Routes wait for the timelock; a sentinel, curator or owner may lower a limit or stop a sale at once.
///
/// TRUST
/// - Pools are the factory's. A reward token may do in a transfer what it likes: it can spoil its own sale.
contract RewardSeller is IRewardSeller, Timelocked, Multicallable {
    using SafeTransferLib for address;

    /// @notice Hard limit of what a sale may bring less than the feeds say.
    uint256 public constant MAX_SLIPPAGE_BPS = 200;

    uint256 private constant Q96 = 1 << 96;
    /// @dev One off Uniswap's bounds of a price: no limit.
    uint160 private constant LOWEST_SQRT_PRICE = 4295128740;
    uint160 private constant HIGHEST_SQRT_PRICE = 1461446703485210103287273052203988822378723970341;

    /// @inheritdoc IRewardSeller
    address public immutable vault;
    /// @inheritdoc IRewardSeller
    address public immutable asset;
    /// @inheritdoc IRewardSeller
    address public immutable factory;

    struct Sold {
        uint128 used;
        uint40 updatedAt;
    }

    mapping(address token => Route) private _routes;
    mapping(address token => Sold) private _sold;

    bool private transient _locked;
    /// @dev The pool that may call back, and the token that it is paid with.
    address private transient _pool;
    address private transient _tokenIn;

    constructor(address vault_, address factory_) Timelocked(Timelocked(vault_).defaultTimelock()) {
        require(factory_ != address(0), ErrorsLib.ZeroAddress());
        vault = vault_;
        asset = IERC4626(vault_).asset();
        factory = factory_;
    }

    /* READS */

    /// @inheritdoc IRewardSeller
    function routeOf(address token) external view returns (Route memory) {
        return _routes[token];
    }

    /// @inheritdoc IRewardSeller
    function available(address token) public view returns (uint256) {
        Sold memory sold = _sold[token];
        uint256 left = BucketLib.available(sold.used, sold.updatedAt, _routes[token].perDay);
        return MathLib.min(token.balanceOf(address(this)), left);
    }

    /// @inheritdoc IRewardSeller
    function minimumProceeds(address token, uint256 amount) public view returns (uint256 minimum) {
        Route memory route = _routes[token];
        require(route.first.pool != address(0), ErrorsLib.NotForSale(token));
        (uint256 worth, address tokenOut) = _quote(route.first, token, amount);
        if (route.second.pool != address(0)) (worth, ) = _quote(route.second, tokenOut, worth);
        minimum = MathLib.mulDivUp(worth, MathLib.BPS - route.maxSlippageBps, MathLib.BPS);
        require(minimum != 0, ErrorsLib.WorthNothing(token, amount));
    }

    /* SALE */

    /// @inheritdoc IRewardSeller
    function sell(address token, uint256 amount) external returns (uint256 received) {
        require(!_locked, ErrorsLib.Reentered());
        _locked = true;
        // Reverts while the vault is at work.
        IVault(vault).accrue();

        require(!_isHeld(token), ErrorsLib.NotForSale(token));
        uint256 minimum = minimumProceeds(token, amount);
        uint256 most = available(token);
        require(amount <= most, ErrorsLib.SaleOutOfBounds(amount, most));
        Route memory route = _routes[token];
        Sold storage sold = _sold[token];
        // Both fit 128 bits: what is outstanding is at most the limit, and so is the sum.
        sold.used = uint128(BucketLib.outstanding(sold.used, sold.updatedAt, route.perDay) + amount);
        sold.updatedAt = uint40(block.timestamp);

        uint256 before = asset.balanceOf(vault);
        bool isDirect = route.second.pool == address(0);
        (uint256 proceeds, address tokenOut) = _swap(route.first.pool, token, amount, isDirect ? vault : address(this));
        if (!isDirect) _swap(route.second.pool, tokenOut, proceeds, vault);
        received = asset.balanceOf(vault) - before;
        require(received >= minimum, ErrorsLib.BelowMinimum(received, minimum));

        emit EventsLib.SellReward(msg.sender, token, amount, received);
        _locked = false;
    }

    /// @notice A pool asks for what it is owed, within `sell` only.
    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata) external {
        require(msg.sender == _pool, ErrorsLib.Unauthorized(msg.sender));
        // Once.
        _pool = address(0);
        _tokenIn.safeTransfer(msg.sender, uint256(amount0 > 0 ? amount0 : amount1));
    }

    /* CURATOR, TIMELOCKED */

    /// @inheritdoc IRewardSeller
    function setRoute(address token, Route calldata route) external {
        _checkTimelocked(_subject(token));
        require(!_isHeld(token), ErrorsLib.NotForSale(token));
        require(
            route.maxSlippageBps != 0 && route.maxSlippageBps <= MAX_SLIPPAGE_BPS,
            ErrorsLib.LimitOutOfBounds("maxSlippageBps")
        );
        require(route.perDay != 0, ErrorsLib.LimitOutOfBounds("perDay"));
        address tokenOut = _checkHop(route.first, token);
        if (route.second.pool != address(0)) tokenOut = _checkHop(route.second, tokenOut);
        require(tokenOut == asset, ErrorsLib.WrongAsset(asset, tokenOut));
        _routes[token] = route;
        emit EventsLib.SetRoute(msg.sender, token, route);
    }

    /* SENTINEL, CURATOR OR OWNER, AT ONCE */

    /// @inheritdoc IRewardSeller
    function lowerDailyLimit(address token, uint128 perDay) external {
        _checkMayReduceRisk();
        require(perDay < _routes[token].perDay, ErrorsLib.LimitLoosened("perDay"));
        _noteTightened(this.setRoute.selector, _subject(token));
        _routes[token].perDay = perDay;
        emit EventsLib.SetDailyLimit(msg.sender, token, perDay);
    }

    /// @inheritdoc IRewardSeller
    function removeRoute(address token) external {
        _checkMayReduceRisk();
        _noteTightened(this.setRoute.selector, _subject(token));
        delete _routes[token];
        emit EventsLib.RemoveRoute(msg.sender, token);
    }

    /* PRIVATE */

    /// @dev What the feeds say that `amount` is worth, rounded down. Reverts where pool and feeds disagree.
    function _quote(
        Hop memory hop,
        address tokenIn,
        uint256 amount
    ) private view returns (uint256 worth, address tokenOut) {
        IPriceGuard(hop.priceGuard).check(OracleUse.Required);
        (, uint256 price) = IPriceGuard(hop.priceGuard).prices();
        address token0 = IUniswapV3Pool(hop.pool).token0();
        if (tokenIn == token0) {
            tokenOut = IUniswapV3Pool(hop.pool).token1();
            worth = MathLib.mulDivDown(MathLib.mulDivDown(amount, price, Q96), price, Q96);
        } else {
            tokenOut = token0;
            worth = MathLib.mulDivDown(MathLib.mulDivDown(amount, Q96, price), Q96, price);
        }
    }

    /// @dev Sells exactly `amount`, whatever the price; `sell` judges the end.
    function _swap(
        address pool,
        address tokenIn,
        uint256 amount,
        address recipient
    ) private returns (uint256 proceeds, address tokenOut) {
        address token0 = IUniswapV3Pool(pool).token0();
        bool zeroForOne = tokenIn == token0;
        tokenOut = zeroForOne ? IUniswapV3Pool(pool).token1() : token0;
        (_pool, _tokenIn) = (pool, tokenIn);
        // At most a day's limit, or what a pool has paid: both fit 128 bits.
        (int256 amount0, int256 amount1) = IUniswapV3Pool(pool).swap(
            recipient,
            zeroForOne,
            int256(amount),
            zeroForOne ? LOWEST_SQRT_PRICE : HIGHEST_SQRT_PRICE,
            ""
        );
        _pool = address(0);
        (int256 taken, int256 paid) = zeroForOne ? (amount0, amount1) : (amount1, amount0);
        require(taken == int256(amount), ErrorsLib.PartialSale(uint256(taken), amount));
        proceeds = uint256(-paid);
    }

    /// @return tokenOut The other token of the pool.
    function _checkHop(Hop calldata hop, address tokenIn) private view returns (address tokenOut) {
        IUniswapV3Pool pool = IUniswapV3Pool(hop.pool);
        (address token0, address token1) = (pool.token0(), pool.token1());
        require(
            IUniswapV3Factory(factory).getPool(token0, token1, pool.fee()) == hop.pool &&
                (tokenIn == token0 || tokenIn == token1) &&
                IPriceGuard(hop.priceGuard).pool() == hop.pool,
            ErrorsLib.WrongPool(hop.pool)
        );
        return tokenIn == token0 ? token1 : token0;
    }

    /// @return True for what the vault holds: its asset, its shares, and tokens that are a position at a venue.
    function _isHeld(address token) private view returns (bool) {
        if (token == asset || token == vault) return true;
        address[] memory adapters = IVault(vault).adapters();
        for (uint256 i; i < adapters.length; ++i) {
            bytes32 kind = IAdapter(adapters[i]).kind();
            if (kind == bytes32("aave-v3") && token == IAaveV3Venue(adapters[i]).aToken()) return true;
            if (kind == bytes32("comet") && token == ICometVenue(adapters[i]).comet()) return true;
            if (kind == bytes32("erc4626") && token == IErc4626Venue(adapters[i]).target()) return true;
        }
        return false;
    }

    /* ROLES: THE VAULT'S */

    function _checkMayReduceRisk() private view {
        require(_isInOffice(msg.sender), ErrorsLib.Unauthorized(msg.sender));
    }

    function _isInOffice(address account) private view returns (bool) {
        IVault roles = IVault(vault);
        return account == roles.curator() || account == roles.owner() || roles.isSentinel(account);
    }

    function _mayPropose(bytes4, address account) internal view override returns (bool) {
        return account == IVault(vault).curator();
    }

    function _term() internal view override returns (uint32) {
        return IVault(vault).term();
    }

    function _mayRevoke(bytes4, address account) internal view override returns (bool) {
        return _isInOffice(account);
    }

    function _inSetup() internal view override returns (bool) {
        return IERC4626(vault).totalSupply() == 0;
    }
}
