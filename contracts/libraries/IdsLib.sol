// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice Ids against which a position counts: its venue, and the risks that it shares with other venues.
///
/// Every move hashes several of them, hence the assembly; test/contracts/adapters/IdsLib.t.sol holds it against
/// `keccak256(abi.encode(...))`, which is what each id is.
library IdsLib {
    /// @return Id of one position of one adapter.
    function venue(address adapter, bytes memory data) internal pure returns (bytes32) {
        return keccak256(abi.encode(adapter, data));
    }

    /// @return id The same for data that nobody copied yet.
    function venueOf(address adapter, bytes calldata data) internal pure returns (bytes32 id) {
        assembly ("memory-safe") {
            let place := mload(0x40)
            let padded := and(add(data.length, 0x1f), not(0x1f))
            mstore(place, shr(96, shl(96, adapter)))
            mstore(add(place, 0x20), 0x40)
            mstore(add(place, 0x40), data.length)
            // What lies behind the data is zero.
            if padded {
                mstore(add(place, add(0x40, padded)), 0)
            }
            calldatacopy(add(place, 0x60), data.offset, data.length)
            id := keccak256(place, add(0x60, padded))
        }
    }

    /// @return Id of everything that stands in one pool of a protocol.
    function protocol(address target) internal pure returns (bytes32) {
        return _labelled(target, "protocol", 8);
    }

    /// @return Id of one market of a protocol that keeps the liquidity of its markets apart.
    function market(address target, bytes32 marketId) internal pure returns (bytes32) {
        return keccak256(abi.encode("market", target, marketId));
    }

    /// @return Id of everything that is lent against one collateral.
    function collateral(address token) internal pure returns (bytes32) {
        return _labelled(token, "collateral", 10);
    }

    /// @return Id of everything that trusts one oracle.
    function oracle(address source) internal pure returns (bytes32) {
        return _labelled(source, "oracle", 6);
    }

    /// @return Id of everything that holds one token beside the asset.
    function held(address token) internal pure returns (bytes32) {
        return _labelled(token, "held", 4);
    }

    /// @return id Hash of `abi.encode(label, subject)`.
    function _labelled(address subject, bytes32 label, uint256 length) private pure returns (bytes32 id) {
        assembly ("memory-safe") {
            let place := mload(0x40)
            mstore(place, 0x40)
            mstore(add(place, 0x20), shr(96, shl(96, subject)))
            mstore(add(place, 0x40), length)
            mstore(add(place, 0x60), label)
            id := keccak256(place, 0x80)
        }
    }
}
