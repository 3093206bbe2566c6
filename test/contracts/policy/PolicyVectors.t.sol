// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { AllocationRule } from "../../../contracts/policy/AllocationRule.sol";
import { ObservationMath } from "../../../contracts/policy/ObservationMath.sol";

/// @dev The vectors that the TypeScript reference wrote, row by row: docs/policy-spec.md.
abstract contract Vectors is Test {
    uint256 internal cursor;
    int256[] internal row;

    function rowsOf(string memory name) internal view returns (string memory json, uint256 count) {
        json = vm.readFile(string.concat("test/vectors/", name, ".json"));
        count = vm.parseJsonUint(json, ".count");
    }

    function open(string memory json, uint256 i) internal {
        row = vm.parseJsonIntArray(json, string.concat(".rows[", vm.toString(i), "]"));
        cursor = 0;
    }

    function next() internal returns (int256) {
        return row[cursor++];
    }

    function nextUint() internal returns (uint256) {
        int256 value = row[cursor++];
        assertGe(value, 0);
        return uint256(value);
    }

    function packAverages() internal returns (uint256 rates) {
        for (uint256 h; h < 5; ++h) rates |= nextUint() << (39 * h);
    }

    function packSlow() internal returns (uint256 sizes) {
        sizes = nextUint() << 84;
        sizes |= nextUint() << 126;
    }

    function packCurve() internal returns (uint256 curve) {
        curve = nextUint();
        curve |= nextUint() << 2;
        for (uint256 i; i < 3; ++i) {
            // Storage holds 40 bits; what is above saturates, as the specification says.
            uint256 rate = nextUint();
            curve |= (rate < 2 ** 40 ? rate : 2 ** 40 - 1) << (19 + 40 * i);
        }
    }

    function packScores() internal returns (uint256 word) {
        for (uint256 s; s < 8; ++s) word |= uint256(next() + 4096) << (13 * s);
    }
}

contract PolicyVectorsTest is Vectors {
    function test_ilog2AndExp2EqualTheReference() public {
        (string memory json, uint256 count) = rowsOf("math");
        for (uint256 i; i < count; ++i) {
            open(json, i);
            bool power = nextUint() == 1;
            int256 argument = next();
            uint256 found = power ? ObservationMath.exp2Q10(argument) : ObservationMath.log2Q10(uint256(argument));
            assertEq(found, nextUint(), vm.toString(argument));
        }
        assertGt(count, 400);
    }

    function test_memoryAdvancesLikeTheReference() public {
        (string memory json, uint256 count) = rowsOf("memory");
        uint256 sequence = type(uint256).max;
        uint256 rates;
        uint256 clock;
        uint256 sizes;
        uint256 own72;
        for (uint256 i; i < count; ++i) {
            open(json, i);
            uint256 of_ = nextUint();
            if (of_ != sequence) (sequence, rates, clock, sizes, own72) = (of_, 0, 0, 0, 0);
            uint256 timestamp = nextUint();
            bool stale = nextUint() == 1;
            uint256 index = nextUint();
            bool touched = nextUint() >= timestamp;
            uint256 supply = ObservationMath.wholeUnitsQ6(nextUint(), 1e6);
            uint256 borrow = ObservationMath.wholeUnitsQ6(nextUint(), 1e6);
            uint256 own = ObservationMath.wholeUnitsQ6(nextUint(), 1e6);
            uint256 room = ObservationMath.wholeUnitsQ6(nextUint(), 1e6);
            if (!stale) {
                (rates, clock) = ObservationMath.advanceRates(rates, clock, index, timestamp);
                if (!touched) {
                    uint256 steps = ObservationMath.sizeSteps(clock, timestamp);
                    own72 = ObservationMath.average(own72, own, ObservationMath.ALPHA_72, steps);
                    (sizes, clock) = ObservationMath.advanceSizes(sizes, clock, timestamp, supply, borrow, room);
                }
            }
            checkMemory(rates, clock, sizes, own72, i);
        }
        assertGt(count, 100);
    }

    function checkMemory(uint256 rates, uint256 clock, uint256 sizes, uint256 own72, uint256 i) private {
        int256 slot = next();
        if (slot < 0) {
            assertEq(clock, 0);
            return;
        }
        uint256 observedAt = nextUint();
        uint256 index = nextUint();
        uint256 apr = nextUint();
        uint256 expected = apr << 195;
        expected |= packAverages();
        expected |= nextUint() << 226;
        assertEq(rates, expected, string.concat("rates of row ", vm.toString(i)));
        uint256 spikeSlots = nextUint();
        uint256 count = nextUint();
        uint256 sizeSlot = uint256(next() + 1);
        assertEq(
            clock,
            index |
                (observedAt << 128) |
                (uint256(slot) << 168) |
                (sizeSlot << 198) |
                (count << 228) |
                (spikeSlots << 244),
            string.concat("clock of row ", vm.toString(i))
        );
        expected = nextUint();
        expected |= nextUint() << 42;
        expected |= packSlow();
        assertEq(own72, nextUint(), string.concat("own72 of row ", vm.toString(i)));
        expected |= nextUint() << 168;
        assertEq(sizes, expected, string.concat("sizes of row ", vm.toString(i)));
    }

    function test_featuresEqualTheReference() public {
        (string memory json, uint256 count) = rowsOf("features");
        for (uint256 i; i < count; ++i) {
            open(json, i);
            ObservationMath.Frame memory frame;
            frame.levelLog = ObservationMath.logRate(nextUint());
            frame.capitalQ6 = nextUint();
            frame.capitalLog = ObservationMath.log2Q10(frame.capitalQ6);
            next();
            uint256 rates = packAverages();
            uint256 sizes = packSlow();
            uint256 own72 = nextUint();
            rates |= nextUint() << 195;
            rates |= nextUint() << 226;
            uint256 clock = nextUint() << 244;
            sizes |= nextUint();
            sizes |= nextUint() << 42;
            clock |= nextUint() << 228;
            uint256 curve = packCurve();
            uint256 word = ObservationMath.venueFeatures(
                frame,
                rates,
                clock,
                sizes,
                curve,
                ObservationMath.impactOf(curve, sizes, own72)
            );
            for (uint256 f; f < 12; ++f) {
                assertEq(
                    int256((word >> (13 * f)) & 0x1fff) - 4096,
                    next(),
                    string.concat("feature ", vm.toString(f), " of row ", vm.toString(i))
                );
            }
            assertEq(word, nextUint());
        }
        assertGt(count, 100);
    }

    function test_levelsAndGlobalFeaturesEqualTheReference() public {
        (string memory json, uint256 count) = rowsOf("levels");
        for (uint256 i; i < count; ++i) {
            open(json, i);
            uint256 n = nextUint();
            uint256[] memory rates = new uint256[](n);
            uint256[] memory clocks = new uint256[](n);
            for (uint256 j; j < n; ++j) {
                clocks[j] = nextUint() << 228;
                rates[j] = nextUint() << 39;
                rates[j] |= nextUint() << 78;
                rates[j] |= nextUint() << 156;
            }
            uint256 gas = ObservationMath.gasShareE12(nextUint(), nextUint(), nextUint(), nextUint());
            (uint256 level, uint256 level24, uint256 level504) = ObservationMath.levels(rates, clocks);
            assertEq(level, nextUint());
            assertEq(level24, nextUint());
            assertEq(level504, nextUint());
            assertEq(gas, nextUint());
            cursor += 5;
            assertEq(ObservationMath.globalFeatures(level, level24, level504, gas), nextUint());
        }
        assertGt(count, 30);
    }

    function test_placesEqualTheReference() public {
        (string memory json, uint256 count) = rowsOf("places");
        for (uint256 i; i < count; ++i) {
            open(json, i);
            uint256 capital = nextUint();
            uint256 steps = nextUint();
            uint256[] memory positions = new uint256[](nextUint());
            for (uint256 j; j < positions.length; ++j) positions[j] = nextUint();
            uint256[] memory found = ObservationMath.places(positions, capital, steps);
            for (uint256 j; j < found.length; ++j) assertEq(found[j], nextUint());
        }
        assertGt(count, 50);
    }

    function test_allocationEqualsTheReference() public {
        (string memory json, uint256 count) = rowsOf("allocation");
        for (uint256 i; i < count; ++i) {
            open(json, i);
            (
                AllocationRule.Grid memory grid,
                AllocationRule.Venue[] memory venues,
                uint256[] memory words
            ) = nextAllocation();
            (uint256[] memory steps, int256 value) = AllocationRule.allocate(grid, venues, words);
            for (uint256 j; j < steps.length; ++j) {
                assertEq(steps[j], nextUint(), string.concat("row ", vm.toString(i), " venue ", vm.toString(j)));
            }
            assertEq(value, next(), string.concat("value of row ", vm.toString(i)));
        }
        assertGt(count, 150);
    }

    function nextAllocation()
        private
        returns (AllocationRule.Grid memory grid, AllocationRule.Venue[] memory venues, uint256[] memory words)
    {
        grid.steps = nextUint();
        grid.capitalQ6 = nextUint();
        grid.gasPerLegE12 = nextUint();
        grid.maxStep = nextUint();
        grid.maxOutSteps = nextUint();
        venues = new AllocationRule.Venue[](nextUint());
        words = new uint256[]((venues.length + 1) / 2);
        for (uint256 j; j < venues.length; ++j) {
            venues[j].rates = packAverages();
            venues[j].sizes = packSlow();
            venues[j].own72 = nextUint();
            venues[j].curve = packCurve();
            venues[j].ownSteps = nextUint();
            venues[j].capSteps = nextUint();
            venues[j].stale = nextUint() == 1;
            words[j >> 1] |= packScores() << (104 * (j & 1));
        }
    }

    function test_missingScoreWordsAndVenuesAreRefused() public {
        AllocationRule.Grid memory grid;
        grid.steps = 10;
        vm.expectRevert(abi.encodeWithSelector(AllocationRule.ScoreWords.selector, 2, 1));
        this.allocate(grid, new AllocationRule.Venue[](3), new uint256[](1));
        vm.expectRevert(abi.encodeWithSelector(AllocationRule.VenueCount.selector, 17));
        this.allocate(grid, new AllocationRule.Venue[](17), new uint256[](9));
    }

    function allocate(
        AllocationRule.Grid memory grid,
        AllocationRule.Venue[] memory venues,
        uint256[] memory words
    ) external pure returns (uint256[] memory steps, int256 value) {
        return AllocationRule.allocate(grid, venues, words);
    }
}
