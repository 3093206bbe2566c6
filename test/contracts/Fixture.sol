// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { Vault } from "../../contracts/Vault.sol";
import { Guard } from "../../contracts/Guard.sol";
import { Erc4626Adapter } from "../../contracts/adapters/Erc4626Adapter.sol";
import { GuardLimits, Leg, Plan } from "../../contracts/interfaces/IGuard.sol";
import { ExitEntry } from "../../contracts/interfaces/IVault.sol";
import { IdsLib } from "../../contracts/libraries/IdsLib.sol";
import { MockToken } from "./mocks/MockToken.sol";
import { MockVenue } from "./mocks/MockVenue.sol";
import { Deployed } from "./Deployed.sol";

/// @notice A vault over three ERC-4626 venues, seeded and configured, with a three-day timelock.
abstract contract Fixture is Test {
    uint256 internal constant UNIT = 1e6;
    uint256 internal constant SEED = 10 * UNIT;
    uint256 internal constant TIMELOCK = 3 days;
    uint256 internal constant WAD = 1e18;
    address internal constant DEAD = 0x000000000000000000000000000000000000dEaD;
    uint128 internal constant WHOLE = type(uint128).max;

    address internal owner = makeAddr("owner");
    address internal curator = makeAddr("curator");
    address internal sentinel = makeAddr("sentinel");
    address internal keeper = makeAddr("keeper");
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal anyone = makeAddr("anyone");

    MockToken internal token;
    Vault internal vault;
    Guard internal guard;
    MockVenue[3] internal venues;
    Erc4626Adapter[3] internal adapters;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        token = _newToken();
        (vault, guard) = _newVault(address(token));
        for (uint256 i; i < 3; ++i) {
            venues[i] = new MockVenue(address(token));
            // Somebody else is in there before us.
            _fund(anyone, 1_000_000 * UNIT);
            vm.startPrank(anyone);
            token.approve(address(venues[i]), type(uint256).max);
            venues[i].deposit(1_000_000 * UNIT, anyone);
            vm.stopPrank();
            adapters[i] = _newErc4626Adapter(address(vault), address(venues[i]));
        }
        _configure();
        _seed();
        vm.prank(owner);
        vault.setCurator(curator);
    }

    function _newToken() internal virtual returns (MockToken) {
        return new MockToken(6);
    }

    function _newVault(address asset) internal returns (Vault newVault, Guard newGuard) {
        newVault = Vault(
            Deployed.create("Vault", abi.encode(asset, owner, "Tiller Mock", "tMOCK", TIMELOCK, address(0)))
        );
        newGuard = Guard(Deployed.create("Guard", abi.encode(address(newVault), _limits(), TIMELOCK)));
    }

    /// @dev Any fixture's venue passes: no share may cost more than 10, one must be out.
    function _newErc4626Adapter(address forVault, address target) internal returns (Erc4626Adapter) {
        bytes memory args = abi.encode(forVault, target, address(0), uint128(10 * WAD), uint256(1e12));
        return Erc4626Adapter(Deployed.create("Erc4626Adapter", args));
    }

    function _limits() internal pure virtual returns (GuardLimits memory) {
        return
            GuardLimits({
                cooldownSeconds: 1 hours,
                maxLossPerPlanBps: 2,
                lossBudgetPerDayBps: 5,
                turnoverPerDayBps: 5_000,
                liquidFloorBps: 500
            });
    }

    function _configure() internal virtual {
        vm.startPrank(owner);
        ExitEntry[] memory exits = new ExitEntry[](3);
        for (uint256 i; i < 3; ++i) {
            vault.addAdapter(address(adapters[i]));
            vault.increaseAbsoluteCap(_id(i), uint128(10_000_000 * UNIT));
            vault.increaseRelativeCap(_id(i), uint64(WAD));
            // The pool of liquidity that the venue drains.
            bytes32 pool = adapters[i].liquidityId("");
            vault.increaseAbsoluteCap(pool, type(uint128).max);
            vault.increaseRelativeCap(pool, uint64(WAD));
            exits[i] = ExitEntry({ adapter: address(adapters[i]), data: "" });
        }
        vault.setExitList(exits);
        vault.addSentinel(sentinel);
        vault.setGuard(address(guard));
        guard.addKeeper(keeper);
        vm.stopPrank();
    }

    function _seed() internal {
        _fund(owner, SEED);
        vm.startPrank(owner);
        token.approve(address(vault), SEED);
        vault.deposit(SEED, DEAD);
        vm.stopPrank();
    }

    /// @dev Sets the Guard of another vault and seeds it with the least that it takes.
    function _open(Vault newVault, Guard newGuard) internal {
        address asset = newVault.asset();
        uint256 decimals = MockToken(asset).decimals();
        uint256 least = decimals < 2 ? 1 : 10 ** (decimals - 2);
        MockToken(asset).mint(owner, least);
        vm.startPrank(owner);
        newVault.setGuard(address(newGuard));
        // Some tokens return nothing.
        (bool approved, ) = asset.call(abi.encodeCall(MockToken(asset).approve, (address(newVault), least)));
        assertTrue(approved);
        newVault.deposit(least, DEAD);
        vm.stopPrank();
    }

    function _fund(address account, uint256 assets) internal {
        token.mint(account, assets);
    }

    function _deposit(address account, uint256 assets) internal returns (uint256 shares) {
        _fund(account, assets);
        vm.startPrank(account);
        token.approve(address(vault), assets);
        shares = vault.deposit(assets, account);
        vm.stopPrank();
    }

    function _id(uint256 i) internal view returns (bytes32) {
        return IdsLib.venue(address(adapters[i]), "");
    }

    function _leg(uint256 i, bool deposit, uint256 assets) internal view returns (Leg memory) {
        return Leg({ adapter: address(adapters[i]), deposit: deposit, assets: uint128(assets), data: "" });
    }

    function _plan(Leg memory leg) internal view returns (Plan memory plan) {
        plan.nonce = guard.nextNonce();
        plan.deadline = uint64(vm.getBlockTimestamp());
        plan.legs = new Leg[](1);
        plan.legs[0] = leg;
    }

    function _plan(Leg memory first, Leg memory second) internal view returns (Plan memory plan) {
        plan.nonce = guard.nextNonce();
        plan.deadline = uint64(vm.getBlockTimestamp());
        plan.legs = new Leg[](2);
        plan.legs[0] = first;
        plan.legs[1] = second;
    }

    function _rebalance(Plan memory plan) internal {
        vm.prank(keeper);
        guard.rebalance(plan);
    }

    /// @dev Puts `assets` into venue `i` through the Guard, and lets the cooldown pass.
    function _invest(uint256 i, uint256 assets) internal {
        _rebalance(_plan(_leg(i, true, assets)));
        skip(1 hours);
    }

    /// @dev Waits for the timelock and executes.
    function _submitAndExecute(address target, address proposer, bytes memory data) internal {
        vm.prank(proposer);
        Vault(target).submit(data);
        skip(TIMELOCK);
        Vault(target).execute(data);
    }
}
