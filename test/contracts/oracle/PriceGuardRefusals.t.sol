// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { OracleUse } from "../../../contracts/interfaces/IPriceGuard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { PriceGuardConfig } from "../../../contracts/oracle/PriceGuard.sol";
import { Deployed } from "../Deployed.sol";
import { MockFeed } from "../mocks/MockFeed.sol";
import { UniswapFixture } from "../uniswap/UniswapFixture.sol";

/// @notice More leaves of PriceGuard.tree.
contract PriceGuardRefusalsTest is UniswapFixture {
    function create(PriceGuardConfig calldata config) external {
        Deployed.create("PriceGuard", abi.encode(config));
    }

    /// @dev Decimals of feed and token together; beyond 36 the product could overflow.
    function test_moreThan36DecimalsTogetherAreRefused() public {
        PriceGuardConfig memory config = _guardConfig();
        uint256 scale = 1e22;
        MockFeed fine = new MockFeed(30, int256(1e8 * scale));
        config.feed0.aggregator = address(fine);
        config.feed0.minAnswer = uint128(1e7 * scale);
        config.feed0.maxAnswer = uint128(1e9 * scale);
        config.feed1.aggregator = address(new MockFeed(31, int256(1e9 * scale)));
        config.feed1.minAnswer = uint128(1e8 * scale);
        config.feed1.maxAnswer = uint128(1e10 * scale);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LimitOutOfBounds.selector, bytes32("decimals")));
        this.create(config);
        config.feed1.aggregator = address(new MockFeed(30, int256(1e8 * scale)));
        config.feed1.minAnswer = uint128(1e7 * scale);
        this.create(config);
    }

    function test_anOracleFarFromTheMeanStopsWhoHeedsIt() public {
        otherFeed.set(1.05e8);
        (uint160 mean, uint160 fed) = priceGuard.prices();
        bytes memory reason = abi.encodeWithSelector(ErrorsLib.OracleDeviation.selector, mean, fed);
        vm.expectRevert(reason);
        priceGuard.check(OracleUse.Required);
        vm.expectRevert(reason);
        priceGuard.check(OracleUse.IfAlive);
        priceGuard.check(OracleUse.Ignored);
    }
}
