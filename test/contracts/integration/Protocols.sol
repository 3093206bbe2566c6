// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { IAaveV3Pool } from "../../../contracts/interfaces/external/IAaveV3Pool.sol";
import { IComet } from "../../../contracts/interfaces/external/IComet.sol";
import { IMorphoBlue, MarketParams } from "../../../contracts/interfaces/external/IMorphoBlue.sol";

/// @dev What the integration tests need of the real protocols beyond what the adapters use.

interface IMintable {
    function mint(address to, uint256 amount) external;
}

interface IWeth {
    function deposit() external payable;
}

interface IPool is IAaveV3Pool {
    function borrow(address asset, uint256 amount, uint256 rateMode, uint16 referralCode, address onBehalfOf) external;

    function flashLoanSimple(
        address receiver,
        address asset,
        uint256 amount,
        bytes calldata params,
        uint16 referralCode
    ) external;

    function FLASHLOAN_PREMIUM_TOTAL() external view returns (uint128);
}

interface IPoolConfigurator {
    function setReserveFreeze(address asset, bool freeze) external;

    function setReservePause(address asset, bool paused) external;

    function setReserveActive(address asset, bool active) external;

    function setSupplyCap(address asset, uint256 cap) external;
}

interface ICometMarket is IComet {
    function withdraw(address asset, uint256 amount) external;

    function pause(
        bool supplyPaused,
        bool transferPaused,
        bool withdrawPaused,
        bool absorbPaused,
        bool buyPaused
    ) external;

    function borrowBalanceOf(address account) external view returns (uint256);
}

interface IMorpho is IMorphoBlue {
    struct Position {
        uint256 supplyShares;
        uint128 borrowShares;
        uint128 collateral;
    }

    function createMarket(MarketParams memory params) external;

    function accrueInterest(MarketParams memory params) external;

    function position(bytes32 id, address user) external view returns (Position memory);

    function supplyCollateral(MarketParams memory params, uint256 assets, address onBehalf, bytes memory data) external;

    function borrow(
        MarketParams memory params,
        uint256 assets,
        uint256 shares,
        address onBehalf,
        address receiver
    ) external returns (uint256, uint256);

    function setFee(MarketParams memory params, uint256 newFee) external;

    function setFeeRecipient(address newFeeRecipient) external;
}

interface ISavings is IERC4626 {
    function setRate(uint256 newRatePerYearWad) external;

    function fund(uint256 assets) external;

    function owner() external view returns (address);
}

/// @notice Morpho's oracle of one price, 1e36 = one unit of loan for one unit of collateral.
contract FixedPrice {
    uint256 public immutable price;

    constructor(uint256 price_) {
        price = price_;
    }
}

interface IFeedSetup {
    function setAnswer(int256 answer) external;
}

interface IPoolMemory {
    function increaseObservationCardinalityNext(uint16 next) external;
}

interface INonfungiblePositionManager {
    struct MintParams {
        address token0;
        address token1;
        uint24 fee;
        int24 tickLower;
        int24 tickUpper;
        uint256 amount0Desired;
        uint256 amount1Desired;
        uint256 amount0Min;
        uint256 amount1Min;
        address recipient;
        uint256 deadline;
    }

    struct CollectParams {
        uint256 tokenId;
        address recipient;
        uint128 amount0Max;
        uint128 amount1Max;
    }

    function mint(
        MintParams calldata params
    ) external returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1);

    function collect(CollectParams calldata params) external returns (uint256 amount0, uint256 amount1);
}
