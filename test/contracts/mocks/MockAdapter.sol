// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IAdapter } from "../../../contracts/interfaces/IAdapter.sol";
import { IVault } from "../../../contracts/interfaces/IVault.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { MockToken } from "./MockToken.sol";

/// @notice An adapter that is its own venue: it can report wrongly or not at all, charge its leavers, and hold less than it
/// says.
contract MockAdapter is IAdapter {
    enum Mode {
        Honest,
        Reverting,
        RevertingWithMuch,
        AnsweringMuch,
        AnsweringNothing,
        Burning,
        Huge,
        Hungry
    }

    address public immutable vault;
    address public immutable asset;
    Mode public mode;
    uint256 public position;
    uint256 public exitCostBps;
    uint256 public exitGift;

    constructor(address vault_, address asset_) {
        vault = vault_;
        asset = asset_;
    }

    function setMode(Mode newMode) external {
        mode = newMode;
    }

    function setPosition(uint256 assets) external {
        position = assets;
    }

    /// @dev What leaves costs the position so much more.
    function setExitCostBps(uint256 bps) external {
        exitCostBps = bps;
    }

    /// @dev What leaves brings so much more.
    function setExitGift(uint256 assets) external {
        exitGift = assets;
    }

    function noteMark(bool marked) external {
        IVault(vault).noteMark(marked);
    }

    function kind() external pure returns (bytes32) {
        return "mock";
    }

    function ids(bytes calldata data) public view returns (bytes32[] memory venueIds) {
        venueIds = new bytes32[](1);
        venueIds[0] = IdsLib.venue(address(this), data);
    }

    function liquidityId(bytes calldata) external view returns (bytes32) {
        return IdsLib.protocol(address(this));
    }

    function exact() external pure returns (bool) {
        return true;
    }

    function allocate(bytes calldata data, uint256 assets) external returns (bytes32[] memory, int256) {
        position += assets;
        return _report(data);
    }

    function deallocate(bytes calldata data, uint256 assets) external returns (bytes32[] memory, int256) {
        if (assets == type(uint128).max) assets = (position * 10_000) / (10_000 + exitCostBps);
        uint256 cost = (assets * exitCostBps) / 10_000;
        position = position > assets + cost ? position - assets - cost : 0;
        MockToken(asset).burn(address(this), cost);
        if (exitGift != 0) MockToken(asset).mint(address(this), exitGift);
        MockToken(asset).transfer(vault, assets + exitGift);
        return _report(data);
    }

    function _report(bytes calldata data) private view returns (bytes32[] memory venueIds, int256 change) {
        venueIds = ids(data);
        change = int256(position) - int256(IVault(vault).allocation(venueIds[0]));
    }

    function realAssets() external view returns (uint256) {
        if (mode == Mode.Honest) return position;
        if (mode == Mode.Huge) return uint256(type(uint128).max) + 1;
        if (mode == Mode.Hungry) {
            require(gasleft() > 990_000, "hungry");
            return position;
        }
        require(mode != Mode.Reverting, "broken");
        while (mode == Mode.Burning) {}
        bool success = mode == Mode.AnsweringMuch;
        bool nothing = mode == Mode.AnsweringNothing;
        uint256 assets = position;
        assembly ("memory-safe") {
            mstore(0, assets)
            if nothing {
                return(0, 0)
            }
            if success {
                return(0, 150000)
            }
            revert(0, 150000)
        }
    }

    function venueAssets(bytes calldata) external view returns (uint256) {
        return position;
    }

    function withdrawable(bytes calldata) external view returns (uint256) {
        require(mode == Mode.Honest, "broken");
        return position;
    }

    function depositable(bytes calldata) external pure returns (uint256) {
        return type(uint96).max;
    }
}

/// @notice As above, but an exit costs more than it pays.
contract MockInexactAdapter {
    address public immutable vault;

    constructor(address vault_) {
        vault = vault_;
    }

    function kind() external pure returns (bytes32) {
        return "mock";
    }

    function exact() external pure returns (bool) {
        return false;
    }
}

/// @notice Answers whatever it was told to.
contract MockGate {
    enum Answer {
        Yes,
        No,
        Two,
        Nothing,
        Revert
    }

    Answer public entering;
    Answer public receiving;

    function set(Answer entering_, Answer receiving_) external {
        entering = entering_;
        receiving = receiving_;
    }

    function mayEnter(address, address) external view returns (bool) {
        _answer(entering);
    }

    function mayReceiveShares(address) external view returns (bool) {
        _answer(receiving);
    }

    function _answer(Answer answer) private pure {
        require(answer != Answer.Revert, "no");
        uint256 word =
            answer == Answer.Yes
                ? 1
                : answer == Answer.Two
                    ? 2
                    : 0;
        uint256 length = answer == Answer.Nothing ? 0 : 32;
        assembly ("memory-safe") {
            mstore(0, word)
            return(0, length)
        }
    }
}
