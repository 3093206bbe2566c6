// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { CometUsdc } from "../../../src/devnet/contracts/CometUsdc.sol";
import { PriceFeed } from "../../../src/devnet/contracts/PriceFeed.sol";
import { TestToken } from "../../../src/devnet/contracts/TestToken.sol";

contract CometUsdcTest is Test {
    uint256 private constant USD = 1e6;
    address private immutable SUPPLIER = makeAddr("supplier");
    address private immutable BORROWER = makeAddr("borrower");
    address private immutable GUARDIAN = makeAddr("guardian");
    address private immutable GOVERNOR = makeAddr("governor");

    TestToken private usdc;
    TestToken private collateral;
    PriceFeed private collateralFeed;
    CometUsdc private comet;

    function setUp() public {
        vm.warp(1_800_000_000);
        usdc = new TestToken("USD Coin", "USDC", 6);
        collateral = new TestToken("Ether", "WETH", 18);
        collateralFeed = new PriceFeed("ETH / USD", 8, 3_000e8);
        CometUsdc.AssetConfig[] memory assets = new CometUsdc.AssetConfig[](1);
        assets[0] = CometUsdc.AssetConfig(address(collateral), address(collateralFeed), 0.8e18, 1_000 ether);
        comet = new CometUsdc(
            CometUsdc.Configuration({
                governor: GOVERNOR,
                pauseGuardian: GUARDIAN,
                baseToken: address(usdc),
                baseTokenPriceFeed: address(new PriceFeed("USDC / USD", 8, 1e8)),
                supplyKink: 0.9e18,
                supplyPerYearInterestRateBase: 0,
                supplyPerYearInterestRateSlopeLow: 0.04e18,
                supplyPerYearInterestRateSlopeHigh: 2e18,
                borrowKink: 0.9e18,
                borrowPerYearInterestRateBase: 0.04e18,
                borrowPerYearInterestRateSlopeLow: 0.045e18,
                borrowPerYearInterestRateSlopeHigh: 2.5e18,
                baseBorrowMin: uint104(100 * USD),
                targetReserves: uint104(1_000 * USD),
                assetConfigs: assets
            })
        );
        for (uint256 i = 0; i < 2; i++) {
            address account = i == 0 ? SUPPLIER : BORROWER;
            usdc.mint(account, 1_000_000 * USD);
            collateral.mint(account, 2_000 ether);
            vm.startPrank(account);
            usdc.approve(address(comet), type(uint256).max);
            collateral.approve(address(comet), type(uint256).max);
            vm.stopPrank();
        }
    }

    function _supply(address account, address asset, uint256 amount) private {
        vm.prank(account);
        comet.supply(asset, amount);
    }

    function _withdraw(address account, address asset, uint256 amount) private {
        vm.prank(account);
        comet.withdraw(asset, amount);
    }

    /// 100 000 supplied, 80 000 borrowed against 50 WETH.
    function _open() private {
        _supply(SUPPLIER, address(usdc), 100_000 * USD);
        _supply(BORROWER, address(collateral), 50 ether);
        _withdraw(BORROWER, address(usdc), 80_000 * USD);
    }

    function test_InterestFollowsTheCurvesAndTheSpreadCollectsInReserves() public {
        _open();
        assertEq(comet.getUtilization(), 0.8e18);
        skip(365 days);
        // Supply 0.04 * 0.8 = 3.2 %, borrow 0.04 + 0.045 * 0.8 = 7.6 %, simple within one accrual.
        assertApproxEqAbs(comet.balanceOf(SUPPLIER), 103_200 * USD, 10);
        assertApproxEqAbs(comet.borrowBalanceOf(BORROWER), 86_080 * USD, 10);
        assertApproxEqAbs(comet.getReserves(), int256(2_880 * USD), 20);
        assertEq(comet.getUtilization(), 0.8e18, "stored indices until someone acts");
        comet.accrueAccount(SUPPLIER);
        assertApproxEqAbs(comet.getUtilization(), (uint256(86_080) * 1e18) / 103_200, 1e12);
        assertEq(comet.totalsBasic().lastAccrualTime, vm.getBlockTimestamp());
    }

    function test_AboveTheKinkTheSteepSlopeRules() public view {
        uint256 year = 365 days;
        assertApproxEqAbs(comet.getSupplyRate(1e18) * year, 0.036e18 + 0.2e18, 1e9);
        assertApproxEqAbs(comet.getBorrowRate(1e18) * year, 0.04e18 + 0.0405e18 + 0.25e18, 1e9);
        assertEq(comet.getSupplyRate(0), 0);
    }

    function test_MaxRepaysTheWholeDebtAndWithdrawsTheWholeBalance() public {
        _open();
        skip(30 days);
        _supply(BORROWER, address(usdc), type(uint256).max);
        assertEq(comet.borrowBalanceOf(BORROWER), 0);
        (int104 principal, , , , ) = comet.userBasic(BORROWER);
        assertEq(principal, 0);
        uint256 before = usdc.balanceOf(SUPPLIER);
        uint256 balance = comet.balanceOf(SUPPLIER);
        _withdraw(SUPPLIER, address(usdc), type(uint256).max);
        assertEq(usdc.balanceOf(SUPPLIER) - before, balance);
        assertEq(comet.balanceOf(SUPPLIER), 0);
        assertGe(comet.getReserves(), 0);
    }

    function test_RepayingMoreThanTheDebtSuppliesTheRest() public {
        _open();
        _supply(BORROWER, address(usdc), 90_000 * USD);
        assertEq(comet.borrowBalanceOf(BORROWER), 0);
        assertApproxEqAbs(comet.balanceOf(BORROWER), 10_000 * USD, 1);
        assertEq(comet.totalBorrow(), 0);
    }

    function test_ABorrowNeedsCollateralAndASize() public {
        _supply(SUPPLIER, address(usdc), 100_000 * USD);
        vm.expectRevert(CometUsdc.NotCollateralized.selector);
        _withdraw(BORROWER, address(usdc), 1_000 * USD);
        _supply(BORROWER, address(collateral), 1 ether);
        vm.expectRevert(CometUsdc.BorrowTooSmall.selector);
        _withdraw(BORROWER, address(usdc), 100 * USD - 1);
        vm.expectRevert(CometUsdc.NotCollateralized.selector);
        _withdraw(BORROWER, address(usdc), 2_400 * USD + 1);
        _withdraw(BORROWER, address(usdc), 2_400 * USD);
        vm.expectRevert(CometUsdc.NotCollateralized.selector);
        _withdraw(BORROWER, address(collateral), 1);
        collateralFeed.setAnswer(0);
        vm.expectRevert(CometUsdc.BadPrice.selector);
        _withdraw(BORROWER, address(usdc), 100 * USD);
    }

    function test_CollateralIsBoundedByItsCapAndKnownAssets() public {
        vm.expectRevert(CometUsdc.SupplyCapExceeded.selector);
        _supply(BORROWER, address(collateral), 1_000 ether + 1);
        vm.expectRevert(CometUsdc.BadAsset.selector);
        _supply(BORROWER, address(this), 1);
        _supply(BORROWER, address(collateral), 1_000 ether);
        assertEq(comet.collateralBalanceOf(BORROWER, address(collateral)), 1_000 ether);
        _withdraw(BORROWER, address(collateral), 400 ether);
        (uint128 total, ) = comet.totalsCollateral(address(collateral));
        assertEq(total, 600 ether);
    }

    function test_ThePauseGuardianStopsEachSideAlone() public {
        _open();
        vm.expectRevert(CometUsdc.Unauthorized.selector);
        comet.pause(true, true, true, true, true);
        vm.prank(GUARDIAN);
        comet.pause(true, false, false, false, false);
        assertTrue(comet.isSupplyPaused() && !comet.isWithdrawPaused());
        vm.expectRevert(CometUsdc.Paused.selector);
        _supply(SUPPLIER, address(usdc), USD);
        _withdraw(SUPPLIER, address(usdc), USD);
        vm.prank(GOVERNOR);
        comet.pause(false, false, true, false, false);
        vm.expectRevert(CometUsdc.Paused.selector);
        _withdraw(SUPPLIER, address(usdc), USD);
        _supply(SUPPLIER, address(usdc), USD);
    }

    function test_OnlyAManagerMovesAnothersFunds() public {
        _open();
        vm.expectRevert(CometUsdc.Unauthorized.selector);
        comet.withdrawFrom(SUPPLIER, address(this), address(usdc), USD);
        vm.prank(SUPPLIER);
        comet.allow(address(this), true);
        comet.withdrawFrom(SUPPLIER, address(this), address(usdc), USD);
        assertEq(usdc.balanceOf(address(this)), USD);
        comet.transferFrom(SUPPLIER, BORROWER, 1_000 * USD);
        assertApproxEqAbs(comet.borrowBalanceOf(BORROWER), 79_000 * USD, 1);
    }

    function test_OnlyTheGovernorTakesReserves() public {
        _open();
        skip(365 days);
        vm.expectRevert(CometUsdc.Unauthorized.selector);
        comet.withdrawReserves(address(this), 1);
        vm.startPrank(GOVERNOR);
        vm.expectRevert(CometUsdc.InsufficientReserves.selector);
        comet.withdrawReserves(GOVERNOR, 2_900 * USD);
        comet.withdrawReserves(GOVERNOR, 2_800 * USD);
        assertApproxEqAbs(comet.getReserves(), int256(80 * USD), 20);
    }

    /// Whatever two accounts do, what suppliers are owed is covered by cash and debt but for one unit per action, and
    /// accounts add up to totals. The test's curves never pay suppliers more than borrowers owe.
    function testFuzz_BooksBalance(uint256[12] memory seeds) public {
        _supply(BORROWER, address(collateral), 500 ether);
        for (uint256 i = 0; i < seeds.length; i++) {
            uint256 seed = seeds[i];
            address account = seed % 2 == 0 ? SUPPLIER : BORROWER;
            uint256 amount = bound(seed >> 8, 1, 200_000 * USD);
            vm.prank(account);
            if ((seed >> 1) % 2 == 0) {
                try comet.supply(address(usdc), amount) {} catch {}
            } else {
                try comet.withdraw(address(usdc), amount) {} catch {}
            }
            skip((seed >> 200) % 30 days);
        }
        assertGe(comet.getReserves(), -int256(seeds.length) - 2, "owed more than there is");
        assertApproxEqAbs(comet.totalSupply(), comet.balanceOf(SUPPLIER) + comet.balanceOf(BORROWER), 2);
        assertApproxEqAbs(comet.totalBorrow(), comet.borrowBalanceOf(SUPPLIER) + comet.borrowBalanceOf(BORROWER), 2);
    }
}
