// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { Multicall } from "@openzeppelin/contracts/utils/Multicall.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { IAdapter } from "../interfaces/IAdapter.sol";
import { IRouter, VenueExit } from "../interfaces/IRouter.sol";
import { IVault } from "../interfaces/IVault.sol";
import { IAaveV3Pool, IAToken } from "../interfaces/external/IAaveV3Pool.sol";
import { IComet } from "../interfaces/external/IComet.sol";
import { IMorphoBlue, MarketParams, MorphoMarket } from "../interfaces/external/IMorphoBlue.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { MorphoMarketLib } from "../libraries/MorphoMarketLib.sol";
import { IAaveV3Venue, ICometVenue, IErc4626Venue, IMorphoBlueVenue } from "./VenueInterfaces.sol";

/// @title Router
/// @notice Bounds, deadlines, permits and in-kind exits for people who use a vault.
///
/// CUSTODY
/// - The Router has no owner and no configuration, and holds nothing between transactions. What lies here by mistake moves
///   in no call: every refund and every repayment is a difference of balances within the call.
/// - It spends the caller's allowances only: every transfer from an account and every burn of shares names `msg.sender`.
/// - An allowance that it gives is taken back before the call ends. One lock covers every function that moves anything.
///
/// TRUST
/// - The flash lender is trusted; it never changes. Vault, adapter, venue and token are not: they are what the caller
///   names, and may lie to the caller. They can take no more than the caller has put into this very call.
///
/// GATES
/// - To a vault's gate the Router is the caller of a deposit. A gate that lets the Router in decides by the receiver.
///
/// IN-KIND EXITS
/// - Lending venues only: Aave v3, Comet, Morpho Blue, ERC-4626. A venue that refuses deposits (frozen, paused or capped)
///   cannot be left this way. A debt of the caller at a Comet is paid back first.
contract Router is IRouter, Multicall {
    using SafeTransferLib for address;

    /// @dev Asset units by which a venue may round.
    uint256 private constant DUST = 10;

    /// @inheritdoc IRouter
    address public immutable flashLender;

    bool private transient _locked;
    /// @dev What the flash loan's callback has to say: worth of the position that the leaver got, and shares it cost.
    uint256 private transient _position;
    uint256 private transient _burnt;

    modifier guarded(uint256 deadline) {
        require(block.timestamp <= deadline, ErrorsLib.DeadlinePassed(deadline, block.timestamp));
        require(!_locked, ErrorsLib.Reentered());
        _locked = true;
        _;
        _locked = false;
    }

    /// @param flashLender_ Morpho Blue; zero offers no in-kind exits.
    constructor(address flashLender_) {
        flashLender = flashLender_;
    }

    /* ALLOWANCE */

    /// @inheritdoc IRouter
    function permit(address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // Whoever saw the signature may have sent it first. And a token without permits may swallow the call, so only the
        // allowance tells.
        try IERC20Permit(token).permit(msg.sender, address(this), value, deadline, v, r, s) {} catch {}
        uint256 allowance = IERC20(token).allowance(msg.sender, address(this));
        require(allowance >= value, ErrorsLib.PermitFailed(token, allowance, value));
    }

    /* ENTRY */

    /// @inheritdoc IRouter
    function deposit(
        address vault,
        uint256 assets,
        address receiver,
        uint256 minShares,
        uint256 deadline
    ) external guarded(deadline) returns (uint256 shares) {
        address asset = IERC4626(vault).asset();
        _takeIn(asset, assets);
        shares = _deposit(vault, asset, assets, receiver, minShares);
    }

    /// @inheritdoc IRouter
    function mint(
        address vault,
        uint256 shares,
        address receiver,
        uint256 maxAssets,
        uint256 deadline
    ) external guarded(deadline) returns (uint256 assets) {
        _checkReceiver(receiver);
        address asset = IERC4626(vault).asset();
        assets = IERC4626(vault).previewMint(shares);
        require(assets <= maxAssets, ErrorsLib.AboveMaximum(assets, maxAssets));

        uint256 before = asset.balanceOf(address(this));
        _takeIn(asset, assets);
        asset.safeApproveWithRetry(vault, assets);
        IERC4626(vault).mint(shares, receiver);
        _disapprove(asset, vault);
        assets -= _giveBack(asset, before);
    }

    /* EXIT */

    /// @inheritdoc IRouter
    function withdraw(
        address vault,
        uint256 assets,
        address receiver,
        uint256 maxShares,
        uint256 deadline
    ) external guarded(deadline) returns (uint256 shares) {
        _checkReceiver(receiver);
        shares = IERC4626(vault).withdraw(assets, receiver, msg.sender);
        require(shares <= maxShares, ErrorsLib.AboveMaximum(shares, maxShares));
    }

    /// @inheritdoc IRouter
    function redeem(
        address vault,
        uint256 shares,
        address receiver,
        uint256 minAssets,
        uint256 deadline
    ) external guarded(deadline) returns (uint256 assets) {
        _checkReceiver(receiver);
        assets = _redeem(vault, IERC4626(vault).asset(), shares, receiver);
        require(assets >= minAssets, ErrorsLib.BelowMinimum(assets, minAssets));
    }

    /// @inheritdoc IRouter
    function migrate(
        address fromVault,
        address toVault,
        uint256 shares,
        uint256 minSharesOut,
        uint256 deadline
    ) external guarded(deadline) returns (uint256 sharesOut) {
        address asset = IERC4626(fromVault).asset();
        address other = IERC4626(toVault).asset();
        require(other == asset, ErrorsLib.WrongAsset(asset, other));
        uint256 assets = _redeem(fromVault, asset, shares, address(this));
        sharesOut = _deposit(toVault, asset, assets, msg.sender, minSharesOut);
    }

    /* EXIT THROUGH A VENUE */

    /// @inheritdoc IRouter
    function forceExit(
        VenueExit calldata exit,
        address receiver,
        uint256 minAssets
    ) external guarded(exit.deadline) returns (uint256 assets, uint256 shares) {
        _checkReceiver(receiver);
        address asset = IERC4626(exit.vault).asset();
        uint256 before = asset.balanceOf(receiver);
        shares = IVault(exit.vault).forceExit(exit.adapter, exit.data, exit.assets, receiver, msg.sender);
        assets = asset.balanceOf(receiver) - before;
        require(assets >= minAssets, ErrorsLib.BelowMinimum(assets, minAssets));
        require(shares <= exit.maxShares, ErrorsLib.AboveMaximum(shares, exit.maxShares));
    }

    /// @inheritdoc IRouter
    function exitInKind(
        VenueExit calldata exit,
        uint256 minPosition
    ) external guarded(exit.deadline) returns (uint256 position, uint256 shares) {
        require(flashLender != address(0), ErrorsLib.NoFlashLender());
        require(IVault(exit.vault).isAdapter(exit.adapter), ErrorsLib.UnknownAdapter(exit.adapter));
        address asset = IERC4626(exit.vault).asset();
        uint256 before = asset.balanceOf(address(this));
        IMorphoBlue(flashLender).flashLoan(asset, exit.assets, abi.encode(exit, asset, msg.sender));

        (position, shares) = (_position, _burnt);
        require(position >= minPosition, ErrorsLib.BelowMinimum(position, minPosition));
        require(shares <= exit.maxShares, ErrorsLib.AboveMaximum(shares, exit.maxShares));
        // A venue may pay more than it was asked for; the leaver's shares have paid for it.
        _giveBack(asset, before);
    }

    /// @notice The flash lender's callback, within `exitInKind` only.
    function onMorphoFlashLoan(uint256 assets, bytes calldata context) external {
        require(_locked && msg.sender == flashLender, ErrorsLib.Unauthorized(msg.sender));
        (VenueExit memory exit, address asset, address leaver) = abi.decode(context, (VenueExit, address, address));
        _position = _supply(exit, asset, assets, leaver);

        // A venue may round what was supplied to it down before it pays: the leaver makes up for a few units from idle.
        uint256 free = IAdapter(exit.adapter).withdrawable(exit.data);
        uint256 short = free < assets && assets - free <= DUST ? assets - free : 0;
        uint256 before = asset.balanceOf(address(this));
        uint256 burnt = IVault(exit.vault).forceExit(exit.adapter, exit.data, assets - short, address(this), leaver);
        if (short != 0) burnt += IERC4626(exit.vault).withdraw(short, address(this), leaver);
        _burnt = burnt;
        uint256 received = asset.balanceOf(address(this)) - before;
        require(received >= assets, ErrorsLib.ShortPayment(received, assets));
        asset.safeApproveWithRetry(flashLender, assets);
    }

    /// @dev Supplies what lies here to the venue for the leaver.
    /// @return position Worth, in asset units, of what the venue credited.
    function _supply(
        VenueExit memory exit,
        address asset,
        uint256 assets,
        address leaver
    ) private returns (uint256 position) {
        bytes32 kind = IAdapter(exit.adapter).kind();
        if (kind == bytes32("aave-v3")) return _supplyAave(exit.adapter, asset, assets, leaver);
        if (kind == bytes32("comet")) return _supplyComet(exit.adapter, asset, assets, leaver);
        if (kind == bytes32("morpho-blue")) return _supplyMorpho(exit.adapter, exit.data, asset, assets, leaver);
        if (kind == bytes32("erc4626")) return _supplyErc4626(exit.adapter, asset, assets, leaver);
        revert ErrorsLib.NoInKindExit(kind);
    }

    function _supplyAave(address adapter, address asset, uint256 assets, address leaver) private returns (uint256) {
        address pool = IAaveV3Venue(adapter).pool();
        IAToken aToken = IAToken(IAaveV3Venue(adapter).aToken());
        uint256 before = aToken.balanceOf(leaver);
        asset.safeApproveWithRetry(pool, assets);
        IAaveV3Pool(pool).supply(asset, assets, leaver, 0);
        _disapprove(asset, pool);
        return aToken.balanceOf(leaver) - before;
    }

    function _supplyComet(address adapter, address asset, uint256 assets, address leaver) private returns (uint256) {
        IComet comet = IComet(ICometVenue(adapter).comet());
        // An account has either a balance or a debt.
        uint256 debtBefore = comet.borrowBalanceOf(leaver);
        uint256 before = comet.balanceOf(leaver);
        asset.safeApproveWithRetry(address(comet), assets);
        comet.supplyTo(leaver, asset, assets);
        _disapprove(asset, address(comet));
        return (comet.balanceOf(leaver) + debtBefore) - (before + comet.borrowBalanceOf(leaver));
    }

    function _supplyMorpho(
        address adapter,
        bytes memory data,
        address asset,
        uint256 assets,
        address leaver
    ) private returns (uint256) {
        IMorphoBlue morpho = IMorphoBlue(IMorphoBlueVenue(adapter).morpho());
        MarketParams memory params = abi.decode(data, (MarketParams));
        asset.safeApproveWithRetry(address(morpho), assets);
        (, uint256 shares) = morpho.supply(params, assets, 0, leaver, "");
        _disapprove(asset, address(morpho));
        // The supply has accrued the market's interest.
        MorphoMarket memory market = morpho.market(keccak256(abi.encode(params)));
        return MorphoMarketLib.toAssetsDown(shares, market.totalSupplyAssets, market.totalSupplyShares);
    }

    function _supplyErc4626(address adapter, address asset, uint256 assets, address leaver) private returns (uint256) {
        IERC4626 target = IERC4626(IErc4626Venue(adapter).target());
        uint256 before = target.balanceOf(leaver);
        asset.safeApproveWithRetry(address(target), assets);
        target.deposit(assets, leaver);
        _disapprove(asset, address(target));
        return target.previewRedeem(target.balanceOf(leaver) - before);
    }

    /* PRIVATE */

    function _deposit(
        address vault,
        address asset,
        uint256 assets,
        address receiver,
        uint256 minShares
    ) private returns (uint256 shares) {
        _checkReceiver(receiver);
        asset.safeApproveWithRetry(vault, assets);
        shares = IERC4626(vault).deposit(assets, receiver);
        _disapprove(asset, vault);
        require(shares >= minShares, ErrorsLib.BelowMinimum(shares, minShares));
    }

    /// @return assets What was measured to reach the receiver.
    function _redeem(address vault, address asset, uint256 shares, address receiver) private returns (uint256 assets) {
        if (shares == type(uint256).max) shares = IERC4626(vault).balanceOf(msg.sender);
        uint256 before = asset.balanceOf(receiver);
        IERC4626(vault).redeem(shares, receiver, msg.sender);
        assets = asset.balanceOf(receiver) - before;
    }

    /// @dev Takes exactly `assets` from the caller.
    function _takeIn(address asset, uint256 assets) private {
        uint256 before = asset.balanceOf(address(this));
        asset.safeTransferFrom(msg.sender, address(this), assets);
        uint256 received = asset.balanceOf(address(this)) - before;
        require(received >= assets, ErrorsLib.FeeOnTransfer(assets, received));
    }

    /// @dev Gives the caller what this call has left here.
    function _giveBack(address asset, uint256 before) private returns (uint256 left) {
        left = asset.balanceOf(address(this)) - before;
        if (left != 0) asset.safeTransfer(msg.sender, left);
    }

    /// @dev Takes back what a hostile spender has left of its allowance.
    function _disapprove(address asset, address spender) private {
        if (IERC20(asset).allowance(address(this), spender) != 0) asset.safeApprove(spender, 0);
    }

    function _checkReceiver(address receiver) private view {
        require(receiver != address(this), ErrorsLib.BadReceiver(receiver));
    }
}
