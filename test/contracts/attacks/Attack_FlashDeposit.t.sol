// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockToken } from "../mocks/MockToken.sol";

/// @notice A keeper whose account runs code: borrows, enters, sends its plan, leaves and pays back, in one transaction.
contract FlashKeeper {
    function attack(Vault vault, Guard guard, MockToken token, uint256 borrowed, Plan calldata plan) external {
        token.mint(address(this), borrowed);
        token.approve(address(vault), borrowed);
        uint256 shares = vault.deposit(borrowed, address(this));
        guard.rebalance(plan);
        vault.redeem(shares, address(this), address(this));
        token.burn(address(this), token.balanceOf(address(this)));
    }
}

/// @notice Bounds that are shares of total assets must not be widened by assets that are there for one transaction only.
/// forge-config: default.isolate = true
contract Attack_FlashDeposit is Fixture {
    FlashKeeper private thief;

    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT);
        thief = new FlashKeeper();
        _submitAndExecute(address(guard), curator, abi.encodeCall(guard.addKeeper, (address(thief))));
    }

    function test_borrowedAssetsDoNotStandInForTheLiquidFloor() public {
        // Nothing can be pulled from the venues: what is invested is not liquid.
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.setExitList, (new ExitEntry[](0))));
        Plan memory plan = _plan(_leg(0, true, 1000 * UNIT));
        vm.expectRevert(ErrorsLib.AllocationAfterEntry.selector);
        thief.attack(vault, guard, token, 100 * UNIT, plan);
        assertEq(vault.liquid(), 1000 * UNIT);
    }

    function test_borrowedAssetsDoNotWidenTheTurnover() public {
        _invest(0, 950 * UNIT);
        // 950 of 1000 would be 1 % of 95,000.
        Plan memory plan = _plan(_leg(0, false, 950 * UNIT), _leg(1, true, 950 * UNIT));
        vm.expectRevert(ErrorsLib.AllocationAfterEntry.selector);
        thief.attack(vault, guard, token, 94_000 * UNIT, plan);
        assertEq(adapters[0].realAssets(), 950 * UNIT);
    }

    /// @dev The limit of that: the floor holds after a plan, not after the exits that follow. Who owns a twentieth of the
    /// vault can take it out of idle; it takes own capital across two transactions, not borrowed one inside one.
    function test_ownCapitalMayLeaveRightAfterAPlan() public {
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.setExitList, (new ExitEntry[](0))));
        uint256 shares = _deposit(bob, 53 * UNIT);
        _rebalance(_plan(_leg(0, true, 1000 * UNIT)));
        vm.prank(bob);
        vault.redeem(shares, bob, bob);
        assertLe(vault.liquid(), 1);
        // A plan that only withdraws is always open, to keeper and sentinel alike.
        vm.prank(sentinel);
        vault.deallocate(address(adapters[0]), "", 50 * UNIT);
        assertGe(vault.liquid(), 50 * UNIT);
    }

    /// @dev A plan that only withdraws may follow an entry: a wider loss bound falls on whoever widened it, too.
    function test_whoWidensTheLossBoundBearsTheLoss() public {
        _invest(0, 500 * UNIT);
        uint256 before = vault.previewRedeem(vault.balanceOf(alice));
        thief.attack(vault, guard, token, 94_000 * UNIT, _plan(_leg(0, false, 500 * UNIT)));
        assertApproxEqAbs(vault.previewRedeem(vault.balanceOf(alice)), before, 1);
    }
}
