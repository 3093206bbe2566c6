// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IMorphoBlue, MarketParams } from "../../../contracts/interfaces/external/IMorphoBlue.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { DevnetFixture } from "./DevnetFixture.sol";

/// @notice Markets of the real Morpho Blue with the adaptive-curve rate model.
/// forge-config: default.isolate = true
contract MorphoIntegrationTest is DevnetFixture {
    function setUp() public override {
        super.setUp();
        if (address(vault) != address(0)) _spread();
    }

    function test_aFullyUtilisedMarketPaysNothingAndTheOtherMarketDoes() public {
        _drainMorpho(markets[0]);
        uint256 worth = _venueAssets(MORPHO_WETH);
        assertEq(_withdrawable(MORPHO_WETH), 0);
        assertEq(_withdrawable(MORPHO_USDT), _venueAssets(MORPHO_USDT));
        assertGt(_depositable(MORPHO_WETH), 0);
        vm.prank(address(guard));
        vm.expectRevert("insufficient liquidity");
        vault.deallocate(venues[MORPHO_WETH].adapter, venues[MORPHO_WETH].data, UNIT);
        assertApproxEqAbs(vault.maxWithdraw(alice), 4_100_000 * UNIT + SEED, 100 * UNIT);
        _checkMaxWithdrawIsExact(alice);

        // At full utilisation the rate at target climbs: four times the target rate, and growing.
        skip(1 days);
        assertGt(_venueAssets(MORPHO_WETH), worth);
        _fund(bob, 250_000 * UNIT);
        vm.startPrank(bob);
        usdc.approve(address(morpho), type(uint256).max);
        morpho.supply(markets[0], 250_000 * UNIT, 0, bob, "");
        vm.stopPrank();
        assertEq(_withdrawable(MORPHO_WETH), 250_000 * UNIT);
        assertEq(_deallocate(MORPHO_WETH, 250_000 * UNIT), 250_000 * UNIT);
    }

    function test_everyMarketFullyUtilisedLeavesIdleAndTheOtherVenues() public {
        _drainMorpho(markets[0]);
        _drainMorpho(markets[1]);
        _drainAave();
        _drainComet();
        // Idle and the savings vault are what is left.
        assertApproxEqAbs(vault.maxWithdraw(alice), 1_100_000 * UNIT + SEED, 10 * UNIT);
        _checkMaxWithdrawIsExact(alice);
        vm.prank(alice);
        vault.withdraw(1_000_000 * UNIT, alice, alice);
    }

    function test_aMarketThatNobodyMadeHasNoRoom() public {
        MarketParams memory params = markets[0];
        params.oracle = address(0xbeef);
        assertEq(MorphoAdapterView(venues[MORPHO_WETH].adapter).depositable(abi.encode(params)), 0);
    }

    function test_aMarketOfAnotherAssetIsRefused() public {
        MarketParams memory params = markets[0];
        params.loanToken = address(weth);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WrongAsset.selector, address(usdc), address(weth)));
        MorphoAdapterView(venues[MORPHO_WETH].adapter).depositable(abi.encode(params));
    }

    function test_theMarketsFeeIsTakenFromWhatThePositionEarns() public {
        uint256 snapshot = vm.snapshotState();
        uint256 start = _venueAssets(MORPHO_WETH);
        skip(30 days);
        uint256 plain = _venueAssets(MORPHO_WETH) - start;
        vm.revertToState(snapshot);
        vm.startPrank(deployer);
        morpho.setFeeRecipient(deployer);
        morpho.setFee(markets[0], 0.25e18);
        vm.stopPrank();
        start = _venueAssets(MORPHO_WETH);
        skip(30 days);
        uint256 net = _venueAssets(MORPHO_WETH) - start;
        assertApproxEqRel(net, (plain * 3) / 4, 0.001e18);
    }

    function test_whatSomebodySuppliesForTheAdapterCountsForNothing() public {
        uint256 worth = _venueAssets(MORPHO_WETH);
        _fund(bob, 1_000 * UNIT);
        vm.startPrank(bob);
        usdc.approve(address(morpho), type(uint256).max);
        morpho.supply(markets[0], 1_000 * UNIT, 0, venues[MORPHO_WETH].adapter, "");
        vm.stopPrank();
        assertApproxEqAbs(_venueAssets(MORPHO_WETH), worth, 1);
    }
}

interface MorphoAdapterView {
    function depositable(bytes calldata data) external view returns (uint256);
}
