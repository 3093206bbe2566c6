// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Adapter } from "../../../contracts/base/Adapter.sol";
import { AaveV3Adapter } from "../../../contracts/adapters/AaveV3Adapter.sol";
import { CometAdapter } from "../../../contracts/adapters/CometAdapter.sol";
import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { MorphoBlueAdapter } from "../../../contracts/adapters/MorphoBlueAdapter.sol";
import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { MarketParams } from "../../../contracts/interfaces/external/IMorphoBlue.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { Deployed } from "../Deployed.sol";
import { Fixture } from "../Fixture.sol";
import { MockAavePool } from "../mocks/MockAavePool.sol";
import { MockComet } from "../mocks/MockComet.sol";
import { MockIrm, MockMorpho } from "../mocks/MockMorpho.sol";
import { MockToken } from "../mocks/MockToken.sol";

/// @notice A target that gives shares of less than a unit each, more than 128 bits of them.
contract ManyShares {
    address public immutable asset;
    uint256 public constant totalSupply = 1e30;
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;

    constructor(address asset_) {
        asset = asset_;
    }

    function previewDeposit(uint256) external pure returns (uint256) {
        return 1 << 128;
    }

    function deposit(uint256 assets, address receiver) external returns (uint256 shares) {
        MockToken(asset).transferFrom(msg.sender, address(this), assets);
        shares = 1 << 128;
        balanceOf[receiver] += shares;
    }
}

/// @notice More leaves of the adapters' trees: what all four lending adapters refuse alike, and what one of them does.
/// forge-config: default.isolate = true
contract AdapterRefusalsTest is Fixture {
    MockMorpho private morpho;
    MarketParams private market;
    IAdapter[4] private each;

    function setUp() public override {
        super.setUp();
        morpho = new MockMorpho();
        address irm = address(new MockIrm(uint256(0.1e18) / 365 days));
        market = MarketParams(address(token), makeAddr("weth"), makeAddr("oracle"), irm, 0.86e18);
        morpho.createMarket(market);
        address pool = address(new MockAavePool(address(token)));
        address comet = address(new MockComet(address(token)));
        each[0] = IAdapter(Deployed.create("AaveV3Adapter", abi.encode(address(vault), pool)));
        each[1] = IAdapter(Deployed.create("CometAdapter", abi.encode(address(vault), comet)));
        each[2] = IAdapter(address(adapters[0]));
        each[3] = IAdapter(Deployed.create("MorphoBlueAdapter", abi.encode(address(vault), address(morpho))));
    }

    function _expectRefused(address caller, address target, bytes memory data, bytes memory reason) private {
        vm.prank(caller);
        (bool success, bytes memory result) = target.call(data);
        assertFalse(success);
        assertEq(result, reason);
    }

    function _expectEveryFunctionRefuses(IAdapter adapter, bytes memory data, bytes memory reason) private {
        bytes[] memory calls = new bytes[](7);
        calls[0] = abi.encodeCall(IAdapter.allocate, (data, 1));
        calls[1] = abi.encodeCall(IAdapter.deallocate, (data, 1));
        calls[2] = abi.encodeCall(IAdapter.ids, (data));
        calls[3] = abi.encodeCall(IAdapter.liquidityId, (data));
        calls[4] = abi.encodeCall(IAdapter.venueAssets, (data));
        calls[5] = abi.encodeCall(IAdapter.withdrawable, (data));
        calls[6] = abi.encodeCall(IAdapter.depositable, (data));
        for (uint256 i; i < calls.length; ++i) _expectRefused(address(vault), address(adapter), calls[i], reason);
    }

    function test_dataThatNamesNoVenueIsRefusedByEveryFunction() public {
        bytes memory unexpected = abi.encodeWithSelector(ErrorsLib.UnexpectedData.selector);
        for (uint256 i; i < 3; ++i) _expectEveryFunctionRefuses(each[i], "x", unexpected);
        _expectEveryFunctionRefuses(each[3], "", unexpected);
        _expectEveryFunctionRefuses(each[3], abi.encodePacked(abi.encode(market), uint8(0)), unexpected);
        MarketParams memory foreign = market;
        foreign.loanToken = anyone;
        _expectEveryFunctionRefuses(
            each[3],
            abi.encode(foreign),
            abi.encodeWithSelector(ErrorsLib.WrongAsset.selector, address(token), anyone)
        );
    }

    function test_onlyTheVaultMovesAPositionOfAnyAdapter() public {
        address[3] memory others = [curator, sentinel, address(guard)];
        for (uint256 i; i < 4; ++i) {
            bytes memory data = i == 3 ? abi.encode(market) : bytes("");
            for (uint256 j; j < 3; ++j) {
                bytes memory reason = abi.encodeWithSelector(ErrorsLib.NotVault.selector, others[j]);
                address adapter = address(each[i]);
                _expectRefused(others[j], adapter, abi.encodeCall(IAdapter.allocate, (data, 0)), reason);
                _expectRefused(others[j], adapter, abi.encodeCall(IAdapter.deallocate, (data, 0)), reason);
            }
        }
    }

    function test_theCuratorProposesForEveryAdapterAndWaits() public {
        bytes memory data = abi.encodeCall(Adapter.setSkimRecipient, (bob));
        bytes memory wait = abi.encodeWithSelector(
            ErrorsLib.MustBeSubmitted.selector,
            Adapter.setSkimRecipient.selector
        );
        for (uint256 i; i < 4; ++i) {
            address adapter = address(each[i]);
            _expectRefused(curator, adapter, data, wait);
            _expectRefused(owner, adapter, data, abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, owner));
            _submitAndExecute(adapter, curator, data);
            assertEq(Adapter(adapter).skimRecipient(), bob);
        }
    }

    /* ERC-4626 */

    function test_boundsOfAnErc4626RiseOnlyAndForTheCuratorOnly() public {
        Erc4626Adapter adapter = adapters[0];
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(Erc4626Adapter.increaseMark, (2e18));
        calls[1] = abi.encodeCall(Erc4626Adapter.increaseMaxPrice, (11e18));
        address[3] memory others = [anyone, owner, sentinel];
        for (uint256 i; i < 2; ++i) {
            for (uint256 j; j < 3; ++j) {
                bytes memory reason = abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, others[j]);
                _expectRefused(others[j], address(adapter), calls[i], reason);
            }
        }
        vm.prank(sentinel);
        adapter.decreaseMark(0.5e18);
        bytes memory same = abi.encodeCall(Erc4626Adapter.increaseMark, (0.5e18));
        vm.prank(curator);
        adapter.submit(same);
        skip(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BoundNotIncreased.selector, 0.5e18, 0.5e18));
        adapter.execute(same);
    }

    function test_sharesBeyond128BitsAreRefused() public {
        ManyShares target = new ManyShares(address(token));
        Erc4626Adapter adapter = _newErc4626Adapter(address(vault), address(target));
        _fund(address(adapter), 1);
        vm.prank(address(vault));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TotalAssetsOverflow.selector, uint256(1) << 128));
        adapter.allocate("", 1);
    }

    /* MORPHO BLUE */

    /// @dev Otherwise anybody could make the next deposit pay for following it again.
    function test_aMarketWithACapIsNotForgotten() public {
        MorphoBlueAdapter adapter = MorphoBlueAdapter(address(each[3]));
        bytes memory data = abi.encode(market);
        bytes32 id = IdsLib.venue(address(adapter), data);
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increaseAbsoluteCap, (id, 1)));
        _fund(address(adapter), UNIT);
        vm.startPrank(address(vault));
        adapter.allocate(data, UNIT);
        adapter.deallocate(data, WHOLE);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.MarketInUse.selector, keccak256(data)));
        adapter.removeMarket(market);
        vm.prank(sentinel);
        vault.decreaseAbsoluteCap(id, 0);
        vm.expectEmit(address(adapter));
        emit EventsLib.RemoveMarket(keccak256(data));
        vm.prank(anyone);
        adapter.removeMarket(market);
        assertEq(adapter.markets().length, 0);
    }
}
