// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice One word that holds what every action of a vault reads. From the low end: stored total assets (128 bits), last
/// accrual (40), maximum rate (40), number of adapters (8), flags (8), performance fee (16), management fee (16).
type Hot is uint256;

using HotLib for Hot global;

/// @notice Fields of the hot word. Writers take values that fit their field.
library HotLib {
    /// @dev Flags.
    uint256 internal constant HAS_GUARD = 1;
    uint256 internal constant HAS_QUARANTINE = 2;
    uint256 internal constant HAS_MARK = 4;
    uint256 internal constant HAS_RECOVERABLE = 8;

    uint256 private constant LAST_ACCRUAL = 128;
    uint256 private constant MAX_RATE = 168;
    uint256 private constant COUNT = 208;
    uint256 private constant FLAGS = 216;
    uint256 private constant PERFORMANCE_FEE = 224;
    uint256 private constant MANAGEMENT_FEE = 240;

    function storedAssets(Hot hot) internal pure returns (uint256) {
        return uint128(Hot.unwrap(hot));
    }

    function lastAccrualAt(Hot hot) internal pure returns (uint256) {
        return uint40(Hot.unwrap(hot) >> LAST_ACCRUAL);
    }

    function maxRatePerSecondWad(Hot hot) internal pure returns (uint256) {
        return uint40(Hot.unwrap(hot) >> MAX_RATE);
    }

    function adapterCount(Hot hot) internal pure returns (uint256) {
        return uint8(Hot.unwrap(hot) >> COUNT);
    }

    function flags(Hot hot) internal pure returns (uint256) {
        return uint8(Hot.unwrap(hot) >> FLAGS);
    }

    function has(Hot hot, uint256 flag) internal pure returns (bool) {
        return Hot.unwrap(hot) & (flag << FLAGS) != 0;
    }

    /// @return True where any adapter counts below its report: in quarantine, or by its own mark.
    function hasMarks(Hot hot) internal pure returns (bool) {
        return has(hot, HAS_QUARANTINE | HAS_MARK);
    }

    function performanceFeeBps(Hot hot) internal pure returns (uint256) {
        return uint16(Hot.unwrap(hot) >> PERFORMANCE_FEE);
    }

    function managementFeeBps(Hot hot) internal pure returns (uint256) {
        return uint16(Hot.unwrap(hot) >> MANAGEMENT_FEE);
    }

    function withStoredAssets(Hot hot, uint256 value) internal pure returns (Hot) {
        return _with(hot, 0, type(uint128).max, value);
    }

    function withLastAccrualAt(Hot hot, uint256 value) internal pure returns (Hot) {
        return _with(hot, LAST_ACCRUAL, type(uint40).max, value);
    }

    function withMaxRatePerSecondWad(Hot hot, uint256 value) internal pure returns (Hot) {
        return _with(hot, MAX_RATE, type(uint40).max, value);
    }

    function withAdapterCount(Hot hot, uint256 value) internal pure returns (Hot) {
        return _with(hot, COUNT, type(uint8).max, value);
    }

    function withFlags(Hot hot, uint256 value) internal pure returns (Hot) {
        return _with(hot, FLAGS, type(uint8).max, value);
    }

    function withPerformanceFeeBps(Hot hot, uint256 value) internal pure returns (Hot) {
        return _with(hot, PERFORMANCE_FEE, type(uint16).max, value);
    }

    function withManagementFeeBps(Hot hot, uint256 value) internal pure returns (Hot) {
        return _with(hot, MANAGEMENT_FEE, type(uint16).max, value);
    }

    function _with(Hot hot, uint256 shift, uint256 mask, uint256 value) private pure returns (Hot) {
        return Hot.wrap((Hot.unwrap(hot) & ~(mask << shift)) | (value << shift));
    }
}
