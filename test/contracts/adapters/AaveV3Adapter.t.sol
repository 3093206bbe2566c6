// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { AaveV3Adapter } from "../../../contracts/adapters/AaveV3Adapter.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockAavePool } from "../mocks/MockAavePool.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { Deployed } from "../Deployed.sol";

/// forge-config: default.isolate = true
contract AaveV3AdapterTest is Fixture {
    MockAavePool private pool;
    AaveV3Adapter private adapter;

    function setUp() public override {
        super.setUp();
        pool = new MockAavePool(address(token));
        adapter = AaveV3Adapter(Deployed.create("AaveV3Adapter", abi.encode(address(vault), address(pool))));
    }

    /// @dev Does what the vault does.
    function _allocate(uint256 assets) private returns (int256 change) {
        _fund(address(adapter), assets);
        vm.prank(address(vault));
        (, change) = adapter.allocate("", assets);
    }

    function _deallocate(uint256 assets) private {
        vm.prank(address(vault));
        adapter.deallocate("", assets);
    }

    function test_tellsItsKindItsIdsAndItsVault() public view {
        assertEq(adapter.kind(), "aave-v3");
        assertEq(adapter.vault(), address(vault));
        bytes32[] memory ids = adapter.ids("");
        assertEq(ids.length, 2);
        assertEq(ids[0], IdsLib.venue(address(adapter), ""));
        assertEq(ids[1], IdsLib.protocol(address(pool)));
        assertEq(adapter.liquidityId(""), ids[1]);
        assertTrue(adapter.exact());
    }

    function test_anAssetThatThePoolDoesNotListIsRefused() public {
        MockAavePool other = new MockAavePool(address(new MockToken(6)));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WrongAsset.selector, address(token), address(0)));
        AaveV3Adapter(Deployed.create("AaveV3Adapter", abi.encode(address(vault), address(other))));
    }

    function test_dataMustBeEmpty() public {
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        adapter.ids("x");
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        adapter.withdrawable("x");
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        adapter.depositable("x");
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        adapter.venueAssets("x");
    }

    function test_interestCountsAndGiftsDoNot() public {
        _allocate(1000 * UNIT);
        pool.setIndex(1.1e27);
        assertEq(adapter.realAssets(), 1100 * UNIT);
        _fund(anyone, 500 * UNIT);
        vm.startPrank(anyone);
        token.approve(address(pool), 500 * UNIT);
        pool.supply(address(token), 500 * UNIT, address(adapter), 0);
        vm.stopPrank();
        assertEq(adapter.realAssets(), 1100 * UNIT);
        // Asset that lies in the adapter is not the vault's profit either.
        _fund(address(adapter), 7 * UNIT);
        _deallocate(WHOLE);
        assertEq(token.balanceOf(address(vault)), SEED + 1100 * UNIT);
        assertEq(adapter.scaledBalance(), 0);
        vm.prank(address(vault));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PositionTooSmall.selector, 0, 1));
        adapter.deallocate("", 1);
    }

    function test_onlyWhatIsFreeIsWithdrawable() public {
        _allocate(1000 * UNIT);
        assertEq(adapter.withdrawable(""), 1000 * UNIT);
        pool.setVirtualBalance(uint128(3 * UNIT));
        assertEq(adapter.withdrawable(""), 3 * UNIT);
        pool.setVirtualBalance(0);
        assertEq(adapter.withdrawable(""), 0);
        assertEq(adapter.realAssets(), 1000 * UNIT);
    }

    /// @dev Aave refuses to withdraw nothing; an empty position leaves without asking it.
    function test_theWholeOfNothingIsNothing() public {
        _deallocate(WHOLE);
        assertEq(token.balanceOf(address(vault)), SEED);
        pool.setFlags(true, false, true, 0);
        _deallocate(WHOLE);
    }

    /// @dev What Aave has lost and not covered stays in suppliers' balances; what can be had is what it counts as its own.
    function test_aDeficitShowsInWhatIsWithdrawableOnly() public {
        _allocate(1000 * UNIT);
        token.burn(address(pool), 300 * UNIT);
        pool.setVirtualBalance(uint128(700 * UNIT));
        assertEq(adapter.realAssets(), 1000 * UNIT);
        assertEq(adapter.withdrawable(""), 700 * UNIT);
        _deallocate(700 * UNIT);
        assertEq(adapter.realAssets(), 300 * UNIT);
        assertEq(adapter.withdrawable(""), 0);
    }

    function test_frozenPaysOutAndTakesNothing() public {
        _allocate(1000 * UNIT);
        pool.setFlags(true, true, false, 0);
        assertEq(adapter.depositable(""), 0);
        assertEq(adapter.withdrawable(""), 1000 * UNIT);
    }

    function test_pausedAndInactiveDoNeither() public {
        _allocate(1000 * UNIT);
        pool.setFlags(true, false, true, 0);
        assertEq(adapter.depositable(""), 0);
        assertEq(adapter.withdrawable(""), 0);
        pool.setFlags(false, false, false, 0);
        assertEq(adapter.depositable(""), 0);
        assertEq(adapter.withdrawable(""), 0);
    }

    function test_theSupplyCapCountsInterestAndTreasury() public {
        assertEq(adapter.depositable(""), type(uint128).max);
        _allocate(1000 * UNIT);
        pool.setIndex(1.1e27);
        pool.setFlags(true, false, false, 2000);
        assertEq(adapter.depositable(""), 900 * UNIT);
        pool.setAccruedToTreasury(uint128(100 * UNIT));
        assertEq(adapter.depositable(""), 790 * UNIT);
        pool.setFlags(true, false, false, 1000);
        assertEq(adapter.depositable(""), 0);
    }

    function test_aShortCreditAndAShortPaymentAreRefused() public {
        pool.setShortBy(3);
        _fund(address(adapter), 1000 * UNIT);
        vm.prank(address(vault));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ShortCredit.selector, 1000 * UNIT - 3, 1000 * UNIT - 2));
        adapter.allocate("", 1000 * UNIT);

        pool.setShortBy(0);
        vm.prank(address(vault));
        adapter.allocate("", 1000 * UNIT);
        pool.setShortBy(1);
        vm.prank(address(vault));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ShortPayment.selector, 100 * UNIT - 1, 100 * UNIT));
        adapter.deallocate("", 100 * UNIT);
    }

    function testFuzz_roundingIsAtMostOneScaledUnitAndOne(uint256 index, uint256 assets, uint256 part) public {
        index = bound(index, 1e27, 10e27);
        assets = bound(assets, 100, 1e18);
        pool.setIndex(index);
        int256 change = _allocate(assets);
        assertLe(change, int256(assets));
        uint256 rounding = 1 + index / 1e27;
        assertGe(change, int256(assets) - int256(rounding));
        uint256 before = adapter.realAssets();
        part = bound(part, 1, before);
        _deallocate(part);
        assertLe(adapter.realAssets(), before - part);
        assertGe(adapter.realAssets() + rounding, before - part);
        _deallocate(WHOLE);
        assertEq(adapter.scaledBalance(), 0);
    }
}
