// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @notice Price feed, or sequencer uptime feed, that says what it is told.
contract MockFeed {
    enum Mode {
        Answers,
        Reverts,
        Garbage
    }

    uint8 public immutable decimals;
    int256 private _answer;
    uint256 private _startedAt;
    uint256 private _updatedAt;
    Mode private _mode;

    constructor(uint8 decimals_, int256 answer) {
        decimals = decimals_;
        set(answer);
    }

    function set(int256 answer) public {
        _answer = answer;
        _startedAt = block.timestamp;
        _updatedAt = block.timestamp;
    }

    function setTimes(uint256 startedAt, uint256 updatedAt) external {
        _startedAt = startedAt;
        _updatedAt = updatedAt;
    }

    function setMode(Mode mode) external {
        _mode = mode;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        require(_mode != Mode.Reverts, "feed is down");
        if (_mode == Mode.Garbage) {
            assembly ("memory-safe") {
                mstore(0, 1)
                return(0, 0x40)
            }
        }
        return (1, _answer, _startedAt, _updatedAt, 1);
    }
}
