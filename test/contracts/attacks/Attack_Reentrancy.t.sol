// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockToken } from "../mocks/MockToken.sol";

/// @notice Tells sender before and receiver after a transfer, as an ERC-777 does.
contract HookedToken is MockToken {
    mapping(address => bool) public listens;

    constructor() MockToken(6) {}

    function listen() external {
        listens[msg.sender] = true;
    }

    function _beforeTokenTransfer(address from, address, uint256) internal override {
        if (listens[from]) Thief(from).onToken();
    }

    function _afterTokenTransfer(address, address to, uint256) internal override {
        if (listens[to]) Thief(to).onToken();
    }
}

/// @notice Tries every door of the vault from inside a transfer.
contract Thief {
    Vault private immutable vault;
    HookedToken private immutable token;
    bytes[] public tries;
    uint256 public refused;
    uint256 public passed;

    constructor(Vault vault_, HookedToken token_) {
        vault = vault_;
        token = token_;
        token_.approve(address(vault_), type(uint256).max);
        token_.listen();
    }

    function onToken() external {
        for (uint256 i; i < tries.length; ++i) {
            (bool success, bytes memory result) = address(vault).call(tries[i]);
            if (!success && bytes4(result) == ErrorsLib.Reentered.selector) ++refused;
            else ++passed;
        }
    }

    function add(bytes calldata data) external {
        tries.push(data);
    }

    function count() external view returns (uint256) {
        return tries.length;
    }

    function deposit(uint256 assets) external {
        vault.deposit(assets, address(this));
    }

    function redeem() external {
        vault.redeem(vault.balanceOf(address(this)), address(this), address(this));
    }
}

/// @notice Callbacks from the asset and from a venue.
/// forge-config: default.isolate = true
contract Attack_Reentrancy is Fixture {
    function test_everyPriceAndEveryActionIsShutInsideATransfer() public {
        HookedToken hooked = new HookedToken();
        (Vault other, Guard otherGuard) = _newVault(address(hooked));
        _open(other, otherGuard);
        Thief thief = new Thief(other, hooked);
        hooked.mint(alice, 1000 * UNIT);
        vm.startPrank(alice);
        hooked.approve(address(other), 1000 * UNIT);
        other.deposit(1000 * UNIT, alice);
        vm.stopPrank();

        address me = address(thief);
        hooked.mint(me, 100 * UNIT);
        thief.add(abi.encodeCall(other.deposit, (1, me)));
        thief.add(abi.encodeCall(other.mint, (1, me)));
        thief.add(abi.encodeCall(other.withdraw, (1, me, me)));
        thief.add(abi.encodeCall(other.redeem, (1, me, me)));
        thief.add(abi.encodeCall(other.forceExit, (address(adapters[0]), "", 1, me, me)));
        thief.add(abi.encodeCall(other.accrue, ()));
        thief.add(abi.encodeCall(other.claimFees, ()));
        thief.add(abi.encodeCall(other.entriesOpen, ()));
        thief.add(abi.encodeCall(other.recoverable, ()));
        thief.add(abi.encodeCall(other.totalAssets, ()));
        thief.add(abi.encodeCall(other.pendingGain, ()));
        thief.add(abi.encodeCall(other.liquid, ()));
        thief.add(abi.encodeCall(other.canPay, (1)));
        thief.add(abi.encodeCall(other.convertToAssets, (1)));
        thief.add(abi.encodeCall(other.convertToShares, (1)));
        thief.add(abi.encodeCall(other.previewDeposit, (1)));
        thief.add(abi.encodeCall(other.previewMint, (1)));
        thief.add(abi.encodeCall(other.previewWithdraw, (1)));
        thief.add(abi.encodeCall(other.previewRedeem, (1)));
        thief.add(abi.encodeCall(other.maxDeposit, (me)));
        thief.add(abi.encodeCall(other.maxMint, (me)));
        thief.add(abi.encodeCall(other.maxWithdraw, (me)));
        thief.add(abi.encodeCall(other.maxRedeem, (me)));

        thief.deposit(100 * UNIT);
        assertEq(thief.refused(), thief.count());
        thief.redeem();
        assertEq(thief.refused(), 2 * thief.count());
        assertEq(thief.passed(), 0);
        assertEq(other.previewRedeem(other.balanceOf(alice)), 1000 * UNIT);
    }

    /// @dev Matured calldata may be executed by anyone at any moment, so by a venue in the middle of its own deposit, where
    /// its adapter still looks empty. The plan must not survive that.
    function test_anAdapterRemovedInTheMiddleOfItsDepositUndoesThePlan() public {
        _deposit(alice, 990 * UNIT);
        _submitAndExecute(address(vault), curator, _exitsWithoutTheFirst());
        bytes memory data = abi.encodeCall(vault.removeAdapter, (address(adapters[0])));
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        venues[0].setCallback(address(vault), abi.encodeCall(vault.execute, (data)));
        Plan memory plan = _plan(_leg(0, true, 100 * UNIT));
        vm.prank(keeper);
        vm.expectPartialRevert(ErrorsLib.LossExceeded.selector);
        guard.rebalance(plan);
        assertTrue(vault.isAdapter(address(adapters[0])));
        assertEq(vault.idle(), 1000 * UNIT);
    }

    function _exitsWithoutTheFirst() private view returns (bytes memory) {
        return abi.encodeCall(vault.setExitList, (_exits()));
    }

    function _exits() private view returns (ExitEntry[] memory exits) {
        exits = new ExitEntry[](1);
        exits[0] = ExitEntry(address(adapters[1]), "");
    }
}
