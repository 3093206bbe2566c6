// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IRedeemQueue } from "../../../contracts/interfaces/IRedeemQueue.sol";
import { RedeemQueue } from "../../../contracts/periphery/RedeemQueue.sol";
import { Deployed } from "../Deployed.sol";
import { Fixture } from "../Fixture.sol";

/// @notice A queue over the fixture's vault: alice and bob hold shares, all of it lies in venue 0.
abstract contract RedeemQueueBase is Fixture {
    uint256 internal constant MINIMUM = 100 * UNIT;
    RedeemQueue internal queue;

    function setUp() public virtual override {
        super.setUp();
        queue = RedeemQueue(Deployed.create("RedeemQueue", abi.encode(address(vault), MINIMUM)));
        _deposit(alice, 100_000 * UNIT);
        _deposit(bob, 100_000 * UNIT);
        _approve(alice);
        _approve(bob);
    }

    function _approve(address account) internal {
        vm.prank(account);
        vault.approve(address(queue), type(uint256).max);
    }

    /// @dev Puts all but `idle` into venue 0, half of it at a time for the turnover's sake, and lets the venue pay nothing.
    function _dryUp(uint256 idle) internal {
        _invest(0, vault.idle() - idle);
        venues[0].setFreeLiquidity(0);
    }

    function _shares(uint256 assets) internal view returns (uint256) {
        return vault.convertToShares(assets);
    }

    function _request(address account, uint256 shares) internal returns (uint256 id) {
        vm.prank(account);
        id = queue.requestRedeem(shares, account, account);
    }

    function _waiting(uint256 id) internal view returns (uint256 waiting) {
        (, waiting, , , ) = queue.requestOf(id);
    }

    function _brought(uint256 id) internal view returns (uint256 assets) {
        (, , , assets, ) = queue.requestOf(id);
    }

    /// @dev What venue 0, most of which is others', must lose so that the vault loses `bps` of its assets.
    function _loss(uint256 bps) internal view returns (uint256) {
        return (((vault.totalAssets() * bps) / 10_000) * venues[0].totalAssets()) / adapters[0].realAssets();
    }
}
