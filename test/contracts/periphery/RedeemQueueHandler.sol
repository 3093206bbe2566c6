// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { RedeemQueue } from "../../../contracts/periphery/RedeemQueue.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockVenue } from "../mocks/MockVenue.sol";

/// @notice Holders who ask, cancel and claim, an operator, a stranger who fills, donors, and a venue that gains, loses and
/// dries up. Keeps books of its own: what each request asked for, got back, was filled with and was paid.
contract RedeemQueueHandler is Test {
    Vault private immutable vault;
    RedeemQueue private immutable queue;
    MockToken private immutable token;
    MockVenue private immutable venue;
    uint256 private immutable minimum;

    address[3] public holders = [makeAddr("holder 0"), makeAddr("holder 1"), makeAddr("holder 2")];
    address public operator = makeAddr("operator");

    uint256 public lastId;
    mapping(uint256 id => address) public controllerOf;
    mapping(uint256 id => uint256) public asked;
    mapping(uint256 id => uint256) public givenBack;
    mapping(address controller => uint256) public claimedShares;
    mapping(address controller => uint256) public claimedAssets;
    uint256 public donatedShares;
    uint256 public donatedAssets;
    uint256 public filledShares;
    uint256 public filledAssets;
    uint256 public overtakings;
    uint256 public worstShortfall;
    mapping(bytes32 => uint256) public calls;

    constructor(Vault vault_, RedeemQueue queue_, MockToken token_, MockVenue venue_) {
        (vault, queue, token, venue, minimum) = (vault_, queue_, token_, venue_, queue_.minRequestAssets());
        for (uint256 i; i < 3; ++i) {
            vm.startPrank(holders[i]);
            vault_.approve(address(queue_), type(uint256).max);
            token_.approve(address(vault_), type(uint256).max);
            token_.approve(address(queue_), type(uint256).max);
            queue_.setOperator(operator, true);
            vm.stopPrank();
        }
    }

    function request(uint256 seed, uint256 shares, bool forOther, bool byOperator) external {
        address owner = holders[seed % 3];
        address controller = forOther ? holders[((seed % 3) + 1) % 3] : owner;
        uint256 least = vault.convertToShares(minimum) + 1e12;
        uint256 held = vault.balanceOf(owner);
        if (held < least) return;
        shares = bound(shares, least, held / 3 < least ? held : held / 3);
        // While gains are held back, exit is cheaper than entry.
        if (vault.convertToAssets(shares) < minimum) return;
        vm.prank(byOperator ? operator : owner);
        uint256 id = queue.requestRedeem(shares, controller, owner);
        assertEq(id, lastId + 1, "numbers count up");
        lastId = id;
        (controllerOf[id], asked[id]) = (controller, shares);
        ++calls["request"];
    }

    function cancel(uint256 seed) external {
        uint256 id = _waitingFrom(seed);
        if (id == 0) return;
        address controller = controllerOf[id];
        uint256 before = vault.balanceOf(controller);
        vm.prank(controller);
        uint256 shares = queue.cancelRedeemRequest(id, controller, controller);
        assertEq(vault.balanceOf(controller) - before, shares, "cancelled shares arrive");
        givenBack[id] += shares;
        ++calls["cancel"];
    }

    function fill(uint256 maxRequests) external {
        maxRequests = bound(maxRequests, 0, 4);
        uint256 first = queue.head();
        uint256 price = vault.convertToAssets(1e24);
        uint256[] memory before = _waitings();
        (uint256 shares, uint256 assets) = queue.fill(maxRequests);
        filledShares += shares;
        filledAssets += assets;
        // What was touched is the first requests in order: each is done before the next one is begun.
        bool begun = true;
        uint256 touched;
        for (uint256 id = first; id != 0 && id <= lastId; ++id) {
            if (before[id] == 0) continue;
            (, uint256 waiting, , , ) = queue.requestOf(id);
            if (waiting != before[id]) {
                if (!begun) ++overtakings;
                ++touched;
            }
            begun = waiting == 0;
        }
        assertLe(touched, maxRequests, "no more than asked");
        uint256 fair = (shares * price) / 1e24;
        if (fair > assets + 1 && fair - assets - 1 > worstShortfall) worstShortfall = fair - assets - 1;
        if (shares != 0) ++calls["fill"];
    }

    function claim(uint256 seed, uint256 amount, bool byAssets, bool byOperator) external {
        address controller = holders[seed % 3];
        uint256 before = token.balanceOf(controller);
        uint256 shares;
        uint256 assets;
        if (byAssets) {
            assets = bound(amount, 0, queue.maxWithdraw(controller));
            vm.prank(byOperator ? operator : controller);
            shares = queue.withdraw(assets, controller, controller);
        } else {
            shares = bound(amount, 0, queue.maxRedeem(controller));
            vm.prank(byOperator ? operator : controller);
            assets = queue.redeem(shares, controller, controller);
        }
        assertEq(token.balanceOf(controller) - before, assets, "claims pay what they say");
        claimedShares[controller] += shares;
        claimedAssets[controller] += assets;
        if (assets != 0) ++calls["claim"];
    }

    function deposit(uint256 seed, uint256 assets) external {
        address holder = holders[seed % 3];
        assets = bound(assets, 1e6, 100_000e6);
        if (queue.maxDeposit(holder) < assets) return;
        token.mint(holder, assets);
        vm.prank(holder);
        queue.deposit(assets, holder);
    }

    function donateShares(uint256 seed, uint256 shares) external {
        address holder = holders[seed % 3];
        shares = bound(shares, 0, vault.balanceOf(holder) / 50);
        vm.prank(holder);
        vault.transfer(address(queue), shares);
        donatedShares += shares;
    }

    function donateAssets(uint256 assets) external {
        assets = bound(assets, 0, 10_000e6);
        token.mint(address(queue), assets);
        donatedAssets += assets;
    }

    function earn(uint256 assets) external {
        venue.earn(bound(assets, 0, venue.totalAssets() / 100));
    }

    function lose(uint256 assets) external {
        venue.lose(bound(assets, 0, venue.totalAssets() / 500));
    }

    function dryUp(uint256 assets) external {
        venue.setFreeLiquidity(bound(assets, 0, 60_000e6));
    }

    function pass(uint256 duration) external {
        skip(bound(duration, 1 minutes, 1 days));
    }

    /* BOOKS */

    function _waitings() private view returns (uint256[] memory waitings) {
        waitings = new uint256[](lastId + 1);
        for (uint256 id = 1; id <= lastId; ++id) (, waitings[id], , , ) = queue.requestOf(id);
    }

    function _waitingFrom(uint256 seed) private view returns (uint256) {
        if (lastId == 0) return 0;
        for (uint256 i; i < lastId; ++i) {
            uint256 id = (((seed % lastId) + i) % lastId) + 1;
            (, uint256 waiting, , , ) = queue.requestOf(id);
            if (waiting != 0) return id;
        }
        return 0;
    }
}
