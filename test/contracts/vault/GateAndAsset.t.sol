// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Deployed } from "../Deployed.sol";
import { Fixture } from "../Fixture.sol";
import { MockGate } from "../mocks/MockAdapter.sol";
import { MockFalseToken, MockToken } from "../mocks/MockToken.sol";

/// @notice Keeps one part in a hundred of what is sent.
contract FeeToken is MockToken {
    constructor() MockToken(6) {}

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        _burn(to, amount / 100);
        return true;
    }
}

/// @notice Answers one more function, of which only the selector matters; its fallback writes when `writes`.
contract OddToken is MockToken {
    bytes4 private immutable _known;
    bool private immutable _writes;
    uint256 private _written;

    constructor(bytes4 known, bool writes) MockToken(6) {
        _known = known;
        _writes = writes;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        if (_writes) ++_written;
        require(msg.sig == _known, "unknown");
        return abi.encode(1);
    }
}

/// @notice Has no decimals.
contract NoDecimals {
    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }
}

/// forge-config: default.isolate = true
contract GateAndAssetTest is Fixture {
    MockGate private gate;
    Vault private gated;

    function setUp() public override {
        super.setUp();
        gate = new MockGate();
        gated = _create(address(token), address(gate));
        Guard gatedGuard = Guard(Deployed.create("Guard", abi.encode(address(gated), _limits(), TIMELOCK)));
        _open(gated, gatedGuard);
        _fund(alice, 1_000 * UNIT);
        vm.startPrank(alice);
        token.approve(address(gated), type(uint256).max);
        gated.deposit(100 * UNIT, alice);
        vm.stopPrank();
    }

    function _create(address asset, address gate_) private returns (Vault) {
        return Vault(Deployed.create("Vault", abi.encode(asset, owner, "n", "s", TIMELOCK, gate_)));
    }

    /* GATE */

    function test_aGateIsAContractAndStays() public {
        assertEq(gated.gate(), address(gate));
        assertEq(vault.gate(), address(0));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnsupportedGate.selector, alice));
        _create(address(token), alice);
    }

    /// @dev No, something that is not true, nothing, a revert.
    function test_aGateThatDoesNotSayYesRefusesEntryAndReceiptAndNeverAnExit() public {
        MockGate.Answer[4] memory answers = [
            MockGate.Answer.No,
            MockGate.Answer.Two,
            MockGate.Answer.Nothing,
            MockGate.Answer.Revert
        ];
        vm.startPrank(alice);
        gated.approve(bob, type(uint256).max);
        for (uint256 i; i < 4; ++i) {
            gate.set(answers[i], answers[i]);
            assertEq(gated.maxDeposit(alice), 0);
            assertEq(gated.maxMint(alice), 0);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.GateRefused.selector, bob));
            gated.deposit(1, bob);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.GateRefused.selector, alice));
            gated.mint(1, alice);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.GateRefused.selector, bob));
            gated.transfer(bob, 1);
            vm.stopPrank();
            vm.prank(bob);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.GateRefused.selector, bob));
            gated.transferFrom(alice, bob, 1);

            uint256 before = token.balanceOf(bob);
            vm.prank(bob);
            gated.withdraw(UNIT, bob, alice);
            vm.startPrank(alice);
            gated.redeem(1e18, bob, alice);
            assertEq(token.balanceOf(bob), before + 2 * UNIT);
        }
        gate.set(MockGate.Answer.Yes, MockGate.Answer.Yes);
        gated.transfer(bob, 1e18);
        gated.deposit(UNIT, bob);
        assertEq(gated.balanceOf(bob), 2e18);
        assertGt(gated.maxDeposit(alice), 0);
    }

    function test_entryAndReceiptAreTwoQuestions() public {
        vm.startPrank(alice);
        gate.set(MockGate.Answer.Yes, MockGate.Answer.No);
        gated.deposit(UNIT, alice);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.GateRefused.selector, bob));
        gated.transfer(bob, 1);
        gate.set(MockGate.Answer.No, MockGate.Answer.Yes);
        gated.transfer(bob, 1);
    }

    /* SEED */

    function testFuzz_theSeedIsAHundredthOfAWholeUnit(uint8 decimals) public {
        decimals = uint8(bound(decimals, 0, 18));
        MockToken other = new MockToken(decimals);
        (Vault fresh, Guard freshGuard) = _newVault(address(other));
        uint256 least = decimals < 2 ? 1 : 10 ** (decimals - 2);
        other.mint(owner, least);
        vm.startPrank(owner);
        fresh.setGuard(address(freshGuard));
        other.approve(address(fresh), least);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SeedMissing.selector, least));
        fresh.deposit(least - 1, DEAD);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SeedMissing.selector, least));
        fresh.deposit(least, owner);
        fresh.deposit(least, DEAD);
        assertEq(fresh.balanceOf(DEAD), least * 10 ** (18 - decimals));
    }

    /* ASSET */

    function test_anAssetThatRebasesIsRefused() public {
        string[9] memory known = [
            "scaledBalanceOf(address)",
            "scaledTotalSupply()",
            "getPooledEthByShares(uint256)",
            "sharesOf(address)",
            "rebasingCreditsPerToken()",
            "gonsForBalance(uint256)",
            "rewardMultiplier()",
            "baseTrackingIndexScale()",
            "tokensToShares(uint256)"
        ];
        for (uint256 i; i < known.length; ++i) {
            bytes4 selector = bytes4(keccak256(bytes(known[i])));
            address odd = address(new OddToken(selector, false));
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.RebasingAsset.selector, odd, selector));
            _create(odd, address(0));
        }
        // Another function, or a fallback that writes, as WETH's.
        _create(address(new OddToken("abcd", false)), address(0));
        _create(address(new OddToken(bytes4(keccak256("sharesOf(address)")), true)), address(0));
    }

    function test_anAssetWithoutDecimalsIsRefused() public {
        address odd = address(new NoDecimals());
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnsupportedAsset.selector, odd));
        _create(odd, address(0));
    }

    function test_anAssetThatKeepsAPartIsRefusedAtTheFirstEntry() public {
        FeeToken fee = new FeeToken();
        (Vault fresh, Guard freshGuard) = _newVault(address(fee));
        fee.mint(owner, 100 * UNIT);
        vm.startPrank(owner);
        fresh.setGuard(address(freshGuard));
        fee.approve(address(fresh), 100 * UNIT);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.FeeOnTransfer.selector, 100 * UNIT, 99 * UNIT));
        fresh.deposit(100 * UNIT, DEAD);
    }

    function test_anAssetThatAnswersFalseTakesNobodysShares() public {
        MockFalseToken liar = new MockFalseToken();
        (Vault fresh, Guard freshGuard) = _newVault(address(liar));
        vm.startPrank(owner);
        fresh.setGuard(address(freshGuard));
        vm.expectRevert(SafeTransferLib.TransferFromFailed.selector);
        fresh.deposit(UNIT, DEAD);
        assertEq(fresh.totalSupply(), 0);
    }
}
