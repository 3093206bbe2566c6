// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { SSTORE2 } from "solady/utils/SSTORE2.sol";
import { GuardLimits } from "./interfaces/IGuard.sol";
import { Timelocked } from "./base/Timelocked.sol";
import { Venues } from "./base/Venues.sol";
import { ErrorsLib } from "./libraries/ErrorsLib.sol";
import { EventsLib } from "./libraries/EventsLib.sol";
import { Guard } from "./Guard.sol";
import { Accounting } from "./base/Accounting.sol";
import { Roles } from "./base/Roles.sol";
import { Vault } from "./Vault.sol";

/// @title VaultFactory
/// @notice Creates a vault with its Guard at addresses that are known beforehand, and opens it only once its Guard, its
/// dead-share seed and its timelocks stand.
///
/// TWO STEPS
/// - `create` deploys both and gives the caller the curator's role, and nothing else. Nobody holds a share yet, so the
///   caller's configuration applies at once: adapters, caps, exits, keepers.
/// - `open` sets the Guard, seeds dead shares from the caller's asset and hands curator and owner over, in one call. From
///   then on the vault belongs to the two whom `create` named, and every loosening waits.
/// - In between the factory is the owner, and it has no function that uses that role but these two. A draft that is never
///   opened takes no deposits: it has no Guard.
///
/// WHAT `isVault` SAYS
/// - Vault and Guard run the code whose hashes this factory was made with; the Guard is the only allocator; the seed lies
///   dead; outside test chains no timelock was below `DEFAULT_TIMELOCK`, and none of those that admit an adapter, an
///   allocator or a keeper or move the Guard's bounds below `BOUNDS_TIMELOCK`, when the vault opened.
/// - It says nothing of the asset, the gate, the adapters and their venues, the caps, the fees, or who holds the roles.
///
/// ADDRESSES
/// - CREATE2, with the caller in the salt: nobody can take the address that another one was told, and nobody can put other
///   code, another asset or another timelock there.
///
/// CODE
/// - The creation code lies in contracts of its own, written before this one. It may be longer than the code of one
///   contract, hence head and tail. Creating vault and Guard stays below the 16,777,216 gas that EIP-7825 leaves to one
///   transaction.
contract VaultFactory {
    using SafeTransferLib for address;

    /// @notice Creation code, without arguments, as the code of one contract or two.
    /// @param head First part.
    /// @param tail The rest; zero where head holds all.
    /// @param hash keccak256 of both together.
    struct StoredCode {
        address head;
        address tail;
        bytes32 hash;
    }

    /// @notice What a vault is created with.
    /// @param asset Asset of the vault.
    /// @param name Name of the share.
    /// @param symbol Symbol of the share.
    /// @param gate May refuse entries; zero = none.
    /// @param owner Is offered the ownership when the vault opens, and must accept it.
    /// @param curator Becomes curator when the vault opens.
    /// @param feeRecipient Gets the fees; zero where there are none.
    /// @param sentinels May reduce risk.
    /// @param limits First bounds of the Guard.
    /// @param timelock Seconds that loosening calls wait.
    /// @param boundsTimelock The same for what admits an adapter, an allocator or a keeper and what moves the Guard's bounds.
    /// @param salt Any; together with the caller it decides the addresses.
    struct Setup {
        address asset;
        string name;
        string symbol;
        address gate;
        address owner;
        address curator;
        address feeRecipient;
        address[] sentinels;
        GuardLimits limits;
        uint256 timelock;
        uint256 boundsTimelock;
        bytes32 salt;
    }

    struct Draft {
        address creator;
        address guard;
        address owner;
        address curator;
    }

    /* CONSTANTS */

    /// @notice Least timelock of a vault that opens here, in seconds.
    uint256 public constant DEFAULT_TIMELOCK = 3 days;
    /// @notice The same for adapters, allocator, keepers and the bounds of the Guard.
    uint256 public constant BOUNDS_TIMELOCK = 7 days;
    /// @notice Holder of the seed's shares.
    address public constant DEAD = 0x000000000000000000000000000000000000dEaD;

    /* IMMUTABLES */

    address private immutable _vaultHead;
    address private immutable _vaultTail;
    address private immutable _guardHead;
    address private immutable _guardTail;

    /// @notice keccak256 of the creation code of every vault made here, without arguments.
    bytes32 public immutable vaultCodeHash;
    /// @notice The same of every Guard.
    bytes32 public immutable guardCodeHash;

    /* STORAGE */

    /// @notice Vaults that were opened here, in order.
    address[] public vaults;
    /// @notice True where the vault was opened here.
    mapping(address vault => bool) public isVault;
    /// @notice Vaults that were created here, opened or not.
    mapping(address vault => Draft) public draftOf;

    /* CONSTRUCTOR */

    /// @param vaultCode Where the vault's creation code lies.
    /// @param guardCode Where the Guard's lies.
    constructor(StoredCode memory vaultCode, StoredCode memory guardCode) {
        _checkCode(vaultCode);
        _checkCode(guardCode);
        _vaultHead = vaultCode.head;
        _vaultTail = vaultCode.tail;
        _guardHead = guardCode.head;
        _guardTail = guardCode.tail;
        vaultCodeHash = vaultCode.hash;
        guardCodeHash = guardCode.hash;
    }

    /* ACTIONS */

    /// @notice Creates a vault and its Guard. The caller configures them as curator and then calls `open`.
    function create(Setup calldata setup) external returns (address vault, address guard) {
        require(setup.owner != address(0), ErrorsLib.ZeroAddress());
        bytes32 salt = _salt(msg.sender, setup.salt);
        bytes memory code = _vaultCode(setup);
        vault = _address(salt, code);
        require(vault.code.length == 0, ErrorsLib.AlreadyCreated(vault));
        _create2(salt, code);
        guard = _create2(salt, _guardCode(vault, setup));
        draftOf[vault] = Draft({ creator: msg.sender, guard: guard, owner: setup.owner, curator: setup.curator });

        for (uint256 i; i < setup.sentinels.length; ++i) {
            Vault(vault).addSentinel(setup.sentinels[i]);
        }
        if (setup.feeRecipient != address(0)) Vault(vault).setFeeRecipient(setup.feeRecipient);
        if (setup.boundsTimelock > setup.timelock) {
            bytes4[] memory selectors = _boundsOfVault();
            for (uint256 i; i < selectors.length; ++i) {
                Timelocked(vault).increaseTimelock(selectors[i], setup.boundsTimelock);
            }
            selectors = _boundsOfGuard();
            for (uint256 i; i < selectors.length; ++i) {
                Timelocked(guard).increaseTimelock(selectors[i], setup.boundsTimelock);
            }
        }
        Roles(vault).setCurator(msg.sender);
        emit EventsLib.CreateVault(vault, guard, msg.sender, setup.salt);
    }

    /// @notice Sets the Guard, seeds dead shares with `seed` of the caller's asset, and hands the vault over. Only who
    /// created it may call this.
    function open(address vault, uint256 seed) external {
        Draft memory draft = draftOf[vault];
        require(msg.sender == draft.creator, ErrorsLib.Unauthorized(msg.sender));
        require(!isVault[vault], ErrorsLib.AlreadyOpened(vault));
        // Whoever seeded it elsewhere has ended the setup, in which alone the Guard can be set and timelocks checked.
        require(Vault(vault).totalSupply() == 0, ErrorsLib.AlreadySeeded(vault));
        address current = Vault(vault).guard();
        require(current == address(0) || current == draft.guard, ErrorsLib.WrongGuard(draft.guard, current));
        if (block.chainid != 31_337 && block.chainid != 1_337) {
            _checkTimelocks(vault, draft.guard);
        }
        isVault[vault] = true;
        vaults.push(vault);

        // What the creator left waiting dies with its role.
        Roles(vault).setCurator(address(this));
        if (current == address(0)) Vault(vault).setGuard(draft.guard);
        _seed(vault, seed);
        Roles(vault).setCurator(draft.curator);
        Roles(vault).transferOwnership(draft.owner);
        emit EventsLib.OpenVault(vault, draft.guard, msg.sender, seed);
    }

    function _seed(address vault, uint256 seed) private {
        address asset = Vault(vault).asset();
        uint256 before = asset.balanceOf(address(this));
        asset.safeTransferFrom(msg.sender, address(this), seed);
        uint256 received = asset.balanceOf(address(this)) - before;
        require(received >= seed, ErrorsLib.FeeOnTransfer(seed, received));
        asset.safeApproveWithRetry(vault, seed);
        Vault(vault).deposit(seed, DEAD);
    }

    /* READS */

    /// @return vault Where `create` puts the vault when `creator` calls it with `setup`.
    /// @return guard Where it puts the Guard.
    function vaultAddress(address creator, Setup calldata setup) external view returns (address vault, address guard) {
        bytes32 salt = _salt(creator, setup.salt);
        vault = _address(salt, _vaultCode(setup));
        guard = _address(salt, _guardCode(vault, setup));
    }

    /// @return How many vaults were opened here.
    function vaultCount() external view returns (uint256) {
        return vaults.length;
    }

    /* TIMELOCKS */

    function _checkTimelocks(address vault, address guard) private view {
        _checkAll(vault, _boundsOfVault(), BOUNDS_TIMELOCK);
        _checkAll(guard, _boundsOfGuard(), BOUNDS_TIMELOCK);

        // Everything else that is timelocked, and first what was given no timelock of its own.
        _checkDefault(vault);
        _checkDefault(guard);
        bytes4[] memory selectors = new bytes4[](12);
        selectors[0] = Venues.removeAdapter.selector;
        selectors[1] = Venues.increaseAbsoluteCap.selector;
        selectors[2] = Venues.increaseRelativeCap.selector;
        selectors[3] = Venues.setExitList.selector;
        selectors[4] = Accounting.setMaxRate.selector;
        selectors[5] = Accounting.increasePerformanceFee.selector;
        selectors[6] = Accounting.increaseManagementFee.selector;
        selectors[7] = Vault.setForcedExitPenalty.selector;
        selectors[8] = Venues.reinstate.selector;
        selectors[9] = Accounting.lift.selector;
        selectors[10] = Roles.removeSentinel.selector;
        selectors[11] = Timelocked.abdicate.selector;
        _checkAll(vault, selectors, DEFAULT_TIMELOCK);
        selectors = new bytes4[](2);
        selectors[0] = Guard.unfreeze.selector;
        selectors[1] = Timelocked.abdicate.selector;
        _checkAll(guard, selectors, DEFAULT_TIMELOCK);
    }

    function _boundsOfVault() private pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](2);
        selectors[0] = Vault.setGuard.selector;
        selectors[1] = Venues.addAdapter.selector;
    }

    function _boundsOfGuard() private pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](3);
        selectors[0] = Guard.setLimits.selector;
        selectors[1] = Guard.setInflowPerDay.selector;
        selectors[2] = Guard.addKeeper.selector;
    }

    function _checkDefault(address target) private view {
        uint256 duration = Timelocked(target).defaultTimelock();
        require(
            duration >= DEFAULT_TIMELOCK,
            ErrorsLib.TimelockBelowDefault(target, bytes4(0), duration, DEFAULT_TIMELOCK)
        );
    }

    function _checkAll(address target, bytes4[] memory selectors, uint256 minimum) private view {
        for (uint256 i; i < selectors.length; ++i) {
            uint256 duration = Timelocked(target).timelock(selectors[i]);
            require(duration >= minimum, ErrorsLib.TimelockBelowDefault(target, selectors[i], duration, minimum));
        }
    }

    /* CODE */

    function _checkCode(StoredCode memory code) private view {
        bytes32 found = keccak256(_read(code.head, code.tail));
        require(found == code.hash, ErrorsLib.WrongCode(code.hash, found));
    }

    function _read(address head, address tail) private view returns (bytes memory) {
        return tail == address(0) ? SSTORE2.read(head) : bytes.concat(SSTORE2.read(head), SSTORE2.read(tail));
    }

    function _vaultCode(Setup calldata setup) private view returns (bytes memory) {
        return
            bytes.concat(
                _read(_vaultHead, _vaultTail),
                abi.encode(setup.asset, address(this), setup.name, setup.symbol, setup.timelock, setup.gate)
            );
    }

    function _guardCode(address vault, Setup calldata setup) private view returns (bytes memory) {
        return bytes.concat(_read(_guardHead, _guardTail), abi.encode(vault, setup.limits, setup.timelock));
    }

    function _salt(address creator, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(creator, salt));
    }

    function _address(bytes32 salt, bytes memory code) private view returns (address) {
        bytes32 hash = keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, keccak256(code)));
        return address(uint160(uint256(hash)));
    }

    /// @dev The constructor's own error goes up: an asset that the vault refuses is refused in the vault's words.
    function _create2(bytes32 salt, bytes memory code) private returns (address created) {
        assembly ("memory-safe") {
            created := create2(0, add(code, 0x20), mload(code), salt)
            if iszero(created) {
                let pointer := mload(0x40)
                returndatacopy(pointer, 0, returndatasize())
                revert(pointer, returndatasize())
            }
        }
    }
}
