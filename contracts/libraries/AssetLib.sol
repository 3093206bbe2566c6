// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { ErrorsLib } from "./ErrorsLib.sol";
import { ReadLib } from "./ReadLib.sol";

/// @notice What an asset must be, as far as it can be asked. Runs in constructors only, so it costs no deployed code.
///
/// Rebasing tokens have no common interface. The known ones each have a function that converts between balances and what
/// they keep inside; a token that answers one of them is refused. A token that takes a fee shows it only when it moves, so
/// the vault measures every entry.
library AssetLib {
    /// @dev More than any of the functions asked for needs; a fallback that writes, as WETH's, burns no more than this.
    uint256 private constant PROBE_GAS = 100_000;

    /// @return Decimals of `asset`, at most 18.
    function check(address asset) internal view returns (uint256) {
        require(asset.code.length != 0, ErrorsLib.UnsupportedAsset(asset));
        (bool success, uint256 assetDecimals) = ReadLib.tryRead(
            asset,
            abi.encodeCall(IERC20Metadata.decimals, ()),
            PROBE_GAS
        );
        require(success && assetDecimals <= 18, ErrorsLib.UnsupportedAsset(asset));

        bytes4[9] memory selectors = [
            bytes4(keccak256("scaledBalanceOf(address)")), // Aave's aTokens, Ampleforth
            bytes4(keccak256("scaledTotalSupply()")), // the same
            bytes4(keccak256("getPooledEthByShares(uint256)")), // Lido's stETH
            bytes4(keccak256("sharesOf(address)")), // stETH and its kin
            bytes4(keccak256("rebasingCreditsPerToken()")), // Origin's OUSD, OETH
            bytes4(keccak256("gonsForBalance(uint256)")), // Olympus' sOHM
            bytes4(keccak256("rewardMultiplier()")), // Mountain's USDM
            bytes4(keccak256("baseTrackingIndexScale()")), // Compound v3's Comets
            bytes4(keccak256("tokensToShares(uint256)")) // Ethena-like wrappers, Ankr
        ];
        for (uint256 i; i < selectors.length; ++i) {
            // One argument more than some of them take does no harm.
            (success, ) = ReadLib.tryRead(asset, abi.encodeWithSelector(selectors[i], address(this)), PROBE_GAS);
            require(!success, ErrorsLib.RebasingAsset(asset, selectors[i]));
        }
        return assetDecimals;
    }
}
