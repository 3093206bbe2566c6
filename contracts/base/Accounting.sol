// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC20 } from "solady/tokens/ERC20.sol";
import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { IAdapter } from "../interfaces/IAdapter.sol";
import { IVault } from "../interfaces/IVault.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { EventsLib } from "../libraries/EventsLib.sol";
import { Hot, HotLib } from "../libraries/HotLib.sol";
import { MathLib } from "../libraries/MathLib.sol";
import { ReadLib } from "../libraries/ReadLib.sol";
import { Venues } from "./Venues.sol";

/// @notice What a share is worth: accrual, the recovery of sudden losses, fees, and quarantine.
///
/// One function, `_accrual`, says what is due now. Accrual stores it and every preview uses it, so a preview is what the
/// next call does.
abstract contract Accounting is Venues, ERC20 {
    using SafeTransferLib for address;

    /* CONSTANTS */

    /// @notice Bounds of the maximum rate: 10 % and 200 % a year. The lower one keeps gains from being withheld.
    uint256 internal constant MIN_MAX_RATE = 0.1e18 / uint256(365 days);
    uint256 internal constant MAX_MAX_RATE = 2e18 / uint256(365 days);
    uint256 internal constant MAX_PERFORMANCE_FEE_BPS = 3_000;
    uint256 internal constant MAX_MANAGEMENT_FEE_BPS = 200;

    /// @notice How long a sudden loss may come back at once.
    uint256 internal constant RECOVERY_PERIOD = 1 days;
    /// @dev A loss of this many ten-thousandths that may still come back closes entries. More than any plan may lose.
    uint256 private constant CLOSING_LOSS_BPS = 25;
    /// @dev Losses up to here are rounding: so many asset units and one part in so many.
    uint256 private constant DUST_UNITS = 16;
    uint256 private constant DUST_PARTS = 1e7;

    /// @dev The price of a share times this is what the high-water mark holds: 12 digits where the asset has no decimals,
    /// and room for a price of 3e8 where it has 18.
    uint256 private constant PRICE_SCALE = 1e30;
    /// @dev The management fee is for at most this time at once, which keeps it below what there is.
    uint256 private constant MAX_FEE_PERIOD = 365 days;

    /// @dev More than an honest adapter of many markets needs to report.
    uint256 private constant REPORT_GAS = 1_000_000;

    /* STORAGE */

    uint256 internal immutable _virtualShares;

    struct FeeState {
        uint128 highWaterMark;
        uint128 unclaimedShares;
    }

    struct Recoverable {
        uint128 assets;
        uint64 until;
    }

    struct Mark {
        uint128 assets;
        uint128 writtenOff;
    }

    FeeState private _fees;
    Recoverable private _recoverable;
    mapping(address adapter => Mark) private _marks;
    /// @inheritdoc IVault
    address public feeRecipient;

    /// @dev Low half: live total assets at the first accrual of the transaction; 0 before it. High half: the same, moved
    /// along with deposits and withdrawals; entry is never cheaper within the transaction.
    uint256 private transient _latch;

    /// @dev What is due now.
    /// @param hot The hot word as it will be.
    /// @param idle Asset units in the vault.
    /// @param live Live total assets.
    /// @param stored Stored total assets; never above live ones.
    /// @param supply All shares, the fee shares that are due included.
    /// @param shares The same and the virtual ones: what stands for all assets and one unit more.
    /// @param feeShares Fee shares that are due.
    /// @param highWaterMark The mark after the fees that are due.
    /// @param unclaimed Fee shares that nobody has claimed, with those that are due.
    /// @param previous Stored total assets at the last accrual.
    /// @param floor What entries pay at least in this transaction.
    /// @param recoverable Losses that may come back at once.
    /// @param lost True where a loss shows now.
    struct Accrual {
        Hot hot;
        uint256 idle;
        uint256 live;
        uint256 stored;
        uint256 supply;
        uint256 shares;
        uint256 feeShares;
        uint256 highWaterMark;
        uint256 unclaimed;
        uint256 previous;
        uint256 floor;
        uint256 recoverable;
        bool lost;
    }

    constructor(uint256 virtualShares) {
        _virtualShares = virtualShares;
        _hot = _hot.withLastAccrualAt(block.timestamp).withMaxRatePerSecondWad(MAX_MAX_RATE);
        emit EventsLib.SetMaxRate(MAX_MAX_RATE);
    }

    /* OWNER */

    /// @inheritdoc IVault
    function setFeeRecipient(address newFeeRecipient) external nonReentrant {
        _checkOwner();
        // What is due until now belongs to the former recipient.
        Accrual memory a = _accrue();
        _claimFees();
        bool hasFees = a.hot.performanceFeeBps() != 0 || a.hot.managementFeeBps() != 0;
        require(!hasFees || newFeeRecipient != address(0), ErrorsLib.FeeRecipientMissing());
        require(newFeeRecipient != address(this), ErrorsLib.ReceiverIsVault());
        feeRecipient = newFeeRecipient;
        emit EventsLib.SetFeeRecipient(newFeeRecipient);
    }

    /* CURATOR, TIMELOCKED */

    /// @notice Sets how fast gains come into the exit price, 1e18 = 100 % a second.
    function setMaxRate(uint64 newMaxRatePerSecondWad) external nonReentrant {
        _checkTimelocked();
        require(
            newMaxRatePerSecondWad >= MIN_MAX_RATE && newMaxRatePerSecondWad <= MAX_MAX_RATE,
            ErrorsLib.MaxRateOutOfBounds(newMaxRatePerSecondWad)
        );
        // The old rate is due for the time until now.
        _accrue();
        _hot = _hot.withMaxRatePerSecondWad(newMaxRatePerSecondWad);
        emit EventsLib.SetMaxRate(newMaxRatePerSecondWad);
    }

    /// @notice Raises the share of new gains that goes to the fee recipient, in basis points.
    function increasePerformanceFee(uint16 newFeeBps) external nonReentrant {
        Accrual memory a = _raiseFee(_hot.performanceFeeBps(), newFeeBps, MAX_PERFORMANCE_FEE_BPS);
        if (a.hot.performanceFeeBps() == 0) {
            // No fee on what was earned while there was none, nor on a loss that comes back.
            require(!a.hot.has(HotLib.HAS_QUARANTINE), ErrorsLib.EntryClosed());
            uint256 price = _price(a.stored + a.recoverable, a.shares);
            _fees.highWaterMark = uint128(MathLib.max(_fees.highWaterMark, price));
        }
        _setPerformanceFee(newFeeBps);
    }

    /// @notice Raises the share of total assets that goes to the fee recipient in a year, in basis points.
    function increaseManagementFee(uint16 newFeeBps) external nonReentrant {
        _raiseFee(_hot.managementFeeBps(), newFeeBps, MAX_MANAGEMENT_FEE_BPS);
        _setManagementFee(newFeeBps);
    }

    /// @notice Ends a quarantine with a fresh report. What comes back of what was written off counts at once: nobody could
    /// enter since, so it belongs to the shares that were there. The rest stays recoverable for a day.
    function lift(address adapter) external nonReentrant {
        _checkTimelocked(_subject(adapter));
        require(_word(adapter) & QUARANTINED != 0, ErrorsLib.AdapterNotQuarantined(adapter));
        Accrual memory a = _accrue();
        (bool success, uint256 report) = _tryReport(adapter);
        require(success, ErrorsLib.UnreadableAdapter(adapter));

        Mark memory mark = _marks[adapter];
        uint256 back = MathLib.min(MathLib.zeroFloorSub(report, mark.assets), mark.writtenOff);
        // What was written off is recoverable. What the report gives back comes in now, and the rest may for a day, as after
        // any loss: whoever executes this chooses the moment of the report.
        _setRecoverable(a.recoverable + mark.writtenOff, _recoverable.until);
        _hot = _hot.withFlags(_hot.flags() | HotLib.HAS_RECOVERABLE);
        _setFlag(adapter, QUARANTINED, false);
        delete _marks[adapter];
        _noteFlags();
        _accrue();
        emit EventsLib.Lift(adapter, report, back);
    }

    /* CURATOR OR OWNER, AT ONCE */

    /// @notice Lowers the performance fee.
    function decreasePerformanceFee(uint16 newFeeBps) external nonReentrant {
        _lowerFee(this.increasePerformanceFee.selector, _hot.performanceFeeBps(), newFeeBps);
        _setPerformanceFee(newFeeBps);
    }

    /// @notice Lowers the management fee.
    function decreaseManagementFee(uint16 newFeeBps) external nonReentrant {
        _lowerFee(this.increaseManagementFee.selector, _hot.managementFeeBps(), newFeeBps);
        _setManagementFee(newFeeBps);
    }

    /* CURATOR, SENTINEL OR OWNER, AT ONCE */

    /// @inheritdoc IVault
    /// @dev Works with every venue broken. A mark is never above the report where there is one, else never above what is
    /// left of stored total assets without the rest: a hostile sentinel cannot make shares worth more than reports do. He can
    /// keep a false report as a mark; curator, owner and every other sentinel lower it at once.
    function quarantine(address adapter, uint128 mark) external nonReentrant {
        _checkMayReduceRisk();
        Mark memory old = _marks[adapter];
        bool isRepeated = _word(adapter) & QUARANTINED != 0;
        (uint256 report, uint256 others, bool othersKnown) = _survey(adapter);

        if (isRepeated) {
            require(mark < old.assets, ErrorsLib.MarkNotLowered(mark));
        } else {
            bool isReadable = report != type(uint256).max;
            // What is due is taken in with the full report, so that only the mark is written off. Nobody is asked again: a
            // venue could answer the first time only.
            if (isReadable && othersKnown) _store(_accrualAt(idle(), others + report));
            uint256 most = isReadable ? report : MathLib.zeroFloorSub(_hot.storedAssets(), others);
            require(mark <= most, ErrorsLib.MarkTooHigh(mark, most));
            _setFlag(adapter, QUARANTINED, true);
            _noteFlags();
            _noteTightened(this.lift.selector, _subject(adapter));
            _noteTightened(this.removeAdapter.selector, _subject(adapter));
        }

        uint256 stored = _hot.storedAssets();
        // While another venue is broken, too, nobody can leave, and what is there is known once that one has its mark.
        uint256 writtenOff = othersKnown ? MathLib.zeroFloorSub(stored, others + mark) : 0;
        _hot = _hot.withStoredAssets(stored - writtenOff);
        _marks[adapter] = Mark({ assets: mark, writtenOff: old.writtenOff + uint128(writtenOff) });
        emit EventsLib.Quarantine(msg.sender, adapter, mark, writtenOff);
    }

    /* ANYONE */

    /// @inheritdoc IVault
    function accrue() external nonReentrant returns (uint256 liveAssets) {
        return _accrue().live;
    }

    /// @inheritdoc IVault
    function claimFees() external nonReentrant returns (uint256) {
        return _claimFees();
    }

    /* READS */

    /// @notice Live total assets: idle plus every adapter's position, interest due included.
    function totalAssets() external view notEntered returns (uint256) {
        return idle() + _liveInVenues(_hot.adapterCount());
    }

    /// @inheritdoc IVault
    function pendingGain() external view notEntered returns (uint256) {
        Accrual memory a = _accrual();
        return a.live - a.stored;
    }

    /// @inheritdoc IVault
    function entriesOpen() external view notEntered returns (bool) {
        return _isOpen(_accrual());
    }

    /// @inheritdoc IVault
    function recoverable() external view notEntered returns (uint256) {
        return _accrual().recoverable;
    }

    /// @inheritdoc IVault
    function idle() public view returns (uint256) {
        return asset.balanceOf(address(this));
    }

    /// @inheritdoc IVault
    function storedAssets() external view returns (uint128) {
        return uint128(_hot.storedAssets());
    }

    /// @inheritdoc IVault
    function lastAccrualAt() external view returns (uint64) {
        return uint64(_hot.lastAccrualAt());
    }

    /// @inheritdoc IVault
    function maxRatePerSecondWad() external view returns (uint64) {
        return uint64(_hot.maxRatePerSecondWad());
    }

    /// @inheritdoc IVault
    function performanceFeeBps() external view returns (uint16) {
        return uint16(_hot.performanceFeeBps());
    }

    /// @inheritdoc IVault
    function managementFeeBps() external view returns (uint16) {
        return uint16(_hot.managementFeeBps());
    }

    /// @inheritdoc IVault
    function highWaterMark() external view returns (uint128) {
        return _fees.highWaterMark;
    }

    /// @inheritdoc IVault
    function unclaimedFeeShares() external view returns (uint128) {
        return _fees.unclaimedShares;
    }

    /// @inheritdoc IVault
    function adapterState(
        address adapter
    )
        external
        view
        returns (bool registered, bool retired, bool quarantined, bool marked, uint128 mark, uint128 writtenOff)
    {
        if (!isAdapter(adapter)) return (false, false, false, false, 0, 0);
        uint256 word = _word(adapter);
        Mark memory m = _marks[adapter];
        return (true, word & RETIRED != 0, word & QUARANTINED != 0, word & MARKED != 0, m.assets, m.writtenOff);
    }

    /// @notice All shares, unclaimed fee shares included.
    function totalSupply() public view override returns (uint256) {
        return super.totalSupply() + _fees.unclaimedShares;
    }

    /// @notice Shares of `account`; the vault's own are the unclaimed fee shares.
    function balanceOf(address account) public view override returns (uint256) {
        return account == address(this) ? _fees.unclaimedShares : super.balanceOf(account);
    }

    /* ACCRUAL */

    /// @dev What is due now; see `Accrual`.
    function _accrual() internal view returns (Accrual memory) {
        uint256 idleAssets = idle();
        return _accrualAt(idleAssets, idleAssets + _liveInVenues(_hot.adapterCount()));
    }

    /// @dev What is due now with `live` total assets.
    function _accrualAt(uint256 idleAssets, uint256 live) private view returns (Accrual memory a) {
        Hot hot = _hot;
        a.idle = idleAssets;
        a.live = live;
        require(a.live <= type(uint128).max, ErrorsLib.TotalAssetsOverflow(a.live));

        a.floor = _latch >> 128;
        uint256 previous = hot.storedAssets();
        a.previous = previous;
        uint256 elapsed = block.timestamp - hot.lastAccrualAt();
        // Assets fit 128 bits, times and rates 40.
        unchecked {
            uint256 ceiling = previous + (previous * elapsed * hot.maxRatePerSecondWad()) / MathLib.WAD;
            if (hot.has(HotLib.HAS_RECOVERABLE)) {
                Recoverable memory r = _recoverable;
                // What a mark took away comes back with it, however long that takes: nobody can enter meanwhile.
                if (block.timestamp < r.until || hot.hasMarks()) a.recoverable = r.assets;
            }
            a.stored = MathLib.min(a.live, ceiling + a.recoverable);

            if (a.live < previous) {
                uint256 loss = previous - a.live;
                if (loss > DUST_UNITS + previous / DUST_PARTS) {
                    a.recoverable += loss;
                    a.lost = true;
                }
            } else if (a.stored > ceiling) {
                a.recoverable -= a.stored - ceiling;
            }
        }
        a.hot = hot.withStoredAssets(a.stored).withLastAccrualAt(block.timestamp);
        _addFees(a, elapsed);
    }

    /// @dev Fee shares that are due on `a.stored`: first the management fee, then the performance fee on what the price of
    /// a share is above its mark after that. Rounded down.
    function _addFees(Accrual memory a, uint256 elapsed) private view {
        FeeState memory fees = _fees;
        uint256 supply = super.totalSupply() + fees.unclaimedShares;
        uint256 shares = supply + _virtualShares;
        a.highWaterMark = fees.highWaterMark;
        a.supply = supply;
        a.shares = shares;
        if (supply == 0) return;

        // Assets fit 128 bits, a year 25, basis points 14, and a fee is below the whole. What new shares add is bounded by
        // the part of the whole that they stand for.
        unchecked {
            uint256 total = a.stored + 1;
            if (a.hot.managementFeeBps() != 0) {
                // On the lower of what was there and what is: never more than was there for all of the time.
                uint256 due =
                    MathLib.min(a.previous, a.stored) * MathLib.min(elapsed, MAX_FEE_PERIOD) * a.hot.managementFeeBps();
                shares += MathLib.mulDivDown(shares, due, total * (MathLib.BPS * 365 days) - due);
            }
            // A mark that fills its field is no mark: above it nothing is taken.
            if (a.hot.performanceFeeBps() != 0 && a.highWaterMark != type(uint128).max) {
                uint256 untaxed = MathLib.mulDivUp(a.highWaterMark, shares, PRICE_SCALE);
                if (total > untaxed) {
                    uint256 due = (total - untaxed) * a.hot.performanceFeeBps();
                    uint256 minted = MathLib.mulDivDown(shares, due, total * MathLib.BPS - due);
                    // Where the fee rounds to nothing the gain waits until it does not.
                    if (minted != 0) {
                        shares += minted;
                        a.highWaterMark = _price(a.stored, shares);
                    }
                }
            }
            // Fees that do not fit are forgone.
            a.feeShares = MathLib.min(shares - a.shares, type(uint128).max - fees.unclaimedShares);
            a.unclaimed = fees.unclaimedShares + a.feeShares;
            a.supply += a.feeShares;
            a.shares += a.feeShares;
        }
    }

    /// @dev Stores what is due.
    function _accrue() internal returns (Accrual memory) {
        return _store(_accrual());
    }

    function _store(Accrual memory a) private returns (Accrual memory) {
        if (a.lost || a.hot.has(HotLib.HAS_RECOVERABLE)) {
            _noteRecoverable(a);
        }
        _hot = a.hot;
        if (a.feeShares != 0) {
            // Each fits by construction.
            _fees = FeeState(uint128(a.highWaterMark), uint128(a.unclaimed));
        }
        if (a.stored != a.previous || a.feeShares != 0) {
            emit EventsLib.Accrue(a.stored, a.live, a.feeShares);
        }
        if (_latch == 0) {
            a.floor = a.live;
            _latch = (a.live << 128) | a.live;
        }
        return a;
    }

    /// @dev Live total assets at the first accrual of the transaction; 0 before it.
    function _firstTotalAssets() internal view returns (uint256) {
        return uint128(_latch);
    }

    /// @dev Moves what entries pay at least along with what came in.
    function _setFloor(uint256 floor) internal {
        _latch = (floor << 128) | uint128(_latch);
    }

    /// @dev A new loss moves the end towards a day from now by its part of the whole, so that small losses do not keep
    /// entries closed after a large one. What has come back or has expired is forgotten.
    function _noteRecoverable(Accrual memory a) private {
        uint256 until = _recoverable.until;
        // Losses fit 128 bits, and no end is further away than a day.
        unchecked {
            if (a.lost) {
                uint256 left = MathLib.zeroFloorSub(until, block.timestamp);
                uint256 moved = ((RECOVERY_PERIOD - left) * (a.previous - a.live)) / a.recoverable;
                until = block.timestamp + left + moved;
            }
        }
        if (a.recoverable == 0) {
            delete _recoverable;
            a.hot = a.hot.withFlags(a.hot.flags() & ~HotLib.HAS_RECOVERABLE);
        } else {
            _setRecoverable(a.recoverable, until);
            a.hot = a.hot.withFlags(a.hot.flags() | HotLib.HAS_RECOVERABLE);
        }
        if (a.lost) emit EventsLib.Recoverable(a.recoverable, until);
    }

    /// @dev A sum of losses of a day could exceed 128 bits only where assets do.
    function _setRecoverable(uint256 assets, uint256 until) private {
        _recoverable = Recoverable({ assets: uint128(MathLib.min(assets, type(uint128).max)), until: uint64(until) });
    }

    /// @dev Leavers leave at the lower price, so their part of what may come back no longer comes back at once.
    function _leaveRecoverable(Accrual memory a, uint256 shares) internal {
        if (a.recoverable == 0) return;
        a.recoverable = MathLib.mulDivDown(a.recoverable, a.supply - shares, a.supply);
        _setRecoverable(a.recoverable, _recoverable.until);
    }

    /// @dev Sum of the adapters' reports, and of the marks of those in quarantine.
    function _liveInVenues(uint256 count) private view returns (uint256 assets) {
        for (uint256 i; i < count; ++i) {
            uint256 word = _wordAt(i);
            address adapter = address(uint160(word));
            assets += word & QUARANTINED != 0 ? _marks[adapter].assets : IAdapter(adapter).realAssets();
        }
    }

    /// @dev A gift ahead of the first entry must not leave it without shares.
    function _entryTotal(Accrual memory a) internal pure returns (uint256) {
        if (a.supply == 0) return 0;
        return MathLib.max(MathLib.max(a.live, a.stored + a.recoverable), a.floor);
    }

    function _isOpen(Accrual memory a) internal pure returns (bool) {
        unchecked {
            return
                a.hot.flags() & ~HotLib.HAS_RECOVERABLE == HotLib.HAS_GUARD &&
                a.recoverable * MathLib.BPS <= (a.stored + a.recoverable) * CLOSING_LOSS_BPS;
        }
    }

    /* FEES */

    function _claimFees() private returns (uint256 shares) {
        shares = _fees.unclaimedShares;
        if (shares == 0) return 0;
        address recipient = feeRecipient;
        _fees.unclaimedShares = 0;
        _mint(recipient, shares);
        emit EventsLib.ClaimFees(msg.sender, recipient, shares);
    }

    function _raiseFee(uint256 oldFeeBps, uint256 newFeeBps, uint256 max) private returns (Accrual memory) {
        _checkTimelocked(0);
        require(newFeeBps > oldFeeBps, ErrorsLib.FeeNotIncreased(newFeeBps));
        require(newFeeBps <= max, ErrorsLib.FeeTooHigh(newFeeBps, max));
        require(feeRecipient != address(0), ErrorsLib.FeeRecipientMissing());
        // The old fee is due for the time until now.
        return _accrue();
    }

    function _lowerFee(bytes4 rise, uint256 oldFeeBps, uint256 newFeeBps) private {
        require(msg.sender == curator || msg.sender == owner, ErrorsLib.Unauthorized(msg.sender));
        require(newFeeBps < oldFeeBps, ErrorsLib.FeeNotDecreased(newFeeBps));
        _noteTightened(rise, 0);
        _accrue();
    }

    function _setPerformanceFee(uint16 newFeeBps) private {
        _hot = _hot.withPerformanceFeeBps(newFeeBps);
        emit EventsLib.SetPerformanceFee(msg.sender, newFeeBps);
    }

    function _setManagementFee(uint16 newFeeBps) private {
        _hot = _hot.withManagementFeeBps(newFeeBps);
        emit EventsLib.SetManagementFee(msg.sender, newFeeBps);
    }

    /// @return Assets of all shares over the number of shares, scaled; rounded up, for whoever pays the fee.
    function _price(uint256 stored, uint256 shares) private pure returns (uint256) {
        unchecked {
            // Assets fit 128 bits, the scale 100. There is at least one virtual share.
            uint256 price = ((stored + 1) * PRICE_SCALE + shares - 1) / shares;
            return MathLib.min(price, type(uint128).max);
        }
    }

    /* QUARANTINE */

    /// @inheritdoc Venues
    function _isEmpty(address adapter, uint256 word) internal view override returns (bool) {
        (bool success, uint256 report) = _tryReport(adapter);
        // What cannot be read reads as zero here.
        bool hasNone = report == 0 && (success || word & QUARANTINED != 0);
        return hasNone && word & MARKED == 0 && _marks[adapter].assets == 0;
    }

    /// @inheritdoc Venues
    function _forgetMark(address adapter) internal override {
        delete _marks[adapter];
    }

    /// @inheritdoc Venues
    function _noteUnmarked() internal override {
        _recoverable.until = uint64(block.timestamp + RECOVERY_PERIOD);
    }

    /// @dev What came in out of quarantine lowers the mark. What exceeds it counts at once, up to what was written off.
    function _takeFromMark(address adapter, uint256 received) internal {
        Mark memory mark = _marks[adapter];
        uint256 covered = MathLib.min(received, mark.assets);
        uint256 back = MathLib.min(received - covered, mark.writtenOff);
        // Each is the lower of itself and one that fits 128 bits.
        _marks[adapter] = Mark(mark.assets - uint128(covered), mark.writtenOff - uint128(back));
        _hot = _hot.withStoredAssets(_hot.storedAssets() + back);
    }

    /// @dev An adapter's report, whatever the adapter does. More than 112 bits is more than the vault can have booked, and
    /// so no report; what fits them fits their sum.
    function _tryReport(address adapter) private view returns (bool success, uint256 report) {
        // A caller that starves the read of gas must not pass for a broken adapter: 1/64 stays here.
        require(gasleft() > REPORT_GAS + REPORT_GAS / 32, ErrorsLib.OutOfGas());
        (success, report) = ReadLib.tryRead(adapter, abi.encodeCall(IAdapter.realAssets, ()), REPORT_GAS);
        if (report > type(uint112).max) return (false, 0);
    }

    /// @dev Every adapter's report, whatever they do.
    /// @return report What the adapter reports; `type(uint256).max` where it cannot be read, does not fit or is in
    /// quarantine.
    /// @return others Idle and what the other adapters report or are marked at.
    /// @return othersKnown True where all of them could be read.
    function _survey(address adapter) private view returns (uint256 report, uint256 others, bool othersKnown) {
        report = type(uint256).max;
        others = idle();
        othersKnown = true;
        for (uint256 i; i < _hot.adapterCount(); ++i) {
            uint256 word = _wordAt(i);
            address each = address(uint160(word));
            bool isMarked = word & QUARANTINED != 0;
            (bool success, uint256 value) = isMarked ? (true, _marks[each].assets) : _tryReport(each);
            if (each != adapter) {
                others += value;
                othersKnown = othersKnown && success;
            } else if (success && !isMarked) {
                report = value;
            }
        }
    }

    function _inSetup() internal view override returns (bool) {
        return totalSupply() == 0;
    }
}
