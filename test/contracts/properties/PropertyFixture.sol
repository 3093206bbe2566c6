// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { MarketParams } from "../../../contracts/interfaces/external/IMorphoBlue.sol";
import { Venues } from "../../../contracts/base/Venues.sol";
import { Accounting } from "../../../contracts/base/Accounting.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { Deployed } from "../Deployed.sol";
import { MockAavePool } from "../mocks/MockAavePool.sol";
import { MockComet } from "../mocks/MockComet.sol";
import { MockIrm, MockMorpho } from "../mocks/MockMorpho.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockVenue } from "../mocks/MockVenue.sol";
import { UniswapFixture } from "../uniswap/UniswapFixture.sol";

interface IMarkable {
    function decreaseMark(uint128 newMarkWad) external;
}

/// @notice A vault with assets in every kind of adapter, both fees on, a whale in it and little idle, and the many states
/// that it can be brought into.
abstract contract PropertyFixture is UniswapFixture {
    /// @dev Trouble that a world can be in.
    uint256 internal constant ILLIQUID = 1;
    uint256 internal constant QUARANTINED = 2;
    uint256 internal constant BROKEN = 3;
    uint256 internal constant MARKED = 4;
    uint256 internal constant RETIRED = 5;

    /// @param calm Seconds over which gains come in, before anything else happens.
    /// @param gain What the venues earn, in parts of a million of what they hold.
    /// @param gift Sent to the vault, in parts of a million of total assets.
    /// @param loss What venues lose afterwards, in parts of a million.
    /// @param after_ Seconds since the loss.
    /// @param fees 0 none, 1 performance, 2 management, 3 both.
    /// @param trouble One of the constants above, or none.
    /// @param drain True where the whale takes what is idle.
    struct World {
        uint32 calm;
        uint32 gain;
        uint32 gift;
        uint32 loss;
        uint32 after_;
        uint8 fees;
        uint8 trouble;
        bool drain;
    }

    address internal whale = makeAddr("whale");
    address internal carol = makeAddr("carol");
    address internal feeRecipient = makeAddr("feeRecipient");

    MockAavePool internal aave;
    MockComet internal comet;
    MockMorpho internal morpho;
    MarketParams internal market;
    MockVenue internal savings;
    /// @dev Aave, Comet, Morpho Blue, ERC-4626; Uniswap's is `adapter`.
    address[4] internal lenders;
    bytes[4] internal lenderData;
    bytes[] private _calls;

    function _assetDecimals() internal pure virtual returns (uint8);

    function setUp() public virtual override {
        _open(
            _assetDecimals() == 18 ? Setup(18, 6, false, 1e8, 500, 10) : Setup(_assetDecimals(), 6, true, 1e8, 500, 10)
        );
        _openLenders();
        _configureLenders();

        _enter(whale, 1_000_000 * one);
        for (uint256 i; i < 4; ++i) _allocateAsGuard(lenders[i], lenderData[i], 200_000 * one);
        _allocateAsGuard(address(adapter), _range(100), 100_000 * one);
        for (uint256 i; i < 4; ++i) assertGt(IAdapter(lenders[i]).realAssets(), 199_999 * one);
        assertGt(adapter.realAssets(), 90_000 * one);
        // What the way into the pool cost is in the price before anything else happens.
        _wait(2 days);
        vault.accrue();
        _enter(alice, 50_000 * one);
        _enter(bob, 3_000 * one + 7);
    }

    function _openLenders() private {
        aave = new MockAavePool(address(token));
        aave.setIndex(1.0371e27);
        comet = new MockComet(address(token));
        comet.setIndex(1.0737e15);
        morpho = new MockMorpho();
        market = MarketParams(address(token), makeAddr("coin"), makeAddr("oracle"), address(new MockIrm(0)), 0.86e18);
        morpho.createMarket(market);
        savings = new MockVenue(address(token));
        // Others are in there before the vault, at prices that are no round number.
        _fund(anyone, 10_000_000 * one);
        vm.startPrank(anyone);
        token.approve(address(aave), type(uint256).max);
        token.approve(address(comet), type(uint256).max);
        token.approve(address(morpho), type(uint256).max);
        token.approve(address(savings), type(uint256).max);
        aave.supply(address(token), 500_000 * one, anyone, 0);
        comet.supply(address(token), 500_000 * one);
        morpho.supply(market, 500_000 * one, 0, anyone, "");
        savings.deposit(500_000 * one, anyone);
        vm.stopPrank();
        morpho.earn(market, uint128(31_337 * one + 3));
        savings.earn(27_183 * one + 1);

        lenders[0] = Deployed.create("AaveV3Adapter", abi.encode(address(vault), address(aave)));
        lenders[1] = Deployed.create("CometAdapter", abi.encode(address(vault), address(comet)));
        lenders[2] = Deployed.create("MorphoBlueAdapter", abi.encode(address(vault), address(morpho)));
        lenders[3] = address(_newErc4626Adapter(address(vault), address(savings)));
        lenderData[2] = abi.encode(market);
    }

    function _configureLenders() private {
        ExitEntry[] memory exits = new ExitEntry[](4);
        for (uint256 i; i < 4; ++i) {
            _calls.push(abi.encodeCall(Venues.addAdapter, (lenders[i])));
            bytes32[] memory ids = IAdapter(lenders[i]).ids(lenderData[i]);
            for (uint256 j; j < ids.length; ++j) {
                _calls.push(abi.encodeCall(Venues.increaseAbsoluteCap, (ids[j], type(uint128).max)));
                _calls.push(abi.encodeCall(Venues.increaseRelativeCap, (ids[j], uint64(WAD))));
            }
            exits[i] = ExitEntry(lenders[i], lenderData[i]);
        }
        _calls.push(abi.encodeCall(Venues.setExitList, (exits)));
        _calls.push(abi.encodeCall(Accounting.increasePerformanceFee, (1_000)));
        _calls.push(abi.encodeCall(Accounting.increaseManagementFee, (100)));
        vm.prank(owner);
        vault.setFeeRecipient(feeRecipient);
        for (uint256 i; i < _calls.length; ++i) {
            vm.prank(curator);
            vault.submit(_calls[i]);
        }
        _wait(TIMELOCK);
        for (uint256 i; i < _calls.length; ++i) vault.execute(_calls[i]);
    }

    function _allocateAsGuard(address to, bytes memory data, uint256 assets) private {
        vm.prank(address(guard));
        vault.allocate(to, data, assets);
    }

    function _enter(address account, uint256 assets) internal returns (uint256 shares) {
        _fund(account, assets);
        vm.prank(account);
        token.approve(address(vault), assets);
        vm.prank(account);
        shares = vault.deposit(assets, account);
    }

    /// @dev Time, with feeds that go on.
    function _wait(uint256 time) internal {
        skip(time);
        _refreshFeeds();
    }

    /* WORLDS */

    function _bring(World memory world) internal {
        _setFees(world.fees % 4);
        _earn(bound(world.gain, 0, 50_000));
        _fund(address(vault), (vault.totalAssets() * bound(world.gift, 0, 20_000)) / 1e6);
        _wait(bound(world.calm, 0, 60 days));
        if (world.calm % 2 == 0) vault.accrue();
        if (world.loss % 2 == 1) _lose(bound(world.loss, 0, 300_000));
        if (world.after_ % 3 == 0) vault.accrue();
        _wait(bound(world.after_, 0, 2 days));
        if (world.drain) _drain();
        _trouble(world.trouble % 6);
    }

    function _setFees(uint256 fees) private {
        vm.startPrank(curator);
        if (fees & 1 == 0) vault.decreasePerformanceFee(0);
        if (fees & 2 == 0) vault.decreaseManagementFee(0);
        vm.stopPrank();
    }

    function _earn(uint256 ppm) internal {
        if (ppm == 0) return;
        aave.setIndex(aave.index() + (aave.index() * ppm) / 1e6);
        comet.setIndex(comet.index() + (comet.index() * ppm) / 1e6);
        morpho.earn(market, uint128((700_000 * one * ppm) / 1e6 + 1));
        savings.earn((700_000 * one * ppm) / 1e6 + 1);
        _trade(1);
    }

    function _lose(uint256 ppm) internal {
        if (ppm == 0) return;
        savings.lose((savings.totalAssets() * ppm) / 1e6);
        morpho.loseBadDebt(market, uint128((500_000 * one * ppm) / 1e6));
    }

    /// @dev The whale takes what is idle, so that the next exit is paid by venues.
    function _drain() private {
        uint256 assets = vault.idle();
        uint256 most = vault.maxWithdraw(whale);
        vm.prank(whale);
        vault.withdraw(assets < most ? assets : most, whale, whale);
    }

    function _trouble(uint256 trouble) private {
        if (trouble == ILLIQUID) {
            aave.setVirtualBalance(uint128(11 * one));
            comet.setPaused(false, true);
            morpho.setBorrowed(market, morpho.market(morpho.id(market)).totalSupplyAssets - uint128(9 * one + 2));
            savings.setFreeLiquidity(5 * one + 1);
        } else if (trouble == QUARANTINED) {
            uint256 report = IAdapter(lenders[2]).realAssets();
            vm.prank(sentinel);
            vault.quarantine(lenders[2], uint128(report - report / 7));
        } else if (trouble == BROKEN) {
            savings.setBroken(true);
            vm.prank(sentinel);
            vault.quarantine(lenders[3], uint128(50_000 * one));
        } else if (trouble == MARKED) {
            vm.prank(sentinel);
            IMarkable(lenders[3]).decreaseMark(0.9e18);
        } else if (trouble == RETIRED) {
            vm.prank(sentinel);
            vault.retire(lenders[0]);
        }
    }
}
