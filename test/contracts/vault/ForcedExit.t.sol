// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC20 } from "solady/tokens/ERC20.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { MockAdapterFixture } from "./MockAdapterFixture.sol";

/// forge-config: default.isolate = true
contract ForcedExitTest is MockAdapterFixture {
    function setUp() public override {
        super.setUp();
        _investMock(900 * UNIT);
    }

    function _force(address account, uint256 assets) private returns (uint256 shares) {
        vm.prank(account);
        shares = vault.forceExit(address(mock), "", assets, account, account);
    }

    function test_aForcedExitPaysWhatComesOutAndChargesThePenalty() public {
        uint256 charged = 100 * UNIT + 200_000;
        uint256 shares = vault.previewWithdraw(charged);
        vm.expectEmit(address(vault));
        emit IERC4626.Withdraw(alice, bob, alice, 100 * UNIT, shares);
        vm.expectEmit(address(vault));
        emit EventsLib.ForceExit(alice, address(mock), charged);
        vm.prank(alice);
        assertEq(vault.forceExit(address(mock), "", 100 * UNIT, bob, alice), shares);
        assertEq(token.balanceOf(bob), 100 * UNIT);
        assertEq(shares, 100.2e18);
        // The penalty waits for the maximum rate: the price does not jump.
        assertEq(vault.convertToAssets(1e18), UNIT);
        assertEq(vault.pendingGain(), 200_000);
        assertEq(vault.allocation(keccak256(abi.encode(address(mock), bytes("")))), 800 * UNIT);
        skip(30 days);
        assertGt(vault.convertToAssets(1e18), UNIT);
        assertEq(vault.pendingGain(), 0);
    }

    function test_thePenaltyRoundsUp() public {
        // 20 bp of one unit are nothing, and cost one unit.
        assertEq(_force(alice, 1), 2e12);
    }

    function test_theLeaverBearsWhatTheExitCosts() public {
        mock.setExitCostBps(300);
        uint256 others = _worth(DEAD);
        uint256 shares = _force(alice, 100 * UNIT);
        // 103 left the position, and 20 bp on top.
        assertEq(shares, (103 * UNIT + 206_000) * 1e12);
        assertEq(token.balanceOf(alice), 100 * UNIT);
        assertEq(_worth(DEAD), others);
    }

    function test_whatComesOutBeyondTheReportIsChargedToo() public {
        mock.setExitGift(50 * UNIT);
        assertEq(_force(alice, 100 * UNIT), 150.3e18);
        assertEq(token.balanceOf(alice), 150 * UNIT);
    }

    function test_theWholePositionCanBeForcedOut() public {
        _force(alice, WHOLE);
        assertEq(token.balanceOf(alice), 900 * UNIT);
        assertEq(vault.balanceOf(alice), 990e18 - 901.8e18);
    }

    function test_noMoreThanTheSharesPayFor() public {
        _deposit(bob, 10 * UNIT);
        vm.prank(bob);
        vm.expectRevert(ERC20.InsufficientBalance.selector);
        vault.forceExit(address(mock), "", 10 * UNIT, bob, bob);
        _force(bob, 9_980_039);
    }

    function test_othersNeedAnAllowanceAndSpendIt() public {
        vm.prank(bob);
        vm.expectRevert(ERC20.InsufficientAllowance.selector);
        vault.forceExit(address(mock), "", UNIT, bob, alice);
        vm.prank(alice);
        vault.approve(bob, 2e18);
        vm.prank(bob);
        vault.forceExit(address(mock), "", UNIT, bob, alice);
        assertEq(vault.allowance(alice, bob), 2e18 - 1.002e18);
        assertEq(token.balanceOf(bob), UNIT);
    }

    function test_onlyOutOfRegisteredVenuesThatAreNotInQuarantine() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnknownAdapter.selector, anyone));
        vault.forceExit(anyone, "", UNIT, alice, alice);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        vault.forceExit(address(mock), "", UNIT, address(0), alice);
        vm.stopPrank();
        _quarantine(mock, 900 * UNIT);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AdapterQuarantined.selector, address(mock)));
        vault.forceExit(address(mock), "", UNIT, alice, alice);
    }

    /// @dev A retired venue, a frozen Guard, a closed entry: none of them stops it.
    function test_nothingThatReducesRiskStopsIt() public {
        vm.startPrank(sentinel);
        vault.retire(address(mock));
        guard.freeze();
        vm.stopPrank();
        vm.prank(address(mock));
        vault.noteMark(true);
        _force(alice, 100 * UNIT);
        assertEq(token.balanceOf(alice), 100 * UNIT);
    }

    /// @dev Whatever an exit costs or brings, whoever stays loses nothing, now or later.
    function testFuzz_thePriceOfOthersNeverFalls(uint256 assets, uint256 cost, uint256 gift, uint256 gain) public {
        mock.setExitCostBps(bound(cost, 0, 2_000));
        mock.setExitGift(bound(gift, 0, 10 * UNIT));
        gain = bound(gain, 0, 100 * UNIT);
        token.mint(address(mock), gain);
        mock.setPosition(900 * UNIT + gain);
        skip(1 days);
        assets = bound(assets, 0, 700 * UNIT);
        uint256 price = vault.convertToAssets(1e24);
        uint256 live = (vault.totalAssets() * 1e24) / vault.totalSupply();
        _force(alice, assets);
        assertGe(vault.convertToAssets(1e24), price);
        assertGe((vault.totalAssets() * 1e24) / vault.totalSupply(), live);
        skip(400 days);
        assertGe(vault.convertToAssets(1e24), price);
        assertLe(vault.storedAssets(), vault.totalAssets());
    }

    function test_thePenaltyHasHardLimitsAndWaitsBothWays() public {
        vm.startPrank(curator);
        vm.expectRevert(
            abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, vault.setForcedExitPenalty.selector)
        );
        vault.setForcedExitPenalty(1);
        vm.stopPrank();
        uint16[2] memory wrong = [uint16(0), 201];
        for (uint256 i; i < 2; ++i) {
            bytes memory data = abi.encodeCall(vault.setForcedExitPenalty, (wrong[i]));
            vm.prank(curator);
            vault.submit(data);
            skip(TIMELOCK);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PenaltyOutOfBounds.selector, wrong[i]));
            vault.execute(data);
        }
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.setForcedExitPenalty, (200)));
        assertEq(vault.forcedExitPenaltyBps(), 200);
        assertEq(_force(alice, 100 * UNIT), 102e18);
    }
}
