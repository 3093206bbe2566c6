// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { SSTORE2 } from "solady/utils/SSTORE2.sol";
import { Adapter } from "../base/Adapter.sol";
import { IAdapter } from "../interfaces/IAdapter.sol";
import { IVault } from "../interfaces/IVault.sol";
import { IMorphoBlue, MarketParams, MorphoMarket } from "../interfaces/external/IMorphoBlue.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { EventsLib } from "../libraries/EventsLib.sol";
import { IdsLib } from "../libraries/IdsLib.sol";
import { MathLib } from "../libraries/MathLib.sol";
import { MorphoMarketLib } from "../libraries/MorphoMarketLib.sol";

/// @notice The vault's asset in markets of Morpho Blue; `data` is `abi.encode(MarketParams)`.
///
/// Supply shares are tracked per market, so what others supply on behalf of this adapter counts for nothing. A market is
/// followed from its first deposit on; the vault's caps decide which markets can get one. The list lies in the code of a
/// contract of its own, since it is read on every accrual and written only when a market comes or goes. Trust: Morpho Blue
/// is immutable; a market's oracle and its rate model are not the same for all, hence the ids of collateral and oracle. A
/// rate model that reverts blocks the reads of this adapter.
contract MorphoBlueAdapter is Adapter {
    using SafeTransferLib for address;
    using MorphoMarketLib for MorphoMarket;

    uint256 public constant MAX_MARKETS = 16;
    /// @dev Rounding of shares and of their worth, in asset units.
    uint256 private constant TOLERANCE = 2;
    uint256 private constant PARAMS_LENGTH = 5 * 32;

    IMorphoBlue public immutable morpho;

    struct Position {
        uint128 supplyShares;
        bool isFollowed;
    }

    mapping(bytes32 marketId => Position) private _position;
    /// @dev Contract whose code is the ABI-encoded list of followed markets; zero before the first.
    address private _marketsPointer;

    constructor(address vault_, address morpho_) Adapter(vault_) {
        morpho = IMorphoBlue(morpho_);
        asset.safeApprove(morpho_, type(uint256).max);
    }

    /// @notice Stops following a market that holds no shares of the vault and has no cap left. Anyone may call it.
    function removeMarket(MarketParams calldata params) external {
        bytes32 marketId = keccak256(abi.encode(params));
        (uint128 cap, ) = IVault(vault).capOf(IdsLib.venue(address(this), abi.encode(params)));
        Position memory position = _position[marketId];
        require(position.isFollowed && position.supplyShares == 0 && cap == 0, ErrorsLib.MarketInUse(marketId));

        delete _position[marketId];
        MarketParams[] memory old = markets();
        MarketParams[] memory kept = new MarketParams[](old.length - 1);
        uint256 count;
        for (uint256 i; i < old.length; ++i) {
            if (keccak256(abi.encode(old[i])) != marketId) kept[count++] = old[i];
        }
        _marketsPointer = SSTORE2.write(abi.encode(kept));
        emit EventsLib.RemoveMarket(marketId);
    }

    /// @inheritdoc IAdapter
    function kind() external pure returns (bytes32) {
        return "morpho-blue";
    }

    /// @return The markets that this adapter follows.
    function markets() public view returns (MarketParams[] memory) {
        address pointer = _marketsPointer;
        if (pointer == address(0)) return new MarketParams[](0);
        return abi.decode(SSTORE2.read(pointer), (MarketParams[]));
    }

    /// @return Shares of the market that the vault paid for.
    function supplyShares(bytes32 marketId) external view returns (uint256) {
        return _position[marketId].supplyShares;
    }

    /// @inheritdoc IAdapter
    function realAssets() external view returns (uint256 assets) {
        MarketParams[] memory followed = markets();
        for (uint256 i; i < followed.length; ++i) {
            assets += _marketAssets(followed[i]);
        }
    }

    /// @inheritdoc IAdapter
    function withdrawable(bytes calldata data) external view returns (uint256) {
        MarketParams memory params = _decode(data);
        MorphoMarket memory market = morpho.market(keccak256(data));
        uint256 position = _marketAssets(params);
        // Interest accrues to deposits and debt alike, so the difference is what is free, accrued or not.
        uint256 free = market.totalSupplyAssets - market.totalBorrowAssets;
        return MathLib.min(MathLib.min(position, free), asset.balanceOf(address(morpho)));
    }

    /// @inheritdoc IAdapter
    function depositable(bytes calldata data) external view returns (uint256) {
        _decode(data);
        // Morpho Blue has no caps and no pause; a market either exists or not.
        return morpho.market(keccak256(data)).lastUpdate == 0 ? 0 : uint256(type(uint96).max);
    }

    function _deposit(bytes calldata data, uint256 assets) internal override {
        MarketParams memory params = _decode(data);
        bytes32 marketId = keccak256(data);
        Position storage position = _position[marketId];
        if (!position.isFollowed) _follow(position, marketId, params);

        (, uint256 minted) = morpho.supply(params, assets, 0, address(this), "");
        // A market's shares fit 128 bits.
        position.supplyShares += uint128(minted);

        uint256 credited = morpho.market(marketId).expectedAssets(params, minted);
        require(
            credited + TOLERANCE >= assets,
            ErrorsLib.ShortCredit(credited, MathLib.zeroFloorSub(assets, TOLERANCE))
        );
    }

    function _withdraw(bytes calldata data, uint256 assets) internal override {
        MarketParams memory params = _decode(data);
        Position storage position = _position[keccak256(data)];
        uint256 tracked = position.supplyShares;
        if (assets == WHOLE_POSITION) {
            position.supplyShares = 0;
            if (tracked != 0) morpho.withdraw(params, 0, tracked, address(this), address(this));
            return;
        }
        (, uint256 burnt) = morpho.withdraw(params, assets, 0, address(this), address(this));
        require(burnt <= tracked, ErrorsLib.PositionTooSmall(tracked, burnt));
        position.supplyShares = uint128(tracked - burnt);
    }

    function _ids(bytes calldata data) internal view override returns (bytes32[] memory venueIds) {
        MarketParams memory params = _decode(data);
        venueIds = new bytes32[](3);
        venueIds[0] = IdsLib.venue(address(this), data);
        venueIds[1] = IdsLib.collateral(params.collateralToken);
        venueIds[2] = IdsLib.oracle(params.oracle);
    }

    function _liquidityId(bytes calldata data) internal view override returns (bytes32) {
        _decode(data);
        return IdsLib.market(address(morpho), keccak256(data));
    }

    function _venueAssets(bytes calldata data) internal view override returns (uint256) {
        return _marketAssets(_decode(data));
    }

    function _marketAssets(MarketParams memory params) private view returns (uint256) {
        bytes32 marketId = keccak256(abi.encode(params));
        uint256 tracked = _position[marketId].supplyShares;
        if (tracked == 0) return 0;
        return morpho.market(marketId).expectedAssets(params, tracked);
    }

    function _follow(Position storage position, bytes32 marketId, MarketParams memory params) private {
        MarketParams[] memory old = markets();
        require(old.length < MAX_MARKETS, ErrorsLib.TooManyMarkets(MAX_MARKETS));
        MarketParams[] memory followed = new MarketParams[](old.length + 1);
        for (uint256 i; i < old.length; ++i) {
            followed[i] = old[i];
        }
        followed[old.length] = params;
        _marketsPointer = SSTORE2.write(abi.encode(followed));
        position.isFollowed = true;
        emit EventsLib.AddMarket(marketId);
    }

    /// @dev One market has one encoding, hence one id.
    function _decode(bytes calldata data) private view returns (MarketParams memory params) {
        require(data.length == PARAMS_LENGTH, ErrorsLib.UnexpectedData());
        params = abi.decode(data, (MarketParams));
        require(params.loanToken == asset, ErrorsLib.WrongAsset(asset, params.loanToken));
    }
}
