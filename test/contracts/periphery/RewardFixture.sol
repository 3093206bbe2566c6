// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { FixedPointMathLib } from "solady/utils/FixedPointMathLib.sol";
import { RewardSeller } from "../../../contracts/periphery/RewardSeller.sol";
import { Hop, Route } from "../../../contracts/interfaces/IRewardSeller.sol";
import { IUniswapV3Pool } from "../../../contracts/interfaces/external/IUniswapV3.sol";
import { Feed, PriceGuardConfig } from "../../../contracts/oracle/PriceGuard.sol";
import { Deployed } from "../Deployed.sol";
import { Fixture } from "../Fixture.sol";
import { MockFeed } from "../mocks/MockFeed.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { Trader } from "../uniswap/Trader.sol";

interface IFactory {
    function createPool(address tokenA, address tokenB, uint24 fee) external returns (address);
}

interface IPoolSetup {
    function initialize(uint160 sqrtPriceX96) external;

    function increaseObservationCardinalityNext(uint16 next) external;
}

/// @notice The fixture's vault and a seller of two rewards through pools of the real Uniswap v3, whose bytecode its package
/// ships: one token straight into the asset at 50, another by way of ether, at 0.02 ether of 2,500.
abstract contract RewardFixture is Fixture {
    uint256 internal constant ETHER = 1e18;
    uint16 internal constant SLIPPAGE_BPS = 100;
    uint128 internal constant PER_DAY = uint128(1_000 * ETHER);

    struct Market {
        IUniswapV3Pool pool;
        Trader trader;
        address priceGuard;
    }

    address internal factory;
    MockToken internal direct;
    MockToken internal indirect;
    MockToken internal weth;
    MockFeed internal assetFeed;
    MockFeed internal directFeed;
    MockFeed internal indirectFeed;
    MockFeed internal wethFeed;
    Market internal directMarket;
    Market internal firstMarket;
    Market internal secondMarket;
    RewardSeller internal seller;

    function _configure() internal virtual override {
        super._configure();
        string memory path =
            "node_modules/@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json";
        bytes memory code = vm.parseJsonBytes(vm.readFile(path), ".bytecode");
        address created;
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        factory = created;
        direct = _newReward();
        indirect = _newReward();
        weth = new MockToken(18);
        assetFeed = new MockFeed(8, 1e8);
        directFeed = new MockFeed(8, 50e8);
        indirectFeed = new MockFeed(8, 50e8);
        wethFeed = new MockFeed(8, 2_500e8);
        // Depth at the price: 100 million dollars on each side.
        directMarket = _openPool(direct, token, 3000, 2_000_000 * ETHER, 100_000_000 * UNIT);
        firstMarket = _openPool(indirect, weth, 3000, 2_000_000 * ETHER, 40_000 * ETHER);
        secondMarket = _openPool(weth, token, 500, 40_000 * ETHER, 100_000_000 * UNIT);
        skip(1 hours);
        _refreshFeeds();
        directMarket.priceGuard = _newGuard(directMarket.pool, direct, directFeed, assetFeed);
        firstMarket.priceGuard = _newGuard(firstMarket.pool, indirect, indirectFeed, wethFeed);
        secondMarket.priceGuard = _newGuard(secondMarket.pool, weth, wethFeed, assetFeed);

        seller = RewardSeller(Deployed.create("RewardSeller", abi.encode(address(vault), factory)));
        vm.startPrank(owner);
        seller.setRoute(address(direct), _directRoute());
        seller.setRoute(address(indirect), _indirectRoute());
        vm.stopPrank();
    }

    function _newReward() internal virtual returns (MockToken) {
        return new MockToken(18);
    }

    function _directRoute() internal view returns (Route memory) {
        return Route(_hop(directMarket), Hop(address(0), address(0)), SLIPPAGE_BPS, PER_DAY);
    }

    function _indirectRoute() internal view returns (Route memory) {
        return Route(_hop(firstMarket), _hop(secondMarket), SLIPPAGE_BPS, PER_DAY);
    }

    function _hop(Market memory market) internal pure returns (Hop memory) {
        return Hop(address(market.pool), market.priceGuard);
    }

    function _refreshFeeds() internal {
        assetFeed.set(1e8);
        directFeed.set(50e8);
        indirectFeed.set(50e8);
        wethFeed.set(2_500e8);
    }

    /// @dev `amountA` is worth `amountB`; both are the depth at the price.
    function _openPool(
        MockToken a,
        MockToken b,
        uint24 fee,
        uint256 amountA,
        uint256 amountB
    ) internal returns (Market memory market) {
        market.pool = IUniswapV3Pool(IFactory(factory).createPool(address(a), address(b), fee));
        market.trader = new Trader(address(market.pool));
        bool aIsFirst = address(a) < address(b);
        (uint256 amount0, uint256 amount1) = aIsFirst ? (amountA, amountB) : (amountB, amountA);
        IPoolSetup(address(market.pool)).initialize(
            uint160(FixedPointMathLib.sqrt(FixedPointMathLib.fullMulDiv(amount1, 1 << 192, amount0)))
        );
        IPoolSetup(address(market.pool)).increaseObservationCardinalityNext(200);
        skip(12);
        (, int24 tick, , , , , ) = market.pool.slot0();
        int24 spacing = market.pool.tickSpacing();
        int24 middle = (tick / spacing) * spacing;
        uint128 depth = uint128(FixedPointMathLib.sqrt(amount0 * amount1));
        market.trader.mint(address(market.trader), middle - 6000, middle + 6000, depth);
    }

    function _newGuard(IUniswapV3Pool pool, MockToken a, MockFeed feedA, MockFeed feedB) internal returns (address) {
        Feed memory ofA = Feed(address(feedA), 1 days, 1, type(uint64).max);
        Feed memory ofB = Feed(address(feedB), 1 days, 1, type(uint64).max);
        bool aIsFirst = pool.token0() == address(a);
        PriceGuardConfig memory config = PriceGuardConfig({
            pool: address(pool),
            feed0: aIsFirst ? ofA : ofB,
            feed1: aIsFirst ? ofB : ofA,
            sequencerFeed: address(0),
            sequencerGraceSeconds: 0,
            twapSeconds: 30 minutes,
            blockSeconds: 12,
            maxSpotDeviationBps: 100,
            maxOracleDeviationBps: 100
        });
        return Deployed.create("PriceGuard", abi.encode(config));
    }

    function _reward(MockToken reward, uint256 amount) internal {
        reward.mint(address(seller), amount);
    }
}
