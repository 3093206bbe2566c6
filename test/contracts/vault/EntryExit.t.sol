// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC20 } from "solady/tokens/ERC20.sol";
import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockFalseToken, MockSilentToken, MockToken } from "../mocks/MockToken.sol";
import { Deployed } from "../Deployed.sol";

/// forge-config: default.isolate = true
contract EntryExitTest is Fixture {
    function test_sharesHave18DecimalsAndStartAtOneToOne() public {
        assertEq(vault.decimals(), 18);
        assertEq(_deposit(alice, 100 * UNIT), 100e18);
        assertEq(vault.convertToAssets(1e18), UNIT);
        assertEq(vault.totalAssets(), 110 * UNIT);
    }

    function test_depositStaysIdle() public {
        _deposit(alice, 100 * UNIT);
        assertEq(vault.idle(), 110 * UNIT);
        assertEq(adapters[0].realAssets(), 0);
    }

    function test_mintTakesWhatPreviewMintSays() public {
        uint256 cost = vault.previewMint(5e18);
        _fund(alice, cost);
        vm.startPrank(alice);
        token.approve(address(vault), cost);
        assertEq(vault.mint(5e18, alice), cost);
        assertEq(vault.balanceOf(alice), 5e18);
    }

    function test_entryIsClosedBeforeThereIsAGuard() public {
        Vault fresh = Vault(Deployed.create("Vault", abi.encode(address(token), owner, "n", "s", 0, address(0))));
        assertEq(fresh.maxDeposit(alice), 0);
        assertEq(fresh.maxMint(alice), 0);
        _fund(alice, 1);
        vm.startPrank(alice);
        token.approve(address(fresh), 1);
        vm.expectRevert(ErrorsLib.EntryClosed.selector);
        fresh.deposit(1, alice);
    }

    function test_zeroAddressesAreRefused() public {
        _deposit(alice, UNIT);
        vm.startPrank(alice);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        vault.deposit(0, address(0));
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        vault.redeem(1, address(0), alice);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        vault.transfer(address(0), 1);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        vault.transferFrom(alice, address(0), 1);
    }

    function test_zeroAmountsAreNoOps() public {
        vm.startPrank(alice);
        assertEq(vault.deposit(0, alice), 0);
        assertEq(vault.mint(0, alice), 0);
        assertEq(vault.withdraw(0, alice, alice), 0);
        assertEq(vault.redeem(0, alice, alice), 0);
    }

    function test_depositBeyond128BitsIsRefused() public {
        uint256 most = vault.maxDeposit(alice);
        assertEq(most, type(uint128).max - SEED);
        _deposit(alice, most);
        _fund(bob, 1);
        vm.startPrank(bob);
        token.approve(address(vault), 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TotalAssetsOverflow.selector, uint256(type(uint128).max) + 1));
        vault.deposit(1, bob);
    }

    function test_withdrawPaysFromIdleFirst() public {
        _deposit(alice, 1000 * UNIT);
        _invest(0, 500 * UNIT);
        vm.prank(alice);
        vault.withdraw(400 * UNIT, bob, alice);
        assertEq(token.balanceOf(bob), 400 * UNIT);
        assertEq(adapters[0].realAssets(), 500 * UNIT);
    }

    function test_withdrawPullsTheExitListInItsOrder() public {
        _deposit(alice, 1000 * UNIT);
        _invest(1, 300 * UNIT);
        _invest(0, 300 * UNIT);
        _invest(2, 300 * UNIT);
        vm.prank(alice);
        vault.withdraw(600 * UNIT, alice, alice);
        assertEq(token.balanceOf(alice), 600 * UNIT);
        assertEq(vault.idle(), 0);
        assertEq(adapters[0].realAssets(), 0);
        // 1010 - 900 idle, 300 of the first, 190 of the second.
        assertEq(adapters[1].realAssets(), 110 * UNIT);
        assertEq(adapters[2].realAssets(), 300 * UNIT);
        assertEq(vault.allocation(_id(0)), 0);
        assertEq(vault.allocation(_id(1)), 110 * UNIT);
    }

    function test_withdrawPassesOverAVenueWithoutLiquidity() public {
        _deposit(alice, 1000 * UNIT);
        _invest(0, 500 * UNIT);
        _invest(1, 400 * UNIT);
        venues[0].setFreeLiquidity(50 * UNIT);
        assertEq(vault.liquid(), (1010 - 900 + 50 + 400) * UNIT);
        assertEq(vault.maxWithdraw(alice), 560 * UNIT);
        vm.prank(alice);
        vault.withdraw(560 * UNIT, alice, alice);
        assertEq(token.balanceOf(alice), 560 * UNIT);
    }

    function test_withdrawBeyondWhatIsLiquidSaysHowMuchIs() public {
        _deposit(alice, 1000 * UNIT);
        _invest(0, 900 * UNIT);
        venues[0].setFreeLiquidity(0);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.InsufficientLiquidity.selector, 110 * UNIT, 500 * UNIT));
        vault.withdraw(500 * UNIT, alice, alice);
    }

    function test_maxRedeemIsExactWhenLiquidityIsShort() public {
        _deposit(alice, 1000 * UNIT);
        _invest(0, 900 * UNIT);
        venues[0].earn(12_345_678_901);
        skip(30 days);
        vault.accrue();
        venues[0].setFreeLiquidity(123_456_789);
        uint256 shares = vault.maxRedeem(alice);
        assertLt(shares, vault.balanceOf(alice));
        vm.startPrank(alice);
        uint256 assets = vault.redeem(shares, alice, alice);
        assertApproxEqAbs(assets, 110 * UNIT + 123_456_789, 1);
        assertEq(vault.maxWithdraw(alice), vault.liquid());
    }

    function test_exitByAnotherNeedsAllowanceAndSpendsIt() public {
        _deposit(alice, 100 * UNIT);
        vm.prank(bob);
        vm.expectRevert(ERC20.InsufficientAllowance.selector);
        vault.redeem(1, bob, alice);

        vm.prank(alice);
        vault.approve(bob, 10e18);
        vm.prank(bob);
        vault.redeem(4e18, bob, alice);
        assertEq(vault.allowance(alice, bob), 6e18);
    }

    function test_exitOfMoreThanIsHeldIsRefused() public {
        _deposit(alice, 100 * UNIT);
        vm.startPrank(alice);
        vm.expectRevert(ERC20.InsufficientBalance.selector);
        vault.redeem(101e18, alice, alice);
        vm.expectRevert(ERC20.InsufficientBalance.selector);
        vault.withdraw(100 * UNIT + 1, alice, alice);
    }

    function test_permit2HasNoAllowanceThatNobodyGave() public view {
        assertEq(vault.allowance(alice, 0x000000000022D473030F116dDEE9F6B43aC78BA3), 0);
    }

    function test_permitSetsAnAllowanceAndExpires() public {
        (address signer, uint256 key) = makeAddrAndKey("signer");
        _deposit(signer, 10 * UNIT);
        uint256 deadline = vm.getBlockTimestamp();
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                signer,
                bob,
                10e18,
                0,
                deadline
            )
        );
        bytes32 digest = keccak256(abi.encodePacked("\x19\x01", vault.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        vault.permit(signer, bob, 10e18, deadline, v, r, s);
        assertEq(vault.allowance(signer, bob), 10e18);
        vm.expectRevert(ERC20.InvalidPermit.selector);
        vault.permit(signer, bob, 10e18, deadline, v, r, s);
        skip(1);
        vm.expectRevert(ERC20.PermitExpired.selector);
        vault.permit(signer, bob, 10e18, deadline, v, r, s);
    }

    function test_worksWithAnAssetThatReturnsNothing() public {
        MockSilentToken silent = new MockSilentToken();
        (Vault other, Guard otherGuard) = _newVault(address(silent));
        _open(other, otherGuard);
        silent.mint(alice, 100 * UNIT);
        vm.startPrank(alice);
        silent.approve(address(other), 100 * UNIT);
        uint256 shares = other.deposit(100 * UNIT, alice);
        other.redeem(shares, alice, alice);
        assertEq(silent.balanceOf(alice), 100 * UNIT);
    }

    function test_refusesAnAssetThatAnswersFalse() public {
        (Vault other, Guard otherGuard) = _newVault(address(new MockFalseToken()));
        vm.prank(owner);
        other.setGuard(address(otherGuard));
        vm.expectRevert(SafeTransferLib.TransferFromFailed.selector);
        other.deposit(UNIT, DEAD);
    }

    function test_refusesAnAssetWithMoreThan18DecimalsOrWithoutCode() public {
        MockToken odd = new MockToken(19);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnsupportedAsset.selector, address(odd)));
        Vault(Deployed.create("Vault", abi.encode(address(odd), owner, "n", "s", 0, address(0))));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnsupportedAsset.selector, alice));
        Vault(Deployed.create("Vault", abi.encode(alice, owner, "n", "s", 0, address(0))));
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        Vault(Deployed.create("Vault", abi.encode(address(token), address(0), "n", "s", 0, address(0))));
    }

    /* FUZZ: SHARE ARITHMETIC */

    struct State {
        uint256 others;
        uint256 gain;
        uint256 loss;
        uint256 elapsed;
    }

    /// @dev A vault with holders, a gain or loss in a venue and some time for it to come in.
    function _setState(State memory state) private {
        state.others = bound(state.others, 10 * UNIT, 1e15);
        state.gain = bound(state.gain, 0, state.others);
        state.loss = bound(state.loss, 0, state.others / 2);
        state.elapsed = bound(state.elapsed, 0, 400 days);
        _deposit(bob, state.others);
        token.mint(address(vault), state.gain);
        skip(state.elapsed);
        vault.accrue();
        if (state.loss != 0) token.burn(address(vault), state.loss);
        // A loss that might come back closes entries for a day.
        if (!vault.entriesOpen()) {
            vault.accrue();
            skip(1 days);
        }
    }

    function testFuzz_depositThenRedeemReturnsNoMore(State memory state, uint256 assets) public {
        _setState(state);
        assets = bound(assets, 0, 1e15);
        uint256 quoted = vault.previewDeposit(assets);
        uint256 shares = _deposit(alice, assets);
        assertEq(shares, quoted);
        uint256 worth = vault.previewRedeem(shares);
        vm.prank(alice);
        uint256 back = vault.redeem(shares, alice, alice);
        assertEq(back, worth);
        assertLe(back, assets);
    }

    function testFuzz_mintThenWithdrawCostsNoFewerShares(State memory state, uint256 shares) public {
        _setState(state);
        shares = bound(shares, 0, 1e27);
        uint256 cost = vault.previewMint(shares);
        _fund(alice, cost);
        vm.startPrank(alice);
        token.approve(address(vault), cost);
        assertEq(vault.mint(shares, alice), cost);
        // What the shares could pay for at most.
        uint256 most = vault.maxWithdraw(alice);
        assertLe(most, cost);
        uint256 quoted = vault.previewWithdraw(most);
        uint256 burnt = vault.withdraw(most, alice, alice);
        assertEq(burnt, quoted);
        assertLe(burnt, shares);
    }

    function testFuzz_redeemThenDepositReturnsNoMoreShares(State memory state, uint256 part) public {
        _setState(state);
        uint256 shares = bound(part, 0, vault.balanceOf(bob));
        vm.startPrank(bob);
        uint256 assets = vault.redeem(shares, bob, bob);
        token.approve(address(vault), assets);
        assertLe(vault.deposit(assets, bob), shares);
    }

    function testFuzz_roundingIsForTheVaultAndNoMoreThanNeeded(State memory state, uint256 assets) public {
        _setState(state);
        assets = bound(assets, 1, 1e15);
        uint256 burnt = vault.previewWithdraw(assets);
        assertGe(vault.previewRedeem(burnt), assets);
        assertLt(vault.previewRedeem(burnt - 1), assets);
        uint256 minted = vault.previewDeposit(assets);
        assertLe(vault.previewMint(minted), assets);
        assertGt(vault.previewMint(minted + 1), assets);
    }

    function testFuzz_nobodyElseLosesByAnEntryOrAnExit(State memory state, uint256 assets) public {
        _setState(state);
        uint256 before = vault.previewRedeem(vault.balanceOf(bob));
        _deposit(alice, bound(assets, 0, 1e15));
        assertGe(vault.previewRedeem(vault.balanceOf(bob)), before);
        vm.startPrank(alice);
        vault.redeem(vault.balanceOf(alice), alice, alice);
        assertGe(vault.previewRedeem(vault.balanceOf(bob)), before);
    }

    function testFuzz_maxOfEveryKindExecutes(State memory state, uint256 invested, uint256 free) public {
        _setState(state);
        invested = bound(invested, 1, vault.idle() / 2);
        if (invested > 1e13) invested = 1e13;
        _rebalance(_plan(_leg(0, true, invested)));
        venues[0].setFreeLiquidity(bound(free, 0, invested));
        uint256 most = vault.maxWithdraw(bob);
        vm.prank(bob);
        vault.withdraw(most, bob, bob);
        uint256 shares = vault.maxRedeem(bob);
        vm.prank(bob);
        vault.redeem(shares, bob, bob);
    }

    function testFuzz_worksForAnyDecimals(uint8 decimals, uint256 assets) public {
        decimals = uint8(bound(decimals, 0, 18));
        MockToken other = new MockToken(decimals);
        (Vault otherVault, Guard otherGuard) = _newVault(address(other));
        _open(otherVault, otherGuard);
        assets = bound(assets, 1, 1e30);
        other.mint(alice, assets);
        vm.startPrank(alice);
        other.approve(address(otherVault), assets);
        uint256 shares = otherVault.deposit(assets, alice);
        assertEq(shares, assets * 10 ** (18 - decimals));
        assertEq(otherVault.redeem(shares, alice, alice), assets);
    }
}
