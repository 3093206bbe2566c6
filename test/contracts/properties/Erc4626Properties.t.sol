// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { PropertyFixture } from "./PropertyFixture.sol";

/// @notice What ERC-4626 demands, and what every vault of the standard is expected to keep, over many states of a vault
/// with assets in every kind of adapter. Every call is a transaction of its own.
///
/// Deliberate rules that a reader of the standard may stumble over: shares are bought at the higher and sold at the lower
/// of two totals, entries can be closed while exits go on, and an exit is paid by the exit list alone.
abstract contract Erc4626PropertiesTest is PropertyFixture {
    /// @dev What venues may round away in one exit, in asset units: one or two for each of the exit list.
    uint256 private constant VENUE_ROUNDING = 8;

    /* READS */

    function testFuzz_totalAssetsAreIdleAndEveryPosition(World memory world) public {
        _bring(world);
        uint256 sum = token.balanceOf(address(vault)) + adapter.realAssets();
        for (uint256 i; i < 4; ++i) {
            (, , bool quarantined, , uint128 mark, ) = vault.adapterState(lenders[i]);
            sum += quarantined ? mark : IAdapter(lenders[i]).realAssets();
        }
        assertEq(vault.totalAssets(), sum);
        assertEq(vault.asset(), address(token));
        assertEq(vault.decimals(), 18);
        // No more is owed than there is.
        assertLe(vault.convertToAssets(vault.totalSupply()), sum);
    }

    function testFuzz_conversionsAreTheSameForEveryCaller(World memory world, address caller, uint128 amount) public {
        _bring(world);
        bytes[6] memory reads = [
            abi.encodeCall(IERC4626.convertToShares, (amount)),
            abi.encodeCall(IERC4626.convertToAssets, (amount)),
            abi.encodeCall(IERC4626.previewDeposit, (amount)),
            abi.encodeCall(IERC4626.previewMint, (amount)),
            abi.encodeCall(IERC4626.previewWithdraw, (amount)),
            abi.encodeCall(IERC4626.previewRedeem, (amount))
        ];
        for (uint256 i; i < 6; ++i) {
            vm.prank(caller);
            bytes memory his = _read(reads[i]);
            vm.prank(whale);
            assertEq(his, _read(reads[i]));
        }
    }

    function testFuzz_maximaDoNotDependOnWhatAnAccountOwns(World memory world, uint128 gift) public {
        _bring(world);
        uint256 ofDeposit = vault.maxDeposit(carol);
        uint256 ofMint = vault.maxMint(carol);
        token.mint(carol, gift);
        assertEq(vault.maxDeposit(carol), ofDeposit);
        assertEq(vault.maxMint(carol), ofMint);
    }

    function testFuzz_noReadReverts(World memory world, address account, uint128 amount) public {
        _bring(world);
        vault.totalAssets();
        vault.maxDeposit(account);
        vault.maxMint(account);
        vault.maxWithdraw(account);
        vault.maxRedeem(account);
        vault.convertToShares(amount);
        vault.convertToAssets(amount);
        vault.previewDeposit(amount);
        vault.previewMint(amount);
        vault.previewWithdraw(amount);
        vault.previewRedeem(amount);
    }

    function testFuzz_previewsKnowNoLimits(World memory world) public {
        _bring(world);
        // Closed entries and dry venues are not the previews' business.
        uint256 beyond = vault.totalAssets() * 3;
        assertGt(vault.previewDeposit(beyond), 0);
        assertGt(vault.previewWithdraw(beyond), vault.totalSupply());
        assertGt(vault.previewMint(vault.totalSupply() * 3), 0);
        assertGt(vault.previewRedeem(vault.totalSupply() * 3), 0);
    }

    /* ROUNDING */

    function testFuzz_conversionsRoundForTheVault(World memory world, uint128 assets, uint128 shares) public {
        _bring(world);
        assertLe(vault.convertToAssets(vault.convertToShares(assets)), assets);
        assertLe(vault.convertToShares(vault.convertToAssets(shares)), shares);
        assertLe(vault.previewMint(vault.previewDeposit(assets)), assets);
        assertGe(vault.previewDeposit(vault.previewMint(shares)), shares);
        assertLe(vault.previewWithdraw(vault.previewRedeem(shares)), shares);
        assertGe(vault.previewRedeem(vault.previewWithdraw(assets)), assets);
        // Whoever leaves gets no more than whoever comes pays.
        assertLe(vault.previewDeposit(assets), vault.previewWithdraw(assets));
        assertGe(vault.previewMint(shares), vault.previewRedeem(shares));
        assertEq(vault.convertToShares(assets), vault.previewDeposit(assets));
        assertEq(vault.convertToAssets(shares), vault.previewRedeem(shares));
    }

    function testFuzz_upAndDownAreOneUnitApartAtMost(World memory world, uint128 amount) public {
        _bring(world);
        // Both ways of buying have one price, and both ways of selling.
        uint256 bought = vault.previewDeposit(amount);
        assertGt(vault.previewMint(bought + 1), amount);
        uint256 sold = vault.previewRedeem(amount);
        assertGt(vault.previewWithdraw(sold + 1), amount);
    }

    function testFuzz_nothingIsFree(World memory world, uint128 amount) public {
        _bring(world);
        vm.assume(amount != 0);
        assertGt(vault.previewMint(amount), 0);
        assertGt(vault.previewWithdraw(amount), 0);
        assertEq(vault.convertToShares(0), 0);
        assertEq(vault.convertToAssets(0), 0);
        assertEq(vault.previewDeposit(0), 0);
        assertEq(vault.previewMint(0), 0);
        assertEq(vault.previewWithdraw(0), 0);
        assertEq(vault.previewRedeem(0), 0);
    }

    function testFuzz_moreIsNeverLessAndSplittingNeverPays(World memory world, uint112 x, uint112 y) public {
        _bring(world);
        uint256 sum = uint256(x) + y;
        assertGe(vault.previewDeposit(sum), vault.previewDeposit(x) + vault.previewDeposit(y));
        assertGe(vault.previewRedeem(sum), vault.previewRedeem(x) + vault.previewRedeem(y));
        assertLe(vault.previewMint(sum), vault.previewMint(x) + vault.previewMint(y));
        assertLe(vault.previewWithdraw(sum), vault.previewWithdraw(x) + vault.previewWithdraw(y));
        assertGe(vault.previewMint(sum), vault.previewMint(x));
        assertGe(vault.previewWithdraw(sum), vault.previewWithdraw(x));
    }

    /* DEPOSIT AND MINT */

    function testFuzz_aDepositDoesWhatItsPreviewSays(World memory world, uint256 assets) public {
        _bring(world);
        assets = bound(assets, 0, 10_000_000 * one);
        if (_closed(assets)) return;
        uint256 quoted = vault.previewDeposit(assets);
        _fundAndApprove(alice, assets + 5);
        uint256[4] memory before = _balances(alice, carol);

        vm.expectEmit(address(vault));
        emit IERC4626.Deposit(alice, carol, assets, quoted);
        vm.prank(alice);
        assertEq(vault.deposit(assets, carol), quoted);

        _checkEntry(before, assets, quoted);
    }

    function testFuzz_aMintDoesWhatItsPreviewSays(World memory world, uint256 shares) public {
        _bring(world);
        shares = bound(shares, 0, 10_000_000e18);
        uint256 quoted = vault.previewMint(shares);
        if (_closed(quoted)) return;
        _fundAndApprove(alice, quoted + 5);
        uint256[4] memory before = _balances(alice, carol);

        vm.expectEmit(address(vault));
        emit IERC4626.Deposit(alice, carol, quoted, shares);
        vm.prank(alice);
        assertEq(vault.mint(shares, carol), quoted);

        _checkEntry(before, quoted, shares);
    }

    function _checkEntry(uint256[4] memory before, uint256 assets, uint256 shares) private view {
        assertEq(token.balanceOf(alice), before[0] - assets);
        assertEq(vault.balanceOf(alice), before[1]);
        assertEq(token.balanceOf(carol), before[2]);
        assertEq(vault.balanceOf(carol), before[3] + shares);
        assertEq(token.allowance(alice, address(vault)), 5);
    }

    function testFuzz_anEntryAddsWhatItPaysAndTakesNothingFromOthers(World memory world, uint256 assets) public {
        _bring(world);
        assets = bound(assets, 1, 10_000_000 * one);
        if (_closed(assets)) return;
        vault.accrue();
        uint256 total = vault.totalAssets();
        uint256 supply = vault.totalSupply();
        uint256 exitPrice = vault.convertToAssets(1e36);
        uint256 entryPrice = vault.previewMint(1e36);
        _fundAndApprove(carol, assets);
        vm.prank(carol);
        uint256 shares = vault.deposit(assets, carol);
        assertEq(vault.totalAssets(), total + assets);
        assertEq(vault.totalSupply(), supply + shares);
        assertGe(vault.convertToAssets(1e36), exitPrice);
        // Who comes in while a gain is held back lifts the exit price, and the performance fee on that is due at once: then
        // the next one pays less by it.
        if (vault.performanceFeeBps() == 0) assertGe(vault.previewMint(1e36), entryPrice);
    }

    function test_theSeedFitsWhatItsMaximumSaysBesideAGift() public {
        (vault, guard) = _newVault(address(token));
        vm.prank(owner);
        vault.setGuard(address(guard));
        _fund(address(vault), 12_345 * one);
        assertEq(vault.maxDeposit(carol), 0);
        assertEq(vault.maxMint(carol), 0);
        uint256 most = vault.maxDeposit(DEAD);
        assertEq(most, type(uint128).max - 12_345 * one);
        _fundAndApprove(carol, most);
        vm.prank(carol);
        vault.deposit(most, DEAD);
    }

    function testFuzz_anEntryNeedsAssetsAndAllowance(World memory world, uint256 assets) public {
        _bring(world);
        assets = bound(assets, 1, 10_000_000 * one);
        if (_closed(assets)) return;
        _fundAndApprove(carol, assets);
        vm.prank(carol);
        token.approve(address(vault), assets - 1);
        vm.prank(carol);
        vm.expectRevert();
        vault.deposit(assets, carol);
        vm.prank(carol);
        token.approve(address(vault), assets);
        token.burn(carol, 1);
        vm.prank(carol);
        vm.expectRevert();
        vault.deposit(assets, carol);
    }

    function testFuzz_theLargestEntryWorksAndOneMoreDoesNot(World memory world, bool byShares) public {
        _bring(world);
        uint256 most = vault.maxDeposit(carol);
        if (most == 0) {
            assertFalse(vault.entriesOpen());
            assertEq(vault.maxMint(carol), 0);
            _fundAndApprove(carol, one);
            vm.prank(carol);
            vm.expectRevert();
            vault.deposit(1, carol);
            return;
        }
        _fundAndApprove(carol, type(uint200).max);
        if (byShares) {
            uint256 shares = vault.maxMint(carol);
            uint256 above = vault.previewDeposit(most + 1 + vault.recoverable());
            if (above > shares) {
                vm.prank(carol);
                vm.expectRevert();
                vault.mint(above + 1, carol);
            }
            vm.prank(carol);
            vault.mint(shares, carol);
            return;
        }
        // A loss that may come back is paid for, and so the largest deposit is that much smaller than what fits.
        uint256 tooMuch = most + 1 + vault.recoverable();
        vm.prank(carol);
        vm.expectRevert();
        vault.deposit(tooMuch, carol);
        vm.prank(carol);
        vault.deposit(most, carol);
    }

    /* WITHDRAW AND REDEEM */

    function testFuzz_aWithdrawalDoesWhatItsPreviewSays(World memory world, uint256 assets, bool bySpender) public {
        _bring(world);
        assets = bound(assets, 0, vault.maxWithdraw(alice));
        uint256 quoted = vault.previewWithdraw(assets);
        address caller = bySpender ? bob : alice;
        vm.prank(alice);
        vault.approve(bob, quoted + 5);
        uint256[4] memory before = _balances(alice, carol);

        vm.expectEmit(address(vault));
        emit IERC4626.Withdraw(caller, carol, alice, assets, quoted);
        vm.prank(caller);
        assertEq(vault.withdraw(assets, carol, alice), quoted);

        _checkExit(before, assets, quoted, bySpender);
    }

    function testFuzz_aRedemptionDoesWhatItsPreviewSays(World memory world, uint256 shares, bool bySpender) public {
        _bring(world);
        shares = bound(shares, 0, vault.maxRedeem(alice));
        uint256 quoted = vault.previewRedeem(shares);
        address caller = bySpender ? bob : alice;
        vm.prank(alice);
        vault.approve(bob, shares + 5);
        uint256[4] memory before = _balances(alice, carol);

        vm.expectEmit(address(vault));
        emit IERC4626.Withdraw(caller, carol, alice, quoted, shares);
        vm.prank(caller);
        assertEq(vault.redeem(shares, carol, alice), quoted);

        _checkExit(before, quoted, shares, bySpender);
    }

    function _checkExit(uint256[4] memory before, uint256 assets, uint256 shares, bool bySpender) private view {
        assertEq(token.balanceOf(alice), before[0]);
        assertEq(vault.balanceOf(alice), before[1] - shares);
        assertEq(token.balanceOf(carol), before[2] + assets);
        assertEq(vault.balanceOf(carol), before[3]);
        assertEq(vault.allowance(alice, bob), bySpender ? 5 : shares + 5);
    }

    function testFuzz_anExitTakesNothingFromOthers(World memory world, uint256 shares) public {
        _bring(world);
        shares = bound(shares, 0, vault.maxRedeem(alice));
        vault.accrue();
        uint256 total = vault.totalAssets();
        uint256 supply = vault.totalSupply();
        uint256 rest = vault.convertToAssets(supply - shares);
        vm.prank(alice);
        uint256 assets = vault.redeem(shares, alice, alice);
        assertEq(vault.totalSupply(), supply - shares);
        // Venues round a withdrawal for themselves.
        assertLe(vault.totalAssets(), total - assets);
        assertGe(vault.totalAssets() + VENUE_ROUNDING, total - assets);
        assertGe(vault.convertToAssets(supply - shares) + VENUE_ROUNDING, rest);
    }

    /// @dev What a venue says can be taken out is rounded down, for each of them: the limit may be low by that.
    function testFuzz_theLargestExitWorksAndOneMoreDoesNot(World memory world, bool byShares, bool ofWhale) public {
        _bring(world);
        address account = ofWhale ? whale : alice;
        if (byShares) {
            uint256 shares = vault.maxRedeem(account);
            assertLe(shares, vault.balanceOf(account));
            uint256 more = vault.previewWithdraw(vault.previewRedeem(shares) + 2 * VENUE_ROUNDING);
            vm.prank(account);
            vm.expectRevert();
            vault.redeem(more, account, account);
            vm.prank(account);
            vault.redeem(shares, account, account);
        } else {
            uint256 assets = vault.maxWithdraw(account);
            vm.prank(account);
            vm.expectRevert();
            vault.withdraw(assets + 2 * VENUE_ROUNDING, account, account);
            uint256 owned = vault.balanceOf(account);
            vm.prank(account);
            assertLe(vault.withdraw(assets, account, account), owned);
        }
    }

    function testFuzz_whoeverHasNoSharesCanTakeNothing(World memory world, address account) public {
        _bring(world);
        vm.assume(vault.balanceOf(account) == 0);
        assertEq(vault.maxWithdraw(account), 0);
        assertEq(vault.maxRedeem(account), 0);
    }

    /// @dev The vault's own balance is what the fee recipient may claim; nobody redeems it from there.
    function testFuzz_unclaimedFeesAreNobodysToRedeem(World memory world) public {
        _bring(world);
        _wait(30 days);
        vault.accrue();
        uint256 shares = vault.maxRedeem(address(vault));
        uint256 assets = vault.maxWithdraw(address(vault));
        vm.prank(address(vault));
        vault.redeem(shares, carol, address(vault));
        vm.prank(address(vault));
        vault.withdraw(assets, carol, address(vault));
    }

    function testFuzz_anExitForAnotherNeedsHisAllowance(World memory world, uint256 shares, uint256 allowed) public {
        _bring(world);
        uint256 most = vault.maxRedeem(alice);
        vm.assume(most != 0);
        shares = bound(shares, 1, most);
        allowed = bound(allowed, 0, shares - 1);
        vm.prank(alice);
        vault.approve(bob, allowed);
        vm.prank(bob);
        vm.expectRevert();
        vault.redeem(shares, bob, alice);
        uint256 assets = vault.previewRedeem(shares);
        if (vault.previewWithdraw(assets) > allowed) {
            vm.prank(bob);
            vm.expectRevert();
            vault.withdraw(assets, bob, alice);
        }
        // An endless allowance stays one.
        vm.prank(alice);
        vault.approve(bob, type(uint256).max);
        vm.prank(bob);
        vault.redeem(shares, bob, alice);
        assertEq(vault.allowance(alice, bob), type(uint256).max);
    }

    function testFuzz_shareholdersTransferAndThePartsAreTheWhole(World memory world, uint256 shares) public {
        _bring(world);
        vault.accrue();
        shares = bound(shares, 0, vault.balanceOf(alice));
        vm.prank(alice);
        vault.transfer(carol, shares);
        address[7] memory all = [alice, bob, carol, whale, DEAD, address(vault), feeRecipient];
        uint256 sum;
        for (uint256 i; i < 7; ++i) sum += vault.balanceOf(all[i]);
        assertEq(sum, vault.totalSupply());
    }

    /* ZERO */

    function testFuzz_nothingForNothing(World memory world) public {
        _bring(world);
        vault.accrue();
        uint256[4] memory before = _balances(alice, carol);
        uint256 total = vault.totalAssets();
        uint256 supply = vault.totalSupply();
        // Without any allowance.
        vm.startPrank(carol);
        if (vault.entriesOpen()) {
            assertEq(vault.deposit(0, carol), 0);
            assertEq(vault.mint(0, carol), 0);
        }
        assertEq(vault.withdraw(0, carol, alice), 0);
        assertEq(vault.redeem(0, carol, alice), 0);
        vm.stopPrank();
        uint256[4] memory afterwards = _balances(alice, carol);
        for (uint256 i; i < 4; ++i) assertEq(afterwards[i], before[i]);
        assertEq(vault.totalAssets(), total);
        assertEq(vault.totalSupply(), supply);
    }

    function testFuzz_dustComesAndGoesWithoutProfit(World memory world, uint8 assets, uint64 shares) public {
        _bring(world);
        if (_closed(assets)) return;
        _fundAndApprove(carol, uint256(assets) + 100 * one);
        uint256 wealth = token.balanceOf(carol);
        vm.startPrank(carol);
        vault.deposit(assets, carol);
        vault.mint(shares, carol);
        vault.redeem(vault.balanceOf(carol) / 2, carol, carol);
        vault.withdraw(vault.maxWithdraw(carol), carol, carol);
        vm.stopPrank();
        assertLe(token.balanceOf(carol) + vault.previewRedeem(vault.balanceOf(carol)), wealth);
    }

    /* ROUND TRIPS */

    function testFuzz_inAndOutPaysNothing(World memory world, uint256 assets, bool mints, bool withdraws) public {
        _bring(world);
        assets = bound(assets, 0, 5_000_000 * one);
        if (_closed(assets)) return;
        _fundAndApprove(carol, assets + 1);
        vm.startPrank(carol);
        uint256 paid = assets;
        uint256 shares;
        if (mints) {
            shares = vault.previewDeposit(assets);
            paid = vault.mint(shares, carol);
        } else {
            shares = vault.deposit(assets, carol);
        }
        uint256 back;
        if (withdraws) {
            back = vault.maxWithdraw(carol);
            // To take out what he paid would cost him more than he got.
            assertGe(vault.previewWithdraw(paid), shares);
            assertLe(vault.withdraw(back, carol, carol), shares);
        } else {
            back = vault.redeem(vault.maxRedeem(carol), carol, carol);
        }
        vm.stopPrank();
        assertLe(back, paid);
        assertLe(back + vault.previewRedeem(vault.balanceOf(carol)), paid);
    }

    function testFuzz_outAndInPaysNothing(World memory world, uint256 shares, bool withdraws, bool mints) public {
        _bring(world);
        shares = bound(shares, 0, vault.maxRedeem(alice));
        uint256 worth = vault.previewRedeem(vault.balanceOf(alice));
        if (_closed(1)) return;
        token.burn(alice, token.balanceOf(alice));
        vm.startPrank(alice);
        token.approve(address(vault), type(uint256).max);
        uint256 got;
        if (withdraws) {
            got = vault.previewRedeem(shares);
            shares = vault.withdraw(got, alice, alice);
        } else {
            got = vault.redeem(shares, alice, alice);
        }
        if (mints) {
            uint256 cost = vault.previewMint(shares);
            // Venues round a withdrawal for themselves, and everybody bears it.
            assertGe(cost + 1, got);
        } else {
            assertLe(vault.deposit(got, alice), shares + (shares * VENUE_ROUNDING) / (vault.totalAssets() + 1) + 1);
        }
        vm.stopPrank();
        assertLe(token.balanceOf(alice) + vault.previewRedeem(vault.balanceOf(alice)), worth + (mints ? 0 : 1));
    }

    /// @dev Within one transaction even what a venue rounds for itself is the leaver's: entry is never cheaper there than
    /// before his exit.
    function testFuzz_outAndInWithinOneTransactionPaysNothing(
        World memory world,
        uint256 shares,
        bool withdraws,
        bool mints
    ) public {
        _bring(world);
        shares = bound(shares, 0, vault.maxRedeem(alice));
        if (_closed(1)) return;
        uint256 got = vault.previewRedeem(shares);
        if (withdraws) shares = vault.previewWithdraw(got);
        if (vault.maxWithdraw(alice) < got || vault.maxRedeem(alice) < shares) return;
        token.burn(alice, token.balanceOf(alice));
        // For what a mint may cost above what the exit gave.
        _fundAndApprove(alice, vault.previewMint(shares) + 1_000 * one);
        uint256 assetsBefore = token.balanceOf(alice);
        uint256 sharesBefore = vault.balanceOf(alice);

        bytes[] memory calls = new bytes[](2);
        calls[0] =
            withdraws
                ? abi.encodeCall(vault.withdraw, (got, alice, alice))
                : abi.encodeCall(vault.redeem, (shares, alice, alice));
        calls[1] = mints ? abi.encodeCall(vault.mint, (shares, alice)) : abi.encodeCall(vault.deposit, (got, alice));
        vm.prank(alice);
        vault.multicall(calls);
        assertLe(token.balanceOf(alice), assetsBefore);
        assertLe(vault.balanceOf(alice), sharesBefore);
    }

    /* HELPERS */

    /// @dev True where entries are closed, which the standard lets a vault do; then they must say so.
    function _closed(uint256 assets) private returns (bool) {
        if (vault.maxDeposit(carol) >= assets && vault.entriesOpen()) return false;
        assertFalse(vault.entriesOpen());
        assertEq(vault.maxDeposit(carol), 0);
        vm.prank(carol);
        vm.expectRevert();
        vault.deposit(assets, carol);
        return true;
    }

    function _fundAndApprove(address account, uint256 assets) private {
        _fund(account, assets);
        vm.prank(account);
        token.approve(address(vault), assets);
    }

    function _balances(address payer, address receiver) private view returns (uint256[4] memory) {
        return [token.balanceOf(payer), vault.balanceOf(payer), token.balanceOf(receiver), vault.balanceOf(receiver)];
    }

    function _read(bytes memory call) private returns (bytes memory) {
        (bool success, bytes memory result) = address(vault).call(call);
        assertTrue(success);
        return result;
    }
}

/// forge-config: default.isolate = true
contract Erc4626PropertiesSixTest is Erc4626PropertiesTest {
    function _assetDecimals() internal pure override returns (uint8) {
        return 6;
    }
}

/// forge-config: default.isolate = true
contract Erc4626PropertiesEightTest is Erc4626PropertiesTest {
    function _assetDecimals() internal pure override returns (uint8) {
        return 8;
    }
}

/// forge-config: default.isolate = true
contract Erc4626PropertiesEighteenTest is Erc4626PropertiesTest {
    function _assetDecimals() internal pure override returns (uint8) {
        return 18;
    }
}
