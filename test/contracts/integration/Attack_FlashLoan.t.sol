// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Vault } from "../../../contracts/Vault.sol";
import { IGuard } from "../../../contracts/interfaces/IGuard.sol";
import { IVault } from "../../../contracts/interfaces/IVault.sol";
import { Query, Reading, VaultLens, VenueKind, VenueQuery } from "../../../contracts/lens/VaultLens.sol";
import { Deployed } from "../Deployed.sol";
import { DevnetFixture } from "./DevnetFixture.sol";
import { IMorpho, IPool } from "./Protocols.sol";

/// @dev Looks at the vault while all that the venue has free is on loan to it.
contract FlashBorrower {
    address private immutable asset;
    IPool private immutable pool;
    IMorpho private immutable morpho;
    Vault private immutable vault;
    VaultLens private immutable lens;
    bytes private query;

    struct VenueLook {
        uint256 assets;
        uint256 depositable;
        uint256 withdrawable;
        uint256 supply;
        uint256 borrow;
        uint256 index;
        uint256 apr;
    }

    struct Look {
        uint256 totalAssets;
        uint256 pendingGain;
        uint256 entryShares;
        uint256 exitAssets;
        VenueLook[] venues;
    }

    bytes private inside;

    constructor(address asset_, IPool pool_, IMorpho morpho_, Vault vault_, VaultLens lens_, bytes memory query_) {
        (asset, pool, morpho, vault, lens) = (asset_, pool_, morpho_, vault_, lens_);
        query = query_;
    }

    function borrowFromAave(uint256 amount) external returns (Look memory before, Look memory during) {
        before = look();
        pool.flashLoanSimple(address(this), asset, amount, "", 0);
        during = abi.decode(inside, (Look));
    }

    function executeOperation(
        address,
        uint256 amount,
        uint256 premium,
        address,
        bytes calldata
    ) external returns (bool) {
        inside = abi.encode(look());
        IERC20(asset).approve(address(pool), amount + premium);
        return true;
    }

    function borrowFromMorpho(uint256 amount) external returns (Look memory before, Look memory during) {
        before = look();
        (bool ok, ) = address(morpho).call(
            abi.encodeWithSignature("flashLoan(address,uint256,bytes)", asset, amount, "")
        );
        require(ok, "flash loan");
        during = abi.decode(inside, (Look));
    }

    function onMorphoFlashLoan(uint256 amount, bytes calldata) external {
        inside = abi.encode(look());
        IERC20(asset).approve(address(morpho), amount);
    }

    function look() public view returns (Look memory seen) {
        Reading memory reading = lens.read(abi.decode(query, (Query)));
        seen.totalAssets = vault.totalAssets();
        seen.pendingGain = vault.pendingGain();
        seen.entryShares = vault.previewDeposit(1e12);
        seen.exitAssets = vault.previewRedeem(1e24);
        seen.venues = new VenueLook[](reading.venues.length);
        for (uint256 i; i < seen.venues.length; ++i) {
            require(reading.venues[i].ok, "unreadable");
            seen.venues[i].assets = reading.venues[i].assets;
            seen.venues[i].depositable = reading.venues[i].depositable;
            seen.venues[i].withdrawable = reading.venues[i].withdrawable;
            seen.venues[i].supply = reading.venues[i].totalSupply;
            seen.venues[i].borrow = reading.venues[i].totalBorrow;
            seen.venues[i].index = reading.venues[i].index;
            seen.venues[i].apr = reading.venues[i].supplyAprWad;
        }
    }
}

/// @notice Whoever calls from within a flash loan sees the prices, positions and sizes that everybody sees: only what is
/// free to withdraw falls, which is the truth of that moment and can refuse an exit, never misprice one.
/// forge-config: default.isolate = true
contract Attack_FlashLoan is DevnetFixture {
    FlashBorrower private borrower;

    function setUp() public override {
        super.setUp();
        if (address(vault) == address(0)) return;
        _spread();
        // A cap, so that `depositable` is a size of the reserve and not "unlimited".
        vm.prank(deployer);
        configurator.setSupplyCap(address(usdc), 60_000_000);
        skip(3 hours);
        VenueQuery[] memory queries = new VenueQuery[](VENUES);
        VenueKind[6] memory kinds = [
            VenueKind.AaveV3,
            VenueKind.Comet,
            VenueKind.MorphoBlue,
            VenueKind.MorphoBlue,
            VenueKind.Erc4626,
            VenueKind.Erc4626
        ];
        for (uint256 i; i < VENUES; ++i) {
            queries[i] = VenueQuery(kinds[i], venues[i].adapter, venues[i].data);
        }
        Query memory query;
        query.vault = IVault(address(vault));
        query.guard = IGuard(address(guard));
        query.keeper = keeper;
        query.venues = queries;
        borrower = new FlashBorrower(
            address(usdc),
            pool,
            morpho,
            vault,
            VaultLens(Deployed.create("VaultLens", "")),
            abi.encode(query)
        );
        // The premium.
        _fund(address(borrower), 1_000_000 * UNIT);
    }

    function _compare(FlashBorrower.Look memory before, FlashBorrower.Look memory during) private pure {
        assertEq(before.totalAssets, during.totalAssets, "total assets");
        assertEq(before.pendingGain, during.pendingGain, "pending gain");
        assertEq(before.entryShares, during.entryShares, "entry price");
        assertEq(before.exitAssets, during.exitAssets, "exit price");
        for (uint256 i; i < before.venues.length; ++i) {
            assertEq(before.venues[i].assets, during.venues[i].assets, "position");
            assertEq(before.venues[i].supply, during.venues[i].supply, "size");
            assertEq(before.venues[i].borrow, during.venues[i].borrow, "debt");
            assertEq(before.venues[i].index, during.venues[i].index, "index");
            assertEq(before.venues[i].apr, during.venues[i].apr, "rate");
            assertEq(before.venues[i].depositable, during.venues[i].depositable, "room");
        }
    }

    function test_theWholeAaveReserveOnLoanMovesNoSizeAndNoPrice() public {
        uint256 free = pool.getVirtualUnderlyingBalance(address(usdc));
        (FlashBorrower.Look memory before, FlashBorrower.Look memory during) = borrower.borrowFromAave(free);
        _compare(before, during);
        // The only difference, and it is true.
        assertEq(during.venues[AAVE].withdrawable, 0);
        assertEq(before.venues[AAVE].withdrawable, before.venues[AAVE].assets);
    }

    function test_allOfMorphosCashOnLoanMovesNoSizeAndNoPrice() public {
        uint256 cash = usdc.balanceOf(address(morpho));
        (FlashBorrower.Look memory before, FlashBorrower.Look memory during) = borrower.borrowFromMorpho(cash);
        _compare(before, during);
        assertEq(during.venues[MORPHO_WETH].withdrawable, 0);
    }

    function testFuzz_noPartOfTheReserveOnLoanMovesAnything(uint256 amount) public {
        amount = bound(amount, 1, pool.getVirtualUnderlyingBalance(address(usdc)));
        (FlashBorrower.Look memory before, FlashBorrower.Look memory during) = borrower.borrowFromAave(amount);
        _compare(before, during);
    }
}
