// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Multicallable } from "solady/utils/Multicallable.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { IGuard, GuardLimits, Leg, Plan } from "./interfaces/IGuard.sol";
import { IVault } from "./interfaces/IVault.sol";
import { Timelocked } from "./base/Timelocked.sol";
import { BucketLib } from "./libraries/BucketLib.sol";
import { ErrorsLib } from "./libraries/ErrorsLib.sol";
import { EventsLib } from "./libraries/EventsLib.sol";
import { IdsLib } from "./libraries/IdsLib.sol";
import { MathLib } from "./libraries/MathLib.sol";

/// @title Guard
/// @notice The only allocator of a vault. It takes every keeper to be hostile: whatever plans a keeper sends, value stays
/// in the vault and its venues, and what the plans themselves destroy is at most the loss budget.
///
/// PLANS
/// - An ordered list of legs, withdrawals first; each venue at most once, no empty leg. Deadline, strictly next nonce.
/// - All or nothing: a leg that fails or a bound that does not hold reverts the plan.
/// - Caps, adapters and idle are checked by the vault.
///
/// BOUNDS
/// - Cooldown between two plans that put anything into a venue.
/// - Turnover: the measured amounts that come out of venues, drawn from a bucket that refills in a day. Bucket and cost
///   are shares of live total assets before the plan, so neither deposits nor withdrawals widen it for those who stay.
/// - Inflow: what goes into one venue, in asset units, drawn from a bucket of its own; by default the venue's absolute cap
///   a day.
/// - Loss: live total assets before the plan less those after it; at most `maxLossPerPlanBps` a plan, and drawn from a
///   budget that refills in a day, again in shares of total assets.
/// - Liquid floor: after the plan the vault can pay at least this share of total assets at once.
/// - A plan that only withdraws is never held up: it skips cooldown, turnover and liquid floor, but not the loss bounds.
///   What it brings to idle is owed: it draws turnover once later plans put it into venues. A plan's deposits beyond its
///   own withdrawals count as what is owed before they count as new money, so there is no way round the bucket by way of
///   idle. In every window, what plans put into venues is at most the turnover bucket, what was idle and not owed, and
///   what came in by deposits, donations and the sentinel's withdrawals.
/// - What leaves through exits is owed no longer. So a holder who leaves and enters again moves its own share without
///   turnover; exits that pull from venues let it do so in any case. Cooldown, inflow and loss bounds hold.
/// - No plan deposits in a transaction in which somebody entered the vault; see `Vault.allocate`.
/// - Known limit: values before and after a plan are at the prices that venues report while it runs. Whoever can move the
///   price of a venue within a transaction can take through plans what the caps let lie there: that is the venue's risk,
///   and no such venue belongs in a vault. Pushed up, it also widens what is a share of total assets: turnover, loss, and
///   the relative caps of other venues. Absolute caps and inflow hold.
///
/// ROLES
/// - Owner, curator and sentinels are the vault's. Keepers are added by the curator (timelocked) and removed at once.
/// - `freeze` stops every plan; sentinel, curator or owner. Exits and the sentinel's `deallocate` stay open. Only the
///   owner lifts it, timelocked.
/// - What tightens applies at once, what loosens waits for its timelock; while nobody holds a share, all applies at once.
contract Guard is IGuard, Timelocked, Multicallable {
    /* CONSTANTS */

    uint256 public constant MAX_LEGS = 32;

    /// @notice Hard limits of what the curator may set.
    uint256 public constant MIN_COOLDOWN_SECONDS = 10 minutes;
    uint256 public constant MAX_LOSS_PER_PLAN_BPS = 20;
    uint256 public constant MAX_LOSS_BUDGET_PER_DAY_BPS = 50;

    /// @dev 1 bp as a share of 1e18.
    uint256 private constant BPS_WAD = 1e14;

    /* STORAGE */

    /// @inheritdoc IGuard
    address public immutable vault;

    /// @dev What every plan reads and writes, in one slot each.
    struct Progress {
        uint64 nextNonce;
        uint40 lastRebalanceAt;
        bool frozen;
        uint128 turnoverOwed; // asset units; what of it has left idle meanwhile counts no more
    }

    /// @dev The limits and what of the two buckets is used, in shares of total assets, 1e18 = all. A day's turnover of
    /// 65,535 bp fits 64 bits, the hard limit of the loss budget 56.
    struct Bounds {
        uint32 cooldownSeconds;
        uint16 maxLossPerPlanBps;
        uint16 lossBudgetPerDayBps;
        uint16 turnoverPerDayBps;
        uint16 liquidFloorBps;
        uint64 turnoverUsed;
        uint56 lossUsed;
        uint40 drawnAt;
    }

    /// @dev What went into a venue and has not yet flowed back into its bucket; where no limit is set, the vault's cap is
    /// it and the second slot is never read.
    struct Inflow {
        uint128 used;
        uint40 drawnAt;
        bool isLimited;
        uint128 assetsPerDay;
    }

    Progress private _progress;
    Bounds private _bounds;
    mapping(bytes32 venueId => Inflow) private _inflow;
    bool private transient _locked;

    /// @inheritdoc IGuard
    mapping(address account => bool) public isKeeper;

    /* CONSTRUCTOR */

    /// @param vault_ The vault that this Guard allocates for.
    /// @param limits_ First limits, within the hard ones.
    /// @param defaultTimelock_ Seconds that loosening calls wait once somebody holds a share; 0 only on test chains.
    constructor(address vault_, GuardLimits memory limits_, uint256 defaultTimelock_) Timelocked(defaultTimelock_) {
        require(vault_ != address(0), ErrorsLib.ZeroAddress());
        vault = vault_;
        _setLimits(limits_);
    }

    /* KEEPER */

    /// @inheritdoc IGuard
    function rebalance(Plan calldata plan) external {
        require(!_locked, ErrorsLib.Reentered());
        _locked = true;
        require(isKeeper[msg.sender], ErrorsLib.NotKeeper(msg.sender));
        Progress memory progress = _progress;
        require(!progress.frozen, ErrorsLib.GuardFrozen());
        require(block.timestamp <= plan.deadline, ErrorsLib.PlanExpired(plan.deadline, block.timestamp));
        require(plan.nonce == progress.nextNonce, ErrorsLib.WrongNonce(progress.nextNonce, plan.nonce));
        progress.nextNonce = plan.nonce + 1;

        // Withdrawals stand first, so the last leg tells whether anything goes into a venue.
        require(plan.legs.length != 0, ErrorsLib.EmptyPlan());
        require(plan.legs.length <= MAX_LEGS, ErrorsLib.TooManyLegs(MAX_LEGS));
        bool deposits = plan.legs[plan.legs.length - 1].deposit;
        if (deposits) {
            uint256 readyAt = uint256(progress.lastRebalanceAt) + _bounds.cooldownSeconds;
            require(block.timestamp >= readyAt, ErrorsLib.CoolingDown(readyAt));
            progress.lastRebalanceAt = uint40(block.timestamp);
        }
        _progress = progress;

        uint256 totalBefore = IVault(vault).accrue();
        (uint256 withdrawn, uint256 deposited) = _execute(plan.legs);
        uint256 totalAfter = IERC4626(vault).totalAssets();
        uint256 loss = MathLib.zeroFloorSub(totalBefore, totalAfter);
        require(
            totalAfter >= plan.minTotalAssetsAfter,
            ErrorsLib.TotalAssetsBelowMinimum(totalAfter, plan.minTotalAssetsAfter)
        );
        uint256 turnover = _settleTurnover(deposits, withdrawn, deposited);
        if (loss != 0 || turnover != 0) _draw(turnover, loss, totalBefore);
        if (deposits) {
            uint256 floor = MathLib.mulDivUp(totalAfter, _bounds.liquidFloorBps, MathLib.BPS);
            if (!IVault(vault).canPay(floor)) {
                revert ErrorsLib.LiquidFloorBroken(IVault(vault).liquid(), floor);
            }
        }

        emit EventsLib.Rebalanced(plan.nonce, msg.sender, withdrawn, loss, totalBefore, totalAfter);
        _locked = false;
    }

    /// @return withdrawn Measured assets that came out of venues.
    /// @return deposited Assets that went into venues.
    function _execute(Leg[] calldata legs) private returns (uint256 withdrawn, uint256 deposited) {
        bytes32[] memory venueIds = new bytes32[](legs.length);
        bool deposits;
        for (uint256 i; i < legs.length; ++i) {
            Leg calldata leg = legs[i];
            require(leg.assets != 0, ErrorsLib.ZeroLeg(i));
            require(leg.deposit || !deposits, ErrorsLib.LegOutOfOrder(i));
            deposits = leg.deposit;
            bytes32 venueId = IdsLib.venueOf(leg.adapter, leg.data);
            for (uint256 j; j < i; ++j) {
                require(venueIds[j] != venueId, ErrorsLib.DuplicateLeg(venueId));
            }
            venueIds[i] = venueId;

            if (leg.deposit) {
                _drawInflow(venueId, leg.assets);
                deposited += leg.assets;
                IVault(vault).allocate(leg.adapter, leg.data, leg.assets);
            } else {
                withdrawn += IVault(vault).deallocate(leg.adapter, leg.data, leg.assets);
            }
        }
    }

    function _drawInflow(bytes32 venueId, uint128 assets) private {
        Inflow storage inflow = _inflow[venueId];
        uint256 capacity = _inflowPerDay(inflow, venueId);
        uint256 used = BucketLib.outstanding(inflow.used, inflow.drawnAt, capacity);
        require(assets <= capacity - used, ErrorsLib.InflowExceeded(venueId, assets, capacity - used));
        // At most the capacity, which fits 128 bits.
        inflow.used = uint128(used + assets);
        inflow.drawnAt = uint40(block.timestamp);
    }

    /// @return turnover What a plan draws from the bucket; the rest of what it takes out of venues is owed.
    function _settleTurnover(bool deposits, uint256 withdrawn, uint256 deposited) private returns (uint256 turnover) {
        uint256 owed = _progress.turnoverOwed;
        if (deposits) {
            turnover = withdrawn;
            if (owed == 0) return turnover;
            uint256 settled = MathLib.min(owed, MathLib.zeroFloorSub(deposited, withdrawn));
            turnover += settled;
            owed -= settled;
        } else {
            owed += withdrawn;
        }
        // Idle lies within total assets, which fit 128 bits.
        _progress.turnoverOwed = uint128(MathLib.min(owed, IVault(vault).idle()));
    }

    /// @dev Draws a plan's turnover and loss, as shares of `total`, rounded up. Limits are read again: a bound that was
    /// tightened while the plan ran holds for it.
    function _draw(uint256 turnover, uint256 loss, uint256 total) private {
        Bounds memory bounds = _bounds;
        uint256 capacity = uint256(bounds.lossBudgetPerDayBps) * BPS_WAD;
        uint256 used = BucketLib.outstanding(bounds.lossUsed, bounds.drawnAt, capacity);
        if (loss != 0) {
            uint256 allowed = MathLib.mulDivDown(total, bounds.maxLossPerPlanBps, MathLib.BPS);
            require(loss <= allowed, ErrorsLib.LossExceeded(loss, allowed));
            uint256 share = MathLib.mulDivUp(loss, MathLib.WAD, total);
            uint256 left = capacity - used;
            require(share <= left, ErrorsLib.LossBudgetExceeded(loss, MathLib.mulDivDown(left, total, MathLib.WAD)));
            used += share;
        }
        bounds.lossUsed = uint56(used);

        capacity = uint256(bounds.turnoverPerDayBps) * BPS_WAD;
        used = BucketLib.outstanding(bounds.turnoverUsed, bounds.drawnAt, capacity);
        if (turnover != 0) {
            uint256 share = MathLib.mulDivUp(turnover, MathLib.WAD, total);
            uint256 left = capacity - used;
            require(share <= left, ErrorsLib.TurnoverExceeded(turnover, MathLib.mulDivDown(left, total, MathLib.WAD)));
            used += share;
        }
        bounds.turnoverUsed = uint64(used);
        bounds.drawnAt = uint40(block.timestamp);
        _bounds = bounds;
    }

    /* SENTINEL, CURATOR OR OWNER, AT ONCE */

    /// @notice Stops every plan. Exits stay open.
    function freeze() external {
        _checkMayReduceRisk();
        // The clock of lifting it starts with the freeze, not with its repetition.
        if (!frozen()) _noteTightened(this.unfreeze.selector, 0);
        _progress.frozen = true;
        emit EventsLib.SetFrozen(msg.sender, true);
    }

    /// @notice Takes a keeper's role away.
    function removeKeeper(address account) external {
        _checkMayReduceRisk();
        isKeeper[account] = false;
        _noteTightened(this.addKeeper.selector, _subject(account));
        emit EventsLib.SetKeeper(msg.sender, account, false);
    }

    /// @notice Replaces the limits by ones none of which is looser.
    function tightenLimits(GuardLimits calldata newLimits) external {
        _checkMayReduceRisk();
        Bounds memory old = _bounds;
        require(newLimits.cooldownSeconds >= old.cooldownSeconds, ErrorsLib.LimitLoosened("cooldownSeconds"));
        require(newLimits.maxLossPerPlanBps <= old.maxLossPerPlanBps, ErrorsLib.LimitLoosened("maxLossPerPlanBps"));
        require(
            newLimits.lossBudgetPerDayBps <= old.lossBudgetPerDayBps,
            ErrorsLib.LimitLoosened("lossBudgetPerDayBps")
        );
        require(newLimits.turnoverPerDayBps <= old.turnoverPerDayBps, ErrorsLib.LimitLoosened("turnoverPerDayBps"));
        require(newLimits.liquidFloorBps >= old.liquidFloorBps, ErrorsLib.LimitLoosened("liquidFloorBps"));
        _noteTightened(this.setLimits.selector, 0);
        _setLimits(newLimits);
    }

    /// @notice Lowers what may go into a venue in a day; 0 closes it.
    function lowerInflowPerDay(bytes32 venueId, uint128 assetsPerDay) external {
        _checkMayReduceRisk();
        require(assetsPerDay <= inflowPerDay(venueId), ErrorsLib.LimitLoosened("inflowPerDay"));
        _noteTightened(this.setInflowPerDay.selector, venueId);
        _setInflowPerDay(venueId, assetsPerDay);
    }

    /* TIMELOCKED */

    /// @notice Lifts a freeze; the owner proposes.
    function unfreeze() external {
        _checkTimelocked(0);
        require(frozen(), ErrorsLib.GuardNotFrozen());
        _progress.frozen = false;
        emit EventsLib.SetFrozen(msg.sender, false);
    }

    /// @notice Gives an account the keeper's role.
    function addKeeper(address account) external {
        _checkTimelocked(_subject(account));
        require(account != address(0), ErrorsLib.ZeroAddress());
        isKeeper[account] = true;
        emit EventsLib.SetKeeper(msg.sender, account, true);
    }

    /// @notice Replaces the limits, within the hard ones.
    function setLimits(GuardLimits calldata newLimits) external {
        _checkTimelocked(0);
        _setLimits(newLimits);
    }

    /// @notice Sets what may go into a venue in a day, in asset units.
    function setInflowPerDay(bytes32 venueId, uint128 assetsPerDay) external {
        _checkTimelocked(venueId);
        _setInflowPerDay(venueId, assetsPerDay);
    }

    /* READS */

    /// @inheritdoc IGuard
    function nextNonce() external view returns (uint64) {
        return _progress.nextNonce;
    }

    /// @inheritdoc IGuard
    function lastRebalanceAt() external view returns (uint64) {
        return _progress.lastRebalanceAt;
    }

    /// @inheritdoc IGuard
    function frozen() public view returns (bool) {
        return _progress.frozen;
    }

    /// @inheritdoc IGuard
    function limits() external view returns (GuardLimits memory) {
        Bounds memory bounds = _bounds;
        return
            GuardLimits({
                cooldownSeconds: bounds.cooldownSeconds,
                maxLossPerPlanBps: bounds.maxLossPerPlanBps,
                lossBudgetPerDayBps: bounds.lossBudgetPerDayBps,
                turnoverPerDayBps: bounds.turnoverPerDayBps,
                liquidFloorBps: bounds.liquidFloorBps
            });
    }

    /// @inheritdoc IGuard
    function turnoverAvailable() external view returns (uint256) {
        Bounds memory bounds = _bounds;
        return _availableShare(bounds.turnoverUsed, bounds.drawnAt, bounds.turnoverPerDayBps);
    }

    /// @inheritdoc IGuard
    function turnoverOwed() external view returns (uint256) {
        return MathLib.min(_progress.turnoverOwed, IVault(vault).idle());
    }

    /// @inheritdoc IGuard
    function lossAvailable() external view returns (uint256) {
        Bounds memory bounds = _bounds;
        return _availableShare(bounds.lossUsed, bounds.drawnAt, bounds.lossBudgetPerDayBps);
    }

    /// @inheritdoc IGuard
    function inflowAvailable(bytes32 venueId) external view returns (uint256) {
        Inflow storage inflow = _inflow[venueId];
        return BucketLib.available(inflow.used, inflow.drawnAt, _inflowPerDay(inflow, venueId));
    }

    /// @inheritdoc IGuard
    function inflowPerDay(bytes32 venueId) public view returns (uint256) {
        return _inflowPerDay(_inflow[venueId], venueId);
    }

    /* PRIVATE */

    function _inflowPerDay(Inflow storage inflow, bytes32 venueId) private view returns (uint256 assetsPerDay) {
        if (inflow.isLimited) return inflow.assetsPerDay;
        (assetsPerDay, ) = IVault(vault).capOf(venueId);
    }

    function _availableShare(uint256 used, uint256 drawnAt, uint256 capacityBps) private view returns (uint256) {
        uint256 share = BucketLib.available(used, drawnAt, capacityBps * BPS_WAD);
        return MathLib.mulDivDown(share, IERC4626(vault).totalAssets(), MathLib.WAD);
    }

    function _setLimits(GuardLimits memory newLimits) private {
        require(newLimits.cooldownSeconds >= MIN_COOLDOWN_SECONDS, ErrorsLib.LimitOutOfBounds("cooldownSeconds"));
        require(newLimits.maxLossPerPlanBps <= MAX_LOSS_PER_PLAN_BPS, ErrorsLib.LimitOutOfBounds("maxLossPerPlanBps"));
        require(
            newLimits.lossBudgetPerDayBps <= MAX_LOSS_BUDGET_PER_DAY_BPS,
            ErrorsLib.LimitOutOfBounds("lossBudgetPerDayBps")
        );
        require(newLimits.liquidFloorBps <= MathLib.BPS, ErrorsLib.LimitOutOfBounds("liquidFloorBps"));
        Bounds storage bounds = _bounds;
        bounds.cooldownSeconds = newLimits.cooldownSeconds;
        bounds.maxLossPerPlanBps = newLimits.maxLossPerPlanBps;
        bounds.lossBudgetPerDayBps = newLimits.lossBudgetPerDayBps;
        bounds.turnoverPerDayBps = newLimits.turnoverPerDayBps;
        bounds.liquidFloorBps = newLimits.liquidFloorBps;
        emit EventsLib.SetLimits(msg.sender, newLimits);
    }

    function _setInflowPerDay(bytes32 venueId, uint128 assetsPerDay) private {
        Inflow storage inflow = _inflow[venueId];
        inflow.isLimited = true;
        inflow.assetsPerDay = assetsPerDay;
        emit EventsLib.SetInflowPerDay(msg.sender, venueId, assetsPerDay);
    }

    function _checkMayReduceRisk() private view {
        require(_mayReduceRisk(msg.sender), ErrorsLib.Unauthorized(msg.sender));
    }

    function _mayReduceRisk(address account) private view returns (bool) {
        IVault roles = IVault(vault);
        return roles.isSentinel(account) || account == roles.curator() || account == roles.owner();
    }

    function _mayPropose(bytes4 selector, address account) internal view override returns (bool) {
        if (selector == this.unfreeze.selector) return account == IVault(vault).owner();
        return account == IVault(vault).curator();
    }

    function _term() internal view override returns (uint32) {
        return IVault(vault).term();
    }

    function _mayRevoke(bytes4, address account) internal view override returns (bool) {
        return _mayReduceRisk(account);
    }

    function _inSetup() internal view override returns (bool) {
        return IERC4626(vault).totalSupply() == 0;
    }
}
