// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vm } from "forge-std/Vm.sol";

/// @notice Creates contracts from what is deployed: the artefacts of the default profile, via-IR and optimised, while the
/// tests around them are compiled plainly. `TILLER_ARTIFACTS` names another folder by its absolute path, for a mutant;
/// "none" takes the tests' own build, for coverage.
library Deployed {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @param name Name of the contract and, without its ending, of its file.
    /// @param args ABI-encoded constructor arguments.
    function create(string memory name, bytes memory args) internal returns (address created) {
        bytes memory code = bytes.concat(creationCode(name), args);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            if iszero(created) {
                returndatacopy(mload(0x40), 0, returndatasize())
                revert(mload(0x40), returndatasize())
            }
        }
    }

    function creationCode(string memory name) internal returns (bytes memory) {
        string memory folder = vm.envOr("TILLER_ARTIFACTS", string("out"));
        string memory path = string.concat(name, ".sol/", name, ".json");
        if (keccak256(bytes(folder)) == keccak256("none")) return vm.getCode(string.concat(name, ".sol:", name));
        string memory own = string.concat(folder, "/", path);
        return vm.getCode(vm.exists(own) ? own : string.concat("out/", path));
    }
}
