// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Router } from "../../../contracts/periphery/Router.sol";
import { VenueExit } from "../../../contracts/interfaces/IRouter.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { MockVenue } from "../mocks/MockVenue.sol";
import { FeeToken } from "./Router.t.sol";
import { RouterFixture } from "./RouterFixture.sol";

/// @notice Vault, adapter and ERC-4626 in one, which pays what it owes and knocks at every door of the Router meanwhile.
contract Knocker {
    address public immutable asset;
    bytes32 public constant kind = "erc4626";
    Router private immutable router;
    bytes[] private _doors;
    uint256 public reentered;
    uint256 public others;

    constructor(address asset_, Router router_) {
        asset = asset_;
        router = router_;
    }

    function add(bytes calldata door) external {
        _doors.push(door);
    }

    function _knock() private {
        for (uint256 i; i < _doors.length; ++i) {
            (bool success, bytes memory result) = address(router).call(_doors[i]);
            if (!success && bytes4(result) == ErrorsLib.Reentered.selector) ++reentered;
            else ++others;
        }
    }

    function isAdapter(address) external pure returns (bool) {
        return true;
    }

    function target() external view returns (address) {
        return address(this);
    }

    function withdrawable(bytes calldata) external pure returns (uint256) {
        return type(uint256).max;
    }

    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }

    function previewMint(uint256 shares) external pure returns (uint256) {
        return shares;
    }

    function previewRedeem(uint256 shares) external pure returns (uint256) {
        return shares;
    }

    function deposit(uint256 assets, address) external returns (uint256) {
        _knock();
        IERC20(asset).transferFrom(msg.sender, address(this), assets);
        return assets;
    }

    function mint(uint256 shares, address) external returns (uint256) {
        _knock();
        IERC20(asset).transferFrom(msg.sender, address(this), shares);
        return shares;
    }

    function withdraw(uint256 assets, address receiver, address) external returns (uint256) {
        _knock();
        IERC20(asset).transfer(receiver, assets);
        return assets;
    }

    function redeem(uint256 shares, address receiver, address) external returns (uint256) {
        _knock();
        IERC20(asset).transfer(receiver, shares);
        return shares;
    }

    function forceExit(address, bytes calldata, uint256 assets, address receiver, address) external returns (uint256) {
        _knock();
        IERC20(asset).transfer(receiver, assets);
        return assets;
    }
}

/// @notice More leaves of Router.tree.
/// forge-config: default.isolate = true
contract RouterRefusalsTest is RouterFixture {
    function test_noDoorOpensFromWithin() public {
        Knocker knocker = new Knocker(address(token), router);
        address at = address(knocker);
        _fund(address(lender), 100 * UNIT);
        _ready(carol, 20 * UNIT);
        uint256 deadline = _soon();
        VenueExit memory exit = VenueExit(at, at, "", 10 * UNIT, type(uint256).max, deadline);
        bytes[] memory doors = new bytes[](7);
        doors[0] = abi.encodeCall(router.deposit, (at, 10 * UNIT, carol, 0, deadline));
        doors[1] = abi.encodeCall(router.mint, (at, 10 * UNIT, carol, 10 * UNIT, deadline));
        doors[2] = abi.encodeCall(router.withdraw, (at, 4 * UNIT, carol, 4 * UNIT, deadline));
        doors[3] = abi.encodeCall(router.redeem, (at, 4 * UNIT, carol, 0, deadline));
        doors[4] = abi.encodeCall(router.migrate, (at, at, 4 * UNIT, 0, deadline));
        doors[5] = abi.encodeCall(router.forceExit, (exit, carol, 0));
        doors[6] = abi.encodeCall(router.exitInKind, (exit, 0));
        for (uint256 i; i < doors.length; ++i) knocker.add(doors[i]);

        // Migration and the exit in kind come by twice.
        uint256 visits;
        for (uint256 i; i < doors.length; ++i) {
            if (i == 5) _fund(at, 10 * UNIT);
            vm.prank(carol);
            (bool success, ) = address(router).call(doors[i]);
            assertTrue(success);
            visits += i == 4 || i == 6 ? 2 : 1;
            assertEq(knocker.reentered(), visits * doors.length);
        }
        assertEq(knocker.others(), 0);
        _checkEmpty();
    }

    function test_mint_revertsWhereTheTokenKeepsAFee() public {
        FeeToken fees = new FeeToken();
        MockVenue other = new MockVenue(address(fees));
        fees.mint(carol, 100 * UNIT);
        uint256 shares = other.previewDeposit(100 * UNIT);
        uint256 deadline = _soon();
        vm.startPrank(carol);
        fees.approve(address(router), 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.FeeOnTransfer.selector, 100 * UNIT, 99 * UNIT));
        router.mint(address(other), shares, carol, 100 * UNIT, deadline);
        vm.stopPrank();
    }
}
