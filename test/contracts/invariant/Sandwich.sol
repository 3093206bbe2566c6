// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockVenue } from "../mocks/MockVenue.sol";

/// @notice A thief of the keeper's key with capital, who also moves a venue at will, all within one transaction. It enters,
/// does up to six things, and leaves.
contract Sandwich {
    /// @dev A broken venue burns all that a call gives it; the thief goes on with what is left.
    uint256 private constant CALL_GAS = 30_000_000;

    Vault private immutable vault;
    Guard private immutable guard;
    MockToken private immutable token;
    MockVenue private immutable venue;
    address private immutable adapter;
    uint256 private random;

    constructor(Vault vault_, Guard guard_, MockVenue venue_, address adapter_) {
        vault = vault_;
        guard = guard_;
        token = MockToken(vault_.asset());
        venue = venue_;
        adapter = adapter_;
        token.approve(address(vault_), type(uint256).max);
    }

    /// @return worth What it holds afterwards: the asset, and shares at their exit price.
    /// @return overpaid True where an exit after a loss got more than its part of live total assets.
    /// @return deposited What went into the vault.
    /// @return taken What came out.
    function run(uint256 seed) external returns (uint256 worth, bool overpaid, uint256 deposited, uint256 taken) {
        random = seed;
        uint256 steps = 2 + _draw(5);
        for (uint256 i; i < steps; ++i) {
            uint256 kind = _draw(9);
            uint256 money = token.balanceOf(address(this));
            if (kind < 2) deposited += _enter(money / (1 + _draw(3)));
            else if (kind == 2) _plan(false, _draw(100));
            else if (kind == 3) _plan(true, _draw(100));
            else if (kind == 4) _move(true);
            else if (kind == 5) _move(false);
            else if (kind == 6) vault.accrue();
            else if (kind == 7) token.transfer(address(vault), money / 1_000);
            else taken += _force();
        }
        (uint256 got, bool tooMuch) = _exit();
        taken += got;
        overpaid = tooMuch;
        worth = token.balanceOf(address(this));
        uint256 shares = vault.balanceOf(address(this));
        if (shares != 0) {
            worth += vault.previewRedeem(shares);
            // Nothing is left for the next time.
            vault.transfer(msg.sender, shares);
        }
    }

    function _enter(uint256 assets) private returns (uint256 deposited) {
        (bool ok, ) = address(vault).call{ gas: CALL_GAS }(abi.encodeCall(vault.deposit, (assets, address(this))));
        if (ok) deposited = assets;
    }

    function _exit() private returns (uint256 taken, bool overpaid) {
        uint256 shares = vault.maxRedeem(address(this));
        if (shares == 0) return (0, false);
        uint256 live = vault.totalAssets();
        vault.accrue();
        uint256 part = (live + 1) * shares;
        uint256 supply = vault.totalSupply();
        taken = vault.redeem(shares, address(this), address(this));
        // Its part with the virtual shares left out is an upper bound.
        overpaid = taken > part / supply + 1;
    }

    function _force() private returns (uint256 taken) {
        uint256 before = token.balanceOf(address(this));
        uint256 assets = vault.previewRedeem(vault.balanceOf(address(this))) / 2;
        (bool ok, ) = address(vault).call{ gas: CALL_GAS }(
            abi.encodeCall(vault.forceExit, (adapter, "", assets, address(this), address(this)))
        );
        if (ok) taken = token.balanceOf(address(this)) - before;
    }

    function _plan(bool deposit, uint256 percent) private {
        Plan memory plan = Plan(guard.nextNonce(), uint64(block.timestamp), 0, new Leg[](1));
        uint256 most = deposit ? vault.idle() / 2 : vault.totalAssets() / 10;
        plan.legs[0] = Leg(adapter, deposit, uint128((most * percent) / 100), "");
        (bool ok, ) = address(guard).call{ gas: CALL_GAS }(abi.encodeCall(guard.rebalance, (plan)));
        ok;
    }

    /// @dev The venue gains or loses up to 1 %.
    function _move(bool up) private {
        uint256 assets = (token.balanceOf(address(venue)) * _draw(100)) / 10_000;
        bytes memory call = up ? abi.encodeCall(venue.earn, (assets)) : abi.encodeCall(venue.lose, (assets));
        (bool ok, ) = address(venue).call{ gas: CALL_GAS }(call);
        ok;
    }

    function _draw(uint256 n) private returns (uint256) {
        random = uint256(keccak256(abi.encode(random)));
        return random % n;
    }
}
