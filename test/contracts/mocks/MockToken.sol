// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { ERC20 } from "solady/tokens/ERC20.sol";

/// @notice Asset with chosen decimals that anyone may mint.
contract MockToken is ERC20 {
    uint8 private immutable _decimals;

    constructor(uint8 decimals_) {
        _decimals = decimals_;
    }

    function name() public pure override returns (string memory) {
        return "Mock";
    }

    function symbol() public pure override returns (string memory) {
        return "MOCK";
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function burn(address from, uint256 amount) external {
        _burn(from, amount);
    }
}

/// @notice USDT-like: neither transfer nor approve returns anything.
contract MockSilentToken {
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Answers false instead of reverting.
contract MockFalseToken {
    uint8 public constant decimals = 6;

    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }

    function transfer(address, uint256) external pure returns (bool) {
        return false;
    }

    function transferFrom(address, address, uint256) external pure returns (bool) {
        return false;
    }
}

/// @notice USDC-like: its administrator bars accounts and pauses everything.
contract MockGovernedToken is MockToken {
    error Barred(address account);
    error Paused();

    mapping(address => bool) public isBarred;
    bool public isPaused;

    constructor(uint8 decimals_) MockToken(decimals_) {}

    function bar(address account, bool barred) external {
        isBarred[account] = barred;
    }

    function pause(bool paused) external {
        isPaused = paused;
    }

    function _beforeTokenTransfer(address from, address to, uint256) internal view override {
        require(!isPaused, Paused());
        require(!isBarred[from], Barred(from));
        require(!isBarred[to], Barred(to));
    }
}
