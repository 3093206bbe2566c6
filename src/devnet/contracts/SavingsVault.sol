// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Ownable } from "@openzeppelin/contracts/access/Ownable.sol";
import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ERC4626 } from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title SavingsVault
/// @notice OpenZeppelin's ERC-4626 whose yield drips in at a rate that its owner sets. Devnet only.
/// @dev What the contract holds is `managed` assets, which belong to the shares, and the reserve, which is all the rest.
/// Interest moves from the reserve to `managed`: simple interest between two accruals, at most what the reserve holds.
/// A donation lands in the reserve and changes no share price. Deposits never move the rate: it is exogenous.
contract SavingsVault is ERC4626, Ownable {
    using SafeERC20 for IERC20;

    /// @notice Interest per year, 1e18 = 100 %.
    uint256 public ratePerYearWad;
    /// @notice Assets that belonged to the shares at `lastAccrual`.
    uint256 public managed;
    /// @notice Unix seconds of the last accrual.
    uint256 public lastAccrual;

    event RateSet(uint256 ratePerYearWad);
    event Funded(address indexed sender, uint256 assets);

    constructor(
        IERC20 asset_,
        address owner_,
        uint256 ratePerYearWad_
    ) ERC4626(asset_) ERC20("Savings USDC", "sUSDC") Ownable(owner_) {
        ratePerYearWad = ratePerYearWad_;
        lastAccrual = block.timestamp;
    }

    /// @notice Adds to the reserve that interest is paid from.
    function fund(uint256 assets) external {
        IERC20(asset()).safeTransferFrom(msg.sender, address(this), assets);
        emit Funded(msg.sender, assets);
    }

    /// @notice Sets the rate from now on.
    function setRate(uint256 newRatePerYearWad) external onlyOwner {
        accrue();
        ratePerYearWad = newRatePerYearWad;
        emit RateSet(newRatePerYearWad);
    }

    /// @notice Moves the interest due from the reserve to the shares.
    function accrue() public {
        managed = totalAssets();
        lastAccrual = block.timestamp;
    }

    function totalAssets() public view override returns (uint256) {
        uint256 elapsed = block.timestamp - lastAccrual;
        uint256 due = Math.mulDiv(managed, ratePerYearWad * elapsed, 1e18 * 365 days);
        return managed + Math.min(due, IERC20(asset()).balanceOf(address(this)) - managed);
    }

    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override {
        accrue();
        managed += assets;
        super._deposit(caller, receiver, assets, shares);
    }

    function _withdraw(
        address caller,
        address receiver,
        address owner_,
        uint256 assets,
        uint256 shares
    ) internal override {
        accrue();
        managed -= assets;
        super._withdraw(caller, receiver, owner_, assets, shares);
    }
}
