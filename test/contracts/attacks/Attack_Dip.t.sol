// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../../contracts/Vault.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockToken } from "../mocks/MockToken.sol";

/// @notice Makes the vault's asset vanish and come back inside one transaction, with entries and exits between.
contract DipMaker {
    Vault private immutable vault;
    MockToken private immutable token;

    constructor(Vault vault_, MockToken token_) {
        vault = vault_;
        token = token_;
        token_.approve(address(vault_), type(uint256).max);
    }

    function _dip(uint256 assets) private {
        token.burn(address(vault), assets);
    }

    function _enter(uint256 assets) private returns (uint256) {
        token.mint(address(this), assets);
        return vault.deposit(assets, address(this));
    }

    /// @dev The dip is there before the transaction's first accrual.
    function enterAtDipAndLeave(uint256 dip, uint256 assets) external returns (uint256 back) {
        _dip(dip);
        uint256 shares = _enter(assets);
        token.mint(address(vault), dip);
        back = vault.redeem(shares, address(this), address(this));
    }

    function enterAtDip(uint256 dip, uint256 assets) external returns (uint256 shares) {
        _dip(dip);
        shares = _enter(assets);
        token.mint(address(vault), dip);
    }

    /// @dev Makes an exit of somebody else fall into the dip.
    function dipAround(uint256 dip, address victim) external returns (uint256 paid) {
        _dip(dip);
        paid = vault.redeem(vault.balanceOf(victim), victim, victim);
        token.mint(address(vault), dip);
    }

    /// @dev Pins the price with an accrual, as in the loss escape of two-phase latches, and exits after the loss.
    function pinAndEscape(uint256 loss) external returns (uint256 back) {
        vault.accrue();
        _dip(loss);
        back = vault.redeem(vault.balanceOf(address(this)), address(this), address(this));
    }

    function redeemable() external view returns (uint256) {
        return vault.previewRedeem(vault.balanceOf(address(this)));
    }

    function redeemAll() external returns (uint256) {
        return vault.redeem(vault.balanceOf(address(this)), address(this), address(this));
    }
}

/// @notice Sandwiches of a price that somebody can move down and up again. Lending indices do not fall, so this is about
/// venues that report a price of their own; the vault must not make it worse.
/// forge-config: default.isolate = true
contract Attack_Dip is Fixture {
    DipMaker private maker;

    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT);
        maker = new DipMaker(vault, token);
    }

    /// @dev Up to 25 bp the entry pays the price of before the dip; above that there is no entry.
    function testFuzz_whoEntersAtADipHasNothingOfItsReturn(uint256 dip, uint256 assets, uint256 wait) public {
        dip = bound(dip, 1, (25 * UNIT) / 10);
        assets = bound(assets, 1, 1e15);
        maker.enterAtDip(dip, assets);
        skip(bound(wait, 0, 400 days));
        // Up to dust of a ten-millionth a loss counts as rounding.
        assertLe(maker.redeemAll(), assets + assets / 1e7 + 17);
    }

    function testFuzz_noEntryInADipOfMoreThan25BasisPoints(uint256 dip) public {
        dip = bound(dip, (26 * UNIT) / 10, 1000 * UNIT);
        vm.expectRevert(ErrorsLib.EntryClosed.selector);
        maker.enterAtDip(dip, 100 * UNIT);
        token.burn(address(vault), dip);
        vault.accrue();
        assertFalse(vault.entriesOpen());
        assertEq(vault.recoverable(), dip);
        assertEq(vault.maxDeposit(bob), 0);
        assertEq(vault.maxMint(bob), 0);
        // What comes back opens them again.
        token.mint(address(vault), dip);
        assertTrue(vault.entriesOpen());
        assertEq(vault.previewDeposit(UNIT), 1e18);
    }

    function test_aLossThatStaysIsForgottenAfterADay() public {
        token.burn(address(vault), 100 * UNIT);
        vm.expectEmit(address(vault));
        emit EventsLib.Recoverable(100 * UNIT, vm.getBlockTimestamp() + 1 days);
        vault.accrue();
        skip(1 days - 1);
        assertFalse(vault.entriesOpen());
        skip(1);
        assertTrue(vault.entriesOpen());
        assertEq(vault.recoverable(), 0);
        // Entry is at the lower price now, and what comes back later comes in at the maximum rate.
        uint256 shares = _deposit(bob, 900 * UNIT);
        assertApproxEqAbs(shares, 1000e18, 1e13);
        token.mint(address(vault), 100 * UNIT);
        assertEq(vault.pendingGain(), 100 * UNIT);
    }

    function test_aPinnedPriceDoesNotEscapeALoss() public {
        _fund(bob, 1000 * UNIT);
        vm.startPrank(bob);
        token.approve(address(vault), 1000 * UNIT);
        vault.deposit(1000 * UNIT, address(maker));
        vm.stopPrank();
        assertLe(maker.pinAndEscape(1000 * UNIT), 500 * UNIT);
        assertApproxEqAbs(vault.totalAssets(), 500 * UNIT, 1);
    }

    /// @dev Anyone may accrue in a dip; once it is over, leavers have their price again.
    function testFuzz_aDipThatIsAccruedCostsLeaversNothingLasting(uint256 dip, uint256 dips) public {
        dip = bound(dip, 1, 1000 * UNIT);
        dips = bound(dips, 1, 5);
        for (uint256 i; i < dips; ++i) {
            token.burn(address(vault), dip);
            vault.accrue();
            token.mint(address(vault), dip);
            // Dust is left to the maximum rate.
            assertLe(vault.pendingGain(), 16 + (1000 * UNIT) / 1e7);
            vault.accrue();
        }
        assertGe(vault.previewRedeem(vault.balanceOf(alice)), 990 * UNIT - 6 * 117);
    }

    /// @dev A leaver in a dip leaves his part of it; those who stay have it no sooner than the maximum rate lets it in.
    function test_whoDipsAroundALeaverHasNothingOfItAtOnce() public {
        _deposit(bob, 1000 * UNIT);
        vm.prank(bob);
        vault.approve(address(maker), type(uint256).max);
        uint256 before = vault.previewRedeem(vault.balanceOf(alice));
        uint256 paid = maker.dipAround(200 * UNIT, bob);
        assertEq(paid, 900 * UNIT);
        assertApproxEqAbs(vault.previewRedeem(vault.balanceOf(alice)), before, 1);
        assertApproxEqAbs(vault.pendingGain(), 100 * UNIT, 1);
        vault.accrue();
        assertEq(vault.recoverable(), 0);
    }

    /// @dev A new loss adds to the old one and starts the day anew.
    /// @dev The one dip that entries do not pay for: down to the stored total while a gain is held back. What it brings is
    /// the enterer's part of what comes in at the maximum rate, and only while he stays.
    function testFuzz_whoDipsToTheStoredTotalWhileAGainIsHeldBackGetsHisPartOfTheMaximumRate(
        uint256 gain,
        uint256 assets,
        uint256 wait
    ) public {
        gain = bound(gain, 1, 500 * UNIT);
        assets = bound(assets, UNIT, 1e12);
        wait = bound(wait, 0, 30 days);
        token.mint(address(vault), gain);
        uint256 held = vault.pendingGain();
        uint256 storedBefore = vault.storedAssets();
        uint256 shares = maker.enterAtDip(held, assets);
        assertLe(maker.redeemable(), assets, "nothing at once");

        skip(wait);
        uint256 supply = vault.totalSupply();
        uint256 back = maker.redeemAll();
        // What the rate lets in over the wait, of all that is there, his part of it; a unit for rounding.
        uint256 most = ((storedBefore + assets) * vault.maxRatePerSecondWad() * wait) / WAD;
        uint256 his = ((most < held ? most : held) * shares) / supply;
        assertLe(back, assets + his + 2, "his part of the rate");
    }

    function test_lossesAddUp() public {
        token.burn(address(vault), 10 * UNIT);
        vault.accrue();
        skip(20 hours);
        token.burn(address(vault), 10 * UNIT);
        vault.accrue();
        // Four hours of the first and a day of the second: the half of both.
        skip(14 hours - 1);
        assertEq(vault.recoverable(), 20 * UNIT);
        token.mint(address(vault), 5 * UNIT);
        vault.accrue();
        // Some of it may have come in at the maximum rate, which is not counted against it.
        assertLe(vault.recoverable(), 20 * UNIT);
        assertApproxEqAbs(vault.previewRedeem(vault.balanceOf(alice)), (985 * UNIT * 99) / 100, 1);
    }
}
