// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC20 } from "solady/tokens/ERC20.sol";
import { Router } from "../../../contracts/periphery/Router.sol";
import { VenueExit } from "../../../contracts/interfaces/IRouter.sol";
import { Deployed } from "../Deployed.sol";
import { Fixture } from "../Fixture.sol";
import { MockMorpho } from "../mocks/MockMorpho.sol";

/// @notice The fixture's vault, a Router, and a leaver with a key.
abstract contract RouterFixture is Fixture {
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );

    Router internal router;
    MockMorpho internal lender;
    address internal carol;
    uint256 internal carolKey;

    function setUp() public virtual override {
        super.setUp();
        lender = new MockMorpho();
        router = Router(Deployed.create("Router", abi.encode(address(lender))));
        (carol, carolKey) = makeAddrAndKey("carol");
    }

    /// @dev Asset and allowance for the Router.
    function _ready(address account, uint256 assets) internal {
        _fund(account, assets);
        vm.prank(account);
        token.approve(address(router), assets);
    }

    function _enter(address account, uint256 assets) internal returns (uint256 shares) {
        shares = _deposit(account, assets);
        vm.prank(account);
        vault.approve(address(router), shares);
    }

    function _soon() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    function _sign(address of_, uint256 value, uint256 deadline) internal view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 structHash = keccak256(
            abi.encode(PERMIT_TYPEHASH, carol, address(router), value, ERC20(of_).nonces(carol), deadline)
        );
        bytes32 digest = keccak256(abi.encodePacked("\x19\x01", ERC20(of_).DOMAIN_SEPARATOR(), structHash));
        return vm.sign(carolKey, digest);
    }

    function _permitCall(address of_, uint256 value, uint256 deadline) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = _sign(of_, value, deadline);
        return abi.encodeCall(router.permit, (of_, value, deadline, v, r, s));
    }

    function _venueExit(address adapter, bytes memory data, uint256 assets) internal view returns (VenueExit memory) {
        return VenueExit(address(vault), adapter, data, assets, type(uint256).max, _soon());
    }

    function _checkEmpty() internal view {
        assertEq(token.balanceOf(address(router)), 0, "asset in the Router");
        assertEq(vault.balanceOf(address(router)), 0, "shares in the Router");
        assertEq(token.allowance(address(router), address(vault)), 0, "the vault's allowance");
        assertEq(token.allowance(address(router), address(lender)), 0, "the lender's allowance");
    }
}
