// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockToken } from "../mocks/MockToken.sol";

/// @notice Donations before and after the seed, for an asset of 18 decimals, where there is one virtual share only.
/// forge-config: default.isolate = true
contract Attack_FirstDepositor is Fixture {
    uint256 private constant ETHER_SEED = 0.01 ether;
    MockToken private weth;
    Vault private fresh;

    function setUp() public override {
        super.setUp();
        weth = new MockToken(18);
        Guard freshGuard;
        (fresh, freshGuard) = _newVault(address(weth));
        vm.prank(owner);
        fresh.setGuard(address(freshGuard));
    }

    function _enter(address account, uint256 assets) private returns (uint256 shares) {
        weth.mint(account, assets);
        vm.startPrank(account);
        weth.approve(address(fresh), assets);
        shares = fresh.deposit(assets, account);
        vm.stopPrank();
    }

    /// @dev A gift as large as the seed, sent ahead of it, would otherwise leave the seed without a single share.
    function test_aGiftAheadOfTheSeedTakesNoSharesFromIt() public {
        weth.mint(address(fresh), ETHER_SEED);
        assertEq(fresh.previewDeposit(ETHER_SEED), ETHER_SEED);
        assertEq(fresh.previewMint(ETHER_SEED), ETHER_SEED);
        assertEq(_enter(DEAD, ETHER_SEED), ETHER_SEED);
        // The gift raises the price for who comes next, and rounding stays far below what they bring.
        uint256 shares = _enter(alice, 1 ether);
        assertApproxEqRel(shares, 0.5 ether, 1e4);
        skip(3650 days);
        assertApproxEqRel(fresh.previewRedeem(shares), 1 ether, 1e-9 ether);
    }

    /// @dev Inflating the price of a seeded vault costs the attacker all of the gift's part of the dead shares, and takes
    /// from a later depositor less than the worth of one share.
    function testFuzz_aGiftAfterTheSeedTakesNoMoreThanOneShare(uint256 held, uint256 gift, uint256 assets) public {
        _enter(DEAD, ETHER_SEED);
        held = bound(held, 1, 1 ether);
        gift = bound(gift, 0, 1e6 ether);
        assets = bound(assets, 1, 1e6 ether);
        uint256 attackers = _enter(bob, held);
        weth.mint(address(fresh), gift);
        uint256 shares = _enter(alice, assets);
        uint256 oneShare = fresh.totalAssets() / fresh.totalSupply() + 1;
        // Valued at live total assets, as if the gift had come in already.
        uint256 live = fresh.totalAssets();
        uint256 supply = fresh.totalSupply() + 1;
        assertLe(assets, Math.mulDiv(shares, live + 1, supply) + 2 * oneShare);
        assertLe(Math.mulDiv(attackers, live + 1, supply), held + gift + oneShare);
    }

    /// @dev Nobody can come between Guard and seed: the first entry is the seed, and ends the setup.
    function test_nobodyEntersBeforeTheSeed() public {
        weth.mint(anyone, 1 ether);
        vm.startPrank(anyone);
        weth.approve(address(fresh), 1 ether);
        assertEq(fresh.maxDeposit(anyone), 0);
        assertEq(fresh.maxMint(anyone), 0);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SeedMissing.selector, ETHER_SEED));
        fresh.deposit(1 ether, anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SeedMissing.selector, ETHER_SEED));
        fresh.mint(1 ether, anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SeedMissing.selector, ETHER_SEED));
        fresh.deposit(ETHER_SEED - 1, DEAD);
        fresh.deposit(ETHER_SEED, DEAD);
        vm.stopPrank();
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, fresh.increaseAbsoluteCap.selector));
        fresh.increaseAbsoluteCap("id", 1);
        vm.stopPrank();
        assertGt(fresh.maxDeposit(anyone), 0);
    }

    /// @dev What the seed is for: without it the last holder to leave would open the setup again.
    function test_aSeededVaultNeverReturnsToSetup() public {
        _enter(DEAD, ETHER_SEED);
        uint256 shares = _enter(alice, 1 ether);
        vm.prank(alice);
        fresh.redeem(shares, alice, alice);
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, fresh.increaseAbsoluteCap.selector));
        fresh.increaseAbsoluteCap("id", 1);
    }
}
