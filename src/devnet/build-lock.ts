import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { devnetBuildLocked } from '../errors/devnet.ts'
import { isAlive } from './is-alive.ts'

/** A lock older than this belongs to a process that has died and whose id was given to another. */
const oldestLockMs = 10 * 60_000

/**
 * Runs an action while holding a lock file, so that two processes do not build the same at once. A lock whose holder is
 * dead is taken over. Two processes that take over at the same moment may both build: that costs time and nothing else,
 * because what they build is equal and is put in place by a rename.
 *
 * @throws DEVNET_BUILD_LOCKED after `waitMs`
 */
export async function withBuildLock<Result>(
  file: string,
  action: () => Promise<Result>,
  waitMs = 5 * 60_000,
): Promise<Result> {
  mkdirSync(dirname(file), { recursive: true })
  const deadline = Date.now() + waitMs
  while (!tryLock(file)) {
    const holder = readHolder(file)
    if (holder === 'gone') rmSync(file, { force: true })
    else if (Date.now() > deadline) throw devnetBuildLocked(holder)
    else await sleep(100)
  }
  try {
    return await action()
  } finally {
    rmSync(file, { force: true })
  }
}

function tryLock(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** The holder's pid; 0 while it has not written it yet. */
function readHolder(file: string): number | 'gone' {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    if (Date.now() - statSync(file).mtimeMs > oldestLockMs) return 'gone'
    return pid === 0 || isAlive(pid) ? pid : 'gone'
  } catch {
    return 'gone'
  }
}
