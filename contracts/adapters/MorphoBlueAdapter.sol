// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { SafeTransferLib } from "solady/utils/SafeTransferLib.sol";
import { SSTORE2 } from "solady/utils/SSTORE2.sol";
import { Adapter } from "../base/Adapter.sol";
import { IAdapter } from "../interfaces/IAdapter.sol";
import { IVault } from "../interfaces/IVault.sol";
import { IMorphoBlue, MarketParams } from "../interfaces/external/IMorphoBlue.sol";
import { ErrorsLib } from "../libraries/ErrorsLib.sol";
import { EventsLib } from "../libraries/EventsLib.sol";
import { IdsLib } from "../libraries/IdsLib.sol";
import { MathLib } from "../libraries/MathLib.sol";
import { MarketFrame, MorphoMarketLib } from "../libraries/MorphoMarketLib.sol";

/// @notice The vault's asset in markets of Morpho Blue; `data` is `abi.encode(MarketParams)`.
///
/// Supply shares are tracked per market, so what others supply on behalf of this adapter counts for nothing. A market is
/// followed from its first deposit on; the vault's caps decide which markets can get one. The list lies in the code of a
/// contract of its own, since it is read on every accrual and written only when a market comes or goes; the shares lie
/// beside each other in the order of the list, two in a slot.
///
/// Trust: Morpho Blue is immutable; a market's oracle and its rate model are not the same for all, hence the ids of
/// collateral and oracle. A dead oracle stops borrowing and liquidation, not the lenders: what the market loses shows
/// when Morpho books it. A market whose rate model fails pays nobody; it counts at what was booked last and neither pays
/// nor takes, and the others go on.
contract MorphoBlueAdapter is Adapter {
    using SafeTransferLib for address;
    using MorphoMarketLib for MarketFrame;

    uint256 public constant MAX_MARKETS = 16;
    /// @dev Rounding of shares and of their worth, in asset units.
    uint256 private constant TOLERANCE = 2;
    uint256 private constant PARAMS_LENGTH = 160;
    /// @dev One entry of the list: the market's id and its params.
    uint256 private constant ENTRY_LENGTH = 192;

    IMorphoBlue public immutable morpho;

    /// @dev Contract whose code is the list of followed markets; zero before the first.
    address private _listPointer;
    /// @dev Supply shares that the vault paid for: of market i in half i % 2, the lower first, of word i / 2.
    uint256[MAX_MARKETS / 2] private _shares;

    constructor(address vault_, address morpho_) Adapter(vault_) {
        morpho = IMorphoBlue(morpho_);
        asset.safeApprove(morpho_, type(uint256).max);
    }

    /// @notice Stops following a market that holds no shares of the vault and has no cap left. Anyone may call it.
    function removeMarket(MarketParams calldata params) external {
        // A move has found its market's place in the list already.
        _checkNotMoving();
        bytes32 marketId = keccak256(abi.encode(params));
        (uint128 cap, ) = IVault(vault).capOf(IdsLib.venue(address(this), abi.encode(params)));
        bytes memory list = _list();
        (uint256 index, bool isFollowed) = _find(list, marketId);
        require(isFollowed && _sharesAt(index) == 0 && cap == 0, ErrorsLib.MarketInUse(marketId));

        // The last one takes its place.
        uint256 last = list.length / ENTRY_LENGTH - 1;
        _setSharesAt(index, _sharesAt(last));
        _setSharesAt(last, 0);
        assembly ("memory-safe") {
            let entries := add(list, 0x20)
            mcopy(add(entries, mul(index, ENTRY_LENGTH)), add(entries, mul(last, ENTRY_LENGTH)), ENTRY_LENGTH)
            mstore(list, mul(last, ENTRY_LENGTH))
        }
        _listPointer = SSTORE2.write(list);
        emit EventsLib.RemoveMarket(marketId);
    }

    /// @inheritdoc IAdapter
    function kind() external pure returns (bytes32) {
        return "morpho-blue";
    }

    /// @return followed The markets that this adapter follows.
    function markets() external view returns (MarketParams[] memory followed) {
        bytes memory list = _list();
        followed = new MarketParams[](list.length / ENTRY_LENGTH);
        for (uint256 i; i < followed.length; ++i) {
            uint256 params = _entry(list, i) + 0x20;
            MarketParams memory place = followed[i];
            assembly ("memory-safe") {
                mcopy(place, params, PARAMS_LENGTH)
            }
        }
    }

    /// @return Shares of the market that the vault paid for.
    function supplyShares(bytes32 marketId) external view returns (uint256) {
        return _sharesOf(marketId);
    }

    /// @inheritdoc IAdapter
    function realAssets() external view returns (uint256 assets) {
        bytes memory list = _list();
        MarketFrame frame = MorphoMarketLib.newFrame();
        // At most 16 markets of at most 129 bits each.
        unchecked {
            uint256 end = _entry(list, 0) + list.length;
            uint256 i;
            uint256 word;
            for (uint256 entry = _entry(list, 0); entry < end; entry += ENTRY_LENGTH) {
                word = i % 2 == 0 ? _wordAt(i / 2) : word >> 128;
                ++i;
                if (uint128(word) == 0) continue;
                frame.read(address(morpho), _idAt(entry), entry + 0x20);
                (uint256 worth, ) = frame.expectedAssets(uint128(word));
                assets += worth;
            }
        }
    }

    /// @inheritdoc IAdapter
    function withdrawable(bytes calldata data) external view returns (uint256) {
        (MarketFrame frame, bytes32 marketId) = _read(data);
        (uint256 position, bool isSound) = frame.expectedAssets(_sharesOf(marketId));
        if (!isSound) return 0;
        return MathLib.min(MathLib.min(position, frame.free()), asset.balanceOf(address(morpho)));
    }

    /// @inheritdoc IAdapter
    /// @dev Morpho Blue has no caps and no pause; a market either exists or not, and its rate model works or not.
    function depositable(bytes calldata data) external view returns (uint256) {
        (MarketFrame frame, ) = _read(data);
        if (!frame.exists()) return 0;
        (, bool isSound) = frame.expectedAssets(0);
        return isSound ? uint256(type(uint96).max) : 0;
    }

    function _deposit(bytes calldata data, uint256 assets) internal override returns (uint256 left) {
        MarketParams calldata params = _decode(data);
        bytes32 marketId = keccak256(data);
        bytes memory list = _list();
        (uint256 index, bool isFollowed) = _find(list, marketId);
        if (!isFollowed) _follow(list, marketId, data);

        (, uint256 minted) = morpho.supply(params, assets, 0, address(this), "");
        // A market's shares fit 128 bits, and so do those of one of its lenders.
        uint256 tracked = _sharesAt(index) + minted;
        _setSharesAt(index, tracked);

        MarketFrame frame = MorphoMarketLib.newFrame();
        frame.readFor(address(morpho), marketId, params);
        (uint256 credited, ) = frame.expectedAssets(minted);
        require(
            credited + TOLERANCE >= assets,
            ErrorsLib.ShortCredit(credited, MathLib.zeroFloorSub(assets, TOLERANCE))
        );
        (left, ) = frame.expectedAssets(tracked);
    }

    function _withdraw(bytes calldata data, uint256 assets) internal override returns (uint256 left) {
        MarketParams calldata params = _decode(data);
        bytes32 marketId = keccak256(data);
        (uint256 index, bool isFollowed) = _find(_list(), marketId);
        uint256 tracked = isFollowed ? _sharesAt(index) : 0;
        if (assets == WHOLE_POSITION) {
            if (tracked == 0) return 0;
            _setSharesAt(index, 0);
            morpho.withdraw(params, 0, tracked, address(this), vault);
            return 0;
        }
        (, uint256 burnt) = morpho.withdraw(params, assets, 0, address(this), vault);
        require(burnt <= tracked, ErrorsLib.PositionTooSmall(tracked, burnt));
        if (burnt != 0) _setSharesAt(index, tracked - burnt);
        MarketFrame frame = MorphoMarketLib.newFrame();
        frame.readFor(address(morpho), marketId, params);
        (left, ) = frame.expectedAssets(tracked - burnt);
    }

    function _ids(bytes calldata data) internal view override returns (bytes32[] memory venueIds) {
        MarketParams calldata params = _decode(data);
        venueIds = new bytes32[](4);
        venueIds[0] = IdsLib.venueOf(address(this), data);
        venueIds[1] = IdsLib.collateral(params.collateralToken);
        venueIds[2] = IdsLib.oracle(params.oracle);
        venueIds[3] = IdsLib.protocol(address(morpho));
    }

    function _liquidityId(bytes calldata data) internal view override returns (bytes32) {
        _decode(data);
        return IdsLib.market(address(morpho), keccak256(data));
    }

    function _venueAssets(bytes calldata data) internal view override returns (uint256 assets) {
        (MarketFrame frame, bytes32 marketId) = _read(data);
        uint256 tracked = _sharesOf(marketId);
        if (tracked != 0) (assets, ) = frame.expectedAssets(tracked);
    }

    /// @dev Morpho Blue's positions are no token.
    function _isPositionToken(address) internal pure override returns (bool) {
        return false;
    }

    /* PRIVATE */

    function _read(bytes calldata data) private view returns (MarketFrame frame, bytes32 marketId) {
        marketId = keccak256(data);
        frame = MorphoMarketLib.newFrame();
        frame.readFor(address(morpho), marketId, _decode(data));
    }

    /// @dev One market has one encoding, hence one id.
    function _decode(bytes calldata data) private view returns (MarketParams calldata params) {
        require(data.length == PARAMS_LENGTH, ErrorsLib.UnexpectedData());
        uint256 beyond;
        assembly ("memory-safe") {
            params := data.offset
            let addresses := or(calldataload(params), calldataload(add(params, 0x20)))
            addresses := or(addresses, or(calldataload(add(params, 0x40)), calldataload(add(params, 0x60))))
            beyond := shr(160, addresses)
        }
        require(beyond == 0, ErrorsLib.UnexpectedData());
        require(params.loanToken == asset, ErrorsLib.WrongAsset(asset, params.loanToken));
    }

    /// @return list Entries of `ENTRY_LENGTH` bytes.
    function _list() private view returns (bytes memory list) {
        address pointer = _listPointer;
        if (pointer != address(0)) list = SSTORE2.read(pointer);
    }

    /// @return entry Where the entry lies in memory: the market's id, then its params.
    function _entry(bytes memory list, uint256 index) private pure returns (uint256 entry) {
        assembly ("memory-safe") {
            entry := add(add(list, 0x20), mul(index, ENTRY_LENGTH))
        }
    }

    function _idAt(uint256 entry) private pure returns (bytes32 marketId) {
        assembly ("memory-safe") {
            marketId := mload(entry)
        }
    }

    /// @return index Place of the market, or the next free one.
    function _find(bytes memory list, bytes32 marketId) private pure returns (uint256 index, bool isFollowed) {
        unchecked {
            uint256 end = _entry(list, 0) + list.length;
            for (uint256 entry = _entry(list, 0); entry < end; entry += ENTRY_LENGTH) {
                if (_idAt(entry) == marketId) return (index, true);
                ++index;
            }
        }
    }

    function _follow(bytes memory list, bytes32 marketId, bytes calldata data) private {
        require(list.length < MAX_MARKETS * ENTRY_LENGTH, ErrorsLib.TooManyMarkets(MAX_MARKETS));
        _listPointer = SSTORE2.write(bytes.concat(list, marketId, data));
        emit EventsLib.AddMarket(marketId);
    }

    function _sharesOf(bytes32 marketId) private view returns (uint256) {
        (uint256 index, bool isFollowed) = _find(_list(), marketId);
        return isFollowed ? _sharesAt(index) : 0;
    }

    function _sharesAt(uint256 index) private view returns (uint256) {
        unchecked {
            return uint128(_wordAt(index / 2) >> (128 * (index % 2)));
        }
    }

    /// @dev Indices come from the list, which is short enough.
    function _wordAt(uint256 index) private view returns (uint256 word) {
        assembly ("memory-safe") {
            word := sload(add(_shares.slot, index))
        }
    }

    function _setSharesAt(uint256 index, uint256 newShares) private {
        unchecked {
            uint256 shift = 128 * (index % 2);
            uint256 others = _wordAt(index / 2) & ~(uint256(type(uint128).max) << shift);
            _shares[index / 2] = others | (newShares << shift);
        }
    }
}
