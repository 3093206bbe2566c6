// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockVenue } from "../mocks/MockVenue.sol";

/// @notice A stolen keeper's key with an accomplice's capital behind it, in one account, so that both act within one
/// transaction. It owns all of every venue that the vault does not, so what plans pay in fees comes to it.
contract Accomplice {
    uint256 private constant WHOLE = type(uint128).max;

    Vault private immutable vault;
    Guard private immutable guard;
    MockToken private immutable token;
    MockVenue[3] private venues;
    Erc4626Adapter[3] private adapters;
    uint256 private random;
    /// @dev The thief makes plans and nothing else; the player moves its own money around them, too.
    bool private immutable plays;

    uint256 public sent;
    uint256 public accepted;
    /// @dev Malformed plans that the Guard took; must stay 0.
    uint256 public malformedAccepted;
    uint256 public moves;

    constructor(
        Vault vault_,
        Guard guard_,
        MockVenue[3] memory venues_,
        Erc4626Adapter[3] memory adapters_,
        bool plays_,
        uint256 seed
    ) {
        vault = vault_;
        guard = guard_;
        token = MockToken(vault_.asset());
        venues = venues_;
        adapters = adapters_;
        plays = plays_;
        random = seed;
        token.approve(address(vault_), type(uint256).max);
        for (uint256 i; i < 3; ++i) token.approve(address(venues_[i]), type(uint256).max);
    }

    function enterVenue(uint256 i, uint256 assets) external {
        venues[i].deposit(assets, address(this));
    }

    /// @return assets What it could walk away with: its asset, its shares of the vault and of the venues.
    function wealth() external view returns (uint256 assets) {
        assets = token.balanceOf(address(this)) + vault.convertToAssets(vault.balanceOf(address(this)));
        for (uint256 i; i < 3; ++i) assets += venues[i].previewRedeem(venues[i].balanceOf(address(this)));
    }

    /// @notice One transaction: up to six steps, one plan among them at least.
    function act() external {
        uint256 steps = plays ? 1 + _draw(6) : 1;
        uint256 planned = _draw(steps);
        for (uint256 i; i < steps; ++i) {
            if (i == planned || _draw(4) == 0) _plan();
            else _game();
        }
    }

    /* PLANS */

    function _plan() private {
        uint256 kind = _draw(16);
        Plan memory plan;
        bool malformed;
        if (kind < 6) plan = _rotation();
        else if (kind < 8) plan = _withdrawal();
        else if (kind < 11) plan = _push();
        else if (kind < 14) plan = _anything();
        else (plan, malformed) = _malformed(_rotation());
        _send(plan, malformed);
    }

    function _send(Plan memory plan, bool malformed) private {
        ++sent;
        try guard.rebalance(plan) {
            ++accepted;
            if (malformed) ++malformedAccepted;
        } catch {}
    }

    function _empty(uint256 legs) private view returns (Plan memory) {
        return Plan(guard.nextNonce(), uint64(block.timestamp), 0, new Leg[](legs));
    }

    /// @dev As much from one venue into the dearest other one as one plan may lose, or as turnover leaves.
    function _rotation() private returns (Plan memory plan) {
        uint256 from = _draw(3);
        if (from == 0 || adapters[from].realAssets() == 0) from = 1 + _draw(2);
        uint256 to = _draw(4) == 0 ? (from + 1 + _draw(2)) % 3 : 0;
        uint256 held = adapters[from].realAssets();
        uint256 amount = _size(held, to);
        if (amount == 0) return _push();
        plan = _empty(2);
        plan.legs[0] = _leg(from, false, amount >= held ? WHOLE : amount);
        plan.legs[1] = _leg(to, true, amount);
    }

    function _withdrawal() private returns (Plan memory plan) {
        plan = _empty(1);
        uint256 from = _draw(3);
        uint256 held = adapters[from].realAssets();
        plan.legs[0] = _leg(from, false, _draw(2) == 0 ? WHOLE : held / (1 + _draw(5)));
    }

    function _push() private returns (Plan memory plan) {
        plan = _empty(1);
        uint256 to = _draw(3);
        plan.legs[0] = _leg(to, true, _size(vault.idle(), to));
    }

    /// @dev Mostly what the bounds just let through, a little more or less; else a share of what is there.
    function _size(uint256 available, uint256 to) private returns (uint256 amount) {
        if (_draw(8) == 0) return (available * (1 + _draw(100))) / 100;
        uint256 feeBps = venues[to].entryFeeBps() + venues[to].exitFeeBps();
        uint256 total = vault.totalAssets();
        amount = available;
        if (feeBps != 0) {
            uint256 loss = (total * guard.limits().maxLossPerPlanBps) / 10_000;
            uint256 left = guard.lossAvailable();
            amount = _least(amount, ((loss < left ? loss : left) * 10_000) / feeBps);
            // Part of a fee comes back with the vault's own share of the venue.
            uint256 others = venues[to].balanceOf(address(this)) + 1;
            amount = (amount * venues[to].totalSupply()) / others;
        }
        uint256 fresh = vault.idle() - guard.turnoverOwed();
        amount = _least(amount, guard.turnoverAvailable() + (available == vault.idle() ? fresh : 0));
        amount = _least((amount * (985 + _draw(20))) / 1000, available);
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _anything() private returns (Plan memory plan) {
        plan = _empty(1 + _draw(4));
        for (uint256 i; i < plan.legs.length; ++i) {
            plan.legs[i] = _leg(_draw(3), _draw(2) == 0, _draw(vault.totalAssets() + 1) / (1 + _draw(8)));
        }
    }

    /// @dev Each of what no plan may be; the rest of it would pass.
    function _malformed(Plan memory plan) private returns (Plan memory, bool) {
        uint256 kind = _draw(8);
        if (kind == 0) plan.nonce += uint64(1 + _draw(3));
        else if (kind == 1 && plan.nonce != 0) plan.nonce -= 1;
        else if (kind == 2) plan.deadline = uint64(block.timestamp - 1 - _draw(1 days));
        else if (kind == 3) plan.legs[0].assets = 0;
        else if (kind == 4) plan.legs = new Leg[](_draw(2) == 0 ? 0 : 33);
        else if (kind == 5) plan.minTotalAssetsAfter = vault.totalAssets() * 2 + 1;
        else if (kind == 6) plan.legs[plan.legs.length - 1].adapter = address(this);
        else plan.legs = _twice(plan.legs[plan.legs.length - 1]);
        return (plan, true);
    }

    function _twice(Leg memory leg) private pure returns (Leg[] memory legs) {
        legs = new Leg[](2);
        legs[0] = legs[1] = leg;
    }

    function _leg(uint256 i, bool deposit, uint256 assets) private view returns (Leg memory) {
        return Leg(address(adapters[i]), deposit, uint128(assets > WHOLE ? WHOLE : assets), "");
    }

    /* GAMES WITH ITS OWN MONEY */

    function _game() private {
        ++moves;
        uint256 kind = _draw(10);
        uint256 money = token.balanceOf(address(this)) / (1 + _draw(20));
        // Where entering costs, the fee would be a gift to the vault.
        MockVenue venue = venues[2];
        uint256 i = _draw(3);
        if (kind == 0) {
            // After a loss that may come back entry costs more than a share is worth: nobody clever pays that.
            if (vault.previewRedeem(vault.previewDeposit(money)) + money / 1e8 < money) return;
            _try(address(vault), abi.encodeCall(vault.deposit, (money, address(this))));
        } else if (kind == 1 || kind == 2) {
            uint256 shares = vault.maxRedeem(address(this)) / (1 + _draw(2));
            _try(address(vault), abi.encodeCall(vault.redeem, (shares, address(this), address(this))));
        } else if (kind == 3) _try(address(venue), abi.encodeCall(venue.deposit, (money, address(this))));
        else if (kind == 4 || kind == 5) {
            uint256 shares = venue.balanceOf(address(this)) / (1 + _draw(3));
            _try(address(venue), abi.encodeCall(venue.redeem, (shares, address(this), address(this))));
        }
        // A gift lifts the price of a venue or of the vault.
        else if (kind == 6) token.transfer(address(venue), money / 1e8);
        else if (kind == 7) token.transfer(address(vault), money / 1e8);
        else if (kind == 8) vault.accrue();
        else {
            // Small, or the penalty would be a gift to the depositors.
            uint256 assets = adapters[i].realAssets() / (1000 * (1 + _draw(50)));
            _try(
                address(vault),
                abi.encodeCall(vault.forceExit, (address(adapters[i]), "", assets, address(this), address(this)))
            );
        }
    }

    /// @dev What fails is as if it had not been tried.
    function _try(address target, bytes memory data) private {
        (bool success, ) = target.call(data);
        success;
    }

    /// @return One of `n` numbers from 0 on.
    function _draw(uint256 n) private returns (uint256) {
        random = uint256(keccak256(abi.encode(random)));
        return random % n;
    }
}
