// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { VenueExit } from "../../../contracts/interfaces/IRouter.sol";
import { Router } from "../../../contracts/periphery/Router.sol";
import { Deployed } from "../Deployed.sol";
import { DevnetFixture } from "./DevnetFixture.sol";

/// @notice In-kind exits (I23) from the real protocols, each with nothing free: the flash loan is Morpho Blue's, and the
/// leaver ends with aTokens, a Comet balance, a position in a market or shares of an ERC-4626.
/// forge-config: default.isolate = true
contract InKindExitTest is DevnetFixture {
    uint256 private constant ASSETS = 400_000 * UNIT;

    Router private router;
    address private carol = makeAddr("carol");

    function setUp() public override {
        super.setUp();
        if (address(vault) == address(0)) return;
        router = Router(Deployed.create("Router", abi.encode(address(morpho))));
        uint256 shares = _deposit(carol, 5_000_000 * UNIT);
        _deposit(bob, 5_000_000 * UNIT);
        vm.prank(carol);
        vault.approve(address(router), shares);
        for (uint256 i; i < VENUES; ++i) _allocate(i, 1_000_000 * UNIT);
    }

    function _worth(uint256 i, address account) private view returns (uint256) {
        if (i == AAVE) return aUsdc.balanceOf(account);
        if (i == COMET) return comet.balanceOf(account);
        if (i == SAVINGS) return savings.previewRedeem(savings.balanceOf(account));
        if (i == STATA) return stata.previewRedeem(stata.balanceOf(account));
        bytes32 id = keccak256(venues[i].data);
        uint256 supplied = morpho.position(id, account).supplyShares;
        return
            (supplied * (uint256(morpho.market(id).totalSupplyAssets) + 1)) /
            (uint256(morpho.market(id).totalSupplyShares) + 1e6);
    }

    function _checkExit(uint256 i) private {
        uint256 positionBefore = _venueAssets(i);
        uint256 othersBefore = vault.previewRedeem(vault.balanceOf(bob));
        uint256 lentBefore = usdc.balanceOf(address(morpho));
        uint256 cost = vault.previewWithdraw(ASSETS);
        VenueExit memory exit = VenueExit(
            address(vault),
            venues[i].adapter,
            venues[i].data,
            ASSETS,
            (cost * 10_021) / 10_000,
            vm.getBlockTimestamp()
        );
        vm.prank(carol);
        (uint256 position, uint256 shares) = router.exitInKind(exit, ASSETS - 4);

        assertApproxEqAbs(position, ASSETS, 4, "credited");
        assertApproxEqAbs(_worth(i, carol), ASSETS, 4, "the leaver's position");
        assertApproxEqAbs(_venueAssets(i) + ASSETS, positionBefore, 4, "the vault's position");
        assertGe(shares, cost, "the penalty is above zero");
        assertGe(vault.previewRedeem(vault.balanceOf(bob)) + 2, othersBefore, "who stays loses nothing");
        assertEq(usdc.balanceOf(address(morpho)), lentBefore, "the lender");
        assertEq(usdc.balanceOf(address(router)), 0);
    }

    function test_fromAFullyUtilisedAaveReserve() public {
        _drainAave();
        assertEq(_withdrawable(AAVE), 0);
        _checkExit(AAVE);
        // aTokens, while the reserve still has nothing free.
        assertEq(pool.getVirtualUnderlyingBalance(address(usdc)), 0);
    }

    /// @dev The StataToken pays a unit less than was supplied; the leaver's shares pay for that unit from idle.
    function test_fromAStataTokenOverAFullyUtilisedReserve() public {
        _drainAave();
        assertEq(_withdrawable(STATA), 0);
        _checkExit(STATA);
    }

    function test_fromAFullyUtilisedComet() public {
        _drainComet();
        assertEq(_withdrawable(COMET), 0);
        _checkExit(COMET);
        assertEq(usdc.balanceOf(address(comet)), 0);
    }

    function test_fromAFullyUtilisedMorphoMarket() public {
        _drainMorpho(markets[0]);
        assertEq(_withdrawable(MORPHO_WETH), 0);
        _checkExit(MORPHO_WETH);
    }

    function test_fromAnErc4626() public {
        _checkExit(SAVINGS);
    }

    /// @dev Every market of the lender is drained: it has next to nothing to lend, and small parts in one call still do.
    function test_inPartsWhereTheLenderIsNearlyEmpty() public {
        _drainAave();
        uint256 free = usdc.balanceOf(address(morpho));
        uint256 part = 10_000 * UNIT;
        vm.prank(address(morpho));
        usdc.transfer(whale, free - part);

        VenueExit memory exit = VenueExit(
            address(vault),
            venues[AAVE].adapter,
            "",
            part,
            type(uint256).max,
            vm.getBlockTimestamp()
        );
        bytes[] memory calls = new bytes[](10);
        for (uint256 i; i < 10; ++i) calls[i] = abi.encodeCall(router.exitInKind, (exit, part - 2));
        vm.prank(carol);
        router.multicall(calls);
        assertApproxEqAbs(aUsdc.balanceOf(carol), 10 * part, 20);
    }

    /// @dev What cannot be left in kind: a reserve that takes no deposits.
    function test_aFrozenReserveCannotBeLeftInKind() public {
        vm.prank(deployer);
        configurator.setReserveFreeze(address(usdc), true);
        VenueExit memory exit = VenueExit(
            address(vault),
            venues[AAVE].adapter,
            "",
            ASSETS,
            type(uint256).max,
            vm.getBlockTimestamp()
        );
        vm.expectRevert(bytes4(keccak256("ReserveFrozen()")));
        vm.prank(carol);
        router.exitInKind(exit, 0);
        // But by a forced exit.
        vm.prank(carol);
        (uint256 assets, ) = router.forceExit(exit, carol, ASSETS);
        assertGe(assets, ASSETS);
    }
}
