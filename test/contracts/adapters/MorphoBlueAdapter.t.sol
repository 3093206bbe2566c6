// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { MorphoBlueAdapter } from "../../../contracts/adapters/MorphoBlueAdapter.sol";
import { MarketParams } from "../../../contracts/interfaces/external/IMorphoBlue.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockBrokenIrm, MockIrm, MockMorpho } from "../mocks/MockMorpho.sol";
import { Deployed } from "../Deployed.sol";

/// forge-config: default.isolate = true
contract MorphoBlueAdapterTest is Fixture {
    MockMorpho private morpho;
    MorphoBlueAdapter private adapter;
    MarketParams private weth;
    MarketParams private wbtc;

    function setUp() public override {
        super.setUp();
        morpho = new MockMorpho();
        adapter = MorphoBlueAdapter(Deployed.create("MorphoBlueAdapter", abi.encode(address(vault), address(morpho))));
        address irm = address(new MockIrm(uint256(0.1e18) / 365 days));
        weth = MarketParams(address(token), makeAddr("weth"), makeAddr("oracle"), irm, 0.86e18);
        wbtc = MarketParams(address(token), makeAddr("wbtc"), makeAddr("oracle"), irm, 0.77e18);
        morpho.createMarket(weth);
        morpho.createMarket(wbtc);
    }

    function _allocate(MarketParams memory params, uint256 assets) private returns (int256 change) {
        _fund(address(adapter), assets);
        vm.prank(address(vault));
        (, change) = adapter.allocate(abi.encode(params), assets);
    }

    function _deallocate(MarketParams memory params, uint256 assets) private {
        vm.prank(address(vault));
        adapter.deallocate(abi.encode(params), assets);
    }

    function test_aMarketCountsAgainstVenueCollateralAndOracle() public view {
        assertEq(adapter.kind(), "morpho-blue");
        bytes32[] memory ids = adapter.ids(abi.encode(weth));
        assertEq(ids.length, 4);
        assertEq(ids[0], IdsLib.venue(address(adapter), abi.encode(weth)));
        assertEq(ids[1], IdsLib.collateral(weth.collateralToken));
        assertEq(ids[2], IdsLib.oracle(weth.oracle));
        assertEq(ids[3], IdsLib.protocol(address(morpho)));
        assertEq(adapter.liquidityId(abi.encode(weth)), IdsLib.market(address(morpho), morpho.id(weth)));
        assertTrue(adapter.exact());
        bytes32[] memory others = adapter.ids(abi.encode(wbtc));
        assertTrue(others[0] != ids[0] && others[1] != ids[1]);
        assertEq(others[2], ids[2]);
        assertEq(others[3], ids[3]);
        assertTrue(adapter.liquidityId(abi.encode(wbtc)) != adapter.liquidityId(abi.encode(weth)));
    }

    function test_dataIsExactlyOneMarketOfTheAsset() public {
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        adapter.ids("");
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        adapter.ids(abi.encodePacked(abi.encode(weth), uint256(0)));
        // No bit may hide above an address: the market would be another one to Morpho.
        for (uint256 i; i < 4; ++i) {
            bytes memory dirty = abi.encode(weth);
            dirty[i * 32 + 11] = 0x01;
            vm.expectRevert(ErrorsLib.UnexpectedData.selector);
            adapter.ids(dirty);
        }
        MarketParams memory foreign = weth;
        foreign.loanToken = anyone;
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WrongAsset.selector, address(token), anyone));
        adapter.ids(abi.encode(foreign));
    }

    function test_realAssetsIsTheSumOverMarketsWithInterestDue() public {
        _fund(address(adapter), 1000 * UNIT);
        vm.expectEmit(address(adapter));
        emit EventsLib.AddMarket(keccak256(abi.encode(weth)));
        vm.prank(address(vault));
        adapter.allocate(abi.encode(weth), 1000 * UNIT);
        _allocate(wbtc, 500 * UNIT);
        _allocate(weth, 10 * UNIT);
        assertEq(adapter.markets().length, 2);
        assertApproxEqAbs(adapter.realAssets(), 1510 * UNIT, 3);

        morpho.setBorrowed(weth, uint128(505 * UNIT));
        skip(365 days);
        // Half is lent at 10 %, compounded.
        assertApproxEqAbs(adapter.venueAssets(abi.encode(weth)), 1063_090_000, 50_000);
        assertApproxEqAbs(adapter.realAssets(), 1563_090_000, 50_000);
        morpho.setFee(weth, 0.5e18);
        assertApproxEqAbs(adapter.venueAssets(abi.encode(weth)), 1036_550_000, 50_000);
    }

    function test_giftsDoNotCount() public {
        _allocate(weth, 1000 * UNIT);
        _fund(anyone, 500 * UNIT);
        vm.startPrank(anyone);
        token.approve(address(morpho), 500 * UNIT);
        morpho.supply(weth, 500 * UNIT, 0, address(adapter), "");
        vm.stopPrank();
        assertApproxEqAbs(adapter.realAssets(), 1000 * UNIT, 1);
        vm.prank(address(vault));
        vm.expectPartialRevert(ErrorsLib.PositionTooSmall.selector);
        adapter.deallocate(abi.encode(weth), 1001 * UNIT);
        _deallocate(weth, WHOLE);
        assertApproxEqAbs(token.balanceOf(address(vault)), SEED + 1000 * UNIT, 1);
        assertEq(adapter.realAssets(), 0);
    }

    function test_badDebtLowersTheValueAtOnce() public {
        _allocate(weth, 1000 * UNIT);
        morpho.loseBadDebt(weth, uint128(100 * UNIT));
        assertApproxEqAbs(adapter.realAssets(), 900 * UNIT, 1);
    }

    function test_onlyWhatIsNotLentIsWithdrawable() public {
        _allocate(weth, 1000 * UNIT);
        assertApproxEqAbs(adapter.withdrawable(abi.encode(weth)), 1000 * UNIT, 1);
        morpho.setBorrowed(weth, uint128(970 * UNIT));
        assertEq(adapter.withdrawable(abi.encode(weth)), 30 * UNIT);
        morpho.setBorrowed(weth, uint128(1000 * UNIT));
        assertEq(adapter.withdrawable(abi.encode(weth)), 0);
        assertEq(adapter.withdrawable(abi.encode(wbtc)), 0);
    }

    function test_onlyMarketsThatExistTakeDeposits() public {
        assertGt(adapter.depositable(abi.encode(weth)), 1e18);
        MarketParams memory missing = weth;
        missing.lltv = 0.5e18;
        assertEq(adapter.depositable(abi.encode(missing)), 0);
    }

    function test_aMarketIsForgottenOnlyWhenEmptyAndWithoutCap() public {
        bytes32 marketId = keccak256(abi.encode(weth));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MarketInUse.selector, marketId));
        adapter.removeMarket(weth);
        _allocate(weth, 1000 * UNIT);
        _allocate(wbtc, 1000 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MarketInUse.selector, marketId));
        adapter.removeMarket(weth);
        _deallocate(weth, WHOLE);
        vm.prank(anyone);
        adapter.removeMarket(weth);
        assertEq(adapter.markets().length, 1);
        assertEq(adapter.markets()[0].collateralToken, wbtc.collateralToken);
        assertEq(adapter.supplyShares(marketId), 0);
        _allocate(weth, 10 * UNIT);
        assertEq(adapter.markets().length, 2);
    }

    /// @dev The list would close up under the market that moves, and its new shares would be booked on nobody.
    function test_noMarketIsForgottenWhileAnotherMoves() public {
        _allocate(weth, 1000 * UNIT);
        _allocate(wbtc, 1000 * UNIT);
        _deallocate(weth, WHOLE);
        morpho.setCallback(address(adapter), abi.encodeCall(MorphoBlueAdapter.removeMarket, (weth)));
        _deallocate(wbtc, 400 * UNIT);
        assertFalse(morpho.callbackSucceeded());
        assertEq(morpho.callbackResult(), abi.encodeWithSelector(ErrorsLib.Reentered.selector));
        _allocate(wbtc, 100 * UNIT);
        assertFalse(morpho.callbackSucceeded());
        assertApproxEqAbs(adapter.realAssets(), 700 * UNIT, 3);
        assertEq(adapter.supplyShares(morpho.id(wbtc)), morpho.sharesOf(morpho.id(wbtc), address(adapter)));
        adapter.removeMarket(weth);
        assertApproxEqAbs(adapter.realAssets(), 700 * UNIT, 3);
    }

    /// @dev Shares lie in the order of the list, two in a slot: whichever goes, the others keep theirs.
    function testFuzz_forgettingAMarketKeepsTheSharesOfTheOthers(uint256 seed) public {
        uint256 count = 2 + (seed % 5);
        MarketParams[] memory followed = new MarketParams[](count);
        for (uint256 i; i < count; ++i) {
            MarketParams memory params = weth;
            followed[i] = MarketParams(params.loanToken, params.collateralToken, params.oracle, params.irm, i);
            morpho.createMarket(followed[i]);
            _allocate(followed[i], (i + 1) * 1000 * UNIT);
        }
        while (count != 0) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 at = seed % count;
            _deallocate(followed[at], WHOLE);
            adapter.removeMarket(followed[at]);
            assertEq(adapter.supplyShares(morpho.id(followed[at])), 0);
            followed[at] = followed[--count];
            uint256 sum;
            for (uint256 i; i < count; ++i) {
                assertEq(
                    adapter.supplyShares(morpho.id(followed[i])),
                    morpho.sharesOf(morpho.id(followed[i]), address(adapter))
                );
                sum += adapter.venueAssets(abi.encode(followed[i]));
            }
            assertEq(adapter.realAssets(), sum);
            assertEq(adapter.markets().length, count);
        }
    }

    function test_aMarketWithABrokenRateModelStopsNeitherTheOthersNorItsOwnWriteOff() public {
        MockBrokenIrm irm = new MockBrokenIrm(uint256(0.1e18) / 365 days);
        MarketParams memory odd = MarketParams(address(token), makeAddr("odd"), makeAddr("oracle"), address(irm), 1);
        morpho.createMarket(odd);
        _allocate(odd, 1000 * UNIT);
        _allocate(weth, 500 * UNIT);
        morpho.setBorrowed(odd, uint128(100 * UNIT));
        skip(1 days);
        uint256 with = adapter.realAssets();
        irm.setWay(MockBrokenIrm.Way.Reverts);
        assertLt(adapter.realAssets(), with);
        assertApproxEqAbs(adapter.realAssets(), 1500 * UNIT, 2);
        assertEq(adapter.withdrawable(abi.encode(odd)), 0);
        assertEq(adapter.depositable(abi.encode(odd)), 0);
        assertApproxEqAbs(adapter.withdrawable(abi.encode(weth)), 500 * UNIT, 1);
        _deallocate(weth, 100 * UNIT);
        irm.setWay(MockBrokenIrm.Way.BurnsAllGas);
        assertApproxEqAbs(adapter.realAssets(), 1400 * UNIT, 3);
        irm.setWay(MockBrokenIrm.Way.Works);
        assertGt(adapter.withdrawable(abi.encode(odd)), 0);
    }

    function test_aDepositIntoAMarketWhoseSharesAreWorthLessThanTheyCostIsRefused() public {
        _allocate(weth, 1000 * UNIT);
        morpho.setShortBy(3);
        _fund(address(adapter), 100 * UNIT);
        vm.prank(address(vault));
        vm.expectPartialRevert(ErrorsLib.ShortCredit.selector);
        adapter.allocate(abi.encode(weth), 100 * UNIT);
    }

    function test_aMarketThatWasNeverEnteredPaysNothing() public {
        vm.prank(address(vault));
        adapter.deallocate(abi.encode(weth), WHOLE);
        _fund(anyone, 500 * UNIT);
        vm.startPrank(anyone);
        token.approve(address(morpho), 500 * UNIT);
        morpho.supply(weth, 500 * UNIT, 0, address(adapter), "");
        vm.stopPrank();
        vm.prank(address(vault));
        vm.expectPartialRevert(ErrorsLib.PositionTooSmall.selector);
        adapter.deallocate(abi.encode(weth), 1);
    }

    function test_atMost16MarketsAreFollowed() public {
        MarketParams memory params = weth;
        for (uint256 i; i < 16; ++i) {
            params.lltv = i;
            morpho.createMarket(params);
            _allocate(params, UNIT);
        }
        params.lltv = 99;
        _fund(address(adapter), UNIT);
        vm.prank(address(vault));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TooManyMarkets.selector, 16));
        adapter.allocate(abi.encode(params), UNIT);
    }

    function testFuzz_roundingIsAtMostTwoUnits(uint256 others, uint256 assets, uint256 part) public {
        others = bound(others, 1e6, 1e18);
        _fund(anyone, others);
        vm.startPrank(anyone);
        token.approve(address(morpho), others);
        morpho.supply(weth, others, 0, anyone, "");
        vm.stopPrank();
        morpho.loseBadDebt(weth, uint128(others / 3));
        assets = bound(assets, 10, 1e18);
        int256 change = _allocate(weth, assets);
        assertGe(change, int256(assets) - 2);
        uint256 before = adapter.realAssets();
        part = bound(part, 1, before);
        _deallocate(weth, part);
        assertGe(adapter.realAssets() + 2, before - part);
        _deallocate(weth, WHOLE);
        assertEq(adapter.supplyShares(keccak256(abi.encode(weth))), 0);
    }
}
