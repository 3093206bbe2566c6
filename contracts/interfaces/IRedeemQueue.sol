// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice The redeem side of ERC-7540 over one Tiller vault, and what the lens, the keeper and a page need beyond it.
interface IRedeemQueue {
    /// @notice ERC-7540: `sender` has put `shares` of `owner` into the queue; `controller` owns the request.
    event RedeemRequest(
        address indexed controller,
        address indexed owner,
        uint256 indexed requestId,
        address sender,
        uint256 shares
    );

    /// @notice ERC-7540: `controller` has given or taken back the rights of `operator`.
    event OperatorSet(address indexed controller, address indexed operator, bool approved);

    /* READS */

    /// @return The vault whose shares are queued; also the share of ERC-7575.
    function vault() external view returns (address);

    /// @return The vault's share.
    function share() external view returns (address);

    /// @return Least worth of a request in asset units, at the exit price.
    function minRequestAssets() external view returns (uint256);

    /// @return Shares that wait, of all requests.
    function pendingShares() external view returns (uint256);

    /// @return What the waiting shares are worth at the vault's exit price, in asset units, rounded down.
    function pendingAssets() external view returns (uint256);

    /// @return Assets of filled requests that nobody has claimed yet, in asset units.
    function unclaimedAssets() external view returns (uint256);

    /// @return The first waiting request; 0 where none waits.
    function head() external view returns (uint256);

    /// @return controller Whose request it is; zero once it is wholly claimed or cancelled.
    /// @return waiting Shares that are not filled yet.
    /// @return claimableShares Shares that were filled and not claimed.
    /// @return claimableAssets What those claimable shares brought, in asset units.
    /// @return next The request behind it in the queue; 0 for the last one.
    function requestOf(
        uint256 requestId
    )
        external
        view
        returns (address controller, uint256 waiting, uint256 claimableShares, uint256 claimableAssets, uint256 next);

    /// @return shares Shares of the request that wait; 0 where the controller is another.
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);

    /// @return shares Shares of the request that are filled and not claimed; 0 where the controller is another.
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);

    function isOperator(address controller, address operator) external view returns (bool);

    /* ACTIONS */

    /// @notice Takes `shares` of `owner` into the queue, behind all that wait. The caller is the owner or its operator,
    /// and the owner has approved the queue at the vault.
    /// @return requestId Number of the request; later requests have higher ones.
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId);

    /// @notice Gives back the shares of a request that still wait; what is filled stays claimable. The caller is the
    /// controller or its operator.
    /// @return shares What went to `receiver`.
    function cancelRedeemRequest(
        uint256 requestId,
        address controller,
        address receiver
    ) external returns (uint256 shares);

    /// @notice Redeems waiting shares at the vault's exit price, first come first served, as far as the vault can pay now.
    /// Anyone may call it. Fills nothing, and does not revert, where nothing waits, the vault can pay nothing, its
    /// entries are closed or a drop of the price is not confirmed yet.
    /// @param maxRequests Touches at most this many requests, which bounds the gas.
    function fill(uint256 maxRequests) external returns (uint256 shares, uint256 assets);

    /// @notice Lets `operator` request with the caller's shares, and claim and cancel the caller's requests.
    function setOperator(address operator, bool approved) external returns (bool);

    /// @notice Claims what `shares` of filled requests brought, oldest first; `controller` is the caller or has approved it.
    function redeem(uint256 shares, address receiver, address controller) external returns (uint256 assets);

    /// @notice Claims exactly `assets` of filled requests, oldest first; `controller` is the caller or has approved it.
    function withdraw(uint256 assets, address receiver, address controller) external returns (uint256 shares);
}
