// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC20 } from "solady/tokens/ERC20.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Deployed } from "../Deployed.sol";
import { MockAdapter } from "../mocks/MockAdapter.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockAdapterFixture } from "./MockAdapterFixture.sol";
import { FeeToken } from "./GateAndAsset.t.sol";

/// @notice More leaves of Vault.tree: who may call what, what a mint and each kind of exit refuse, and what configuration
/// tells.
/// forge-config: default.isolate = true
contract VaultRefusalsTest is MockAdapterFixture {
    function _unauthorized(address account) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, account);
    }

    function _expectRefused(address caller, bytes memory data, bytes memory reason) private {
        vm.prank(caller);
        (bool success, bytes memory result) = address(vault).call(data);
        assertFalse(success);
        assertEq(result, reason);
    }

    function _newOpenVault(MockToken asset) private returns (Vault fresh) {
        Guard freshGuard;
        (fresh, freshGuard) = _newVault(address(asset));
        vm.prank(owner);
        fresh.setGuard(address(freshGuard));
        asset.mint(alice, 1_000 * UNIT);
        vm.prank(alice);
        asset.approve(address(fresh), type(uint256).max);
    }

    /* WHO */

    function test_everyTimelockedFunctionIsForItsProposerAfterTheTimelock() public {
        bytes32 id = _id(0);
        bytes[] memory calls = new bytes[](12);
        calls[0] = abi.encodeCall(vault.setGuard, (address(guard)));
        calls[1] = abi.encodeCall(vault.setForcedExitPenalty, (1));
        calls[2] = abi.encodeCall(vault.addAdapter, (anyone));
        calls[3] = abi.encodeCall(vault.removeAdapter, (address(mock)));
        calls[4] = abi.encodeCall(vault.reinstate, (address(mock)));
        calls[5] = abi.encodeCall(vault.increaseAbsoluteCap, (id, WHOLE));
        calls[6] = abi.encodeCall(vault.increaseRelativeCap, (id, uint64(WAD)));
        calls[7] = abi.encodeCall(vault.setExitList, (new ExitEntry[](0)));
        calls[8] = abi.encodeCall(vault.setMaxRate, (1e12));
        calls[9] = abi.encodeCall(vault.increasePerformanceFee, (1));
        calls[10] = abi.encodeCall(vault.increaseManagementFee, (1));
        calls[11] = abi.encodeCall(vault.lift, (address(mock)));
        address[5] memory others = [anyone, owner, sentinel, keeper, address(guard)];
        for (uint256 i; i < calls.length; ++i) {
            for (uint256 j; j < others.length; ++j) _expectRefused(others[j], calls[i], _unauthorized(others[j]));
            bytes memory wait = abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, bytes4(calls[i]));
            _expectRefused(curator, calls[i], wait);
        }
        // Of this one the owner is the proposer.
        bytes memory removal = abi.encodeCall(vault.removeSentinel, (sentinel));
        address[3] memory noOwners = [anyone, curator, sentinel];
        for (uint256 i; i < 3; ++i) _expectRefused(noOwners[i], removal, _unauthorized(noOwners[i]));
        bytes memory submit = abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, vault.removeSentinel.selector);
        _expectRefused(owner, removal, submit);
    }

    function test_whatReducesRiskIsForCuratorSentinelAndOwnerOnly() public {
        bytes32 id = _id(0);
        address[3] memory officers = [curator, sentinel, owner];
        for (uint128 i; i < 3; ++i) {
            vm.startPrank(officers[i]);
            vm.expectEmit(address(vault));
            emit EventsLib.SetAbsoluteCap(officers[i], id, 10 - i);
            vault.decreaseAbsoluteCap(id, 10 - i);
            vm.expectEmit(address(vault));
            emit EventsLib.SetRelativeCap(officers[i], id, (10 - i) * 1e9);
            vault.decreaseRelativeCap(id, uint64(10 - i) * 1e9);
            vm.expectEmit(address(vault));
            emit EventsLib.Retire(officers[i], address(mock));
            vault.retire(address(mock));
            vm.stopPrank();
        }
        address[3] memory others = [anyone, keeper, address(guard)];
        for (uint256 i; i < 3; ++i) {
            bytes memory reason = _unauthorized(others[i]);
            _expectRefused(others[i], abi.encodeCall(vault.decreaseAbsoluteCap, (id, 0)), reason);
            _expectRefused(others[i], abi.encodeCall(vault.decreaseRelativeCap, (id, 0)), reason);
            _expectRefused(others[i], abi.encodeCall(vault.retire, (address(mock))), reason);
            _expectRefused(others[i], abi.encodeCall(vault.quarantine, (address(mock), 0)), reason);
        }
    }

    function test_ownershipIsToldAndAnOfferCanBeTakenBack() public {
        vm.expectEmit(address(vault));
        emit EventsLib.TransferOwnership(owner, bob);
        vm.prank(owner);
        vault.transferOwnership(bob);
        vm.prank(owner);
        vault.transferOwnership(address(0));
        _expectRefused(bob, abi.encodeCall(vault.acceptOwnership, ()), _unauthorized(bob));

        vm.prank(owner);
        vault.transferOwnership(bob);
        vm.expectEmit(address(vault));
        emit EventsLib.SetOwner(bob);
        vm.prank(bob);
        vault.acceptOwnership();
        _expectRefused(owner, abi.encodeCall(vault.setCurator, (owner)), _unauthorized(owner));
    }

    function test_aVaultMayBeWithoutACurator() public {
        vm.expectEmit(address(vault));
        emit EventsLib.SetCurator(address(0));
        vm.prank(owner);
        vault.setCurator(address(0));
        bytes memory data = abi.encodeCall(vault.setMaxRate, (1e12));
        _expectRefused(curator, abi.encodeCall(vault.submit, (data)), _unauthorized(curator));
        _expectRefused(owner, abi.encodeCall(vault.submit, (data)), _unauthorized(owner));
        vm.prank(owner);
        vault.retire(address(mock));
    }

    function test_sentinelsAreTold() public {
        vm.expectEmit(address(vault));
        emit EventsLib.SetSentinel(bob, true);
        vm.prank(owner);
        vault.addSentinel(bob);
        bytes memory data = abi.encodeCall(vault.removeSentinel, (bob));
        vm.prank(owner);
        vault.submit(data);
        skip(TIMELOCK);
        vm.expectEmit(address(vault));
        emit EventsLib.SetSentinel(bob, false);
        vault.execute(data);
        assertFalse(vault.isSentinel(bob));
    }

    /* CONFIGURATION */

    function test_aReplacedGuardAllocatesNoMore() public {
        Guard next = Guard(Deployed.create("Guard", abi.encode(address(vault), _limits(), TIMELOCK)));
        bytes memory data = abi.encodeCall(vault.setGuard, (address(next)));
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        vm.expectEmit(address(vault));
        emit EventsLib.SetGuard(address(next));
        vault.execute(data);
        Plan memory plan = _plan(_leg(0, true, UNIT));
        vm.prank(keeper);
        vm.expectRevert(_unauthorized(address(guard)));
        guard.rebalance(plan);
        assertEq(vault.guard(), address(next));
    }

    function test_configurationIsTold() public {
        MockAdapter added = new MockAdapter(address(vault), address(token));
        bytes32 id = _id(0);
        vm.startPrank(sentinel);
        vault.decreaseAbsoluteCap(id, 1);
        vault.decreaseRelativeCap(id, 1e9);
        vm.stopPrank();
        ExitEntry[] memory exits = new ExitEntry[](1);
        exits[0] = ExitEntry(address(adapters[1]), "");
        bytes32[] memory liquidityIds = new bytes32[](1);
        liquidityIds[0] = adapters[1].liquidityId("");
        bytes[] memory calls = new bytes[](6);
        calls[0] = abi.encodeCall(vault.addAdapter, (address(added)));
        calls[1] = abi.encodeCall(vault.increaseAbsoluteCap, (id, 2));
        calls[2] = abi.encodeCall(vault.increaseRelativeCap, (id, 3e9));
        calls[3] = abi.encodeCall(vault.setExitList, (exits));
        calls[4] = abi.encodeCall(vault.setMaxRate, (1e10));
        calls[5] = abi.encodeCall(vault.setForcedExitPenalty, (5));
        vm.startPrank(curator);
        for (uint256 i; i < calls.length; ++i) vault.submit(calls[i]);
        vm.stopPrank();
        skip(TIMELOCK);
        vm.startPrank(anyone);
        vm.expectEmit(address(vault));
        emit EventsLib.AddAdapter(address(added), "mock");
        vault.execute(calls[0]);
        // The sender is whoever executes.
        vm.expectEmit(address(vault));
        emit EventsLib.SetAbsoluteCap(anyone, id, 2);
        vault.execute(calls[1]);
        vm.expectEmit(address(vault));
        emit EventsLib.SetRelativeCap(anyone, id, 3e9);
        vault.execute(calls[2]);
        vm.expectEmit(address(vault));
        emit EventsLib.SetExitList(liquidityIds);
        vault.execute(calls[3]);
        vm.expectEmit(address(vault));
        emit EventsLib.SetMaxRate(1e10);
        vault.execute(calls[4]);
        vm.expectEmit(address(vault));
        emit EventsLib.SetForcedExitPenalty(5);
        vault.execute(calls[5]);
        vm.stopPrank();
    }

    function test_anUnknownAdapterIsRefusedEverywhere() public {
        bytes memory reason = abi.encodeWithSelector(ErrorsLib.UnknownAdapter.selector, anyone);
        _expectRefused(address(guard), abi.encodeCall(vault.allocate, (anyone, "", 0)), reason);
        _expectRefused(sentinel, abi.encodeCall(vault.deallocate, (anyone, "", 0)), reason);
        _expectRefused(alice, abi.encodeCall(vault.forceExit, (anyone, "", 0, alice, alice)), reason);
        _expectRefused(alice, abi.encodeCall(vault.effectiveCap, (anyone, "")), reason);
        _expectRefused(sentinel, abi.encodeCall(vault.retire, (anyone)), reason);
        _expectRefused(sentinel, abi.encodeCall(vault.quarantine, (anyone, 0)), reason);
        _expectRefused(anyone, abi.encodeCall(vault.noteMark, (true)), reason);
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(vault.removeAdapter, (anyone));
        calls[1] = abi.encodeCall(vault.reinstate, (anyone));
        calls[2] = abi.encodeCall(vault.lift, (anyone));
        for (uint256 i; i < 3; ++i) {
            vm.prank(curator);
            vault.submit(calls[i]);
            skip(TIMELOCK);
            _expectRefused(alice, abi.encodeCall(vault.execute, (calls[i])), reason);
        }
        (bool registered, , , , , ) = vault.adapterState(anyone);
        assertFalse(registered);
    }

    /* QUARANTINE */

    /// @dev A venue must not stay in quarantine because somebody executes the lift with too little gas.
    function test_aLiftWithTooLittleGasIsRefused() public {
        _investMock(100 * UNIT);
        _quarantine(mock, 0);
        bytes memory data = abi.encodeCall(vault.lift, (address(mock)));
        vm.prank(curator);
        vault.submit(data);
        skip(TIMELOCK);
        (bool success, bytes memory result) = address(vault).call{ gas: 800_000 }(
            abi.encodeCall(vault.execute, (data))
        );
        assertFalse(success);
        assertEq(bytes4(result), ErrorsLib.OutOfGas.selector);
        vault.execute(data);
        assertEq(vault.totalAssets(), 1_000 * UNIT);
    }

    /* ALLOCATION */

    function test_whatComesOutOfAVenueIsTold() public {
        _investMock(100 * UNIT);
        vm.expectEmit(address(vault));
        emit EventsLib.Deallocate(sentinel, address(mock), mock.ids("")[0], 40 * UNIT, -int256(40 * UNIT));
        vm.prank(sentinel);
        assertEq(vault.deallocate(address(mock), "", 40 * UNIT), 40 * UNIT);
    }

    /* MINT */

    function test_mint_isRefusedForTheZeroAddressAndTheVault() public {
        vm.startPrank(alice);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        vault.mint(1, address(0));
        vm.expectRevert(ErrorsLib.ReceiverIsVault.selector);
        vault.mint(1, address(vault));
        vm.stopPrank();
    }

    function test_mint_beforeTheSeedIsOfTheSeedOnly() public {
        Vault fresh = _newOpenVault(token);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SeedMissing.selector, 1e4));
        fresh.mint(1e18, alice);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SeedMissing.selector, 1e4));
        fresh.mint(1e16 - 1e12, DEAD);
        assertEq(fresh.mint(1e16, DEAD), 1e4);
        fresh.mint(1e18, alice);
        vm.stopPrank();
    }

    function test_mint_beyond128BitsIsRefused() public {
        uint256 shares = uint256(type(uint128).max) * 1e12;
        uint256 total = 1_000 * UNIT + vault.previewMint(shares);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TotalAssetsOverflow.selector, total));
        vm.prank(alice);
        vault.mint(shares, alice);
    }

    function test_mint_thatArrivesShortIsRefused() public {
        Vault fresh = _newOpenVault(new FeeToken());
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.FeeOnTransfer.selector, 100 * UNIT, 99 * UNIT));
        vm.prank(alice);
        fresh.mint(100e18, DEAD);
    }

    /* EXITS */

    function test_nobodyLeavesToTheZeroAddress() public {
        bytes memory reason = abi.encodeWithSelector(ErrorsLib.ZeroAddress.selector);
        _expectRefused(alice, abi.encodeCall(vault.withdraw, (UNIT, address(0), alice)), reason);
        _expectRefused(alice, abi.encodeCall(vault.withdraw, (0, address(0), alice)), reason);
        _expectRefused(alice, abi.encodeCall(vault.redeem, (1e18, address(0), alice)), reason);
        _expectRefused(alice, abi.encodeCall(vault.redeem, (0, address(0), alice)), reason);
        _expectRefused(alice, abi.encodeCall(vault.forceExit, (address(mock), "", 0, address(0), alice)), reason);
    }

    /// @dev The fourth adapter stands in no exit list.
    function test_redeem_beyondWhatIsLiquidSaysHowMuchIs() public {
        _investMock(900 * UNIT);
        uint256 shares = vault.balanceOf(alice);
        bytes memory reason = abi.encodeWithSelector(
            ErrorsLib.InsufficientLiquidity.selector,
            100 * UNIT,
            vault.previewRedeem(shares)
        );
        _expectRefused(alice, abi.encodeCall(vault.redeem, (shares, alice, alice)), reason);
        assertEq(vault.maxWithdraw(alice), 100 * UNIT);
    }

    function test_withdraw_byAnotherNeedsAllowanceAndSpendsIt() public {
        bytes memory reason = abi.encodeWithSelector(ERC20.InsufficientAllowance.selector);
        vm.prank(alice);
        vault.approve(bob, 50e18 - 1);
        _expectRefused(bob, abi.encodeCall(vault.withdraw, (50 * UNIT, bob, alice)), reason);
        vm.prank(alice);
        vault.approve(bob, 60e18);
        vm.prank(bob);
        assertEq(vault.withdraw(50 * UNIT, bob, alice), 50e18);
        assertEq(vault.allowance(alice, bob), 10e18);
        assertEq(token.balanceOf(bob), 50 * UNIT);
    }
}
