// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { console } from "forge-std/console.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockVenue } from "../mocks/MockVenue.sol";
import { Fixture } from "../Fixture.sol";
import { Accomplice } from "./Accomplice.sol";

/// @notice I17. A keeper's stolen key and an accomplice send random plans for days, at venues that charge for entry and
/// exit and whose fees go to the accomplice. Whatever they do, depositors lose no more than the loss budget: bucket and
/// refill. Nothing else takes or gives here, so all that depositors lose is by plans or by games.
///
/// `TILLER_PLANS` (300) and `TILLER_SEED` (1) from the environment; `npm run long:adversary` sends 10,000.
/// forge-config: default.isolate = true
contract AdversarialKeeperTest is Fixture {
    /// @dev The default loss budget, 5 bp a day, as a share of 1e18.
    uint256 private constant BUDGET_PER_DAY = 0.0005e18;

    Accomplice private accomplice;
    uint256 private random;

    function setUp() public override {
        vm.warp(1_800_000_000);
        random = uint256(keccak256(abi.encode("adversary", vm.envOr("TILLER_SEED", uint256(1)))));
    }

    function test_aThiefOfTheKeyDestroysNoMoreThanTheLossBudget() public {
        _run(false);
    }

    function test_aThiefWithCapitalAndGamesTakesNoMoreThanTheLossBudget() public {
        _run(true);
    }

    function _build(bool plays) private {
        token = new MockToken(6);
        (vault, guard) = _newVault(address(token));
        for (uint256 i; i < 3; ++i) {
            venues[i] = new MockVenue(address(token));
            adapters[i] = _newErc4626Adapter(address(vault), address(venues[i]));
        }
        accomplice = new Accomplice(vault, guard, venues, adapters, plays, random);
        keeper = address(accomplice);
        _configure();
        _seed();
        vm.prank(owner);
        vault.setCurator(curator);

        _fund(address(accomplice), 40_000_000 * UNIT);
        for (uint256 i; i < 3; ++i) accomplice.enterVenue(i, (1 + _draw(5)) * 1_000_000 * UNIT);
        _deposit(alice, 700_000 * UNIT);
        _deposit(bob, 300_000 * UNIT);
        // An adapter refuses a venue that takes more than 10 bp for the way in and out.
        venues[0].setEntryFeeBps(10);
        uint256 entryFee = _draw(6);
        venues[1].setEntryFeeBps(entryFee);
        venues[1].setExitFeeBps(_draw(9 - entryFee));
        if (!plays) venues[2].setExitFeeBps(_draw(10));
    }

    /// @dev What the depositors' shares are worth if all is sold today: their part of live total assets.
    function _worth() private view returns (uint256) {
        return (vault.totalAssets() * (vault.balanceOf(alice) + vault.balanceOf(bob))) / vault.totalSupply();
    }

    function _run(bool plays) private {
        _build(plays);
        uint256 plans = vm.envOr("TILLER_PLANS", uint256(300)) / 2;
        uint256 start = vm.getBlockTimestamp();
        uint256 worthBefore = _worth();
        uint256 wealthBefore = accomplice.wealth();
        uint256 worstOfBudget;
        while (accomplice.sent() < plans) {
            accomplice.act();
            skip(_draw(4) == 0 ? _draw(4 hours) : 1 hours + _draw(60));
            uint256 allowed = BUDGET_PER_DAY + (BUDGET_PER_DAY * (vm.getBlockTimestamp() - start)) / 1 days;
            uint256 lost = worthBefore > _worth() ? ((worthBefore - _worth()) * WAD) / worthBefore : 0;
            // Of every step a few units of rounding, in venues and in shares.
            uint256 rounding = ((8 * (accomplice.sent() + accomplice.moves())) * WAD) / worthBefore;
            assertLe(lost, allowed + rounding, "depositors lost more than the budget");
            if ((lost * WAD) / allowed > worstOfBudget) worstOfBudget = (lost * WAD) / allowed;
        }
        uint256 wealthAfter = accomplice.wealth();
        uint256 profit = wealthAfter > wealthBefore ? wealthAfter - wealthBefore : 0;
        uint256 elapsed = vm.getBlockTimestamp() - start;
        uint256 bound = BUDGET_PER_DAY + (BUDGET_PER_DAY * elapsed) / 1 days;
        assertLe(profit, (worthBefore * bound) / WAD + 8 * (accomplice.sent() + accomplice.moves()), "profit");
        assertEq(accomplice.malformedAccepted(), 0, "a malformed plan was taken");
        assertGt(accomplice.accepted(), 0, "a run without plans proves nothing");
        _report(plays, elapsed, worthBefore, profit, worstOfBudget);
        _leaveAll();
    }

    /// @dev After all of it a depositor gets out what the shares are worth.
    function _leaveAll() private {
        uint256 worth = vault.previewRedeem(vault.balanceOf(alice));
        uint256 paid = vault.maxWithdraw(alice);
        vm.prank(alice);
        vault.withdraw(paid, alice, alice);
        assertApproxEqAbs(paid, worth, 10, "an exit was not paid");
    }

    function _report(
        bool plays,
        uint256 elapsed,
        uint256 worthBefore,
        uint256 profit,
        uint256 worstOfBudget
    ) private view {
        uint256 worth = _worth();
        uint256 lost = worthBefore > worth ? ((worthBefore - worth) * 1e9) / worthBefore : 0;
        console.log(
            string.concat(
                'ADVERSARY {"plays":',
                plays ? "true" : "false",
                ',"sent":',
                vm.toString(accomplice.sent()),
                ',"accepted":',
                vm.toString(accomplice.accepted()),
                ',"seconds":',
                vm.toString(elapsed)
            ),
            string.concat(
                ',"lostE9":',
                vm.toString(lost),
                ',"profitE9":',
                vm.toString((profit * 1e9) / worthBefore),
                ',"worstOfBudgetE9":',
                vm.toString(worstOfBudget / 1e9),
                "}"
            )
        );
    }

    function _draw(uint256 n) private returns (uint256) {
        random = uint256(keccak256(abi.encode(random)));
        return random % n;
    }
}
