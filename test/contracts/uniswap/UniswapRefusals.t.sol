// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { TickMath } from "@uniswap/v4-core/src/libraries/TickMath.sol";
import { RangeBounds } from "../../../contracts/adapters/UniswapV3Adapter.sol";
import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { OracleUse } from "../../../contracts/interfaces/IPriceGuard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { UniswapFixture } from "./UniswapFixture.sol";

/// @notice More leaves of UniswapV3Adapter.tree: who may call what, and what is refused before prices are asked.
/// forge-config: default.isolate = true
contract UniswapRefusalsTest is UniswapFixture {
    function _expectRefused(address caller, bytes memory data, bytes memory reason) private {
        vm.prank(caller);
        (bool success, bytes memory result) = address(adapter).call(data);
        assertFalse(success);
        assertEq(result, reason);
    }

    function _outOfBounds(bytes32 limit) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ErrorsLib.LimitOutOfBounds.selector, limit);
    }

    function _expectTold(address sender, RangeBounds memory bounds) private {
        vm.expectEmit(address(adapter));
        emit EventsLib.SetRangeBounds(
            sender,
            bounds.tickMin,
            bounds.tickMax,
            bounds.minWidth,
            bounds.maxWidth,
            bounds.maxSlippageBps
        );
    }

    function test_dataThatNamesNoRangeIsRefusedByEveryFunction() public {
        bytes[4] memory wrong = [
            bytes(""),
            abi.encode(int24(10), int24(10)),
            abi.encode(int24(0), TickMath.MAX_TICK + 1),
            abi.encodePacked(_range(100), uint8(0))
        ];
        for (uint256 i; i < wrong.length; ++i) {
            bytes[] memory calls = new bytes[](7);
            calls[0] = abi.encodeCall(IAdapter.allocate, (wrong[i], 1));
            calls[1] = abi.encodeCall(IAdapter.deallocate, (wrong[i], 1));
            calls[2] = abi.encodeCall(IAdapter.ids, (wrong[i]));
            calls[3] = abi.encodeCall(IAdapter.liquidityId, (wrong[i]));
            calls[4] = abi.encodeCall(IAdapter.venueAssets, (wrong[i]));
            calls[5] = abi.encodeCall(IAdapter.withdrawable, (wrong[i]));
            calls[6] = abi.encodeCall(IAdapter.depositable, (wrong[i]));
            for (uint256 j; j < calls.length; ++j) {
                _expectRefused(address(vault), calls[j], abi.encodeWithSelector(ErrorsLib.UnexpectedData.selector));
            }
        }
    }

    function test_whatLoosensIsForTheCuratorAfterTheTimelock() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(adapter.setBounds, (_bounds()));
        calls[1] = abi.encodeCall(adapter.ignoreOracle, ());
        address[3] memory others = [anyone, owner, sentinel];
        for (uint256 i; i < 2; ++i) {
            for (uint256 j; j < 3; ++j) {
                _expectRefused(others[j], calls[i], abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, others[j]));
            }
            bytes memory wait = abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, bytes4(calls[i]));
            _expectRefused(curator, calls[i], wait);
            vm.prank(curator);
            adapter.submit(calls[i]);
        }
        skip(TIMELOCK);
        _expectTold(anyone, _bounds());
        vm.prank(anyone);
        adapter.execute(calls[0]);
        vm.expectEmit(address(adapter));
        emit EventsLib.SetOracleIgnored(anyone, true);
        vm.prank(anyone);
        adapter.execute(calls[1]);
    }

    function test_whatTightensIsForCuratorSentinelAndOwner() public {
        address[3] memory officers = [curator, sentinel, owner];
        RangeBounds memory bounds = _bounds();
        for (uint256 i; i < 3; ++i) {
            bounds.minWidth += 1;
            _expectTold(officers[i], bounds);
            vm.prank(officers[i]);
            adapter.tightenBounds(bounds);
            vm.expectEmit(address(adapter));
            emit EventsLib.SetOracleIgnored(officers[i], false);
            vm.prank(officers[i]);
            adapter.heedOracle();
        }
        address[2] memory others = [anyone, keeper];
        for (uint256 i; i < 2; ++i) {
            bytes memory reason = abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, others[i]);
            _expectRefused(others[i], abi.encodeCall(adapter.tightenBounds, (bounds)), reason);
            _expectRefused(others[i], abi.encodeCall(adapter.heedOracle, ()), reason);
        }
    }

    /// @dev Every field the wrong way, alone.
    function test_noFieldOfTheBoundsIsLoosenedAtOnce() public {
        bytes memory reason = abi.encodeWithSelector(ErrorsLib.BoundsLoosened.selector);
        RangeBounds[5] memory looser = [_bounds(), _bounds(), _bounds(), _bounds(), _bounds()];
        looser[0].tickMin -= 1;
        looser[1].tickMax += 1;
        looser[2].minWidth -= 1;
        looser[3].maxWidth += 1;
        looser[4].maxSlippageBps += 1;
        for (uint256 i; i < 5; ++i) {
            _expectRefused(sentinel, abi.encodeCall(adapter.tightenBounds, (looser[i])), reason);
        }
    }

    function test_aChangeOfBoundsStaysWithinTheHardLimits() public {
        RangeBounds memory wide = _bounds();
        wide.maxSlippageBps = 101;
        bytes[] memory calls = new bytes[](3);
        bytes32[3] memory limits = [bytes32("maxSlippageBps"), "minWidth", "ticks"];
        calls[0] = abi.encodeCall(adapter.setBounds, (wide));
        wide = _bounds();
        wide.minWidth = 0;
        calls[1] = abi.encodeCall(adapter.setBounds, (wide));
        wide = _bounds();
        wide.tickMax = TickMath.MAX_TICK + 1;
        calls[2] = abi.encodeCall(adapter.setBounds, (wide));
        for (uint256 i; i < 3; ++i) {
            vm.prank(curator);
            adapter.submit(calls[i]);
            skip(TIMELOCK);
            _expectRefused(anyone, abi.encodeCall(adapter.execute, (calls[i])), _outOfBounds(limits[i]));
        }
        // Without any slippage nothing could be sold on the way out, so a sentinel cannot shut it either.
        RangeBounds memory tight = _bounds();
        tight.maxSlippageBps = 0;
        _expectRefused(sentinel, abi.encodeCall(adapter.tightenBounds, (tight)), _outOfBounds("maxSlippageBps"));
    }

    function test_aRangeIsTold() public {
        bytes memory data = _range(100);
        _fund(address(adapter), 1_000 * one);
        vm.expectEmit(true, true, false, false, address(adapter));
        emit EventsLib.SetRange(startTick - 100, startTick + 100, 0, 0);
        vm.prank(address(vault));
        adapter.allocate(data, 1_000 * one);
        vm.expectEmit(address(adapter));
        emit EventsLib.SetRange(startTick - 100, startTick + 100, 0, 0);
        vm.prank(address(vault));
        adapter.deallocate(data, WHOLE);
    }

    /// @dev What lies unsold is written into its slot: trades would take a billion to bring it about. At the edge of the
    /// band nothing more is sold, and what a deposit collects in fees does not fit beside it.
    function test_feesThatDoNotFitBesideWhatIsUnsoldStopADeposit() public {
        _open(Setup(6, 18, true, 1e8, 100, 1));
        bytes memory data = _range(300);
        _allocate(data, 100_000 * one);
        uint256 most = type(uint80).max;
        _storeUnsold(most);
        other.mint(address(adapter), most);
        // At the edge beyond which the other token, which is token1, may no longer be sold; the way there pays in it.
        (, uint160 high) = priceGuard.check(OracleUse.Required);
        trader.swapTo(high);
        _fund(address(adapter), one / 1_000);
        vm.prank(address(vault));
        vm.expectPartialRevert(ErrorsLib.TooMuchUnsold.selector);
        adapter.allocate(data, one / 1_000);
    }

    /// @dev Ticks, liquidity and what is unsold share the first slot of the one range.
    function _storeUnsold(uint256 unsold) private {
        for (uint256 slot; slot < 20; ++slot) {
            bytes32 first = keccak256(abi.encode(slot));
            uint256 word = uint256(vm.load(address(adapter), first));
            if (uint256(vm.load(address(adapter), bytes32(slot))) != 1 || word == 0) continue;
            vm.store(address(adapter), first, bytes32((word & ((1 << 176) - 1)) | (unsold << 176)));
            assertEq(adapter.ranges()[0].unsold, unsold);
            return;
        }
        fail();
    }
}
