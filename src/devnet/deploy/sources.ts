import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { projectRoot } from '../../chain/paths.ts'
import { artifactNotFound } from '../../errors/devnet.ts'
import type { CompiledUnit } from '../compile/compile-units.ts'
import { solidityFiles } from '../compile/find-contract.ts'
import { foundrySettings } from '../compile/foundry-settings.ts'
import { type CompileUnit, type LinkReferences, packageVersion } from '../compile/unit.ts'
import type { ContractSource, SourcedContract } from './builder.ts'

const aaveRoot = 'node_modules/@aave-dao/aave-v3-origin/src/contracts'
const morphoRoot = 'node_modules/@morpho-org/morpho-blue/src'

/** Only these are compiled: the package's tree also holds deployments and tests that import forge-std. */
const aaveEntries = [
  `${aaveRoot}/dependencies/weth/WETH9.sol`,
  `${aaveRoot}/extensions/stata-token/StataTokenFactory.sol`,
  `${aaveRoot}/extensions/stata-token/StataTokenV2.sol`,
  `${aaveRoot}/helpers/AaveProtocolDataProvider.sol`,
  `${aaveRoot}/instances/ATokenInstance.sol`,
  `${aaveRoot}/instances/PoolConfiguratorInstance.sol`,
  `${aaveRoot}/instances/PoolInstance.sol`,
  `${aaveRoot}/instances/VariableDebtTokenInstance.sol`,
  `${aaveRoot}/misc/AaveOracle.sol`,
  `${aaveRoot}/misc/DefaultReserveInterestRateStrategyV2.sol`,
  `${aaveRoot}/misc/aave-upgradeability/InitializableImmutableAdminUpgradeabilityProxy.sol`,
  `${aaveRoot}/protocol/configuration/ACLManager.sol`,
  `${aaveRoot}/protocol/configuration/PoolAddressesProvider.sol`,
  `${aaveRoot}/protocol/libraries/logic/BorrowLogic.sol`,
  `${aaveRoot}/protocol/libraries/logic/ConfiguratorLogic.sol`,
  `${aaveRoot}/protocol/libraries/logic/FlashLoanLogic.sol`,
  `${aaveRoot}/protocol/libraries/logic/LiquidationLogic.sol`,
  `${aaveRoot}/protocol/libraries/logic/PoolLogic.sol`,
  `${aaveRoot}/protocol/libraries/logic/SupplyLogic.sol`,
  `${aaveRoot}/rewards/EmissionManager.sol`,
  `${aaveRoot}/rewards/RewardsController.sol`,
  'node_modules/@bgd-labs/solidity-utils/src/contracts/transparent-proxy/TransparentProxyFactory.sol',
  'node_modules/@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol',
]

/** The three runs of solc that the devnet needs. Morpho's settings are those it is deployed with, its rate model's too. */
export function devnetUnits(root: string = projectRoot()): CompileUnit[] {
  return [
    {
      name: 'Aave v3.6',
      entries: aaveEntries,
      compiler: 'solc',
      settings: {
        remappings: [
          'openzeppelin-contracts/contracts/=node_modules/@openzeppelin/contracts/',
          'openzeppelin-contracts-upgradeable/contracts/=node_modules/@openzeppelin/contracts-upgradeable/',
          'solidity-utils/=node_modules/@bgd-labs/solidity-utils/src/',
          '@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/',
          '@openzeppelin/contracts-upgradeable/=node_modules/@openzeppelin/contracts-upgradeable/',
        ],
        optimizer: { enabled: true, runs: 200 },
        // OpenZeppelin 5.7 uses mcopy; Aave's own repository says shanghai.
        evmVersion: 'cancun',
        viaIR: false,
      },
    },
    {
      name: 'Morpho Blue',
      entries: [`${morphoRoot}/Morpho.sol`, `${morphoRoot}/mocks/OracleMock.sol`],
      compiler: 'solc-0.8.19',
      settings: { remappings: [], optimizer: { enabled: true, runs: 999_999 }, evmVersion: 'paris', viaIR: true },
    },
    {
      name: 'devnet contracts',
      entries: solidityFiles(root, 'src/devnet/contracts'),
      compiler: 'solc',
      // They stand for protocols, so their gas must not follow what our own size asks for: as Morpho is deployed.
      settings: { ...foundrySettings(root), optimizer: { enabled: true, runs: 999_999 } },
    },
  ]
}

/** Finds contracts by name in the compiled units. Throws ARTIFACT_NOT_FOUND. */
export function compiledContracts(units: readonly CompiledUnit[]): ContractSource {
  return (name) => {
    for (const { unit, output } of units) {
      for (const [file, contracts] of Object.entries(output)) {
        const contract = contracts[name]
        if (contract === undefined) continue
        return { name, output: contract, origin: { kind: 'compiled', ...owner(file), compiler: compilerName(unit) } }
      }
    }
    throw artifactNotFound(name, [])
  }
}

type HardhatArtifact = {
  abi: SourcedContract['output']['abi']
  bytecode: Hex
  deployedBytecode: Hex
  linkReferences: LinkReferences
  deployedLinkReferences: LinkReferences
}

/** Uniswap v3 as its authors published it: no compiler of ours touches it. */
export function uniswapContracts(root: string = projectRoot()): ContractSource {
  const files: Record<string, [packageName: string, file: string]> = {
    UniswapV3Factory: ['@uniswap/v3-core', 'artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json'],
    UniswapV3Pool: ['@uniswap/v3-core', 'artifacts/contracts/UniswapV3Pool.sol/UniswapV3Pool.json'],
    NonfungiblePositionManager: [
      '@uniswap/v3-periphery',
      'artifacts/contracts/NonfungiblePositionManager.sol/NonfungiblePositionManager.json',
    ],
    SwapRouter: ['@uniswap/v3-periphery', 'artifacts/contracts/SwapRouter.sol/SwapRouter.json'],
    QuoterV2: ['@uniswap/v3-periphery', 'artifacts/contracts/lens/QuoterV2.sol/QuoterV2.json'],
  }
  return (name) => {
    const found = files[name]
    if (found === undefined) throw artifactNotFound(name, [])
    const [packageName, file] = found
    const raw: HardhatArtifact = JSON.parse(readFileSync(join(root, 'node_modules', packageName, file), 'utf8'))
    return {
      name,
      output: {
        abi: raw.abi,
        bytecode: raw.bytecode,
        linkReferences: raw.linkReferences,
        deployedBytecode: raw.deployedBytecode,
        deployedLinkReferences: raw.deployedLinkReferences,
        immutableReferences: {},
      },
      origin: { kind: 'published-artifact', package: packageName, version: packageVersion(packageName, root), file },
    }
  }
}

function owner(file: string): { package: string; version: string; file: string } {
  const match = /^node_modules\/((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(file)
  if (match === null) {
    const manifest: { version: string } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8'))
    return { package: 'tiller', version: manifest.version, file }
  }
  return { package: match[1] ?? '', version: packageVersion(match[1] ?? ''), file: match[2] ?? '' }
}

function compilerName(unit: CompileUnit): string {
  const { optimizer, evmVersion, viaIR } = unit.settings
  return `solc ${packageVersion(unit.compiler)}, ${evmVersion}, ${optimizer.runs} runs${viaIR ? ', via IR' : ''}`
}
