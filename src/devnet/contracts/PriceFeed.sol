// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @title PriceFeed
/// @notice A Chainlink-shaped feed whose answer anyone may set, with every round readable afterwards. Devnet only.
/// @dev Names and return layouts are Chainlink's aggregator's, the old single-value getters included (Aave's oracle
/// reads `latestAnswer`).
contract PriceFeed {
    struct Round {
        int256 answer;
        uint256 updatedAt;
    }

    uint8 public immutable decimals;
    uint256 public constant version = 1;
    string public description;
    uint80 public latestRound;
    mapping(uint80 roundId => Round) private _rounds;

    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    error NoSuchRound(uint80 roundId);

    constructor(string memory description_, uint8 decimals_, int256 answer) {
        description = description_;
        decimals = decimals_;
        _update(answer, block.timestamp);
    }

    /// @notice Opens a round with a new answer, dated now.
    function setAnswer(int256 answer) external {
        _update(answer, block.timestamp);
    }

    /// @notice Opens a round with any date, to play a stale or a future answer.
    function setAnswerAt(int256 answer, uint256 updatedAt) external {
        _update(answer, updatedAt);
    }

    function latestAnswer() external view returns (int256) {
        return _rounds[latestRound].answer;
    }

    function latestTimestamp() external view returns (uint256) {
        return _rounds[latestRound].updatedAt;
    }

    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        return getRoundData(latestRound);
    }

    function getRoundData(
        uint80 id
    )
        public
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        if (id == 0 || id > latestRound) revert NoSuchRound(id);
        Round memory round = _rounds[id];
        return (id, round.answer, round.updatedAt, round.updatedAt, id);
    }

    function _update(int256 answer, uint256 updatedAt) private {
        latestRound += 1;
        _rounds[latestRound] = Round(answer, updatedAt);
        emit AnswerUpdated(answer, latestRound, updatedAt);
    }
}
