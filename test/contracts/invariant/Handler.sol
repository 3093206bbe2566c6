// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { Depositors } from "./Depositors.sol";
import { Keepers } from "./Keepers.sol";
import { Nature } from "./Nature.sol";
import { Officers } from "./Officers.sol";
import { Properties } from "./Properties.sol";

/// @notice All roles over one vault, and what must hold after whatever they did.
contract Handler is Depositors, Keepers, Officers, Nature {
    function check() external {
        assertEq(violation, "");
        _checkShares();
        _checkPositions();
        _checkLists();
        if (!_isReadable()) return;
        _checkPrices();
        _checkRoundTrips(1 + uint256(vault.lastAccrualAt() % 1e6));
        _checkRoundTrips(123_456_789_012);
        _checkAccrual();
    }

    function _checkShares() private view {
        uint256 sum = vault.balanceOf(DEAD) + vault.balanceOf(feeRecipient) + vault.balanceOf(address(vault));
        sum += vault.balanceOf(address(sandwich)) + vault.balanceOf(address(this));
        for (uint256 i; i < 3; ++i) sum += vault.balanceOf(depositors[i]);
        assertEq(vault.totalSupply(), sum, Properties.I1);
        assertEq(vault.balanceOf(address(0)), 0, Properties.I1);
        assertEq(vault.balanceOf(DEAD), SEED * 1e12, Properties.I1);
        assertEq(vault.balanceOf(address(vault)), vault.unclaimedFeeShares(), Properties.I1);
        if (vault.feeRecipient() == address(0)) {
            assertEq(vault.performanceFeeBps() + vault.managementFeeBps(), 0, Properties.I7);
        }
        assertLe(vault.performanceFeeBps(), 3_000, Properties.I7);
        assertLe(vault.managementFeeBps(), 200, Properties.I7);
    }

    function _checkPositions() private view {
        bytes32 group = IdsLib.protocol(address(morpho));
        uint256 sum = vault.allocation(venues[WETH].id) + vault.allocation(venues[WBTC].id);
        assertEq(vault.allocation(group), sum, Properties.I11);
        assertEq(vault.allocation(IdsLib.oracle(markets[0].oracle)), sum, Properties.I11);
        group = IdsLib.collateral(markets[0].collateralToken);
        assertEq(vault.allocation(group), vault.allocation(venues[WETH].id), Properties.I11);
        sum = vault.allocation(venues[AAVE].id) + vault.allocation(venues[HIDING].id);
        assertEq(vault.allocation(IdsLib.protocol(address(aave))), sum, Properties.I11);

        if (!unruly[AAVE]) {
            uint256 held = aave.scaledBalanceOf(address(aaveAdapter));
            assertLe(aaveAdapter.scaledBalance(), held, Properties.I11);
        }
        if (!unruly[COMET]) {
            (int104 principal, , , , ) = comet.userBasic(address(cometAdapter));
            assertLe(cometAdapter.principal(), uint104(principal), Properties.I11);
        }
        for (uint256 i; i < 2 && !unruly[WETH]; ++i) {
            bytes32 id = morpho.id(markets[i]);
            uint256 held = morpho.sharesOf(id, address(morphoAdapter));
            assertLe(morphoAdapter.supplyShares(id), held, Properties.I11);
        }
        if (!unruly[PLAIN]) {
            assertLe(plainAdapter.shares(), plain.balanceOf(address(plainAdapter)), Properties.I11);
        }
        if (!unruly[HIDING]) {
            assertLe(hidingAdapter.shares(), hiding.balanceOf(address(hidingAdapter)), Properties.I11);
        }
        for (uint256 i; i < VENUES; ++i) {
            assertEq(token.balanceOf(venues[i].adapter), 0, Properties.I13);
            assertEq(token.allowance(address(vault), venues[i].adapter), 0, Properties.I13);
            assertEq(token.allowance(address(vault), venues[i].target), 0, Properties.I13);
        }
    }

    function _checkLists() private view {
        address[] memory list = vault.adapters();
        assertLe(list.length, vault.MAX_ADAPTERS(), Properties.I11);
        for (uint256 i; i < list.length; ++i) {
            assertTrue(vault.isAdapter(list[i]), Properties.I11);
            for (uint256 j; j < i; ++j) assertTrue(list[i] != list[j], Properties.I11);
        }
        ExitEntry[] memory exits = vault.exitList();
        assertLe(exits.length, vault.MAX_EXITS(), Properties.I11);
        for (uint256 i; i < exits.length; ++i) {
            assertTrue(vault.isAdapter(exits[i].adapter), Properties.I11);
            bytes32 pool = IAdapter(exits[i].adapter).liquidityId(exits[i].data);
            for (uint256 j; j < i; ++j) {
                assertTrue(pool != IAdapter(exits[j].adapter).liquidityId(exits[j].data), Properties.I11);
            }
        }
    }

    function _checkPrices() private view {
        uint256 real = vault.idle();
        bool quarantines;
        bool marks;
        for (uint256 i; i < adapterList.length; ++i) {
            (, , bool quarantined, bool marked, uint128 mark, ) = vault.adapterState(adapterList[i]);
            real += quarantined ? mark : IAdapter(adapterList[i]).realAssets();
            quarantines = quarantines || quarantined;
            marks = marks || marked;
        }
        assertEq(vault.totalAssets(), real, Properties.I2);
        uint256 claims =
            vault.previewRedeem(vault.balanceOf(DEAD)) + vault.previewRedeem(vault.balanceOf(feeRecipient));
        claims += vault.previewRedeem(vault.balanceOf(address(vault)));
        for (uint256 i; i < 3; ++i) claims += vault.previewRedeem(vault.balanceOf(depositors[i]));
        assertLe(claims, real, Properties.I8);
        if (quarantines || marks) assertFalse(vault.entriesOpen(), Properties.I21);
        assertEq(vault.maxDeposit(depositors[0]) != 0, vault.entriesOpen(), Properties.I6);
        // What entry pays above exit is never negative.
        assertGe(vault.previewMint(1e24), vault.previewRedeem(1e24), Properties.I5);
    }

    /// @dev Never better than break-even, and one unit more would be.
    function _checkRoundTrips(uint256 assets) private view {
        uint256 shares = vault.previewDeposit(assets);
        assertLe(vault.previewRedeem(shares), assets, Properties.I5);
        assertGe(vault.previewWithdraw(assets), shares, Properties.I5);
        assertGt(vault.previewMint(shares + 1), assets, Properties.I4);
        assertLe(vault.previewMint(shares), assets, Properties.I4);

        shares = vault.previewWithdraw(assets);
        assertLe(vault.previewDeposit(assets), shares, Properties.I5);
        assertGe(vault.previewMint(shares), assets, Properties.I5);
        assertGe(vault.previewRedeem(shares), assets, Properties.I4);
        assertLt(vault.previewRedeem(shares - 1), assets, Properties.I4);

        shares = assets * 1e12 + assets;
        assertLe(vault.previewDeposit(vault.previewRedeem(shares)), shares, Properties.I5);
        assertGe(vault.previewMint(shares), vault.previewRedeem(shares), Properties.I5);
        assertGe(vault.previewWithdraw(vault.previewMint(shares)), shares, Properties.I5);
        assertGt(vault.previewWithdraw(vault.previewRedeem(shares) + 1), shares, Properties.I4);
        assertLt(vault.previewDeposit(vault.previewMint(shares) - 1), shares, Properties.I4);
    }

    /// @dev Nothing of this stays: what a check does is undone.
    function _checkAccrual() private {
        vault.accrue();
        uint256 live = vault.totalAssets();
        assertLe(vault.storedAssets(), live, Properties.I2);
        assertEq(vault.storedAssets() + vault.pendingGain(), live, Properties.I2);
        uint256 supply = vault.totalSupply();
        uint256 stored = vault.storedAssets();
        vault.accrue();
        assertEq(vault.totalSupply(), supply, Properties.I7);
        assertEq(vault.storedAssets(), stored, Properties.I7);
    }
}
