// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { MarketParams } from "../../../contracts/interfaces/external/IMorphoBlue.sol";
import { Deployed } from "../Deployed.sol";
import { Fixture } from "../Fixture.sol";
import { MockAavePool } from "../mocks/MockAavePool.sol";
import { MockComet } from "../mocks/MockComet.sol";
import { MockMorpho } from "../mocks/MockMorpho.sol";

/// @notice Aave, Comet and others round by a unit or two, and an exact pull of what they report then fails for the want
/// of one (protocolink#94, cap-labs#146). What `maxWithdraw` promises is paid, to the unit, whatever the indices are.
/// forge-config: default.isolate = true
contract Attack_Rounding is Fixture {
    MockAavePool private pool;
    MockComet private comet;
    MockMorpho private morpho;
    MarketParams private params;
    address[3] private ofKind;
    bytes[3] private data;

    function _configure() internal override {
        super._configure();
        pool = new MockAavePool(address(token));
        comet = new MockComet(address(token));
        morpho = new MockMorpho();
        params = MarketParams(address(token), address(0xc0), address(0xd0), address(0), 0.86e18);
        morpho.createMarket(params);
        ofKind[0] = Deployed.create("AaveV3Adapter", abi.encode(address(vault), address(pool)));
        ofKind[1] = Deployed.create("CometAdapter", abi.encode(address(vault), address(comet)));
        ofKind[2] = Deployed.create("MorphoBlueAdapter", abi.encode(address(vault), address(morpho)));
        data[2] = abi.encode(params);
        ExitEntry[] memory exits = new ExitEntry[](3);
        vm.startPrank(owner);
        for (uint256 i; i < 3; ++i) {
            vault.addAdapter(ofKind[i]);
            bytes32[] memory ids = IAdapter(ofKind[i]).ids(data[i]);
            for (uint256 j; j < ids.length; ++j) {
                vault.increaseAbsoluteCap(ids[j], type(uint128).max);
                vault.increaseRelativeCap(ids[j], uint64(WAD));
            }
            exits[i] = ExitEntry(ofKind[i], data[i]);
        }
        vault.setExitList(exits);
        vm.stopPrank();
    }

    function _odd(uint256 seed) private {
        pool.setIndex(pool.index() + 1 + (seed % 1e26));
        comet.setIndex(comet.index() + 1 + ((seed >> 64) % 1e14));
    }

    function testFuzz_whatIsPromisedIsPaidToTheUnit(uint256 seed) public {
        _odd(seed);
        _deposit(alice, 1_000_000 * UNIT);
        for (uint256 i; i < 3; ++i) {
            vm.prank(address(guard));
            vault.allocate(ofKind[i], data[i], 200_000 * UNIT + ((seed >> (8 * i)) % 1_000_003));
        }
        skip(1 days);
        _odd(seed >> 128);
        uint256 idle = vault.idle();
        uint256 most = vault.maxWithdraw(alice);
        uint256 assets = bound(seed >> 32, idle + 1, most);
        uint256 held = token.balanceOf(alice);
        vm.prank(alice);
        vault.withdraw(assets, alice, alice);
        assertEq(token.balanceOf(alice) - held, assets);

        skip(1 days);
        _odd(seed >> 96);
        most = vault.maxRedeem(alice);
        uint256 quoted = vault.previewRedeem(most);
        held = token.balanceOf(alice);
        vm.prank(alice);
        vault.redeem(most, alice, alice);
        assertEq(token.balanceOf(alice) - held, quoted);
    }
}
