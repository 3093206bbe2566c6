import { TillerError } from './base.ts'

export function forkTimeout(step: string, timeoutMs: number): TillerError {
  return new TillerError('The fork did not finish in time and was thrown away.', {
    code: 'FORK_TIMEOUT',
    remedy: 'Raise keeper.limits.forkGateTimeoutMs, or use a faster endpoint for chain.rpc.simulate.',
    details: { step, timeoutMs },
    retryable: true,
  })
}

export function forkFailed(step: string, reason: string, cause?: unknown): TillerError {
  return new TillerError('The fork could not run the transaction and was thrown away.', {
    code: 'FORK_FAILED',
    remedy: 'Look at the reason; the next plan gets a fresh fork.',
    details: { step, reason },
    retryable: true,
    cause,
  })
}

/** The node has no eth_simulateV1; the first gate then runs on the fork. */
export function simulateUnsupported(label: string): TillerError {
  return new TillerError('The endpoint has no eth_simulateV1.', {
    code: 'SIMULATE_UNSUPPORTED',
    remedy: 'Use an endpoint with eth_simulateV1 for chain.rpc.simulate, or accept that the fork does its work.',
    details: { endpoint: label },
  })
}
