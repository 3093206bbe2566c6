// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { AaveV3Adapter } from "../../../contracts/adapters/AaveV3Adapter.sol";
import { CometAdapter } from "../../../contracts/adapters/CometAdapter.sol";
import { Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { Fixture } from "../Fixture.sol";
import { MockAavePool } from "../mocks/MockAavePool.sol";
import { MockComet } from "../mocks/MockComet.sol";
import { Deployed } from "../Deployed.sol";

/// @notice What `max*` promises must be paid to the unit, through venues that round against us by 1 or 2 at every touch,
/// whatever their index, their liquidity and the gifts of others.
/// forge-config: default.isolate = true
contract Attack_ExitPlan is Fixture {
    MockAavePool private pool;
    MockComet private comet;
    AaveV3Adapter private aave;
    CometAdapter private compound;

    struct World {
        uint256 aaveIndex;
        uint256 cometIndex;
        uint256 inAave;
        uint256 inComet;
        uint256 growth;
        uint256 free;
        uint256 gift;
        uint256 part;
    }

    function setUp() public override {
        super.setUp();
        pool = new MockAavePool(address(token));
        comet = new MockComet(address(token));
        aave = AaveV3Adapter(Deployed.create("AaveV3Adapter", abi.encode(address(vault), address(pool))));
        compound = CometAdapter(Deployed.create("CometAdapter", abi.encode(address(vault), address(comet))));
        ExitEntry[] memory exits = new ExitEntry[](2);
        exits[0] = ExitEntry(address(aave), "");
        exits[1] = ExitEntry(address(compound), "");
        _asCurator(abi.encodeCall(vault.addAdapter, (address(aave))));
        _asCurator(abi.encodeCall(vault.addAdapter, (address(compound))));
        _asCurator(abi.encodeCall(vault.setExitList, (exits)));
        for (uint256 i; i < 2; ++i) {
            bytes32[] memory ids = (i == 0 ? aave.ids("") : compound.ids(""));
            for (uint256 j; j < ids.length; ++j) {
                _asCurator(abi.encodeCall(vault.increaseAbsoluteCap, (ids[j], type(uint128).max)));
                _asCurator(abi.encodeCall(vault.increaseRelativeCap, (ids[j], uint64(WAD))));
            }
        }
    }

    function _asCurator(bytes memory data) private {
        _submitAndExecute(address(vault), curator, data);
    }

    function _enterWorld(World memory world) private {
        _deposit(alice, 1_000_000 * UNIT);
        pool.setIndex(bound(world.aaveIndex, 1e27, 4e27));
        comet.setIndex(bound(world.cometIndex, 1e15, 4e15));
        Plan memory plan = _plan(
            Leg(address(aave), true, uint128(bound(world.inAave, UNIT, 400_000 * UNIT)), ""),
            Leg(address(compound), true, uint128(bound(world.inComet, UNIT, 400_000 * UNIT)), "")
        );
        _rebalance(plan);
        world.growth = bound(world.growth, 0, 1e6);
        pool.setIndex((pool.index() * (1e9 + world.growth)) / 1e9);
        comet.setIndex((comet.index() * (1e9 + world.growth)) / 1e9);
        token.mint(address(comet), UNIT);
        // Gifts of position tokens.
        world.gift = bound(world.gift, 0, 1000 * UNIT);
        if (world.gift > 10) {
            _fund(anyone, 2 * world.gift);
            vm.startPrank(anyone);
            token.approve(address(pool), world.gift);
            token.approve(address(comet), world.gift);
            pool.supply(address(token), world.gift, address(aave), 0);
            comet.supplyTo(address(compound), address(token), world.gift);
            vm.stopPrank();
        }
        pool.setVirtualBalance(uint128(bound(world.free, 0, pool.virtualBalance())));
        skip(world.part % 30 days);
    }

    function testFuzz_maxWithdrawIsPaidToTheUnit(World memory world) public {
        _enterWorld(world);
        uint256 most = vault.maxWithdraw(alice);
        uint256 quoted = vault.previewWithdraw(most);
        assertTrue(vault.canPay(most));
        vm.prank(alice);
        assertEq(vault.withdraw(most, alice, alice), quoted);
        assertEq(token.balanceOf(alice), most);
    }

    function testFuzz_maxRedeemIsPaidToTheUnit(World memory world) public {
        _enterWorld(world);
        uint256 shares = vault.maxRedeem(alice);
        uint256 quoted = vault.previewRedeem(shares);
        vm.prank(alice);
        assertEq(vault.redeem(shares, alice, alice), quoted);
        assertEq(token.balanceOf(alice), quoted);
    }

    /// @dev In many small steps, each of which loses a unit or two in the venues: nobody's loss but the vault's dust.
    function testFuzz_manySmallExitsLoseOnlyDust(World memory world) public {
        _enterWorld(world);
        vm.startPrank(alice);
        uint256 worth = vault.previewRedeem(vault.balanceOf(alice));
        uint256 paid;
        for (uint256 i; i < 20; ++i) {
            uint256 most = vault.maxWithdraw(alice);
            uint256 assets = i == 19 ? most : most / (1 + (uint256(keccak256(abi.encode(world.part, i))) % 20));
            if (assets == 0) break;
            vault.withdraw(assets, alice, alice);
            paid += assets;
        }
        assertEq(token.balanceOf(alice), paid);
        assertLe(paid, worth + 1);
        assertGe(paid + vault.previewRedeem(vault.balanceOf(alice)) + 20 * 8, worth);
    }
}
