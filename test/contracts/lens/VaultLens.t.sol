// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";

import { Query, Reading, VaultLens, VenueKind, VenueQuery, VenueReading } from "../../../contracts/lens/VaultLens.sol";
import { IAggregatorReader } from "../../../contracts/lens/LensInterfaces.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { RedeemQueue } from "../../../contracts/periphery/RedeemQueue.sol";
import { Fixture } from "../Fixture.sol";
import { Deployed } from "../Deployed.sol";
import { MockFeed } from "../mocks/MockFeed.sol";

/// @notice Reads of the lens on mock venues; test/e2e/read-state.test.ts holds it against the real protocols.
/// forge-config: default.isolate = true
contract VaultLensTest is Fixture {
    VaultLens internal lens;
    address internal feed = makeAddr("feed");

    function setUp() public override {
        super.setUp();
        lens = VaultLens(Deployed.create("VaultLens", ""));
        _deposit(alice, 300_000 * UNIT);
        vm.startPrank(keeper);
        for (uint256 i; i < 3; ++i) {
            vm.warp(vm.getBlockTimestamp() + 1 hours);
            guard.rebalance(_plan(_leg(i, true, 50_000 * UNIT)));
        }
        vm.stopPrank();
    }

    function _query() internal view returns (Query memory query) {
        query.vault = vault;
        query.guard = guard;
        query.keeper = keeper;
        query.venues = new VenueQuery[](3);
        for (uint256 i; i < 3; ++i) {
            query.venues[i] = VenueQuery({ kind: VenueKind.Erc4626, adapter: address(adapters[i]), data: "" });
        }
    }

    function test_reads_what_the_contracts_say() public view {
        Reading memory reading = lens.read(_query());
        assertEq(reading.chainId, block.chainid);
        assertEq(reading.timestamp, vm.getBlockTimestamp());
        assertEq(reading.vault.asset, address(token));
        assertEq(reading.vault.totalAssets, vault.totalAssets());
        assertEq(reading.vault.totalSupply, vault.totalSupply());
        assertEq(reading.vault.idle, vault.idle());
        assertEq(reading.vault.liquid, vault.liquid());
        assertEq(reading.vault.sharePrice, vault.convertToAssets(10 ** vault.decimals()));
        assertEq(reading.vault.exitIds.length, 3);
        assertEq(reading.guard.nextNonce, 3);
        assertEq(reading.guard.turnoverAvailable, guard.turnoverAvailable());
        assertEq(reading.guard.turnoverOwed, 0);
        assertEq(reading.vault.entriesOpen, vault.entriesOpen());
        assertTrue(reading.guard.keeperAllowed);
        for (uint256 i; i < 3; ++i) {
            VenueReading memory venue = reading.venues[i];
            assertTrue(venue.ok);
            assertEq(venue.assets, adapters[i].venueAssets(""));
            assertEq(venue.withdrawable, adapters[i].withdrawable(""));
            assertEq(venue.ids[0], _id(i));
            assertEq(venue.caps[0], vault.effectiveCap(address(adapters[i]), ""));
            assertEq(venue.inflowAvailable, guard.inflowAvailable(_id(i)));
            assertEq(venue.totalSupply, 1_050_000 * UNIT);
            assertEq(reading.vault.exitIds[i], _id(i));
        }
    }

    function test_reads_what_waits_in_the_redeem_queue_and_refuses_that_of_another_vault() public {
        RedeemQueue queue = RedeemQueue(Deployed.create("RedeemQueue", abi.encode(address(vault), UNIT)));
        Query memory query = _query();
        query.redeemQueue = queue;
        assertEq(lens.read(query).vault.queuedAssets, 0);
        vm.startPrank(alice);
        vault.approve(address(queue), type(uint256).max);
        queue.requestRedeem(vault.balanceOf(alice) / 2, alice, alice);
        vm.stopPrank();
        assertEq(lens.read(query).vault.queuedAssets, queue.pendingAssets());
        assertApproxEqAbs(queue.pendingAssets(), 150_000 * UNIT, 2);

        (Vault other, ) = _newVault(address(token));
        query.redeemQueue = RedeemQueue(Deployed.create("RedeemQueue", abi.encode(address(other), UNIT)));
        vm.expectRevert(abi.encodeWithSelector(VaultLens.QueueOfAnotherVault.selector, address(other)));
        lens.read(query);
    }

    function test_refuses_a_feed_that_answers_no_price() public {
        MockFeed feed = new MockFeed(8, -5);
        vm.expectRevert(abi.encodeWithSelector(VaultLens.FeedNotPositive.selector, int256(-5)));
        lens.readFeed(address(feed));
        feed.set(0);
        vm.expectRevert(abi.encodeWithSelector(VaultLens.FeedNotPositive.selector, int256(0)));
        lens.readFeed(address(feed));
        feed.set(2_500e8);
        (uint256 price, ) = lens.readFeed(address(feed));
        assertEq(price, 2_500e8);
    }

    function test_tells_what_is_retired_and_what_is_quarantined_whatever_the_venue_answers() public {
        vm.startPrank(sentinel);
        vault.retire(address(adapters[0]));
        venues[1].setBroken(true);
        vault.quarantine(address(adapters[1]), 20_000 * uint128(UNIT));
        vm.stopPrank();
        Reading memory reading = lens.read(_query());
        assertFalse(reading.vault.entriesOpen);
        assertEq(reading.vault.totalAssets, 270_010 * UNIT);
        assertTrue(reading.venues[0].ok && reading.venues[0].retired && !reading.venues[0].quarantined);
        assertEq(reading.venues[0].assets, 50_000 * UNIT);
        assertTrue(!reading.venues[1].ok && reading.venues[1].quarantined && !reading.venues[1].marked);
        assertTrue(reading.venues[2].ok && !reading.venues[2].retired && !reading.venues[2].quarantined);
    }

    function test_tells_what_plans_owe() public {
        _rebalance(_plan(_leg(0, false, 30_000 * UNIT)));
        assertEq(lens.read(_query()).guard.turnoverOwed, 30_000 * UNIT);
    }

    function testFuzz_index_of_an_erc4626_has_21_digits_and_grows_with_its_assets(uint256 gain) public {
        gain = bound(gain, 0, 1_000_000 * UNIT);
        uint256 before = lens.read(_query()).venues[0].index;
        assertApproxEqRel(before, 1e21, 1e12);
        venues[0].earn(gain);
        uint256 afterwards = lens.read(_query()).venues[0].index;
        assertApproxEqRel(afterwards, before + (before * gain) / (1_050_000 * UNIT), 1e12);
    }

    function test_a_venue_that_reverts_is_reported_and_blocks_nobody() public {
        vm.mockCallRevert(
            address(venues[1]),
            abi.encodeWithSelector(IERC4626.convertToAssets.selector, 10 ** (uint256(venues[1].decimals()) + 15)),
            "halt"
        );
        Reading memory reading = lens.read(_query());
        assertTrue(reading.venues[0].ok);
        assertFalse(reading.venues[1].ok);
        assertEq(reading.venues[1].failure, "halt");
        assertEq(reading.venues[1].assets, 0);
        assertTrue(reading.venues[2].ok);
    }

    function test_a_long_revert_is_cut() public {
        vm.mockCallRevert(
            address(venues[1]),
            abi.encodeWithSelector(IERC4626.convertToAssets.selector, 10 ** (uint256(venues[1].decimals()) + 15)),
            new bytes(100_000)
        );
        Reading memory reading = lens.read(_query());
        assertEq(reading.venues[1].failure.length, 256);
        assertTrue(reading.venues[2].ok);
    }

    function test_a_venue_that_answers_garbage_is_reported_and_blocks_nobody() public {
        vm.mockCall(
            address(venues[1]),
            abi.encodeWithSelector(IERC4626.convertToAssets.selector, 10 ** (uint256(venues[1].decimals()) + 15)),
            hex"01"
        );
        Reading memory reading = lens.read(_query());
        assertFalse(reading.venues[1].ok);
        assertTrue(reading.venues[2].ok);
    }

    function test_a_venue_that_burns_its_gas_leaves_enough_for_the_others() public {
        Query memory query = _query();
        address burner = makeAddr("burner");
        vm.etch(burner, hex"5b600056");
        query.venues[0].adapter = burner;
        Reading memory reading = lens.read{ gas: 20_000_000 }(query);
        assertFalse(reading.venues[0].ok);
        assertTrue(reading.venues[1].ok);
        assertTrue(reading.venues[2].ok);
    }

    function test_venues_that_revert_with_all_the_memory_their_gas_buys_block_nobody() public {
        Query memory query = _query();
        query.venues = new VenueQuery[](16);
        address bomb = makeAddr("bomb");
        vm.etch(bomb, hex"620b71b05ffd"); // revert(0, 750_000): a venue's share of 50M gas pays for it twice
        for (uint256 i; i < 12; ++i) {
            query.venues[i] = VenueQuery({ kind: VenueKind.Erc4626, adapter: bomb, data: "" });
        }
        for (uint256 i = 12; i < 16; ++i) {
            query.venues[i] = VenueQuery({ kind: VenueKind.Erc4626, adapter: address(adapters[2]), data: "" });
        }
        Reading memory reading = lens.read{ gas: 50_000_000 }(query);
        for (uint256 i; i < 12; ++i) {
            assertFalse(reading.venues[i].ok);
            assertEq(reading.venues[i].failure.length, 256);
        }
        for (uint256 i = 12; i < 16; ++i) assertTrue(reading.venues[i].ok);
    }

    /// @dev Public nodes allow an eth_call 50M gas, some as little as ten times a block's.
    function test_sixteen_venues_are_read_within_three_million_gas() public view {
        Query memory query = _query();
        query.venues = new VenueQuery[](16);
        for (uint256 i; i < 16; ++i) {
            query.venues[i] = VenueQuery({ kind: VenueKind.Erc4626, adapter: address(adapters[i % 3]), data: "" });
        }
        uint256 before = gasleft();
        Reading memory reading = lens.read(query);
        assertLt(before - gasleft(), 3_000_000);
        for (uint256 i; i < 16; ++i) assertTrue(reading.venues[i].ok);
    }

    function test_a_vault_that_reverts_is_the_callers_error() public {
        venues[1].setBroken(true);
        vm.expectRevert(bytes("broken"));
        lens.read(_query());
    }

    function testFuzz_the_price_is_scaled_to_eight_decimals(uint8 decimals, uint256 whole) public {
        decimals = uint8(bound(decimals, 0, 18));
        whole = bound(whole, 1, 1_000_000);
        Query memory query = _query();
        query.ethUsdFeed = feed;
        vm.mockCall(feed, abi.encodeWithSelector(IAggregatorReader.decimals.selector), abi.encode(decimals));
        vm.mockCall(
            feed,
            abi.encodeWithSelector(IAggregatorReader.latestRoundData.selector),
            abi.encode(uint80(1), int256(whole * 10 ** decimals), uint256(0), vm.getBlockTimestamp(), uint80(1))
        );
        Reading memory reading = lens.read(query);
        assertEq(reading.ethUsdE8, whole * 1e8);
        assertEq(reading.ethUsdUpdatedAt, vm.getBlockTimestamp());
    }

    function test_a_price_that_is_not_positive_is_no_price() public {
        Query memory query = _query();
        query.ethUsdFeed = feed;
        assertEq(lens.read(query).ethUsdE8, 0);
        vm.mockCall(
            feed,
            abi.encodeWithSelector(IAggregatorReader.latestRoundData.selector),
            abi.encode(uint80(1), int256(-1), uint256(0), vm.getBlockTimestamp(), uint80(1))
        );
        assertEq(lens.read(query).ethUsdE8, 0);
    }
}
