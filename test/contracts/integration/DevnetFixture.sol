// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { AaveV3Adapter } from "../../../contracts/adapters/AaveV3Adapter.sol";
import { CometAdapter } from "../../../contracts/adapters/CometAdapter.sol";
import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { MorphoBlueAdapter } from "../../../contracts/adapters/MorphoBlueAdapter.sol";
import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { GuardLimits, Leg, Plan } from "../../../contracts/interfaces/IGuard.sol";
import { ExitEntry } from "../../../contracts/interfaces/IVault.sol";
import { MarketParams } from "../../../contracts/interfaces/external/IMorphoBlue.sol";
import { Deployed } from "../Deployed.sol";
import { ICometMarket, IMintable, IMorpho, IPool, IPoolConfigurator, ISavings, IWeth } from "./Protocols.sol";

/// @notice A vault over the real protocols of the devnet: an Aave v3 reserve, a Comet, two markets of Morpho Blue, an
/// ERC-4626 and Aave's StataToken, on a fork of the node that `scripts/with-devnet.ts` started. Without one these tests
/// are skipped.
///
/// The fork is the devnet's head: 1 USDC = 10^6, Aave at 80 % utilisation, Comet at 80 %, the markets at 88 %.
abstract contract DevnetFixture is Test {
    uint256 internal constant UNIT = 1e6;
    uint256 internal constant SEED = 10 * UNIT;
    uint256 internal constant TIMELOCK = 3 days;
    uint256 internal constant WAD = 1e18;
    address internal constant DEAD = 0x000000000000000000000000000000000000dEaD;

    /// @dev Order of `venue(i)`.
    uint256 internal constant AAVE = 0;
    uint256 internal constant COMET = 1;
    uint256 internal constant MORPHO_WETH = 2;
    uint256 internal constant MORPHO_USDT = 3;
    uint256 internal constant SAVINGS = 4;
    uint256 internal constant STATA = 5;
    uint256 internal constant VENUES = 6;

    struct VenueOf {
        address adapter;
        bytes data;
    }

    string private _deployment;

    IERC20 internal usdc;
    IERC20 internal usdt;
    IERC20 internal weth;
    IPool internal pool;
    IPoolConfigurator internal configurator;
    IERC20 internal aUsdc;
    ICometMarket internal comet;
    IMorpho internal morpho;
    ISavings internal savings;
    ISavings internal stata;
    address internal irm;

    /// @dev Administers Aave, Comet and Morpho on the devnet.
    address internal deployer;
    address internal owner = makeAddr("owner");
    address internal sentinel = makeAddr("sentinel");
    address internal keeper = makeAddr("keeper");
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    /// @dev Borrows what a test wants gone from a venue.
    address internal whale = makeAddr("whale");

    Vault internal vault;
    Guard internal guard;
    VenueOf[] internal venues;
    MarketParams[] internal markets;

    function setUp() public virtual {
        _deployment = vm.envOr("TILLER_DEVNET", string(""));
        if (bytes(_deployment).length == 0) {
            vm.skip(true);
            return;
        }
        vm.createSelectFork(vm.envString("TILLER_DEVNET_URL"));
        usdc = IERC20(_address(".tokens.usdc"));
        usdt = IERC20(_address(".tokens.usdt"));
        weth = IERC20(_address(".tokens.weth"));
        deployer = _address(".accounts.deployer");
        pool = IPool(_address(".aave.pool"));
        configurator = IPoolConfigurator(_address(".aave.configurator"));
        aUsdc = IERC20(_address(".aave.aUsdc"));
        comet = ICometMarket(_address(".comet.usdc"));
        morpho = IMorpho(_address(".morpho.morpho"));
        irm = _address(".morpho.irm");
        savings = ISavings(_address(".erc4626.usdc"));
        stata = ISavings(_address(".aave.stataUsdc"));
        for (uint256 i; i < 2; ++i) {
            string memory params = string.concat(".morpho.markets[", vm.toString(i), "].params");
            markets.push(
                MarketParams(
                    _address(string.concat(params, ".loanToken")),
                    _address(string.concat(params, ".collateralToken")),
                    _address(string.concat(params, ".oracle")),
                    _address(string.concat(params, ".irm")),
                    vm.parseUint(vm.parseJsonString(_deployment, string.concat(params, ".lltv")))
                )
            );
        }
        _newVault();
        _addVenues();
        _open();
    }

    function _address(string memory path) internal view returns (address) {
        return vm.parseJsonAddress(_deployment, path);
    }

    function _uint(string memory path) internal view returns (uint256) {
        return vm.parseJsonUint(_deployment, path);
    }

    function _newVault() internal {
        vault = Vault(Deployed.create("Vault", abi.encode(usdc, owner, "Tiller USDC", "tUSDC", TIMELOCK, address(0))));
        guard = Guard(Deployed.create("Guard", abi.encode(vault, _limits(), TIMELOCK)));
        delete venues;
    }

    function _limits() internal pure virtual returns (GuardLimits memory) {
        return
            GuardLimits({
                cooldownSeconds: 1 hours,
                maxLossPerPlanBps: 2,
                lossBudgetPerDayBps: 5,
                turnoverPerDayBps: 5_000,
                liquidFloorBps: 500
            });
    }

    function _addVenues() internal virtual {
        _addVenue(_adapter("AaveV3Adapter", address(pool)), "");
        _addVenue(_adapter("CometAdapter", address(comet)), "");
        address morphoAdapter = _adapter("MorphoBlueAdapter", address(morpho));
        _addVenue(morphoAdapter, abi.encode(markets[0]));
        _addVenue(morphoAdapter, abi.encode(markets[1]));
        _addVenue(_erc4626Adapter(address(savings), address(0)), "");
        _addVenue(_erc4626Adapter(address(stata), address(pool)), "");
    }

    function _adapter(string memory name, address venue) internal returns (address) {
        return Deployed.create(name, abi.encode(vault, venue));
    }

    /// @dev A share of the devnet's vaults costs little more than 1. Nobody holds the StataToken there, so there is no floor.
    function _erc4626Adapter(address target, address underlyingPool) internal returns (address) {
        bytes memory args = abi.encode(vault, target, underlyingPool, uint128(2 * WAD), uint256(0));
        return Deployed.create("Erc4626Adapter", args);
    }

    /// @dev In the setup phase: registers the adapter once and opens every id of the venue.
    function _addVenue(address adapter, bytes memory data) internal {
        venues.push(VenueOf(adapter, data));
        vm.startPrank(owner);
        if (!vault.isAdapter(adapter)) vault.addAdapter(adapter);
        bytes32[] memory ids = IAdapter(adapter).ids(data);
        for (uint256 i; i < ids.length; ++i) {
            (uint128 cap, ) = vault.capOf(ids[i]);
            if (cap != 0) continue;
            vault.increaseAbsoluteCap(ids[i], uint128(1e12 * UNIT));
            vault.increaseRelativeCap(ids[i], uint64(WAD));
        }
        vm.stopPrank();
    }

    /// @dev Names the exit list and the roles, and ends the setup phase with the seed.
    function _open() internal {
        vm.startPrank(owner);
        vault.setExitList(_exits());
        vault.addSentinel(sentinel);
        vault.setGuard(address(guard));
        guard.addKeeper(keeper);
        vm.stopPrank();
        _fund(owner, SEED);
        vm.startPrank(owner);
        usdc.approve(address(vault), SEED);
        vault.deposit(SEED, DEAD);
        vm.stopPrank();
    }

    /// @dev Every venue in order, but the StataToken: it drains the same reserve as the Aave adapter.
    function _exits() internal view virtual returns (ExitEntry[] memory exits) {
        exits = new ExitEntry[](STATA);
        for (uint256 i; i < STATA; ++i) {
            exits[i] = ExitEntry(venues[i].adapter, venues[i].data);
        }
    }

    /* ACTIONS */

    function _fund(address account, uint256 assets) internal {
        IMintable(address(usdc)).mint(account, assets);
    }

    function _deposit(address account, uint256 assets) internal returns (uint256 shares) {
        _fund(account, assets);
        vm.startPrank(account);
        usdc.approve(address(vault), assets);
        shares = vault.deposit(assets, account);
        vm.stopPrank();
    }

    /// @dev Straight from the Guard's address: the Guard's own bounds are tested elsewhere.
    function _allocate(uint256 i, uint256 assets) internal {
        vm.prank(address(guard));
        vault.allocate(venues[i].adapter, venues[i].data, assets);
    }

    function _deallocate(uint256 i, uint256 assets) internal returns (uint256) {
        vm.prank(address(guard));
        return vault.deallocate(venues[i].adapter, venues[i].data, assets);
    }

    function _leg(uint256 i, bool deposit, uint256 assets) internal view returns (Leg memory) {
        return Leg(venues[i].adapter, deposit, uint128(assets), venues[i].data);
    }

    function _rebalance(Leg[] memory legs) internal {
        Plan memory plan = Plan(guard.nextNonce(), uint64(vm.getBlockTimestamp()), 0, legs);
        vm.prank(keeper);
        guard.rebalance(plan);
    }

    /// @dev A million in each venue, a tenth of a million idle, all of it alice's.
    function _spread() internal {
        _deposit(alice, (VENUES * 1_000_000 + 100_000) * UNIT);
        for (uint256 i; i < venues.length; ++i) {
            _allocate(i, 1_000_000 * UNIT);
        }
    }

    /// @dev Exits pay to the unit what `maxWithdraw` says and not a unit more.
    function _checkMaxWithdrawIsExact(address account) internal {
        uint256 most = vault.maxWithdraw(account);
        uint256 snapshot = vm.snapshotState();
        uint256 before = usdc.balanceOf(account);
        vm.prank(account);
        vault.withdraw(most, account, account);
        assertEq(usdc.balanceOf(account) - before, most, "maxWithdraw pays");
        vm.revertToState(snapshot);
        vm.prank(account);
        vm.expectRevert();
        vault.withdraw(most + 1, account, account);
        uint256 shares = vault.maxRedeem(account);
        snapshot = vm.snapshotState();
        vm.prank(account);
        vault.redeem(shares, account, account);
        vm.revertToState(snapshot);
    }

    /* READS */

    function _venueAssets(uint256 i) internal view returns (uint256) {
        return IAdapter(venues[i].adapter).venueAssets(venues[i].data);
    }

    function _withdrawable(uint256 i) internal view returns (uint256) {
        return IAdapter(venues[i].adapter).withdrawable(venues[i].data);
    }

    function _depositable(uint256 i) internal view returns (uint256) {
        return IAdapter(venues[i].adapter).depositable(venues[i].data);
    }

    /// @dev What Aave's supply cap is held against: the aTokens and what is due to the treasury.
    function _supplied() internal view returns (uint256) {
        uint256 index = pool.getReserveNormalizedIncome(address(usdc));
        return aUsdc.totalSupply() + (uint256(pool.getReserveData(address(usdc)).accruedToTreasury) * index) / 1e27;
    }

    /* THE OTHERS */

    function _giveWeth(address account, uint256 amount) internal {
        vm.deal(account, account.balance + amount);
        vm.prank(account);
        IWeth(address(weth)).deposit{ value: amount }();
    }

    /// @dev Borrows all that Aave's reserve has free.
    function _drainAave() internal {
        _giveWeth(whale, 100_000 ether);
        uint256 free = pool.getVirtualUnderlyingBalance(address(usdc));
        vm.startPrank(whale);
        weth.approve(address(pool), type(uint256).max);
        pool.supply(address(weth), 100_000 ether, whale, 0);
        pool.borrow(address(usdc), free, 2, 0, whale);
        vm.stopPrank();
    }

    /// @dev Borrows all that Comet has.
    function _drainComet() internal {
        _giveWeth(whale, 100_000 ether);
        uint256 free = usdc.balanceOf(address(comet));
        vm.startPrank(whale);
        weth.approve(address(comet), type(uint256).max);
        comet.supply(address(weth), 100_000 ether);
        comet.withdraw(address(usdc), free);
        vm.stopPrank();
    }

    /// @dev Borrows all that a market of Morpho Blue has free.
    function _drainMorpho(MarketParams memory params) internal {
        bytes32 id = keccak256(abi.encode(params));
        morpho.accrueInterest(params);
        uint256 free = morpho.market(id).totalSupplyAssets - morpho.market(id).totalBorrowAssets;
        if (params.collateralToken == address(weth)) _giveWeth(whale, 100_000 ether);
        else IMintable(params.collateralToken).mint(whale, 1e9 * UNIT);
        vm.startPrank(whale);
        IERC20(params.collateralToken).approve(address(morpho), type(uint256).max);
        morpho.supplyCollateral(params, IERC20(params.collateralToken).balanceOf(whale), whale, "");
        morpho.borrow(params, free, 0, whale, whale);
        vm.stopPrank();
    }
}
