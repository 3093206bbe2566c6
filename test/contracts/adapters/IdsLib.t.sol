// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";

/// @notice The assembly of `IdsLib` against `abi.encode`.
contract IdsLibTest is Test {
    function venueOf(address adapter, bytes calldata data) external pure returns (bytes32) {
        // What lies behind the free memory pointer may be anything.
        assembly ("memory-safe") {
            let place := mload(0x40)
            for {
                let i := 0
            } lt(i, 0x400) {
                i := add(i, 0x20)
            } {
                mstore(add(place, i), not(0))
            }
        }
        return IdsLib.venueOf(adapter, data);
    }

    function testFuzz_aVenueIsTheHashOfItsEncoding(address adapter, bytes calldata data) public view {
        bytes32 id = keccak256(abi.encode(adapter, data));
        assertEq(this.venueOf(adapter, data), id);
        assertEq(IdsLib.venue(adapter, data), id);
    }

    function test_dataOfAnyLengthIsPaddedAsItIsEncoded() public view {
        for (uint256 length; length < 100; ++length) {
            bytes memory data = new bytes(length);
            for (uint256 i; i < length; ++i) {
                data[i] = bytes1(uint8(i + 1));
            }
            assertEq(this.venueOf(address(this), data), keccak256(abi.encode(address(this), data)));
        }
    }

    function testFuzz_aLabelledIdIsTheHashOfItsEncoding(uint256 dirty) public pure {
        address subject;
        assembly ("memory-safe") {
            // With bits above the address.
            subject := dirty
        }
        address clean = address(uint160(dirty));
        assertEq(IdsLib.protocol(subject), keccak256(abi.encode("protocol", clean)));
        assertEq(IdsLib.collateral(subject), keccak256(abi.encode("collateral", clean)));
        assertEq(IdsLib.oracle(subject), keccak256(abi.encode("oracle", clean)));
        assertEq(IdsLib.held(subject), keccak256(abi.encode("held", clean)));
    }
}
