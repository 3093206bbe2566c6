// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

// What an adapter of each lending kind says it stands on.

interface IAaveV3Venue {
    function pool() external view returns (address);

    function aToken() external view returns (address);
}

interface ICometVenue {
    function comet() external view returns (address);
}

interface IMorphoBlueVenue {
    function morpho() external view returns (address);
}

interface IErc4626Venue {
    function target() external view returns (address);
}
