// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SSTORE2 } from "solady/utils/SSTORE2.sol";
import { IAdapter } from "../interfaces/IAdapter.sol";
import { ExitEntry, IVault } from "../interfaces/IVault.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { EventsLib } from "../libraries/EventsLib.sol";
import { Hot, HotLib } from "../libraries/HotLib.sol";
import { MathLib } from "../libraries/MathLib.sol";
import { ReadLib } from "../libraries/ReadLib.sol";
import { Roles } from "./Roles.sol";

/// @notice Which venues a vault has: adapters, caps by id and the exit list. Moves nothing and knows no price.
///
/// A retired adapter takes nothing in any more. The flags of an adapter lie beside its address, since accrual reads that
/// word anyway; what closes entries also lies in the hot word, which is all that an entry has to read.
abstract contract Venues is IVault, Roles {
    /* CONSTANTS */

    uint256 public constant MAX_ADAPTERS = 16;
    uint256 public constant MAX_EXITS = 16;

    /// @dev Flags of an adapter, above the 160 bits of its address.
    uint256 internal constant RETIRED = 1 << 160;
    uint256 internal constant QUARANTINED = 1 << 161;
    uint256 internal constant MARKED = 1 << 162;

    /// @dev Relative caps are stored in parts of this many: billionths.
    uint256 internal constant CAP_PARTS = 1e9;
    uint256 private constant PART_WAD = MathLib.WAD / CAP_PARTS;

    /* STORAGE */

    /// @notice The asset of the vault.
    address public immutable asset;

    /// @dev One word. Caps and allocations above 2^112 - 1 are stored as that; no asset of use has as many units.
    struct IdState {
        uint112 absoluteCap;
        uint112 allocation;
        uint32 relativeCapParts;
    }

    /// @dev What every action reads.
    Hot internal _hot;

    /// @dev Address and flags of each adapter. Found by looking through them: accrual has read them all before.
    uint256[16] private _words;
    mapping(bytes32 id => IdState) internal _idState;
    /// @dev Contract whose code is the ABI-encoded exit list; one read of code is cheaper than many of storage. Zero before
    /// the first.
    address private _exitListPointer;

    /* LOCK */

    /// @dev 1 while the vault is at work.
    uint256 private transient _lock;

    modifier nonReentrant() {
        _checkUnlocked();
        _lock = 1;
        _;
        _lock = 0;
    }

    /// @dev Prices read while the vault is at work would be wrong.
    modifier notEntered() {
        _checkUnlocked();
        _;
    }

    function _checkUnlocked() private view {
        require(_lock == 0, ErrorsLib.Reentered());
    }

    constructor(address asset_) {
        asset = asset_;
    }

    /* CURATOR, TIMELOCKED */

    /// @notice Registers an adapter. It holds nothing before its ids have caps.
    function addAdapter(address adapter) external {
        _checkTimelocked();
        require(!isAdapter(adapter), ErrorsLib.AdapterExists(adapter));
        uint256 count = _hot.adapterCount();
        require(count < MAX_ADAPTERS, ErrorsLib.TooManyAdapters(MAX_ADAPTERS));
        // An adapter takes its asset from its vault.
        _checkVault(adapter);
        _words[count] = uint160(adapter);
        _hot = _hot.withAdapterCount(count + 1);
        emit EventsLib.AddAdapter(adapter, bytes32(ReadLib.read(adapter, abi.encodeCall(IAdapter.kind, ()))));
    }

    /// @notice Forgets an adapter that reports nothing and stands in no exit. One that counts a position below its venue's
    /// report stays, for nothing reported is not nothing held. One in quarantine goes where its mark is zero and its report
    /// is, too, or cannot be read; what could still be counted must be lifted first.
    function removeAdapter(address adapter) external {
        _checkTimelocked(_subject(adapter));
        require(_isEmpty(adapter, _word(adapter)), ErrorsLib.AdapterInUse(adapter));
        ExitEntry[] memory entries = exitList();
        for (uint256 i; i < entries.length; ++i) {
            require(entries[i].adapter != adapter, ErrorsLib.AdapterInUse(adapter));
        }

        uint256 last = _hot.adapterCount() - 1;
        _words[_placeOf(adapter)] = _words[last];
        delete _words[last];
        _hot = _hot.withAdapterCount(last);
        _forgetMark(adapter);
        _noteFlags();
        emit EventsLib.RemoveAdapter(adapter);
    }

    /// @notice Lets assets into a retired adapter again.
    function reinstate(address adapter) external {
        _checkTimelocked(_subject(adapter));
        require(_word(adapter) & RETIRED != 0, ErrorsLib.AdapterNotRetired(adapter));
        _setFlag(adapter, RETIRED, false);
        emit EventsLib.Reinstate(adapter);
    }

    /// @notice Raises the absolute cap of an id; 2^112 - 1 or more is no bound.
    function increaseAbsoluteCap(bytes32 id, uint128 newCap) external {
        _checkTimelocked(id);
        require(_setAbsoluteCap(id, newCap) < newCap, ErrorsLib.CapNotIncreased(id));
    }

    /// @notice Raises the relative cap of an id, 1e18 = all of total assets. Rounded down to billionths, which is never
    /// looser than what was asked for.
    function increaseRelativeCap(bytes32 id, uint64 newCapWad) external {
        _checkTimelocked(id);
        require(newCapWad <= MathLib.WAD, ErrorsLib.RelativeCapAboveOne(newCapWad));
        uint256 parts = newCapWad / PART_WAD;
        require(_setRelativeCap(id, parts) < parts, ErrorsLib.CapNotIncreased(id));
    }

    /// @notice Replaces the exit list: venues of registered adapters whose exits are exact, no two of which drain one pool
    /// of liquidity.
    function setExitList(ExitEntry[] calldata) external {
        _checkTimelocked();
        // The call's own encoding, which is decoded without a fault below.
        _exitListPointer = SSTORE2.write(msg.data[4:]);
        ExitEntry[] memory entries = exitList();
        require(entries.length <= MAX_EXITS, ErrorsLib.TooManyExits(MAX_EXITS));
        bytes32[] memory liquidityIds = new bytes32[](entries.length);
        for (uint256 i; i < entries.length; ++i) {
            address adapter = entries[i].adapter;
            _word(adapter);
            uint256 isExact = ReadLib.read(adapter, abi.encodeCall(IAdapter.exact, ()));
            require(isExact == 1, ErrorsLib.InexactExit(adapter));
            // Reverts where the data names no venue of the adapter.
            liquidityIds[i] = bytes32(ReadLib.read(adapter, abi.encodeCall(IAdapter.liquidityId, (entries[i].data))));
            for (uint256 j; j < i; ++j) {
                require(liquidityIds[j] != liquidityIds[i], ErrorsLib.DuplicateExit(liquidityIds[i]));
            }
        }
        emit EventsLib.SetExitList(liquidityIds);
    }

    /* CURATOR, SENTINEL OR OWNER, AT ONCE */

    /// @inheritdoc IVault
    function retire(address adapter) external {
        _checkMayReduceRisk();
        // The clock of taking it back starts with the first time, not with its repetition.
        if (_word(adapter) & RETIRED == 0) _noteTightened(this.reinstate.selector, _subject(adapter));
        _setFlag(adapter, RETIRED, true);
        emit EventsLib.Retire(msg.sender, adapter);
    }

    /// @notice Lowers the absolute cap of an id; 0 forbids further inflow.
    function decreaseAbsoluteCap(bytes32 id, uint128 newCap) external {
        _checkMayReduceRisk();
        _noteTightened(this.increaseAbsoluteCap.selector, id);
        require(_setAbsoluteCap(id, newCap) > newCap, ErrorsLib.CapNotDecreased(id));
    }

    /// @notice Lowers the relative cap of an id, 1e18 = all of total assets; 0 forbids further inflow. Rounded down to
    /// billionths.
    function decreaseRelativeCap(bytes32 id, uint64 newCapWad) external {
        _checkMayReduceRisk();
        _noteTightened(this.increaseRelativeCap.selector, id);
        uint256 parts = newCapWad / PART_WAD;
        require(_setRelativeCap(id, parts) > parts, ErrorsLib.CapNotDecreased(id));
    }

    /* ADAPTERS */

    /// @inheritdoc IVault
    /// @dev Not locked: an adapter may say so while the vault moves assets through it.
    function noteMark(bool marked) external {
        _word(msg.sender);
        _setFlag(msg.sender, MARKED, marked);
        _noteFlags();
        emit EventsLib.NoteMark(msg.sender, marked);
    }

    /* READS */

    /// @inheritdoc IVault
    function adapters() external view returns (address[] memory list) {
        list = new address[](_hot.adapterCount());
        for (uint256 i; i < list.length; ++i) {
            list[i] = address(uint160(_words[i]));
        }
    }

    /// @inheritdoc IVault
    function isAdapter(address adapter) public view returns (bool) {
        return _placeOf(adapter) != type(uint256).max;
    }

    /// @inheritdoc IVault
    function exitList() public view returns (ExitEntry[] memory entries) {
        if (_exitListPointer == address(0)) return entries;
        return abi.decode(SSTORE2.read(_exitListPointer), (ExitEntry[]));
    }

    /// @inheritdoc IVault
    function capOf(bytes32 id) external view returns (uint128 absoluteCap, uint64 relativeCapWad) {
        return (_absoluteCap(id), uint64(_idState[id].relativeCapParts * PART_WAD));
    }

    /// @inheritdoc IVault
    function allocation(bytes32 id) external view returns (uint256) {
        return _idState[id].allocation;
    }

    /* FOR THE CONTRACT THAT INHERITS */

    /// @dev True where forgetting the adapter with that word gives nothing up.
    function _isEmpty(address adapter, uint256 word) internal view virtual returns (bool);

    function _forgetMark(address adapter) internal virtual;

    /// @dev The last mark is gone: from now on there is a day for what it took away to come back at once.
    function _noteUnmarked() internal virtual;

    /// @dev Guards and adapters answer for one vault.
    function _checkVault(address satellite) internal view {
        uint256 theirs = ReadLib.read(satellite, abi.encodeCall(IAdapter.vault, ()));
        require(theirs == uint160(address(this)), ErrorsLib.WrongVault(satellite));
    }

    /// @dev Address and flags of the adapter at place `i`.
    function _wordAt(uint256 i) internal view returns (uint256) {
        return _words[i];
    }

    /// @dev Address and flags of a registered adapter.
    function _word(address adapter) internal view returns (uint256) {
        uint256 place = _placeOf(adapter);
        require(place != type(uint256).max, ErrorsLib.UnknownAdapter(adapter));
        return _words[place];
    }

    /// @dev The adapter is registered.
    function _setFlag(address adapter, uint256 flag, bool value) internal {
        uint256 place = _placeOf(adapter);
        _words[place] = value ? _words[place] | flag : _words[place] & ~flag;
    }

    /// @dev Carries the flags of all adapters over into the hot word.
    function _noteFlags() internal {
        uint256 all;
        uint256 count = _hot.adapterCount();
        for (uint256 i; i < count; ++i) {
            all |= _words[i];
        }
        Hot hot = _hot;
        uint256 flags = hot.flags() & ~(HotLib.HAS_QUARANTINE | HotLib.HAS_MARK);
        if (all & QUARANTINED != 0) flags |= HotLib.HAS_QUARANTINE;
        if (all & MARKED != 0) flags |= HotLib.HAS_MARK;
        _hot = hot.withFlags(flags);
        if (hot.hasMarks() && !_hot.hasMarks()) _noteUnmarked();
    }

    /// @dev An allocation goes neither below zero nor beyond its field: a stale figure must not stop an exit.
    /// @return allocated What the id holds now, as it is.
    /// @return absoluteCap Its absolute cap.
    /// @return relativeCapParts Its relative cap.
    function _book(
        bytes32 id,
        int256 change
    ) internal returns (uint256 allocated, uint256 absoluteCap, uint256 relativeCapParts) {
        IdState storage state = _idState[id];
        (absoluteCap, allocated, relativeCapParts) = (state.absoluteCap, state.allocation, state.relativeCapParts);
        allocated = change >= 0 ? allocated + uint256(change) : MathLib.zeroFloorSub(allocated, uint256(-change));
        state.allocation = uint112(MathLib.min(allocated, type(uint112).max));
    }

    /* PRIVATE */

    /// @return old The cap before, `type(uint128).max` where there was no bound.
    function _setAbsoluteCap(bytes32 id, uint256 newCap) private returns (uint256 old) {
        old = _absoluteCap(id);
        _idState[id].absoluteCap = uint112(MathLib.min(newCap, type(uint112).max));
        emit EventsLib.SetAbsoluteCap(msg.sender, id, newCap);
    }

    /// @return old The cap before, in billionths.
    function _setRelativeCap(bytes32 id, uint256 parts) private returns (uint256 old) {
        old = _idState[id].relativeCapParts;
        // A billion at most.
        _idState[id].relativeCapParts = uint32(parts);
        emit EventsLib.SetRelativeCap(msg.sender, id, parts * PART_WAD);
    }

    /// @dev A cap that fills its field is no bound.
    function _absoluteCap(bytes32 id) private view returns (uint128) {
        uint112 cap = _idState[id].absoluteCap;
        return cap == type(uint112).max ? type(uint128).max : cap;
    }

    /// @return Place in `_words`; `type(uint256).max` where the adapter is not registered.
    function _placeOf(address adapter) private view returns (uint256) {
        uint256 count = _hot.adapterCount();
        for (uint256 i; i < count; ++i) {
            if (address(uint160(_words[i])) == adapter) return i;
        }
        return type(uint256).max;
    }
}
