// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC20 } from "solady/tokens/ERC20.sol";
import { Multicallable } from "solady/utils/Multicallable.sol";
import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { SSTORE2 } from "solady/utils/SSTORE2.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { IAdapter } from "./interfaces/IAdapter.sol";
import { IGate } from "./interfaces/IGate.sol";
import { ExitEntry, IVault } from "./interfaces/IVault.sol";
import { Accounting } from "./base/Accounting.sol";
import { Roles } from "./base/Roles.sol";
import { Timelocked } from "./base/Timelocked.sol";
import { Venues } from "./base/Venues.sol";
import { AssetLib } from "./libraries/AssetLib.sol";
import { ErrorsLib } from "./libraries/ErrorsLib.sol";
import { EventsLib } from "./libraries/EventsLib.sol";
import { HotLib } from "./libraries/HotLib.sol";
import { MathLib } from "./libraries/MathLib.sol";
import { ReadLib } from "./libraries/ReadLib.sol";

/// @title Vault
/// @notice ERC-4626 and ERC-2612 vault of one asset, spread over the venues of its adapters. Read it with its bases:
/// `Timelocked` (when), `Roles` (who), `Venues` (where), `Accounting` (what a share is worth), and this file (in and out).
///
/// TOTAL ASSETS
/// - Live total assets are the asset in the vault plus what every adapter reports, interest due included; an adapter in
///   quarantine counts for its mark.
/// - Stored total assets follow live ones: down at once, up by at most `maxRatePerSecondWad`. A donation is a gain like
///   any other, so it comes in at that rate. Every state-changing function that uses a price accrues first.
///
/// SHARE PRICE
/// - Entry is at max(stored, live), exit at min(stored, live); `pendingGain()` is the difference while gains are held
///   back. Whoever enters before a gain and leaves after it takes no more of it than a holder.
/// - Within one transaction entry is never cheaper than the live total at the first accrual of that transaction. A loss
///   counts for exits the moment it shows.
/// - A loss may be undone: a venue's report can dip for one transaction. For a day a loss stays `recoverable`: entries pay
///   the price of before it, stored total assets may regain it at once, and entries are closed while it is more than
///   25 bp. A leaver leaves his part of it behind, which then comes in at the maximum rate.
/// - Limit: while a gain is held back, whoever can make live total assets dip to the stored ones may enter without paying
///   for the part held back. What he can take of it is bounded by the maximum rate.
/// - What is there before anybody holds a share belongs to who comes first, which is the seed: the first entry must be a
///   deposit to the dead address. It ends the setup.
/// - Shares have 18 decimals. 10^(18 - asset decimals) virtual shares and one virtual asset unit stand in every
///   conversion. Rounding is always for the vault.
///
/// FEES
/// - The performance fee is taken on the stored price above its high-water mark, which is net of fees: a loss and its
///   recovery cost nothing twice. The management fee is taken on stored total assets over time, for at most one year at
///   once. Both are shares, rounded down, which count in `totalSupply()` from accrual on and are the vault's own balance
///   until `claimFees`. Previews include what is due.
///
/// EXITS
/// - Deposits stay idle. An exit is paid from idle and then from the exit list in its order; `_planExit` alone decides
///   how, for `max*`, `liquid` and for execution. Nobody can pause exits, and no gate is asked.
/// - Only venues whose exit is exact stand in the exit list, and no two that drain one pool of liquidity.
/// - Any holder can force an exit out of any venue that is not in quarantine. He is charged the larger of what came in and
///   of what the position lost, and a penalty, at the exit price. What he is charged above the position's loss comes in at
///   the maximum rate for those who stay.
///
/// VENUES IN TROUBLE
/// - retired: takes nothing in any more. quarantined: counts for a mark that may only be lowered, is called by neither
///   accrual nor exits, and closes entries; what a deallocation brings out lowers the mark. Lifting it takes a fresh
///   report, and what comes back of what was written off counts at once, for nobody could enter meanwhile. The rest stays
///   recoverable for a day.
/// - A venue that reverts blocks accrual, and with it entries and exits, until it is quarantined. Where several do, what
///   the first of them was written down by comes back at the maximum rate instead of at once.
///
/// CAPS
/// - A position counts against every id that its adapter returns: its venue first, then the risks it shares. Each id has
///   an absolute cap in asset units and a relative one as a share of total assets; zero forbids, on both. Caps are checked
///   when assets are allocated and at no other time: they bound decisions, not interest.
/// - Relative caps measure against the total at the first accrual of the transaction, so a deposit in the same
///   transaction does not widen them. Nothing is allocated in a transaction in which somebody entered: the Guard's bounds
///   are shares of total assets, and borrowed assets would widen them for nothing. A venue that reports too much widens the
///   relative caps of the others; absolute caps hold.
/// - The recorded allocation of an id is the value at the last touch of its venues; a touch books interest too.
///
/// ADAPTERS
/// - Typed contracts bound to this vault. They are trusted to report truly and to name the ids of a position; the venues
///   behind them are not trusted with more than their caps.
///
/// TOKEN REQUIREMENTS
/// - The asset has at most 18 decimals, transfers exactly what it says (no fee, no rebasing). It may return nothing. Known
///   rebasing tokens are refused at deployment; every entry is measured.
///
/// GATE
/// - Chosen at deployment for good. It may refuse entries and the receipt of shares by transfer, never an exit. One that
///   reverts refuses.
///
/// TIMELOCKS AND ROLES
/// - owner: two-step; names curator, sentinels and fee recipient. A sentinel is added at once and removed after the
///   timelock.
/// - curator: proposes configuration. What tightens applies at once, what loosens waits, and dies with its proposer's
///   role. While nobody holds a share, configuration applies at once.
/// - sentinel: may only reduce risk: lower caps, retire and quarantine venues, take assets out of a venue, revoke what
///   waits, freeze the Guard. Curator and owner may do the same, save for taking assets out.
/// - guard: the only allocator. It is a contract with bounds of its own; the keeper's key has no role here.
/// - anyone: accrue, claim fees for their recipient, execute what has matured.
contract Vault is Accounting, Multicallable {
    using SafeTransferLib for address;

    /* CONSTANTS */

    /// @notice Largest penalty of a forced exit; the smallest is one basis point.
    uint256 private constant MAX_FORCED_EXIT_PENALTY_BPS = 200;

    /// @dev The seed's shares go here and never move.
    address private constant DEAD = 0x000000000000000000000000000000000000dEaD;

    /* IMMUTABLES */

    /// @inheritdoc IVault
    address public immutable gate;

    /// @dev Contracts whose code is the name and the symbol.
    address private immutable _name;
    address private immutable _symbol;

    /* STORAGE */

    /// @inheritdoc IVault
    address public guard;
    /// @inheritdoc IVault
    uint16 public forcedExitPenaltyBps = 20;

    /// @dev True once somebody has entered in this transaction.
    bool private transient _entered;

    /* CONSTRUCTOR */

    /// @param asset_ Asset of the vault, at most 18 decimals, neither rebasing nor with a fee on transfer.
    /// @param owner_ First owner; also the first curator until it names another.
    /// @param defaultTimelock_ Seconds that loosening calls wait once somebody holds a share; a day at least, save on test
    /// chains.
    /// @param gate_ May refuse entry and receipt of shares, never an exit; zero = none. It never changes.
    constructor(
        address asset_,
        address owner_,
        string memory name_,
        string memory symbol_,
        uint256 defaultTimelock_,
        address gate_
    ) Timelocked(defaultTimelock_) Roles(owner_) Venues(asset_) Accounting(10 ** (18 - AssetLib.check(asset_))) {
        require(gate_ == address(0) || gate_.code.length != 0, ErrorsLib.UnsupportedGate(gate_));
        gate = gate_;
        _name = SSTORE2.write(bytes(name_));
        _symbol = SSTORE2.write(bytes(symbol_));
        emit EventsLib.SetForcedExitPenalty(forcedExitPenaltyBps);
    }

    /* CURATOR, TIMELOCKED */

    /// @notice Makes a contract the only allocator.
    function setGuard(address newGuard) external {
        _checkTimelocked();
        require(newGuard != address(0), ErrorsLib.ZeroAddress());
        _checkVault(newGuard);
        guard = newGuard;
        _hot = _hot.withFlags(_hot.flags() | HotLib.HAS_GUARD);
        emit EventsLib.SetGuard(newGuard);
    }

    /// @notice Sets the penalty of a forced exit, in basis points; both ways wait.
    function setForcedExitPenalty(uint16 newPenaltyBps) external {
        _checkTimelocked();
        require(
            newPenaltyBps != 0 && newPenaltyBps <= MAX_FORCED_EXIT_PENALTY_BPS,
            ErrorsLib.PenaltyOutOfBounds(newPenaltyBps)
        );
        forcedExitPenaltyBps = newPenaltyBps;
        emit EventsLib.SetForcedExitPenalty(newPenaltyBps);
    }

    /* ALLOCATION */

    /// @inheritdoc IVault
    function allocate(address adapter, bytes calldata data, uint256 assets) external nonReentrant {
        require(msg.sender == guard, ErrorsLib.Unauthorized(msg.sender));
        uint256 word = _word(adapter);
        require(word & RETIRED == 0, ErrorsLib.AdapterRetired(adapter));
        require(word & QUARANTINED == 0, ErrorsLib.AdapterQuarantined(adapter));
        require(!_entered, ErrorsLib.AllocationAfterEntry());
        // The Guard accrues before the first leg; a second time would only cost gas.
        if (_firstTotalAssets() == 0) _accrue();
        uint256 available = idle();
        require(assets <= available, ErrorsLib.InsufficientIdle(available, assets));

        asset.safeTransfer(adapter, assets);
        (bytes32[] memory ids, int256 change) = IAdapter(adapter).allocate(data, assets);

        uint256 total = _firstTotalAssets();
        for (uint256 i; i < ids.length; ++i) {
            bytes32 id = ids[i];
            (uint256 allocated, uint256 absoluteCap, uint256 relativeCapParts) = _book(id, change);
            require(allocated <= absoluteCap, ErrorsLib.AbsoluteCapExceeded(id, allocated, absoluteCap));
            uint256 relativeCap = (total * relativeCapParts) / CAP_PARTS;
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
        uint256 word = _word(adapter);
        (received, ) = _deallocate(adapter, data, assets, idle());
        if (word & QUARANTINED != 0) _takeFromMark(adapter, received);
    }

    /// @dev No accrual: what a withdrawal loses shows in the next one.
    /// @param idleBefore Asset units in the vault.
    /// @return received Measured asset units that came in.
    /// @return left What the position is worth afterwards, by the adapter's account.
    function _deallocate(
        address adapter,
        bytes memory data,
        uint256 assets,
        uint256 idleBefore
    ) private returns (uint256 received, uint256 left) {
        (bytes32[] memory ids, int256 change) = IAdapter(adapter).deallocate(data, assets);
        (left, , ) = _book(ids[0], change);
        for (uint256 i = 1; i < ids.length; ++i) {
            _book(ids[i], change);
        }
        received = idle() - idleBefore;
        emit EventsLib.Deallocate(msg.sender, adapter, ids[0], received, change);
    }

    /* READS */

    /// @inheritdoc IVault
    function liquid() public view notEntered returns (uint256 available) {
        (available, , ) = _planExit(type(uint256).max, idle());
    }

    /// @inheritdoc IVault
    function canPay(uint256 assets) external view notEntered returns (bool) {
        (uint256 available, , ) = _planExit(assets, idle());
        return available >= assets;
    }

    /// @inheritdoc IVault
    function effectiveCap(address adapter, bytes calldata data) external view notEntered returns (uint256 cap) {
        if (_word(adapter) & (RETIRED | QUARANTINED) != 0) return 0;
        bytes32[] memory ids = IAdapter(adapter).ids(data);
        uint256 live = _accrual().live;
        cap = type(uint256).max;
        for (uint256 i; i < ids.length; ++i) {
            IdState storage state = _idState[ids[i]];
            cap = MathLib.min(cap, state.absoluteCap);
            cap = MathLib.min(cap, (live * state.relativeCapParts) / CAP_PARTS);
        }
    }

    /* ERC-4626 READS */

    /// @notice Shares for `assets` at the entry price, rounded down.
    function convertToShares(uint256 assets) external view notEntered returns (uint256) {
        Accrual memory a = _accrual();
        return _toSharesDown(a, assets, _entryTotal(a));
    }

    /// @notice Assets for `shares` at the exit price, rounded down.
    function convertToAssets(uint256 shares) external view notEntered returns (uint256) {
        Accrual memory a = _accrual();
        return _toAssetsDown(a, shares, a.stored);
    }

    function previewDeposit(uint256 assets) external view notEntered returns (uint256) {
        Accrual memory a = _accrual();
        return _toSharesDown(a, assets, _entryTotal(a));
    }

    function previewMint(uint256 shares) external view notEntered returns (uint256) {
        Accrual memory a = _accrual();
        return _toAssetsUp(a, shares, _entryTotal(a));
    }

    function previewWithdraw(uint256 assets) external view notEntered returns (uint256) {
        Accrual memory a = _accrual();
        return _toSharesUp(a, assets, a.stored);
    }

    function previewRedeem(uint256 shares) external view notEntered returns (uint256) {
        Accrual memory a = _accrual();
        return _toAssetsDown(a, shares, a.stored);
    }

    /// @notice What fits 128 bits of total assets; 0 while entries are closed or the gate refuses. The limits are 0 where a
    /// venue reverts; previews and `totalAssets` revert with it.
    function maxDeposit(address receiver) external view notEntered returns (uint256) {
        if (msg.sender != address(this)) return _orZero();
        return _maxDeposit(_accrual(), receiver);
    }

    function maxMint(address receiver) external view notEntered returns (uint256) {
        if (msg.sender != address(this)) return _orZero();
        Accrual memory a = _accrual();
        return _toSharesDown(a, _maxDeposit(a, receiver), _entryTotal(a));
    }

    /// @notice What the shares are worth at exit, bounded by what can be paid now. Unclaimed fee shares are nobody's to
    /// redeem.
    function maxWithdraw(address account) external view notEntered returns (uint256) {
        if (msg.sender != address(this)) return _orZero();
        Accrual memory a = _accrual();
        uint256 worth = _toAssetsDown(a, ERC20.balanceOf(account), a.stored);
        (uint256 available, , ) = _planExit(worth, a.idle);
        return MathLib.min(worth, available);
    }

    /// @notice The shares whose worth at exit can be paid now.
    function maxRedeem(address account) external view notEntered returns (uint256) {
        if (msg.sender != address(this)) return _orZero();
        Accrual memory a = _accrual();
        uint256 shares = ERC20.balanceOf(account);
        uint256 worth = _toAssetsDown(a, shares, a.stored);
        (uint256 available, , ) = _planExit(worth, a.idle);
        return available >= worth ? shares : _toSharesDown(a, available, a.stored);
    }

    /// @dev The answer of the very call to this contract itself; 0 where it reverts, for limits must not.
    function _orZero() private view returns (uint256 answer) {
        (, answer) = ReadLib.tryRead(address(this), msg.data, gasleft());
    }

    function _maxDeposit(Accrual memory a, address receiver) private view returns (uint256) {
        if (!_isOpen(a) || receiver == address(0) || receiver == address(this)) return 0;
        if (a.supply == 0 && receiver != DEAD) return 0;
        if (!_gateAllows(abi.encodeCall(IGate.mayEnter, (receiver, receiver)))) return 0;
        return MathLib.zeroFloorSub(type(uint128).max, MathLib.max(a.live, _entryTotal(a)));
    }

    /* ERC-4626 ACTIONS */

    /// @notice Takes `assets` from the caller and mints shares to `receiver`.
    function deposit(uint256 assets, address receiver) external nonReentrant returns (uint256 shares) {
        Accrual memory a = _accrue();
        shares = _toSharesDown(a, assets, _entryTotal(a));
        _enter(a, assets, shares, receiver);
    }

    /// @notice Mints exactly `shares` to `receiver` and takes what they cost from the caller.
    function mint(uint256 shares, address receiver) external nonReentrant returns (uint256 assets) {
        Accrual memory a = _accrue();
        assets = _toAssetsUp(a, shares, _entryTotal(a));
        _enter(a, assets, shares, receiver);
    }

    /// @notice Sends exactly `assets` to `receiver` and burns the shares that they cost from `account`.
    function withdraw(
        uint256 assets,
        address receiver,
        address account
    ) external nonReentrant returns (uint256 shares) {
        Accrual memory a = _accrue();
        shares = _toSharesUp(a, assets, a.stored);
        _exit(a, assets, shares, receiver, account);
    }

    /// @notice Burns exactly `shares` from `account` and sends what they are worth to `receiver`.
    function redeem(uint256 shares, address receiver, address account) external nonReentrant returns (uint256 assets) {
        Accrual memory a = _accrue();
        assets = _toAssetsDown(a, shares, a.stored);
        _exit(a, assets, shares, receiver, account);
    }

    /// @inheritdoc IVault
    function forceExit(
        address adapter,
        bytes calldata data,
        uint256 assets,
        address receiver,
        address account
    ) external nonReentrant returns (uint256 shares) {
        require(_word(adapter) & QUARANTINED == 0, ErrorsLib.AdapterQuarantined(adapter));
        Accrual memory a = _accrue();
        uint256 before = ReadLib.read(adapter, abi.encodeCall(IAdapter.venueAssets, (data)));
        (uint256 received, uint256 left) = _deallocate(adapter, data, assets, a.idle);

        uint256 charged = MathLib.max(received, MathLib.zeroFloorSub(before, left));
        charged += MathLib.mulDivUp(charged, forcedExitPenaltyBps, MathLib.BPS);
        shares = _toSharesUp(a, charged, a.stored);
        // Stored total assets fall by all that is charged, so the price does not jump; live ones fall by less.
        _burnForExit(a, charged, shares, receiver, account);
        _pay(received, shares, receiver, account);
        emit EventsLib.ForceExit(account, adapter, charged);
    }

    function _enter(Accrual memory a, uint256 assets, uint256 shares, address receiver) private {
        require(_isOpen(a), ErrorsLib.EntryClosed());
        require(receiver != address(0), ErrorsLib.ZeroAddress());
        require(receiver != address(this), ErrorsLib.ReceiverIsVault());
        if (a.supply == 0) {
            uint256 minimum = MathLib.max(1, 1e16 / _virtualShares);
            require(receiver == DEAD && assets >= minimum, ErrorsLib.SeedMissing(minimum));
        }
        require(_gateAllows(abi.encodeCall(IGate.mayEnter, (msg.sender, receiver))), ErrorsLib.GateRefused(receiver));
        uint256 total = MathLib.max(a.live, a.floor) + assets;
        require(total <= type(uint128).max, ErrorsLib.TotalAssetsOverflow(total));
        // Not above the sum that was just checked.
        _hot = _hot.withStoredAssets(a.stored + assets);
        _setFloor(a.floor + assets);
        _entered = true;

        asset.safeTransferFrom(msg.sender, address(this), assets);
        uint256 received = idle() - a.idle;
        require(received >= assets, ErrorsLib.FeeOnTransfer(assets, received));
        _mint(receiver, shares);
        emit IERC4626.Deposit(msg.sender, receiver, assets, shares);
    }

    function _exit(Accrual memory a, uint256 assets, uint256 shares, address receiver, address account) private {
        _burnForExit(a, assets, shares, receiver, account);
        _pull(a.idle, assets);
        _pay(assets, shares, receiver, account);
    }

    /// @dev Takes the shares, and what they are charged out of stored total assets.
    function _burnForExit(
        Accrual memory a,
        uint256 charged,
        uint256 shares,
        address receiver,
        address account
    ) private {
        require(receiver != address(0), ErrorsLib.ZeroAddress());
        if (msg.sender != account) _spendAllowance(account, msg.sender, shares);
        _leaveRecoverable(a, shares);
        _burn(account, shares);
        _hot = _hot.withStoredAssets(MathLib.zeroFloorSub(a.stored, charged));
        _setFloor(MathLib.zeroFloorSub(a.floor, charged));
    }

    function _pay(uint256 assets, uint256 shares, address receiver, address account) private {
        asset.safeTransfer(receiver, assets);
        emit IERC4626.Withdraw(msg.sender, receiver, account, assets, shares);
    }

    /// @dev Brings idle up to `assets`.
    function _pull(uint256 idleAssets, uint256 assets) private {
        if (idleAssets >= assets) return;
        (uint256 available, ExitEntry[] memory entries, uint256[] memory takes) = _planExit(assets, idleAssets);
        require(available >= assets, ErrorsLib.InsufficientLiquidity(available, assets));
        for (uint256 i; i < entries.length; ++i) {
            if (takes[i] == 0) continue;
            (uint256 received, ) = _deallocate(entries[i].adapter, entries[i].data, takes[i], idleAssets);
            idleAssets += received;
        }
        require(idleAssets >= assets, ErrorsLib.InsufficientLiquidity(idleAssets, assets));
    }

    /// @dev How an exit of `assets` is paid: from idle, then from the exit list in its order, past what is in quarantine.
    /// Looks no further than needed.
    /// @return available What can be paid, `assets` or more where it suffices.
    /// @return entries The exit list; empty where idle suffices.
    /// @return takes What comes out of each entry.
    function _planExit(
        uint256 assets,
        uint256 idleAssets
    ) private view returns (uint256 available, ExitEntry[] memory entries, uint256[] memory takes) {
        available = idleAssets;
        if (available >= assets) return (available, entries, takes);
        entries = exitList();
        takes = new uint256[](entries.length);
        bool hasQuarantine = _hot.has(HotLib.HAS_QUARANTINE);
        for (uint256 i; i < entries.length && available < assets; ++i) {
            if (hasQuarantine && _word(entries[i].adapter) & QUARANTINED != 0) continue;
            uint256 withdrawable = ReadLib.read(
                entries[i].adapter,
                abi.encodeCall(IAdapter.withdrawable, (entries[i].data))
            );
            takes[i] = MathLib.min(withdrawable, assets - available);
            available += takes[i];
        }
    }

    /* CONVERSIONS: one asset unit and some shares are virtual */

    function _toSharesDown(Accrual memory a, uint256 assets, uint256 total) private pure returns (uint256) {
        return MathLib.mulDivDown(assets, a.shares, total + 1);
    }

    function _toSharesUp(Accrual memory a, uint256 assets, uint256 total) private pure returns (uint256) {
        return MathLib.mulDivUp(assets, a.shares, total + 1);
    }

    function _toAssetsDown(Accrual memory a, uint256 shares, uint256 total) private pure returns (uint256) {
        return MathLib.mulDivDown(shares, total + 1, a.shares);
    }

    function _toAssetsUp(Accrual memory a, uint256 shares, uint256 total) private pure returns (uint256) {
        return MathLib.mulDivUp(shares, total + 1, a.shares);
    }

    /* GATE */

    /// @dev An answer that is not exactly true refuses, and so does none.
    function _gateAllows(bytes memory question) private view returns (bool) {
        if (gate == address(0)) return true;
        (bool success, uint256 answer) = ReadLib.tryRead(gate, question, gasleft());
        return success && answer == 1;
    }

    /* ERC-20 */

    function name() public view override returns (string memory) {
        return string(SSTORE2.read(_name));
    }

    function symbol() public view override returns (string memory) {
        return string(SSTORE2.read(_symbol));
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        _checkReceipt(to);
        return super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _checkReceipt(to);
        return super.transferFrom(from, to, amount);
    }

    /// @dev Shares at the zero address would look burnt while they still count; the vault's own are unclaimed fees.
    function _checkReceipt(address to) private view {
        require(to != address(0), ErrorsLib.ZeroAddress());
        require(to != address(this), ErrorsLib.ReceiverIsVault());
        if (gate == address(0)) return;
        require(_gateAllows(abi.encodeCall(IGate.mayReceiveShares, (to))), ErrorsLib.GateRefused(to));
    }

    /// @dev No spender gets an allowance that nobody gave.
    function _givePermit2InfiniteAllowance() internal pure override returns (bool) {
        return false;
    }
}
