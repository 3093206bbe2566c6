import { TillerError } from './base.ts'

/** The platform's anvil package is not installed. */
export function anvilMissing(packageName: string): TillerError {
  return new TillerError('The anvil binary for this platform is not installed.', {
    code: 'ANVIL_MISSING',
    details: { package: packageName },
    remedy: 'Run `npm ci` without `--omit=optional` on a platform that Foundry supports.',
  })
}

/** Another process listens on the wanted port. */
export function portInUse(port: number): TillerError {
  return new TillerError('The port for the local chain is in use.', {
    code: 'PORT_IN_USE',
    details: { port },
    remedy: 'Choose another with `--port`, or stop the process that listens there.',
  })
}

/** anvil ended before it was ready; `reason` is its own last line, with endpoints taken out. */
export function anvilFailed(exitCode: number | null, reason: string): TillerError {
  return new TillerError('anvil ended before it was ready.', {
    code: 'ANVIL_FAILED',
    details: { exitCode: exitCode ?? 'killed', reason },
    remedy: 'Fix what anvil complains about; for a fork, check that its endpoint answers.',
  })
}

/** anvil did not say that it listens in time. */
export function anvilTimeout(milliseconds: number): TillerError {
  return new TillerError('anvil was not ready in time.', {
    code: 'ANVIL_TIMEOUT',
    details: { milliseconds },
    remedy: 'Try again when the machine is less busy; for a fork, check that its endpoint answers.',
    retryable: true,
  })
}

/** A request to the local chain was refused or failed. */
export function devnetCallFailed(method: string, reason: string): TillerError {
  return new TillerError('The local chain refused a request.', {
    code: 'DEVNET_CALL_FAILED',
    details: { method, reason },
    remedy: 'Run `tiller devnet down`, then `tiller devnet up --fresh`.',
  })
}

/** A transaction of the devnet's build reverted. */
export function devnetTransactionReverted(step: string, reason: string): TillerError {
  return new TillerError('A transaction of the devnet build reverted.', {
    code: 'DEVNET_BUILD_REVERTED',
    details: { step, reason },
    remedy: 'Run `npm ci` to restore the pinned packages, then `tiller devnet up --fresh`.',
  })
}

/** An import of a Solidity file points at nothing. */
export function importNotFound(importer: string, path: string, resolved: string): TillerError {
  return new TillerError('A Solidity import was not found.', {
    code: 'IMPORT_NOT_FOUND',
    details: { importer, import: path, resolved },
    remedy: 'Correct the import, or run `npm ci` if the package is missing.',
  })
}

/** No Solidity file, or more than one, declares the contract. */
export function artifactNotFound(name: string, candidates: readonly string[]): TillerError {
  return new TillerError(
    candidates.length === 0 ? 'No contract has this name.' : 'More than one contract has this name.',
    {
      code: 'ARTIFACT_NOT_FOUND',
      details: candidates.length === 0 ? { name } : { name, candidates: candidates.join(', ') },
      remedy: 'Name it as `path/File.sol:Contract`.',
    },
  )
}

/** solc reported errors; `report` is its own text. */
export function compileFailed(unit: string, report: string): TillerError {
  return new TillerError('Solidity does not compile.', {
    code: 'COMPILE_FAILED',
    details: { unit, report },
    remedy: 'Correct the errors that the compiler lists.',
  })
}

/** The compiler process ended without an answer. */
export function compilerCrashed(exitCode: number | null, reason: string): TillerError {
  return new TillerError('The compiler process ended without an answer.', {
    code: 'COMPILER_CRASHED',
    details: { exitCode: exitCode ?? 'killed', reason },
    remedy: 'Run `npm run build`, make sure that 1 GB of memory is free, and try again.',
    retryable: true,
  })
}

/** The build that a running devnet was started from is not in the cache any more, or is damaged. */
export function devnetCacheCorrupt(build: string): TillerError {
  return new TillerError('The build of the running devnet is missing from the cache or damaged.', {
    code: 'DEVNET_CACHE_CORRUPT',
    details: { build },
    remedy: 'Run `tiller devnet down`, then `tiller devnet up --fresh`.',
  })
}

/** Another process holds the build lock for too long. */
export function devnetBuildLocked(pid: number): TillerError {
  return new TillerError('Another process has been building the devnet for too long.', {
    code: 'DEVNET_BUILD_LOCKED',
    details: { pid },
    remedy: 'Wait for that process, or end it, and try again.',
    retryable: true,
  })
}

/** `devnet up` was asked while one is running. */
export function devnetAlreadyRunning(pid: number, port: number): TillerError {
  return new TillerError('A devnet is already running.', {
    code: 'DEVNET_RUNNING',
    details: { pid, port },
    remedy: 'Use it as it is, or run `tiller devnet down` first.',
  })
}

/** A command needs a running devnet and none is. */
export function devnetNotRunning(): TillerError {
  return new TillerError('No devnet is running.', {
    code: 'DEVNET_NOT_RUNNING',
    remedy: 'Run `tiller devnet up`.',
  })
}

/** The process of the devnet lives, but its node does not answer. */
export function devnetNotAnswering(pid: number, port: number): TillerError {
  return new TillerError('The devnet process lives, but its node does not answer.', {
    code: 'DEVNET_NOT_ANSWERING',
    details: { pid, port },
    remedy: 'Run `tiller devnet down`, then `tiller devnet up`.',
    retryable: true,
  })
}

/** The chain was asked to start before its own head; both times are Unix seconds. */
export function devnetTimeInPast(timestamp: bigint, earliest: bigint): TillerError {
  return new TillerError('The devnet cannot start before its own head.', {
    code: 'DEVNET_TIME_IN_PAST',
    details: { timestamp, earliest },
    remedy: 'Start it at `earliest` or later.',
  })
}

/** The node ended while `devnet up` was watching it. */
export function devnetEnded(exitCode: number | null): TillerError {
  return new TillerError('The devnet ended by itself.', {
    code: 'DEVNET_ENDED',
    details: { exitCode: exitCode ?? 'killed' },
    remedy: 'Run `tiller devnet up` again.',
  })
}

/** Code on the chain is not what was deployed. */
export function devnetCodeChanged(names: readonly string[]): TillerError {
  return new TillerError('Contracts of the devnet have other code than was deployed.', {
    code: 'DEVNET_CODE_CHANGED',
    details: { contracts: names.join(', ') },
    remedy: 'Run `tiller devnet down`, then `tiller devnet up`.',
  })
}

/** A baseline of a season ended without its report. */
export function baselineFailed(policy: string, reason: string): TillerError {
  return new TillerError('A baseline did not finish.', {
    code: 'BASELINE_FAILED',
    details: { policy, reason },
    remedy: 'Run it again, or leave the baselines out with --no-baselines.',
    retryable: true,
  })
}
