// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { Fixture } from "../Fixture.sol";

/// @notice I14. In every window w, whatever the keeper sends and whoever comes and goes:
/// - what plans put into venues <= turnover capacity x (1 + w / day) + what was idle and not owed at its start + what came
///   in by deposits;
/// - what plans put into one venue <= its inflow capacity x (1 + w / day);
/// - what plans destroyed <= loss budget x (1 + w / day).
/// The ghosts know amounts, not how the Guard reckons; only where a window starts is it asked what is owed.
/// forge-config: default.isolate = true
contract WindowsTest is Fixture {
    uint256 private constant STEPS = 24;
    uint256 private constant INFLOW = 400_000 * UNIT;

    struct Entry {
        uint256 time;
        uint256 fresh; // idle and not owed before the plan
        uint256 entered; // deposits of users since the last plan
        uint256 total;
        uint256 lostWad;
        uint256 deposited;
        uint256[3] into;
    }

    Entry[] private entries;
    uint256 private entered;
    uint256 private random;

    function setUp() public override {
        super.setUp();
        venues[0].setEntryFeeBps(10);
        venues[1].setExitFeeBps(4);
        _deposit(alice, 999_990 * UNIT);
        vm.prank(sentinel);
        guard.lowerInflowPerDay(_id(1), uint128(INFLOW));
    }

    function testFuzz_noWindowHoldsMoreThanTheBucketsGive(uint256 seed) public {
        random = seed;
        for (uint256 step; step < STEPS; ++step) {
            uint256 kind = _draw(8);
            if (kind == 0) _enter();
            else if (kind == 1) _leave();
            else _plan(kind);
            skip(_draw(3) == 0 ? _draw(12 hours) : 1 hours + _draw(10 minutes));
        }
        _checkWindows();
    }

    function _enter() private {
        uint256 assets = _draw(500_000 * UNIT);
        _deposit(bob, assets);
        entered += assets;
    }

    function _leave() private {
        address account = _draw(2) == 0 ? alice : bob;
        uint256 assets = vault.maxWithdraw(account) / (1 + _draw(4));
        vm.prank(account);
        vault.withdraw(assets, account, account);
    }

    function _plan(uint256 kind) private {
        uint256 from = _draw(3);
        uint256 to = (from + 1 + _draw(2)) % 3;
        uint256 held = adapters[from].realAssets();
        uint256 idle = vault.idle();
        if (kind == 2) return _send(_plan(_leg(from, false, WHOLE)));
        if (kind == 3) return _send(_plan(_leg(to, true, (idle * (1 + _draw(100))) / 100)));
        if (kind == 4) return _send(_plan(_leg(to, true, _least(idle, guard.turnoverAvailable()))));
        if (kind == 5) {
            uint256 slice = (held * (1 + _draw(100))) / 100;
            return _send(_plan(_leg(from, false, slice), _leg(to, true, slice)));
        }
        // More in than out, or less: idle makes up for it.
        uint256 out = _least(held, _draw(300_000 * UNIT));
        _send(_plan(_leg(from, false, out), _leg(to, true, _least(_draw(300_000 * UNIT), idle + out))));
    }

    function _send(Plan memory plan) private {
        Entry memory entry;
        entry.time = vm.getBlockTimestamp();
        entry.total = vault.totalAssets();
        entry.fresh = vault.idle() - guard.turnoverOwed();
        entry.entered = entered;
        for (uint256 i; i < plan.legs.length; ++i) {
            if (!plan.legs[i].deposit) continue;
            entry.deposited += plan.legs[i].assets;
            for (uint256 j; j < 3; ++j) {
                if (plan.legs[i].adapter == address(adapters[j])) entry.into[j] += plan.legs[i].assets;
            }
        }
        vm.prank(keeper);
        try guard.rebalance(plan) {
            uint256 afterwards = vault.totalAssets();
            if (afterwards < entry.total) entry.lostWad = ((entry.total - afterwards) * WAD) / entry.total;
            entries.push(entry);
            entered = 0;
        } catch {}
    }

    function _checkWindows() private view {
        for (uint256 from; from < entries.length; ++from) {
            uint256 deposited;
            uint256 lost;
            uint256 into;
            uint256 largest;
            uint256 free = entries[from].fresh;
            for (uint256 to = from; to < entries.length; ++to) {
                Entry memory entry = entries[to];
                uint256 window = entry.time - entries[from].time;
                deposited += entry.deposited;
                lost += entry.lostWad;
                into += entry.into[1];
                if (to != from) free += entry.entered;
                if (entry.total > largest) largest = entry.total;
                assertLe(deposited, _capacity(largest / 2, window) + free, "turnover");
                assertLe(lost, _capacity(0.0005e18, window), "loss");
                assertLe(into, _capacity(INFLOW, window), "inflow");
            }
        }
    }

    /// @dev Rounded up: what the Guard allows it rounds down.
    function _capacity(uint256 perDay, uint256 window) private pure returns (uint256) {
        return perDay + (perDay * window) / 1 days + 2;
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _draw(uint256 n) private returns (uint256) {
        random = uint256(keccak256(abi.encode(random)));
        return random % n;
    }
}
