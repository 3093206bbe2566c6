// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { MarketParams, MorphoMarket } from "../../../contracts/interfaces/external/IMorphoBlue.sol";
import { MockToken } from "./MockToken.sol";

interface IFlashBorrower {
    function onMorphoFlashLoan(uint256 assets, bytes calldata data) external;
}

/// @notice The supply side and the flash loans of Morpho Blue with settable debt. The real one is exercised on the devnet; this one reaches
/// full utilisation and dust.
contract MockMorpho {
    mapping(bytes32 => MorphoMarket) private _market;
    mapping(bytes32 => mapping(address => uint256)) public sharesOf;

    uint256 public shortBy;
    address public callbackTarget;
    bytes public callbackData;
    bytes public callbackResult;
    bool public callbackSucceeded;

    /// @dev Calls back at the end of each supply and withdrawal, as a hook of the asset would.
    function setCallback(address target, bytes calldata data) external {
        callbackTarget = target;
        callbackData = data;
    }

    function _callBack() private {
        if (callbackTarget == address(0)) return;
        (callbackSucceeded, callbackResult) = callbackTarget.call(callbackData);
    }

    /// @dev Gives shares for so much less than it takes.
    function setShortBy(uint256 assets) external {
        shortBy = assets;
    }

    function id(MarketParams memory params) public pure returns (bytes32) {
        return keccak256(abi.encode(params));
    }

    function market(bytes32 marketId) external view returns (MorphoMarket memory) {
        return _market[marketId];
    }

    function createMarket(MarketParams memory params) external {
        _market[id(params)].lastUpdate = uint128(block.timestamp);
    }

    function setBorrowed(MarketParams memory params, uint128 assets) external {
        _market[id(params)].totalBorrowAssets = assets;
    }

    function setFee(MarketParams memory params, uint128 fee) external {
        _market[id(params)].fee = fee;
    }

    function loseBadDebt(MarketParams memory params, uint128 assets) external {
        _market[id(params)].totalSupplyAssets -= assets;
    }

    function earn(MarketParams memory params, uint128 assets) external {
        MockToken(params.loanToken).mint(address(this), assets);
        _market[id(params)].totalSupplyAssets += assets;
    }

    function supply(
        MarketParams memory params,
        uint256 assets,
        uint256,
        address onBehalf,
        bytes memory
    ) external returns (uint256, uint256 shares) {
        MorphoMarket storage m = _market[id(params)];
        shares = ((assets - shortBy) * (m.totalSupplyShares + 1e6)) / (m.totalSupplyAssets + 1);
        sharesOf[id(params)][onBehalf] += shares;
        m.totalSupplyAssets += uint128(assets);
        m.totalSupplyShares += uint128(shares);
        MockToken(params.loanToken).transferFrom(msg.sender, address(this), assets);
        _callBack();
        return (assets, shares);
    }

    function flashLoan(address token, uint256 assets, bytes calldata data) external {
        MockToken(token).transfer(msg.sender, assets);
        IFlashBorrower(msg.sender).onMorphoFlashLoan(assets, data);
        MockToken(token).transferFrom(msg.sender, address(this), assets);
    }

    function withdraw(
        MarketParams memory params,
        uint256 assets,
        uint256 shares,
        address onBehalf,
        address receiver
    ) external returns (uint256, uint256) {
        MorphoMarket storage m = _market[id(params)];
        if (assets != 0) {
            shares = (assets * (m.totalSupplyShares + 1e6) + m.totalSupplyAssets) / (uint256(m.totalSupplyAssets) + 1);
        } else {
            assets = (shares * (uint256(m.totalSupplyAssets) + 1)) / (m.totalSupplyShares + 1e6);
        }
        sharesOf[id(params)][onBehalf] -= shares;
        m.totalSupplyAssets -= uint128(assets);
        m.totalSupplyShares -= uint128(shares);
        require(m.totalBorrowAssets <= m.totalSupplyAssets, "insufficient liquidity");
        MockToken(params.loanToken).transfer(receiver, assets);
        _callBack();
        return (assets, shares);
    }
}

/// @notice A constant borrow rate per second, 1e18 = 100 %.
contract MockIrm {
    uint256 public immutable rate;

    constructor(uint256 rate_) {
        rate = rate_;
    }

    function borrowRateView(MarketParams memory, MorphoMarket memory) external view returns (uint256) {
        return rate;
    }
}

/// @notice A rate model that fails in one of many ways.
contract MockBrokenIrm {
    enum Way {
        Works,
        Reverts,
        BurnsAllGas,
        ReturnsNothing,
        ReturnsTooMuch
    }

    Way public way;
    uint256 public immutable rate;

    constructor(uint256 rate_) {
        rate = rate_;
    }

    function setWay(Way newWay) external {
        way = newWay;
    }

    function borrowRateView(MarketParams memory, MorphoMarket memory) external view returns (uint256 result) {
        if (way == Way.Reverts) revert("broken");
        if (way == Way.BurnsAllGas) {
            while (true) result += 1;
        }
        if (way == Way.ReturnsNothing) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        return way == Way.ReturnsTooMuch ? type(uint256).max : rate;
    }
}
