// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { GuardLimits } from "../interfaces/IGuard.sol";
import { Route } from "../interfaces/IRewardSeller.sol";

/// @notice Every event of Vault, Guard, Timelocked and the adapters beyond ERC-20 and ERC-4626. Events carry new values.
library EventsLib {
    /* TIMELOCKED */

    event Submit(bytes4 indexed selector, bytes data, uint256 executableAt);
    event Revoke(address indexed sender, bytes4 indexed selector, bytes data);
    event Execute(address indexed sender, bytes4 indexed selector, bytes data);
    event Abdicate(bytes4 indexed selector);
    event SetTimelock(bytes4 indexed selector, uint256 duration);

    /* VAULT */

    event TransferOwnership(address indexed owner, address indexed pendingOwner);
    event SetOwner(address indexed owner);
    event SetCurator(address indexed curator);
    event SetSentinel(address indexed account, bool isSentinel);
    event SetGuard(address indexed guard);
    event AddAdapter(address indexed adapter, bytes32 kind);
    event RemoveAdapter(address indexed adapter);
    event SetAbsoluteCap(address indexed sender, bytes32 indexed id, uint256 absoluteCap);
    event SetRelativeCap(address indexed sender, bytes32 indexed id, uint256 relativeCapWad);
    event SetExitList(bytes32[] liquidityIds);
    event SetMaxRate(uint256 maxRatePerSecondWad);
    event Accrue(uint256 storedAssets, uint256 liveAssets, uint256 feeShares);
    event Recoverable(uint256 assets, uint256 until);
    event SetPerformanceFee(address indexed sender, uint256 feeBps);
    event SetManagementFee(address indexed sender, uint256 feeBps);
    event SetFeeRecipient(address indexed recipient);
    event ClaimFees(address indexed sender, address indexed recipient, uint256 shares);
    event SetForcedExitPenalty(uint256 penaltyBps);
    event Retire(address indexed sender, address indexed adapter);
    event Reinstate(address indexed adapter);
    event Quarantine(address indexed sender, address indexed adapter, uint256 mark, uint256 writtenOff);
    event Lift(address indexed adapter, uint256 report, uint256 credited);
    event NoteMark(address indexed adapter, bool marked);
    event ForceExit(address indexed account, address indexed adapter, uint256 charged);
    event Allocate(
        address indexed sender,
        address indexed adapter,
        bytes32 indexed venueId,
        uint256 assets,
        int256 change
    );
    event Deallocate(
        address indexed sender,
        address indexed adapter,
        bytes32 indexed venueId,
        uint256 received,
        int256 change
    );

    /* GUARD */

    event Rebalanced(
        uint64 indexed nonce,
        address indexed keeper,
        uint256 turnover,
        uint256 loss,
        uint256 totalAssetsBefore,
        uint256 totalAssetsAfter
    );
    event SetKeeper(address indexed sender, address indexed account, bool isKeeper);
    event SetFrozen(address indexed sender, bool frozen);
    event SetLimits(address indexed sender, GuardLimits limits);
    event SetInflowPerDay(address indexed sender, bytes32 indexed venueId, uint256 assetsPerDay);

    /* FACTORY */

    event CreateVault(address indexed vault, address indexed guard, address indexed creator, bytes32 salt);
    event OpenVault(address indexed vault, address indexed guard, address indexed creator, uint256 seed);

    /* ADAPTERS */

    event AddMarket(bytes32 indexed marketId);
    event RemoveMarket(bytes32 indexed marketId);
    event SetMark(address indexed sender, uint256 markWad);
    event SetMaxPrice(address indexed sender, uint256 maxPriceWad);
    event SetSkimRecipient(address indexed skimRecipient);
    event Skim(address indexed sender, address indexed token, address indexed to, uint256 amount);
    event SetRangeBounds(
        address indexed sender,
        int24 tickMin,
        int24 tickMax,
        uint24 minWidth,
        uint24 maxWidth,
        uint16 maxSlippageBps
    );
    event SetOracleIgnored(address indexed sender, bool ignored);
    event SetRange(int24 indexed tickLower, int24 indexed tickUpper, uint128 liquidity, uint256 unsold);

    /* REDEEM QUEUE */

    event FillRedeemRequest(address indexed controller, uint256 indexed requestId, uint256 shares, uint256 assets);
    event CancelRedeemRequest(
        address indexed sender,
        address indexed controller,
        uint256 indexed requestId,
        address receiver,
        uint256 shares
    );
    event NotePriceDrop(uint256 bestPrice, uint256 price);

    /* ROUTER AND REWARD SELLER */

    event SetRoute(address indexed sender, address indexed token, Route route);
    event SetDailyLimit(address indexed sender, address indexed token, uint256 perDay);
    event RemoveRoute(address indexed sender, address indexed token);
    event SellReward(address indexed sender, address indexed token, uint256 amount, uint256 received);
}
