// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Vault } from "../../contracts/Vault.sol";
import { MorphoBlueAdapter } from "../../contracts/adapters/MorphoBlueAdapter.sol";
import { Leg, Plan } from "../../contracts/interfaces/IGuard.sol";
import { ExitEntry } from "../../contracts/interfaces/IVault.sol";
import { MarketParams } from "../../contracts/interfaces/external/IMorphoBlue.sol";
import { Fixture } from "./Fixture.sol";
import { MockIrm, MockMorpho } from "./mocks/MockMorpho.sol";
import { Deployed } from "./Deployed.sol";

/// @notice Gas of whole transactions (21,000 base and calldata included), interest due at each call, every venue held.
/// Venues are mocks: a market of `MockMorpho` with a constant rate, whose storage is laid out as Morpho Blue's. Compiled
/// with foundry.toml's settings.
/// forge-config: default.isolate = true
contract GasTest is Fixture {
    MockMorpho private morpho;
    MorphoBlueAdapter private adapter;
    MarketParams[] private markets;

    /// @dev A vault over `count` markets, every one holding and lending.
    function _setMarkets(uint256 count) private {
        (vault, guard) = _newVault(address(token));
        morpho = new MockMorpho();
        adapter = MorphoBlueAdapter(Deployed.create("MorphoBlueAdapter", abi.encode(address(vault), address(morpho))));
        address irm = address(new MockIrm(uint256(0.1e18) / 365 days));
        ExitEntry[] memory exits = new ExitEntry[](count);
        vm.startPrank(owner);
        vault.addAdapter(address(adapter));
        for (uint256 i; i < count; ++i) {
            MarketParams memory params = MarketParams(
                address(token),
                address(uint160(0xc0 + i)),
                address(uint160(0xd0 + i)),
                irm,
                0.86e18
            );
            markets.push(params);
            morpho.createMarket(params);
            bytes32[] memory ids = adapter.ids(abi.encode(params));
            for (uint256 j; j < ids.length; ++j) {
                (uint256 absoluteCap, ) = vault.capOf(ids[j]);
                if (absoluteCap != 0) continue; // of all markets
                vault.increaseAbsoluteCap(ids[j], type(uint128).max);
                vault.increaseRelativeCap(ids[j], uint64(WAD));
            }
            exits[i] = ExitEntry(address(adapter), abi.encode(params));
        }
        vault.setExitList(exits);
        vault.setGuard(address(guard));
        guard.addKeeper(keeper);
        vm.stopPrank();
        _seed();
        _deposit(alice, 1_000_000 * UNIT);

        Plan memory plan = Plan(0, uint64(vm.getBlockTimestamp()), 0, new Leg[](count));
        for (uint256 i; i < count; ++i) {
            plan.legs[i] = Leg(address(adapter), true, uint128(40_000 * UNIT), abi.encode(markets[i]));
        }
        _rebalance(plan);
        for (uint256 i; i < count; ++i) morpho.setBorrowed(markets[i], uint128(20_000 * UNIT));
        skip(1 hours);
        _fund(bob, 1_000 * UNIT);
        vm.prank(bob);
        token.approve(address(vault), type(uint256).max);
    }

    function _measure(string memory name, uint256 count) private {
        _setMarkets(count);
        vm.prank(bob);
        vault.deposit(1_000 * UNIT, bob);
        vm.snapshotGasLastCall("vault", string.concat("deposit to idle, ", name));
        skip(1 hours);
        vm.prank(alice);
        vault.withdraw(1_000 * UNIT, alice, alice);
        vm.snapshotGasLastCall("vault", string.concat("withdraw from idle, ", name));
        skip(1 hours);
        vault.accrue();
        vm.snapshotGasLastCall("vault", string.concat("accrue, ", name));
        if (count > 1) {
            skip(1 hours);
            Plan memory plan = Plan(1, uint64(vm.getBlockTimestamp()), 0, new Leg[](2));
            plan.legs[0] = Leg(address(adapter), false, uint128(10_000 * UNIT), abi.encode(markets[0]));
            plan.legs[1] = Leg(address(adapter), true, uint128(10_000 * UNIT), abi.encode(markets[1]));
            _rebalance(plan);
            vm.snapshotGasLastCall("vault", string.concat("rebalance of two legs, ", name));
        }
        uint256 idle = vault.idle();
        skip(1 hours);
        vm.prank(alice);
        vault.withdraw(idle + 1_000 * UNIT, alice, alice);
        vm.snapshotGasLastCall("vault", string.concat("withdraw that pulls one venue, ", name));
    }

    function test_gasWith1Market() public {
        _measure("1 market", 1);
    }

    function test_gasWith5Markets() public {
        _measure("5 markets", 5);
    }

    function test_gasWith10Markets() public {
        _measure("10 markets", 10);
    }

    function test_gasOfAShareTransfer() public {
        _deposit(alice, 100 * UNIT);
        vm.prank(alice);
        vault.transfer(bob, 1e18);
        vm.snapshotGasLastCall("vault", "share transfer to a new holder");
    }

    function test_codeFitsTheLimitOfEip170() public {
        vm.snapshotValue("vault", "code size of Vault", address(vault).code.length);
        vm.snapshotValue("vault", "code size of Guard", address(guard).code.length);
        assertLe(address(vault).code.length, 24_576);
        assertLe(address(guard).code.length, 24_576);
    }
}
