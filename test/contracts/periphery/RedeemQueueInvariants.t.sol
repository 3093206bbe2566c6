// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { RedeemQueueBase } from "./RedeemQueueBase.sol";
import { RedeemQueueHandler } from "./RedeemQueueHandler.sol";

/// @notice Properties of the queue by name: Q1 what can be claimed is there, Q2 what waits is there, Q3 nobody overtakes,
/// Q4 every share is accounted for, Q5 fills are at the vault's exit price, Q6 the linked list is whole.
/// forge-config: test.isolate = true
/// forge-config: test.invariant.fail_on_revert = true
contract RedeemQueueInvariantsTest is RedeemQueueBase {
    RedeemQueueHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new RedeemQueueHandler(vault, queue, token, venues[0]);
        for (uint256 i; i < 3; ++i) _deposit(handler.holders(i), 200_000 * UNIT);
        _invest(0, 390_000 * UNIT);
        targetContract(address(handler));
        bytes4[] memory selectors = new bytes4[](11);
        selectors[0] = handler.request.selector;
        selectors[1] = handler.cancel.selector;
        selectors[2] = handler.fill.selector;
        selectors[3] = handler.claim.selector;
        selectors[4] = handler.deposit.selector;
        selectors[5] = handler.donateShares.selector;
        selectors[6] = handler.donateAssets.selector;
        selectors[7] = handler.earn.selector;
        selectors[8] = handler.lose.selector;
        selectors[9] = handler.dryUp.selector;
        selectors[10] = handler.pass.selector;
        targetSelector(FuzzSelector({ addr: address(handler), selectors: selectors }));
    }

    /// @dev Q1: the asset here is what can be claimed and what was given away, to the unit.
    function invariant_Q1_claimableAssetsAreThere() public view {
        uint256 claimable;
        uint256 claimed;
        for (uint256 i; i < 3; ++i) {
            claimable += queue.maxWithdraw(handler.holders(i));
            claimed += handler.claimedAssets(handler.holders(i));
        }
        assertEq(queue.unclaimedAssets(), claimable);
        assertEq(handler.filledAssets(), claimable + claimed);
        assertEq(token.balanceOf(address(queue)), claimable + handler.donatedAssets());
    }

    /// @dev Q2: the shares here are what waits and what was given away.
    function invariant_Q2_waitingSharesAreThere() public view {
        assertEq(vault.balanceOf(address(queue)), queue.pendingShares() + handler.donatedShares());
    }

    /// @dev Q3.
    function invariant_Q3_nobodyOvertakes() public view {
        assertEq(handler.overtakings(), 0);
    }

    /// @dev Q4: what a request asked for waits, was given back or was filled; what was filled can be claimed or was.
    function invariant_Q4_everyShareIsAccountedFor() public view {
        uint256 gone;
        uint256 waits;
        for (uint256 id = 1; id <= handler.lastId(); ++id) {
            address controller = handler.controllerOf(id);
            gone += handler.asked(id) - handler.givenBack(id) - queue.pendingRedeemRequest(id, controller);
            waits += queue.pendingRedeemRequest(id, controller);
        }
        assertEq(waits, queue.pendingShares());
        assertEq(gone, handler.filledShares());
        uint256 claims;
        for (uint256 i; i < 3; ++i) {
            claims += queue.maxRedeem(handler.holders(i)) + handler.claimedShares(handler.holders(i));
        }
        assertEq(claims, handler.filledShares());
    }

    /// @dev Q4: a controller's claims are those of its requests.
    function invariant_Q4_claimsAreThoseOfTheRequests() public view {
        for (uint256 i; i < 3; ++i) {
            address controller = handler.holders(i);
            uint256 shares;
            uint256 assets;
            for (uint256 id = 1; id <= handler.lastId(); ++id) {
                if (handler.controllerOf(id) != controller) continue;
                shares += queue.claimableRedeemRequest(id, controller);
                assets += _brought(id);
            }
            assertEq(shares, queue.maxRedeem(controller));
            assertEq(assets, queue.maxWithdraw(controller));
        }
    }

    /// @dev Q5: a unit of rounding for each fill at most.
    function invariant_Q5_fillsAreAtTheExitPrice() public view {
        assertEq(handler.worstShortfall(), 0);
    }

    /// @dev Q6: from the head on, all that waits comes by once, in the order of its numbers.
    function invariant_Q6_theListIsWhole() public view {
        uint256 sum;
        uint256 last;
        for (uint256 id = queue.head(); id != 0;) {
            assertGt(id, last);
            last = id;
            (, uint256 waiting, , , uint256 next) = queue.requestOf(id);
            assertGt(waiting, 0);
            sum += waiting;
            id = next;
        }
        assertEq(sum, queue.pendingShares());
    }
}
