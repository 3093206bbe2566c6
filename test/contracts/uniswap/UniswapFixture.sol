// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { FixedPointMathLib } from "solady/utils/FixedPointMathLib.sol";
import { TickMath } from "@uniswap/v4-core/src/libraries/TickMath.sol";
import { UniswapV3Adapter, Range, RangeBounds } from "../../../contracts/adapters/UniswapV3Adapter.sol";
import { IUniswapV3Pool } from "../../../contracts/interfaces/external/IUniswapV3.sol";
import { Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { Feed, PriceGuard, PriceGuardConfig } from "../../../contracts/oracle/PriceGuard.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { Fixture } from "../Fixture.sol";
import { Deployed } from "../Deployed.sol";
import { MockFeed } from "../mocks/MockFeed.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { Trader } from "./Trader.sol";

interface IFactory {
    function enableFeeAmount(uint24 fee, int24 tickSpacing) external;

    function createPool(address tokenA, address tokenB, uint24 fee) external returns (address pool);
}

interface IPoolSetup {
    function initialize(uint160 sqrtPriceX96) external;

    function increaseObservationCardinalityNext(uint16 next) external;
}

/// @notice A seeded vault with an adapter on a pool of the real Uniswap v3: factory and pool are the bytecode that its
/// package v3-core ships. Only tokens and feeds are mocks.
abstract contract UniswapFixture is Fixture {
    struct Setup {
        uint8 assetDecimals;
        uint8 otherDecimals;
        bool assetIsToken0;
        uint256 priceE8; // of the other token in asset
        uint24 fee;
        int24 tickSpacing;
    }

    uint32 internal constant TWAP_SECONDS = 30 minutes;
    uint16 internal constant SPOT_BPS = 100;
    uint16 internal constant ORACLE_BPS = 100;

    MockToken internal other;
    IUniswapV3Pool internal pool;
    Trader internal trader;
    MockFeed internal assetFeed;
    MockFeed internal otherFeed;
    PriceGuard internal priceGuard;
    UniswapV3Adapter internal adapter;
    Setup internal setup_;
    /// @dev One asset, in its units.
    uint256 internal one;
    int24 internal startTick;

    function setUp() public virtual override {
        _open(Setup(6, 6, true, 1e8, 100, 1));
    }

    /// @dev Builds everything anew.
    function _open(Setup memory chosen) internal {
        vm.warp(1_800_000_000);
        setup_ = chosen;
        one = 10 ** chosen.assetDecimals;
        token = new MockToken(chosen.assetDecimals);
        do {
            other = new MockToken(chosen.otherDecimals);
        } while ((address(token) < address(other)) != chosen.assetIsToken0);
        _openPool();
        (vault, guard) = _newVault(address(token));
        priceGuard = PriceGuard(Deployed.create("PriceGuard", abi.encode(_guardConfig())));
        adapter = UniswapV3Adapter(
            Deployed.create("UniswapV3Adapter", abi.encode(address(vault), address(priceGuard), _bounds()))
        );
        _configureVault();
        _fund(owner, 10 * one);
        vm.startPrank(owner);
        token.approve(address(vault), 10 * one);
        vault.deposit(10 * one, DEAD);
        vault.setCurator(curator);
        vm.stopPrank();
    }

    function _openPool() private {
        string memory path =
            "node_modules/@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json";
        bytes memory code = vm.parseJsonBytes(vm.readFile(path), ".bytecode");
        address factory;
        assembly ("memory-safe") {
            factory := create(0, add(code, 0x20), mload(code))
        }
        // The factory has 0.05 %, 0.3 % and 1 % from birth.
        if (setup_.fee == 100) IFactory(factory).enableFeeAmount(100, 1);
        pool = IUniswapV3Pool(IFactory(factory).createPool(address(token), address(other), setup_.fee));
        trader = new Trader(address(pool));
        assetFeed = new MockFeed(8, 1e8);
        otherFeed = new MockFeed(8, int256(setup_.priceE8));

        IPoolSetup(address(pool)).initialize(_sqrtPrice(setup_.priceE8));
        IPoolSetup(address(pool)).increaseObservationCardinalityNext(200);
        (, startTick, , , , , ) = pool.slot0();
        skip(12);
        // Deep around the price, and something everywhere.
        trader.mint(address(trader), _aligned(startTick - 6000), _aligned(startTick + 6000), _depth(20_000_000));
        skip(2 * TWAP_SECONDS);
        otherFeed.set(int256(setup_.priceE8));
        assetFeed.set(1e8);
    }

    function _configureVault() private {
        bytes32[3] memory ids = [
            IdsLib.protocol(address(pool)),
            IdsLib.held(address(other)),
            IdsLib.venue(address(adapter), _range(100))
        ];
        vm.startPrank(owner);
        vault.addAdapter(address(adapter));
        for (uint256 i; i < 3; ++i) {
            vault.increaseAbsoluteCap(ids[i], type(uint128).max);
            vault.increaseRelativeCap(ids[i], uint64(WAD));
        }
        vault.addSentinel(sentinel);
        vault.setGuard(address(guard));
        guard.addKeeper(keeper);
        vm.stopPrank();
    }

    function _guardConfig() internal view virtual returns (PriceGuardConfig memory) {
        Feed memory ofAsset = Feed(address(assetFeed), 1 days, 0.5e8, 2e8);
        Feed memory ofOther = Feed(
            address(otherFeed),
            1 days,
            uint128(setup_.priceE8 / 2),
            uint128(setup_.priceE8 * 2)
        );
        return
            PriceGuardConfig({
                pool: address(pool),
                feed0: setup_.assetIsToken0 ? ofAsset : ofOther,
                feed1: setup_.assetIsToken0 ? ofOther : ofAsset,
                sequencerFeed: address(0),
                sequencerGraceSeconds: 0,
                twapSeconds: TWAP_SECONDS,
                blockSeconds: 12,
                maxSpotDeviationBps: SPOT_BPS,
                maxOracleDeviationBps: ORACLE_BPS
            });
    }

    function _bounds() internal view virtual returns (RangeBounds memory) {
        return
            RangeBounds({
                tickMin: startTick - 2000,
                tickMax: startTick + 2000,
                minWidth: 10,
                maxWidth: 4000,
                maxSlippageBps: 50
            });
    }

    /* MATHEMATICS */

    /// @return Square root of token1 units per token0 unit for a price of the other token in asset, 2^96 = 1.
    function _sqrtPrice(uint256 priceE8) internal view returns (uint160) {
        uint256 assetUnits = priceE8 * 10 ** setup_.assetDecimals;
        uint256 otherUnits = 1e8 * 10 ** setup_.otherDecimals;
        (uint256 n, uint256 d) = setup_.assetIsToken0 ? (otherUnits, assetUnits) : (assetUnits, otherUnits);
        return uint160(FixedPointMathLib.sqrt(FixedPointMathLib.fullMulDiv(n, 1 << 192, d)));
    }

    /// @return Liquidity whose two sides are together worth about `assets` whole units in a range of 60 % around the price.
    function _depth(uint256 assets) internal view returns (uint128) {
        (uint160 price, , , , , , ) = pool.slot0();
        uint256 q96 = 1 << 96;
        uint256 root = setup_.assetIsToken0 ? price : FixedPointMathLib.fullMulDiv(q96, q96, price);
        // amount0 = L x (1/p - 1/p_upper) with p_upper = p x 1.35.
        return uint128((FixedPointMathLib.fullMulDiv((assets * one) / 2, root, q96) * 100) / 26);
    }

    function _aligned(int24 tick) internal view returns (int24) {
        int24 spacing = setup_.tickSpacing;
        int24 rest = tick % spacing;
        return tick - (rest < 0 ? rest + spacing : rest);
    }

    /// @return Data of the range around the first price with this half width.
    function _range(int24 halfWidth) internal view returns (bytes memory) {
        return _range(startTick - halfWidth, startTick + halfWidth);
    }

    function _range(int24 lower, int24 upper) internal view returns (bytes memory) {
        return abi.encode(_aligned(lower), _aligned(upper));
    }

    function _spot() internal view returns (uint160 price) {
        (price, , , , , , ) = pool.slot0();
    }

    function _spotTick() internal view returns (int24 tick) {
        (, tick, , , , , ) = pool.slot0();
    }

    /* ACTIONS */

    function _allocate(bytes memory data, uint256 assets) internal returns (int256 change) {
        _fund(address(adapter), assets);
        vm.prank(address(vault));
        (, change) = adapter.allocate(data, assets);
    }

    function _deallocate(bytes memory data, uint256 assets) internal returns (uint256 received) {
        uint256 before = token.balanceOf(address(vault));
        vm.prank(address(vault));
        adapter.deallocate(data, assets);
        return token.balanceOf(address(vault)) - before;
    }

    /// @dev Asset in the vault and the value of the position.
    function _wealth() internal view returns (uint256) {
        return token.balanceOf(address(vault)) + adapter.realAssets();
    }

    /// @dev Others trade back and forth, which pays fees, and end where they began.
    function _trade(uint256 times) internal {
        uint160 price = _spot();
        for (uint256 i; i < times; ++i) {
            trader.swapTo(uint160((uint256(price) * 1002) / 1000));
            trader.swapTo(uint160((uint256(price) * 998) / 1000));
        }
        trader.swapTo(price);
    }

    /// @dev Lets the mean price forget what has happened.
    function _settlePrices() internal {
        skip(TWAP_SECONDS + 12);
        _refreshFeeds();
    }

    function _refreshFeeds() internal {
        assetFeed.set(1e8);
        otherFeed.set(int256(setup_.priceE8));
    }
}
