// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

interface ICometPriceFeed {
    function decimals() external view returns (uint8);
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}

/// @title CometUsdc
/// @notice A Comet-shaped lending market of our own, written from the published formulas of Compound v3 (Comet), for the
/// devnet only.
///
/// WHAT IT MODELS
/// - One base asset. An account holds a signed principal; positive earns, negative owes. Present value is principal
///   times the supply or borrow index over 1e15. Present values and positive principals round down, negative
///   principals round away from zero: an action forgives at most one unit of debt, as Comet's does.
/// - Two independent kinked curves of utilisation, per second: `base + slopeLow * min(u, kink) + slopeHigh * max(u -
///   kink, 0)`. The supply rate is a curve of its own, not the borrow rate times utilisation; the difference collects
///   in reserves.
/// - Simple interest per accrual: `index += index * rate(utilisation at stored indices) * elapsed`, on every action.
///   `getUtilization` reads the stored indices; `totalSupply`, `totalBorrow`, `balanceOf`, `borrowBalanceOf` and
///   `getReserves` include interest due since.
/// - Collateral assets with price feed (8 decimals), borrow collateral factor and supply cap; a borrow must be
///   collateralised after the action and at least `baseBorrowMin`.
/// - `type(uint256).max` as amount: the whole debt on supply, the whole balance on withdrawal.
/// - Operators by `allow`; transfers of the supplied base balance; pause flags of the pause guardian and governor;
///   withdrawal of reserves by the governor.
///
/// WHAT IT LEAVES OUT
/// Liquidation (`absorb`, `buyCollateral`, their storefront and factors), rewards (tracking indices stay zero), signed
/// permissions, ERC-20 approvals, collateral transfers, upgrade and configurator proxies, fee-on-transfer base assets.
///
/// NAMES
/// External names, selectors, events and return layouts are Comet's, so that an adapter or a reader made for Comet works
/// here unchanged.
contract CometUsdc is ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    struct AssetConfig {
        address asset;
        address priceFeed;
        uint64 borrowCollateralFactor;
        uint128 supplyCap;
    }

    /// @dev Kinks and factors 1e18 = 100 %; interest rates per year, 1e18 = 100 %.
    struct Configuration {
        address governor;
        address pauseGuardian;
        address baseToken;
        address baseTokenPriceFeed;
        uint64 supplyKink;
        uint64 supplyPerYearInterestRateBase;
        uint64 supplyPerYearInterestRateSlopeLow;
        uint64 supplyPerYearInterestRateSlopeHigh;
        uint64 borrowKink;
        uint64 borrowPerYearInterestRateBase;
        uint64 borrowPerYearInterestRateSlopeLow;
        uint64 borrowPerYearInterestRateSlopeHigh;
        uint104 baseBorrowMin;
        uint104 targetReserves;
        AssetConfig[] assetConfigs;
    }

    struct AssetInfo {
        uint8 offset;
        address asset;
        address priceFeed;
        uint64 scale;
        uint64 borrowCollateralFactor;
        uint64 liquidateCollateralFactor;
        uint64 liquidationFactor;
        uint128 supplyCap;
    }

    struct TotalsBasic {
        uint64 baseSupplyIndex;
        uint64 baseBorrowIndex;
        uint64 trackingSupplyIndex;
        uint64 trackingBorrowIndex;
        uint104 totalSupplyBase;
        uint104 totalBorrowBase;
        uint40 lastAccrualTime;
        uint8 pauseFlags;
    }

    /// @dev One word, as in Comet; tracking indices stay zero.
    struct UserBasic {
        int104 principal;
        uint64 baseTrackingIndex;
        uint64 baseTrackingAccrued;
        uint16 assetsIn;
        uint8 reserved;
    }

    uint64 public constant baseIndexScale = 1e15;
    uint64 public constant factorScale = 1e18;
    uint64 public constant SECONDS_PER_YEAR = 365 days;
    uint8 private constant PRICE_DECIMALS = 8;

    uint8 private constant PAUSE_SUPPLY = 1 << 0;
    uint8 private constant PAUSE_TRANSFER = 1 << 1;
    uint8 private constant PAUSE_WITHDRAW = 1 << 2;
    uint8 private constant PAUSE_ABSORB = 1 << 3;
    uint8 private constant PAUSE_BUY = 1 << 4;

    address public immutable governor;
    address public immutable pauseGuardian;
    address public immutable baseToken;
    address public immutable baseTokenPriceFeed;
    uint8 public immutable decimals;
    uint64 public immutable baseScale;
    uint64 public immutable supplyKink;
    uint64 public immutable supplyPerSecondInterestRateBase;
    uint64 public immutable supplyPerSecondInterestRateSlopeLow;
    uint64 public immutable supplyPerSecondInterestRateSlopeHigh;
    uint64 public immutable borrowKink;
    uint64 public immutable borrowPerSecondInterestRateBase;
    uint64 public immutable borrowPerSecondInterestRateSlopeLow;
    uint64 public immutable borrowPerSecondInterestRateSlopeHigh;
    uint104 public immutable baseBorrowMin;
    uint104 public immutable targetReserves;

    TotalsBasic private _totals;
    mapping(address account => UserBasic) public userBasic;
    AssetInfo[] private _assets;
    mapping(address asset => uint128) private _totalCollateral;
    mapping(address account => mapping(address asset => uint128)) private _collateral;
    mapping(address owner => mapping(address manager => bool)) public isAllowed;

    error BadAsset();
    error BadDecimals();
    error BadPrice();
    error BorrowTooSmall();
    error InsufficientReserves();
    error InvalidUInt64();
    error InvalidUInt104();
    error InvalidUInt128();
    error NoSelfTransfer();
    error NotCollateralized();
    error Paused();
    error SupplyCapExceeded();
    error Unauthorized();

    event Supply(address indexed from, address indexed dst, uint256 amount);
    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Withdraw(address indexed src, address indexed to, uint256 amount);
    event SupplyCollateral(address indexed from, address indexed dst, address indexed asset, uint256 amount);
    event WithdrawCollateral(address indexed src, address indexed to, address indexed asset, uint256 amount);
    event WithdrawReserves(address indexed to, uint256 amount);
    event PauseAction(bool supplyPaused, bool transferPaused, bool withdrawPaused, bool absorbPaused, bool buyPaused);
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    constructor(Configuration memory config) {
        governor = config.governor;
        pauseGuardian = config.pauseGuardian;
        baseToken = config.baseToken;
        baseTokenPriceFeed = config.baseTokenPriceFeed;
        if (ICometPriceFeed(config.baseTokenPriceFeed).decimals() != PRICE_DECIMALS) revert BadDecimals();
        decimals = IERC20Metadata(config.baseToken).decimals();
        if (decimals > 18) revert BadDecimals();
        baseScale = uint64(10 ** decimals);

        supplyKink = config.supplyKink;
        supplyPerSecondInterestRateBase = config.supplyPerYearInterestRateBase / SECONDS_PER_YEAR;
        supplyPerSecondInterestRateSlopeLow = config.supplyPerYearInterestRateSlopeLow / SECONDS_PER_YEAR;
        supplyPerSecondInterestRateSlopeHigh = config.supplyPerYearInterestRateSlopeHigh / SECONDS_PER_YEAR;
        borrowKink = config.borrowKink;
        borrowPerSecondInterestRateBase = config.borrowPerYearInterestRateBase / SECONDS_PER_YEAR;
        borrowPerSecondInterestRateSlopeLow = config.borrowPerYearInterestRateSlopeLow / SECONDS_PER_YEAR;
        borrowPerSecondInterestRateSlopeHigh = config.borrowPerYearInterestRateSlopeHigh / SECONDS_PER_YEAR;
        baseBorrowMin = config.baseBorrowMin;
        targetReserves = config.targetReserves;

        for (uint256 i = 0; i < config.assetConfigs.length; i++) {
            AssetConfig memory assetConfig = config.assetConfigs[i];
            if (ICometPriceFeed(assetConfig.priceFeed).decimals() != PRICE_DECIMALS) revert BadDecimals();
            uint8 assetDecimals = IERC20Metadata(assetConfig.asset).decimals();
            if (assetDecimals > 18) revert BadDecimals();
            _assets.push(
                AssetInfo({
                    offset: uint8(i),
                    asset: assetConfig.asset,
                    priceFeed: assetConfig.priceFeed,
                    scale: uint64(10 ** assetDecimals),
                    borrowCollateralFactor: assetConfig.borrowCollateralFactor,
                    liquidateCollateralFactor: 0,
                    liquidationFactor: 0,
                    supplyCap: assetConfig.supplyCap
                })
            );
        }

        _totals.baseSupplyIndex = baseIndexScale;
        _totals.baseBorrowIndex = baseIndexScale;
        _totals.lastAccrualTime = uint40(block.timestamp);
    }

    // Rates and totals

    /// @notice Present debt over present deposits at the stored indices, 1e18 = 100 %; above 1 once reserves are lent.
    function getUtilization() public view returns (uint256) {
        uint256 supplied = _presentSupply(_totals.totalSupplyBase, _totals.baseSupplyIndex);
        if (supplied == 0) return 0;
        return (_presentBorrow(_totals.totalBorrowBase, _totals.baseBorrowIndex) * factorScale) / supplied;
    }

    /// @notice Supply rate per second at a utilisation, 1e18 = 100 %.
    function getSupplyRate(uint256 utilization) public view returns (uint64) {
        return
            _curve(
                utilization,
                supplyKink,
                supplyPerSecondInterestRateBase,
                supplyPerSecondInterestRateSlopeLow,
                supplyPerSecondInterestRateSlopeHigh
            );
    }

    /// @notice Borrow rate per second at a utilisation, 1e18 = 100 %.
    function getBorrowRate(uint256 utilization) public view returns (uint64) {
        return
            _curve(
                utilization,
                borrowKink,
                borrowPerSecondInterestRateBase,
                borrowPerSecondInterestRateSlopeLow,
                borrowPerSecondInterestRateSlopeHigh
            );
    }

    function totalSupply() external view returns (uint256) {
        (uint64 supplyIndex, ) = _accruedIndices();
        return _presentSupply(_totals.totalSupplyBase, supplyIndex);
    }

    function totalBorrow() external view returns (uint256) {
        (, uint64 borrowIndex) = _accruedIndices();
        return _presentBorrow(_totals.totalBorrowBase, borrowIndex);
    }

    /// @notice Base asset held, less what is owed to suppliers, plus what borrowers owe.
    function getReserves() public view returns (int256) {
        (uint64 supplyIndex, uint64 borrowIndex) = _accruedIndices();
        return
            int256(IERC20(baseToken).balanceOf(address(this))) -
            int256(_presentSupply(_totals.totalSupplyBase, supplyIndex)) +
            int256(_presentBorrow(_totals.totalBorrowBase, borrowIndex));
    }

    /// @notice Stored totals, without the interest due since `lastAccrualTime`.
    function totalsBasic() external view returns (TotalsBasic memory) {
        return _totals;
    }

    function totalsCollateral(address asset) external view returns (uint128 totalSupplyAsset, uint128 reserved) {
        return (_totalCollateral[asset], 0);
    }

    // Accounts

    function balanceOf(address account) public view returns (uint256) {
        (uint64 supplyIndex, ) = _accruedIndices();
        int104 principal = userBasic[account].principal;
        return principal > 0 ? _presentSupply(uint104(principal), supplyIndex) : 0;
    }

    function borrowBalanceOf(address account) public view returns (uint256) {
        (, uint64 borrowIndex) = _accruedIndices();
        int104 principal = userBasic[account].principal;
        return principal < 0 ? _presentBorrow(uint104(-principal), borrowIndex) : 0;
    }

    function userCollateral(address account, address asset) external view returns (uint128 balance, uint128 reserved) {
        return (_collateral[account][asset], 0);
    }

    function collateralBalanceOf(address account, address asset) external view returns (uint128) {
        return _collateral[account][asset];
    }

    /// @notice True where the account has no debt or its collateral, weighted by the borrow factors, covers it.
    function isBorrowCollateralized(address account) public view returns (bool) {
        int104 principal = userBasic[account].principal;
        if (principal >= 0) return true;
        uint256 debt = _presentBorrow(uint104(-principal), _totals.baseBorrowIndex);
        int256 liquidity = -int256((debt * getPrice(baseTokenPriceFeed)) / baseScale);
        for (uint256 i = 0; i < _assets.length && liquidity < 0; i++) {
            AssetInfo memory info = _assets[i];
            uint256 amount = _collateral[account][info.asset];
            if (amount == 0) continue;
            uint256 value = (amount * getPrice(info.priceFeed)) / info.scale;
            liquidity += int256((value * info.borrowCollateralFactor) / factorScale);
        }
        return liquidity >= 0;
    }

    // Assets

    function numAssets() external view returns (uint8) {
        return uint8(_assets.length);
    }

    function getAssetInfo(uint8 i) external view returns (AssetInfo memory) {
        if (i >= _assets.length) revert BadAsset();
        return _assets[i];
    }

    function getAssetInfoByAddress(address asset) public view returns (AssetInfo memory) {
        for (uint256 i = 0; i < _assets.length; i++) {
            if (_assets[i].asset == asset) return _assets[i];
        }
        revert BadAsset();
    }

    /// @notice Price in US dollars with 8 decimals.
    function getPrice(address priceFeed) public view returns (uint256) {
        (, int256 answer, , , ) = ICometPriceFeed(priceFeed).latestRoundData();
        if (answer <= 0) revert BadPrice();
        return uint256(answer);
    }

    // Actions

    function supply(address asset, uint256 amount) external nonReentrant {
        _supply(msg.sender, msg.sender, msg.sender, asset, amount);
    }

    function supplyTo(address dst, address asset, uint256 amount) external nonReentrant {
        _supply(msg.sender, msg.sender, dst, asset, amount);
    }

    function supplyFrom(address from, address dst, address asset, uint256 amount) external nonReentrant {
        _supply(msg.sender, from, dst, asset, amount);
    }

    function withdraw(address asset, uint256 amount) external nonReentrant {
        _withdraw(msg.sender, msg.sender, msg.sender, asset, amount);
    }

    function withdrawTo(address to, address asset, uint256 amount) external nonReentrant {
        _withdraw(msg.sender, msg.sender, to, asset, amount);
    }

    function withdrawFrom(address src, address to, address asset, uint256 amount) external nonReentrant {
        _withdraw(msg.sender, src, to, asset, amount);
    }

    function transfer(address dst, uint256 amount) external nonReentrant returns (bool) {
        _transferBase(msg.sender, msg.sender, dst, amount);
        return true;
    }

    function transferFrom(address src, address dst, uint256 amount) external nonReentrant returns (bool) {
        _transferBase(msg.sender, src, dst, amount);
        return true;
    }

    /// @notice Lets a manager act for the caller, or stops it.
    function allow(address manager, bool isAllowed_) external {
        isAllowed[msg.sender][manager] = isAllowed_;
        emit Approval(msg.sender, manager, isAllowed_ ? type(uint256).max : 0);
    }

    function hasPermission(address owner, address manager) public view returns (bool) {
        return owner == manager || isAllowed[owner][manager];
    }

    /// @notice Accrues interest; the account only matters where rewards are tracked, which is left out here.
    function accrueAccount(address) external {
        _accrue();
    }

    // Governance

    function pause(
        bool supplyPaused,
        bool transferPaused,
        bool withdrawPaused,
        bool absorbPaused,
        bool buyPaused
    ) external {
        if (msg.sender != governor && msg.sender != pauseGuardian) revert Unauthorized();
        _totals.pauseFlags =
            (supplyPaused ? PAUSE_SUPPLY : 0) |
            (transferPaused ? PAUSE_TRANSFER : 0) |
            (withdrawPaused ? PAUSE_WITHDRAW : 0) |
            (absorbPaused ? PAUSE_ABSORB : 0) |
            (buyPaused ? PAUSE_BUY : 0);
        emit PauseAction(supplyPaused, transferPaused, withdrawPaused, absorbPaused, buyPaused);
    }

    function isSupplyPaused() public view returns (bool) {
        return _totals.pauseFlags & PAUSE_SUPPLY != 0;
    }

    function isTransferPaused() public view returns (bool) {
        return _totals.pauseFlags & PAUSE_TRANSFER != 0;
    }

    function isWithdrawPaused() public view returns (bool) {
        return _totals.pauseFlags & PAUSE_WITHDRAW != 0;
    }

    function isAbsorbPaused() external view returns (bool) {
        return _totals.pauseFlags & PAUSE_ABSORB != 0;
    }

    function isBuyPaused() external view returns (bool) {
        return _totals.pauseFlags & PAUSE_BUY != 0;
    }

    function withdrawReserves(address to, uint256 amount) external nonReentrant {
        if (msg.sender != governor) revert Unauthorized();
        int256 reserves = getReserves();
        if (reserves < 0 || amount > uint256(reserves)) revert InsufficientReserves();
        IERC20(baseToken).safeTransfer(to, amount);
        emit WithdrawReserves(to, amount);
    }

    // Inside

    function _supply(address operator, address from, address dst, address asset, uint256 amount) private {
        if (isSupplyPaused()) revert Paused();
        if (!hasPermission(from, operator)) revert Unauthorized();
        if (asset != baseToken) return _supplyCollateral(from, dst, asset, amount);

        _accrue();
        if (amount == type(uint256).max) amount = borrowBalanceOf(dst);
        IERC20(asset).safeTransferFrom(from, address(this), amount);
        uint104 minted = _credit(dst, amount);
        emit Supply(from, dst, amount);
        if (minted > 0) emit Transfer(address(0), dst, _presentSupply(minted, _totals.baseSupplyIndex));
    }

    function _withdraw(address operator, address src, address to, address asset, uint256 amount) private {
        if (isWithdrawPaused()) revert Paused();
        if (!hasPermission(src, operator)) revert Unauthorized();
        if (asset != baseToken) return _withdrawCollateral(src, to, asset, amount);

        _accrue();
        if (amount == type(uint256).max) amount = balanceOf(src);
        uint104 burnt = _debit(src, amount);
        IERC20(asset).safeTransfer(to, amount);
        emit Withdraw(src, to, amount);
        if (burnt > 0) emit Transfer(src, address(0), _presentSupply(burnt, _totals.baseSupplyIndex));
    }

    function _transferBase(address operator, address src, address dst, uint256 amount) private {
        if (isTransferPaused()) revert Paused();
        if (!hasPermission(src, operator)) revert Unauthorized();
        if (src == dst) revert NoSelfTransfer();

        _accrue();
        if (amount == type(uint256).max) amount = balanceOf(src);
        uint104 burnt = _debit(src, amount);
        uint104 minted = _credit(dst, amount);
        if (burnt > 0) emit Transfer(src, address(0), _presentSupply(burnt, _totals.baseSupplyIndex));
        if (minted > 0) emit Transfer(address(0), dst, _presentSupply(minted, _totals.baseSupplyIndex));
    }

    /// @dev Adds a present amount to an account: debt is repaid first, the rest is supplied. Returns the principal
    /// supplied. Where rounding would lower the principal the totals stay.
    function _credit(address account, uint256 amount) private returns (uint104 minted) {
        int104 before = userBasic[account].principal;
        int104 next = _principalOf(_presentOf(before) + int256(amount));
        userBasic[account].principal = next;
        if (next >= before) {
            (int104 owedBefore, int104 owedNext) = (before < 0 ? -before : int104(0), next < 0 ? -next : int104(0));
            minted = uint104((next > 0 ? next : int104(0)) - (before > 0 ? before : int104(0)));
            _totals.totalSupplyBase += minted;
            _totals.totalBorrowBase -= uint104(owedBefore - owedNext);
        }
    }

    /// @dev Takes a present amount from an account: its balance first, then a borrow, which has to be large enough and
    /// collateralised. Returns the principal withdrawn.
    function _debit(address account, uint256 amount) private returns (uint104 burnt) {
        int104 before = userBasic[account].principal;
        int256 present = _presentOf(before) - int256(amount);
        int104 next = _principalOf(present);
        userBasic[account].principal = next;
        if (next <= before) {
            (int104 owedBefore, int104 owedNext) = (before < 0 ? -before : int104(0), next < 0 ? -next : int104(0));
            burnt = uint104((before > 0 ? before : int104(0)) - (next > 0 ? next : int104(0)));
            _totals.totalSupplyBase -= burnt;
            _totals.totalBorrowBase += uint104(owedNext - owedBefore);
        }
        if (present < 0) {
            if (uint256(-present) < baseBorrowMin) revert BorrowTooSmall();
            if (!isBorrowCollateralized(account)) revert NotCollateralized();
        }
    }

    function _supplyCollateral(address from, address dst, address asset, uint256 amount) private {
        AssetInfo memory info = getAssetInfoByAddress(asset);
        uint256 total = _totalCollateral[asset] + amount;
        if (total > info.supplyCap) revert SupplyCapExceeded();
        IERC20(asset).safeTransferFrom(from, address(this), amount);
        _totalCollateral[asset] = uint128(total);
        _collateral[dst][asset] += _toUint128(amount);
        if (amount != 0) userBasic[dst].assetsIn |= uint16(1 << info.offset);
        emit SupplyCollateral(from, dst, asset, amount);
    }

    function _withdrawCollateral(address src, address to, address asset, uint256 amount) private {
        uint8 offset = getAssetInfoByAddress(asset).offset;
        uint128 taken = _toUint128(amount);
        _collateral[src][asset] -= taken;
        if (_collateral[src][asset] == 0) userBasic[src].assetsIn &= ~uint16(1 << offset);
        _totalCollateral[asset] -= taken;
        // No accrual: the check runs on stored indices, as Comet's does, and interest due counts from the next action.
        if (!isBorrowCollateralized(src)) revert NotCollateralized();
        IERC20(asset).safeTransfer(to, amount);
        emit WithdrawCollateral(src, to, asset, amount);
    }

    function _accrue() private {
        if (block.timestamp == _totals.lastAccrualTime) return;
        (_totals.baseSupplyIndex, _totals.baseBorrowIndex) = _accruedIndices();
        _totals.lastAccrualTime = uint40(block.timestamp);
    }

    function _accruedIndices() private view returns (uint64 supplyIndex, uint64 borrowIndex) {
        supplyIndex = _totals.baseSupplyIndex;
        borrowIndex = _totals.baseBorrowIndex;
        uint256 elapsed = block.timestamp - _totals.lastAccrualTime;
        if (elapsed == 0) return (supplyIndex, borrowIndex);
        uint256 utilization = getUtilization();
        supplyIndex += _toUint64((supplyIndex * (getSupplyRate(utilization) * elapsed)) / factorScale);
        borrowIndex += _toUint64((borrowIndex * (getBorrowRate(utilization) * elapsed)) / factorScale);
    }

    function _curve(
        uint256 utilization,
        uint256 kink,
        uint256 rateBase,
        uint256 slopeLow,
        uint256 slopeHigh
    ) private pure returns (uint64) {
        if (utilization <= kink) return _toUint64(rateBase + (slopeLow * utilization) / factorScale);
        uint256 low = (slopeLow * kink) / factorScale;
        return _toUint64(rateBase + low + (slopeHigh * (utilization - kink)) / factorScale);
    }

    function _presentOf(int104 principal) private view returns (int256) {
        return
            principal >= 0
                ? int256(_presentSupply(uint104(principal), _totals.baseSupplyIndex))
                : -int256(_presentBorrow(uint104(-principal), _totals.baseBorrowIndex));
    }

    function _principalOf(int256 present) private view returns (int104) {
        if (present >= 0) {
            return int104(_toUint104((uint256(present) * baseIndexScale) / _totals.baseSupplyIndex));
        }
        uint256 index = _totals.baseBorrowIndex;
        return -int104(_toUint104((uint256(-present) * baseIndexScale + index - 1) / index));
    }

    function _presentSupply(uint104 principal, uint64 index) private pure returns (uint256) {
        return (uint256(principal) * index) / baseIndexScale;
    }

    function _presentBorrow(uint104 principal, uint64 index) private pure returns (uint256) {
        return (uint256(principal) * index) / baseIndexScale;
    }

    function _toUint64(uint256 value) private pure returns (uint64) {
        if (value > type(uint64).max) revert InvalidUInt64();
        return uint64(value);
    }

    /// @dev One bit less than 104, because principals are signed.
    function _toUint104(uint256 value) private pure returns (uint104) {
        if (value > uint256(uint104(type(int104).max))) revert InvalidUInt104();
        return uint104(value);
    }

    function _toUint128(uint256 value) private pure returns (uint128) {
        if (value > type(uint128).max) revert InvalidUInt128();
        return uint128(value);
    }
}
