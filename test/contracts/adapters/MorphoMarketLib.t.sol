// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { MorphoBlueAdapter } from "../../../contracts/adapters/MorphoBlueAdapter.sol";
import { IMorphoIrm, MarketParams, MorphoMarket } from "../../../contracts/interfaces/external/IMorphoBlue.sol";
import { MarketFrame, MorphoMarketLib } from "../../../contracts/libraries/MorphoMarketLib.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockBrokenIrm } from "../mocks/MockMorpho.sol";

/// @notice The assembly of `MorphoMarketLib` against the same steps in plain Solidity, over states that no market gets to.
contract MorphoMarketLibTest is Fixture {
    using MorphoMarketLib for MarketFrame;

    MorphoMarket private _state;
    MockBrokenIrm private irm;
    uint256 private borrowRate;

    function setUp() public override {
        vm.warp(1_800_000_000);
    }

    /* THIS CONTRACT IS MORPHO AND ITS RATE MODEL */

    function market(bytes32) external view returns (MorphoMarket memory) {
        return _state;
    }

    /// @dev Depends on every word that it is given, so a word out of place shows.
    function borrowRateView(MarketParams memory params, MorphoMarket memory state) external view returns (uint256) {
        return uint256(keccak256(abi.encode(params, state))) % (borrowRate + 1);
    }

    /* PLAIN */

    function _plain(MarketParams memory params, uint256 shares) private view returns (uint256) {
        MorphoMarket memory m = _state;
        uint256 elapsed = block.timestamp - m.lastUpdate;
        uint256 totalAssets = m.totalSupplyAssets;
        uint256 totalShares = m.totalSupplyShares;
        if (elapsed != 0 && params.irm != address(0)) {
            uint256 x = IMorphoIrm(params.irm).borrowRateView(params, m) * elapsed;
            uint256 y = (x * x) / 2e18;
            uint256 interest = (m.totalBorrowAssets * (x + y + (y * x) / 3e18)) / 1e18;
            totalAssets += interest;
            uint256 fee = (interest * m.fee) / 1e18;
            totalShares += (fee * (totalShares + 1e6)) / (totalAssets - fee + 1);
        }
        return (shares * (totalAssets + 1)) / (totalShares + 1e6);
    }

    function _read(MarketFrame frame, MarketParams memory params) private view {
        uint256 place;
        assembly ("memory-safe") {
            place := params
        }
        frame.read(address(this), bytes32(0), place);
    }

    function readFor(MarketParams calldata params, uint256 shares) external view returns (uint256 assets, bool) {
        MarketFrame frame = MorphoMarketLib.newFrame();
        frame.readFor(address(this), bytes32(0), params);
        return frame.expectedAssets(shares);
    }

    function worth(MarketParams memory params, uint256 shares) public view returns (uint256 assets, bool isSound) {
        MarketFrame frame = MorphoMarketLib.newFrame();
        _read(frame, params);
        assertEq(frame.exists(), _state.lastUpdate != 0);
        return frame.expectedAssets(shares);
    }

    function testFuzz_theFrameReckonsAsPlainSolidityDoes(
        MarketParams memory params,
        MorphoMarket memory state,
        uint256 shares,
        uint256 rate,
        bool hasIrm
    ) public {
        state.totalSupplyAssets = uint128(bound(state.totalSupplyAssets, 0, 1e33));
        state.totalSupplyShares = uint128(bound(state.totalSupplyShares, 0, 1e36));
        state.totalBorrowAssets = uint128(bound(state.totalBorrowAssets, 0, state.totalSupplyAssets));
        state.lastUpdate = uint128(bound(state.lastUpdate, vm.getBlockTimestamp() - 900 days, vm.getBlockTimestamp()));
        state.fee = uint128(bound(state.fee, 0, 0.25e18));
        borrowRate = bound(rate, 0, uint256(8e18) / 365 days);
        params.irm = hasIrm ? address(this) : address(0);
        _state = state;
        shares = bound(shares, 0, state.totalSupplyShares);
        (uint256 assets, bool isSound) = worth(params, shares);
        assertTrue(isSound);
        assertEq(assets, _plain(params, shares));
        (assets, isSound) = this.readFor(params, shares);
        assertTrue(isSound);
        assertEq(assets, _plain(params, shares));
    }

    function test_twoMarketsInOneFrameDoNotMix() public {
        borrowRate = 1e9;
        _state = MorphoMarket(1e12, 1e18, 9e11, 1e18, uint128(vm.getBlockTimestamp() - 1 days), 0);
        MarketParams memory first = MarketParams(address(1), address(2), address(3), address(this), 4);
        MarketParams memory second = MarketParams(address(5), address(6), address(7), address(this), 8);
        MarketFrame frame = MorphoMarketLib.newFrame();
        _read(frame, first);
        (uint256 before, ) = frame.expectedAssets(1e17);
        _read(frame, second);
        (uint256 other, ) = frame.expectedAssets(1e17);
        _read(frame, first);
        (uint256 again, ) = frame.expectedAssets(1e17);
        assertEq(before, again);
        assertEq(before, _plain(first, 1e17));
        assertEq(other, _plain(second, 1e17));
    }

    /* A RATE MODEL THAT FAILS */

    function _broken(MockBrokenIrm.Way way) private returns (MarketParams memory) {
        irm = new MockBrokenIrm(1e9);
        irm.setWay(way);
        _state = MorphoMarket(1e12, 1e18, 9e11, 1e18, uint128(vm.getBlockTimestamp() - 1 days), 0);
        return MarketParams(address(1), address(2), address(3), address(irm), 4);
    }

    function test_aModelThatFailsInAnyWayLeavesWhatWasBooked() public {
        for (uint256 way = 1; way <= 4; ++way) {
            MarketParams memory params = _broken(MockBrokenIrm.Way(way));
            (uint256 assets, bool isSound) = worth(params, 1e17);
            assertFalse(isSound);
            assertEq(assets, (1e17 * (1e12 + 1)) / uint256(1e18 + 1e6));
        }
    }

    function test_aModelWithoutCodeFailsToo() public {
        MarketParams memory params = _broken(MockBrokenIrm.Way.Works);
        params.irm = address(0xdead);
        (, bool isSound) = worth(params, 1e17);
        assertFalse(isSound);
    }

    function test_interestThatMorphoCouldNotBookIsAFailure() public {
        MarketParams memory params = _broken(MockBrokenIrm.Way.Works);
        _state.totalSupplyAssets = type(uint128).max;
        _state.totalBorrowAssets = type(uint128).max;
        (, bool isSound) = worth(params, 1e17);
        assertFalse(isSound);
    }

    /// @dev Whoever calls with little gas gets the true worth or nothing at all, never one without the interest due.
    function test_aCallerCannotStarveTheModel() public {
        MarketParams memory params = _broken(MockBrokenIrm.Way.Works);
        (uint256 right, ) = worth(params, 1e17);
        uint256 failures;
        for (uint256 gasLimit = 3_000; gasLimit < 60_000; gasLimit += 97) {
            try this.worth{ gas: gasLimit }(params, 1e17) returns (uint256 assets, bool isSound) {
                assertTrue(isSound);
                assertEq(assets, right);
            } catch {
                ++failures;
            }
        }
        assertGt(failures, 0);
    }

    function test_aModelThatEatsAllItsGasIsToldApartFromACallerWhoGivesLittle() public {
        MarketParams memory params = _broken(MockBrokenIrm.Way.BurnsAllGas);
        (, bool isSound) = this.worth{ gas: 300_000 }(params, 1e17);
        assertFalse(isSound);
        vm.expectRevert(ErrorsLib.OutOfGas.selector);
        this.worth{ gas: 150_000 }(params, 1e17);
    }
}
