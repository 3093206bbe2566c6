// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../../contracts/Vault.sol";
import { RedeemQueue } from "../../../contracts/periphery/RedeemQueue.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Deployed } from "../Deployed.sol";
import { RedeemQueueBase } from "./RedeemQueueBase.sol";
import { FeeToken } from "./Router.t.sol";

/// @notice More leaves of RedeemQueue.tree.
contract RedeemQueueRefusalsTest is RedeemQueueBase {
    /// @dev What others have to claim does not make up for what a fee keeps.
    function test_aMintThatArrivesShortIsRefused() public {
        FeeToken fees = new FeeToken();
        (Vault other, ) = _newVault(address(fees));
        RedeemQueue own = RedeemQueue(Deployed.create("RedeemQueue", abi.encode(address(other), MINIMUM)));
        fees.mint(anyone, 1_000 * UNIT);
        fees.mint(address(own), 1_000 * UNIT);
        uint256 shares = other.previewDeposit(1_000 * UNIT);
        vm.startPrank(anyone);
        fees.approve(address(own), type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ShortPayment.selector, 990 * UNIT, 1_000 * UNIT));
        own.mint(shares, anyone);
        vm.stopPrank();
        assertEq(fees.balanceOf(address(own)), 1_000 * UNIT);
    }
}
