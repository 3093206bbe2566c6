// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { Adapter } from "../base/Adapter.sol";
import { IAdapter } from "../interfaces/IAdapter.sol";
import { IVault } from "../interfaces/IVault.sol";
import { ILostAssets } from "../interfaces/external/ILostAssets.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { EventsLib } from "../libraries/EventsLib.sol";
import { IdsLib } from "../libraries/IdsLib.sol";
import { MathLib } from "../libraries/MathLib.sol";

/// @notice The vault's asset in one ERC-4626 vault. Prices are whole assets for a whole share, 1e18 = 1.
///
/// VALUE
/// - Shares are tracked; shares that others send count for nothing. Value is `previewRedeem`, net of an exit fee.
/// - MetaMorpho 1.1 and Euler Earn keep their price flat after a loss and carry it as `lostAssets`. Where the target has
///   that function, its part of the loss is taken off. A loss that the target has not booked yet shows when it does, at
///   its next own accrual, which anyone can bring about.
/// - A sentinel may lower a mark: a share then counts at most for it. While a mark is set, entries of the vault are
///   closed, so that nobody buys a recovery at the marked price, and nothing goes in. Raising it is timelocked; the
///   largest value lifts it.
///
/// ENTRY
/// - The target must have issued `minSupply` shares: a fresh one can be inflated.
/// - A deposit must give the shares that the target quotes; one share may cost `maxPriceWad` at most, which refuses a price
///   inflated by a gift; and what came in may be worth at most 10 bp less than what was paid. The Guard bounds the loss
///   of the whole plan more tightly.
///
/// TRUST: the target's own report of its price, below mark and highest price; the vault's caps bound what a lie can cost.
contract Erc4626Adapter is Adapter {
    using SafeTransferLib for address;

    uint256 private constant MAX_ENTRY_LOSS_BPS = 10;
    /// @dev Rounding, in asset units.
    uint256 private constant TOLERANCE = 2;
    /// @notice The mark of a position that is not marked.
    uint128 public constant UNMARKED = type(uint128).max;

    IERC4626 public immutable target;
    /// @notice Pool of another protocol in which the target keeps its assets, e.g. Aave's under a Stata token; or zero.
    address public immutable underlyingPool;
    /// @notice Fewest shares that the target must have issued, in its units.
    uint256 public immutable minSupply;
    /// @notice True where the target carries losses as `lostAssets`.
    bool public immutable hasLostAssets;
    /// @dev assets x _priceScale / shares is a price.
    uint256 private immutable _priceScale;
    /// @dev One whole share, in the target's units.
    uint256 private immutable _wholeShare;

    /// @notice Shares that the vault paid for.
    uint128 public shares;
    /// @notice A share counts at most for this price; `UNMARKED` while there is no mark.
    uint128 public markWad = UNMARKED;
    /// @notice Highest price at which a share may be bought.
    uint128 public maxPriceWad;

    constructor(
        address vault_,
        address target_,
        address underlyingPool_,
        uint128 maxPriceWad_,
        uint256 minSupply_
    ) Adapter(vault_) {
        target = IERC4626(target_);
        address targetAsset = target.asset();
        require(targetAsset == asset, ErrorsLib.WrongAsset(asset, targetAsset));
        // One id must not stand twice.
        underlyingPool = underlyingPool_ == target_ ? address(0) : underlyingPool_;
        minSupply = minSupply_;
        maxPriceWad = maxPriceWad_;
        _wholeShare = 10 ** target.decimals();
        // The vault takes no asset with more than 18 decimals.
        _priceScale = 10 ** (18 + uint256(target.decimals()) - IERC20Metadata(asset).decimals());
        (bool success, bytes memory result) = target_.staticcall(abi.encodeCall(ILostAssets.lostAssets, ()));
        hasLostAssets = success && result.length == 32;
        asset.safeApprove(target_, type(uint256).max);
        emit EventsLib.SetMaxPrice(msg.sender, maxPriceWad_);
    }

    /* CURATOR, TIMELOCKED */

    /// @notice Raises the mark; `UNMARKED` lifts it.
    function increaseMark(uint128 newMarkWad) external {
        _checkTimelocked("mark");
        require(newMarkWad > markWad, ErrorsLib.BoundNotIncreased(markWad, newMarkWad));
        _setMark(newMarkWad);
    }

    /// @notice Raises the highest price at which a share may be bought.
    function increaseMaxPrice(uint128 newMaxPriceWad) external {
        _checkTimelocked("price");
        require(newMaxPriceWad > maxPriceWad, ErrorsLib.BoundNotIncreased(maxPriceWad, newMaxPriceWad));
        _setMaxPrice(newMaxPriceWad);
    }

    /* CURATOR, OWNER OR SENTINEL, AT ONCE */

    /// @notice Lets a share count for `newMarkWad` at most; asks the target nothing.
    function decreaseMark(uint128 newMarkWad) external {
        _checkMayReduceRisk();
        require(newMarkWad < markWad, ErrorsLib.BoundNotDecreased(markWad, newMarkWad));
        _noteTightened(this.increaseMark.selector, "mark");
        _setMark(newMarkWad);
    }

    /// @notice Lowers the highest price at which a share may be bought; 0 stops inflow.
    function decreaseMaxPrice(uint128 newMaxPriceWad) external {
        _checkMayReduceRisk();
        require(newMaxPriceWad < maxPriceWad, ErrorsLib.BoundNotDecreased(maxPriceWad, newMaxPriceWad));
        _noteTightened(this.increaseMaxPrice.selector, "price");
        _setMaxPrice(newMaxPriceWad);
    }

    /* READS */

    /// @inheritdoc IAdapter
    function kind() external pure returns (bytes32) {
        return "erc4626";
    }

    /// @inheritdoc IAdapter
    /// @dev A target that charges for leaving is no place from which exits of all others are paid.
    function exact() external view override returns (bool) {
        uint256 probe = MathLib.max(shares, _wholeShare);
        return target.previewRedeem(probe) + TOLERANCE >= target.convertToAssets(probe);
    }

    /// @inheritdoc IAdapter
    function realAssets() public view returns (uint256) {
        return _valueOf(shares, markWad);
    }

    /// @inheritdoc IAdapter
    function withdrawable(bytes calldata data) external view returns (uint256) {
        _checkNoData(data);
        if (shares == 0) return 0;
        return MathLib.min(realAssets(), target.maxWithdraw(address(this)));
    }

    /// @inheritdoc IAdapter
    function depositable(bytes calldata data) external view returns (uint256) {
        _checkNoData(data);
        if (markWad != UNMARKED || target.totalSupply() < minSupply) return 0;
        uint256 priceWad = MathLib.mulDivUp(target.convertToAssets(_wholeShare), _priceScale, _wholeShare);
        return priceWad > maxPriceWad ? 0 : target.maxDeposit(address(this));
    }

    /* FOR THE BASE */

    function _deposit(bytes calldata data, uint256 assets) internal override returns (uint256 left) {
        _checkNoData(data);
        uint256 supply = target.totalSupply();
        require(supply >= minSupply, ErrorsLib.VenueTooSmall(supply, minSupply));

        uint256 minShares = MathLib.max(target.previewDeposit(assets), 1);
        uint256 before = target.balanceOf(address(this));
        target.deposit(assets, address(this));
        uint256 minted = target.balanceOf(address(this)) - before;
        require(minted >= minShares, ErrorsLib.ShortCredit(minted, minShares));
        uint256 priceWad = MathLib.mulDivUp(assets, _priceScale, minted);
        require(priceWad <= maxPriceWad, ErrorsLib.PriceTooHigh(priceWad, maxPriceWad));
        uint256 tracked = shares + minted;
        require(tracked <= type(uint128).max, ErrorsLib.TotalAssetsOverflow(tracked));
        shares = uint128(tracked);

        uint256 credited = _valueOf(minted, markWad);
        uint256 minimum = MathLib.zeroFloorSub(
            assets - MathLib.mulDivDown(assets, MAX_ENTRY_LOSS_BPS, MathLib.BPS),
            TOLERANCE
        );
        require(credited >= minimum, ErrorsLib.ShortCredit(credited, minimum));
        return realAssets();
    }

    function _withdraw(bytes calldata data, uint256 assets) internal override returns (uint256 left) {
        _checkNoData(data);
        uint256 tracked = shares;
        if (tracked == 0 && assets == WHOLE_POSITION) return 0;
        uint256 before = target.balanceOf(address(this));
        if (assets == WHOLE_POSITION) {
            // A target that redeems in part keeps the rest for us.
            target.redeem(tracked, vault, address(this));
        } else {
            target.withdraw(assets, vault, address(this));
        }
        uint256 burnt = before - target.balanceOf(address(this));
        require(burnt <= tracked, ErrorsLib.PositionTooSmall(tracked, burnt));
        shares = uint128(tracked - burnt);
        return realAssets();
    }

    function _ids(bytes calldata data) internal view override returns (bytes32[] memory venueIds) {
        _checkNoData(data);
        venueIds = new bytes32[](underlyingPool == address(0) ? 2 : 3);
        venueIds[0] = IdsLib.venueOf(address(this), data);
        venueIds[1] = IdsLib.protocol(address(target));
        if (underlyingPool != address(0)) venueIds[2] = IdsLib.protocol(underlyingPool);
    }

    function _liquidityId(bytes calldata data) internal view override returns (bytes32) {
        _checkNoData(data);
        return IdsLib.protocol(underlyingPool == address(0) ? address(target) : underlyingPool);
    }

    function _venueAssets(bytes calldata data) internal view override returns (uint256) {
        _checkNoData(data);
        return realAssets();
    }

    function _isPositionToken(address token) internal view override returns (bool) {
        return token == address(target);
    }

    /* PRIVATE */

    /// @dev What the target would pay for shares, less their part of losses it hides, and at most at the mark.
    function _valueOf(uint256 amount, uint256 mark) private view returns (uint256 value) {
        if (amount == 0) return 0;
        value = target.previewRedeem(amount);
        if (hasLostAssets) {
            uint256 lost = ILostAssets(address(target)).lostAssets();
            if (lost != 0) {
                uint256 total = target.totalAssets();
                value = total == 0 ? 0 : MathLib.mulDivDown(value, MathLib.zeroFloorSub(total, lost), total);
            }
        }
        if (mark != UNMARKED) value = MathLib.min(value, MathLib.mulDivDown(amount, mark, _priceScale));
    }

    function _setMark(uint128 newMarkWad) private {
        markWad = newMarkWad;
        emit EventsLib.SetMark(msg.sender, newMarkWad);
        IVault(vault).noteMark(newMarkWad != UNMARKED);
    }

    function _setMaxPrice(uint128 newMaxPriceWad) private {
        maxPriceWad = newMaxPriceWad;
        emit EventsLib.SetMaxPrice(msg.sender, newMaxPriceWad);
    }
}
