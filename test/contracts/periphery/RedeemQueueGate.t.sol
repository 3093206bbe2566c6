// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

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
    bool private asks;

    /// @dev A vault built before gates were asked has nothing to test here.
    modifier whereGatesAreAsked() {
        vm.skip(!asks);
        _;
    }

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
        gate.refuse(bob, true);
        asks = gated.maxDeposit(bob) == 0;
        gate.refuse(bob, false);
        own = RedeemQueue(Deployed.create("RedeemQueue", abi.encode(address(gated), MINIMUM)));
        _fund(alice, 10_000 * UNIT);
        vm.startPrank(alice);
        token.approve(address(gated), type(uint256).max);
        gated.deposit(10_000 * UNIT, alice);
        gated.approve(address(own), type(uint256).max);
        vm.stopPrank();
    }

    /// @dev A request needs the vault's leave to move the shares; without it nothing has happened.
    function test_gate_thatRefusesTheQueueOnlyStopsRequests() public whereGatesAreAsked {
        gate.refuse(address(own), true);
        vm.prank(alice);
        vm.expectRevert();
        own.requestRedeem(1_000e18, alice, alice);
        assertEq(own.head(), 0);
        assertEq(gated.balanceOf(address(own)), 0);
    }

    /// @dev Exits are never refused: what waits is filled and claimed, whoever the gate refuses by then.
    function test_gate_thatRefusesEverybodyStopsNoFillAndNoClaim() public whereGatesAreAsked {
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
    function test_gate_thatRefusesTheControllerLeavesItAnotherReceiver() public whereGatesAreAsked {
        vm.startPrank(alice);
        uint256 id = own.requestRedeem(1_000e18, alice, alice);
        gate.refuse(alice, true);
        vm.expectRevert();
        own.cancelRedeemRequest(id, alice, alice);
        assertEq(own.cancelRedeemRequest(id, alice, bob), 1_000e18);
        assertEq(gated.balanceOf(bob), 1_000e18);
    }

    /// @dev A quarantined venue counts at its mark: what idle can pay is filled at that price, once it has lasted.
    function test_quarantine_fillsFromIdleAtTheMarkedPrice() public whereGatesAreAsked {
        _dryUp(150_000 * UNIT);
        uint256 shares = _shares(20_000 * UNIT);
        uint256 id = _request(alice, shares);
        uint256 held = adapters[0].realAssets();
        venues[0].setBroken(true);
        vm.prank(sentinel);
        vault.quarantine(address(adapters[0]), uint128(held / 2));
        (uint256 filled, ) = queue.fill(1);
        assertEq(filled, 0);
        skip(2 hours);
        uint256 worth = vault.previewRedeem(shares);
        assertLt(worth, 19_000 * UNIT);
        (, uint256 assets) = queue.fill(1);
        assertEq(assets, worth);
        assertEq(_brought(id), worth);
    }
}
