// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { IGate } from "../../../contracts/interfaces/IGate.sol";
import { RedeemQueue } from "../../../contracts/periphery/RedeemQueue.sol";
import { Deployed } from "../Deployed.sol";
import { RedeemQueueBase } from "./RedeemQueueBase.sol";

contract ListGate is IGate {
    mapping(address => bool) public refused;

    function refuse(address account, bool is_) external {
        refused[account] = is_;
    }

    function mayEnter(address caller, address receiver) external view returns (bool) {
        return !refused[caller] && !refused[receiver];
    }

    function mayReceiveShares(address account) external view returns (bool) {
        return !refused[account];
    }
}

/// @notice The queue over a vault whose gate refuses, and over one whose venue is quarantined.
contract RedeemQueueGateTest is RedeemQueueBase {
    ListGate private gate;
    Vault private gated;
    RedeemQueue private own;

    function setUp() public override {
        super.setUp();
        gate = new ListGate();
        bytes memory args = abi.encode(address(token), owner, "Tiller Gated", "tGATED", TIMELOCK, address(gate));
        gated = Vault(Deployed.create("Vault", args));
        bytes memory guardArgs = abi.encode(address(gated), _limits(), TIMELOCK);
        address ownGuard = Deployed.create("Guard", guardArgs);
        _fund(owner, SEED);
        vm.startPrank(owner);
        gated.setGuard(ownGuard);
        token.approve(address(gated), SEED);
        gated.deposit(SEED, DEAD);
        vm.stopPrank();
        own = RedeemQueue(Deployed.create("RedeemQueue", abi.encode(address(gated), MINIMUM)));
        _fund(alice, 10_000 * UNIT);
        vm.startPrank(alice);
        token.approve(address(gated), type(uint256).max);
        gated.deposit(10_000 * UNIT, alice);
        gated.approve(address(own), type(uint256).max);
        vm.stopPrank();
    }

    /// @dev A request needs the vault's leave to move the shares; without it nothing has happened.
    function test_gate_thatRefusesTheQueueOnlyStopsRequests() public {
        gate.refuse(address(own), true);
        vm.prank(alice);
        vm.expectPartialRevert(SafeTransferLib.TransferFromFailed.selector);
        own.requestRedeem(1_000e18, alice, alice);
        assertEq(own.head(), 0);
        assertEq(gated.balanceOf(address(own)), 0);
    }

    /// @dev Exits are never refused: what waits is filled and claimed, whoever the gate refuses by then.
    function test_gate_thatRefusesEverybodyStopsNoFillAndNoClaim() public {
        vm.startPrank(alice);
        own.requestRedeem(1_000e18, alice, alice);
        gate.refuse(address(own), true);
        gate.refuse(alice, true);
        (uint256 shares, uint256 assets) = own.fill(1);
        assertEq(shares, 1_000e18);
        assertEq(own.redeem(shares, alice, alice), assets);
        assertEq(token.balanceOf(alice), assets);
    }

    /// @dev Who may not receive shares any more cancels to somebody who may, or waits for the fill.
    function test_gate_thatRefusesTheControllerLeavesItAnotherReceiver() public {
        vm.startPrank(alice);
        uint256 id = own.requestRedeem(1_000e18, alice, alice);
        gate.refuse(alice, true);
        vm.expectPartialRevert(SafeTransferLib.TransferFailed.selector);
        own.cancelRedeemRequest(id, alice, alice);
        assertEq(own.cancelRedeemRequest(id, alice, bob), 1_000e18);
        assertEq(gated.balanceOf(bob), 1_000e18);
    }

    /// @dev Who leaves a vault with a quarantined venue leaves its recovery to the rest. A request that sleeps does not
    /// choose that; its controller still can, by leaving the queue.
    function test_quarantine_fillsNobodyWhoSleepsAndHoldsNobody() public {
        _dryUp(150_000 * UNIT);
        uint256 shares = _shares(20_000 * UNIT);
        uint256 id = _request(alice, shares);
        uint256 held = adapters[0].realAssets();
        venues[0].setBroken(true);
        vm.prank(sentinel);
        vault.quarantine(address(adapters[0]), uint128(held / 2));
        for (uint256 i; i < 24; ++i) {
            (uint256 filled, ) = queue.fill(1);
            assertEq(filled, 0);
            skip(15 days);
        }
        uint256 worth = vault.previewRedeem(shares);
        assertLt(worth, 19_000 * UNIT);
        vm.startPrank(alice);
        queue.cancelRedeemRequest(id, alice, alice);
        assertEq(vault.redeem(shares, alice, alice), worth);
        vm.stopPrank();
    }

    /// @dev Nor does it hold who finds nothing liquid: taken back, the shares leave through a venue.
    function test_quarantine_leavesAForcedExitToWhoTakesHisSharesBack() public {
        _invest(1, 30_000 * UNIT);
        _dryUp(0);
        uint256 id = _request(alice, _shares(20_000 * UNIT));
        venues[0].setBroken(true);
        vm.prank(sentinel);
        vault.quarantine(address(adapters[0]), 0);
        (uint256 filled, ) = queue.fill(1);
        assertEq(filled, 0);
        vm.startPrank(alice);
        queue.cancelRedeemRequest(id, alice, alice);
        vault.forceExit(address(adapters[1]), "", 1_000 * UNIT, alice, alice);
        assertEq(token.balanceOf(alice), 1_000 * UNIT);
    }

    /// @dev Who slept through a quarantine is filled with what came back.
    function test_quarantine_paysWhoSleptWhatCameBack() public {
        _dryUp(150_000 * UNIT);
        uint256 shares = _shares(20_000 * UNIT);
        uint256 id = _request(alice, shares);
        uint256 owed = vault.previewRedeem(shares);
        uint128 held = uint128(adapters[0].realAssets());
        vm.prank(sentinel);
        vault.quarantine(address(adapters[0]), held / 2);
        skip(1 days);
        queue.fill(1);
        vm.prank(curator);
        vault.submit(abi.encodeCall(vault.lift, (address(adapters[0]))));
        skip(TIMELOCK);
        queue.fill(1);
        assertEq(_brought(id), 0);
        vault.execute(abi.encodeCall(vault.lift, (address(adapters[0]))));
        queue.fill(1);
        assertGe(_brought(id), owed);
    }
}
