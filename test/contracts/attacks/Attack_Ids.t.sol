// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { MorphoBlueAdapter } from "../../../contracts/adapters/MorphoBlueAdapter.sol";
import { Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { MarketParams } from "../../../contracts/interfaces/external/IMorphoBlue.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockMorpho } from "../mocks/MockMorpho.sol";
import { Deployed } from "../Deployed.sol";

/// @notice One market must have one id, and a group must hold the sum of its venues.
/// forge-config: default.isolate = true
contract Attack_Ids is Fixture {
    MockMorpho private morpho;
    MorphoBlueAdapter private adapter;
    MarketParams[3] private markets;
    address private constant COLLATERAL = address(0xc0);

    function setUp() public override {
        super.setUp();
        _deposit(alice, 999_990 * UNIT);
        morpho = new MockMorpho();
        adapter = MorphoBlueAdapter(Deployed.create("MorphoBlueAdapter", abi.encode(address(vault), address(morpho))));
        _asCurator(abi.encodeCall(vault.addAdapter, (address(adapter))));
        for (uint256 i; i < 3; ++i) {
            markets[i] = MarketParams(
                address(token),
                i == 2 ? address(0xc1) : COLLATERAL,
                address(uint160(0xd0 + i)),
                address(0),
                0.86e18
            );
            morpho.createMarket(markets[i]);
            bytes32[] memory ids = adapter.ids(abi.encode(markets[i]));
            for (uint256 j; j < ids.length; ++j) {
                (uint128 cap, ) = vault.capOf(ids[j]);
                if (cap != 0) continue;
                _asCurator(abi.encodeCall(vault.increaseAbsoluteCap, (ids[j], uint128(10_000_000 * UNIT))));
                _asCurator(abi.encodeCall(vault.increaseRelativeCap, (ids[j], uint64(WAD))));
            }
        }
    }

    function _asCurator(bytes memory data) private {
        _submitAndExecute(address(vault), curator, data);
    }

    function _marketLeg(uint256 i, bool deposit, uint256 assets) private view returns (Leg memory) {
        return Leg(address(adapter), deposit, uint128(assets), abi.encode(markets[i]));
    }

    /// @dev Extra bytes, missing bytes and dirty upper bits would be the same market under a fresh id, with a cap of zero
    /// but a fresh inflow bucket and outside the duplicate check.
    function testFuzz_otherEncodingsOfAMarketAreRefused(bytes calldata extra, uint8 word, uint96 dirt) public {
        bytes memory data = abi.encode(markets[0]);
        if (extra.length != 0) {
            vm.expectRevert(ErrorsLib.UnexpectedData.selector);
            adapter.ids(bytes.concat(data, extra));
        }
        dirt = uint96(bound(dirt, 1, type(uint96).max));
        uint256 at = bound(word, 0, 3) * 32 + 32;
        assembly ("memory-safe") {
            let slot := add(data, at)
            mstore(slot, or(mload(slot), shl(160, dirt)))
        }
        vm.expectPartialRevert(ErrorsLib.UnexpectedData.selector);
        adapter.ids(data);
        vm.expectPartialRevert(ErrorsLib.UnexpectedData.selector);
        adapter.venueAssets(data);
        vm.expectPartialRevert(ErrorsLib.UnexpectedData.selector);
        adapter.withdrawable(data);
    }

    function test_aMarketThatExistsButHasNoCapTakesNothing() public {
        MarketParams memory strange = markets[0];
        strange.lltv = 0.98e18;
        morpho.createMarket(strange);
        Plan memory plan = _plan(Leg(address(adapter), true, 1, abi.encode(strange)));
        vm.prank(keeper);
        vm.expectPartialRevert(ErrorsLib.InflowExceeded.selector);
        guard.rebalance(plan);
    }

    /// @dev Interest and losses between touches, in any order of legs.
    function testFuzz_aGroupIsTheSumOfItsVenues(uint256 seed) public {
        uint256 accepted;
        for (uint256 step; step < 12; ++step) {
            seed = uint256(keccak256(abi.encode(seed, step)));
            uint256 i = seed % 3;
            uint256 held = adapter.venueAssets(abi.encode(markets[i]));
            if ((seed >> 8) % 5 == 0 && held > 100) morpho.loseBadDebt(markets[i], uint128(held / 50));
            bool deposit = held == 0 || (seed >> 16) % 2 == 0;
            uint256 assets = deposit ? 1 + ((seed >> 24) % (20_000 * UNIT)) : 1 + ((seed >> 24) % held);
            if (!deposit && (seed >> 32) % 3 == 0) assets = WHOLE;
            Plan memory plan = _plan(_marketLeg(i, deposit, assets));
            vm.prank(keeper);
            // Losses may use the budget up; what was refused changes nothing.
            try guard.rebalance(plan) {
                ++accepted;
            } catch {}
            skip(1 hours);
            uint256[3] memory leaf;
            for (uint256 j; j < 3; ++j)
                leaf[j] = vault.allocation(IdsLib.venue(address(adapter), abi.encode(markets[j])));
            assertEq(vault.allocation(IdsLib.collateral(COLLATERAL)), leaf[0] + leaf[1]);
            assertEq(vault.allocation(IdsLib.collateral(address(0xc1))), leaf[2]);
        }
        assertGt(accepted, 6);
    }
}
