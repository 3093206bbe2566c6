// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { AaveV3Adapter } from "../../../contracts/adapters/AaveV3Adapter.sol";
import { CometAdapter } from "../../../contracts/adapters/CometAdapter.sol";
import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { MorphoBlueAdapter } from "../../../contracts/adapters/MorphoBlueAdapter.sol";
import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { MarketParams } from "../../../contracts/interfaces/external/IMorphoBlue.sol";
import { GuardLimits } from "../../../contracts/interfaces/IGuard.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { Deployed } from "../Deployed.sol";
import { MockAavePool } from "../mocks/MockAavePool.sol";
import { MockComet } from "../mocks/MockComet.sol";
import { MockIrm, MockMorpho } from "../mocks/MockMorpho.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockLossVenue, MockVenue } from "../mocks/MockVenue.sol";
import { Sandwich } from "./Sandwich.sol";

/// @notice A vault with fees over six venues of four kinds, each with money of others in it. The last one stands in the
/// pool of the first, so it shares a group with it and has no place in the exit list.
abstract contract World is Test {
    struct Venue {
        address adapter;
        address target;
        bytes data;
        bytes32 id;
    }

    uint256 internal constant UNIT = 1e6;
    uint256 internal constant WAD = 1e18;
    /// @dev No more than a block has, so that a venue that burns all gas leaves some.
    uint256 internal constant BLOCK_GAS = 60_000_000;
    uint256 internal constant TIMELOCK = 3 days;
    uint256 internal constant VENUES = 6;
    uint256 internal constant AAVE = 0;
    uint256 internal constant COMET = 1;
    uint256 internal constant WETH = 2;
    uint256 internal constant WBTC = 3;
    uint256 internal constant PLAIN = 4;
    uint256 internal constant HIDING = 5;
    uint256 public constant SEED = 10 * UNIT;
    address public constant DEAD = 0x000000000000000000000000000000000000dEaD;

    address internal owner = makeAddr("owner");
    address internal curator = makeAddr("curator");
    address internal sentinel = makeAddr("sentinel");
    address internal spareSentinel = makeAddr("spare sentinel");
    address internal keeper = makeAddr("keeper");
    address internal others = makeAddr("others");
    address public feeRecipient = makeAddr("fee recipient");
    address[3] public depositors;
    uint256[3] internal keys;

    MockToken public token;
    Vault public vault;
    Guard public guard;
    MockAavePool internal aave;
    MockComet internal comet;
    MockMorpho internal morpho;
    MockVenue internal plain;
    MockLossVenue internal hiding;
    AaveV3Adapter internal aaveAdapter;
    CometAdapter internal cometAdapter;
    MorphoBlueAdapter internal morphoAdapter;
    Erc4626Adapter internal plainAdapter;
    Erc4626Adapter internal hidingAdapter;
    Sandwich public sandwich;
    MarketParams[2] internal markets;
    Venue[] internal venues;
    address[] internal adapterList;

    constructor() {
        vm.warp(1_800_000_000);
        token = new MockToken(6);
        vault = Vault(
            Deployed.create("Vault", abi.encode(address(token), owner, "Tiller", "tMOCK", TIMELOCK, address(0)))
        );
        GuardLimits memory limits = GuardLimits(1 hours, 2, 5, 5_000, 500);
        guard = Guard(Deployed.create("Guard", abi.encode(address(vault), limits, TIMELOCK)));
        for (uint256 i; i < 3; ++i) {
            (depositors[i], keys[i]) = makeAddrAndKey(string.concat("depositor", vm.toString(i)));
        }
        _buildVenues();
        _buildAdapters();
        sandwich = new Sandwich(vault, guard, plain, address(plainAdapter));
        _configure();
    }

    function _buildVenues() private {
        aave = new MockAavePool(address(token));
        comet = new MockComet(address(token));
        morpho = new MockMorpho();
        plain = new MockVenue(address(token));
        hiding = new MockLossVenue(address(token));
        address irm = address(new MockIrm(0));
        markets[0] = MarketParams(address(token), makeAddr("weth"), makeAddr("oracle"), irm, 0.86e18);
        markets[1] = MarketParams(address(token), makeAddr("wbtc"), makeAddr("oracle"), irm, 0.77e18);
        morpho.createMarket(markets[0]);
        morpho.createMarket(markets[1]);

        uint256 assets = 1_000_000 * UNIT;
        token.mint(others, VENUES * assets);
        vm.startPrank(others);
        token.approve(address(aave), assets);
        aave.supply(address(token), assets, others, 0);
        token.approve(address(comet), assets);
        comet.supply(address(token), assets);
        token.approve(address(morpho), 2 * assets);
        morpho.supply(markets[0], assets, 0, others, "");
        morpho.supply(markets[1], assets, 0, others, "");
        token.approve(address(plain), assets);
        plain.deposit(assets, others);
        token.approve(address(hiding), assets);
        hiding.deposit(assets, others);
        vm.stopPrank();
    }

    function _buildAdapters() private {
        aaveAdapter = AaveV3Adapter(Deployed.create("AaveV3Adapter", abi.encode(address(vault), address(aave))));
        cometAdapter = CometAdapter(Deployed.create("CometAdapter", abi.encode(address(vault), address(comet))));
        bytes memory args = abi.encode(address(vault), address(morpho));
        morphoAdapter = MorphoBlueAdapter(Deployed.create("MorphoBlueAdapter", args));
        args = abi.encode(address(vault), address(plain), address(0), uint128(100 * WAD), uint256(1e12));
        plainAdapter = Erc4626Adapter(Deployed.create("Erc4626Adapter", args));
        args = abi.encode(address(vault), address(hiding), address(aave), uint128(100 * WAD), uint256(1e12));
        hidingAdapter = Erc4626Adapter(Deployed.create("Erc4626Adapter", args));

        _add(address(aaveAdapter), address(aave), "");
        _add(address(cometAdapter), address(comet), "");
        _add(address(morphoAdapter), address(morpho), abi.encode(markets[0]));
        _add(address(morphoAdapter), address(morpho), abi.encode(markets[1]));
        _add(address(plainAdapter), address(plain), "");
        _add(address(hidingAdapter), address(hiding), "");
    }

    function _add(address adapter, address target, bytes memory data) private {
        venues.push(Venue(adapter, target, data, IAdapter(adapter).ids(data)[0]));
        uint256 count = adapterList.length;
        if (count == 0 || adapterList[count - 1] != adapter) adapterList.push(adapter);
    }

    function _configure() private {
        vm.startPrank(owner);
        for (uint256 i; i < adapterList.length; ++i) vault.addAdapter(adapterList[i]);
        for (uint256 i; i < VENUES; ++i) {
            bytes32[] memory ids = IAdapter(venues[i].adapter).ids(venues[i].data);
            for (uint256 j; j < ids.length; ++j) {
                (uint128 cap, ) = vault.capOf(ids[j]);
                if (cap != 0) continue;
                vault.increaseAbsoluteCap(ids[j], uint128(50_000_000 * UNIT));
                vault.increaseRelativeCap(ids[j], uint64(j == 0 ? WAD / 2 : (WAD * 9) / 10));
            }
        }
        vault.setExitList(_exits(0));
        vault.setFeeRecipient(feeRecipient);
        vault.increasePerformanceFee(1_000);
        vault.increaseManagementFee(100);
        vault.addSentinel(sentinel);
        vault.addSentinel(spareSentinel);
        vault.setGuard(address(guard));
        guard.addKeeper(keeper);
        guard.addKeeper(address(sandwich));
        vault.abdicate(vault.setForcedExitPenalty.selector);
        vault.setCurator(curator);
        token.mint(owner, SEED);
        token.approve(address(vault), SEED);
        vault.deposit(SEED, DEAD);
        vm.stopPrank();
        for (uint256 i; i < 3; ++i) {
            token.mint(depositors[i], 1_000_000 * UNIT);
            vm.startPrank(depositors[i]);
            token.approve(address(vault), type(uint256).max);
            vault.deposit(1_000_000 * UNIT, depositors[i]);
            vm.stopPrank();
        }
    }

    /// @return entries The first five venues, beginning with `first`.
    function _exits(uint256 first) internal view returns (ExitEntry[] memory entries) {
        entries = new ExitEntry[](HIDING);
        for (uint256 i; i < HIDING; ++i) {
            Venue storage venue = venues[(first + i) % HIDING];
            entries[i] = ExitEntry(venue.adapter, venue.data);
        }
    }

    function _actor(uint256 who) internal view returns (address) {
        return depositors[who % 3];
    }

    /// @dev Calls as somebody; a transaction of its own where the suite isolates.
    function _as(address account, address target, bytes memory data) internal returns (bool ok, bytes memory result) {
        vm.prank(account);
        (ok, result) = target.call{ gas: BLOCK_GAS }(data);
    }
}
