// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice Reads one word of a contract, which may revert, burn gas or answer with megabytes.
library ReadLib {
    /// @notice Reverts with what `target` reverts with, or with nothing where it answers less than a word. One copy of this
    /// stands for many calls that the compiler would write out.
    /// @return value The first word of the answer.
    function read(address target, bytes memory data) internal view returns (uint256 value) {
        assembly ("memory-safe") {
            if iszero(staticcall(gas(), target, add(data, 0x20), mload(data), 0x00, 0x20)) {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            if lt(returndatasize(), 0x20) {
                revert(0, 0)
            }
            value := mload(0x00)
        }
    }

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
