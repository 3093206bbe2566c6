// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { MathLib } from "../../../contracts/libraries/MathLib.sol";
import { Given } from "./Given.sol";

/// @notice Checks that Halmos proves for every argument of the stated width (`npm run verify:contracts`); forge ignores
/// them. A check holds where no arguments lead to a failing `assert`.
///
/// Wider products go through Solady's 512-bit division, which the fuzz tests hold.
contract MathSymbolic {
    /// @dev A revert is a finding too: what must not revert is called through these.
    function mulDivDown(uint256 x, uint256 y, uint256 d) external pure returns (uint256) {
        return MathLib.mulDivDown(x, y, d);
    }

    function mulDivUp(uint256 x, uint256 y, uint256 d) external pure returns (uint256) {
        return MathLib.mulDivUp(x, y, d);
    }

    /// @dev Where the product fits, rounding down is the EVM's division, which is floor(x y / d) by definition.
    function check_mulDivDownIsTheQuotient(uint256 x, uint256 y, uint256 d) external pure {
        if (!Given.fits(x, y, d)) return;
        unchecked {
            assert(MathLib.mulDivDown(x, y, d) == (x * y) / d);
        }
    }

    /// @dev Rounding up gives what rounding down gives, or one more; and one more only where there is a remainder.
    function check_upIsDownOrOneMore(uint256 x, uint256 y, uint256 d) external pure {
        if (!Given.fits(x, y, d)) return;
        uint256 down = MathLib.mulDivDown(x, y, d);
        uint256 up = MathLib.mulDivUp(x, y, d);
        unchecked {
            assert(up == down + (mulmod(x, y, d) == 0 ? 0 : 1));
        }
    }

    /// @dev Two factors of 128 bits never overflow, whatever the divisor.
    function check_mulDivOf128BitsNeverReverts(uint128 x, uint128 y, uint256 d) external view {
        if (!Given.fits(x, y, d)) return;
        try this.mulDivDown(x, y, d) {} catch {
            assert(false);
        }
    }

    function check_mulDivByZeroReverts(uint256 x, uint256 y) external view {
        try this.mulDivDown(x, y, 0) {
            assert(false);
        } catch {}
    }

    function check_zeroFloorSub(uint256 x, uint256 y) external pure {
        uint256 z = MathLib.zeroFloorSub(x, y);
        unchecked {
            assert(x > y ? z == x - y : z == 0);
        }
    }

    function check_minAndMax(uint256 x, uint256 y) external pure {
        uint256 low = MathLib.min(x, y);
        uint256 high = MathLib.max(x, y);
        assert(low <= high);
        assert((low == x && high == y) || (low == y && high == x));
    }

    /* CONVERSIONS: the vault's formulas, with everything up to 10^35 */

    uint256 private constant LIMIT = 1e35;

    /// @dev Both ways: amount x (supply + virtual shares) / (total + 1), and amount x (total + 1) / (supply + virtual
    /// shares). 10^35 has 117 bits, so a product has 235 at most.
    function check_sharesOfAssetsBelow1e35NeverRevert(
        uint128 amount,
        uint128 supply,
        uint128 total,
        uint64 virtualShares
    ) external view {
        if (amount > LIMIT || supply > LIMIT || total > LIMIT) return;
        if (virtualShares == 0 || virtualShares > 1e18) return;
        unchecked {
            uint256 shares = uint256(supply) + virtualShares;
            uint256 assets = uint256(total) + 1;
            if (!Given.fits(amount, shares, assets)) return;
            try this.mulDivDown(amount, shares, assets) {} catch {
                assert(false);
            }
        }
    }

    function check_assetsOfSharesBelow1e35NeverRevert(
        uint128 amount,
        uint128 supply,
        uint128 total,
        uint64 virtualShares
    ) external view {
        if (amount > LIMIT || supply > LIMIT || total > LIMIT) return;
        if (virtualShares == 0 || virtualShares > 1e18) return;
        unchecked {
            uint256 shares = uint256(supply) + virtualShares;
            uint256 assets = uint256(total) + 1;
            if (!Given.fits(amount, assets, shares)) return;
            try this.mulDivDown(amount, assets, shares) {} catch {
                assert(false);
            }
        }
    }
}
