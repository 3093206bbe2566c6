// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { Erc4626Adapter } from "../../../contracts/adapters/Erc4626Adapter.sol";
import { ErrorsLib } from "../../../contracts/libraries/ErrorsLib.sol";
import { IdsLib } from "../../../contracts/libraries/IdsLib.sol";
import { Plan } from "../../../contracts/interfaces/IGuard.sol";
import { Deployed } from "../Deployed.sol";
import { Fixture } from "../Fixture.sol";

/// @notice A venue that reports more than an id's books can hold, once, and tells the truth again: the group that it stands
/// in must not forget what others have there, or the keeper fills it a second time.
/// forge-config: default.isolate = true
contract Attack_GroupBeyondItsField is Fixture {
    uint256 private constant CAP = 400 * UNIT;
    address private pool = makeAddr("pool beneath both");
    bytes32 private group = IdsLib.protocol(pool);

    function setUp() public override {
        super.setUp();
        _deposit(alice, 990 * UNIT);
        _raise(group, CAP);
        for (uint256 i; i < 2; ++i) {
            bytes memory args = abi.encode(vault, venues[i], pool, uint128(10 * WAD), uint256(1e12));
            adapters[i] = Erc4626Adapter(Deployed.create("Erc4626Adapter", args));
            _submitAndExecute(address(vault), curator, abi.encodeCall(vault.addAdapter, (address(adapters[i]))));
            _raise(_id(i), 1000 * UNIT);
        }
    }

    function _raise(bytes32 id, uint256 cap) private {
        (uint128 old, ) = vault.capOf(id);
        if (old < cap) {
            _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increaseAbsoluteCap, (id, uint128(cap))));
        }
        _submitAndExecute(address(vault), curator, abi.encodeCall(vault.increaseRelativeCap, (id, uint64(WAD))));
    }

    function testFuzz_aVenueThatLiesOnceHidesNothingThatItsGroupHolds(uint256 lie) public {
        _invest(0, 100 * UNIT);
        _invest(1, 300 * UNIT);
        assertApproxEqAbs(vault.allocation(group), CAP, 2);

        lie = bound(lie, 1 << 96, 1 << 140);
        venues[0].earn(lie);
        vm.startPrank(sentinel);
        vault.deallocate(address(adapters[0]), "", 1);
        venues[0].lose(lie);
        vault.deallocate(address(adapters[0]), "", 1);
        vm.stopPrank();
        assertApproxEqAbs(vault.allocation(_id(0)), 100 * UNIT, 5);
        assertApproxEqAbs(vault.allocation(group), CAP, 5);

        skip(2 days);
        Plan memory plan = _plan(_leg(1, true, 100 * UNIT));
        vm.prank(keeper);
        vm.expectPartialRevert(ErrorsLib.AbsoluteCapExceeded.selector);
        guard.rebalance(plan);
    }
}
