// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { CometAdapter } from "../../../contracts/adapters/CometAdapter.sol";
import { AaveV3Adapter } from "../../../contracts/adapters/AaveV3Adapter.sol";
import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { MorphoBlueAdapter } from "../../../contracts/adapters/MorphoBlueAdapter.sol";
import { DevnetFixture } from "./DevnetFixture.sol";

/// @notice What goes into a real protocol and comes out of it again, with the protocol's own rounding.
/// forge-config: default.isolate = true
contract RoundTripsTest is DevnetFixture {
    /// @dev Asset units that one touch of a venue may cost by rounding.
    uint256 private constant DUST = 3;

    function _bounded(uint256 assets) private pure returns (uint256) {
        return bound(assets, 10, 3_000_000 * UNIT);
    }

    function _roundTrip(uint256 i, uint256 assets, uint256 elapsed) private {
        assets = _bounded(assets);
        elapsed = bound(elapsed, 0, 90 days);
        _deposit(alice, assets);
        _allocate(i, assets);
        uint256 credited = _venueAssets(i);
        assertLe(credited, assets, "credited more than was paid");
        assertGe(credited + DUST, assets, "credited short");
        assertEq(usdc.balanceOf(venues[i].adapter), 0, "the adapter keeps nothing");

        skip(elapsed);
        uint256 grown = _venueAssets(i);
        assertGe(grown, credited, "interest is never negative");
        assertEq(_withdrawable(i), grown, "all of it is liquid");

        // A part, to the unit, then the rest.
        uint256 part = grown / 3;
        uint256 idleBefore = vault.idle();
        if (part != 0) {
            assertEq(_deallocate(i, part), part, "a withdrawal brings what was asked");
            assertEq(vault.idle(), idleBefore + part);
            uint256 left = _venueAssets(i);
            assertLe(left, grown - part, "a withdrawal is never free");
            assertGe(left + DUST, grown - part, "a withdrawal costs more than rounding");
        }
        uint256 rest = _venueAssets(i);
        uint256 received = _deallocate(i, type(uint128).max);
        assertGe(received + 1, rest, "the whole position pays what it is worth");
        assertEq(_venueAssets(i), 0);
        assertEq(_trackedOf(i), 0, "nothing is left behind");
    }

    function _trackedOf(uint256 i) private view returns (uint256) {
        address adapter = venues[i].adapter;
        if (i == AAVE) return AaveV3Adapter(adapter).scaledBalance();
        if (i == COMET) return CometAdapter(adapter).principal();
        if (i == MORPHO_WETH || i == MORPHO_USDT) {
            return MorphoBlueAdapter(adapter).supplyShares(keccak256(venues[i].data));
        }
        return Erc4626Adapter(adapter).shares();
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_AaveRoundTrip(uint256 assets, uint256 elapsed) public {
        _roundTrip(AAVE, assets, elapsed);
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_CometRoundTrip(uint256 assets, uint256 elapsed) public {
        _roundTrip(COMET, assets, elapsed);
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_MorphoRoundTrip(uint256 assets, uint256 elapsed) public {
        _roundTrip(MORPHO_WETH, assets, elapsed);
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_SavingsRoundTrip(uint256 assets, uint256 elapsed) public {
        _roundTrip(SAVINGS, assets, elapsed);
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_StataRoundTrip(uint256 assets, uint256 elapsed) public {
        _roundTrip(STATA, assets, elapsed);
    }
}
