// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice The catalogue of properties: what must hold of a vault, its Guard and its adapters, whoever does what. An
/// assertion that fails gives the name. Each says where it is checked:
/// - suite: here, after every call (`Checks`) or by the handlers around each call (`Ledger` and its heirs);
/// - elsewhere: the file is named.
library Properties {
    /* ACCOUNTING */

    /// @dev Suite, after every call.
    string internal constant I1 =
        "I1: total supply is the sum of balances; nobody holds shares at zero; the seed never moves";
    /// @dev Suite, after every call; equality at each accrual.
    string internal constant I2 =
        "I2: after an accrual stored total assets are no more than live ones, and equal unless the rate holds a gain back";
    /// @dev Suite, around every call. A loss of the last day may come back at once, and what a quarantine wrote off when it
    /// is lifted or deallocated from: both belong to the shares that bore the loss.
    string internal constant I3 =
        "I3: stored total assets grow by no more than the maximum rate, what entered, and what had been lost before";
    /// @dev Suite, around entries and exits; optimal rounding after every call.
    string internal constant I4 =
        "I4: entries and exits take nothing from who stays; rounding is for the vault and by no more than a unit";
    /// @dev Suite, after every call; executed in `attacks/Attack_RoundTrips.t.sol`.
    string internal constant I5 = "I5: no round trip gains: deposit or mint and redeem or withdraw, in any order";
    /// @dev Suite, around entries and exits.
    string internal constant I6 = "I6: what is previewed is what is done; max* can be done and more than max* can not";
    /// @dev Suite, at each accrual and after every call.
    string internal constant I7 =
        "I7: fee shares are worth no more than the fees on the gain above the mark and on time; twice in a block is once";
    /// @dev Suite, after every call, and within one transaction by the sandwich.
    string internal constant I8 = "I8: a loss counts at once: all exits together get no more than live total assets";
    /// @dev Suite: the sandwich; with days between, `attacks/Attack_FlashDeposit.t.sol` and `Attack_Donations.t.sol`.
    string internal constant I9 =
        "I9: entering before and leaving after plans and venue moves in one block gains nothing";

    /* ALLOCATION */

    /// @dev Suite, around every plan.
    string internal constant I10 = "I10: what a plan allocates to is under its absolute and its relative cap";
    /// @dev Suite, after every call.
    string internal constant I11 =
        "I11: a group's allocation is the sum of its venues'; tracked positions are there; lists are short and unique";
    /// @dev Suite, around every plan.
    string internal constant I12 = "I12: a plan moves the asset between vault and venues and to nobody else";
    /// @dev Suite, after every call and by handlers that try.
    string internal constant I13 =
        "I13: only the vault moves a position; adapters hold no asset of the vault; the vault gives no allowance";

    /* GUARD */

    /// @dev `guard/Windows.t.sol`: every window of any behaviour, with ghosts that know amounts only.
    string internal constant I14 = "I14: no window holds more turnover, inflow or loss than its bucket gives";
    /// @dev Suite, around every plan.
    string internal constant I15 = "I15: a plan leaves the liquid floor, takes the next nonce and keeps the cooldown";
    /// @dev Suite, around every plan and exit.
    string internal constant I16 = "I16: a frozen Guard takes no plan, and exits and sentinel go on";
    /// @dev Suite, over the whole run; `guard/AdversarialKeeper.t.sol` and `npm run long:adversary` at length, with profit.
    string internal constant I17 = "I17: what plans destroy is within the loss budget and its refill";
    /// @dev Suite, after every call: what a run may have loosened is compared with what it was.
    string internal constant I18 = "I18: no cap, mark, fee, bound, timelock or list is loosened but by the timelock";

    /* TIMELOCK AND LIVENESS */

    /// @dev Suite, at each execution.
    string internal constant I19 =
        "I19: submitted calldata executes once at most, not before its time, and never once abdicated";
    /// @dev Suite, with venues that revert, burn gas or answer anything.
    string internal constant I20 = "I20: a sentinel can always revoke, cut a cap, freeze, retire, quarantine and mark";
    /// @dev Suite. Entries are closed while a venue is in quarantine, so that nobody buys its recovery.
    string internal constant I21 =
        "I21: once broken venues are in quarantine, exits of what is liquid elsewhere succeed";
    /// @dev Suite, around every forced exit.
    string internal constant I22 =
        "I22: any holder can force an exit of what a venue can pay; the penalty is rounded up and nobody else pays";
    /// @dev Suite; with the flash loan itself `periphery/Router.t.sol`.
    string internal constant I23 = "I23: with liquidity lent for it a holder can always leave in kind";

    /* LIQUIDITY POSITIONS */

    /// @dev `uniswap/UniswapV3Adapter.t.sol` and `oracle/PriceGuard.t.sol`.
    string internal constant I24 =
        "I24: beyond the deviation nothing is minted, burnt or swapped; a swap moves no value";
    /// @dev `uniswap/UniswapV3Adapter.t.sol`.
    string internal constant I25 =
        "I25: ranges keep their bounds and owner; fees and principal are the position's value";

    /* MATHEMATICS */

    /// @dev Symbolic: `npm run verify:contracts`.
    string internal constant I26 = "I26: rounding directions, buckets, ticks and conversions hold for all inputs";
}
