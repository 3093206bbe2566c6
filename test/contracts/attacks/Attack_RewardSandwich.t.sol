// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { console } from "forge-std/console.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { RewardFixture } from "../periphery/RewardFixture.sol";

/// @notice A reward that keeps a part of a transfer, or calls back in the middle of it, when told to.
contract OddReward is MockToken {
    uint256 public feeBps;
    address public callee;
    bytes public data;
    bytes public result;

    constructor() MockToken(18) {}

    function setFee(uint256 bps) external {
        feeBps = bps;
    }

    function setCall(address callee_, bytes calldata data_) external {
        (callee, data) = (callee_, data_);
    }

    function _afterTokenTransfer(address from, address to, uint256 amount) internal override {
        if (from == address(0) || to == address(0)) return;
        if (feeBps != 0) _burn(to, (amount * feeBps) / 10_000);
        if (callee != address(0)) (, result) = callee.call(data);
    }
}

/// @notice Trading around the sale of rewards, and entering around it (incident 27: yearn-vaults-v2#519).
/// forge-config: default.isolate = true
contract Attack_RewardSandwich is RewardFixture {
    uint256 private constant SALE = 1_000 * 1e18;
    uint256 private constant WORTH = 50_000 * 1e6;

    function _newReward() internal override returns (MockToken) {
        return new OddReward();
    }

    /// @dev Pushes the price of the reward down by `pushBps`, sells, and brings the pool back to where it was. What the
    /// attacker pays to the pool in fees counts against it.
    function _sandwich(uint256 pushBps) private returns (bool sold, int256 profit, uint256 received) {
        _reward(direct, SALE);
        bool directIsFirst = directMarket.pool.token0() == address(direct);
        (uint160 before, , , , , , ) = directMarket.pool.slot0();
        uint256 factor = 1e18 - (pushBps * 1e18) / 20_000;
        directMarket.trader.settle();
        directMarket.trader.swapTo(
            uint160(directIsFirst ? (before * factor) / 1e18 : (uint256(before) * 1e18) / factor)
        );
        try seller.sell(address(direct), SALE) returns (uint256 amount) {
            (sold, received) = (true, amount);
        } catch {}
        directMarket.trader.swapTo(before);
        (int256 gained, int256 kept) = directIsFirst
            ? (directMarket.trader.gain1(), directMarket.trader.gain0())
            : (directMarket.trader.gain0(), directMarket.trader.gain1());
        profit = gained + (kept * 50e6) / 1e18;
    }

    /// @dev Whatever the push, the vault gets what the feeds say less the slippage, or nothing is sold.
    function testFuzz_whoTradesAroundTheSaleTakesAtMostTheSlippage(uint256 pushBps) public {
        (bool sold, int256 profit, uint256 received) = _sandwich(bound(pushBps, 0, 300));
        uint256 bound_ = (WORTH * SLIPPAGE_BPS) / 10_000;
        if (sold) assertGe(received + 10, WORTH - bound_);
        else assertEq(direct.balanceOf(address(seller)), SALE);
        assertLe(profit, int256(bound_));
    }

    function test_theWorstOfASandwichOnADaysLimit() public {
        int256 worst = type(int256).min;
        uint256 least = type(uint256).max;
        uint256 refused;
        for (uint256 push; push <= 200; push += 5) {
            uint256 snapshot = vm.snapshotState();
            (bool sold, int256 profit, uint256 received) = _sandwich(push);
            vm.revertToState(snapshot);
            if (profit > worst) worst = profit;
            if (!sold) ++refused;
            else if (received < least) least = received;
        }
        console.log("worth of the day's sale, asset units", WORTH);
        console.log("least that the vault got", least);
        console.log("pushes of 41 that found no sale", refused);
        console.logInt(worst);
        assertGe(least + 10, (WORTH * (10_000 - SLIPPAGE_BPS)) / 10_000);
        assertGt(refused, 0);
        assertLe(worst, int256((WORTH * SLIPPAGE_BPS) / 10_000));
    }

    /// @dev Enter, sell, leave in one transaction, and after an hour: the proceeds come in at the maximum rate, and entry
    /// already pays for them.
    function test_whoEntersAroundTheSaleTakesNoneOfIt() public {
        _deposit(alice, 1_000_000 * UNIT);
        _reward(direct, SALE);
        _deposit(bob, 10_000_000 * UNIT);
        seller.sell(address(direct), SALE);
        vm.startPrank(bob);
        uint256 snapshot = vm.snapshotState();
        vault.redeem(vault.balanceOf(bob), bob, bob);
        assertLe(token.balanceOf(bob), 10_000_000 * UNIT);
        vm.revertToState(snapshot);
        vm.stopPrank();

        // And behind it: the price of entry holds the proceeds already.
        _deposit(anyone, 10_000_000 * UNIT);
        uint256 paidIn = 10_000_000 * UNIT;
        assertLe(vault.previewRedeem(vault.balanceOf(anyone)), paidIn);
        skip(1 days);
        vault.accrue();
        assertLe(vault.previewRedeem(vault.balanceOf(anyone)), paidIn);
    }

    function test_aRewardThatCallsBackSellsNoSecondTime() public {
        _reward(direct, SALE);
        OddReward odd = OddReward(address(direct));
        odd.setCall(address(seller), abi.encodeCall(seller.sell, (address(direct), SALE / 2)));
        seller.sell(address(direct), SALE / 2);
        assertEq(bytes4(odd.result()), ErrorsLib.Reentered.selector);
        assertEq(seller.available(address(direct)), SALE / 2);
    }

    function test_aRewardThatKeepsAFeeSpoilsItsOwnSale() public {
        _reward(direct, SALE);
        OddReward(address(direct)).setFee(10);
        vm.expectRevert(bytes("IIA"));
        seller.sell(address(direct), SALE);
        assertEq(direct.balanceOf(address(seller)), SALE);
    }
}
