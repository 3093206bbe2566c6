// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice Reads one word of a contract that may revert, burn gas or answer with megabytes.
library ReadLib {
    /// @notice Spends at most `gasLimit` in `target` and copies no more than one word of its answer.
    /// @return success True where it answered at least one word.
    /// @return value The first word of the answer; 0 where there is none.
    function tryRead(
        address target,
        bytes memory data,
        uint256 gasLimit
    ) internal view returns (bool success, uint256 value) {
        assembly ("memory-safe") {
            mstore(0x00, 0)
            success := staticcall(gasLimit, target, add(data, 0x20), mload(data), 0x00, 0x20)
            success := and(success, gt(returndatasize(), 0x1f))
            if success {
                value := mload(0x00)
            }
        }
    }
}
