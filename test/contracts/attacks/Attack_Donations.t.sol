// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { AaveV3Adapter } from "../../../contracts/adapters/AaveV3Adapter.sol";
import { CometAdapter } from "../../../contracts/adapters/CometAdapter.sol";
import { MorphoBlueAdapter } from "../../../contracts/adapters/MorphoBlueAdapter.sol";
import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { MarketParams } from "../../../contracts/interfaces/external/IMorphoBlue.sol";
import { Fixture } from "../Fixture.sol";
import { MockAavePool } from "../mocks/MockAavePool.sol";
import { MockComet } from "../mocks/MockComet.sol";
import { MockMorpho } from "../mocks/MockMorpho.sol";
import { Deployed } from "../Deployed.sol";

/// @notice Somebody supplies on behalf of an adapter, or sends it position tokens: to skew the price of the first
/// deposits (Spearbit 5.1.1, Zellic 3.1), or with dust so that a venue can never be removed (metamorpho L-09, L-10).
/// A gift moves no value and stops no removal, and a venue that comes back counts nothing twice.
/// forge-config: default.isolate = true
contract Attack_Donations is Fixture {
    MockAavePool private pool;
    MockComet private comet;
    MockMorpho private morpho;
    MarketParams private params;
    IAdapter[4] private ofKind;
    bytes[4] private data;

    function setUp() public override {
        super.setUp();
        pool = new MockAavePool(address(token));
        comet = new MockComet(address(token));
        morpho = new MockMorpho();
        params = MarketParams(address(token), address(0xc0), address(0xd0), address(0), 0.86e18);
        morpho.createMarket(params);
        ofKind[0] = IAdapter(Deployed.create("AaveV3Adapter", abi.encode(address(vault), address(pool))));
        ofKind[1] = IAdapter(Deployed.create("CometAdapter", abi.encode(address(vault), address(comet))));
        ofKind[2] = IAdapter(Deployed.create("MorphoBlueAdapter", abi.encode(address(vault), address(morpho))));
        ofKind[3] = adapters[0];
        data[2] = abi.encode(params);
    }

    function _give(uint256 i, uint256 assets) private {
        address to = address(ofKind[i]);
        _fund(anyone, assets);
        vm.startPrank(anyone);
        address[4] memory spender = [address(pool), address(comet), address(morpho), address(venues[0])];
        token.approve(spender[i], assets);
        if (i == 0) pool.supply(address(token), assets, to, 0);
        if (i == 1) comet.supplyTo(to, address(token), assets);
        if (i == 2) morpho.supply(params, assets, 0, to, "");
        if (i == 3) venues[0].deposit(assets, to);
        vm.stopPrank();
    }

    function _move(uint256 i, uint256 assets) private {
        _fund(address(ofKind[i]), assets);
        vm.prank(address(vault));
        ofKind[i].allocate(data[i], assets);
    }

    function _index(uint256 index) private {
        pool.setIndex(index);
        comet.setIndex(index / 1e12);
    }

    /// @dev Before, between and after deposits, of any size: the value is that of what the vault paid for.
    function testFuzz_aGiftMovesNoValue(uint256 kind, uint256 gift, uint256 assets, uint256 index) public {
        kind = bound(kind, 0, 3);
        gift = bound(gift, 1, 1e15);
        assets = bound(assets, 1e6, 1e15);
        index = bound(index, 1e27, 3e27);
        _index(index);
        _give(kind, gift);
        assertEq(ofKind[kind].realAssets(), 0);
        _move(kind, assets);
        uint256 value = ofKind[kind].realAssets();
        assertApproxEqAbs(value, assets, 6);
        assertLe(value, assets);
        _give(kind, gift);
        assertApproxEqAbs(ofKind[kind].realAssets(), value, 1 + index / 1e27);
    }

    /// @dev Dust given before the whole position leaves keeps no adapter in use.
    function testFuzz_dustStopsNoRemoval(uint256 kind, uint256 dust, uint256 assets, uint256 index) public {
        kind = bound(kind, 0, 2);
        dust = bound(dust, 1, 1e6);
        assets = bound(assets, 1e6, 1e15);
        _index(bound(index, 1e27, 3e27));
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.addAdapter, (address(ofKind[kind]))));
        _give(kind, dust);
        _move(kind, assets);
        _give(kind, dust);
        vm.prank(address(vault));
        ofKind[kind].deallocate(data[kind], WHOLE);
        assertEq(ofKind[kind].realAssets(), 0);
        _give(kind, dust);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.removeAdapter, (address(ofKind[kind]))));
        assertFalse(vault.isAdapter(address(ofKind[kind])));

        // It comes back: what lies there from before counts for nothing.
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.addAdapter, (address(ofKind[kind]))));
        assertEq(ofKind[kind].realAssets(), 0);
        _move(kind, assets);
        assertLe(ofKind[kind].realAssets(), assets);
    }

    /// @dev The same for one market of many: forgetting it and following it again counts it once.
    function test_aMarketThatComesBackCountsOnce() public {
        MorphoBlueAdapter adapter = MorphoBlueAdapter(address(ofKind[2]));
        _move(2, 1_000 * UNIT);
        _give(2, 1);
        vm.prank(address(vault));
        adapter.deallocate(data[2], WHOLE);
        _give(2, 1);
        vm.prank(anyone);
        adapter.removeMarket(params);
        assertEq(adapter.markets().length, 0);
        _move(2, 1_000 * UNIT);
        assertEq(adapter.markets().length, 1);
        assertApproxEqAbs(adapter.realAssets(), 1_000 * UNIT, 1);
    }
}
