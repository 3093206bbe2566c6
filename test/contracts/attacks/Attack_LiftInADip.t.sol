// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../../contracts/Vault.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { MockAdapter } from "../mocks/MockAdapter.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockAdapterFixture } from "../vault/MockAdapterFixture.sol";

/// @notice Makes a quarantined venue's report dip, executes the lift that has matured, and comes in before the report is
/// back, all in one transaction.
contract DipLifter {
    Vault private immutable vault;

    constructor(Vault vault_, MockToken token) {
        vault = vault_;
        token.approve(address(vault_), type(uint256).max);
    }

    function run(MockAdapter venue, uint256 dip, uint256 assets) external {
        uint256 report = venue.position();
        venue.setPosition(report - dip);
        vault.execute(abi.encodeCall(vault.lift, (address(venue))));
        try vault.deposit(assets, address(this)) {} catch {}
        venue.setPosition(report);
    }

    function enter(uint256 assets) external {
        vault.deposit(assets, address(this));
    }

    function leave() external {
        vault.redeem(vault.maxRedeem(address(this)), address(this), address(this));
    }
}

/// @notice Anyone may execute a lift, so anyone may choose the moment of the report that it takes. What a report does not give
/// back in that moment may still come back, and belongs to the shares that were there all the same.
/// forge-config: default.isolate = true
contract Attack_LiftInADip is MockAdapterFixture {
    uint256 private constant CAPITAL = 100_000 * UNIT;
    uint256 private constant HELD = 400 * UNIT;

    DipLifter private thief;

    function setUp() public override {
        super.setUp();
        _investMock(HELD);
        thief = new DipLifter(vault, token);
        _fund(address(thief), CAPITAL);
    }

    function _quarantineAndWait(uint256 mark) private {
        _quarantine(mock, mark);
        vm.prank(curator);
        vault.submit(abi.encodeCall(vault.lift, (address(mock))));
        skip(TIMELOCK);
    }

    function testFuzz_whoLiftsInADipBuysNothingOfWhatComesBack(uint256 mark, uint256 dip, uint256 wait) public {
        _quarantineAndWait(bound(mark, 0, HELD));
        thief.run(mock, bound(dip, 0, HELD), CAPITAL);
        if (token.balanceOf(address(thief)) != 0) thief.enter(CAPITAL);
        skip(bound(wait, 0, 400 days));
        vault.accrue();
        thief.leave();
        // Up to a ten-millionth a loss counts as rounding.
        assertLe(token.balanceOf(address(thief)), CAPITAL + CAPITAL / 1e7 + 17);
        assertGe(_worth(alice) + 200, 990 * UNIT);
    }

    /// @dev What the venue lost in truth is forgotten after a day, as any loss is.
    function test_whatALiftDoesNotGiveBackMayComeBackForADay() public {
        _quarantineAndWait(100 * UNIT);
        mock.setPosition(250 * UNIT);
        vault.execute(abi.encodeCall(vault.lift, (address(mock))));
        assertEq(vault.storedAssets(), 850 * UNIT);
        assertEq(vault.recoverable(), 150 * UNIT);
        assertFalse(vault.entriesOpen());
        vm.expectRevert(ErrorsLib.EntryClosed.selector);
        thief.enter(CAPITAL);
        skip(1 days - 1);
        assertFalse(vault.entriesOpen());
        skip(1);
        assertTrue(vault.entriesOpen());
        assertEq(vault.recoverable(), 0);
        assertEq(vault.previewRedeem(1e18), (UNIT * 85) / 100);
    }
}
