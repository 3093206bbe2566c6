// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Deployed } from "../Deployed.sol";
import { Fixture } from "../Fixture.sol";
import { MockVenue } from "../mocks/MockVenue.sol";
import { PlainVenue } from "../mocks/PlainVenue.sol";

/// @notice Resupply, June 2025: a venue that was deployed an hour ago is inflated by a gift, one share of it is worth
/// thousands, and whoever deposits next gets none. The same through an allocator that anyone may call (Euler Earn M-01):
/// here nobody but the Guard allocates, and a venue without an inflow bucket takes nothing.
/// forge-config: default.isolate = true
contract Attack_FreshVenue is Fixture {
    PlainVenue private fresh;
    Erc4626Adapter private adapter;

    function setUp() public override {
        super.setUp();
        _deposit(alice, 1_000_000 * UNIT);
        fresh = new PlainVenue(address(token));
        bytes memory args = abi.encode(
            address(vault),
            address(fresh),
            address(0),
            uint128(2e18),
            uint256(1_000 * UNIT)
        );
        adapter = Erc4626Adapter(Deployed.create("Erc4626Adapter", args));
    }

    function _supply(address account, uint256 assets) private {
        _fund(account, assets);
        vm.startPrank(account);
        token.approve(address(fresh), assets);
        fresh.deposit(assets, account);
        vm.stopPrank();
    }

    /// @dev What the vault would do.
    function _tryAllocate(uint256 assets) private returns (bytes4 reason) {
        _fund(address(adapter), assets);
        vm.prank(address(vault));
        try adapter.allocate("", assets) {
            return 0;
        } catch (bytes memory result) {
            return bytes4(result);
        }
    }

    function test_oneShareInflatedByAGiftIsNotEntered() public {
        _supply(bob, 1);
        token.mint(address(fresh), 2_000 * UNIT);
        assertEq(adapter.depositable(""), 0);
        assertEq(_tryAllocate(1_000 * UNIT), ErrorsLib.VenueTooSmall.selector);
        assertEq(_tryAllocate(10_000 * UNIT), ErrorsLib.VenueTooSmall.selector);
    }

    /// @dev With the floor met, inflation costs the attacker more than the highest price lets him take.
    function test_aVenueInflatedBehindTheFloorCostsTooMuch() public {
        _supply(bob, 1_000 * UNIT);
        _allocateAndLeave();
        token.mint(address(fresh), 2_000 * UNIT);
        assertEq(adapter.depositable(""), 0);
        assertEq(_tryAllocate(1_000 * UNIT), ErrorsLib.PriceTooHigh.selector);
    }

    function _allocateAndLeave() private {
        assertEq(_tryAllocate(1_000 * UNIT), bytes4(0));
        vm.prank(address(vault));
        adapter.deallocate("", WHOLE);
    }

    /// @dev Whatever the attacker supplies and gives, a deposit that goes through is worth what it cost.
    function testFuzz_aDepositThatGoesThroughIsWorthWhatItCost(uint256 supplied, uint256 gift, uint256 assets) public {
        supplied = bound(supplied, 1, 100_000 * UNIT);
        gift = bound(gift, 0, 10_000_000 * UNIT);
        assets = bound(assets, 1, 1_000_000 * UNIT);
        _supply(bob, supplied);
        token.mint(address(fresh), gift);
        uint256 before = adapter.realAssets();
        if (_tryAllocate(assets) != 0) return;
        assertGe(adapter.realAssets() - before + 2, assets - assets / 1000);
        assertGe(fresh.totalSupply(), 1_000 * UNIT);
    }

    function test_nobodyButTheGuardAllocates() public {
        address[4] memory others = [anyone, keeper, curator, owner];
        for (uint256 i; i < 4; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, others[i]));
            vault.allocate(address(adapters[0]), "", UNIT);
        }
    }

    /// @dev A registered venue with no cap has an inflow bucket of nothing.
    function test_aVenueWithoutCapsTakesNothingEvenFromTheKeeper() public {
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.addAdapter, (address(adapter))));
        _supply(bob, 1_000 * UNIT);
        adapters[0] = adapter;
        Plan memory plan = _plan(_leg(0, true, UNIT));
        vm.prank(keeper);
        vm.expectPartialRevert(ErrorsLib.InflowExceeded.selector);
        guard.rebalance(plan);
        assertEq(adapter.realAssets(), 0);
    }
}
