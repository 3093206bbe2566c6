// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice Ids against which a position counts: its venue, and the risks that it shares with other venues.
library IdsLib {
    /// @return Id of one position of one adapter.
    function venue(address adapter, bytes memory data) internal pure returns (bytes32) {
        return keccak256(abi.encode(adapter, data));
    }

    /// @return Id of everything that stands in one pool of a protocol.
    function protocol(address target) internal pure returns (bytes32) {
        return keccak256(abi.encode("protocol", target));
    }

    /// @return Id of one market of a protocol that keeps the liquidity of its markets apart.
    function market(address target, bytes32 marketId) internal pure returns (bytes32) {
        return keccak256(abi.encode("market", target, marketId));
    }

    /// @return Id of everything that is lent against one collateral.
    function collateral(address token) internal pure returns (bytes32) {
        return keccak256(abi.encode("collateral", token));
    }

    /// @return Id of everything that trusts one oracle.
    function oracle(address source) internal pure returns (bytes32) {
        return keccak256(abi.encode("oracle", source));
    }

    /// @return Id of everything that holds one token beside the asset.
    function held(address token) internal pure returns (bytes32) {
        return keccak256(abi.encode("held", token));
    }
}
