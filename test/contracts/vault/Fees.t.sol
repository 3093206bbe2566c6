// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC20 } from "solady/tokens/ERC20.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockToken } from "../mocks/MockToken.sol";

/// forge-config: default.isolate = true
contract FeesTest is Fixture {
    address private recipient = makeAddr("recipient");

    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT); // with the seed, 1000
    }

    function _setFees(uint16 performanceBps, uint16 managementBps) private {
        vm.prank(owner);
        vault.setFeeRecipient(recipient);
        if (performanceBps != 0) {
            _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increasePerformanceFee, (performanceBps)));
        }
        if (managementBps != 0) {
            _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increaseManagementFee, (managementBps)));
        }
    }

    /// @dev What the unclaimed fee shares and the recipient's are worth, at the exit price.
    function _feeWorth() private view returns (uint256) {
        return vault.convertToAssets(vault.balanceOf(recipient) + vault.balanceOf(address(vault)));
    }

    function _refused(bytes memory data, bytes memory reason) private {
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        vm.expectRevert(reason);
        vault.execute(data);
    }

    /* SETTING */

    function test_feesNeedARecipient() public {
        bytes memory missing = abi.encodeWithSelector(ErrorsLib.FeeRecipientMissing.selector);
        _refused(abi.encodeCall(vault.increasePerformanceFee, (1)), missing);
        _refused(abi.encodeCall(vault.increaseManagementFee, (1)), missing);
        _setFees(2, 0);
        vm.startPrank(owner);
        vm.expectRevert(missing);
        vault.setFeeRecipient(address(0));
        vm.expectRevert(ErrorsLib.ReceiverIsVault.selector);
        vault.setFeeRecipient(address(vault));
        vm.stopPrank();
        vm.prank(curator);
        vault.decreasePerformanceFee(0);
        vm.prank(owner);
        vault.setFeeRecipient(address(0));
        assertEq(vault.feeRecipient(), address(0));
    }

    function test_feesHaveHardLimitsAndRiseAndFallWhereTheyShould() public {
        _setFees(1_000, 100);
        _refused(
            abi.encodeCall(vault.increasePerformanceFee, (3_001)),
            abi.encodeWithSelector(ErrorsLib.FeeTooHigh.selector, 3_001, 3_000)
        );
        _refused(
            abi.encodeCall(vault.increaseManagementFee, (201)),
            abi.encodeWithSelector(ErrorsLib.FeeTooHigh.selector, 201, 200)
        );
        _refused(
            abi.encodeCall(vault.increasePerformanceFee, (1_000)),
            abi.encodeWithSelector(ErrorsLib.FeeNotIncreased.selector, 1_000)
        );
        _refused(
            abi.encodeCall(vault.increaseManagementFee, (99)),
            abi.encodeWithSelector(ErrorsLib.FeeNotIncreased.selector, 99)
        );
        vm.startPrank(curator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.FeeNotDecreased.selector, 1_000));
        vault.decreasePerformanceFee(1_000);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.FeeNotDecreased.selector, 101));
        vault.decreaseManagementFee(101);
        vm.expectEmit(address(vault));
        emit EventsLib.SetPerformanceFee(curator, 999);
        vault.decreasePerformanceFee(999);
        vm.stopPrank();
        vm.startPrank(owner);
        vm.expectEmit(address(vault));
        emit EventsLib.SetManagementFee(owner, 0);
        vault.decreaseManagementFee(0);
        vm.stopPrank();
        assertEq(vault.performanceFeeBps(), 999);
        assertEq(vault.managementFeeBps(), 0);
        address[2] memory others = [sentinel, anyone];
        for (uint256 i; i < 2; ++i) {
            vm.startPrank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, others[i]));
            vault.decreasePerformanceFee(1);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, others[i]));
            vault.decreaseManagementFee(1);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, others[i]));
            vault.setFeeRecipient(others[i]);
            vm.stopPrank();
        }
    }

    /// @dev Nobody can keep a rise in reserve.
    function test_aFeeThatWasLoweredRisesNoSoonerThanItsTimelock() public {
        _setFees(1_000, 100);
        bytes memory rise = abi.encodeCall(vault.increasePerformanceFee, (2_000));
        vm.prank(curator);
        vault.submit(rise);
        skip(TIMELOCK);
        vm.prank(curator);
        vault.decreasePerformanceFee(0);
        uint256 readyAt = vm.getBlockTimestamp() + TIMELOCK;
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotMatured.selector, readyAt));
        vault.execute(rise);
        skip(TIMELOCK);
        vault.execute(rise);
        assertEq(vault.performanceFeeBps(), 2_000);
    }

    function test_aFeeFromZeroTakesNothingOfEarlierGains() public {
        token.mint(address(vault), 100 * UNIT);
        skip(365 days);
        _setFees(1_000, 0);
        assertEq(vault.unclaimedFeeShares(), 0);
        assertApproxEqRel(vault.highWaterMark(), 1.1e18, 1e10);
        // Up and down again: the mark does not fall with the fee.
        vm.prank(curator);
        vault.decreasePerformanceFee(0);
        token.burn(address(vault), 50 * UNIT);
        vault.accrue();
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increasePerformanceFee, (1_000)));
        assertApproxEqRel(vault.highWaterMark(), 1.1e18, 1e10);
    }

    /* PERFORMANCE */

    function test_thePerformanceFeeIsItsShareOfTheGain() public {
        _setFees(1_000, 0);
        token.mint(address(vault), 100 * UNIT);
        skip(365 days);
        vault.accrue();
        assertApproxEqAbs(_feeWorth(), 10 * UNIT, 2);
        assertLe(_feeWorth(), 10 * UNIT);
        assertApproxEqAbs(vault.convertToAssets(vault.balanceOf(alice)), (1090 * UNIT * 99) / 100, 3);
    }

    /// @dev A price of two thousand times the first one, and the gain is charged once, whatever the decimals.
    function test_theMarkHoldsEveryPriceOfUse() public {
        uint8[4] memory decimals = [0, 6, 8, 18];
        uint256 first;
        for (uint256 i; i < decimals.length; ++i) {
            Vault grown = _growTo(decimals[i], 2_000, 7);
            uint256 shares = grown.unclaimedFeeShares();
            assertGt(shares, 0);
            for (uint256 j; j < 3; ++j) {
                skip(1 days);
                grown.accrue();
                assertEq(grown.unclaimedFeeShares(), shares);
            }
            assertLt(grown.highWaterMark(), type(uint128).max);
            // The same part for all of them: a tenth of each year's gain, which gains with the rest.
            uint256 part = (shares * WAD) / grown.totalSupply();
            if (i == 0) first = part;
            assertApproxEqRel(part, first, 0.005e18);
        }
    }

    /// @dev Beyond the mark's field nothing is taken, rather than the same gain again and again.
    function test_aMarkThatIsFullTakesNothing() public {
        Vault grown = _growTo(18, 1e10, 22);
        assertEq(grown.highWaterMark(), type(uint128).max);
        uint256 shares = grown.unclaimedFeeShares();
        skip(365 days);
        grown.accrue();
        assertEq(grown.unclaimedFeeShares(), shares);
    }

    /// @dev A vault of a thousand whole assets with a fee of a tenth, into which `factor` times as much has come.
    function _growTo(uint8 decimals, uint256 factor, uint256 yearsOfGrowth) private returns (Vault grown) {
        MockToken asset = new MockToken(decimals);
        Guard grownGuard;
        (grown, grownGuard) = _newVault(address(asset));
        vm.startPrank(owner);
        grown.setFeeRecipient(bob);
        grown.increasePerformanceFee(1_000);
        vm.stopPrank();
        _open(grown, grownGuard);
        uint256 assets = 1_000 * 10 ** uint256(decimals);
        asset.mint(alice, assets);
        vm.startPrank(alice);
        asset.approve(address(grown), assets);
        grown.deposit(assets, alice);
        vm.stopPrank();
        asset.mint(address(grown), assets * (factor - 1));
        for (uint256 i; i < yearsOfGrowth; ++i) {
            skip(365 days);
            grown.accrue();
        }
    }

    function test_aLossAndItsRecoveryCostNothingTwice() public {
        _setFees(2_000, 0);
        token.mint(address(vault), 100 * UNIT);
        skip(365 days);
        vault.accrue();
        uint256 shares = vault.unclaimedFeeShares();
        uint256 mark = vault.highWaterMark();
        assertGt(shares, 0);
        for (uint256 i; i < 3; ++i) {
            token.burn(address(vault), 200 * UNIT);
            vault.accrue();
            skip(10 days);
            vault.accrue();
            token.mint(address(vault), 200 * UNIT);
            skip(365 days);
            vault.accrue();
            assertEq(vault.unclaimedFeeShares(), shares);
            assertEq(vault.highWaterMark(), mark);
        }
        token.mint(address(vault), 1 * UNIT);
        skip(365 days);
        vault.accrue();
        assertGt(vault.unclaimedFeeShares(), shares);
    }

    /// @dev Accruing at every block must not round the fee away, nor add to it.
    function test_thePerformanceFeeIsTheSameInManySmallSteps() public {
        _setFees(1_000, 0);
        token.mint(address(vault), 20_000);
        for (uint256 i; i < 200; ++i) {
            skip(12);
            vault.accrue();
        }
        skip(365 days);
        vault.accrue();
        // Every step may leave out the fee on less than one unit.
        assertApproxEqAbs(_feeWorth(), 2_000, 20);
        assertLe(_feeWorth(), 2_000);
    }

    /* MANAGEMENT */

    function test_theManagementFeeIsItsShareOfAYear() public {
        _setFees(0, 200);
        uint256 before = _feeWorth();
        skip(365 days);
        vault.accrue();
        assertApproxEqRel(_feeWorth() - before, 20 * UNIT, 0.001e18);
        assertLe(_feeWorth() - before, 20 * UNIT);
    }

    function test_aManagementFeeOfDecadesTakesOneYear() public {
        _setFees(0, 200);
        skip(100 * 365 days);
        vault.accrue();
        assertLe(_feeWorth(), 21 * UNIT);
    }

    /* ROUNDING AND PREVIEWS */

    struct History {
        uint16 performanceBps;
        uint16 managementBps;
        uint256[4] gains;
        uint256[4] losses;
        uint256[4] waits;
    }

    /// @dev Fees never exceed what is due: a share of every new high of the price for all shares, and of assets over time.
    function testFuzz_feesAreNeverMoreThanDue(History memory history) public {
        history.performanceBps = uint16(bound(history.performanceBps, 1, 3_000));
        history.managementBps = uint16(bound(history.managementBps, 1, 200));
        _setFees(history.performanceBps, 0);
        _submitAndExecute(
            address(vault),
            curator,
            abi.encodeCall(vault.increaseManagementFee, (history.managementBps))
        );
        uint256 most;
        for (uint256 i; i < 4; ++i) {
            token.mint(address(vault), bound(history.gains[i], 0, 1_000 * UNIT));
            uint256 wait = bound(history.waits[i], 0, 400 days);
            uint256 stored = vault.storedAssets();
            uint256 shares = vault.unclaimedFeeShares();
            uint256 supply = vault.totalSupply();
            uint256 mark = vault.highWaterMark();
            skip(wait);
            vault.accrue();
            uint256 minted = vault.unclaimedFeeShares() - shares;
            uint256 newStored = vault.storedAssets();
            uint256 gain = newStored > (mark * supply) / 1e30 ? newStored - (mark * supply) / 1e30 : 0;
            most =
                (gain * history.performanceBps) / 10_000 +
                (stored * wait * history.managementBps) / (10_000 * 365 days);
            assertLe((minted * newStored) / vault.totalSupply(), most + 2);
            token.burn(address(vault), bound(history.losses[i], 0, vault.idle() / 2));
            vault.accrue();
        }
    }

    function test_accruingTwiceInABlockIsANoOp() public {
        _setFees(3_000, 200);
        token.mint(address(vault), 123_456_789);
        skip(77 days);
        vault.accrue();
        bytes32 before = _state();
        vault.accrue();
        vault.accrue();
        assertEq(_state(), before);
    }

    function _state() private view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    vault.storedAssets(),
                    vault.unclaimedFeeShares(),
                    vault.highWaterMark(),
                    vault.lastAccrualAt(),
                    vault.totalSupply(),
                    vault.recoverable()
                )
            );
    }

    function testFuzz_previewsKnowTheFeesThatAreDue(uint256 gain, uint256 wait, uint256 amount, uint256 kind) public {
        _setFees(2_500, 150);
        token.mint(address(vault), bound(gain, 0, 10_000 * UNIT));
        skip(bound(wait, 0, 500 days));
        amount = bound(amount, 1, 900 * UNIT);
        _fund(alice, 1e15);
        vm.startPrank(alice);
        token.approve(address(vault), type(uint256).max);
        kind = kind % 4;
        if (kind == 0) assertEq(vault.previewDeposit(amount), vault.deposit(amount, alice));
        if (kind == 1) assertEq(vault.previewMint(amount * 1e12), vault.mint(amount * 1e12, alice));
        if (kind == 2) {
            amount = amount % vault.maxWithdraw(alice);
            assertEq(vault.previewWithdraw(amount), vault.withdraw(amount, alice, alice));
        }
        if (kind == 3) {
            amount = amount % vault.maxRedeem(alice);
            assertEq(vault.previewRedeem(amount), vault.redeem(amount, alice, alice));
        }
    }

    /// @dev With fees due, too, an entry is worth no more than it cost, and a holder's worth does not fall.
    function testFuzz_aRoundTripGainsNothingWithFeesDue(uint256 gain, uint256 wait, uint256 amount) public {
        _setFees(3_000, 200);
        token.mint(address(vault), bound(gain, 0, 10_000 * UNIT));
        skip(bound(wait, 0, 500 days));
        amount = bound(amount, 1, 1e15);
        uint256 others = vault.previewRedeem(vault.balanceOf(alice));
        uint256 shares = _deposit(bob, amount);
        assertLe(vault.previewRedeem(shares), amount);
        vm.prank(bob);
        assertLe(vault.redeem(shares, bob, bob), amount);
        assertGe(vault.previewRedeem(vault.balanceOf(alice)), others);
    }

    /* CLAIMS */

    function test_feeSharesAreTheVaultsOwnUntilTheyAreClaimed() public {
        _setFees(1_000, 0);
        token.mint(address(vault), 100 * UNIT);
        skip(365 days);
        uint256 supply = vault.totalSupply();
        vault.accrue();
        uint256 unclaimed = vault.unclaimedFeeShares();
        assertEq(vault.balanceOf(address(vault)), unclaimed);
        assertEq(vault.totalSupply(), supply + unclaimed);
        assertEq(vault.balanceOf(alice) + vault.balanceOf(DEAD) + vault.balanceOf(address(vault)), vault.totalSupply());
        uint256 price = vault.convertToAssets(1e18);

        vm.expectEmit(address(vault));
        emit EventsLib.ClaimFees(anyone, recipient, unclaimed);
        vm.prank(anyone);
        assertEq(vault.claimFees(), unclaimed);
        assertEq(vault.balanceOf(recipient), unclaimed);
        assertEq(vault.balanceOf(address(vault)), 0);
        assertEq(vault.totalSupply(), supply + unclaimed);
        assertEq(vault.convertToAssets(1e18), price);
        assertEq(vault.claimFees(), 0);
        vm.startPrank(recipient);
        vault.redeem(unclaimed, recipient, recipient);
        assertApproxEqAbs(token.balanceOf(recipient), 10 * UNIT, 2);
    }

    function test_aNewRecipientGetsNothingOfWhatWasDueBefore() public {
        _setFees(1_000, 0);
        token.mint(address(vault), 100 * UNIT);
        skip(365 days);
        vm.expectEmit(address(vault));
        emit EventsLib.SetFeeRecipient(bob);
        vm.prank(owner);
        vault.setFeeRecipient(bob);
        assertApproxEqAbs(vault.convertToAssets(vault.balanceOf(recipient)), 10 * UNIT, 2);
        assertEq(vault.unclaimedFeeShares(), 0);
        assertEq(vault.claimFees(), 0);
        assertEq(vault.balanceOf(bob), 0);
    }

    function test_nobodySendsSharesToTheVault() public {
        vm.startPrank(alice);
        vault.approve(alice, 1);
        vm.expectRevert(ErrorsLib.ReceiverIsVault.selector);
        vault.transfer(address(vault), 1);
        vm.expectRevert(ErrorsLib.ReceiverIsVault.selector);
        vault.transferFrom(alice, address(vault), 1);
        vm.expectRevert(ErrorsLib.ReceiverIsVault.selector);
        vault.deposit(0, address(vault));
        assertEq(vault.maxDeposit(address(vault)), 0);
        assertEq(vault.maxDeposit(address(0)), 0);
        // Nor can anybody spend them.
        _fund(alice, 1);
        vm.expectRevert(ERC20.InsufficientAllowance.selector);
        vault.redeem(1, alice, address(vault));
    }

    function test_feesWaitForTheFirstShare() public {
        (Vault fresh, Guard freshGuard) = _newVault(address(token));
        vm.startPrank(owner);
        fresh.setFeeRecipient(recipient);
        fresh.increasePerformanceFee(3_000);
        fresh.increaseManagementFee(200);
        vm.stopPrank();
        token.mint(address(fresh), 100 * UNIT);
        skip(365 days);
        fresh.accrue();
        assertEq(fresh.totalSupply(), 0);
        _open(fresh, freshGuard);
        assertEq(fresh.unclaimedFeeShares(), 0);
    }
}
