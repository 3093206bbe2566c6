// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockVenue } from "../mocks/MockVenue.sol";

/// @notice Depositors, an adversarial keeper, a donor, venues that gain and lose, and the clock.
contract Handler is Test {
    uint256 private constant WAD = 1e18;

    struct Draw {
        uint256 at;
        uint256 share; // of total assets before the plan, 1e18 = all
    }

    Vault public immutable vault;
    Guard public immutable guard;
    MockToken public immutable token;
    address public immutable keeper;
    MockVenue[3] public venues;
    Erc4626Adapter[3] public adapters;
    address[3] public depositors;

    /* GHOSTS */

    Draw[] public turnovers;
    Draw[] public losses;
    uint256 public plans;
    uint256 public refusedPlans;
    uint256 public exits;
    uint256 public entries;
    /// @dev What an exit took beyond what its shares were quoted, or an entry gave below; must stay 0.
    uint256 public previewDeviations;
    /// @dev What an entry or exit took from the others' exit price, 1e18 = 100 %; must stay at rounding.
    uint256 public worstDilution;

    constructor(
        Vault vault_,
        Guard guard_,
        MockToken token_,
        address keeper_,
        MockVenue[3] memory venues_,
        Erc4626Adapter[3] memory adapters_
    ) {
        vault = vault_;
        guard = guard_;
        token = token_;
        keeper = keeper_;
        venues = venues_;
        adapters = adapters_;
        for (uint256 i; i < 3; ++i) depositors[i] = makeAddr(string.concat("depositor", vm.toString(i)));
    }

    /* DEPOSITORS */

    function deposit(uint256 who, uint256 assets) external {
        address account = depositors[who % 3];
        assets = bound(assets, 0, 1e13);
        token.mint(account, assets);
        uint256 price = vault.convertToAssets(1e36);
        vm.startPrank(account);
        token.approve(address(vault), assets);
        uint256 quoted = vault.previewDeposit(assets);
        if (vault.deposit(assets, account) != quoted) ++previewDeviations;
        vm.stopPrank();
        ++entries;
        _noteDilution(price);
    }

    function mint(uint256 who, uint256 shares) external {
        address account = depositors[who % 3];
        shares = bound(shares, 0, 1e25);
        uint256 quoted = vault.previewMint(shares);
        token.mint(account, quoted);
        uint256 price = vault.convertToAssets(1e36);
        vm.startPrank(account);
        token.approve(address(vault), quoted);
        if (vault.mint(shares, account) != quoted) ++previewDeviations;
        vm.stopPrank();
        ++entries;
        _noteDilution(price);
    }

    function redeem(uint256 who, uint256 shares) external {
        address account = depositors[who % 3];
        shares = bound(shares, 0, vault.maxRedeem(account));
        uint256 quoted = vault.previewRedeem(shares);
        uint256 price = vault.convertToAssets(1e36);
        vm.prank(account);
        if (vault.redeem(shares, account, account) != quoted) ++previewDeviations;
        ++exits;
        _noteDilution(price);
    }

    function withdraw(uint256 who, uint256 assets) external {
        address account = depositors[who % 3];
        assets = bound(assets, 0, vault.maxWithdraw(account));
        uint256 quoted = vault.previewWithdraw(assets);
        uint256 price = vault.convertToAssets(1e36);
        vm.prank(account);
        if (vault.withdraw(assets, account, account) != quoted) ++previewDeviations;
        ++exits;
        _noteDilution(price);
    }

    function transfer(uint256 from, uint256 to, uint256 shares) external {
        address account = depositors[from % 3];
        shares = bound(shares, 0, vault.balanceOf(account));
        vm.prank(account);
        vault.transfer(depositors[to % 3], shares);
    }

    /* KEEPER */

    /// @dev Any legs in any order and size; most are refused, which is the point.
    function rebalance(uint256 seed, uint256 legs) external {
        Plan memory plan = Plan(guard.nextNonce(), uint64(vm.getBlockTimestamp()), 0, new Leg[](bound(legs, 1, 3)));
        for (uint256 i; i < plan.legs.length; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            bool isDeposit = draw & 1 == 0;
            uint256 index = (draw >> 8) % 3;
            uint256 available = isDeposit ? vault.idle() : adapters[index].realAssets();
            uint256 size = draw & 2 == 0 ? available / 3 : (available * ((draw >> 16) % 100)) / 99;
            plan.legs[i] = Leg(address(adapters[index]), isDeposit, uint128(size), "");
        }
        _send(plan);
    }

    /// @dev What a thief of the key would do: round after round, as soon as the cooldown allows, between venues that cost
    /// to enter, in slices that pass the bounds.
    function churn(uint256 seed, uint256 rounds) external {
        rounds = bound(rounds, 1, 6);
        for (uint256 round; round < rounds; ++round) {
            uint256 draw = uint256(keccak256(abi.encode(seed, round)));
            uint256 from = draw % 3;
            // At 10 bp of entry cost a fifth of total assets loses the 2 bp that one plan may.
            uint256 slice = draw & 1 == 0 ? 5 : 1 + ((draw >> 8) % 8);
            uint256 out = adapters[from].withdrawable("") / slice;
            uint256 into = vault.idle() / slice;
            Plan memory plan = Plan(
                guard.nextNonce(),
                uint64(vm.getBlockTimestamp()),
                0,
                new Leg[](out == 0 || into > out ? 1 : 2)
            );
            if (plan.legs.length == 2) {
                plan.legs[0] = Leg(address(adapters[from]), false, uint128(out), "");
                plan.legs[1] = Leg(address(adapters[(from + 1) % 3]), true, uint128(out), "");
            } else {
                plan.legs[0] = Leg(address(adapters[from]), true, uint128(into), "");
            }
            _send(plan);
            skip(1 hours);
        }
    }

    function _send(Plan memory plan) private {
        uint256 before = vault.totalAssets();
        uint256 idle = vault.idle();
        uint256 deposited;
        bool deposits = plan.legs[plan.legs.length - 1].deposit;
        for (uint256 i; i < plan.legs.length; ++i) {
            if (plan.legs[i].deposit) deposited += plan.legs[i].assets;
        }
        vm.prank(keeper);
        try guard.rebalance(plan) {
            ++plans;
            uint256 afterwards = vault.totalAssets();
            uint256 turnover = vault.idle() + deposited - idle;
            if (deposits && turnover != 0) turnovers.push(Draw(vm.getBlockTimestamp(), (turnover * WAD) / before));
            if (afterwards < before) losses.push(Draw(vm.getBlockTimestamp(), ((before - afterwards) * WAD) / before));
        } catch {
            ++refusedPlans;
        }
    }

    /* THE WORLD */

    function donate(uint256 assets) external {
        token.mint(address(vault), bound(assets, 0, 1e12));
    }

    function giveShares(uint256 venue, uint256 assets) external {
        address giver = address(this);
        assets = bound(assets, 0, 1e12);
        token.mint(giver, assets);
        token.approve(address(venues[venue % 3]), assets);
        venues[venue % 3].deposit(assets, address(adapters[venue % 3]));
    }

    function earn(uint256 venue, uint256 bps) external {
        MockVenue target = venues[venue % 3];
        target.earn((target.totalAssets() * bound(bps, 0, 50)) / 10_000);
    }

    function lose(uint256 venue, uint256 bps) external {
        MockVenue target = venues[venue % 3];
        target.lose((target.totalAssets() * bound(bps, 0, 100)) / 10_000);
    }

    function charge(uint256 venue, uint256 bps) external {
        venues[venue % 3].setEntryFeeBps(bound(bps, 0, 10));
    }

    function dryUp(uint256 venue, uint256 assets) external {
        venues[venue % 3].setFreeLiquidity(assets & 1 == 0 ? type(uint256).max : bound(assets, 0, 1e13));
    }

    function pass(uint256 time) external {
        skip(bound(time, 0, 6 hours));
    }

    /* READS */

    function turnoverDraws() external view returns (Draw[] memory) {
        return turnovers;
    }

    function lossDraws() external view returns (Draw[] memory) {
        return losses;
    }

    /// @dev Exit price per 1e36 shares before and after; a drop beyond rounding would be taken from the others.
    function _noteDilution(uint256 price) private {
        uint256 afterwards = vault.convertToAssets(1e36);
        if (afterwards >= price) return;
        uint256 drop = ((price - afterwards) * WAD) / price;
        // Units lost to rounding in venues that were pulled from weigh more the less is left.
        uint256 rounding = (4 * WAD) / (vault.totalAssets() + 1) + 1;
        if (drop > rounding && drop - rounding > worstDilution) worstDilution = drop - rounding;
    }
}
