// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockLossVenue, MockVenue } from "../mocks/MockVenue.sol";
import { Deployed } from "../Deployed.sol";

/// forge-config: default.isolate = true
contract Erc4626AdapterTest is Fixture {
    uint128 private constant UNMARKED = type(uint128).max;

    function _allocate(Erc4626Adapter adapter, uint256 assets) private {
        _fund(address(adapter), assets);
        vm.prank(address(vault));
        adapter.allocate("", assets);
    }

    function _allocate(uint256 assets) private {
        _allocate(adapters[0], assets);
    }

    function _expectAllocateRevert(Erc4626Adapter adapter, uint256 assets, bytes memory reason) private {
        _fund(address(adapter), assets);
        vm.prank(address(vault));
        vm.expectRevert(reason);
        adapter.allocate("", assets);
    }

    function _new(address target, address underlying, uint128 price, uint256 supply) private returns (Erc4626Adapter) {
        bytes memory args = abi.encode(address(vault), target, underlying, price, supply);
        return Erc4626Adapter(Deployed.create("Erc4626Adapter", args));
    }

    function _asCurator(bytes memory data) private {
        _submitAndExecute(address(adapters[0]), curator, data);
    }

    /* WHAT IT IS */

    function test_tellsItsKindAndRefusesAnotherAssetAndData() public {
        assertEq(adapters[0].kind(), "erc4626");
        assertFalse(adapters[0].hasLostAssets());
        MockToken other = new MockToken(6);
        MockVenue foreign = new MockVenue(address(other));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WrongAsset.selector, address(token), address(other)));
        _newErc4626Adapter(address(vault), address(foreign));
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        adapters[0].venueAssets("x");
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        adapters[0].liquidityId("x");
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        adapters[0].withdrawable("x");
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        adapters[0].depositable("x");
    }

    function test_countsAgainstItsTargetAndThePoolUnderIt() public {
        bytes32[] memory ids = adapters[0].ids("");
        assertEq(ids.length, 2);
        assertEq(ids[0], _id(0));
        assertEq(ids[1], IdsLib.protocol(address(venues[0])));
        assertEq(adapters[0].liquidityId(""), ids[1]);

        address pool = makeAddr("pool");
        Erc4626Adapter stata = _new(address(venues[0]), pool, 1e18, 0);
        ids = stata.ids("");
        assertEq(ids.length, 3);
        assertEq(ids[1], IdsLib.protocol(address(venues[0])));
        assertEq(ids[2], IdsLib.protocol(pool));
        assertEq(stata.liquidityId(""), ids[2]);
        // The target as its own pool is no second id.
        assertEq(_new(address(venues[0]), address(venues[0]), 1e18, 0).ids("").length, 2);
    }

    function test_aTargetThatChargesForLeavingIsNotExact() public {
        assertTrue(adapters[0].exact());
        _allocate(1000 * UNIT);
        assertTrue(adapters[0].exact());
        venues[0].setExitFeeBps(1);
        assertFalse(adapters[0].exact());
        assertFalse(adapters[1].exact() && adapters[0].exact());
        // Its value is what it would pay.
        assertEq(adapters[0].realAssets(), 999_900_000);
    }

    /* SHARES */

    function test_sharesThatOthersGiveDoNotCount() public {
        _allocate(1000 * UNIT);
        vm.prank(anyone);
        venues[0].transfer(address(adapters[0]), 500e12);
        assertEq(adapters[0].realAssets(), 1000 * UNIT);
        assertEq(adapters[0].withdrawable(""), 1000 * UNIT);
        vm.prank(address(vault));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PositionTooSmall.selector, 1000e12, 1001e12));
        adapters[0].deallocate("", 1001 * UNIT);
        vm.prank(address(vault));
        adapters[0].deallocate("", WHOLE);
        assertEq(adapters[0].realAssets(), 0);
        assertEq(venues[0].balanceOf(address(adapters[0])), 500e12);
        vm.prank(address(vault));
        adapters[0].deallocate("", WHOLE);
    }

    function test_limitsOfTheVenueShow() public {
        _allocate(1000 * UNIT);
        assertEq(adapters[0].depositable(""), type(uint256).max);
        venues[0].setFreeLiquidity(10 * UNIT);
        assertEq(adapters[0].withdrawable(""), 10 * UNIT);
        assertEq(adapters[1].withdrawable(""), 0);
    }

    /// @dev Any price of a share, up or down, and a whole or a partial exit.
    function testFuzz_roundingIsForTheVenueAndAtMostTwoUnits(
        uint256 gain,
        bool isLoss,
        uint256 assets,
        uint256 part
    ) public {
        gain = bound(gain, 0, 900_000 * UNIT);
        if (isLoss) venues[0].lose(gain);
        else venues[0].earn(gain * 5);
        assets = bound(assets, 1, 1e15);
        _allocate(assets);
        uint256 before = adapters[0].realAssets();
        assertLe(before, assets);
        assertGe(before + 2, assets);
        if (before == 0) return;
        part = bound(part, 1, before);
        uint256 held = token.balanceOf(address(vault));
        vm.prank(address(vault));
        adapters[0].deallocate("", part);
        assertEq(token.balanceOf(address(vault)) - held, part);
        assertLe(adapters[0].realAssets(), before - part);
        assertGe(adapters[0].realAssets() + 2, before - part);
        uint256 left = adapters[0].realAssets();
        held = token.balanceOf(address(vault));
        vm.prank(address(vault));
        adapters[0].deallocate("", WHOLE);
        assertEq(token.balanceOf(address(vault)) - held, left);
        assertEq(adapters[0].shares(), 0);
    }

    /* ENTRY */

    function test_aVenueThatMintsLessThanItQuotesIsRefused() public {
        venues[0].setShort(true);
        _expectAllocateRevert(
            adapters[0],
            1000 * UNIT,
            abi.encodeWithSelector(ErrorsLib.ShortCredit.selector, 900e12, 1000e12)
        );
    }

    function test_aVenueThatCostsMoreThan10BpToEnterIsRefused() public {
        venues[0].setEntryFeeBps(10);
        _allocate(1000 * UNIT);
        venues[0].setEntryFeeBps(12);
        _fund(address(adapters[0]), 1000 * UNIT);
        vm.prank(address(vault));
        vm.expectPartialRevert(ErrorsLib.ShortCredit.selector);
        adapters[0].allocate("", 1000 * UNIT);
    }

    function test_aFreshVenueIsRefusedUntilItsSupplyStandsOnTheFloor() public {
        MockVenue fresh = new MockVenue(address(token));
        Erc4626Adapter adapter = _new(address(fresh), address(0), 2e18, 1000e12);
        assertEq(adapter.depositable(""), 0);
        _expectAllocateRevert(
            adapter,
            1000 * UNIT,
            abi.encodeWithSelector(ErrorsLib.VenueTooSmall.selector, 0, 1000e12)
        );
        _fund(anyone, 1000 * UNIT);
        vm.startPrank(anyone);
        token.approve(address(fresh), 1000 * UNIT);
        fresh.deposit(999 * UNIT, anyone);
        assertEq(adapter.depositable(""), 0);
        fresh.deposit(1 * UNIT, anyone);
        vm.stopPrank();
        assertGt(adapter.depositable(""), 0);
        _allocate(adapter, 1000 * UNIT);
    }

    function test_aShareMayCostTheHighestPriceAndNoMore() public {
        Erc4626Adapter adapter = _new(address(venues[0]), address(0), 1.5e18, 0);
        venues[0].earn(500_000 * UNIT);
        _allocate(adapter, 1000 * UNIT);
        venues[0].earn(100_000 * UNIT);
        assertEq(adapter.depositable(""), 0);
        _fund(address(adapter), 1000 * UNIT);
        vm.prank(address(vault));
        vm.expectPartialRevert(ErrorsLib.PriceTooHigh.selector);
        adapter.allocate("", 1000 * UNIT);
        // It still pays out, at whatever price.
        vm.prank(address(vault));
        adapter.deallocate("", WHOLE);
    }

    function test_theHighestPriceFallsAtOnceAndRisesAfterTheTimelock() public {
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
        adapters[0].decreaseMaxPrice(1e18);
        vm.prank(sentinel);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BoundNotDecreased.selector, 10e18, 10e18));
        adapters[0].decreaseMaxPrice(10e18);
        vm.prank(sentinel);
        vm.expectEmit(address(adapters[0]));
        emit EventsLib.SetMaxPrice(sentinel, 0);
        adapters[0].decreaseMaxPrice(0);
        assertEq(adapters[0].depositable(""), 0);
        _expectAllocateRevert(
            adapters[0],
            1000 * UNIT,
            abi.encodeWithSelector(ErrorsLib.PriceTooHigh.selector, 1e18, 0)
        );

        vm.prank(curator);
        vm.expectRevert(
            abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, Erc4626Adapter.increaseMaxPrice.selector)
        );
        adapters[0].increaseMaxPrice(1e18);
        _asCurator(abi.encodeCall(Erc4626Adapter.increaseMaxPrice, (1e18)));
        assertEq(adapters[0].maxPriceWad(), 1e18);
        bytes memory same = abi.encodeCall(Erc4626Adapter.increaseMaxPrice, (1e18));
        vm.prank(curator);
        adapters[0].submit(same);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BoundNotIncreased.selector, 1e18, 1e18));
        adapters[0].execute(same);
    }

    /* MARK */

    function test_aMarkIsTheMostThatAShareCountsFor() public {
        _allocate(1000 * UNIT);
        vm.prank(sentinel);
        vm.expectEmit(address(adapters[0]));
        emit EventsLib.SetMark(sentinel, 0.6e18);
        adapters[0].decreaseMark(0.6e18);
        assertEq(adapters[0].realAssets(), 600 * UNIT);
        assertEq(adapters[0].withdrawable(""), 600 * UNIT);
        assertEq(adapters[0].depositable(""), 0);
        (, , , bool marked, , ) = vault.adapterState(address(adapters[0]));
        assertTrue(marked);
        venues[0].lose(500_000 * UNIT);
        // What the venue reports is below the mark again.
        assertLt(adapters[0].realAssets(), 600 * UNIT);
        vm.prank(owner);
        adapters[0].decreaseMark(0);
        assertEq(adapters[0].realAssets(), 0);
        // A written-off position can still be taken out.
        uint256 held = vault.idle();
        vm.prank(address(vault));
        adapters[0].deallocate("", WHOLE);
        assertGt(vault.idle(), held + 400 * UNIT);
    }

    function test_aMarkIsLoweredByRolesOnlyAndAsksTheVenueNothing() public {
        _allocate(1000 * UNIT);
        venues[0].setBroken(true);
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
        adapters[0].decreaseMark(0);
        vm.prank(curator);
        adapters[0].decreaseMark(0.5e18);
        vm.prank(sentinel);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BoundNotDecreased.selector, 0.5e18, 0.6e18));
        adapters[0].decreaseMark(0.6e18);
    }

    function test_aMarkRisesAfterTheTimelockAndLiftingItTellsTheVault() public {
        _allocate(1000 * UNIT);
        bytes memory lift = abi.encodeCall(Erc4626Adapter.increaseMark, (UNMARKED));
        // Kept in reserve it is of no use: the timelock runs from the lowering.
        vm.prank(curator);
        adapters[0].submit(lift);
        skip(TIMELOCK);
        vm.prank(sentinel);
        adapters[0].decreaseMark(0.6e18);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotMatured.selector, vm.getBlockTimestamp() + TIMELOCK));
        adapters[0].execute(lift);
        vm.prank(curator);
        vm.expectRevert(
            abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, Erc4626Adapter.increaseMark.selector)
        );
        adapters[0].increaseMark(UNMARKED);
        _asCurator(abi.encodeCall(Erc4626Adapter.increaseMark, (0.8e18)));
        assertEq(adapters[0].realAssets(), 800 * UNIT);
        (, , , bool marked, , ) = vault.adapterState(address(adapters[0]));
        assertTrue(marked);
        adapters[0].execute(lift);
        assertEq(adapters[0].realAssets(), 1000 * UNIT);
        (, , , marked, , ) = vault.adapterState(address(adapters[0]));
        assertFalse(marked);
    }

    function test_nothingGoesIntoAMarkedVenue() public {
        vm.prank(sentinel);
        adapters[0].decreaseMark(0.99e18);
        _expectAllocateRevert(
            adapters[0],
            1000 * UNIT,
            abi.encodeWithSelector(ErrorsLib.ShortCredit.selector, 990 * UNIT, 999 * UNIT - 2)
        );
    }

    function test_anAdapterThatTheVaultDoesNotKnowCannotBeMarked() public {
        Erc4626Adapter stranger = _newErc4626Adapter(address(vault), address(venues[0]));
        vm.prank(sentinel);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnknownAdapter.selector, address(stranger)));
        stranger.decreaseMark(1);
    }

    function testFuzz_valueIsTheLowerOfReportAndMark(uint256 gain, uint128 mark, uint256 assets) public {
        assets = bound(assets, UNIT, 1e13);
        _allocate(assets);
        venues[0].earn(bound(gain, 0, 5_000_000 * UNIT));
        uint256 report = venues[0].previewRedeem(adapters[0].shares());
        mark = uint128(bound(mark, 0, 10e18));
        vm.prank(sentinel);
        adapters[0].decreaseMark(mark);
        uint256 marked = (uint256(adapters[0].shares()) * mark) / 1e24;
        assertEq(adapters[0].realAssets(), marked < report ? marked : report);
    }

    /* LOSSES THAT THE PRICE DOES NOT SHOW */

    function test_lossesThatTheTargetHidesAreTakenOff() public {
        MockLossVenue target = new MockLossVenue(address(token));
        Erc4626Adapter adapter = _newErc4626Adapter(address(vault), address(target));
        assertTrue(adapter.hasLostAssets());
        _fund(anyone, 3000 * UNIT);
        vm.startPrank(anyone);
        token.approve(address(target), 3000 * UNIT);
        target.deposit(3000 * UNIT, anyone);
        vm.stopPrank();
        _allocate(adapter, 1000 * UNIT);
        assertEq(adapter.realAssets(), 1000 * UNIT);

        target.loseHidden(400 * UNIT);
        assertEq(target.previewRedeem(adapter.shares()), 1000 * UNIT);
        assertEq(adapter.realAssets(), 900 * UNIT);
        // It is bought at the full price, so the loss would be ours at once.
        _fund(address(adapter), 1000 * UNIT);
        vm.prank(address(vault));
        vm.expectPartialRevert(ErrorsLib.ShortCredit.selector);
        adapter.allocate("", 1000 * UNIT);

        target.loseHidden(3600 * UNIT);
        assertEq(adapter.realAssets(), 0);
    }

    /* A VENUE THAT LIES */

    function test_aVenueThatPaysLessThanItWasAskedForIsRefused() public {
        _allocate(1000 * UNIT);
        venues[0].setShortPayment(1);
        vm.prank(address(vault));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ShortPayment.selector, 100 * UNIT - 1, 100 * UNIT));
        adapters[0].deallocate("", 100 * UNIT);
        // The whole position is taken for what it brings.
        uint256 held = token.balanceOf(address(vault));
        vm.prank(address(vault));
        adapters[0].deallocate("", WHOLE);
        assertEq(token.balanceOf(address(vault)) - held, 1000 * UNIT - 1);
    }

    function test_whatAVenueDoesNotRedeemStaysTracked() public {
        HalvingVenue halving = new HalvingVenue(address(token));
        Erc4626Adapter adapter = _new(address(halving), address(0), 10e18, 0);
        _allocate(adapter, 1000 * UNIT);
        uint256 held = token.balanceOf(address(vault));
        vm.prank(address(vault));
        adapter.deallocate("", WHOLE);
        assertEq(token.balanceOf(address(vault)) - held, 500 * UNIT);
        assertEq(adapter.shares(), halving.balanceOf(address(adapter)));
        assertEq(adapter.realAssets(), 500 * UNIT);
    }
}

/// @notice Redeems half of what it is asked for, against the standard.
contract HalvingVenue is MockVenue {
    constructor(address asset_) MockVenue(asset_) {}

    function redeem(uint256 shares, address receiver, address owner) public override returns (uint256) {
        return super.redeem(shares / 2, receiver, owner);
    }
}
