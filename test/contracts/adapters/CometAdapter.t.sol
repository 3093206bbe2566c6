// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { CometAdapter } from "../../../contracts/adapters/CometAdapter.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockComet } from "../mocks/MockComet.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { Deployed } from "../Deployed.sol";

/// forge-config: default.isolate = true
contract CometAdapterTest is Fixture {
    MockComet private comet;
    CometAdapter private adapter;

    function setUp() public override {
        super.setUp();
        comet = new MockComet(address(token));
        adapter = CometAdapter(Deployed.create("CometAdapter", abi.encode(address(vault), address(comet))));
    }

    function _allocate(uint256 assets) private returns (int256 change) {
        _fund(address(adapter), assets);
        vm.prank(address(vault));
        (, change) = adapter.allocate("", assets);
    }

    function _deallocate(uint256 assets) private {
        vm.prank(address(vault));
        adapter.deallocate("", assets);
    }

    function _give(uint256 assets) private {
        _fund(anyone, assets);
        vm.startPrank(anyone);
        token.approve(address(comet), assets);
        comet.supplyTo(address(adapter), address(token), assets);
        vm.stopPrank();
    }

    function test_tellsItsKindAndId() public {
        assertEq(adapter.kind(), "comet");
        bytes32[] memory ids = adapter.ids("");
        assertEq(ids.length, 2);
        assertEq(ids[0], IdsLib.venue(address(adapter), ""));
        assertEq(ids[1], IdsLib.protocol(address(comet)));
        assertEq(adapter.liquidityId(""), ids[1]);
        assertTrue(adapter.exact());
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        adapter.ids("x");
    }

    function test_anotherBaseAssetIsRefused() public {
        MockToken other = new MockToken(6);
        MockComet foreign = new MockComet(address(other));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WrongAsset.selector, address(token), address(other)));
        CometAdapter(Deployed.create("CometAdapter", abi.encode(address(vault), address(foreign))));
    }

    function test_interestCountsAndGiftsDoNot() public {
        _allocate(1000 * UNIT);
        comet.setIndex(1.1e15);
        assertEq(adapter.realAssets(), 1100 * UNIT);
        _give(500 * UNIT);
        assertApproxEqAbs(adapter.realAssets(), 1100 * UNIT, 1);
        assertLe(adapter.realAssets(), 1100 * UNIT);
        _deallocate(WHOLE);
        assertApproxEqAbs(token.balanceOf(address(vault)), SEED + 1100 * UNIT, 1);
        assertLe(adapter.realAssets(), 2);
    }

    /// @dev Beside a gift, rounding may leave a unit of principal; it is written off with the position.
    function testFuzz_theWholePositionLeavesNothingTracked(uint256 index, uint256 assets, uint256 gift) public {
        comet.setIndex(bound(index, 1e15, 10e15));
        _allocate(bound(assets, 100, 1e15));
        _give(bound(gift, 1, 1e15));
        _deallocate(WHOLE);
        assertEq(adapter.principal(), 0);
        assertEq(adapter.realAssets(), 0);
        _deallocate(WHOLE);
    }

    function test_pausesClose() public {
        _allocate(1000 * UNIT);
        assertGt(adapter.depositable(""), 1e18);
        assertEq(adapter.withdrawable(""), 1000 * UNIT);
        comet.setPaused(true, false);
        assertEq(adapter.depositable(""), 0);
        assertEq(adapter.withdrawable(""), 1000 * UNIT);
        comet.setPaused(false, true);
        assertEq(adapter.withdrawable(""), 0);
    }

    function test_onlyWhatIsThereIsWithdrawable() public {
        _allocate(1000 * UNIT);
        token.burn(address(comet), 900 * UNIT);
        assertEq(adapter.withdrawable(""), 100 * UNIT);
    }

    function test_aShortCreditAndTooMuchAreRefused() public {
        comet.setShortBy(4);
        _fund(address(adapter), 1000 * UNIT);
        vm.prank(address(vault));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ShortCredit.selector, 1000 * UNIT - 4, 1000 * UNIT - 3));
        adapter.allocate("", 1000 * UNIT);
        comet.setShortBy(0);
        vm.prank(address(vault));
        adapter.allocate("", 1000 * UNIT);
        // What others gave to the adapter is out of the vault's reach.
        _give(100 * UNIT);
        vm.prank(address(vault));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PositionTooSmall.selector, 1000 * UNIT, 1000 * UNIT + 1));
        adapter.deallocate("", 1000 * UNIT + 1);
    }

    function testFuzz_roundingIsAtMostOneUnitOfPrincipalAndTwo(uint256 index, uint256 assets, uint256 part) public {
        index = bound(index, 1e15, 10e15);
        assets = bound(assets, 100, 1e18);
        comet.setIndex(index);
        int256 change = _allocate(assets);
        assertLe(change, int256(assets));
        int256 rounding = int256(2 + index / 1e15);
        assertGe(change, int256(assets) - rounding);
        uint256 before = adapter.realAssets();
        part = bound(part, 1, before);
        _deallocate(part);
        assertLe(adapter.realAssets(), before - part);
    }
}
