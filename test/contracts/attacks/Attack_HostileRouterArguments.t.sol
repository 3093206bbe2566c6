// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Router } from "../../../contracts/periphery/Router.sol";
import { VenueExit } from "../../../contracts/interfaces/IRouter.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { RouterFixture } from "../periphery/RouterFixture.sol";

/// @notice Vault, adapter, pool and ERC-4626 of an attacker, all in one. It names a real asset, takes what it may, gives
/// nothing, and calls the Router back at every turn.
contract HostileVault {
    address public immutable asset;
    Router private immutable router;
    bytes32 public kind = "erc4626";
    bool public takes = true;
    bool public pays;
    uint256 public free = type(uint256).max;
    bytes[] private _tries;
    uint256 public passed;
    uint256 public refused;

    constructor(address asset_, Router router_) {
        asset = asset_;
        router = router_;
    }

    function set(bytes32 kind_, bool takes_, bool pays_) external {
        (kind, takes, pays) = (kind_, takes_, pays_);
    }

    function setFree(uint256 free_) external {
        free = free_;
    }

    function add(bytes calldata data) external {
        _tries.push(data);
    }

    function _act() private {
        for (uint256 i; i < _tries.length; ++i) {
            (bool success, ) = address(router).call(_tries[i]);
            if (success) ++passed;
            else ++refused;
        }
        if (!takes) return;
        uint256 allowance = IERC20(asset).allowance(address(router), address(this));
        if (allowance != 0) IERC20(asset).transferFrom(address(router), address(this), allowance);
    }

    // As a vault.

    function isAdapter(address) external pure returns (bool) {
        return true;
    }

    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }

    function previewMint(uint256 shares) external pure returns (uint256) {
        return shares;
    }

    function previewRedeem(uint256 shares) external pure returns (uint256) {
        return shares;
    }

    function deposit(uint256 assets, address) external returns (uint256) {
        _act();
        return assets;
    }

    function mint(uint256 shares, address) external returns (uint256) {
        _act();
        return shares;
    }

    function withdraw(uint256 assets, address, address) external returns (uint256) {
        _act();
        return assets;
    }

    function redeem(uint256 shares, address, address) external returns (uint256) {
        _act();
        return shares;
    }

    function forceExit(address, bytes calldata, uint256 assets, address receiver, address) external returns (uint256) {
        _act();
        if (pays) IERC20(asset).transfer(receiver, assets);
        return 0;
    }

    // As an adapter and what stands behind it.

    function withdrawable(bytes calldata) external view returns (uint256) {
        return free;
    }

    function pool() external view returns (address) {
        return address(this);
    }

    function aToken() external view returns (address) {
        return address(this);
    }

    function comet() external view returns (address) {
        return address(this);
    }

    function target() external view returns (address) {
        return address(this);
    }

    function borrowBalanceOf(address) external pure returns (uint256) {
        return 0;
    }

    function supply(address, uint256, address, uint16) external {
        _act();
    }

    function supplyTo(address, address, uint256) external {
        _act();
    }
}

/// @notice The Router takes any vault and any adapter. Alice has given it every allowance that she has, and the attacker
/// names contracts of its own: whatever they do, only their caller loses.
/// forge-config: default.isolate = true
contract Attack_HostileRouterArguments is RouterFixture {
    address private attacker = makeAddr("attacker");
    HostileVault private hostile;
    bytes32[3] private kinds = [bytes32("aave-v3"), "comet", "erc4626"];

    function setUp() public override {
        super.setUp();
        _fund(address(lender), 1_000_000 * UNIT);
        _fund(address(router), 5 * UNIT);
        _fund(alice, 1_000 * UNIT);
        _deposit(alice, 1_000 * UNIT);
        vm.startPrank(alice);
        token.approve(address(router), type(uint256).max);
        vault.approve(address(router), type(uint256).max);
        vm.stopPrank();
        hostile = new HostileVault(address(token), router);
        _ready(attacker, 100 * UNIT);

        // From inside, every door of the Router, with the real vault behind it.
        uint256 deadline = _soon();
        address me = address(hostile);
        VenueExit memory exit = _venueExit(address(adapters[0]), "", UNIT);
        hostile.add(abi.encodeCall(router.deposit, (address(vault), UNIT, me, 0, deadline)));
        hostile.add(abi.encodeCall(router.mint, (address(vault), 1e18, me, UNIT * 2, deadline)));
        hostile.add(abi.encodeCall(router.withdraw, (address(vault), UNIT, me, 1e24, deadline)));
        hostile.add(abi.encodeCall(router.redeem, (address(vault), 1e18, me, 0, deadline)));
        hostile.add(abi.encodeCall(router.migrate, (address(vault), address(vault), 1e18, 0, deadline)));
        hostile.add(abi.encodeCall(router.forceExit, (exit, me, 0)));
        hostile.add(abi.encodeCall(router.exitInKind, (exit, 0)));
        hostile.add(abi.encodeCall(router.onMorphoFlashLoan, (UNIT, abi.encode(exit, address(token), alice))));
    }

    /// @dev Alice, the lender and what lies in the Router by mistake are as before.
    modifier harmless() {
        uint256 shares = vault.balanceOf(alice);
        _;
        assertEq(vault.balanceOf(alice), shares);
        assertEq(token.balanceOf(alice), 1_000 * UNIT);
        assertEq(token.balanceOf(address(lender)), 1_000_000 * UNIT);
        assertEq(token.balanceOf(address(router)), 5 * UNIT);
        assertEq(token.allowance(address(router), address(hostile)), 0);
        assertEq(hostile.passed(), 0);
    }

    function test_aHostileVaultTakesItsCallersDepositAtMost() public harmless {
        uint256 deadline = _soon();
        vm.startPrank(attacker);
        router.deposit(address(hostile), 10 * UNIT, attacker, 0, deadline);
        router.mint(address(hostile), 10 * UNIT, attacker, 10 * UNIT, deadline);
        router.withdraw(address(hostile), 10 * UNIT, attacker, type(uint256).max, deadline);
        router.redeem(address(hostile), 10 * UNIT, attacker, 0, deadline);
        vm.stopPrank();
        assertEq(token.balanceOf(attacker), 80 * UNIT);
        assertEq(token.balanceOf(address(hostile)), 20 * UNIT);
        assertEq(hostile.refused(), 4 * 8);
    }

    function test_aHostileSuccessorCannotPassForOneThatPays() public harmless {
        uint256 deadline = _soon();
        vm.prank(attacker);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BelowMinimum.selector, 0, 1));
        router.redeem(address(hostile), 10 * UNIT, attacker, 1, deadline);
    }

    function test_anAllowanceThatAHostileVaultLeavesIsTakenBack() public harmless {
        hostile.set("erc4626", false, false);
        uint256 deadline = _soon();
        vm.startPrank(attacker);
        router.mint(address(hostile), 10 * UNIT, attacker, 10 * UNIT, deadline);
        vm.stopPrank();
        // Nothing was taken, so everything came back.
        assertEq(token.balanceOf(attacker), 100 * UNIT);
    }

    function test_aHostileAdapterCannotKeepTheLoan() public harmless {
        VenueExit memory exit = VenueExit(address(hostile), address(hostile), "", 500_000 * UNIT, 1e30, _soon());
        for (uint256 i; i < 3; ++i) {
            hostile.set(kinds[i], true, false);
            vm.prank(attacker);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ShortPayment.selector, 0, 500_000 * UNIT));
            router.exitInKind(exit, 0);
        }
    }

    function test_aHostileAdapterThatGivesTheLoanBackHasGainedNothing() public harmless {
        for (uint256 i; i < 3; ++i) {
            hostile.set(kinds[i], true, true);
            VenueExit memory exit = VenueExit(address(hostile), address(hostile), "", 500_000 * UNIT, 1e30, _soon());
            vm.prank(attacker);
            router.exitInKind(exit, 0);
        }
        assertEq(token.balanceOf(address(hostile)), 0);
        assertGt(hostile.refused(), 0);
    }

    /// @dev It says that a few units are missing, and does not make up for them.
    function test_aHostileAdapterThatRoundsKeepsNothingOfTheLoan() public harmless {
        hostile.set("erc4626", true, true);
        hostile.setFree(500_000 * UNIT - 10);
        VenueExit memory exit = VenueExit(address(hostile), address(hostile), "", 500_000 * UNIT, 1e30, _soon());
        vm.prank(attacker);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ShortPayment.selector, 500_000 * UNIT - 10, 500_000 * UNIT));
        router.exitInKind(exit, 0);
    }

    /// @dev A real adapter behind a hostile vault: the loan goes into the real venue for the attacker, and has to come from
    /// the attacker.
    function test_aRealVenueBehindAHostileVaultCostsTheAttackerWhatItGets() public harmless {
        VenueExit memory exit = VenueExit(address(hostile), address(adapters[0]), "", 500 * UNIT, 1e30, _soon());
        vm.prank(attacker);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ShortPayment.selector, 0, 500 * UNIT));
        router.exitInKind(exit, 0);
        assertEq(venues[0].balanceOf(attacker), 0);
    }
}
