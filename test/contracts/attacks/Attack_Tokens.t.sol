// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockGovernedToken, MockToken } from "../mocks/MockToken.sol";

/// @notice What the administrator of an asset such as USDC can do: bar a holder, the vault, an adapter or a venue, and pause
/// everything. Nothing on the way changes a share's worth or takes shares for assets that did not move.
/// forge-config: default.isolate = true
contract Attack_Tokens is Fixture {
    MockGovernedToken private _asset;
    uint256 private _price;

    function _newToken() internal override returns (MockToken) {
        _asset = new MockGovernedToken(6);
        return _asset;
    }

    function setUp() public override {
        super.setUp();
        _deposit(alice, 1_000 * UNIT);
        _invest(0, 400 * UNIT);
        _price = vault.convertToAssets(1e18);
    }

    function _redeem(address account, uint256 shares, address receiver) private {
        vm.prank(account);
        vault.redeem(shares, receiver, account);
    }

    function _refusesToRedeem(address account, uint256 shares, address receiver) private {
        uint256 before = vault.balanceOf(account);
        vm.prank(account);
        vm.expectRevert(SafeTransferLib.TransferFailed.selector);
        vault.redeem(shares, receiver, account);
        assertEq(vault.balanceOf(account), before);
    }

    function test_aBarredHolderLeavesToAnotherReceiver() public {
        _asset.bar(alice, true);
        uint256 shares = vault.balanceOf(alice);
        _refusesToRedeem(alice, shares, alice);
        _redeem(alice, shares, bob);
        assertApproxEqAbs(_asset.balanceOf(bob), 1_000 * UNIT, 1);
        // Or passes the shares on.
        _asset.bar(alice, false);
        _deposit(alice, 10 * UNIT);
        _asset.bar(alice, true);
        shares = vault.balanceOf(alice);
        vm.prank(alice);
        vault.transfer(bob, shares);
        _redeem(bob, shares, bob);
    }

    function test_aBarredVaultPaysNobodyAndLosesNoShares() public {
        _asset.bar(address(vault), true);
        _refusesToRedeem(alice, vault.balanceOf(alice) / 2, alice);
        assertEq(vault.convertToAssets(1e18), _price);
        _fund(bob, UNIT);
        vm.startPrank(bob);
        _asset.approve(address(vault), UNIT);
        vm.expectRevert(SafeTransferLib.TransferFromFailed.selector);
        vault.deposit(UNIT, bob);
        vm.stopPrank();
        // Once it is let go, everything is as before.
        _asset.bar(address(vault), false);
        _redeem(alice, vault.balanceOf(alice), alice);
    }

    function test_aBarredVenueHoldsUpItsOwnAssetsOnly() public {
        _asset.bar(address(venues[0]), true);
        assertEq(vault.convertToAssets(1e18), _price);
        uint256 idle = vault.idle();
        vm.prank(alice);
        vault.withdraw(idle, alice, alice);
        // What lies there is stuck, and who marks it down lets nobody in at the lower price.
        vm.prank(alice);
        vm.expectPartialRevert(MockGovernedToken.Barred.selector);
        vault.withdraw(1, alice, alice);
        vm.prank(sentinel);
        vault.quarantine(address(adapters[0]), 0);
        assertFalse(vault.entriesOpen());
        assertEq(vault.maxDeposit(bob), 0);
    }

    function test_aBarredAdapterHoldsUpItsOwnAssetsOnly() public {
        _asset.bar(address(adapters[0]), true);
        uint256 idle = vault.idle();
        vm.prank(alice);
        vault.withdraw(idle, alice, alice);
        assertEq(vault.convertToAssets(1e18), _price);
    }

    function test_aPausedAssetHoldsUpEverythingAndChangesNothing() public {
        _asset.pause(true);
        _refusesToRedeem(alice, vault.balanceOf(alice) / 2, alice);
        vm.prank(sentinel);
        vm.expectPartialRevert(MockGovernedToken.Paused.selector);
        vault.deallocate(address(adapters[0]), "", WHOLE);
        assertEq(vault.convertToAssets(1e18), _price);
        // Shares still move, and roles still act.
        vm.prank(alice);
        vault.transfer(bob, 1e18);
        vm.prank(sentinel);
        guard.freeze();
        _asset.pause(false);
        _redeem(alice, vault.balanceOf(alice), alice);
        _redeem(bob, 1e18, bob);
    }
}
