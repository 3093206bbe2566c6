// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Fixture } from "../Fixture.sol";
import { Handler } from "./Handler.sol";

/// @notice Properties by their number in the contracts' notes: I1 totals, I2 backing, I4 rounding, I6 previews, I8 exits,
/// I11 tracked shares, I13 nothing left in adapters, I14 buckets.
contract VaultInvariantsTest is Fixture {
    Handler private handler;

    function setUp() public override {
        super.setUp();
        handler = new Handler(vault, guard, token, keeper, venues, adapters);
        _deposit(handler.depositors(0), 1_000_000 * UNIT);
        for (uint256 i; i < 3; ++i) venues[i].setEntryFeeBps(10);
        targetContract(address(handler));
        bytes4[] memory selectors = new bytes4[](14);
        selectors[0] = handler.deposit.selector;
        selectors[1] = handler.mint.selector;
        selectors[2] = handler.redeem.selector;
        selectors[3] = handler.withdraw.selector;
        selectors[4] = handler.transfer.selector;
        selectors[5] = handler.rebalance.selector;
        selectors[6] = handler.churn.selector;
        selectors[7] = handler.donate.selector;
        selectors[8] = handler.giveShares.selector;
        selectors[9] = handler.earn.selector;
        selectors[10] = handler.lose.selector;
        selectors[11] = handler.charge.selector;
        selectors[12] = handler.dryUp.selector;
        selectors[13] = handler.pass.selector;
        targetSelector(FuzzSelector({ addr: address(handler), selectors: selectors }));
    }

    /// @dev I1: shares are somebody's; nobody holds any at the zero address; the dead shares stay.
    function invariant_I1_supplyIsTheSumOfBalances() public view {
        uint256 sum = vault.balanceOf(DEAD);
        assertEq(sum, SEED * 1e12);
        for (uint256 i; i < 3; ++i) sum += vault.balanceOf(handler.depositors(i));
        assertEq(vault.totalSupply(), sum);
        assertEq(vault.balanceOf(address(0)), 0);
    }

    /// @dev I2, I8: what all holders could claim is there.
    function invariant_I2_everyClaimIsBacked() public {
        vault.accrue();
        uint256 live = vault.totalAssets();
        assertLe(vault.storedAssets(), live);
        uint256 real = vault.idle();
        for (uint256 i; i < 3; ++i) real += adapters[i].realAssets();
        assertEq(live, real);
        uint256 claims = vault.previewRedeem(vault.balanceOf(DEAD));
        for (uint256 i; i < 3; ++i) claims += vault.previewRedeem(vault.balanceOf(handler.depositors(i)));
        assertLe(claims, live);
    }

    /// @dev I4: entries and exits take nothing from those who stay but rounding.
    function invariant_I4_entriesAndExitsDoNotDilute() public view {
        assertEq(handler.worstDilution(), 0);
    }

    /// @dev I6: what was quoted is what was done.
    function invariant_I6_previewsAreExact() public view {
        assertEq(handler.previewDeviations(), 0);
    }

    /// @dev I11, I13: no position that is not there, no asset left between transactions.
    function invariant_I11_I13_positionsAreRealAndAdaptersAreEmpty() public view {
        for (uint256 i; i < 3; ++i) {
            assertLe(adapters[i].shares(), venues[i].balanceOf(address(adapters[i])));
            assertEq(token.balanceOf(address(adapters[i])), 0);
            if (adapters[i].shares() == 0) assertEq(vault.allocation(_id(i)), 0);
        }
    }

    /// @dev I14: in every window, turnover <= capacity x (1 + w / day), whatever the keeper does.
    function invariant_I14_turnoverStaysInItsBucket() public view {
        _checkWindows(handler.turnoverDraws(), 0.5e18);
    }

    /// @dev I14, I17: the same for what plans destroy.
    function invariant_I14_lossesStayInTheirBudget() public view {
        _checkWindows(handler.lossDraws(), 0.0005e18);
    }

    function _checkWindows(Handler.Draw[] memory draws, uint256 capacity) private pure {
        for (uint256 from; from < draws.length; ++from) {
            uint256 sum;
            for (uint256 to = from; to < draws.length; ++to) {
                sum += draws[to].share;
                assertLe(sum, capacity + (capacity * (draws[to].at - draws[from].at)) / 1 days);
            }
        }
    }

    /// @dev Printed with -vv: a run that moved nothing proves nothing.
    function afterInvariant() public {
        emit log_named_uint("plans accepted", handler.plans());
        emit log_named_uint("plans refused", handler.refusedPlans());
        emit log_named_uint("plans that lost", handler.lossDraws().length);
        emit log_named_uint("plans with turnover", handler.turnoverDraws().length);
    }
}
