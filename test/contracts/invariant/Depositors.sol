// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { Ledger } from "./Ledger.sol";
import { Properties } from "./Properties.sol";

/// @notice Depositors: in and out by every door, shares handed on, permits, forced exits and exits in kind.
abstract contract Depositors is Ledger {
    function deposit(uint256 who, uint256 assets) external step("deposit") {
        address account = _actor(who);
        // Who has left comes back with something to leave with.
        assets = bound(assets, vault.balanceOf(account) == 0 ? 1e11 : 1, 1e13);
        if (!_isReadable()) return;
        token.mint(account, assets);
        bool allowed = assets <= vault.maxDeposit(account);
        uint256 quoted = vault.previewDeposit(assets);
        uint256 price = _price();
        (bool ok, bytes memory result) = _as(account, address(vault), abi.encodeCall(vault.deposit, (assets, account)));
        _must(ok == allowed, Properties.I6);
        if (!ok) return;
        entered += assets;
        ++done["deposit"];
        _must(abi.decode(result, (uint256)) == quoted, Properties.I6);
        _noDilution(price, Properties.I4);
    }

    function mint(uint256 who, uint256 shares) external step("mint") {
        address account = _actor(who);
        shares = bound(shares, 1, 1e25);
        if (!_isReadable()) return;
        bool allowed = shares <= vault.maxMint(account);
        uint256 quoted = vault.previewMint(shares);
        token.mint(account, quoted);
        uint256 price = _price();
        (bool ok, bytes memory result) = _as(account, address(vault), abi.encodeCall(vault.mint, (shares, account)));
        _must(ok == allowed, Properties.I6);
        if (!ok) return;
        entered += quoted;
        ++done["mint"];
        _must(abi.decode(result, (uint256)) == quoted, Properties.I6);
        _noDilution(price, Properties.I4);
    }

    function withdraw(uint256 who, uint256 assets) external step("withdraw") {
        address account = _actor(who);
        if (!_isSound()) return;
        _withdraw(account, bound(assets, 0, vault.maxWithdraw(account)), Properties.I6);
    }

    function redeem(uint256 who, uint256 shares) external step("redeem") {
        address account = _actor(who);
        if (!_isSound()) return;
        shares = bound(shares, 0, vault.maxRedeem(account));
        uint256 quoted = vault.previewRedeem(shares);
        uint256 price = _price();
        (bool ok, bytes memory result) = _as(
            account,
            address(vault),
            abi.encodeCall(vault.redeem, (shares, account, account))
        );
        _must(ok, Properties.I6);
        if (!ok) return;
        left += quoted;
        ++done["redeem"];
        _must(abi.decode(result, (uint256)) == quoted, Properties.I6);
        _noDilution(price, Properties.I4);
    }

    /// @dev More than the most is refused, the most is paid.
    function leaveAltogether(uint256 who) external step("leaveAltogether") {
        address account = _actor(who);
        if (!_isSound()) return;
        uint256 most = vault.maxWithdraw(account);
        (bool ok, ) = _as(account, address(vault), abi.encodeCall(vault.withdraw, (most + 1, account, account)));
        _must(!ok, Properties.I6);
        uint256 shares = vault.maxRedeem(account) + vault.previewWithdraw(2);
        (ok, ) = _as(account, address(vault), abi.encodeCall(vault.redeem, (shares, account, account)));
        _must(!ok, Properties.I6);
        _withdraw(account, most, guard.frozen() ? Properties.I16 : Properties.I6);
    }

    function transfer(uint256 from, uint256 to, uint256 shares) external step("transfer") {
        address account = _actor(from);
        shares = bound(shares, 0, vault.balanceOf(account));
        (bool ok, ) = _as(account, address(vault), abi.encodeCall(vault.transfer, (_actor(to), shares)));
        _must(ok, Properties.I1);
        (ok, ) = _as(account, address(vault), abi.encodeCall(vault.transfer, (address(0), shares)));
        _must(!ok, Properties.I1);
        (ok, ) = _as(account, address(vault), abi.encodeCall(vault.transfer, (address(vault), shares)));
        _must(!ok, Properties.I1);
        ++done["transfer"];
    }

    /// @dev A signature gives an allowance once; with it, and no further, another leaves for the owner.
    function permit(uint256 from, uint256 to, uint256 shares) external step("permit") {
        if (!_isSound()) return;
        address account = _actor(from);
        address spender = _actor((from % 3) + 1 + (to % 2));
        shares = bound(shares, 0, vault.maxRedeem(account));
        bytes memory call = _permitCall(from % 3, spender, shares);
        (bool ok, ) = _as(spender, address(vault), call);
        _must(ok && vault.allowance(account, spender) == shares, Properties.I1);
        (ok, ) = _as(spender, address(vault), call);
        _must(!ok, Properties.I1);
        (ok, ) = _as(spender, address(vault), abi.encodeCall(vault.redeem, (shares + 1, spender, account)));
        _must(!ok, Properties.I1);
        uint256 quoted = vault.previewRedeem(shares);
        (ok, ) = _as(spender, address(vault), abi.encodeCall(vault.redeem, (shares, spender, account)));
        _must(ok, Properties.I6);
        if (!ok) return;
        left += quoted;
        ++done["permit"];
    }

    /// @dev I22.
    function forceExit(uint256 who, uint256 index, uint256 assets) external step("forceExit") {
        address account = _actor(who);
        Venue storage venue = venues[index % VENUES];
        if (_isQuarantined(venue.adapter) || !_isSound()) return;
        uint256 most = _least(
            IAdapter(venue.adapter).withdrawable(venue.data),
            // Penalty, entry fees of the venue that return, and rounding.
            (vault.previewRedeem(vault.balanceOf(account)) * 95) / 100
        );
        if (most <= ROUNDING) return;
        assets = bound(assets, 1, most - ROUNDING);
        uint256 penalty = (assets * vault.forcedExitPenaltyBps() + 9_999) / 10_000;
        uint256 atLeast = vault.previewWithdraw(assets + penalty);
        uint256 atMost = vault.previewWithdraw(assets + ROUNDING + (penalty * 102) / 100);
        uint256 price = _price();
        bytes memory call = abi.encodeCall(vault.forceExit, (venue.adapter, venue.data, assets, account, account));
        (bool ok, bytes memory result) = _as(account, address(vault), call);
        _must(ok, Properties.I22);
        if (!ok) return;
        left += assets;
        ++done["forceExit"];
        uint256 shares = abi.decode(result, (uint256));
        _must(shares >= atLeast && shares <= atMost, Properties.I22);
        _noDilution(price, Properties.I22);
    }

    /// @dev I23. Somebody lends the venue what the leaver takes out of it: the leaver then holds the position, however
    /// little was free.
    function leaveInKind(uint256 who, uint256 index, uint256 assets) external step("leaveInKind") {
        address account = _actor(who);
        index = index % VENUES;
        Venue storage venue = venues[index];
        if (_isQuarantined(venue.adapter) || !_isSound() || !_isLendable(index)) return;
        uint256 most = _least(
            IAdapter(venue.adapter).venueAssets(venue.data),
            (vault.previewRedeem(vault.balanceOf(account)) * 95) / 100
        );
        if (most <= ROUNDING) return;
        assets = bound(assets, 1, most - ROUNDING);

        token.mint(address(this), assets);
        token.approve(venue.target, assets);
        _supplyFor(index, assets, account);
        bytes memory call = abi.encodeCall(
            vault.forceExit,
            (venue.adapter, venue.data, assets, address(this), account)
        );
        (bool ok, ) = _as(account, address(vault), call);
        _must(ok && token.balanceOf(address(this)) >= assets, Properties.I23);
        if (!ok) return;
        left += assets;
        token.burn(address(this), token.balanceOf(address(this)));
        ++done["leaveInKind"];
    }

    function claimFees() external step("claimFees") {
        uint256 supply = vault.totalSupply();
        uint256 unclaimed = vault.unclaimedFeeShares();
        uint256 held = vault.balanceOf(feeRecipient);
        vault.claimFees();
        _must(vault.totalSupply() == supply && vault.unclaimedFeeShares() == 0, Properties.I1);
        _must(vault.balanceOf(feeRecipient) == held + unclaimed, Properties.I7);
        ++done["claimFees"];
    }

    function _withdraw(address account, uint256 assets, string memory property) internal {
        uint256 quoted = vault.previewWithdraw(assets);
        uint256 price = _price();
        bytes memory call = abi.encodeCall(vault.withdraw, (assets, account, account));
        (bool ok, bytes memory result) = _as(account, address(vault), call);
        _must(ok, property);
        if (!ok) return;
        left += assets;
        ++done["withdraw"];
        _must(abi.decode(result, (uint256)) == quoted, Properties.I6);
        _noDilution(price, Properties.I4);
    }

    function _supplyFor(uint256 index, uint256 assets, address account) private {
        if (index == AAVE) aave.supply(address(token), assets, account, 0);
        else if (index == COMET) comet.supplyTo(account, address(token), assets);
        else if (index == PLAIN) plain.deposit(assets, account);
        else if (index == HIDING) hiding.deposit(assets, account);
        else morpho.supply(markets[index - WETH], assets, 0, account, "");
    }

    /// @dev These mocks know no liquidity but a number that somebody set.
    function _isLendable(uint256 index) private view returns (bool) {
        if (index == PLAIN) return plain.freeLiquidity() == type(uint256).max;
        return index != HIDING || hiding.freeLiquidity() == type(uint256).max;
    }

    function _permitCall(uint256 who, address spender, uint256 shares) private view returns (bytes memory) {
        address account = depositors[who];
        bytes32 content = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                account,
                spender,
                shares,
                vault.nonces(account),
                vm.getBlockTimestamp()
            )
        );
        bytes32 digest = keccak256(abi.encodePacked("\x19\x01", vault.DOMAIN_SEPARATOR(), content));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[who], digest);
        return abi.encodeCall(vault.permit, (account, spender, shares, vm.getBlockTimestamp(), v, r, s));
    }
}
