// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC20 } from "solady/tokens/ERC20.sol";
import { Multicallable } from "solady/utils/Multicallable.sol";
import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { SSTORE2 } from "solady/utils/SSTORE2.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { IAdapter } from "./interfaces/IAdapter.sol";
import { IGuard } from "./interfaces/IGuard.sol";
import { ExitEntry, IVault } from "./interfaces/IVault.sol";
import { Roles } from "./base/Roles.sol";
import { Timelocked } from "./base/Timelocked.sol";
import { ErrorsLib } from "./libraries/ErrorsLib.sol";
import { EventsLib } from "./libraries/EventsLib.sol";
import { IdsLib } from "./libraries/IdsLib.sol";
import { MathLib } from "./libraries/MathLib.sol";

/// @title Vault
/// @notice ERC-4626 and ERC-2612 vault of one asset, spread over the venues of its adapters.
///
/// TOTAL ASSETS
/// - Live total assets are the asset in the vault plus what every adapter reports, interest due included.
/// - Stored total assets follow live ones: down at once, up by at most `maxRatePerSecondWad`. A donation is a gain like
///   any other, so it comes in at that rate. Every state-changing function accrues first.
///
/// SHARE PRICE
/// - Entry is at max(stored, live), exit at min(stored, live); `pendingGain()` is the difference while gains are held
///   back. Whoever enters before a gain and leaves after it takes no more of it than a holder.
/// - Within one transaction entry is never cheaper than the live total at the first accrual of that transaction, so that a
///   dip made and undone inside it opens no cheap entry. A loss counts for exits the moment it shows.
/// - What is there before anybody holds a share belongs to who comes first, which is the seed.
/// - Shares have 18 decimals. 10^(18 - asset decimals) virtual shares and one virtual asset unit stand in every
///   conversion; the deployment also seeds shares to a dead address. Rounding is always for the vault.
///
/// EXITS
/// - Deposits stay idle. An exit is paid from idle and then from the exit list in its order; `_planExit` alone decides
///   how, for `max*`, `liquid` and for execution. Nobody can pause exits.
/// - Only venues whose exit is exact belong in the exit list. If two of them share one pool of liquidity, `liquid` counts
///   it twice; the curator should list one of them.
///
/// CAPS
/// - A position counts against every id that its adapter returns: its venue first, then the risks it shares. Each id has
///   an absolute cap in asset units and a relative one as a share of total assets; zero forbids, on both. Caps are checked
///   when assets are allocated and at no other time: they bound decisions, not interest.
/// - Relative caps measure against the total at the first accrual of the transaction, so a deposit in the same
///   transaction does not widen them. Nothing is allocated in a transaction in which somebody entered: the Guard's bounds
///   are shares of total assets, and borrowed assets would widen them for nothing.
/// - The recorded allocation of an id is the value at the last touch of its venues; a touch books interest too.
///
/// ADAPTERS
/// - Typed contracts bound to this vault. They are trusted to report truly and to name the ids of a position; the venues
///   behind them are not trusted with more than their caps.
///
/// TOKEN REQUIREMENTS
/// - The asset has at most 18 decimals, transfers exactly what it says (no fee, no rebasing). It may return nothing.
///
/// TIMELOCKS AND ROLES
/// - owner: two-step; names curator and sentinels. A sentinel is added at once and removed after the timelock.
/// - curator: proposes configuration. What tightens applies at once, what loosens waits. While nobody holds a share,
///   configuration applies at once.
/// - sentinel: may only reduce risk: lower caps, take assets out of a venue, revoke what waits, freeze the Guard.
/// - guard: the only allocator. It is a contract with bounds of its own; the keeper's key has no role here.
/// - anyone: accrue, execute what has matured.
contract Vault is IVault, Roles, ERC20, Multicallable {
    using SafeTransferLib for address;

    /* CONSTANTS */

    uint256 public constant MAX_ADAPTERS = 16;
    uint256 public constant MAX_EXITS = 16;
    /// @notice Bounds of the maximum rate: 10 % and 200 % a year. The lower one keeps gains from being withheld.
    uint256 public constant MIN_MAX_RATE = 0.1e18 / uint256(365 days);
    uint256 public constant MAX_MAX_RATE = 2e18 / uint256(365 days);

    /* IMMUTABLES */

    /// @notice The asset of the vault.
    address public immutable asset;
    uint256 private immutable _virtualShares;
    /// @inheritdoc IVault
    address public immutable gate;

    /* STORAGE */

    /// @inheritdoc IVault
    address public guard;

    /* ACCRUAL STORAGE */

    /// @inheritdoc IVault
    uint128 public storedAssets;
    /// @inheritdoc IVault
    uint64 public lastAccrualAt;
    /// @inheritdoc IVault
    uint64 public maxRatePerSecondWad;
    /// @dev Live total assets at the first accrual of the transaction; 0 before it.
    uint256 private transient _firstTotalAssets;
    /// @dev The same, moved along with deposits and withdrawals: entry is never cheaper within the transaction.
    uint256 private transient _entryFloor;

    /* VENUES STORAGE */

    struct IdState {
        uint128 absoluteCap;
        uint128 allocation;
        uint64 relativeCapWad;
    }

    address[] private _adapters;
    /// @inheritdoc IVault
    mapping(address adapter => bool) public isAdapter;
    mapping(bytes32 id => IdState) private _idState;
    /// @dev Contract whose code is the ABI-encoded exit list; one read of code is cheaper than many of storage.
    address private _exitListPointer;

    /* ERC-20 STORAGE */

    string private _name;
    string private _symbol;

    /* LOCK */

    bool private transient _locked;
    /// @dev True once somebody has entered in this transaction.
    bool private transient _entered;

    modifier nonReentrant() {
        require(!_locked, ErrorsLib.Reentered());
        _locked = true;
        _;
        _locked = false;
    }

    /// @dev Prices read while the vault is at work would be wrong.
    modifier notEntered() {
        require(!_locked, ErrorsLib.Reentered());
        _;
    }

    /* CONSTRUCTOR */

    /// @param asset_ Asset of the vault, at most 18 decimals.
    /// @param owner_ First owner; also the first curator until it names another.
    /// @param defaultTimelock_ Seconds that loosening calls wait once somebody holds a share; 0 only on test chains.
    /// @param gate_ May refuse entry and receipt of shares, never an exit; zero = none. It never changes.
    constructor(
        address asset_,
        address owner_,
        string memory name_,
        string memory symbol_,
        uint256 defaultTimelock_,
        address gate_
    ) Timelocked(defaultTimelock_) Roles(owner_) {
        require(asset_.code.length != 0, ErrorsLib.UnsupportedAsset(asset_));
        uint256 assetDecimals = IERC20Metadata(asset_).decimals();
        require(assetDecimals <= 18, ErrorsLib.UnsupportedAsset(asset_));

        asset = asset_;
        gate = gate_;
        _virtualShares = 10 ** (18 - assetDecimals);
        _name = name_;
        _symbol = symbol_;
        lastAccrualAt = uint64(block.timestamp);
        maxRatePerSecondWad = uint64(MAX_MAX_RATE);
        _setExitList(new ExitEntry[](0));
        emit EventsLib.SetMaxRate(MAX_MAX_RATE);
    }

    /* CURATOR, TIMELOCKED */

    /// @notice Makes a contract the only allocator.
    function setGuard(address newGuard) external {
        _checkTimelocked();
        require(newGuard != address(0), ErrorsLib.ZeroAddress());
        require(IGuard(newGuard).vault() == address(this), ErrorsLib.WrongVault(newGuard));
        guard = newGuard;
        emit EventsLib.SetGuard(newGuard);
    }

    /// @notice Registers an adapter. It holds nothing before its ids have caps.
    function addAdapter(address adapter) external {
        _checkTimelocked();
        require(!isAdapter[adapter], ErrorsLib.AdapterExists(adapter));
        require(_adapters.length < MAX_ADAPTERS, ErrorsLib.TooManyAdapters(MAX_ADAPTERS));
        require(
            IAdapter(adapter).vault() == address(this) && IAdapter(adapter).asset() == asset,
            ErrorsLib.WrongVault(adapter)
        );
        _adapters.push(adapter);
        isAdapter[adapter] = true;
        emit EventsLib.AddAdapter(adapter, IAdapter(adapter).kind());
    }

    /// @notice Forgets an adapter that holds nothing and stands in no exit.
    function removeAdapter(address adapter) external {
        _checkTimelocked();
        require(isAdapter[adapter], ErrorsLib.UnknownAdapter(adapter));
        require(IAdapter(adapter).realAssets() == 0, ErrorsLib.AdapterInUse(adapter));
        ExitEntry[] memory entries = exitList();
        for (uint256 i; i < entries.length; ++i) {
            require(entries[i].adapter != adapter, ErrorsLib.AdapterInUse(adapter));
        }

        uint256 last = _adapters.length - 1;
        for (uint256 i; i < last; ++i) {
            if (_adapters[i] == adapter) {
                _adapters[i] = _adapters[last];
                break;
            }
        }
        _adapters.pop();
        isAdapter[adapter] = false;
        emit EventsLib.RemoveAdapter(adapter);
    }

    /// @notice Raises the absolute cap of an id.
    function increaseAbsoluteCap(bytes32 id, uint128 newCap) external {
        _checkTimelocked(id);
        require(newCap > _idState[id].absoluteCap, ErrorsLib.CapNotIncreased(id));
        _idState[id].absoluteCap = newCap;
        emit EventsLib.SetAbsoluteCap(msg.sender, id, newCap);
    }

    /// @notice Raises the relative cap of an id, 1e18 = all of total assets.
    function increaseRelativeCap(bytes32 id, uint64 newCapWad) external {
        _checkTimelocked(id);
        require(newCapWad <= MathLib.WAD, ErrorsLib.RelativeCapAboveOne(newCapWad));
        require(newCapWad > _idState[id].relativeCapWad, ErrorsLib.CapNotIncreased(id));
        _idState[id].relativeCapWad = newCapWad;
        emit EventsLib.SetRelativeCap(msg.sender, id, newCapWad);
    }

    /// @notice Replaces the exit list: venues of registered adapters, each at most once.
    function setExitList(ExitEntry[] calldata entries) external {
        _checkTimelocked();
        require(entries.length <= MAX_EXITS, ErrorsLib.TooManyExits(MAX_EXITS));
        _setExitList(entries);
    }

    /// @notice Sets how fast gains come into the exit price, 1e18 = 100 % a second.
    function setMaxRate(uint64 newMaxRatePerSecondWad) external nonReentrant {
        _checkTimelocked();
        require(
            newMaxRatePerSecondWad >= MIN_MAX_RATE && newMaxRatePerSecondWad <= MAX_MAX_RATE,
            ErrorsLib.MaxRateOutOfBounds(newMaxRatePerSecondWad)
        );
        // The old rate is due for the time until now.
        _accrue();
        maxRatePerSecondWad = newMaxRatePerSecondWad;
        emit EventsLib.SetMaxRate(newMaxRatePerSecondWad);
    }

    /* CURATOR OR SENTINEL, AT ONCE */

    /// @notice Lowers the absolute cap of an id; 0 forbids further inflow.
    function decreaseAbsoluteCap(bytes32 id, uint128 newCap) external {
        _checkMayReduceRisk();
        require(newCap < _idState[id].absoluteCap, ErrorsLib.CapNotDecreased(id));
        _noteTightened(this.increaseAbsoluteCap.selector, id);
        _idState[id].absoluteCap = newCap;
        emit EventsLib.SetAbsoluteCap(msg.sender, id, newCap);
    }

    /// @notice Lowers the relative cap of an id, 1e18 = all of total assets; 0 forbids further inflow.
    function decreaseRelativeCap(bytes32 id, uint64 newCapWad) external {
        _checkMayReduceRisk();
        require(newCapWad < _idState[id].relativeCapWad, ErrorsLib.CapNotDecreased(id));
        _noteTightened(this.increaseRelativeCap.selector, id);
        _idState[id].relativeCapWad = newCapWad;
        emit EventsLib.SetRelativeCap(msg.sender, id, newCapWad);
    }

    /* FEES AND VENUES IN TROUBLE, not yet taking effect */

    struct AdapterFlags {
        bool retired;
        bool marked;
    }

    uint256 public constant MAX_PERFORMANCE_FEE_BPS = 3_000;
    uint256 public constant MAX_MANAGEMENT_FEE_BPS = 200;
    uint256 public constant MAX_FORCED_EXIT_PENALTY_BPS = 200;

    uint16 public performanceFeeBps;
    uint16 public managementFeeBps;
    uint16 public forcedExitPenaltyBps = 20;
    address public feeRecipient;
    uint128 public unclaimedFeeShares;
    uint128 public highWaterMark;
    mapping(address adapter => AdapterFlags) private _flags;

    function increasePerformanceFee(uint16 newFeeBps) external {
        _checkTimelocked();
        performanceFeeBps = newFeeBps;
    }

    function decreasePerformanceFee(uint16 newFeeBps) external {
        require(msg.sender == curator, ErrorsLib.Unauthorized(msg.sender));
        performanceFeeBps = newFeeBps;
    }

    function increaseManagementFee(uint16 newFeeBps) external {
        _checkTimelocked();
        managementFeeBps = newFeeBps;
    }

    function decreaseManagementFee(uint16 newFeeBps) external {
        require(msg.sender == curator, ErrorsLib.Unauthorized(msg.sender));
        managementFeeBps = newFeeBps;
    }

    function setFeeRecipient(address newFeeRecipient) external {
        require(msg.sender == owner, ErrorsLib.Unauthorized(msg.sender));
        feeRecipient = newFeeRecipient;
    }

    function setForcedExitPenalty(uint16 newPenaltyBps) external {
        _checkTimelocked();
        forcedExitPenaltyBps = newPenaltyBps;
    }

    function claimFees() external nonReentrant returns (uint256) {
        return 0;
    }

    function retire(address adapter) external {
        _checkMayReduceRisk();
        require(isAdapter[adapter], ErrorsLib.UnknownAdapter(adapter));
        _flags[adapter].retired = true;
    }

    function reinstate(address adapter) external {
        _checkTimelocked();
        _flags[adapter].retired = false;
    }

    function quarantine(address, uint128) external nonReentrant {
        _checkMayReduceRisk();
        revert ErrorsLib.EntryClosed();
    }

    function lift(address) external nonReentrant {
        _checkTimelocked();
        revert ErrorsLib.EntryClosed();
    }

    function noteMark(bool marked) external {
        require(isAdapter[msg.sender], ErrorsLib.UnknownAdapter(msg.sender));
        _flags[msg.sender].marked = marked;
    }

    function adapterState(address adapter) external view returns (bool, bool, bool, bool, uint128, uint128) {
        return (isAdapter[adapter], _flags[adapter].retired, false, _flags[adapter].marked, 0, 0);
    }

    function entriesOpen() external view returns (bool) {
        return guard != address(0);
    }

    function forceExit(address, bytes calldata, uint256, address, address) external nonReentrant returns (uint256) {
        revert ErrorsLib.EntryClosed();
    }

    /* ALLOCATION */

    /// @inheritdoc IVault
    function allocate(address adapter, bytes calldata data, uint256 assets) external nonReentrant {
        require(msg.sender == guard, ErrorsLib.Unauthorized(msg.sender));
        require(isAdapter[adapter] && !_flags[adapter].retired, ErrorsLib.UnknownAdapter(adapter));
        require(!_entered, ErrorsLib.AllocationAfterEntry());
        // The Guard accrues before the first leg; a second time would only cost gas.
        if (_firstTotalAssets == 0) _accrue();
        uint256 available = idle();
        require(assets <= available, ErrorsLib.InsufficientIdle(available, assets));

        asset.safeTransfer(adapter, assets);
        (bytes32[] memory ids, int256 change) = IAdapter(adapter).allocate(data, assets);

        for (uint256 i; i < ids.length; ++i) {
            bytes32 id = ids[i];
            uint256 allocated = _book(id, change);
            uint256 absoluteCap = _idState[id].absoluteCap;
            require(allocated <= absoluteCap, ErrorsLib.AbsoluteCapExceeded(id, allocated, absoluteCap));
            uint256 relativeCap = MathLib.mulDivDown(_firstTotalAssets, _idState[id].relativeCapWad, MathLib.WAD);
            require(allocated <= relativeCap, ErrorsLib.RelativeCapExceeded(id, allocated, relativeCap));
        }
        emit EventsLib.Allocate(msg.sender, adapter, ids[0], assets, change);
    }

    /// @inheritdoc IVault
    function deallocate(
        address adapter,
        bytes calldata data,
        uint256 assets
    ) external nonReentrant returns (uint256 received) {
        require(msg.sender == guard || isSentinel[msg.sender], ErrorsLib.Unauthorized(msg.sender));
        require(isAdapter[adapter], ErrorsLib.UnknownAdapter(adapter));
        received = _deallocate(adapter, data, assets);
    }

    /// @dev No accrual: what a withdrawal loses shows in the next one.
    function _deallocate(address adapter, bytes memory data, uint256 assets) private returns (uint256 received) {
        uint256 before = idle();
        (bytes32[] memory ids, int256 change) = IAdapter(adapter).deallocate(data, assets);
        for (uint256 i; i < ids.length; ++i) {
            _book(ids[i], change);
        }
        received = idle() - before;
        emit EventsLib.Deallocate(msg.sender, adapter, ids[0], received, change);
    }

    /// @dev An allocation never goes below zero: a stale figure must not stop an exit.
    function _book(bytes32 id, int256 change) private returns (uint256 allocated) {
        IdState storage state = _idState[id];
        allocated = state.allocation;
        allocated = change >= 0 ? allocated + uint256(change) : MathLib.zeroFloorSub(allocated, uint256(-change));
        require(allocated <= type(uint128).max, ErrorsLib.TotalAssetsOverflow(allocated));
        state.allocation = uint128(allocated);
    }

    /* ACCRUAL */

    /// @inheritdoc IVault
    function accrue() external nonReentrant returns (uint256 liveAssets) {
        (, liveAssets) = _accrue();
    }

    /// @dev Stores total assets as of now.
    function _accrue() private returns (uint256 exitTotal, uint256 liveAssets) {
        (exitTotal, liveAssets) = _accrued();
        require(liveAssets <= type(uint128).max, ErrorsLib.TotalAssetsOverflow(liveAssets));

        uint256 previous = storedAssets;
        storedAssets = uint128(exitTotal);
        lastAccrualAt = uint64(block.timestamp);
        if (exitTotal != previous) emit EventsLib.Accrue(previous, exitTotal, liveAssets);

        if (_firstTotalAssets == 0) {
            _firstTotalAssets = liveAssets;
            _entryFloor = liveAssets;
        }
    }

    /// @dev What accrual would store now. Stored assets never exceed live ones after it, so stored is the exit total.
    function _accrued() private view returns (uint256 stored, uint256 liveAssets) {
        liveAssets = _liveAssets();
        uint256 previous = storedAssets;
        uint256 elapsed = block.timestamp - lastAccrualAt;
        uint256 ceiling = previous + (previous * elapsed * maxRatePerSecondWad) / MathLib.WAD;
        stored = MathLib.min(liveAssets, ceiling);
    }

    function _liveAssets() private view returns (uint256 liveAssets) {
        liveAssets = idle();
        uint256 count = _adapters.length;
        for (uint256 i; i < count; ++i) {
            liveAssets += IAdapter(_adapters[i]).realAssets();
        }
    }

    function _entryTotal() private view returns (uint256) {
        return _entryTotal(_liveAssets());
    }

    /// @dev A gift ahead of the first entry must not leave it without shares.
    function _entryTotal(uint256 liveAssets) private view returns (uint256) {
        return totalSupply() == 0 ? 0 : MathLib.max(liveAssets, _entryFloor);
    }

    function _exitTotal() private view returns (uint256 stored) {
        (stored, ) = _accrued();
    }

    /* READS */

    /// @notice Live total assets: idle plus every adapter's position, interest due included.
    function totalAssets() external view notEntered returns (uint256) {
        return _liveAssets();
    }

    /// @inheritdoc IVault
    function pendingGain() external view notEntered returns (uint256) {
        (uint256 stored, uint256 liveAssets) = _accrued();
        return liveAssets - stored;
    }

    /// @inheritdoc IVault
    function idle() public view returns (uint256) {
        return asset.balanceOf(address(this));
    }

    /// @inheritdoc IVault
    function liquid() public view notEntered returns (uint256 available) {
        (available, , ) = _planExit(type(uint256).max);
    }

    /// @inheritdoc IVault
    function canPay(uint256 assets) external view notEntered returns (bool) {
        (uint256 available, , ) = _planExit(assets);
        return available >= assets;
    }

    /// @inheritdoc IVault
    function adapters() external view returns (address[] memory) {
        return _adapters;
    }

    /// @inheritdoc IVault
    function exitList() public view returns (ExitEntry[] memory) {
        return abi.decode(SSTORE2.read(_exitListPointer), (ExitEntry[]));
    }

    /// @inheritdoc IVault
    function capOf(bytes32 id) external view returns (uint128 absoluteCap, uint64 relativeCapWad) {
        return (_idState[id].absoluteCap, _idState[id].relativeCapWad);
    }

    /// @inheritdoc IVault
    function allocation(bytes32 id) external view returns (uint256) {
        return _idState[id].allocation;
    }

    /// @inheritdoc IVault
    function effectiveCap(address adapter, bytes calldata data) external view notEntered returns (uint256 cap) {
        bytes32[] memory ids = IAdapter(adapter).ids(data);
        uint256 liveAssets = _liveAssets();
        cap = type(uint256).max;
        for (uint256 i; i < ids.length; ++i) {
            IdState storage state = _idState[ids[i]];
            cap = MathLib.min(cap, state.absoluteCap);
            cap = MathLib.min(cap, MathLib.mulDivDown(liveAssets, state.relativeCapWad, MathLib.WAD));
        }
    }

    /* ERC-4626 READS */

    /// @notice Shares for `assets` at the entry price, rounded down.
    function convertToShares(uint256 assets) external view notEntered returns (uint256) {
        return _toSharesDown(assets, _entryTotal());
    }

    /// @notice Assets for `shares` at the exit price, rounded down.
    function convertToAssets(uint256 shares) external view notEntered returns (uint256) {
        return _toAssetsDown(shares, _exitTotal());
    }

    function previewDeposit(uint256 assets) external view notEntered returns (uint256) {
        return _toSharesDown(assets, _entryTotal());
    }

    function previewMint(uint256 shares) external view notEntered returns (uint256) {
        return _toAssetsUp(shares, _entryTotal());
    }

    function previewWithdraw(uint256 assets) external view notEntered returns (uint256) {
        return _toSharesUp(assets, _exitTotal());
    }

    function previewRedeem(uint256 shares) external view notEntered returns (uint256) {
        return _toAssetsDown(shares, _exitTotal());
    }

    /// @notice What fits 128 bits of total assets; 0 before the vault has a Guard.
    function maxDeposit(address) public view notEntered returns (uint256) {
        if (guard == address(0)) return 0;
        return MathLib.zeroFloorSub(type(uint128).max, MathLib.max(_liveAssets(), _entryFloor));
    }

    function maxMint(address receiver) external view returns (uint256) {
        return _toSharesDown(maxDeposit(receiver), _entryTotal());
    }

    /// @notice What the shares are worth at exit, bounded by what can be paid now.
    function maxWithdraw(address account) external view notEntered returns (uint256) {
        uint256 worth = _toAssetsDown(balanceOf(account), _exitTotal());
        (uint256 available, , ) = _planExit(worth);
        return MathLib.min(worth, available);
    }

    /// @notice The shares whose worth at exit can be paid now.
    function maxRedeem(address account) external view notEntered returns (uint256) {
        uint256 shares = balanceOf(account);
        uint256 exitTotal = _exitTotal();
        uint256 worth = _toAssetsDown(shares, exitTotal);
        (uint256 available, , ) = _planExit(worth);
        return available >= worth ? shares : _toSharesDown(available, exitTotal);
    }

    /* ERC-4626 ACTIONS */

    /// @notice Takes `assets` from the caller and mints shares to `receiver`.
    function deposit(uint256 assets, address receiver) external nonReentrant returns (uint256 shares) {
        (, uint256 liveAssets) = _accrue();
        shares = _toSharesDown(assets, _entryTotal(liveAssets));
        _enter(assets, shares, receiver);
    }

    /// @notice Mints exactly `shares` to `receiver` and takes what they cost from the caller.
    function mint(uint256 shares, address receiver) external nonReentrant returns (uint256 assets) {
        (, uint256 liveAssets) = _accrue();
        assets = _toAssetsUp(shares, _entryTotal(liveAssets));
        _enter(assets, shares, receiver);
    }

    /// @notice Sends exactly `assets` to `receiver` and burns the shares that they cost from `account`.
    function withdraw(
        uint256 assets,
        address receiver,
        address account
    ) external nonReentrant returns (uint256 shares) {
        (uint256 exitTotal, ) = _accrue();
        shares = _toSharesUp(assets, exitTotal);
        _exit(assets, shares, receiver, account);
    }

    /// @notice Burns exactly `shares` from `account` and sends what they are worth to `receiver`.
    function redeem(uint256 shares, address receiver, address account) external nonReentrant returns (uint256 assets) {
        (uint256 exitTotal, ) = _accrue();
        assets = _toAssetsDown(shares, exitTotal);
        _exit(assets, shares, receiver, account);
    }

    function _enter(uint256 assets, uint256 shares, address receiver) private {
        require(guard != address(0), ErrorsLib.EntryClosed());
        require(receiver != address(0), ErrorsLib.ZeroAddress());
        uint256 total = storedAssets + assets;
        require(total <= type(uint128).max, ErrorsLib.TotalAssetsOverflow(total));
        storedAssets = uint128(total);
        _entryFloor += assets;
        _entered = true;

        asset.safeTransferFrom(msg.sender, address(this), assets);
        _mint(receiver, shares);
        emit IERC4626.Deposit(msg.sender, receiver, assets, shares);
    }

    function _exit(uint256 assets, uint256 shares, address receiver, address account) private {
        require(receiver != address(0), ErrorsLib.ZeroAddress());
        if (msg.sender != account) _spendAllowance(account, msg.sender, shares);
        _burn(account, shares);
        _pull(assets);
        storedAssets = uint128(MathLib.zeroFloorSub(storedAssets, assets));
        _entryFloor = MathLib.zeroFloorSub(_entryFloor, assets);

        asset.safeTransfer(receiver, assets);
        emit IERC4626.Withdraw(msg.sender, receiver, account, assets, shares);
    }

    /// @dev Brings idle up to `assets`.
    function _pull(uint256 assets) private {
        if (idle() >= assets) return;
        (uint256 available, ExitEntry[] memory entries, uint256[] memory takes) = _planExit(assets);
        require(available >= assets, ErrorsLib.InsufficientLiquidity(available, assets));
        for (uint256 i; i < entries.length; ++i) {
            if (takes[i] != 0) _deallocate(entries[i].adapter, entries[i].data, takes[i]);
        }
        available = idle();
        require(available >= assets, ErrorsLib.InsufficientLiquidity(available, assets));
    }

    /// @dev How an exit of `assets` is paid: from idle, then from the exit list in its order. Looks no further than needed.
    /// @return available What can be paid, `assets` or more where it suffices.
    /// @return entries The exit list; empty where idle suffices.
    /// @return takes What comes out of each entry.
    function _planExit(
        uint256 assets
    ) private view returns (uint256 available, ExitEntry[] memory entries, uint256[] memory takes) {
        available = idle();
        if (available >= assets) return (available, entries, takes);
        entries = exitList();
        takes = new uint256[](entries.length);
        for (uint256 i; i < entries.length && available < assets; ++i) {
            uint256 withdrawable = IAdapter(entries[i].adapter).withdrawable(entries[i].data);
            takes[i] = MathLib.min(withdrawable, assets - available);
            available += takes[i];
        }
    }

    /* CONVERSIONS */

    function _toSharesDown(uint256 assets, uint256 total) private view returns (uint256) {
        return MathLib.mulDivDown(assets, totalSupply() + _virtualShares, total + 1);
    }

    function _toSharesUp(uint256 assets, uint256 total) private view returns (uint256) {
        return MathLib.mulDivUp(assets, totalSupply() + _virtualShares, total + 1);
    }

    function _toAssetsDown(uint256 shares, uint256 total) private view returns (uint256) {
        return MathLib.mulDivDown(shares, total + 1, totalSupply() + _virtualShares);
    }

    function _toAssetsUp(uint256 shares, uint256 total) private view returns (uint256) {
        return MathLib.mulDivUp(shares, total + 1, totalSupply() + _virtualShares);
    }

    /* ERC-20 */

    function name() public view override returns (string memory) {
        return _name;
    }

    function symbol() public view override returns (string memory) {
        return _symbol;
    }

    /// @notice Shares to the zero address would look burnt while they still count.
    function transfer(address to, uint256 amount) public override returns (bool) {
        require(to != address(0), ErrorsLib.ZeroAddress());
        return super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        require(to != address(0), ErrorsLib.ZeroAddress());
        return super.transferFrom(from, to, amount);
    }

    /// @dev No spender gets an allowance that nobody gave.
    function _givePermit2InfiniteAllowance() internal pure override returns (bool) {
        return false;
    }

    /* PRIVATE */

    function _setExitList(ExitEntry[] memory entries) private {
        bytes32[] memory venueIds = new bytes32[](entries.length);
        for (uint256 i; i < entries.length; ++i) {
            address adapter = entries[i].adapter;
            require(isAdapter[adapter], ErrorsLib.UnknownAdapter(adapter));
            // Reverts where the data names no venue of the adapter.
            venueIds[i] = IAdapter(adapter).ids(entries[i].data)[0];
            for (uint256 j; j < i; ++j) {
                require(venueIds[j] != venueIds[i], ErrorsLib.DuplicateExit(venueIds[i]));
            }
        }
        _exitListPointer = SSTORE2.write(abi.encode(entries));
        emit EventsLib.SetExitList(venueIds);
    }

    function _inSetup() internal view override returns (bool) {
        return totalSupply() == 0;
    }
}
