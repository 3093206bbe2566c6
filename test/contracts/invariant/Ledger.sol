// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { GuardLimits } from "../../../contracts/interfaces/IGuard.sol";
import { Properties } from "./Properties.sol";
import { World } from "./World.sol";

/// @notice What the handlers keep account of: the first property that was broken, what entered and left, what was
/// written off, and everything that only a timelock may loosen.
abstract contract Ledger is World {
    /// @dev The most that one walk through all venues rounds away, in asset units.
    uint256 internal constant ROUNDING = 16;

    /// @notice The first property that a handler saw broken, and in which action; empty where none was.
    string public violation;
    string private action;

    /// @notice How often each action did what it is for.
    mapping(string name => uint256) public done;

    /// @dev True for a venue that reverts, lies or pays short.
    bool[VENUES] internal unruly;

    /* WHAT A STEP MAY DO TO STORED TOTAL ASSETS */

    uint256 internal entered;
    uint256 internal left;
    uint256 internal ceiling;
    uint256 private writtenOff;
    uint256 private recoverable;
    uint256 private highWaterMark;

    /* WHAT ONLY A TIMELOCK MAY LOOSEN */

    bool internal executed;
    bytes32[] private ids;
    uint256[] private tightness;
    bytes4[6] private locked;

    constructor() {
        locked = [
            vault.increaseAbsoluteCap.selector,
            vault.increaseRelativeCap.selector,
            vault.lift.selector,
            vault.setMaxRate.selector,
            vault.setGuard.selector,
            vault.addAdapter.selector
        ];
        for (uint256 i; i < VENUES; ++i) {
            bytes32[] memory ofVenue = IAdapter(venues[i].adapter).ids(venues[i].data);
            for (uint256 j; j < ofVenue.length; ++j) ids.push(ofVenue[j]);
        }
    }

    modifier step(string memory name) {
        action = name;
        _begin();
        _;
        _end();
    }

    function _must(bool holds, string memory property) internal {
        if (holds || bytes(violation).length != 0) return;
        violation = string.concat(property, " (", action, ")");
    }

    /// @dev True where accrual works: no venue outside quarantine breaks it.
    function _isReadable() internal view returns (bool ok) {
        (ok, ) = address(vault).staticcall{ gas: BLOCK_GAS }(abi.encodeCall(vault.pendingGain, ()));
    }

    function _isSound() internal view returns (bool) {
        return this.isSound();
    }

    /// @return True where every venue that misbehaves is in quarantine.
    function isSound() external view returns (bool) {
        for (uint256 i; i < VENUES; ++i) {
            if (unruly[i] && !_isQuarantined(venues[i].adapter)) return false;
        }
        return _isReadable();
    }

    function _isQuarantined(address adapter) internal view returns (bool quarantined) {
        (, , quarantined, , , ) = vault.adapterState(adapter);
    }

    /// @return Exit price of 1e36 shares.
    function _price() internal view returns (uint256) {
        return vault.convertToAssets(1e36);
    }

    /// @dev Who stays has lost no more than rounding.
    function _noDilution(uint256 price, string memory property) internal {
        uint256 afterwards = _price();
        uint256 rounding = (price * ROUNDING) / (vault.totalAssets() + 1) + 1;
        _must(afterwards + rounding >= price, property);
    }

    function _least(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function _begin() private {
        entered = 0;
        left = 0;
        executed = false;
        (ceiling, writtenOff, highWaterMark) = this.before();
    }

    function _end() private {
        (uint256 stored, uint256 still, uint256 mark, bool readable, uint256 mayComeBack) = this.afterwards();
        uint256 back = writtenOff > still ? writtenOff - still : 0;
        _must(stored + left <= ceiling + recoverable + entered + back, Properties.I3);
        _must(mark >= highWaterMark, Properties.I7);
        // While accrual is broken it does not happen, so what may come back is what it was.
        if (readable) recoverable = mayComeBack;
        _checkTightness();
    }

    /* READS: calls to this contract, each of which reads much in one transaction */

    function before() external view returns (uint256, uint256, uint256) {
        return (_ceiling(), _writtenOff(), vault.highWaterMark());
    }

    function afterwards() external view returns (uint256, uint256, uint256, bool, uint256) {
        bool readable = _isReadable();
        uint256 mayComeBack = readable ? _mayComeBack() : 0;
        return (vault.storedAssets(), _writtenOff(), vault.highWaterMark(), readable, mayComeBack);
    }

    /// @dev What the maximum rate lets in until now; to be called again where a step lets time pass.
    function _setCeiling() internal {
        ceiling = _ceiling();
    }

    function _ceiling() private view returns (uint256) {
        uint256 stored = vault.storedAssets();
        uint256 elapsed = vm.getBlockTimestamp() - vault.lastAccrualAt();
        return stored + (stored * elapsed * vault.maxRatePerSecondWad()) / WAD;
    }

    /// @dev The vault says what is left after the next accrual; what that one takes in comes on top.
    function _mayComeBack() private view returns (uint256) {
        uint256 next = vault.totalAssets() - vault.pendingGain();
        uint256 most = _ceiling();
        return vault.recoverable() + (next > most ? next - most : 0);
    }

    function _writtenOff() private view returns (uint256 sum) {
        for (uint256 i; i < adapterList.length; ++i) {
            (, , , , , uint128 assets) = vault.adapterState(adapterList[i]);
            sum += assets;
        }
    }

    /* I18 */

    function _checkTightness() private {
        uint256[] memory present = this.tightnessNow();
        if (!executed) {
            for (uint256 i; i < tightness.length; ++i) _must(present[i] >= tightness[i], Properties.I18);
        }
        tightness = present;
    }

    /// @return values Of all that bounds somebody, in an order of its own: more is tighter.
    function tightnessNow() external view returns (uint256[] memory values) {
        values = new uint256[](2 * ids.length + 3 * adapterList.length + locked.length + 20);
        uint256 n;
        for (uint256 i; i < ids.length; ++i) {
            (uint128 absoluteCap, uint64 relativeCapWad) = vault.capOf(ids[i]);
            values[n++] = ~uint256(absoluteCap);
            values[n++] = ~uint256(relativeCapWad);
        }
        for (uint256 i; i < adapterList.length; ++i) {
            (bool registered, bool retired, bool quarantined, , uint128 mark, ) = vault.adapterState(adapterList[i]);
            values[n++] = registered ? 1 : 0;
            values[n++] = retired ? 1 : 0;
            values[n++] = quarantined ? ~uint256(mark) : 0;
        }
        for (uint256 i; i < locked.length; ++i) values[n++] = vault.timelock(locked[i]);
        values[n++] = ~uint256(plainAdapter.markWad());
        values[n++] = ~uint256(hidingAdapter.markWad());
        values[n++] = ~uint256(plainAdapter.maxPriceWad());
        values[n++] = ~uint256(vault.performanceFeeBps());
        values[n++] = ~uint256(vault.managementFeeBps());
        // These two may be moved in neither direction.
        values[n++] = vault.maxRatePerSecondWad();
        values[n++] = ~uint256(vault.maxRatePerSecondWad());
        values[n++] = vault.forcedExitPenaltyBps();
        values[n++] = ~uint256(vault.forcedExitPenaltyBps());
        GuardLimits memory limits = guard.limits();
        values[n++] = limits.cooldownSeconds;
        values[n++] = ~uint256(limits.maxLossPerPlanBps);
        values[n++] = ~uint256(limits.lossBudgetPerDayBps);
        values[n++] = ~uint256(limits.turnoverPerDayBps);
        values[n++] = limits.liquidFloorBps;
        values[n++] = guard.frozen() ? 1 : 0;
        values[n++] = vault.guard() == address(guard) ? 1 : 0;
        values[n++] = vault.isSentinel(sentinel) ? 1 : 0;
        values[n++] = vault.isSentinel(spareSentinel) ? 1 : 0;
        values[n++] = guard.isKeeper(depositors[0]) ? 0 : 1;
        values[n++] = vault.abdicated(vault.setForcedExitPenalty.selector) ? 1 : 0;
    }
}
