// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC20 } from "solady/tokens/ERC20.sol";
import { MarketParams } from "../../../contracts/interfaces/external/IMorphoBlue.sol";
import { VenueExit } from "../../../contracts/interfaces/IRouter.sol";
import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { Deployed } from "../Deployed.sol";
import { MockAavePool } from "../mocks/MockAavePool.sol";
import { MockComet } from "../mocks/MockComet.sol";
import { MockLendingVenue } from "../mocks/MockLendingVenue.sol";
import { MockIrm, MockMorpho } from "../mocks/MockMorpho.sol";
import { RouterFixture } from "./RouterFixture.sol";

/// @notice An adapter of a kind that lends nothing.
contract OddAdapter {
    address public immutable vault;
    address public immutable asset;

    constructor(address vault_, address asset_) {
        vault = vault_;
        asset = asset_;
    }

    function kind() external pure returns (bytes32) {
        return "uniswap-v3";
    }

    function realAssets() external pure returns (uint256) {
        return 0;
    }
}

/// @notice In-kind exits by each lending kind, from a venue with nothing free. Leaves of Router.tree; the real protocols
/// stand in integration/InKindExit.t.sol.
/// forge-config: default.isolate = true
contract ExitInKindTest is RouterFixture {
    uint256 private constant AAVE = 0;
    uint256 private constant COMET = 1;
    uint256 private constant MORPHO = 2;
    uint256 private constant ERC4626 = 3;

    MockAavePool private pool;
    MockComet private comet;
    MockMorpho private morpho;
    MockLendingVenue private lending;
    MarketParams private params;
    address[4] private kinds;
    bytes[4] private data;
    address private odd;

    /// @dev The fixture's venues and one of each lending kind.
    function _configure() internal override {
        super._configure();
        pool = new MockAavePool(address(token));
        comet = new MockComet(address(token));
        morpho = new MockMorpho();
        lending = new MockLendingVenue(address(token));
        // Somebody else is in there before us.
        _fund(anyone, UNIT);
        vm.startPrank(anyone);
        token.approve(address(lending), UNIT);
        lending.deposit(UNIT, anyone);
        vm.stopPrank();
        params = MarketParams(address(token), makeAddr("collateral"), makeAddr("oracle"), address(new MockIrm(0)), 0);
        morpho.createMarket(params);
        kinds[AAVE] = Deployed.create("AaveV3Adapter", abi.encode(address(vault), address(pool)));
        kinds[COMET] = Deployed.create("CometAdapter", abi.encode(address(vault), address(comet)));
        kinds[MORPHO] = Deployed.create("MorphoBlueAdapter", abi.encode(address(vault), address(morpho)));
        kinds[ERC4626] = address(_newErc4626Adapter(address(vault), address(lending)));
        data[MORPHO] = abi.encode(params);
        odd = address(new OddAdapter(address(vault), address(token)));

        vm.startPrank(owner);
        vault.addAdapter(odd);
        for (uint256 i; i < 4; ++i) {
            vault.addAdapter(kinds[i]);
            bytes32[] memory ids = IAdapter(kinds[i]).ids(data[i]);
            for (uint256 j; j < ids.length; ++j) {
                vault.increaseAbsoluteCap(ids[j], type(uint128).max);
                vault.increaseRelativeCap(ids[j], uint64(WAD));
            }
        }
        vm.stopPrank();
    }

    function setUp() public override {
        super.setUp();
        _enter(carol, 10_000 * UNIT);
        _deposit(bob, 10_000 * UNIT);
        for (uint256 i; i < 4; ++i) {
            vm.prank(address(guard));
            vault.allocate(kinds[i], data[i], 4_000 * UNIT);
        }
        _drain();
        _fund(address(lender), 5_000 * UNIT);
    }

    /// @dev Borrowers take everything: no venue could pay a unit.
    function _drain() private {
        pool.setVirtualBalance(0);
        token.burn(address(pool), token.balanceOf(address(pool)));
        token.burn(address(comet), token.balanceOf(address(comet)));
        morpho.setBorrowed(params, uint128(4_000 * UNIT));
        token.burn(address(morpho), token.balanceOf(address(morpho)));
        lending.lend(makeAddr("borrower"), token.balanceOf(address(lending)));
        for (uint256 i; i < 4; ++i) {
            assertEq(IAdapter(kinds[i]).withdrawable(data[i]), 0, "something is free");
        }
    }

    /// @dev Worth of an account's position at the venue.
    function _worth(uint256 i, address account) private view returns (uint256) {
        if (i == AAVE) return pool.balanceOf(account);
        if (i == COMET) return comet.balanceOf(account);
        if (i == ERC4626) return lending.previewRedeem(lending.balanceOf(account));
        return morpho.sharesOf(morpho.id(params), account) / 1e6;
    }

    function _exit(uint256 i, uint256 assets, uint256 minPosition) private returns (uint256 position, uint256 shares) {
        VenueExit memory exit = _venueExit(kinds[i], data[i], assets);
        vm.prank(carol);
        return router.exitInKind(exit, minPosition);
    }

    function _checkExit(uint256 i, uint256 assets) private {
        uint256 positionBefore = IAdapter(kinds[i]).venueAssets(data[i]);
        uint256 sharesBefore = vault.balanceOf(carol);
        uint256 bobBefore = vault.previewRedeem(vault.balanceOf(bob));
        uint256 cost = vault.previewWithdraw(assets);
        uint256 most = vault.previewWithdraw(assets + (assets * 20) / 10_000 + 4);
        (uint256 position, uint256 shares) = _exit(i, assets, assets - 2);

        assertApproxEqAbs(position, assets, 2, "credited");
        assertApproxEqAbs(_worth(i, carol), assets, 2, "the leaver's position");
        assertApproxEqAbs(IAdapter(kinds[i]).venueAssets(data[i]) + assets, positionBefore, 2, "the vault's position");
        assertEq(sharesBefore - vault.balanceOf(carol), shares, "shares");
        // The penalty beyond what a withdrawal of as much would cost, and a venue's rounding.
        assertGt(shares, cost);
        assertLe(shares, most);
        assertGe(vault.previewRedeem(vault.balanceOf(bob)) + 1, bobBefore, "who stays loses nothing");
        assertEq(token.balanceOf(address(lender)), 5_000 * UNIT, "the lender");
        assertEq(IAdapter(kinds[i]).withdrawable(data[i]), 0, "still nothing free");
        assertEq(token.allowance(address(router), address(pool)), 0);
        assertEq(token.allowance(address(router), address(comet)), 0);
        assertEq(token.allowance(address(router), address(morpho)), 0);
        assertEq(token.allowance(address(router), address(lending)), 0);
        _checkEmpty();
    }

    function test_exitInKind_fromAFullyUtilisedAaveReserve() public {
        _checkExit(AAVE, 1_000 * UNIT);
    }

    function test_exitInKind_fromAFullyUtilisedComet() public {
        _checkExit(COMET, 1_000 * UNIT);
    }

    function test_exitInKind_fromAFullyUtilisedMorphoMarket() public {
        _checkExit(MORPHO, 1_000 * UNIT);
    }

    function test_exitInKind_fromAFullyUtilisedErc4626() public {
        _checkExit(ERC4626, 1_000 * UNIT);
    }

    function testFuzz_exitInKind_ofAnyAmountFromAnyKind(uint256 i, uint256 assets) public {
        _checkExit(bound(i, 0, 3), bound(assets, 10, 3_999 * UNIT));
    }

    function test_exitInKind_revertsWhereTheVenueCreditsLess() public {
        pool.setShortBy(0);
        lending.setEntryFeeBps(100);
        VenueExit memory exit = _venueExit(kinds[ERC4626], "", 1_000 * UNIT);
        vm.expectPartialRevert(ErrorsLib.BelowMinimum.selector);
        vm.prank(carol);
        router.exitInKind(exit, 999 * UNIT);
    }

    function test_exitInKind_revertsWhereItCostsMoreThanTheSharesAllowed() public {
        VenueExit memory exit = _venueExit(kinds[AAVE], "", 1_000 * UNIT);
        uint256 snapshot = vm.snapshotState();
        (, uint256 cost) = _exit(AAVE, 1_000 * UNIT, 0);
        vm.revertToState(snapshot);

        exit.maxShares = cost - 1;
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AboveMaximum.selector, cost, cost - 1));
        vm.prank(carol);
        router.exitInKind(exit, 0);
        exit.maxShares = cost;
        vm.prank(carol);
        router.exitInKind(exit, 0);
    }

    function test_exitInKind_revertsForWhatTheVaultDoesNotKnow() public {
        address stranger = makeAddr("stranger");
        VenueExit memory exit = _venueExit(stranger, "", UNIT);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnknownAdapter.selector, stranger));
        vm.prank(carol);
        router.exitInKind(exit, 0);

        exit = _venueExit(odd, "", UNIT);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NoInKindExit.selector, bytes32("uniswap-v3")));
        vm.prank(carol);
        router.exitInKind(exit, 0);
    }

    function test_exitInKind_revertsWithoutAnAllowanceOfShares() public {
        VenueExit memory exit = _venueExit(kinds[AAVE], "", 1_000 * UNIT);
        vm.startPrank(carol);
        vault.approve(address(router), 0);
        vm.expectPartialRevert(ERC20.InsufficientAllowance.selector);
        router.exitInKind(exit, 0);
        vm.stopPrank();
    }

    function test_exitInKind_withAPermitOfSharesIsOneCall() public {
        vm.prank(carol);
        vault.approve(address(router), 0);
        bytes[] memory calls = new bytes[](2);
        calls[0] = _permitCall(address(vault), vault.balanceOf(carol), _soon());
        calls[1] = abi.encodeCall(router.exitInKind, (_venueExit(kinds[COMET], "", 1_000 * UNIT), 999 * UNIT));
        vm.prank(carol);
        router.multicall(calls);
        assertApproxEqAbs(_worth(COMET, carol), 1_000 * UNIT, 2);
    }

    /// @dev The lender holds 100; ten exits of 100 do what one of 1,000 would.
    function test_exitInKind_inPartsWhereTheLenderHoldsLess() public {
        token.burn(address(lender), 4_900 * UNIT);
        VenueExit memory exit = _venueExit(kinds[AAVE], "", 1_000 * UNIT);
        vm.expectPartialRevert(ERC20.InsufficientBalance.selector);
        vm.prank(carol);
        router.exitInKind(exit, 0);

        bytes[] memory calls = new bytes[](10);
        exit.assets = 100 * UNIT;
        for (uint256 i; i < 10; ++i) calls[i] = abi.encodeCall(router.exitInKind, (exit, 100 * UNIT - 2));
        vm.prank(carol);
        router.multicall(calls);
        assertApproxEqAbs(_worth(AAVE, carol), 1_000 * UNIT, 20);
        assertEq(token.balanceOf(address(lender)), 100 * UNIT);
    }

    function test_onMorphoFlashLoan_isRefusedOutsideAnExit() public {
        bytes memory context = abi.encode(_venueExit(kinds[AAVE], "", UNIT), address(token), carol);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, address(lender)));
        vm.prank(address(lender));
        router.onMorphoFlashLoan(UNIT, context);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, bob));
        vm.prank(bob);
        router.onMorphoFlashLoan(UNIT, context);
    }

    /* FORCED EXIT */

    function test_forceExit_paysTheReceiverForNoMoreThanTheSharesAllowed() public {
        _fund(address(comet), 1_000 * UNIT);
        VenueExit memory exit = _venueExit(kinds[COMET], "", 500 * UNIT);
        uint256 snapshot = vm.snapshotState();
        vm.prank(carol);
        (uint256 assets, uint256 cost) = router.forceExit(exit, alice, 500 * UNIT);
        assertEq(assets, 500 * UNIT);
        assertEq(token.balanceOf(alice), 500 * UNIT);
        _checkEmpty();

        vm.revertToState(snapshot);
        exit.maxShares = cost - 1;
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AboveMaximum.selector, cost, cost - 1));
        vm.prank(carol);
        router.forceExit(exit, alice, 500 * UNIT);
        exit.maxShares = cost;
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BelowMinimum.selector, 500 * UNIT, 500 * UNIT + 1));
        vm.prank(carol);
        router.forceExit(exit, alice, 500 * UNIT + 1);
    }
}
