// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Multicallable } from "solady/utils/Multicallable.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { IGuard, GuardLimits, Leg, Plan } from "./interfaces/IGuard.sol";
import { IVault } from "./interfaces/IVault.sol";
import { Timelocked } from "./base/Timelocked.sol";
import { Bucket, BucketLib } from "./libraries/BucketLib.sol";
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
///   What takes the way through idle is bounded where it goes in again: by inflow, caps, cooldown and floor.
/// - No plan deposits in a transaction in which somebody entered the vault; see `Vault.allocate`.
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

    /// @inheritdoc IGuard
    uint64 public nextNonce;
    /// @inheritdoc IGuard
    uint64 public lastRebalanceAt;
    /// @inheritdoc IGuard
    bool public frozen;
    bool private transient _locked;

    GuardLimits private _limits;
    /// @dev In shares of total assets, 1e18 = all.
    Bucket private _turnover;
    Bucket private _loss;

    struct InflowLimit {
        uint128 assetsPerDay;
        bool isSet;
    }

    mapping(bytes32 venueId => InflowLimit) private _inflowLimit;
    mapping(bytes32 venueId => Bucket) private _inflow;

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
        require(!frozen, ErrorsLib.GuardFrozen());
        require(block.timestamp <= plan.deadline, ErrorsLib.PlanExpired(plan.deadline, block.timestamp));
        require(plan.nonce == nextNonce, ErrorsLib.WrongNonce(nextNonce, plan.nonce));
        nextNonce = plan.nonce + 1;

        GuardLimits memory bounds = _limits;
        // Withdrawals stand first, so the last leg tells whether anything goes into a venue.
        require(plan.legs.length != 0, ErrorsLib.EmptyPlan());
        require(plan.legs.length <= MAX_LEGS, ErrorsLib.TooManyLegs(MAX_LEGS));
        bool deposits = plan.legs[plan.legs.length - 1].deposit;
        if (deposits) {
            uint256 readyAt = uint256(lastRebalanceAt) + bounds.cooldownSeconds;
            require(block.timestamp >= readyAt, ErrorsLib.CoolingDown(readyAt));
            lastRebalanceAt = uint64(block.timestamp);
        }

        uint256 totalBefore = IVault(vault).accrue();
        uint256 turnover = _execute(plan.legs);
        uint256 totalAfter = IERC4626(vault).totalAssets();

        uint256 loss = MathLib.zeroFloorSub(totalBefore, totalAfter);
        require(
            totalAfter >= plan.minTotalAssetsAfter,
            ErrorsLib.TotalAssetsBelowMinimum(totalAfter, plan.minTotalAssetsAfter)
        );
        if (loss != 0) {
            uint256 allowed = MathLib.mulDivDown(totalBefore, bounds.maxLossPerPlanBps, MathLib.BPS);
            require(loss <= allowed, ErrorsLib.LossExceeded(loss, allowed));
            uint256 left = _drawShare(_loss, loss, totalBefore, bounds.lossBudgetPerDayBps);
            require(left == type(uint256).max, ErrorsLib.LossBudgetExceeded(loss, left));
        }
        if (deposits) {
            if (turnover != 0) {
                uint256 left = _drawShare(_turnover, turnover, totalBefore, bounds.turnoverPerDayBps);
                require(left == type(uint256).max, ErrorsLib.TurnoverExceeded(turnover, left));
            }
            uint256 floor = MathLib.mulDivUp(totalAfter, bounds.liquidFloorBps, MathLib.BPS);
            if (!IVault(vault).canPay(floor)) {
                revert ErrorsLib.LiquidFloorBroken(IVault(vault).liquid(), floor);
            }
        }

        emit EventsLib.Rebalanced(plan.nonce, msg.sender, turnover, loss, totalBefore, totalAfter);
        _locked = false;
    }

    /// @return turnover Measured assets that came out of venues.
    function _execute(Leg[] calldata legs) private returns (uint256 turnover) {
        bytes32[] memory venueIds = new bytes32[](legs.length);
        bool deposits;
        for (uint256 i; i < legs.length; ++i) {
            Leg calldata leg = legs[i];
            require(leg.assets != 0, ErrorsLib.ZeroLeg(i));
            require(leg.deposit || !deposits, ErrorsLib.LegOutOfOrder(i));
            deposits = leg.deposit;
            bytes32 venueId = IdsLib.venue(leg.adapter, leg.data);
            for (uint256 j; j < i; ++j) {
                require(venueIds[j] != venueId, ErrorsLib.DuplicateLeg(venueId));
            }
            venueIds[i] = venueId;

            if (leg.deposit) {
                _drawInflow(venueId, leg.assets);
                IVault(vault).allocate(leg.adapter, leg.data, leg.assets);
            } else {
                turnover += IVault(vault).deallocate(leg.adapter, leg.data, leg.assets);
            }
        }
    }

    function _drawInflow(bytes32 venueId, uint256 assets) private {
        uint256 capacity = inflowPerDay(venueId);
        uint256 left = BucketLib.available(_inflow[venueId], capacity);
        require(assets <= left, ErrorsLib.InflowExceeded(venueId, assets, left));
        BucketLib.draw(_inflow[venueId], assets, capacity);
    }

    /// @dev Draws `assets` as a share of `total`, rounded up.
    /// @return left `type(uint256).max` if it was drawn, else the asset units that the bucket still holds.
    function _drawShare(
        Bucket storage bucket,
        uint256 assets,
        uint256 total,
        uint256 capacityBps
    ) private returns (uint256 left) {
        uint256 capacity = capacityBps * BPS_WAD;
        uint256 available = BucketLib.available(bucket, capacity);
        uint256 share = MathLib.mulDivUp(assets, MathLib.WAD, total);
        if (share > available) return MathLib.mulDivDown(available, total, MathLib.WAD);
        BucketLib.draw(bucket, share, capacity);
        return type(uint256).max;
    }

    /* SENTINEL, CURATOR OR OWNER, AT ONCE */

    /// @notice Stops every plan. Exits stay open.
    function freeze() external {
        _checkMayReduceRisk();
        // The clock of lifting it starts with the freeze, not with its repetition.
        if (!frozen) _noteTightened(this.unfreeze.selector, 0);
        frozen = true;
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
        GuardLimits memory old = _limits;
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
        require(frozen, ErrorsLib.GuardNotFrozen());
        frozen = false;
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
    function limits() external view returns (GuardLimits memory) {
        return _limits;
    }

    /// @inheritdoc IGuard
    function turnoverAvailable() external view returns (uint256) {
        return _availableShare(_turnover, _limits.turnoverPerDayBps);
    }

    /// @inheritdoc IGuard
    function lossAvailable() external view returns (uint256) {
        return _availableShare(_loss, _limits.lossBudgetPerDayBps);
    }

    /// @inheritdoc IGuard
    function inflowAvailable(bytes32 venueId) external view returns (uint256) {
        return BucketLib.available(_inflow[venueId], inflowPerDay(venueId));
    }

    /// @return assetsPerDay Capacity of the venue's inflow bucket: what was set, else the venue's absolute cap.
    function inflowPerDay(bytes32 venueId) public view returns (uint256 assetsPerDay) {
        InflowLimit memory limit = _inflowLimit[venueId];
        if (limit.isSet) return limit.assetsPerDay;
        (assetsPerDay, ) = IVault(vault).capOf(venueId);
    }

    /* PRIVATE */

    function _availableShare(Bucket memory bucket, uint256 capacityBps) private view returns (uint256) {
        uint256 share = BucketLib.available(bucket, capacityBps * BPS_WAD);
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
        _limits = newLimits;
        emit EventsLib.SetLimits(msg.sender, newLimits);
    }

    function _setInflowPerDay(bytes32 venueId, uint128 assetsPerDay) private {
        _inflowLimit[venueId] = InflowLimit({ assetsPerDay: assetsPerDay, isSet: true });
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

    function _mayRevoke(bytes4, address account) internal view override returns (bool) {
        return _mayReduceRisk(account);
    }

    function _inSetup() internal view override returns (bool) {
        return IERC4626(vault).totalSupply() == 0;
    }
}
