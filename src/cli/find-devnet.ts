import type { DevnetDeployment } from '../devnet/deployment.ts'
import { findPrepared } from '../devnet/prepare-devnet.ts'
import { inspectRun } from '../devnet/run-state.ts'

/** The devnet that runs, or undefined. */
export async function findDevnet(): Promise<{ url: string; deployment: DevnetDeployment } | undefined> {
  const status = await inspectRun()
  if (status.kind !== 'running') return undefined
  const prepared = findPrepared(status.state.hash)
  if (prepared === undefined) return undefined
  return { url: `http://127.0.0.1:${status.state.port}`, deployment: prepared.deployment }
}
