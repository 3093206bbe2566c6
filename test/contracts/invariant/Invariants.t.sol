// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { console } from "forge-std/console.sol";
import { Handler } from "./Handler.sol";

/// @notice The properties of `Properties.sol` over random sequences of what all roles do. Each call of a handler is a
/// transaction of its own; after each, `Handler.check` asserts all that can be seen from outside.
abstract contract InvariantsTest is Test {
    Handler internal handler;

    function setUp() public virtual {
        handler = new Handler();
        // A vault that holds something in every venue.
        for (uint256 i; i < 6; ++i) handler.allocate(i, 40);
        targetContract(address(handler));
    }

    function _target(bytes4[] memory selectors) internal {
        targetSelector(FuzzSelector({ addr: address(handler), selectors: selectors }));
    }

    function _common() internal view returns (bytes4[] memory selectors) {
        selectors = new bytes4[](32);
        bytes4[24] memory list = [
            handler.deposit.selector,
            handler.mint.selector,
            handler.withdraw.selector,
            handler.redeem.selector,
            handler.leaveAltogether.selector,
            handler.transfer.selector,
            handler.permit.selector,
            handler.forceExit.selector,
            handler.leaveInKind.selector,
            handler.claimFees.selector,
            handler.allocate.selector,
            handler.rotate.selector,
            handler.unwind.selector,
            handler.rebalance.selector,
            handler.trespass.selector,
            handler.attack.selector,
            handler.usurp.selector,
            handler.accrue.selector,
            handler.pass.selector,
            handler.donate.selector,
            handler.stray.selector,
            handler.giveShares.selector,
            handler.earn.selector,
            handler.dryUp.selector
        ];
        for (uint256 i; i < 24; ++i) selectors[i] = list[i];
    }

    function invariant_theCatalogueHolds() public {
        handler.check();
    }

    /// @dev Printed with -vv: a run that did nothing proves nothing.
    function afterInvariant() public view {
        string[12] memory names = [
            "deposit",
            "withdraw",
            "forceExit",
            "leaveInKind",
            "plan with deposits",
            "plan refused",
            "attack",
            "submit",
            "execute",
            "quarantine",
            "contain",
            "breakVenue"
        ];
        for (uint256 i; i < names.length; ++i) console.log(names[i], handler.done(names[i]));
    }
}

/// @notice Everybody keeps to what is promised to work: no call of a handler may revert.
/// forge-config: test.isolate = true
/// forge-config: test.invariant.fail_on_revert = true
contract CalmInvariantsTest is InvariantsTest {
    function setUp() public override {
        super.setUp();
        bytes4[] memory selectors = _common();
        selectors[24] = handler.lose.selector;
        selectors[25] = handler.dip.selector;
        selectors[26] = handler.charge.selector;
        selectors[27] = handler.submit.selector;
        selectors[28] = handler.mature.selector;
        selectors[29] = handler.execute.selector;
        selectors[30] = handler.cutCap.selector;
        selectors[31] = handler.lowerFees.selector;
        _target(selectors);
    }
}

/// @notice Venues break, lie, pay short and dry up; officers fight over it; the Guard is frozen and thawed.
/// forge-config: test.isolate = true
/// forge-config: test.invariant.fail_on_revert = false
contract ChaosInvariantsTest is InvariantsTest {
    function setUp() public override {
        super.setUp();
        bytes4[] memory common = _common();
        bytes4[20] memory more = [
            handler.lose.selector,
            handler.dip.selector,
            handler.charge.selector,
            handler.hideLoss.selector,
            handler.submit.selector,
            handler.mature.selector,
            handler.execute.selector,
            handler.revoke.selector,
            handler.recover.selector,
            handler.cutCap.selector,
            handler.retire.selector,
            handler.freeze.selector,
            handler.quarantine.selector,
            handler.contain.selector,
            handler.lowerMark.selector,
            handler.evacuate.selector,
            handler.lowerFees.selector,
            handler.breakVenue.selector,
            handler.repairVenues.selector,
            handler.cheat.selector
        ];
        bytes4[] memory selectors = new bytes4[](44);
        for (uint256 i; i < 24; ++i) selectors[i] = common[i];
        for (uint256 i; i < 20; ++i) selectors[24 + i] = more[i];
        _target(selectors);
    }
}
