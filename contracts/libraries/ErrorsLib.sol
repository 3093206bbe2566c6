// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice Every custom error of Vault, Guard, Timelocked and the adapters. Amounts are in asset units.
library ErrorsLib {
    /* COMMON */

    /// @notice The caller lacks the role that the function asks for.
    error Unauthorized(address caller);

    /// @notice An address that must be set is zero.
    error ZeroAddress();

    /// @notice A function was entered while another one of this contract was at work.
    error Reentered();

    /* TIMELOCKED */

    /// @notice The function waits for a timelock: submit its calldata first.
    error MustBeSubmitted(bytes4 selector);

    /// @notice The same calldata is already waiting.
    error AlreadySubmitted(bytes32 dataHash);

    /// @notice Nothing is waiting under this calldata.
    error NotSubmitted(bytes32 dataHash);

    /// @notice The calldata may run from `executableAt` on (Unix seconds).
    error NotMatured(uint256 executableAt);

    /// @notice The function was given up for good.
    error SelectorAbdicated(bytes4 selector);

    /// @notice A timelock may only grow here.
    error TimelockNotIncreased(bytes4 selector);

    /// @notice A timelock may only shrink here.
    error TimelockNotDecreased(bytes4 selector);

    /// @notice A timelock is at most `max` seconds.
    error TimelockTooLong(uint256 duration, uint256 max);

    /// @notice A timelock is at least `min` seconds outside test chains.
    error TimelockTooShort(uint256 duration, uint256 min);

    /// @notice Whoever submitted the call may no longer propose it.
    error ProposerGone(address proposer);

    /// @notice The calldata is too short to name a function.
    error MalformedCalldata();

    /* VAULT */

    /// @notice The asset has more than 18 decimals or is no contract.
    error UnsupportedAsset(address asset);

    /// @notice The asset kept a part of what was sent.
    error FeeOnTransfer(uint256 expected, uint256 received);

    /// @notice The asset's balances change without a transfer: it answers a function that only rebasing tokens have.
    error RebasingAsset(address asset, bytes4 selector);

    /// @notice The vault takes no entry: it has no Guard yet, a venue is quarantined or marked below its report, or a sudden
    /// loss may still come back.
    error EntryClosed();

    /// @notice The first entry is the seed: at least `minimum` asset units, deposited to the dead address.
    error SeedMissing(uint256 minimum);

    /// @notice The vault's gate does not let `account` come in.
    error GateRefused(address account);

    /// @notice The gate is no contract.
    error UnsupportedGate(address gate);

    /// @notice Shares cannot be sent to the vault itself.
    error ReceiverIsVault();

    /// @notice Nothing goes into a venue in a transaction in which somebody entered the vault.
    error AllocationAfterEntry();

    /// @notice Total assets would not fit 128 bits.
    error TotalAssetsOverflow(uint256 totalAssets);

    /// @notice The address is no registered adapter.
    error UnknownAdapter(address adapter);

    /// @notice The adapter is registered already.
    error AdapterExists(address adapter);

    /// @notice The adapter or the Guard belongs to another vault or asset.
    error WrongVault(address target);

    /// @notice The adapter still holds assets or stands in the exit list.
    error AdapterInUse(address adapter);

    /// @notice Nothing goes into a retired adapter.
    error AdapterRetired(address adapter);

    /// @notice The adapter is not retired.
    error AdapterNotRetired(address adapter);

    /// @notice The adapter is in quarantine.
    error AdapterQuarantined(address adapter);

    /// @notice The adapter is not in quarantine.
    error AdapterNotQuarantined(address adapter);

    /// @notice A quarantined adapter counts for at most `max` asset units.
    error MarkTooHigh(uint256 mark, uint256 max);

    /// @notice The mark of an adapter in quarantine may only be lowered.
    error MarkNotLowered(uint256 mark);

    /// @notice The adapter's report cannot be read.
    error UnreadableAdapter(address adapter);

    /// @notice More adapters than `max`.
    error TooManyAdapters(uint256 max);

    /// @notice More exits than `max`.
    error TooManyExits(uint256 max);

    /// @notice Two places of the exit list drain one pool of liquidity.
    error DuplicateExit(bytes32 liquidityId);

    /// @notice An exit from this adapter costs more than it pays, so it may only be forced.
    error InexactExit(address adapter);

    /// @notice A fee is at most `max` basis points.
    error FeeTooHigh(uint256 feeBps, uint256 max);

    /// @notice A fee may only grow here.
    error FeeNotIncreased(uint256 feeBps);

    /// @notice A fee may only shrink here.
    error FeeNotDecreased(uint256 feeBps);

    /// @notice Fees need a recipient.
    error FeeRecipientMissing();

    /// @notice The penalty of a forced exit is outside its hard limits.
    error PenaltyOutOfBounds(uint256 penaltyBps);

    /// @notice The allocation of an id would exceed its absolute cap.
    error AbsoluteCapExceeded(bytes32 id, uint256 allocation, uint256 cap);

    /// @notice The allocation of an id would exceed its share of total assets.
    error RelativeCapExceeded(bytes32 id, uint256 allocation, uint256 cap);

    /// @notice A cap may only grow here.
    error CapNotIncreased(bytes32 id);

    /// @notice A cap may only shrink here.
    error CapNotDecreased(bytes32 id);

    /// @notice A relative cap is at most 1e18.
    error RelativeCapAboveOne(uint256 relativeCapWad);

    /// @notice The maximum rate is outside its hard limits.
    error MaxRateOutOfBounds(uint256 maxRatePerSecondWad);

    /// @notice Idle and exit list together cannot pay what an exit asks for.
    error InsufficientLiquidity(uint256 available, uint256 requested);

    /// @notice The vault holds less idle asset than the deposit into a venue needs.
    error InsufficientIdle(uint256 available, uint256 requested);

    /* GUARD */

    /// @notice Plans are stopped until the owner lifts the freeze.
    error GuardFrozen();

    /// @notice Nothing to lift.
    error GuardNotFrozen();

    /// @notice The caller is no keeper.
    error NotKeeper(address caller);

    /// @notice The plan's deadline has passed.
    error PlanExpired(uint256 deadline, uint256 timestamp);

    /// @notice The plan's nonce is not the next one.
    error WrongNonce(uint256 expected, uint256 given);

    /// @notice Plans that move something into a venue must wait until `readyAt` (Unix seconds).
    error CoolingDown(uint256 readyAt);

    /// @notice A plan needs at least one leg.
    error EmptyPlan();

    /// @notice More legs than `max`.
    error TooManyLegs(uint256 max);

    /// @notice A leg moves nothing.
    error ZeroLeg(uint256 index);

    /// @notice A withdrawal stands after a deposit.
    error LegOutOfOrder(uint256 index);

    /// @notice A venue is touched twice.
    error DuplicateLeg(bytes32 venueId);

    /// @notice The plan takes more out of venues than the turnover bucket holds.
    error TurnoverExceeded(uint256 turnover, uint256 available);

    /// @notice The plan puts more into a venue than its inflow bucket holds.
    error InflowExceeded(bytes32 venueId, uint256 inflow, uint256 available);

    /// @notice The plan destroys more than one plan may.
    error LossExceeded(uint256 loss, uint256 allowed);

    /// @notice The plan destroys more than the loss budget still holds.
    error LossBudgetExceeded(uint256 loss, uint256 available);

    /// @notice The plan's own lower bound on total assets is not met.
    error TotalAssetsBelowMinimum(uint256 totalAssets, uint256 minimum);

    /// @notice Less could be paid out at once than the liquid floor asks for.
    error LiquidFloorBroken(uint256 liquid, uint256 floor);

    /// @notice A limit is outside its hard bounds.
    error LimitOutOfBounds(bytes32 limit);

    /// @notice A limit may only be tightened here.
    error LimitLoosened(bytes32 limit);

    /* FACTORY */

    /// @notice The stored creation code has another hash than it should.
    error WrongCode(bytes32 expected, bytes32 found);

    /// @notice The caller has created this vault before: the same setup with the same salt.
    error AlreadyCreated(address vault);

    /// @notice The vault was opened before.
    error AlreadyOpened(address vault);

    /// @notice Somebody holds shares of the vault already, so that its setup is over.
    error AlreadySeeded(address vault);

    /// @notice The vault was given another Guard than the one that was created with it.
    error WrongGuard(address expected, address found);

    /// @notice A timelock is shorter than the factory asks for; selector 0 stands for those that have none of their own.
    error TimelockBelowDefault(address target, bytes4 selector, uint256 duration, uint256 minimum);

    /* ADAPTERS */

    /// @notice Only the adapter's vault may move its position.
    error NotVault(address caller);

    /// @notice The data does not name a venue of this adapter.
    error UnexpectedData();

    /// @notice The venue takes another asset.
    error WrongAsset(address expected, address found);

    /// @notice The venue paid less than it was asked for.
    error ShortPayment(uint256 received, uint256 requested);

    /// @notice The venue credited less than the tolerance allows.
    error ShortCredit(uint256 credited, uint256 minimum);

    /// @notice The withdrawal is larger than the position.
    error PositionTooSmall(uint256 position, uint256 requested);

    /// @notice The adapter follows at most `max` markets.
    error TooManyMarkets(uint256 max);

    /// @notice The market still holds shares or a cap, or is not followed.
    error MarketInUse(bytes32 marketId);

    /// @notice What an adapter tracks is no stray: `skim` never touches it.
    error PositionToken(address token);

    /// @notice A share of the venue costs more than the adapter may pay. Prices are whole assets for a whole share, 1e18 = 1.
    error PriceTooHigh(uint256 priceWad, uint256 maxPriceWad);

    /// @notice The venue has issued fewer shares than the floor: it may be fresh and open to inflation.
    error VenueTooSmall(uint256 totalSupply, uint256 minimum);

    /// @notice A mark or a highest price may only grow here.
    error BoundNotIncreased(uint256 current, uint256 given);

    /// @notice A mark or a highest price may only shrink here.
    error BoundNotDecreased(uint256 current, uint256 given);

    /// @notice A call was given too little gas to tell a broken adapter or venue from a starved one.
    error OutOfGas();

    /* PRICES AND RANGES, as square roots of token1 units per token0 unit, 2^96 = 1 */

    /// @notice The pool keeps fewer observations than the window of the mean price needs; anyone may raise that with
    /// `increaseObservationCardinalityNext` and a swap.
    error CardinalityTooLow(uint256 cardinality, uint256 needed);

    /// @notice No feed gives a price that counts.
    error OracleUnavailable();

    /// @notice The pool's price is outside what is near enough to its mean.
    error SpotDeviation(uint256 spot, uint256 low, uint256 high);

    /// @notice The pool's mean price is too far from the oracle.
    error OracleDeviation(uint256 mean, uint256 oracle);

    /// @notice The pool is no pool of its factory, or the price guard's pool is another one.
    error WrongPool(address pool);

    /// @notice The range lies outside the bounds on ticks or width.
    error RangeOutOfBounds(int24 tickLower, int24 tickUpper);

    /// @notice Bounds may only be tightened here.
    error BoundsLoosened();

    /// @notice The adapter holds at most `max` ranges.
    error TooManyRanges(uint256 max);

    /// @notice More of the other token would be left unsold than the adapter can record; take less at once.
    error TooMuchUnsold(uint256 amount);

    /* REDEEM QUEUE */

    /// @notice A request is worth less than the queue takes.
    error RequestTooSmall(uint256 assets, uint256 minimum);

    /// @notice Nothing of this request of this controller waits.
    error NothingPending(uint256 requestId);

    /// @notice More is claimed than the controller's filled requests hold; both in shares, or both in asset units.
    error NotClaimable(uint256 claimable, uint256 requested);

    /// @notice An asynchronous redemption has no preview.
    error NoPreview();

    /* ROUTER AND REWARD SELLER */

    /// @notice The caller's own deadline has passed (Unix seconds).
    error DeadlinePassed(uint256 deadline, uint256 timestamp);

    /// @notice Shares or asset units come out below what the caller, or the oracle, asks for.
    error BelowMinimum(uint256 amount, uint256 minimum);

    /// @notice Shares or asset units cost more than the caller allows.
    error AboveMaximum(uint256 amount, uint256 maximum);

    /// @notice The permit did not apply, and the allowance that is there falls short of its value.
    error PermitFailed(address token, uint256 allowance, uint256 value);

    /// @notice What is sent there would be lost.
    error BadReceiver(address receiver);

    /// @notice In-kind exits need a flash lender, and this Router was made without one.
    error NoFlashLender();

    /// @notice A venue of this kind cannot be left in kind.
    error NoInKindExit(bytes32 kind);

    /// @notice The token is not sold: it has no route, or it is the vault's asset, its share or a position at a venue.
    error NotForSale(address token);

    /// @notice The amount is zero, more than lies here, or more than the day's limit leaves.
    error SaleOutOfBounds(uint256 amount, uint256 available);

    /// @notice A pool took another amount than was offered to it.
    error PartialSale(uint256 taken, uint256 offered);

    /// @notice So small an amount would sell for nothing.
    error WorthNothing(address token, uint256 amount);
}
