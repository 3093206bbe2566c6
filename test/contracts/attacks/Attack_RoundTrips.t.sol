// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { Fixture } from "../Fixture.sol";
import { MockToken } from "../mocks/MockToken.sol";

/// @notice The properties of ERC-4626 for assets of 6, 8 and 18 decimals, in a state with gains that wait, losses and an
/// odd price: previews equal execution, `max*` execute, no round trip gains.
/// forge-config: default.isolate = true
contract Attack_RoundTrips is Fixture {
    struct World {
        uint256 decimals;
        uint256 others;
        uint256 gain;
        uint256 elapsed;
        uint256 loss;
        uint256 amount;
    }

    MockToken private asset;
    Vault private other;
    uint256 private unit;

    function _enterWorld(World memory world) private {
        uint8[3] memory choices = [6, 8, 18];
        uint8 decimals = choices[world.decimals % 3];
        unit = 10 ** decimals;
        asset = new MockToken(decimals);
        Guard otherGuard;
        (other, otherGuard) = _newVault(address(asset));
        vm.prank(owner);
        other.setGuard(address(otherGuard));
        _enter(DEAD, unit / 100);
        _enter(bob, bound(world.others, 1, 1e6 * unit));
        asset.mint(address(other), bound(world.gain, 0, 1e6 * unit));
        skip(bound(world.elapsed, 0, 1000 days));
        other.accrue();
        asset.burn(address(other), bound(world.loss, 0, other.totalAssets() / 2));
        // A loss that might come back closes entries for a day.
        if (!other.entriesOpen()) {
            other.accrue();
            skip(1 days);
        }
    }

    function _enter(address account, uint256 assets) private returns (uint256 shares) {
        asset.mint(account, assets);
        vm.startPrank(account);
        asset.approve(address(other), assets);
        shares = other.deposit(assets, account);
        vm.stopPrank();
    }

    function testFuzz_noRoundTripGains(World memory world) public {
        _enterWorld(world);
        uint256 assets = bound(world.amount, 0, 1e6 * unit);
        assertLe(other.convertToAssets(other.convertToShares(assets)), assets);

        uint256 shares = _enter(alice, assets);
        assertLe(other.previewRedeem(shares), assets);
        assertLe(shares, other.previewWithdraw(assets));
        vm.startPrank(alice);
        uint256 back = other.redeem(shares, alice, alice);
        assertLe(back, assets);

        // And from the other end: leave, and come back with what was paid.
        vm.startPrank(bob);
        uint256 held = bound(world.amount, 0, other.maxRedeem(bob));
        uint256 paid = other.redeem(held, bob, bob);
        asset.approve(address(other), type(uint256).max);
        assertLe(other.previewDeposit(paid), held);
        assertGe(other.previewMint(held), paid);
        assertLe(other.deposit(paid, bob), held);
    }

    function testFuzz_mintAndWithdrawAreExact(World memory world) public {
        _enterWorld(world);
        uint256 shares = bound(world.amount, 0, 1e24);
        uint256 cost = other.previewMint(shares);
        asset.mint(alice, cost);
        vm.startPrank(alice);
        asset.approve(address(other), cost);
        assertEq(other.mint(shares, alice), cost);
        assertEq(other.balanceOf(alice), shares);
        uint256 most = other.maxWithdraw(alice);
        assertLe(most, cost);
        uint256 quoted = other.previewWithdraw(most);
        assertEq(other.withdraw(most, alice, alice), quoted);
        assertEq(asset.balanceOf(alice), most);
        assertLe(quoted, shares);
    }

    /// @dev A thousandth of a unit at a time would multiply whatever rounding gave away.
    function testFuzz_manySmallRoundTripsPayTheVault(World memory world) public {
        _enterWorld(world);
        uint256 before = other.previewRedeem(other.balanceOf(bob));
        uint256 spent;
        uint256 back;
        for (uint256 i; i < 16; ++i) {
            uint256 assets = 1 + (uint256(keccak256(abi.encode(world.amount, i))) % (unit / 1000));
            uint256 shares = _enter(alice, assets);
            spent += assets;
            vm.prank(alice);
            back += other.redeem(shares, alice, alice);
        }
        assertLe(back, spent);
        assertGe(other.previewRedeem(other.balanceOf(bob)), before);
    }

    function test_theLargestDepositAndMintExecute() public {
        World memory world;
        _enterWorld(world);
        uint256 most = other.maxDeposit(alice);
        asset.mint(alice, most);
        vm.startPrank(alice);
        asset.approve(address(other), most);
        assertEq(other.previewMint(other.maxMint(alice)) <= most, true);
        other.deposit(most, alice);
        other.redeem(other.balanceOf(alice), alice, alice);
    }
}
