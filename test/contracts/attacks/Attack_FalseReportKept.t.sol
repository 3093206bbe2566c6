// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { MockAdapterFixture } from "../vault/MockAdapterFixture.sol";

/// @notice A sentinel's stolen key and a venue whose report can be pushed up for a moment: the quarantine keeps the false report
/// as its mark. Shares gain no more by it than the maximum rate lets in, and only until somebody else in office lowers it.
/// forge-config: default.isolate = true
contract Attack_FalseReportKept is MockAdapterFixture {
    function setUp() public override {
        super.setUp();
        _investMock(400 * UNIT);
        vault.accrue();
    }

    function testFuzz_aFalseReportKeptAsAMarkComesInAtTheMaximumRateUntilItIsLowered(uint256 lie, uint256 wait) public {
        lie = bound(lie, 1, 1e9 * UNIT);
        wait = bound(wait, 0, 365 days);
        mock.setPosition(400 * UNIT + lie);
        _quarantine(mock, 400 * UNIT + lie);
        mock.setPosition(400 * UNIT);
        assertEq(vault.storedAssets(), 1000 * UNIT, "nothing at once");

        skip(wait);
        vault.accrue();
        uint256 most = 1000 * UNIT + (1000 * UNIT * vault.maxRatePerSecondWad() * wait) / WAD;
        assertLe(vault.storedAssets(), most, "no faster than the rate");
        vm.expectRevert(ErrorsLib.EntryClosed.selector);
        vault.deposit(UNIT, address(this));

        vm.prank(owner);
        vault.quarantine(address(mock), uint128(400 * UNIT));
        vault.accrue();
        assertEq(vault.storedAssets(), 1000 * UNIT, "as it was");
    }
}
