// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Multicallable } from "solady/utils/Multicallable.sol";
import { SafeCastLib } from "solady/utils/SafeCastLib.sol";
import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { IERC4626 } from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import { IRedeemQueue } from "../interfaces/IRedeemQueue.sol";
import { IVault } from "../interfaces/IVault.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { EventsLib } from "../libraries/EventsLib.sol";
import { MathLib } from "../libraries/MathLib.sol";

/// @title RedeemQueue
/// @notice Queue for holders who want out of a vault that can't pay all of it now: the redeem side of ERC-7540, with the
/// synchronous deposit side of ERC-4626 passed on to the vault. Nobody owns it, and nothing in it can be changed.
///
/// REQUESTS
/// - Shares go in, and wait in the order in which they came. Every request has a number of its own, so no two requests
///   are fungible. They stay shares of the vault, with its gains and losses, until they are filled.
/// - A controller may cancel what still waits, and its place is gone at once: the queue is a linked list, and nobody can
///   fill it with empty places. A request is worth at least `minRequestAssets`.
/// - Only the owner of the shares and its operators may request. An allowance on the vault's shares is not enough: the
///   queue could not lower it, the share being a contract of its own.
///
/// FILLING
/// - Anyone may fill. Filling redeems the first shares of the queue from the vault, at the vault's exit price of that
///   moment, as far as the vault can pay. All requests of one fill get the same price; the first that does not fit is
///   filled in part. A request never overtakes another.
/// - The keeper's plans make the vault liquid for it (docs/keeper.md); the queue asks nobody's leave and gives the vault no
///   duty.
///
/// A PRICE THAT FELL
/// - Whoever fills chooses the moment, for others. So that nobody chooses one in which he has pushed the price down, a
///   price lower by more than `DROP_TOLERANCE_BPS` than the best one seen while the queue waited is only noted at first.
///   Filling goes on at it when it is seen again `DROP_DELAY` later and no better one was seen between. A request thus
///   gets the price of the moment in which it was made or a better one, or one that fell for longer than a transaction.
/// - During the delay whoever does not like the lower price may cancel.
/// - While the vault's entries are closed nothing is filled: a venue is quarantined or marked down, or a sudden loss may
///   still come back, and who left then would leave what comes back to the rest. A request that sleeps does not choose
///   that. Nor is a price noted, save that at which somebody asks, where it is better.
/// - This holds nobody. A controller takes its shares back in every state of the vault and redeems or forces its exit
///   itself; the vault never closes an exit. So whoever keeps entries closed, for as long as it may be, keeps only those
///   in the queue who do not move.
///
/// CLAIMS
/// - A claim touches neither the vault nor other requests: what was received for a request lies here until its controller
///   takes it, whatever happens to the vault. Claims are by controller, as ERC-7540 has them, oldest request first.
/// - What a fill received is split without a remainder, and each request is paid from its own part, so rounding can't make
///   one claim cost another. Shares and assets that are merely sent here belong to nobody, and stay.
///
/// TRUST
/// - Vault and asset are trusted as far as the vault is: the queue counts what it really received, and no more than the
///   vault says it paid.
contract RedeemQueue is IRedeemQueue, Multicallable {
    using SafeCastLib for uint256;
    using SafeTransferLib for address;

    /* CONSTANTS */

    /// @notice A price lower by more than this than the best one seen is a drop.
    uint256 public constant DROP_TOLERANCE_BPS = 5;
    /// @notice Seconds after which a drop that is still there counts.
    uint256 public constant DROP_DELAY = 2 hours;
    /// @dev Shares whose worth is "the price": a million whole ones, so that six decimals carry it well enough.
    uint256 private constant PRICE_SHARES = 1e24;

    /* IMMUTABLES */

    /// @inheritdoc IRedeemQueue
    address public immutable vault;
    /// @notice The asset of the vault.
    address public immutable asset;
    /// @inheritdoc IRedeemQueue
    uint256 public immutable minRequestAssets;

    /* STORAGE */

    struct Request {
        address controller;
        uint64 next;
        uint128 waiting;
        uint64 previous;
        uint64 nextClaim; // of the same controller
        uint128 claimableShares;
        uint128 claimableAssets;
    }

    struct Account {
        uint64 firstClaim;
        uint64 lastClaim;
        uint128 claimableShares;
        uint128 claimableAssets;
    }

    mapping(uint256 requestId => Request) private _requests;
    mapping(address controller => Account) private _accounts;
    /// @inheritdoc IRedeemQueue
    mapping(address controller => mapping(address operator => bool)) public isOperator;
    uint64 private _head;
    uint64 private _tail;
    uint64 private _lastId;
    uint128 private _pendingShares;
    uint128 private _unclaimedAssets;

    /// @notice Best exit price seen while the queue waited: asset units of 1e24 shares.
    uint256 public bestPrice;
    /// @notice A drop that waits for confirmation: its price, and the Unix second in which it was first seen; 0 for none.
    uint192 public droppedPrice;
    uint64 public droppedAt;

    /* LOCK */

    bool private transient _locked;

    modifier nonReentrant() {
        require(!_locked, ErrorsLib.Reentered());
        _locked = true;
        _;
        _locked = false;
    }

    /* CONSTRUCTOR */

    /// @param vault_ The vault whose shares are queued.
    /// @param minRequestAssets_ Least worth of a request in asset units, above zero.
    constructor(address vault_, uint256 minRequestAssets_) {
        require(vault_ != address(0), ErrorsLib.ZeroAddress());
        require(minRequestAssets_ != 0, ErrorsLib.RequestTooSmall(0, 1));
        vault = vault_;
        asset = IERC4626(vault_).asset();
        minRequestAssets = minRequestAssets_;
    }

    /* REQUESTS */

    /// @inheritdoc IRedeemQueue
    function requestRedeem(
        uint256 shares,
        address controller,
        address owner
    ) external nonReentrant returns (uint256 requestId) {
        require(controller != address(0), ErrorsLib.ZeroAddress());
        _checkMayActFor(owner);
        uint256 worth = IERC4626(vault).convertToAssets(shares);
        require(worth >= minRequestAssets, ErrorsLib.RequestTooSmall(worth, minRequestAssets));
        // Who is alone need not wait for a price that only those before it have seen.
        uint256 price = _price();
        if (_pendingShares == 0)
            (bestPrice, droppedAt) = (price, 0);
            // Who asks while entries are closed has a price, too, beneath which nobody fills him at once.
        else if (!_see() && price > bestPrice) bestPrice = price;

        uint64 id = ++_lastId;
        uint64 previous = _tail;
        Request storage request = _requests[id];
        request.controller = controller;
        request.waiting = shares.toUint128();
        request.previous = previous;
        if (previous == 0) _head = id;
        else _requests[previous].next = id;
        _tail = id;
        _pendingShares += shares.toUint128();

        vault.safeTransferFrom(owner, address(this), shares);
        emit RedeemRequest(controller, owner, id, msg.sender, shares);
        return id;
    }

    /// @inheritdoc IRedeemQueue
    function cancelRedeemRequest(
        uint256 requestId,
        address controller,
        address receiver
    ) external nonReentrant returns (uint256 shares) {
        _checkMayActFor(controller);
        require(receiver != address(0), ErrorsLib.ZeroAddress());
        Request storage request = _requests[requestId];
        shares = request.waiting;
        require(request.controller == controller && shares != 0, ErrorsLib.NothingPending(requestId));
        _pendingShares -= uint128(shares);
        _unlink(request);

        vault.safeTransfer(receiver, shares);
        emit EventsLib.CancelRedeemRequest(msg.sender, controller, requestId, receiver, shares);
        if (request.claimableShares == 0) delete _requests[requestId];
    }

    /// @inheritdoc IRedeemQueue
    function setOperator(address operator, bool approved) external returns (bool) {
        isOperator[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    /* FILLING */

    /// @inheritdoc IRedeemQueue
    function fill(uint256 maxRequests) external nonReentrant returns (uint256 shares, uint256 assets) {
        if (_pendingShares == 0 || !_see()) return (0, 0);
        shares = _fillable(maxRequests);
        if (shares == 0) return (0, 0);

        uint256 before = asset.balanceOf(address(this));
        uint256 paid = IERC4626(vault).redeem(shares, address(this), address(this));
        assets = MathLib.min(paid, asset.balanceOf(address(this)) - before);
        _split(shares, assets);
    }

    /// @dev Shares of the first requests that the vault can pay now.
    function _fillable(uint256 maxRequests) private view returns (uint256 shares) {
        uint256 payable_ = IERC4626(vault).maxRedeem(address(this));
        uint64 id = _head;
        for (uint256 i; i < maxRequests && id != 0; ++i) {
            Request storage request = _requests[id];
            uint256 waiting = request.waiting;
            if (shares + waiting > payable_) {
                // A part as small as a request may not be would only cost rounding, once for every call.
                uint256 part = payable_ - shares;
                return IERC4626(vault).convertToAssets(part) < minRequestAssets ? shares : payable_;
            }
            shares += waiting;
            id = request.next;
        }
    }

    /// @dev Gives each request its part of `assets`; the parts add up to all of it.
    function _split(uint256 shares, uint256 assets) private {
        _pendingShares -= shares.toUint128();
        _unclaimedAssets += assets.toUint128();
        while (shares != 0) {
            uint64 id = _head;
            Request storage request = _requests[id];
            uint256 part = MathLib.min(request.waiting, shares);
            uint256 brought = MathLib.mulDivDown(assets, part, shares);
            shares -= part;
            assets -= brought;

            address controller = request.controller;
            Account storage account = _accounts[controller];
            if (request.claimableShares == 0) _appendClaim(account, id);
            account.claimableShares += uint128(part);
            account.claimableAssets += uint128(brought);
            request.claimableShares += uint128(part);
            request.claimableAssets += uint128(brought);
            if (part == request.waiting) _unlink(request);
            else request.waiting -= uint128(part);
            emit EventsLib.FillRedeemRequest(controller, id, part, brought);
        }
    }

    /// @dev Notes the vault's exit price. False where it fell and that is not confirmed, or says nothing for now.
    function _see() private returns (bool) {
        if (!IVault(vault).entriesOpen()) {
            // What was noted before a closed time is no drop that lasted: a better price would not have been seen in it.
            if (droppedAt != 0) droppedAt = 0;
            return false;
        }
        uint256 price = _price();
        uint256 best = bestPrice;
        if (!_isDrop(price, best)) {
            if (price > best) bestPrice = price;
            if (droppedAt != 0) droppedAt = 0;
            return true;
        }
        if (droppedAt == 0 || _isDrop(price, droppedPrice)) {
            droppedPrice = uint192(price);
            droppedAt = uint64(block.timestamp);
            emit EventsLib.NotePriceDrop(best, price);
            return false;
        }
        // What was seen between is a price at which somebody could have been filled.
        if (price > droppedPrice) droppedPrice = uint192(price);
        if (block.timestamp < droppedAt + DROP_DELAY) return false;
        bestPrice = price;
        droppedAt = 0;
        return true;
    }

    function _isDrop(uint256 price, uint256 from) private pure returns (bool) {
        return price < MathLib.mulDivUp(from, MathLib.BPS - DROP_TOLERANCE_BPS, MathLib.BPS);
    }

    function _price() private view returns (uint256) {
        return MathLib.min(IERC4626(vault).convertToAssets(PRICE_SHARES), type(uint192).max);
    }

    /* CLAIMS */

    /// @inheritdoc IRedeemQueue
    function redeem(
        uint256 shares,
        address receiver,
        address controller
    ) external nonReentrant returns (uint256 assets) {
        Account storage account = _openClaim(receiver, controller);
        require(shares <= account.claimableShares, ErrorsLib.NotClaimable(account.claimableShares, shares));
        for (uint256 left = shares; left != 0;) {
            Request storage request = _requests[account.firstClaim];
            (uint256 heldShares, uint256 heldAssets) = (request.claimableShares, request.claimableAssets);
            uint256 taken = MathLib.min(left, heldShares);
            uint256 paid = MathLib.mulDivDown(heldAssets, taken, heldShares);
            _takeClaim(account, request, taken, paid);
            left -= taken;
            assets += paid;
        }
        _pay(assets, shares, receiver, controller);
    }

    /// @inheritdoc IRedeemQueue
    function withdraw(
        uint256 assets,
        address receiver,
        address controller
    ) external nonReentrant returns (uint256 shares) {
        Account storage account = _openClaim(receiver, controller);
        require(assets <= account.claimableAssets, ErrorsLib.NotClaimable(account.claimableAssets, assets));
        for (uint256 left = assets; left != 0;) {
            Request storage request = _requests[account.firstClaim];
            (uint256 heldShares, uint256 heldAssets) = (request.claimableShares, request.claimableAssets);
            uint256 paid = MathLib.min(left, heldAssets);
            // Rounded down, so that assets are never left without a share to claim them by; nobody else's are concerned.
            uint256 taken = paid == heldAssets ? heldShares : MathLib.mulDivDown(paid, heldShares, heldAssets);
            _takeClaim(account, request, taken, paid);
            left -= paid;
            shares += taken;
        }
        _pay(assets, shares, receiver, controller);
    }

    function _openClaim(address receiver, address controller) private view returns (Account storage) {
        _checkMayActFor(controller);
        require(receiver != address(0), ErrorsLib.ZeroAddress());
        return _accounts[controller];
    }

    function _takeClaim(Account storage account, Request storage request, uint256 shares, uint256 assets) private {
        account.claimableShares -= uint128(shares);
        account.claimableAssets -= uint128(assets);
        if (shares != request.claimableShares) {
            request.claimableShares -= uint128(shares);
            request.claimableAssets -= uint128(assets);
            return;
        }
        uint64 id = account.firstClaim;
        account.firstClaim = request.nextClaim;
        if (request.nextClaim == 0) account.lastClaim = 0;
        if (request.waiting == 0) {
            delete _requests[id];
        } else {
            (request.claimableShares, request.claimableAssets, request.nextClaim) = (0, 0, 0);
        }
    }

    function _pay(uint256 assets, uint256 shares, address receiver, address controller) private {
        _unclaimedAssets -= uint128(assets);
        asset.safeTransfer(receiver, assets);
        emit IERC4626.Withdraw(msg.sender, receiver, controller, assets, shares);
    }

    /* DEPOSITS */

    /// @notice ERC-4626 deposit of the vault, through the queue; a gate of the vault sees the queue as the caller.
    function deposit(uint256 assets, address receiver) external nonReentrant returns (uint256 shares) {
        _takeIn(assets);
        shares = IERC4626(vault).deposit(assets, receiver);
        emit IERC4626.Deposit(msg.sender, receiver, assets, shares);
    }

    /// @notice ERC-4626 mint of the vault, through the queue; a gate of the vault sees the queue as the caller.
    function mint(uint256 shares, address receiver) external nonReentrant returns (uint256 assets) {
        assets = IERC4626(vault).previewMint(shares);
        _takeIn(assets);
        // More than this is not approved, so that the assets of others can't pay for it.
        IERC4626(vault).mint(shares, receiver);
        emit IERC4626.Deposit(msg.sender, receiver, assets, shares);
    }

    /// @dev Measured: were less received, the vault would be paid with what others have to claim.
    function _takeIn(uint256 assets) private {
        uint256 before = asset.balanceOf(address(this));
        asset.safeTransferFrom(msg.sender, address(this), assets);
        uint256 received = asset.balanceOf(address(this)) - before;
        require(received >= assets, ErrorsLib.ShortPayment(received, assets));
        asset.safeApproveWithRetry(vault, assets);
    }

    /* READS */

    /// @inheritdoc IRedeemQueue
    function share() external view returns (address) {
        return vault;
    }

    /// @inheritdoc IRedeemQueue
    function pendingShares() external view returns (uint256) {
        return _pendingShares;
    }

    /// @inheritdoc IRedeemQueue
    function pendingAssets() external view returns (uint256) {
        return IERC4626(vault).convertToAssets(_pendingShares);
    }

    /// @inheritdoc IRedeemQueue
    function unclaimedAssets() external view returns (uint256) {
        return _unclaimedAssets;
    }

    /// @inheritdoc IRedeemQueue
    function head() external view returns (uint256) {
        return _head;
    }

    /// @inheritdoc IRedeemQueue
    function requestOf(uint256 requestId) external view returns (address, uint256, uint256, uint256, uint256) {
        Request storage request = _requests[requestId];
        return (request.controller, request.waiting, request.claimableShares, request.claimableAssets, request.next);
    }

    /// @inheritdoc IRedeemQueue
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        Request storage request = _requests[requestId];
        return request.controller == controller ? request.waiting : 0;
    }

    /// @inheritdoc IRedeemQueue
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        Request storage request = _requests[requestId];
        return request.controller == controller ? request.claimableShares : 0;
    }

    /* ERC-4626 READS */

    /// @notice Total assets of the vault.
    function totalAssets() external view returns (uint256) {
        return IERC4626(vault).totalAssets();
    }

    function convertToShares(uint256 assets) external view returns (uint256) {
        return IERC4626(vault).convertToShares(assets);
    }

    function convertToAssets(uint256 shares) external view returns (uint256) {
        return IERC4626(vault).convertToAssets(shares);
    }

    function maxDeposit(address receiver) external view returns (uint256) {
        return IERC4626(vault).maxDeposit(receiver);
    }

    function maxMint(address receiver) external view returns (uint256) {
        return IERC4626(vault).maxMint(receiver);
    }

    function previewDeposit(uint256 assets) external view returns (uint256) {
        return IERC4626(vault).previewDeposit(assets);
    }

    function previewMint(uint256 shares) external view returns (uint256) {
        return IERC4626(vault).previewMint(shares);
    }

    /// @notice Shares of filled requests of `controller` that it has not claimed.
    function maxRedeem(address controller) external view returns (uint256) {
        return _accounts[controller].claimableShares;
    }

    /// @notice Assets of filled requests of `controller` that it has not claimed.
    function maxWithdraw(address controller) external view returns (uint256) {
        return _accounts[controller].claimableAssets;
    }

    /// @notice Reverts, as ERC-7540 has it: what a claim brings depends on whose it is.
    function previewRedeem(uint256) external pure returns (uint256) {
        revert ErrorsLib.NoPreview();
    }

    /// @notice Reverts, as ERC-7540 has it: what a claim brings depends on whose it is.
    function previewWithdraw(uint256) external pure returns (uint256) {
        revert ErrorsLib.NoPreview();
    }

    /// @notice ERC-165: itself, operators and asynchronous redemption of ERC-7540, and ERC-7575.
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == 0x01ffc9a7 ||
            interfaceId == 0xe3bc4e65 ||
            interfaceId == 0x620ee8e4 ||
            interfaceId == 0x2f0a18c5;
    }

    /* PRIVATE */

    function _checkMayActFor(address account) private view {
        require(msg.sender == account || isOperator[account][msg.sender], ErrorsLib.Unauthorized(msg.sender));
    }

    /// @dev Takes a request out of the queue; nothing of it waits any more.
    function _unlink(Request storage request) private {
        (uint64 previous, uint64 next) = (request.previous, request.next);
        if (previous == 0) _head = next;
        else _requests[previous].next = next;
        if (next == 0) _tail = previous;
        else _requests[next].previous = previous;
        (request.waiting, request.previous, request.next) = (0, 0, 0);
    }

    function _appendClaim(Account storage account, uint64 id) private {
        if (account.lastClaim == 0) account.firstClaim = id;
        else _requests[account.lastClaim].nextClaim = id;
        account.lastClaim = id;
    }
}
