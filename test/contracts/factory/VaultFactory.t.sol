// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Test } from "forge-std/Test.sol";
import { SSTORE2 } from "solady/utils/SSTORE2.sol";
import { Guard } from "../../../contracts/Guard.sol";
import { Accounting } from "../../../contracts/base/Accounting.sol";
import { Venues } from "../../../contracts/base/Venues.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { VaultFactory } from "../../../contracts/VaultFactory.sol";
import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { Roles } from "../../../contracts/base/Roles.sol";
import { Timelocked } from "../../../contracts/base/Timelocked.sol";
import { GuardLimits } from "../../../contracts/interfaces/IGuard.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { EventsLib } from "../../../contracts/libraries/EventsLib.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { Deployed } from "../Deployed.sol";
import { MockToken } from "../mocks/MockToken.sol";
import { MockVenue } from "../mocks/MockVenue.sol";

/// @dev Keeps a hundredth of every transfer.
contract FeeToken is MockToken(6) {
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        _burn(to, amount / 100);
        return true;
    }
}

/// @dev Answers what only rebasing tokens do, as Lido's stETH.
contract RebasingToken is MockToken(18) {
    function getPooledEthByShares(uint256 shares) external pure returns (uint256) {
        return shares;
    }
}

/// @notice Branches of VaultFactory.tree, on a chain that is no test chain.
contract VaultFactoryTest is Test {
    uint256 private constant SEED = 10e6;
    uint256 private constant MAX_TRANSACTION_GAS = 1 << 24;
    address private constant DEAD = 0x000000000000000000000000000000000000dEaD;

    address private owner = makeAddr("owner");
    address private curator = makeAddr("curator");
    address private sentinel = makeAddr("sentinel");
    address private feeRecipient = makeAddr("feeRecipient");
    address private creator = makeAddr("creator");
    address private stranger = makeAddr("stranger");

    VaultFactory private factory;
    MockToken private token;

    function setUp() public {
        vm.chainId(1);
        vm.warp(1_800_000_000);
        token = new MockToken(6);
        factory = VaultFactory(
            Deployed.create("VaultFactory", abi.encode(_stored("Vault", 20_000), _stored("Guard", 20_000)))
        );
    }

    /* CONSTRUCTOR */

    function test_constructor_whenStoredCodeHasAnotherHash_reverts() public {
        VaultFactory.StoredCode memory vaultCode = _stored("Vault", 20_000);
        bytes32 found = vaultCode.hash;
        vaultCode.hash = keccak256("another");
        VaultFactory.StoredCode memory guardCode = _stored("Guard", 20_000);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WrongCode.selector, vaultCode.hash, found));
        this.deployFactory(vaultCode, guardCode);
    }

    function test_constructor_whenTheCodeIsSplitElsewhere_hasTheSameHash() public {
        VaultFactory other = this.deployFactory(_stored("Vault", 10_000), _stored("Guard", 10_000));
        assertEq(other.vaultCodeHash(), factory.vaultCodeHash());
        assertEq(other.guardCodeHash(), factory.guardCodeHash());
        assertEq(factory.vaultCodeHash(), keccak256(Deployed.creationCode("Vault")));
        assertEq(factory.guardCodeHash(), keccak256(Deployed.creationCode("Guard")));
    }

    /* ADDRESSES */

    function test_vaultAddress_namesWhereCreatePutsThem() public {
        (address vault, address guard) = factory.vaultAddress(creator, _setup());
        (address createdVault, address createdGuard) = _create(_setup());
        assertEq(createdVault, vault);
        assertEq(createdGuard, guard);
    }

    function test_vaultAddress_differsByCallerSaltAndArguments() public view {
        (address vault, address guard) = factory.vaultAddress(creator, _setup());
        VaultFactory.Setup memory setup = _setup();
        (address other, ) = factory.vaultAddress(stranger, setup);
        assertNotEq(other, vault);
        setup.salt = "2";
        (other, ) = factory.vaultAddress(creator, setup);
        assertNotEq(other, vault);
        setup = _setup();
        setup.timelock = 4 days;
        (other, ) = factory.vaultAddress(creator, setup);
        assertNotEq(other, vault);
        setup = _setup();
        setup.gate = stranger;
        (other, ) = factory.vaultAddress(creator, setup);
        assertNotEq(other, vault);
        setup = _setup();
        setup.limits.cooldownSeconds = 2 hours;
        address otherGuard;
        (other, otherGuard) = factory.vaultAddress(creator, setup);
        assertEq(other, vault);
        assertNotEq(otherGuard, guard);
    }

    /* CREATE */

    function test_create_whenTheOwnerIsZero_reverts() public {
        VaultFactory.Setup memory setup = _setup();
        setup.owner = address(0);
        vm.prank(creator);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        factory.create(setup);
    }

    function test_create_whenTheCallerCreatedTheSameBefore_reverts() public {
        (address vault, ) = _create(_setup());
        vm.prank(creator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AlreadyCreated.selector, vault));
        factory.create(_setup());
    }

    /// @dev A front-runner who copies the call gets a vault of its own, elsewhere, and disturbs nobody.
    function test_create_whenSomebodyElseUsesTheSaltFirst_bothGetVaultsOfTheirOwn() public {
        (address expected, ) = factory.vaultAddress(creator, _setup());
        vm.prank(stranger);
        (address taken, ) = factory.create(_setup());
        (address vault, ) = _create(_setup());
        assertEq(vault, expected);
        assertNotEq(taken, vault);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, stranger));
        factory.open(vault, SEED);
    }

    function test_create_whenTheVaultRefusesTheAsset_revertsInItsWords() public {
        VaultFactory.Setup memory setup = _setup();
        setup.asset = address(new MockToken(19));
        vm.prank(creator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnsupportedAsset.selector, setup.asset));
        factory.create(setup);
    }

    function test_create_whenTheAssetRebases_revertsInTheVaultsWords() public {
        VaultFactory.Setup memory setup = _setup();
        setup.asset = address(new RebasingToken());
        vm.prank(creator);
        vm.expectRevert(
            abi.encodeWithSelector(
                ErrorsLib.RebasingAsset.selector,
                setup.asset,
                RebasingToken.getPooledEthByShares.selector
            )
        );
        factory.create(setup);
    }

    function test_create_whenTheGuardRefusesTheLimits_revertsInItsWords() public {
        VaultFactory.Setup memory setup = _setup();
        setup.limits.maxLossPerPlanBps = 21;
        vm.prank(creator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LimitOutOfBounds.selector, bytes32("maxLossPerPlanBps")));
        factory.create(setup);
    }

    function test_create_deploysTheArtefactsAndGivesTheCallerTheCuratorsRoleAlone() public {
        VaultFactory.Setup memory setup = _setup();
        (address expectedVault, address expectedGuard) = factory.vaultAddress(creator, setup);
        vm.expectEmit(address(factory));
        emit EventsLib.CreateVault(expectedVault, expectedGuard, creator, setup.salt);
        (address created, address createdGuard) = _create(setup);
        Vault vault = Vault(created);
        Guard guard = Guard(createdGuard);

        Vault alike = Vault(
            Deployed.create("Vault", abi.encode(address(token), address(factory), "V", "v", 3 days, address(0)))
        );
        assertEq(created.code.length, address(alike).code.length);
        assertEq(vault.asset(), address(token));
        assertEq(vault.name(), "Tiller Mock");
        assertEq(vault.owner(), address(factory));
        assertEq(vault.pendingOwner(), address(0));
        assertEq(vault.curator(), creator);
        assertEq(vault.feeRecipient(), feeRecipient);
        assertTrue(vault.isSentinel(sentinel));
        assertEq(vault.guard(), address(0));
        assertEq(guard.vault(), created);
        assertEq(guard.limits().cooldownSeconds, 1 hours);
        assertFalse(factory.isVault(created));
        assertEq(factory.vaultCount(), 0);
    }

    function test_create_leavesTheDraftClosedForDeposits() public {
        (address vault, ) = _create(_setup());
        token.mint(stranger, SEED);
        vm.startPrank(stranger);
        token.approve(vault, SEED);
        vm.expectRevert(ErrorsLib.EntryClosed.selector);
        Vault(vault).deposit(SEED, DEAD);
        vm.stopPrank();
    }

    function test_create_letsWhatAdmitsAnyoneWaitLonger() public {
        (address vault, address guard) = _create(_setup());
        assertEq(Vault(vault).timelock(Vault.setGuard.selector), 7 days);
        assertEq(Vault(vault).timelock(Venues.addAdapter.selector), 7 days);
        assertEq(Vault(vault).timelock(Venues.setExitList.selector), 3 days);
        assertEq(Guard(guard).timelock(Guard.setLimits.selector), 7 days);
        assertEq(Guard(guard).timelock(Guard.setInflowPerDay.selector), 7 days);
        assertEq(Guard(guard).timelock(Guard.addKeeper.selector), 7 days);
        assertEq(Guard(guard).timelock(Guard.unfreeze.selector), 3 days);
    }

    /// @dev Measured with what the transaction itself costs: 21,000 and its calldata.
    function test_create_andOpenFitOneTransactionEach() public {
        vm.prank(creator);
        uint256 left = gasleft();
        (address vault, ) = factory.create(_setup());
        uint256 used = left - gasleft() + 21_000 + 16 * abi.encodeCall(VaultFactory.create, (_setup())).length;
        assertLt(used, MAX_TRANSACTION_GAS);
        _fundSeed(vault, SEED);
        vm.prank(creator);
        left = gasleft();
        factory.open(vault, SEED);
        emit log_named_uint("gas of create", used);
        emit log_named_uint("gas of open", left - gasleft() + 21_000);
    }

    /* OPEN */

    function test_open_whenTheCallerDidNotCreateIt_reverts() public {
        (address vault, ) = _create(_setup());
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, owner));
        factory.open(vault, SEED);
        vm.prank(creator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, creator));
        factory.open(stranger, SEED);
    }

    function test_open_whenItWasOpened_reverts() public {
        (address vault, ) = _create(_setup());
        _open(vault, SEED);
        _fundSeed(vault, SEED);
        vm.prank(creator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AlreadyOpened.selector, vault));
        factory.open(vault, SEED);
    }

    /// @dev Whatever the creator lowers while everything applies at once, the registry does not vouch for it.
    function test_open_whenTheCreatorLoweredATimelockOfTheVault_reverts() public {
        bytes4[14] memory selectors = [
            Vault.setGuard.selector,
            Venues.addAdapter.selector,
            Venues.removeAdapter.selector,
            Venues.increaseAbsoluteCap.selector,
            Venues.increaseRelativeCap.selector,
            Venues.setExitList.selector,
            Accounting.setMaxRate.selector,
            Accounting.increasePerformanceFee.selector,
            Accounting.increaseManagementFee.selector,
            Vault.setForcedExitPenalty.selector,
            Venues.reinstate.selector,
            Accounting.lift.selector,
            Roles.removeSentinel.selector,
            Timelocked.abdicate.selector
        ];
        for (uint256 i; i < selectors.length; ++i) {
            VaultFactory.Setup memory setup = _setup();
            setup.salt = bytes32(i);
            (address vault, ) = _create(setup);
            uint256 least = i < 2 ? 7 days : 3 days;
            // The sentinel's removal is proposed by the owner, which is the factory: the creator cannot lower it.
            if (selectors[i] == Roles.removeSentinel.selector) {
                vm.prank(creator);
                vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, creator));
                Timelocked(vault).decreaseTimelock(selectors[i], least - 1);
                continue;
            }
            vm.prank(creator);
            Timelocked(vault).decreaseTimelock(selectors[i], least - 1);
            _expectTooShort(vault, vault, selectors[i], least - 1, least);
        }
    }

    function test_open_whenTheCreatorLoweredATimelockOfTheGuard_reverts() public {
        bytes4[4] memory selectors = [
            Guard.setLimits.selector,
            Guard.setInflowPerDay.selector,
            Guard.addKeeper.selector,
            Timelocked.abdicate.selector
        ];
        for (uint256 i; i < selectors.length; ++i) {
            VaultFactory.Setup memory setup = _setup();
            setup.salt = bytes32(i);
            (address vault, address guard) = _create(setup);
            uint256 least = i < 3 ? 7 days : 3 days;
            vm.prank(creator);
            Timelocked(guard).decreaseTimelock(selectors[i], least - 1);
            _expectTooShort(vault, guard, selectors[i], least - 1, least);
        }
    }

    function test_open_whenTheDefaultTimelockIsTooShort_reverts() public {
        VaultFactory.Setup memory setup = _setup();
        setup.timelock = 2 days;
        (address vault, ) = _create(setup);
        _expectTooShort(vault, vault, bytes4(0), 2 days, 3 days);
    }

    function test_open_whenTheBoundsTimelockIsTooShort_reverts() public {
        VaultFactory.Setup memory setup = _setup();
        setup.boundsTimelock = 6 days;
        (address vault, ) = _create(setup);
        _expectTooShort(vault, vault, Vault.setGuard.selector, 6 days, 7 days);
    }

    function test_open_onATestChain_takesAnyTimelock() public {
        vm.chainId(31_337);
        VaultFactory.Setup memory setup = _setup();
        setup.timelock = 0;
        setup.boundsTimelock = 0;
        (address vault, ) = _create(setup);
        _open(vault, SEED);
        assertTrue(factory.isVault(vault));
    }

    function test_open_whenTheCreatorSetAnotherGuard_reverts() public {
        (address vault, address guard) = _create(_setup());
        address other = Deployed.create("Guard", abi.encode(vault, _setup().limits, 3 days));
        vm.prank(creator);
        Vault(vault).setGuard(other);
        _fundSeed(vault, SEED);
        vm.prank(creator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.WrongGuard.selector, guard, other));
        factory.open(vault, SEED);
    }

    function test_open_whenTheCreatorSetTheRightGuard_opens() public {
        (address vault, address guard) = _create(_setup());
        vm.prank(creator);
        Vault(vault).setGuard(guard);
        _open(vault, SEED);
        assertTrue(factory.isVault(vault));
    }

    function test_open_whenTheCreatorSeededItElsewhere_reverts() public {
        (address vault, address guard) = _create(_setup());
        token.mint(creator, SEED);
        vm.startPrank(creator);
        Vault(vault).setGuard(guard);
        token.approve(vault, SEED);
        Vault(vault).deposit(SEED, DEAD);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.AlreadySeeded.selector, vault));
        factory.open(vault, SEED);
        vm.stopPrank();
    }

    function test_open_whenTheSeedIsTooSmall_revertsInTheVaultsWords() public {
        (address vault, ) = _create(_setup());
        _fundSeed(vault, 1e4 - 1);
        vm.prank(creator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SeedMissing.selector, 1e4));
        factory.open(vault, 1e4 - 1);
        assertFalse(factory.isVault(vault));
        _open(vault, 1e4);
        assertTrue(factory.isVault(vault));
    }

    function test_open_whenTheAssetKeepsAFee_reverts() public {
        VaultFactory.Setup memory setup = _setup();
        FeeToken fees = new FeeToken();
        setup.asset = address(fees);
        (address vault, ) = _create(setup);
        fees.mint(creator, SEED);
        vm.startPrank(creator);
        fees.approve(address(factory), SEED);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.FeeOnTransfer.selector, SEED, SEED - SEED / 100));
        factory.open(vault, SEED);
        vm.stopPrank();
    }

    function test_open_setsGuardAndSeedAndHandsTheVaultOver() public {
        (address created, address guard) = _create(_setup());
        Vault vault = Vault(created);
        _fundSeed(created, SEED);
        vm.expectEmit(address(factory));
        emit EventsLib.OpenVault(created, guard, creator, SEED);
        vm.prank(creator);
        factory.open(created, SEED);

        assertEq(vault.guard(), guard);
        assertEq(vault.previewRedeem(vault.balanceOf(DEAD)), SEED);
        assertEq(vault.totalSupply(), vault.balanceOf(DEAD));
        assertEq(token.balanceOf(address(factory)), 0);
        assertEq(token.allowance(address(factory), created), 0);
        assertEq(vault.curator(), curator);
        assertEq(vault.pendingOwner(), owner);
        vm.prank(owner);
        vault.acceptOwnership();
        assertEq(vault.owner(), owner);
        assertTrue(factory.isVault(created));
        assertEq(factory.vaultCount(), 1);
        assertEq(factory.vaults(0), created);
    }

    /// @dev The creator's configuration stands, and no role of it does.
    function test_open_keepsWhatWasConfiguredAndLeavesTheCreatorNothing() public {
        (address created, address guard) = _create(_setup());
        Vault vault = Vault(created);
        address adapter = _adapter(created);
        bytes32 id = IdsLib.venue(adapter, "");
        vm.startPrank(creator);
        vault.addAdapter(adapter);
        vault.increaseAbsoluteCap(id, 1e12);
        Guard(guard).addKeeper(stranger);
        vm.stopPrank();
        _open(created, SEED);

        (uint128 absoluteCap, ) = vault.capOf(id);
        assertEq(absoluteCap, 1e12);
        assertTrue(Guard(guard).isKeeper(stranger));
        vm.startPrank(creator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, creator));
        vault.increaseAbsoluteCap(id, 2e12);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, creator));
        vault.submit(abi.encodeCall(Venues.increaseAbsoluteCap, (id, 2e12)));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unauthorized.selector, creator));
        vault.setCurator(creator);
        vm.stopPrank();
        vm.startPrank(curator);
        vm.expectRevert(
            abi.encodeWithSelector(ErrorsLib.MustBeSubmitted.selector, Venues.increaseAbsoluteCap.selector)
        );
        vault.increaseAbsoluteCap(id, 2e12);
        vm.stopPrank();
    }

    /// @dev What the creator submits before it opens the vault waits in vault, Guard and adapter, and runs in none of them.
    function test_open_endsWhatTheCreatorHadWaiting() public {
        (address created, address guard) = _create(_setup());
        address adapter = _adapter(created);
        vm.prank(creator);
        Vault(created).addAdapter(adapter);
        address hostile = _adapter(created);
        address[3] memory targets = [created, guard, adapter];
        bytes[3] memory calls = [
            abi.encodeCall(Venues.addAdapter, (hostile)),
            abi.encodeCall(Guard.addKeeper, (creator)),
            abi.encodeCall(Erc4626Adapter.increaseMaxPrice, (type(uint128).max))
        ];
        for (uint256 i; i < 3; ++i) {
            vm.prank(creator);
            Timelocked(targets[i]).submit(calls[i]);
            assertNotEq(Timelocked(targets[i]).executableAt(keccak256(calls[i])), 0);
        }
        _open(created, SEED);

        skip(60 days);
        for (uint256 i; i < 3; ++i) {
            vm.prank(creator);
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ProposerGone.selector, creator));
            Timelocked(targets[i]).execute(calls[i]);
        }
        assertFalse(Vault(created).isAdapter(hostile));
        assertFalse(Guard(guard).isKeeper(creator));
        // The new curator is not kept from submitting the same.
        vm.prank(curator);
        Timelocked(guard).submit(calls[1]);
        assertEq(Timelocked(guard).executableAt(keccak256(calls[1])), vm.getBlockTimestamp() + 7 days);
    }

    /* HELPERS */

    function deployFactory(
        VaultFactory.StoredCode memory vaultCode,
        VaultFactory.StoredCode memory guardCode
    ) external returns (VaultFactory) {
        return VaultFactory(Deployed.create("VaultFactory", abi.encode(vaultCode, guardCode)));
    }

    function _expectTooShort(
        address vault,
        address target,
        bytes4 selector,
        uint256 duration,
        uint256 minimum
    ) private {
        _fundSeed(vault, SEED);
        vm.prank(creator);
        vm.expectRevert(
            abi.encodeWithSelector(ErrorsLib.TimelockBelowDefault.selector, target, selector, duration, minimum)
        );
        factory.open(vault, SEED);
    }

    function _setup() private view returns (VaultFactory.Setup memory setup) {
        setup.asset = address(token);
        setup.name = "Tiller Mock";
        setup.symbol = "tMOCK";
        setup.owner = owner;
        setup.curator = curator;
        setup.feeRecipient = feeRecipient;
        setup.sentinels = new address[](1);
        setup.sentinels[0] = sentinel;
        setup.limits = GuardLimits({
            cooldownSeconds: 1 hours,
            maxLossPerPlanBps: 2,
            lossBudgetPerDayBps: 5,
            turnoverPerDayBps: 5_000,
            liquidFloorBps: 500
        });
        setup.timelock = 3 days;
        setup.boundsTimelock = 7 days;
        setup.salt = "1";
    }

    function _create(VaultFactory.Setup memory setup) private returns (address vault, address guard) {
        vm.prank(creator);
        return factory.create(setup);
    }

    function _open(address vault, uint256 seed) private {
        _fundSeed(vault, seed);
        vm.prank(creator);
        factory.open(vault, seed);
    }

    function _fundSeed(address vault, uint256 seed) private {
        MockToken asset = MockToken(Vault(vault).asset());
        asset.mint(creator, seed);
        vm.prank(creator);
        asset.approve(address(factory), seed);
    }

    function _adapter(address vault) private returns (address) {
        MockVenue venue = new MockVenue(address(token));
        return
            Deployed.create(
                "Erc4626Adapter",
                abi.encode(vault, address(venue), address(0), type(uint128).max, uint256(0))
            );
    }

    /// @dev As a deployment stores it: the first `headSize` bytes, then the rest.
    function _stored(string memory name, uint256 headSize) private returns (VaultFactory.StoredCode memory stored) {
        bytes memory code = Deployed.creationCode(name);
        stored.hash = keccak256(code);
        if (code.length <= headSize) {
            stored.head = SSTORE2.write(code);
            return stored;
        }
        stored.head = SSTORE2.write(_slice(code, 0, headSize));
        stored.tail = SSTORE2.write(_slice(code, headSize, code.length));
    }

    function _slice(bytes memory code, uint256 start, uint256 end) private pure returns (bytes memory part) {
        part = new bytes(end - start);
        for (uint256 i; i < part.length; ++i) {
            part[i] = code[start + i];
        }
    }
}
