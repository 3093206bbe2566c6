// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Route } from "../../../contracts/interfaces/IRewardSeller.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Deployed } from "../Deployed.sol";
import { RewardFixture } from "./RewardFixture.sol";

/// @notice More leaves of RewardSeller.tree: who may do what.
/// forge-config: default.isolate = true
contract RewardSellerRefusalsTest is RewardFixture {
    function createSeller(address factory_) external {
        Deployed.create("RewardSeller", abi.encode(address(vault), factory_));
    }

    function _submitRoute(Route memory route) private returns (bytes memory data) {
        data = abi.encodeCall(seller.setRoute, (address(direct), route));
        vm.prank(curator);
        seller.submit(data);
    }

    function test_constructor_refusesTheZeroFactory() public {
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        this.createSeller(address(0));
    }

    function test_lowerDailyLimit_areForCuratorSentinelAndOwner() public {
        address[3] memory officers = [curator, sentinel, owner];
        for (uint128 i; i < 3; ++i) {
            uint128 lower = PER_DAY - 1 - i;
            vm.expectEmit(address(seller));
            emit EventsLib.SetDailyLimit(officers[i], address(direct), lower);
            vm.prank(officers[i]);
            seller.lowerDailyLimit(address(direct), lower);
            assertEq(seller.routeOf(address(direct)).perDay, lower);

            vm.expectEmit(address(seller));
            emit EventsLib.RemoveRoute(officers[i], address(indirect));
            vm.prank(officers[i]);
            seller.removeRoute(address(indirect));
            assertEq(seller.routeOf(address(indirect)).perDay, 0);
        }
    }

    function test_aRouteAndASaleAreTold() public {
        Route memory route = _directRoute();
        route.perDay = 1;
        bytes memory data = _submitRoute(route);
        skip(TIMELOCK);
        vm.expectEmit(address(seller));
        emit EventsLib.SetRoute(anyone, address(direct), route);
        vm.prank(anyone);
        seller.execute(data);

        _refreshFeeds();
        _reward(indirect, ETHER);
        vm.expectEmit(true, true, false, false, address(seller));
        emit EventsLib.SellReward(anyone, address(indirect), 0, 0);
        vm.prank(anyone);
        seller.sell(address(indirect), ETHER);
    }

    function test_whatWaitsAtTheSellerIsRevokedByThoseInOfficeAndNobodyElse() public {
        address[3] memory officers = [curator, sentinel, owner];
        for (uint256 i; i < 3; ++i) {
            bytes memory data = _submitRoute(_directRoute());
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, keeper));
            vm.prank(keeper);
            seller.revoke(data);
            vm.prank(officers[i]);
            seller.revoke(data);
            skip(TIMELOCK);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotSubmitted.selector, keccak256(data)));
            seller.execute(data);
        }
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, sentinel));
        vm.prank(sentinel);
        seller.submit(abi.encodeCall(seller.setRoute, (address(direct), _directRoute())));
    }

    function test_multicall_sellsTwoRewardsInOneCall() public {
        _reward(direct, ETHER);
        _reward(indirect, ETHER);
        uint256 idle = vault.idle();
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(seller.sell, (address(direct), ETHER));
        calls[1] = abi.encodeCall(seller.sell, (address(indirect), ETHER));
        bytes[] memory results = seller.multicall(calls);
        uint256 received = abi.decode(results[0], (uint256)) + abi.decode(results[1], (uint256));
        assertGt(abi.decode(results[1], (uint256)), 0);
        assertEq(vault.idle() - idle, received);
    }
}
