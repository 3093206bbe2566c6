import { expect, test } from 'vitest'
import * as errors from '../../../src/errors/devnet.ts'

test('every error of the devnet says what is wrong and what to do', () => {
  const all = [
    errors.anvilFailed(null, 'no output'),
    errors.anvilTimeout(15_000),
    errors.devnetCallFailed('eth_chainId', 'ECONNREFUSED'),
    errors.devnetTransactionReverted('deploy aave.pool', 'out of gas'),
    errors.artifactNotFound('Vault', ['a/Vault.sol', 'b/Vault.sol']),
    errors.compileFailed('Vault.sol', 'ParserError'),
    errors.compilerCrashed(134, 'heap out of memory'),
    errors.devnetCacheCorrupt('abc'),
    errors.devnetAlreadyRunning(12, 8545),
    errors.devnetNotRunning(),
    errors.devnetNotAnswering(12, 8545),
    errors.devnetEnded(null),
    errors.devnetCodeChanged(['comet.usdc', 'aave.pool']),
  ]
  expect(all.map(({ code, message }) => `${code}\n${message}`).join('\n\n')).toMatchInlineSnapshot(`
    "ANVIL_FAILED
    anvil ended before it was ready.
      exitCode: killed
      reason:   no output
    Remedy: Fix what anvil complains about; for a fork, check that its endpoint answers.

    ANVIL_TIMEOUT
    anvil was not ready in time.
      milliseconds: 15000
    Remedy: Try again when the machine is less busy; for a fork, check that its endpoint answers.

    DEVNET_CALL_FAILED
    The local chain refused a request.
      method: eth_chainId
      reason: ECONNREFUSED
    Remedy: Run \`tiller devnet down\`, then \`tiller devnet up --fresh\`.

    DEVNET_BUILD_REVERTED
    A transaction of the devnet build reverted.
      step:   deploy aave.pool
      reason: out of gas
    Remedy: Run \`npm ci\` to restore the pinned packages, then \`tiller devnet up --fresh\`.

    ARTIFACT_NOT_FOUND
    More than one contract has this name.
      name:       Vault
      candidates: a/Vault.sol, b/Vault.sol
    Remedy: Name it as \`path/File.sol:Contract\`.

    COMPILE_FAILED
    Solidity does not compile.
      unit:   Vault.sol
      report: ParserError
    Remedy: Correct the errors that the compiler lists.

    COMPILER_CRASHED
    The compiler process ended without an answer.
      exitCode: 134
      reason:   heap out of memory
    Remedy: Run \`npm run build\`, make sure that 1 GB of memory is free, and try again.

    DEVNET_CACHE_CORRUPT
    The build of the running devnet is missing from the cache or damaged.
      build: abc
    Remedy: Run \`tiller devnet down\`, then \`tiller devnet up --fresh\`.

    DEVNET_RUNNING
    A devnet is already running.
      pid:  12
      port: 8545
    Remedy: Use it as it is, or run \`tiller devnet down\` first.

    DEVNET_NOT_RUNNING
    No devnet is running.
    Remedy: Run \`tiller devnet up\`.

    DEVNET_NOT_ANSWERING
    The devnet process lives, but its node does not answer.
      pid:  12
      port: 8545
    Remedy: Run \`tiller devnet down\`, then \`tiller devnet up\`.

    DEVNET_ENDED
    The devnet ended by itself.
      exitCode: killed
    Remedy: Run \`tiller devnet up\` again.

    DEVNET_CODE_CHANGED
    Contracts of the devnet have other code than was deployed.
      contracts: comet.usdc, aave.pool
    Remedy: Run \`tiller devnet down\`, then \`tiller devnet up\`."
  `)
})
