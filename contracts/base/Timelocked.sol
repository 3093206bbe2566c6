// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { EventsLib } from "../libraries/EventsLib.sol";

/// @notice Submit, revoke, execute and abdicate by calldata and selector.
///
/// A function that loosens a bound begins with `_checkTimelocked`. Whoever may propose it submits its calldata; after
/// the selector's timelock anyone may `execute` that calldata, once. Where the timelock is zero, or while the contract is
/// still being set up (nobody has anything at stake yet), the proposer may call the function directly.
///
/// `execute` delegates to this contract itself, so the call keeps its caller: submitted calldata gains no power beyond the
/// one function whose lock it passes, and calldata wrapped in a multicall passes no lock, since the lock is bound to the
/// hash of the whole calldata.
///
/// A pending call lives as long as the term in which it was submitted: naming a curator and taking over ownership begin a
/// new one and end what was in store, for good. Whoever is in office then may submit the same call anew.
///
/// What has matured does not expire. But where a bound was tightened at once, a call that loosens it runs no earlier than
/// its timelock after the tightening, whenever it was submitted: nobody can keep one in reserve.
abstract contract Timelocked {
    /// @notice Longest timelock, in seconds. To close a function for good there is `abdicate`.
    uint256 public constant MAX_TIMELOCK = 30 days;

    /// @notice Shortest timelock outside test chains, in seconds.
    uint256 internal constant MIN_TIMELOCK = 1 days;

    /// @notice Timelock of every selector that was not given its own, in seconds.
    uint256 public immutable defaultTimelock;

    struct SelectorLock {
        uint64 duration;
        bool isSet;
        bool abdicated;
    }

    struct Pending {
        uint64 executableAt;
        address proposer;
        uint32 term;
    }

    mapping(bytes4 selector => SelectorLock) private _locks;

    mapping(bytes32 dataHash => Pending) private _pending;

    /// @dev Unix second of the last tightening, by the function that would loosen it and by what it bounds.
    mapping(bytes4 selector => mapping(bytes32 subject => uint256)) private _tightenedAt;

    /// @dev Hash of the calldata that `execute` has let through.
    bytes32 private transient _executing;

    constructor(uint256 defaultTimelock_) {
        _checkDuration(defaultTimelock_);
        defaultTimelock = defaultTimelock_;
    }

    /* READS */

    /// @return Seconds that calldata of this selector waits.
    function timelock(bytes4 selector) public view returns (uint256) {
        SelectorLock storage lock = _locks[selector];
        return lock.isSet ? lock.duration : defaultTimelock;
    }

    /// @return Unix second from which calldata of this hash may be executed; 0 where nothing is waiting, or what was has
    /// died with its term.
    function executableAt(bytes32 dataHash) public view returns (uint256) {
        Pending memory pending = _pending[dataHash];
        return pending.term == _term() ? pending.executableAt : 0;
    }

    /// @return Who submitted the calldata of this hash, even where it has died since; zero where nobody did.
    function proposerOf(bytes32 dataHash) external view returns (address) {
        return _pending[dataHash].proposer;
    }

    /// @return True where the function was given up for good.
    function abdicated(bytes4 selector) public view returns (bool) {
        return _locks[selector].abdicated;
    }

    /* ACTIONS */

    /// @notice Announces a call. It may be executed once its timelock has passed.
    function submit(bytes calldata data) external {
        bytes4 selector = _selector(data);
        require(_mayPropose(_governed(data), msg.sender), ErrorsLib.Unauthorized(msg.sender));
        bytes32 dataHash = keccak256(data);
        // What an earlier term left behind is dead and may be replaced.
        require(executableAt(dataHash) == 0, ErrorsLib.AlreadySubmitted(dataHash));

        uint256 matureAt = block.timestamp + _delay(data);
        _pending[dataHash] = Pending(uint64(matureAt), msg.sender, _term());
        emit EventsLib.Submit(selector, data, matureAt);
    }

    /// @notice Takes an announced call back. Proposers, sentinels and the owner may.
    function revoke(bytes calldata data) external {
        bytes4 selector = _selector(data);
        require(_mayRevoke(_governed(data), msg.sender), ErrorsLib.Unauthorized(msg.sender));
        bytes32 dataHash = keccak256(data);
        require(_pending[dataHash].executableAt != 0, ErrorsLib.NotSubmitted(dataHash));

        delete _pending[dataHash];
        emit EventsLib.Revoke(msg.sender, selector, data);
    }

    /// @notice Makes an announced call whose time has come. Anyone may.
    function execute(bytes calldata data) external {
        bytes32 dataHash = keccak256(data);
        Pending memory pending = _pending[dataHash];
        require(pending.executableAt != 0, ErrorsLib.NotSubmitted(dataHash));
        require(block.timestamp >= pending.executableAt, ErrorsLib.NotMatured(pending.executableAt));
        // Within one term nobody changes office, so the proposer may still propose.
        require(pending.term == _term(), ErrorsLib.ProposerGone(pending.proposer));

        delete _pending[dataHash];
        emit EventsLib.Execute(msg.sender, _selector(data), data);

        _executing = dataHash;
        (bool success, bytes memory result) = address(this).delegatecall(data);
        _executing = 0;
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }

    /// @notice Gives a function up for good; what waits under it never executes. Timelocked.
    function abdicate(bytes4 selector) external {
        _checkTimelocked();
        _locks[selector].abdicated = true;
        emit EventsLib.Abdicate(selector);
    }

    /// @notice Lengthens the timelock of a selector, at once.
    function increaseTimelock(bytes4 selector, uint256 duration) external {
        require(_mayPropose(selector, msg.sender), ErrorsLib.Unauthorized(msg.sender));
        _checkDuration(duration);
        require(duration > timelock(selector), ErrorsLib.TimelockNotIncreased(selector));
        _noteTightened(this.decreaseTimelock.selector, selector);
        _setTimelock(selector, duration);
    }

    /// @notice Shortens the timelock of a selector after the very time that it shortens.
    function decreaseTimelock(bytes4 selector, uint256 duration) external {
        _checkTimelocked(selector);
        _checkDuration(duration);
        require(duration < timelock(selector), ErrorsLib.TimelockNotDecreased(selector));
        _setTimelock(selector, duration);
    }

    /* FOR THE CONTRACT THAT INHERITS */

    /// @dev Who may submit a call of this selector, or call it directly where no time must pass.
    function _mayPropose(bytes4 selector, address account) internal view virtual returns (bool);

    /// @dev Grows whenever somebody who may propose is replaced or named again.
    function _term() internal view virtual returns (uint32);

    /// @dev Who may take a submitted call back.
    function _mayRevoke(bytes4 selector, address account) internal view virtual returns (bool);

    /// @dev True while nobody has anything at stake.
    function _inSetup() internal view virtual returns (bool);

    /// @dev First line of every timelocked function of which nothing can be tightened at once.
    function _checkTimelocked() internal view {
        _checkTimelocked(msg.sig);
    }

    /// @dev First line of a timelocked function where `subject` can be tightened at once.
    function _checkTimelocked(bytes32 subject) internal view {
        require(!_locks[msg.sig].abdicated, ErrorsLib.SelectorAbdicated(msg.sig));
        if (_executing != keccak256(msg.data)) {
            require(_mayPropose(_governed(msg.data), msg.sender), ErrorsLib.Unauthorized(msg.sender));
            require(_delay(msg.data) == 0 || _inSetup(), ErrorsLib.MustBeSubmitted(msg.sig));
        }
        uint256 tightenedAt = _tightenedAt[msg.sig][subject];
        if (tightenedAt == 0 || _inSetup()) return;
        uint256 readyAt = tightenedAt + _delay(msg.data);
        require(block.timestamp >= readyAt, ErrorsLib.NotMatured(readyAt));
    }

    /// @dev To be called where `subject` is tightened at once, with the function that loosens it.
    function _noteTightened(bytes4 selector, bytes32 subject) internal {
        _tightenedAt[selector][subject] = block.timestamp;
    }

    function _subject(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    /* PRIVATE */

    function _checkDuration(uint256 duration) private view {
        require(duration <= MAX_TIMELOCK, ErrorsLib.TimelockTooLong(duration, MAX_TIMELOCK));
        bool isTestChain = block.chainid == 31337 || block.chainid == 1337;
        require(isTestChain || duration >= MIN_TIMELOCK, ErrorsLib.TimelockTooShort(duration, MIN_TIMELOCK));
    }

    function _setTimelock(bytes4 selector, uint256 duration) private {
        SelectorLock storage lock = _locks[selector];
        // Bounded by MAX_TIMELOCK.
        lock.duration = uint64(duration);
        lock.isSet = true;
        emit EventsLib.SetTimelock(selector, duration);
    }

    /// @dev A shortening waits as long as the timelock that it shortens.
    function _delay(bytes calldata data) private view returns (uint256) {
        bytes4 selector = bytes4(data);
        return timelock(selector == this.decreaseTimelock.selector ? _governed(data) : selector);
    }

    /// @dev The function whose proposers decide: shortening its timelock and giving it up is theirs, too.
    function _governed(bytes calldata data) private view returns (bytes4 selector) {
        selector = _selector(data);
        if (selector != this.decreaseTimelock.selector && selector != this.abdicate.selector) return selector;
        require(data.length >= 36, ErrorsLib.MalformedCalldata());
        return bytes4(data[4:8]);
    }

    function _selector(bytes calldata data) private pure returns (bytes4) {
        require(data.length >= 4, ErrorsLib.MalformedCalldata());
        return bytes4(data);
    }
}
