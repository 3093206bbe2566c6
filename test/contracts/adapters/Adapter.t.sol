// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Adapter } from "../../../contracts/base/Adapter.sol";
import { AaveV3Adapter } from "../../../contracts/adapters/AaveV3Adapter.sol";
import { CometAdapter } from "../../../contracts/adapters/CometAdapter.sol";
import { MorphoBlueAdapter } from "../../../contracts/adapters/MorphoBlueAdapter.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { Fixture } from "../Fixture.sol";
import { MockAavePool } from "../mocks/MockAavePool.sol";
import { MockComet } from "../mocks/MockComet.sol";
import { MockMorpho } from "../mocks/MockMorpho.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { Deployed } from "../Deployed.sol";

/// @notice What every adapter inherits: who may call, what is sent on, whose roles count.
/// forge-config: default.isolate = true
contract AdapterTest is Fixture {
    MockToken private reward;
    address private seller = makeAddr("seller");

    function setUp() public override {
        super.setUp();
        reward = new MockToken(18);
        reward.mint(address(adapters[0]), 5e18);
    }

    function test_onlyTheVaultMovesAPosition() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotVault.selector, address(this)));
        adapters[0].allocate("", 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotVault.selector, address(this)));
        adapters[0].deallocate("", 1);
    }

    function test_assetSentToAnAdapterGoesToTheVaultAndComesInAtTheMaximumRate() public {
        _deposit(alice, 1_000_000 * UNIT);
        skip(1);
        vault.accrue();
        token.mint(address(adapters[0]), 1_000 * UNIT);
        uint256 price = vault.convertToAssets(1e18);
        vm.expectEmit(address(adapters[0]));
        emit EventsLib.Skim(anyone, address(token), address(vault), 1_000 * UNIT);
        vm.prank(anyone);
        assertEq(adapters[0].skim(address(token)), 1_000 * UNIT);
        assertEq(token.balanceOf(address(adapters[0])), 0);
        assertEq(vault.convertToAssets(1e18), price);
        assertEq(vault.pendingGain(), 1_000 * UNIT);
    }

    function test_anotherTokenGoesToTheRecipientThatTheCuratorNamedAfterTheTimelock() public {
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        adapters[0].skim(address(reward));

        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
        adapters[0].setSkimRecipient(anyone);
        vm.prank(curator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, Adapter.setSkimRecipient.selector));
        adapters[0].setSkimRecipient(seller);
        bytes memory data = abi.encodeCall(Adapter.setSkimRecipient, (seller));
        vm.prank(sentinel);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, sentinel));
        adapters[0].submit(data);
        vm.prank(curator);
        adapters[0].submit(data);
        skip(TIMELOCK);
        vm.expectEmit(address(adapters[0]));
        emit EventsLib.SetSkimRecipient(seller);
        adapters[0].execute(data);
        assertEq(adapters[0].skimRecipient(), seller);

        vm.prank(anyone);
        assertEq(adapters[0].skim(address(reward)), 5e18);
        assertEq(reward.balanceOf(seller), 5e18);
    }

    function test_whoMayRevokeInTheVaultMayRevokeInTheAdapter() public {
        bytes memory data = abi.encodeCall(Adapter.setSkimRecipient, (seller));
        address[3] memory officers = [curator, sentinel, owner];
        for (uint256 i; i < 3; ++i) {
            vm.prank(curator);
            adapters[0].submit(data);
            vm.prank(anyone);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, anyone));
            adapters[0].revoke(data);
            vm.prank(officers[i]);
            adapters[0].revoke(data);
        }
        assertEq(adapters[0].defaultTimelock(), vault.defaultTimelock());
    }

    function test_positionTokensAreNeverSkimmed() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PositionToken.selector, address(venues[0])));
        adapters[0].skim(address(venues[0]));

        MockAavePool pool = new MockAavePool(address(token));
        AaveV3Adapter aave = AaveV3Adapter(Deployed.create("AaveV3Adapter", abi.encode(address(vault), address(pool))));
        address aToken = address(aave.aToken());
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PositionToken.selector, aToken));
        aave.skim(aToken);

        MockComet comet = new MockComet(address(token));
        CometAdapter ofComet = CometAdapter(
            Deployed.create("CometAdapter", abi.encode(address(vault), address(comet)))
        );
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PositionToken.selector, address(comet)));
        ofComet.skim(address(comet));

        // Morpho Blue's positions are no token: asset alone can lie there.
        address morpho = address(new MockMorpho());
        MorphoBlueAdapter ofMorpho = MorphoBlueAdapter(
            Deployed.create("MorphoBlueAdapter", abi.encode(address(vault), morpho))
        );
        token.mint(address(ofMorpho), 3);
        assertEq(ofMorpho.skim(address(token)), 3);
    }

    function test_aVenueThatCallsBackSkimsNothingWhileAPositionMoves() public {
        _deposit(alice, 1_000_000 * UNIT);
        venues[0].setCallback(address(adapters[0]), abi.encodeCall(Adapter.skim, (address(token))));
        _invest(0, 1_000 * UNIT);
        assertFalse(venues[0].callbackSucceeded());
        assertEq(venues[0].callbackResult(), abi.encodeWithSelector(ErrorsLib.Reentered.selector));
        vm.prank(sentinel);
        vault.deallocate(address(adapters[0]), "", 100 * UNIT);
        assertFalse(venues[0].callbackSucceeded());
        assertEq(vault.idle(), 999_110 * UNIT);
    }
}
