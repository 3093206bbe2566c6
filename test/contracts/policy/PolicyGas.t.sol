// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test, console2 } from "forge-std/Test.sol";
import { AllocationRule } from "../../../contracts/policy/AllocationRule.sol";
import { ObservationMath } from "../../../contracts/policy/ObservationMath.sol";

/// @dev Gas of the specification in the EVM on ordinary markets. Printed; written to snapshots/policy.json with
/// `WRITE_SNAPSHOTS=true`.
contract PolicyGasTest is Test {
    uint256 private constant CURVE =
        1 | (58_982 << 2) | (1_000_000 << 19) | (55_000_000 << 59) | (uint256(800_000_000) << 99);

    /// @dev Of the curve BN254.
    uint256 private constant FIELD =
        21_888_242_871_839_275_222_246_405_745_257_275_088_696_311_157_297_823_662_689_037_894_645_226_208_583;

    string private json;

    function test_gasOfTheSpecification() public {
        json = "gas";
        allocation("allocation of 2 venues in 20 steps", 2, 20, type(uint256).max);
        allocation("allocation of 5 venues in 10 steps", 5, 10, 150_000);
        allocation("allocation of 8 venues in 10 steps", 8, 10, type(uint256).max);
        allocation("allocation of 16 venues in 10 steps", 16, 10, type(uint256).max);
        observation();
        proof();
        network();
        string memory text = note("log2", log2Gas());
        if (vm.envOr("WRITE_SNAPSHOTS", false)) vm.writeJson(text, "snapshots/policy.json");
    }

    function allocation(string memory name, uint256 n, uint256 m, uint256 target) private {
        AllocationRule.Venue[] memory venues = new AllocationRule.Venue[](n);
        uint256[] memory words = new uint256[]((n + 1) / 2);
        for (uint256 j; j < n; ++j) {
            venues[j] = AllocationRule.Venue({
                rates: ratesWord(35_000_000 + 3_000_000 * j),
                sizes: sizesWord(2 ** 33),
                own72: 2 ** 28,
                curve: CURVE,
                ownSteps: j == 0 ? m : 0,
                capSteps: m,
                stale: false
            });
            for (uint256 s; s < 8; ++s) words[j >> 1] |= (4096 + 37 * (j + s)) << (13 * s + 104 * (j & 1));
        }
        AllocationRule.Grid memory grid = AllocationRule.Grid({
            capitalQ6: 64e7,
            gasPerLegE12: 250_000,
            steps: m,
            maxStep: m,
            maxOutSteps: m
        });
        uint256 before = gasleft();
        (uint256[] memory steps, ) = AllocationRule.allocate(grid, venues, words);
        uint256 used = before - gasleft();
        assertLt(steps[0], m, "an ordinary case moves");
        assertLe(used, target, name);
        note(name, used);
    }

    function observation() private {
        uint256 clock =
            1e27 |
                (uint256(1_800_000_100) << 128) |
                (uint256(500_000) << 168) |
                (uint256(500_001) << 198) |
                (uint256(600) << 228);
        uint256 rates = ratesWord(40_000_000);
        uint256 sizes = sizesWord(2 ** 33);
        uint256 before = gasleft();
        ObservationMath.advanceRates(rates, clock, 1e27 + 4_566_210_045_662_100_456_621, 1_800_003_700);
        note("memory of a venue, rates, next slot", before - gasleft());
        before = gasleft();
        ObservationMath.advanceRates(rates, clock, 1e27 + 4_566_210_045_662_100_456_621, 1_800_176_500);
        note("memory of a venue, rates, 48 missed slots", before - gasleft());
        before = gasleft();
        ObservationMath.advanceSizes(sizes, clock, 1_800_003_700, 2 ** 33, 2 ** 32, 2 ** 40);
        note("memory of a venue, sizes, next slot", before - gasleft());

        ObservationMath.Frame memory frame = ObservationMath.Frame({
            levelLog: 25_859,
            capitalLog: 29_000,
            capitalQ6: 64e7
        });
        before = gasleft();
        ObservationMath.Impact memory impact = ObservationMath.impactOf(CURVE, sizes, 2 ** 28);
        ObservationMath.venueFeatures(frame, rates, clock, sizes, CURVE, impact);
        note("features of a venue", before - gasleft());
        before = gasleft();
        ObservationMath.globalFeatures(40_000_000, 41_000_000, 39_000_000, 250_000);
        note("features of all venues", before - gasleft());
    }

    /// @dev What the chain itself asks of whoever checks a Groth16 proof: four pairings, and for each public input a
    /// multiplication and an addition on the curve. Their gas does not depend on the points.
    function proof() private {
        uint256[24] memory pairs;
        for (uint256 i; i < 4; ++i) {
            pairs[6 * i] = 1;
            // The second and the fourth point are the negative of the first, so that the product is one.
            pairs[6 * i + 1] = i % 2 == 0 ? 2 : FIELD - 2;
            pairs[6 * i + 2] = 0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2;
            pairs[6 * i + 3] = 0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed;
            pairs[6 * i + 4] = 0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b;
            pairs[6 * i + 5] = 0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa;
        }
        bool ok;
        uint256[1] memory answer;
        uint256 before = gasleft();
        assembly ("memory-safe") {
            ok := staticcall(gas(), 8, pairs, 0x300, answer, 0x20)
        }
        note("check of four pairings", before - gasleft());
        assertTrue(ok && answer[0] == 1, "the product is one");

        uint256[4] memory sum = [uint256(1), 2, 1, 2];
        uint256[3] memory factor = [uint256(1), 2, uint256(keccak256("a public input"))];
        before = gasleft();
        assembly ("memory-safe") {
            ok := staticcall(gas(), 7, factor, 0x60, sum, 0x40)
            ok := and(ok, staticcall(gas(), 6, sum, 0x80, sum, 0x40))
        }
        note("a public input of a proof", before - gasleft());
        assertTrue(ok, "both points are on the curve");
    }

    /// @dev One row of a layer of 32 over int8 parameters, 32 to a word, and activations in memory: the loop that a
    /// network in the EVM is made of. Rescaling and clamping are not in it.
    function network() private {
        uint256[32] memory activations;
        for (uint256 i; i < 32; ++i) activations[i] = 4095 - i;
        uint256 weights = uint256(keccak256("int8 parameters"));
        int256 sum;
        uint256 before = gasleft();
        assembly ("memory-safe") {
            for {
                let i := 0
            } lt(i, 32) {
                i := add(i, 4)
            } {
                let at := add(activations, shl(5, i))
                sum := add(sum, mul(signextend(0, byte(i, weights)), mload(at)))
                sum := add(sum, mul(signextend(0, byte(add(i, 1), weights)), mload(add(at, 0x20))))
                sum := add(sum, mul(signextend(0, byte(add(i, 2), weights)), mload(add(at, 0x40))))
                sum := add(sum, mul(signextend(0, byte(add(i, 3), weights)), mload(add(at, 0x60))))
            }
        }
        note("a row of 32 multiply-adds", before - gasleft());
        int256 expected;
        for (uint256 i; i < 32; ++i) expected += int256(int8(uint8(weights >> (248 - 8 * i)))) * int256(activations[i]);
        assertEq(sum, expected, "the loop is a scalar product");
    }

    function log2Gas() private view returns (uint256) {
        uint256 before = gasleft();
        ObservationMath.log2Q10(before);
        return before - gasleft();
    }

    function note(string memory name, uint256 used) private returns (string memory) {
        console2.log(string.concat(name, ":"), used);
        return vm.serializeUint(json, name, used);
    }

    function ratesWord(uint256 apr) private pure returns (uint256 word) {
        for (uint256 h; h < 5; ++h) word |= ((apr + h * 1_000_000) << 8) << (39 * h);
        word |= (apr << 195) | (uint256(8192) << 226);
    }

    function sizesWord(uint256 supply) private pure returns (uint256) {
        uint256 borrow = (supply * 8) / 10;
        return supply | (borrow << 42) | (supply << 84) | (borrow << 126) | (uint256(2 ** 40) << 168);
    }
}
