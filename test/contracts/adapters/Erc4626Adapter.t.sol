// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockVenue } from "../mocks/MockVenue.sol";

/// forge-config: default.isolate = true
contract Erc4626AdapterTest is Fixture {
    function _allocate(uint256 assets) private {
        _fund(address(adapters[0]), assets);
        vm.prank(address(vault));
        adapters[0].allocate("", assets);
    }

    function test_tellsItsKindAndRefusesAnotherAssetAndData() public {
        assertEq(adapters[0].kind(), "erc4626");
        assertEq(adapters[0].ids("")[0], _id(0));
        MockToken other = new MockToken(6);
        MockVenue foreign = new MockVenue(address(other));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WrongAsset.selector, address(token), address(other)));
        _newErc4626Adapter(address(vault), address(foreign));
        vm.expectRevert(ErrorsLib.UnexpectedData.selector);
        adapters[0].venueAssets("x");
    }

    function test_sharesThatOthersGiveDoNotCount() public {
        _allocate(1000 * UNIT);
        vm.prank(anyone);
        venues[0].transfer(address(adapters[0]), 500e12);
        assertEq(adapters[0].realAssets(), 1000 * UNIT);
        assertEq(adapters[0].withdrawable(""), 1000 * UNIT);
        vm.prank(address(vault));
        vm.expectPartialRevert(ErrorsLib.PositionTooSmall.selector);
        adapters[0].deallocate("", 1001 * UNIT);
        vm.prank(address(vault));
        adapters[0].deallocate("", WHOLE);
        assertEq(adapters[0].realAssets(), 0);
        assertEq(venues[0].balanceOf(address(adapters[0])), 500e12);
    }

    function test_aVenueThatMintsLessThanItQuotesIsRefused() public {
        venues[0].setShort(true);
        _fund(address(adapters[0]), 1000 * UNIT);
        vm.prank(address(vault));
        vm.expectPartialRevert(ErrorsLib.ShortCredit.selector);
        adapters[0].allocate("", 1000 * UNIT);
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

    function test_anInflatedFreshVenueIsRefused() public {
        // Incident: donate to an empty venue so that a deposit buys no share.
        MockVenue fresh = new MockVenue(address(token));
        Erc4626Adapter adapter = _newErc4626Adapter(address(vault), address(fresh));
        token.mint(address(fresh), 1e18);
        _fund(address(adapter), 1000 * UNIT);
        vm.prank(address(vault));
        vm.expectPartialRevert(ErrorsLib.VenueTooSmall.selector);
        adapter.allocate("", 1000 * UNIT);
    }

    function test_limitsOfTheVenueShow() public {
        _allocate(1000 * UNIT);
        assertEq(adapters[0].depositable(""), type(uint256).max);
        venues[0].setFreeLiquidity(10 * UNIT);
        assertEq(adapters[0].withdrawable(""), 10 * UNIT);
        assertEq(adapters[1].withdrawable(""), 0);
    }
}
