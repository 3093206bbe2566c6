// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../../contracts/Vault.sol";
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

    /// @dev Pins the price with an accrual, as in the loss escape of two-phase latches, and exits after the loss.
    function pinAndEscape(uint256 loss) external returns (uint256 back) {
        vault.accrue();
        _dip(loss);
        back = vault.redeem(vault.balanceOf(address(this)), address(this), address(this));
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

    function testFuzz_aDipBeforeTheFirstAccrualPaysNothingInItsTransaction(uint256 dip, uint256 assets) public {
        dip = bound(dip, 1, 1000 * UNIT);
        assets = bound(assets, 1, 1e15);
        // Entry was cheap, but the price returns at the maximum rate only.
        assertLe(maker.enterAtDipAndLeave(dip, assets), assets);
    }

    /// @dev The limit of that: who enters at a dip and stays takes part in its return, as much as the maximum rate lets in.
    function test_whoStaysAfterADipGainsNoFasterThanTheMaximumRate() public {
        maker.enterAtDip(100 * UNIT, 1000 * UNIT);
        skip(1 hours);
        uint256 back = maker.redeemAll();
        assertGt(back, 1000 * UNIT);
        uint256 most = 1000 * UNIT + (1000 * UNIT * uint256(vault.maxRatePerSecondWad()) * 1 hours) / WAD;
        assertLe(back, most + 1);
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

    /// @dev What a dip costs: anyone may accrue in it, and then leavers wait for the maximum rate. Stayers lose nothing.
    function test_aDipThatIsAccruedHoldsThePriceBackForLeaversOnly() public {
        token.burn(address(vault), 10 * UNIT);
        vault.accrue();
        token.mint(address(vault), 10 * UNIT);
        assertEq(vault.pendingGain(), 10 * UNIT);
        uint256 before = vault.previewDeposit(UNIT);
        // Entry still costs the whole price, so nobody buys what waits.
        assertEq(before, 1e18);
        skip(2 days);
        assertEq(vault.pendingGain(), 0);
        assertApproxEqAbs(vault.previewRedeem(vault.balanceOf(alice)), 990 * UNIT, 1);
    }

    /// @dev The worst of it: a venue that reports next to nothing for one transaction leaves the exit price there, and the
    /// maximum rate needs more than a year to bring back nine tenths. Such venues must not get a large cap.
    function test_aDeepDipTakesLongToComeBack() public {
        token.burn(address(vault), 900 * UNIT);
        vault.accrue();
        token.mint(address(vault), 900 * UNIT);
        assertEq(vault.totalAssets(), 1000 * UNIT);
        uint256 day;
        for (; vault.pendingGain() != 0; ++day) {
            skip(1 days);
            vault.accrue();
        }
        assertApproxEqAbs(day, 421, 2);
    }
}
